"""The doctor's links on a record: review at the items that ask for one, a note on an alert."""

from __future__ import annotations

from flask import url_for

from clinic.domain.alerts import Alert
from clinic.domain.items import DueItem
from clinic.security.permissions import May
from clinic.services.notes import NOTABLE
from clinic.services.worklists import REVIEWS
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.record_page import Act


def review_acts(patient_id: int, item: DueItem) -> tuple[Act, ...]:
    """The page of the review, at an item that asks for a decision."""
    if item.code not in REVIEWS or not may(May.SIGN_REVIEW):
        return ()
    return (Act(_("Review"), url_for("reviews.new", patient_id=patient_id), "pen"),)


def alert_act(patient_id: int, alert: Alert) -> Act | None:
    """A note, where a note ends the alert."""
    if alert.code not in NOTABLE or not may(May.SIGN_REVIEW):
        return None
    return Act(_("Sign a note"), url_for("alerts.note", patient_id=patient_id, code=alert.code.value), "pen")
