"""Alarm symptoms in words, as they stand on top of a first page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from clinic.security.accounts import hashed
from clinic.security.audit import Action
from clinic.security.permissions import May, allows
from clinic.services import alarms
from clinic.services.alarms import Alarms
from clinic.services.work import Work, local_time
from clinic.store.alarms import CONTACT_DRAFT, DRAFT
from clinic.store.patients import Patient
from clinic.web.language import gettext as _
from clinic.web.presenters import display_name, identity
from clinic.wording.labels import alert_label


def panel(work: Work, lang: str, known: str = "") -> dict[str, Any] | None:
    """What stands on top of a first page; None when `known`, the mark of what a page shows, is what stands.

    Who sees no patients is told how many nobody looked at for an hour, and whom to phone.
    """
    found = alarms.to_see(work)
    rows = [(row.patient_id, row.code, bool(row.seen), bool(row.left), row.typed_by) for row in found.rows]
    shown = hashed(repr((rows, whom_to_phone(found))))[:16]
    if shown == known:
        return None
    if not allows(work.actor.role, May.READ_LISTS):
        return {"shown": shown, "unseen": {"count": len(rows), **whom_to_phone(found)} if rows else None}
    if rows:
        work.note(Action.PATIENT_LISTED, subject="list:alarms", shown=sorted({row.patient_id for row in found.rows}))
    return {"shown": shown, "urgent_alarms": of_home(found, work, lang)}


def of_home(found: Alarms, work: Work, lang: str) -> dict[str, Any]:
    """Each symptom, who is on duty with her number, or that it is the reader herself."""
    return {
        "rows": [row_of(row, work.now, lang) for row in found.rows],
        **whom_to_phone(found),
        "mine": bool(found.doctor and found.doctor.id == work.actor.id),
    }


def whom_to_phone(found: Alarms) -> dict[str, str]:
    """The doctor on duty and her number; empty when there is none."""
    doctor = found.doctor
    return {"doctor": doctor.name if doctor else "", "phone": (doctor.phone or "") if doctor else ""}


def row_of(row: Any, now: datetime, lang: str) -> dict[str, Any]:
    """One symptom: who, what, since when, by whom it is typed, whether a doctor looked, and her numbers."""
    drafts = {DRAFT: _("Alarm symptom in an unfinished control"),
              CONTACT_DRAFT: _("Alarm symptom in an unfinished contact")}  # fmt: skip
    return {
        "id": row.patient_id,
        "name": display_name(cast(Patient, row), lang),
        "about": identity(row, lang),
        "what": drafts.get(row.code) or alert_label(row.code, lang),
        "left": row.left,
        "since": clock(row.since, now),
        "seen": _("a doctor opened the record") if row.seen else _("not seen by a doctor yet"),
        "is_seen": bool(row.seen),
        "phones": [phone for phone in (row.phone, row.phone_other) if phone],
        "code": "" if row.code in drafts else row.code,
        "by": row.typed_by or "",
    }


def clock(since: datetime, now: datetime) -> str:
    """The hour of today, or the day with its hour."""
    then = local_time(since)
    return then.strftime("%H:%M") if then.date() == local_time(now).date() else then.strftime("%d-%m-%Y %H:%M")
