"""The dates that a doctor moved and that are computed otherwise since, as her queue of reviews shows them."""

from __future__ import annotations

from typing import Any

from clinic.services import overrides
from clinic.services.work import Work
from clinic.web.language import gettext as _
from clinic.web.presenters import day, display_name
from clinic.wording.labels import due_label

MOST = 50  # a protocol put in force can reopen hundreds; what is decided makes place for the next


def reopened(work: Work, lang: str) -> tuple[list[dict[str, Any]], int]:
    """Each with the date that was signed and the one computed now, and how many there are."""
    found, count = overrides.reopened(work, MOST)
    return [told(row, lang) for row in found], count


def told(row: Any, lang: str) -> dict[str, Any]:
    """One of them in words."""
    signed, now = row.Override, day(row.DueItem.due_on)
    dates = _(
        "Signed on %(on)s: from %(computed)s to %(chosen)s. Computed now: %(now)s.",
        on=day(signed.on_date), computed=day(signed.computed_on), chosen=day(signed.chosen_on), now=now,
    )  # fmt: skip
    name, what = display_name(row.Patient, lang), due_label(signed.code, lang)
    return {"id": signed.id, "patient_id": row.Patient.id, "name": name, "what": what, "dates": dates}
