"""A contact with a patient on one line."""

from __future__ import annotations

from typing import Any

from clinic.domain.vocabulary import CallOutcome
from clinic.security.permissions import May
from clinic.services.work import local_day
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import day
from clinic.wording.labels import label


def contact_of(contact: Any, lang: str, closed: bool = False) -> str:
    """A contact on one line: its day, what it was, by whom, what was said; that last for whoever may read it.

    Nobody does of a closed record; what was said in an interim contact is a note of her record, of a call it is not.
    """
    hidden = closed or (contact.what == "contact" and not may(May.READ_NOTES))
    said = {"contact": _("interim contact"), "missed": _("did not come")}.get(contact.what)
    if said is None:
        said = label(CallOutcome(contact.outcome), lang)
        if contact.on_date:
            said = f"{said} {day(contact.on_date)}"
    parts = (f"{day(local_day(contact.at))} {said}", contact.who, "" if hidden else contact.note)
    return ", ".join(part for part in parts if part)
