"""What pages show of the agenda: the day, and the appointments of one patient."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from clinic.services.appointment_checks import ItemKey
from clinic.services.appointments import item_of
from clinic.services.work import Work
from clinic.store import agenda
from clinic.store.appointments import Appointment
from clinic.web.appointment_words import STATUS, item_label, kind_labels, state_text
from clinic.web.presenters import day


def panel(work: Work, patient_id: int, lang: str) -> list[dict[str, Any]]:
    """The patient's appointments in words, the latest day first."""
    due = {ItemKey(item.code, item.subject) for item in agenda.due_items(work.session, patient_id)}
    return lines(agenda.of_patient(work.session, patient_id), due, lang)


def lines(rows: Sequence[Any], due: Collection[ItemKey], lang: str) -> list[dict[str, Any]]:
    """Appointments with whose they are, in words; `due` are the items that still stand."""
    return [line(row.Appointment, row.staff, due, lang) for row in rows]


def line(row: Appointment, staff: str | None, due: Collection[ItemKey], lang: str) -> dict[str, Any]:
    """One appointment of a patient; `due` are the items that still stand."""
    key = item_of(row)
    return {
        "id": row.id,
        "on": day(row.on_date),
        "at": row.at_time.strftime("%H:%M") if row.at_time else "",
        "kind": kind_labels()[row.kind],
        "where": ", ".join(text for text in (row.place, staff) if text),
        "item": item_label(key.code, lang) if key else "",
        "code": row.item_code,
        "subject": row.item_subject,
        "gone": bool(key and row.state in ("booked", "no_show", "cancelled") and key not in due),
        "state": state_text(row),
        "status": "soon" if row.state == "booked" and row.missing_since else STATUS[row.state],
        "reason": row.reason or "",
        "booked": row.state == "booked",
        "missing": row.state == "booked" and row.missing_since is not None and row.arrived_at is None,
        "moved_from_id": row.moved_from_id,
    }
