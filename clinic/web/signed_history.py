"""What doctors signed, as lines of the history: decision, note, waiver, each with who signed and its page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import url_for

from clinic.domain.vocabulary import ReviewOutcome
from clinic.security.permissions import May
from clinic.services.record import PatientRecord
from clinic.store.reviews import AlertNote, Override, Review, Waiver
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import day
from clinic.web.signed import signer
from clinic.wording.labels import alert_label, due_label, label

Entry = tuple[date, str, str, str, str, str | None, str | None]


def signed_lines(found: PatientRecord, lang: str) -> Iterator[Entry]:
    """Decisions for every reader, notes and waivers for those who read notes."""
    for review in found.rows[Review]:
        outcome = label(ReviewOutcome(review.outcome), lang).lower()
        on = review.until_on or review.effective_on
        what = _("Decision: %(outcome)s", outcome=f"{outcome} {day(on)}".strip())
        yield line(found, review, what, "check-lg", review.reason, "reviews.show")
    if not may(May.READ_NOTES):
        return
    for note in found.rows[AlertNote]:
        what = _("Note: %(alert)s", alert=alert_label(note.alert, lang))
        yield line(found, note, what, "pen", note.text, "alerts.show")
    for waiver in found.rows[Waiver]:
        what = _("May lapse: %(item)s", item=f"{due_label(waiver.code, lang)}, {day(waiver.due_on)}")
        yield line(found, waiver, what, "dash-circle", waiver.reason, "waivers.show")
    for moved in found.rows[Override]:
        dates = f"{day(moved.computed_on)} → {day(moved.chosen_on)}"
        what = _("Moved: %(item)s", item=f"{due_label(moved.code, lang)}, {dates}")
        yield line(found, moved, what, "arrow-left-right", moved.reason, "overrides.show")


def line(found: PatientRecord, row: Any, what: str, icon: str, words: str, page: str) -> Entry:
    """One line, with who signed."""
    by = signer(row, found.users.get(row.recorded_by, ""))
    summary = _("%(words)s Signed by %(name)s.", words=words if words.endswith(".") else f"{words}.", name=by)
    href = url_for(page, patient_id=found.patient.id, fact_id=row.id)
    return row.on_date, "treatment", icon, what, str(summary), row.void_reason, href
