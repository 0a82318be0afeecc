"""An appointment in words: its kind, what became of it, where, for what; and what is asked about one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.domain.vocabulary import DueCode, PatientStatus
from clinic.services.appointment_checks import ItemKey, Question
from clinic.services.appointments import item_of
from clinic.services.work import AMSTERDAM
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from clinic.web.presenters import age, day, display_name
from clinic.wording.labels import due_label, label

QUESTIONS: dict[str, Callable[[], str]] = {
    "on_weekend": lambda: _("This day is in the weekend."),
    "on_holiday": lambda: _("This day is a public holiday."),
    "before_opens": lambda: _("This is before %(day)s, the first day of the window."),
    "after_late": lambda: _("This is past the late date %(day)s; it stays late on the list until then."),
    "patient_taken": lambda: _("The patient has another appointment at %(time)s on this day."),
    "staff_taken": lambda: _("This person has another appointment at %(time)s on this day."),
}
STATUS = {"booked": "plan", "moved": "wait", "cancelled": "wait", "no_show": "late", "attended": "ok"}


def question_text(question: Question) -> str:
    """A question of the service in words."""
    return QUESTIONS[question.code]() % question.params


def kind_labels() -> dict[str, str]:
    """What each kind is called."""
    return {
        "control": _("Control at the clinic"),
        "phone": _("Phone call"),
        "dxa": "DXA",
        "review": _("Review with the doctor"),
        "infusion": _("Infusion or injection"),
    }


def state_text(row: Appointment) -> str:
    """What became of it."""
    if row.state == "booked" and row.arrived_at:
        return str(_("arrived %(time)s", time=clock(row.arrived_at)))
    if row.state == "no_show":
        tries = ngettext("%(num)d attempt to reach", "%(num)d attempts to reach", row.attempts)
        return f"{_('did not come')}, {tries}"
    words = {"booked": _("booked"), "moved": _("moved"), "cancelled": _("cancelled"), "attended": _("has been")}
    return str(words[row.state])


def clock(at: datetime) -> str:
    """A stored time as the clock on the wall shows it."""
    return at.replace(tzinfo=UTC).astimezone(AMSTERDAM).strftime("%H:%M")


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
        "gone": bool(key and row.state == "booked" and key not in due),
        "state": state_text(row),
        "status": STATUS[row.state],
        "reason": row.reason or "",
        "booked": row.state == "booked",
        "moved_from_id": row.moved_from_id,
    }


def item_label(code: str, lang: str) -> str:
    """What an item is called; a code of an older protocol as it is."""
    return due_label(code, lang) if code in set(DueCode) else code


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
