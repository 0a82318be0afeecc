"""A patient's data in words: which field, what stood and what stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic.domain.vocabulary import PatientStatus, Sex, StartPrecision
from clinic.services import patients
from clinic.services.left_to_do import HANGING
from clinic.services.work import Work, local_time
from clinic.store.base import Json
from clinic.store.patients import PatientChange
from clinic.store.users import User
from clinic.web.appointment_words import item_label, kind_labels
from clinic.web.language import gettext as _
from clinic.web.patient_form import PatientForm, order_words
from clinic.web.patient_status_form import StatusForm
from clinic.web.presenters import cm, day, phone
from clinic.wording.labels import label

Line = tuple[str, str, str]  # field, what stood, what stands
DATES = {"birth_date", "registered_on", "status_on", "handover_confirmed_on", "handover_next_on"}
PHONES = {"phone", "phone_other"}
STATUS_FIELDS = {"status_on": "on", "status_source": "source"}


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One act of changing: when, who, why, and each field."""

    on: date
    at: str
    by: str
    reason: str
    lines: tuple[Line, ...]


def choice_words() -> dict[str, str]:
    """What can be done with something that hangs when a patient leaves."""
    return {
        "ends": _("ends"),
        "in_letter": _("name it in the letter to the GP"),
        "cancel": _("cancel it"),
        "keep": _("let it stand"),
        "send": _("still send it"),
        "withdraw": _("withdraw it"),
        "leave": _("nothing more to do"),
        "called": _("the practice was told by phone"),
    }


def hung(name: str, on: str | None, choice: str, lang: str) -> Line:
    """Something that hung when she left, with its day, and what was chosen."""
    kind, what, number = name.removeprefix(HANGING).split(":")
    if kind == "item":
        said = item_label(what, lang)
    else:
        said = kind_labels()[what] if kind == "appointment" else str(_("Letter %(number)s", number=what or number))
    about = f"{said}, {day(date.fromisoformat(on))}" if on else said
    return about, "–", choice_words()[choice]


def field_label(name: str) -> str:
    """What the form calls a field."""
    if name == "birth_precision":  # imports of before kept it apart
        return str(_("How well the date of birth is known"))
    form: Any = PatientForm if hasattr(PatientForm, name) else StatusForm
    field: Any = getattr(form, STATUS_FIELDS.get(name, name), None)
    said = field.args[-1] if name == "contacts" else field.args[0] if field is not None else name
    return str(said)


def in_words(name: str, value: str | None, lang: str) -> str:
    """A stored value as the form shows it; empty is a dash."""
    if value is None:
        return "–"
    if value in ("True", "False"):
        return str(_("yes") if value == "True" else _("no"))
    if name in DATES:
        return "-".join(reversed(value.split("-")))  # of a birth date no more than is known
    if name in PHONES:
        return phone(value)
    closed: dict[str, Any] = {
        "sex": lambda: label(Sex(value), lang),
        "birth_precision": lambda: label(StartPrecision(value), lang),
        "status": lambda: label(PatientStatus(value), lang),
        "name_order": lambda: order_words()[value](),
        "recalled_max_height_mm": lambda: f"{cm(int(value))} cm",
    }
    return str(closed[name]()) if name in closed else value


def differing(stands: dict[str, str | None], told: dict[str, str | None], lang: str) -> list[Line]:
    """Field by field what stands and what was typed, where they differ."""
    return [(field_label(name), in_words(name, stands[name], lang), in_words(name, told[name], lang))
            for name in told if stands[name] != told[name]]  # fmt: skip


def shown_changes(work: Work, patient_id: int, lang: str) -> list[ShownChange]:
    """Her history of changes, latest first."""
    rows = patients.changes(work.session, patient_id)
    names = {user.id: user.name for user in work.session.scalars(select(User).where(User.id.in_({r.by for r in rows})))}
    return [shown(row, names.get(row.by, ""), lang) for row in rows]


def shown(row: PatientChange, by: str, lang: str) -> ShownChange:
    """One change in words."""
    at = local_time(row.at)
    lines = lines_of(row.changes, lang)
    return ShownChange(at.date(), at.strftime("%d-%m-%Y %H:%M"), by, row.reason or "", lines)


def lines_of(changes: Json, lang: str) -> tuple[Line, ...]:
    """Each field that changed."""
    return tuple(hung(name, old, new, lang) if name.startswith(HANGING)
                 else (field_label(name), in_words(name, old, lang), in_words(name, new, lang))
                 for name, (old, new) in changes.items())  # fmt: skip
