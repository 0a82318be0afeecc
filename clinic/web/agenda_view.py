"""What pages show of the agenda: the day, and the appointments of one patient."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, cast

from flask_babel import gettext as _

from clinic.domain.vocabulary import PatientStatus
from clinic.services import appointments
from clinic.services.appointment_checks import ItemKey
from clinic.services.appointments import item_of
from clinic.services.work import Work
from clinic.store import agenda
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from clinic.web.appointment_words import STATUS, item_label, kind_labels, state_text, state_words
from clinic.web.presenters import age, day, display_name
from clinic.wording.labels import label


def of_today(work: Work, lang: str) -> list[dict[str, Any]]:
    """The appointments of the day in order of time; whose control can start first is `next`."""
    lines = [day_line(found, work.today, lang) for found in appointments.day(work)]
    waiting = next((shown for shown in lines if shown["arrived"] and shown["is_control"]), None)
    return [{**shown, "next": shown is waiting} for shown in lines]


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
        "moved_from_id": row.moved_from_id,
    }


def day_line(found: Any, today: date, lang: str) -> dict[str, Any]:
    """One appointment of the day: who, when, what, and what to know before she comes in."""
    row: Appointment = found.Appointment
    key = item_of(row)
    return {
        **line(row, found.staff, {key} if key else (), lang),
        "patient_id": row.patient_id,
        "version": row.version,
        "name": display_name(cast(Patient, found), lang),
        "about": f"{day(found.birth_date)} ({age(found.birth_date, today)}) · {found.number}",
        "particulars": particulars(found, lang),
        "arrived": row.state == "booked" and row.arrived_at is not None,
        "phone": row.kind == "phone",
        "ended": state_words()[row.state],
        "is_control": row.kind in ("control", "phone"),
    }


def particulars(found: Any, lang: str) -> list[str]:
    """What one has to know to receive her; a status when she is no longer followed."""
    status = PatientStatus(found.status)
    told = (
        "" if status is PatientStatus.ACTIVE else label(status, lang),
        _("interpreter: %(language)s", language=found.needs_interpreter) if found.needs_interpreter else "",
        _("wheelchair") if found.needs_wheelchair else "",
        _("hard of hearing") if found.hard_of_hearing else "",
    )
    return [text for text in told if text]
