"""An appointment in words: its kind, what became of it, for what; and what is asked about one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask_babel import ngettext

from clinic.domain.vocabulary import DueCode
from clinic.services.appointment_checks import Question
from clinic.services.work import local_time
from clinic.store.appointments import Appointment
from clinic.web import language
from clinic.web.language import gettext as _
from clinic.wording.agenda import KINDS, kind_label
from clinic.wording.labels import due_label

QUESTIONS: dict[str, Callable[[], str]] = {
    "on_weekend": lambda: _("This day is in the weekend."),
    "on_holiday": lambda: _("This day is a public holiday."),
    "on_closed": lambda: _("The clinic is closed on this day: %(why)s."),
    "before_opens": lambda: _("This is before %(day)s, the first day of the window."),
    "after_late": lambda: _("This is past the late date %(day)s; it stays late on the list until then."),
    "patient_taken": lambda: _("The patient has another appointment at %(time)s on this day."),
    "place_taken": lambda: _("This place has another appointment at %(time)s on this day."),
    "staff_taken": lambda: _("This person has another appointment at %(time)s on this day."),
}
STATUS = {"booked": "plan", "moved": "wait", "cancelled": "wait", "no_show": "late", "attended": "ok"}


def question_text(question: Question) -> str:
    """A question of the service in words."""
    return QUESTIONS[question.code]() % question.params


def kind_labels() -> dict[str, str]:
    """What each kind is called."""
    return {kind: kind_label(kind, language.current()) for kind in KINDS}


def state_words() -> dict[str, str]:
    """What each state is called."""
    return {
        "booked": _("booked"),
        "moved": _("moved"),
        "cancelled": _("cancelled"),
        "no_show": _("did not come"),
        "attended": _("has been"),
    }


def state_text(row: Appointment) -> str:
    """What became of it, with the time she arrived or the attempts to reach her."""
    if row.state == "booked" and row.arrived_at:
        return str(_("arrived %(time)s", time=clock(row.arrived_at)))
    if row.state == "booked" and row.missing_since:
        return str(_("no longer in the hospital's agenda"))
    text = state_words()[row.state]
    if row.state == "no_show":
        return f"{text}, {ngettext('%(num)d attempt', '%(num)d attempts', row.attempts)}"
    return text


def clock(at: datetime) -> str:
    """A stored time as the clock on the wall shows it."""
    return local_time(at).strftime("%H:%M")


def item_label(code: str, lang: str) -> str:
    """What an item is called; a code of an older protocol as it is."""
    return due_label(code, lang) if code in set(DueCode) else code
