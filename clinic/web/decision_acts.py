"""The doctor's links on a record: review at the items that ask for one, let an item lapse, note on an alert."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from clinic.domain.alerts import Alert
from clinic.domain.items import DueItem
from clinic.security.permissions import May
from clinic.services.notes import NOTABLE
from clinic.web.page import may
from clinic.web.record_page import Act
from clinic.web.review_page import REVIEWS


def decide_acts(patient_id: int, item: DueItem) -> tuple[Act, ...]:
    """What a doctor may do about an item."""
    acts = []
    if item.code.startswith(REVIEWS) and may(May.SIGN_REVIEW):
        acts.append(Act(_("Review"), url_for("reviews.new", patient_id=patient_id), "pen"))
    if may(May.WAIVE_ITEM):
        url = url_for("waivers.new", patient_id=patient_id, item=f"{item.code} {item.due_on}")
        acts.append(Act(_("Let it lapse"), url, "dash-circle"))
    return tuple(acts)


def alert_act(patient_id: int, alert: Alert) -> Act | None:
    """A note, where a note ends the alert."""
    if alert.code not in NOTABLE or not may(May.SIGN_REVIEW):
        return None
    return Act(_("Sign a note"), url_for("alerts.note", patient_id=patient_id, code=alert.code.value), "pen")
