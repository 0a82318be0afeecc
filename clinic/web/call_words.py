"""A contact with a patient on one line."""

from __future__ import annotations

from typing import Any

from clinic.domain.vocabulary import CallOutcome
from clinic.services.work import local_day
from clinic.web.language import gettext as _
from clinic.web.presenters import day
from clinic.wording.labels import label


def contact_of(contact: Any, lang: str, closed: bool = False) -> str:
    """A contact on one line: its day, what it was, by whom, what was said; that last not of a closed record."""
    said = {"contact": _("interim contact"), "missed": _("did not come")}.get(contact.what)
    if said is None:
        said = label(CallOutcome(contact.outcome), lang)
        if contact.on_date:
            said = f"{said} {day(contact.on_date)}"
    parts = (f"{day(local_day(contact.at))} {said}", contact.who, "" if closed else contact.note)
    return ", ".join(part for part in parts if part)
