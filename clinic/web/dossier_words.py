"""A value of the record as its patient reads it: dates and codes in words, sizes as people say them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from babel.dates import format_date
from sqlalchemy import Table

from clinic.domain import review
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import AlertCode, CriterionCode, DueCode, MissingFact, StartPrecision, Symptom
from clinic.services.items import NO_SUBJECT
from clinic.services.work import local_time
from clinic.store.base import Json, closed_lists
from clinic.store.controls import Control
from clinic.store.letters import GP, TO_PATIENT
from clinic.store.reviews import TAKEN_OVER
from clinic.web import appointment_words, causes, control_text, grounds, letter_words, to_patient
from clinic.web.contacts import ContactForm
from clinic.web.control_form import ControlForm
from clinic.web.language import gettext as _
from clinic.web.letter_rows import channel_label
from clinic.web.patient_form import order_words
from clinic.web.patient_words import lines_of
from clinic.web.presenters import bmd, cm, kg, number, phone, plain
from clinic.web.record_history import letter_states
from clinic.web.review_form import ReviewForm
from clinic.web.spine_images import TECHNIQUES, vertebra_text
from clinic.web.statement_form import StatementForm
from clinic.wording import why
from clinic.wording.labels import label


@dataclass(frozen=True, slots=True)
class Reader:
    """In which language, by which protocol its numbers are said, and what a row that is referred to is called."""

    lang: str
    rules: Protocol
    titles: Mapping[tuple[str, int], str]


UNSEEN = ("form_token", "version", "seen", "back")
"""What a form sends along that nobody typed."""
Say = Callable[[Any, Reader], str]


def text(value: Any, reader: Reader) -> str:
    """A value by what it is."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        at = local_time(value)
        return f"{long_day(at.date(), reader.lang)} {at:%H:%M}"
    if isinstance(value, date):
        return long_day(value, reader.lang)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return number(value, max(0, -int(value.as_tuple().exponent)))
    if isinstance(value, list):
        return ", ".join(text(one, reader) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {text(one, reader)}" for name, one in value.items())
    return "–" if value is None else str(value)


def long_day(value: date, lang: str) -> str:
    """12 maart 2025."""
    return format_date(value, "d MMMM y", locale=lang)


def in_words(table: Table, column: str, value: Any, reader: Reader) -> str:
    """A value of a column: by the words that it has of its own, else of its closed list, else by what it is."""
    if say := SAID.get(f"{table.name}.{column}") or SAID.get(column):
        return say(value, reader)
    members = closed_lists(table).get(column)
    if isinstance(members, type) and issubclass(members, StrEnum):
        return label(members(value), reader.lang)
    for key in table.c[column].foreign_keys:
        if (found := reader.titles.get((key.column.table.name, value))) is not None:
            return found
    return text(value, reader)


def words_of(table: Table, column: str) -> bool:
    """Whether a closed list has words of its own here; its members are no words else."""
    return f"{table.name}.{column}" in SAID or column in SAID


def kind_of_letter(value: str, _reader: Reader) -> str:
    """To the GP, or which one to the patient."""
    return str(_("GP letter")) if value == GP else to_patient.names()[value.removeprefix(TO_PATIENT)]


def precision(value: str, reader: Reader) -> str:
    """How exactly a date is known."""
    return label(StartPrecision(value), reader.lang)


def because(value: Json, reader: Reader) -> str:
    """Why an item is due or an alert stands."""
    return why.sentence(value["code"], value.get("params", {}), reader.lang)


def alert(value: str, reader: Reader) -> str:
    """What an alert is called."""
    return label(AlertCode(value), reader.lang) if value in set(AlertCode) else value


def subject(value: date, reader: Reader) -> str:
    """The day of the fact an item belongs to; some items have none."""
    return "–" if value == NO_SUBJECT else text(value, reader)


def effects(value: Json, _reader: Reader) -> str:
    """Each side effect with how bad it is."""
    return control_text.effects(value)


def symptoms(value: Json, reader: Reader) -> str:
    """Each alarm symptom that was asked, with its answer."""
    asked = Control(symptoms=value)
    return "; ".join(f"{control_text.symptom(asked, code, reader.lang)}: {text(bool(one.get('present')), reader)}"
                     for code, one in value.items())  # fmt: skip


def changes(value: Json, reader: Reader) -> str:
    """Field by field what stood and what stands."""
    return "\n".join(f"{field}: {old} → {new}" for field, old, new in lines_of(value, reader.lang))


def own_words(value: Json, _reader: Reader) -> str:
    """The paragraphs that somebody wrote herself."""
    return "\n".join(kept["words"] for kept in value.values())


def seen(value: Json, reader: Reader) -> str:
    """The criteria with their answers, what was measured, and what was missing."""
    values = value.get("values", {})
    lines = [criterion(code, met, values.get(code), reader) for code, met in value.get("criteria", {}).items()]
    lines += [f"{grounds.name(code, reader.lang)}: {grounds.shown(code, one, reader.lang)}"
              for code, one in values.items() if one is not None and code not in set(CriterionCode)]  # fmt: skip
    lines += [f"{_('Missing')}: {label(MissingFact(fact), reader.lang)} ({_('sufficed') if enough else '–'})"
              for fact, enough in value.get("missing", {}).items()]  # fmt: skip
    return "\n".join(lines)


def criterion(code: str, met: bool | None, value: str | None, reader: Reader) -> str:
    """A criterion, whether it was met, and on what."""
    words = {True: _("met"), False: _("not met"), None: _("unknown")}
    asked = why.criterion(code, review.numbers(CriterionCode(code), reader.rules), reader.lang)
    return f"{asked}: {words[met]}" + (f" ({why.said('fact', value, reader.lang)})" if value else "")


def changed_grounds(value: Json, reader: Reader) -> str:
    """What a decision rested on and became another."""
    return "\n".join(grounds.changed(code, (was, now), (was_value, now_value), reader.rules, reader.lang)
                     for code, (was, now, was_value, now_value) in value.items())  # fmt: skip


def form_words() -> dict[str, str]:
    """What each form is called of which what was typed is kept."""
    return {"contact": _("Interim contact"), "statement": _("Her statement"), "letter": _("GP letter")}


def drafted(*forms: type[Any]) -> Say:
    """What was typed in a form and not finished, by what the form calls its fields."""

    def said(value: Json, reader: Reader) -> str:
        typed = {name: [answer(one, reader) for one in given if one] for name, given in value.items()}
        return "\n".join(f"{asked(forms, name, reader)}: {', '.join(given)}" for name, given in typed.items()
                         if given and name not in UNSEEN)  # fmt: skip

    return said


def answer(value: str, reader: Reader) -> str:
    """An answer as it was typed or ticked."""
    return text(value == "yes", reader) if value in ("yes", "no") else value


def asked(forms: tuple[type[Any], ...], name: str, reader: Reader) -> str:
    """What a form calls a field; a field that has no name until the form is shown by its own."""
    if (symptom := name.removeprefix("symptom_")) in set(Symptom):
        return label(Symptom(symptom), reader.lang)
    field = name.removesuffix("_beside")
    given = (getattr(getattr(form, field, None), "args", ()) for form in forms)
    return next((str(args[0]) for args in given if args), name.replace("_", " "))


SAID: Mapping[str, Say] = {
    "language": lambda value, _reader: {"nl": "Nederlands", "en": "English"}[value],
    "name_order": lambda value, _reader: str(order_words()[value]()),
    "precision": precision,
    "birth_precision": precision,
    "phone": lambda value, _reader: phone(value),
    "phone_other": lambda value, _reader: phone(value),
    "caller_phone": lambda value, _reader: phone(value),
    "changes": changes,
    "planned_years": lambda value, _reader: plain(value),
    "next_years": lambda value, _reader: plain(value),
    "heights_mm": lambda value, _reader: " / ".join(map(cm, value)),
    "height_mm": lambda value, _reader: cm(value),
    "recalled_max_height_mm": lambda value, _reader: cm(value),
    "occiput_wall_mm": lambda value, _reader: cm(value),
    "weight_g": lambda value, _reader: kg(value),
    "bmd_mg_cm2": lambda value, _reader: bmd(value),
    "side_effects": effects,
    "symptoms": symptoms,
    "technique": lambda value, _reader: str(TECHNIQUES[value]),
    "findings": lambda value, _reader: "; ".join(map(vertebra_text, value)),
    "signed_function": lambda value, _reader: str(_("a doctor, says the old list")) if value == TAKEN_OVER else value,
    "seen": seen,
    "decision_changes.what": changed_grounds,
    "why": lambda value, reader: because(value, reader) if isinstance(value, dict) else value,
    "source": lambda value, reader: why.source(value, reader.lang),
    "reported_deaths.source": lambda value, _reader: value,
    "alerts.code": alert,
    "alert": alert,
    "code": lambda value, reader: label(DueCode(value), reader.lang) if value in set(DueCode) else value,
    "subject": subject,
    "item_subject": subject,
    "item_code": lambda value, reader: appointment_words.item_label(value, reader.lang),
    "appointments.kind": lambda value, _reader: appointment_words.kind_labels()[value],
    "appointments.state": lambda value, _reader: appointment_words.state_words()[value],
    "letters.kind": kind_of_letter,
    "patient_letters.kind": kind_of_letter,
    "letters.state": lambda value, _reader: letter_states()[value],
    "letter_copies.state": lambda value, _reader: str(_("ended")) if value == "ended" else letter_states()[value],
    "waits_for": lambda value, _reader: letter_words.awaited()[value],
    "channel": lambda value, _reader: channel_label(value),
    "edited": own_words,
    "failure": lambda value, _reader: causes.why(value),
    "ended_because": lambda value, _reader: causes.why(value),
    "letters.remark": lambda value, _reader: causes.why(value),
    "control_drafts.typed": drafted(ControlForm),
    "review_drafts.typed": drafted(ReviewForm),
    "form": lambda value, _reader: str(form_words()[value]),
    "form_drafts.typed": drafted(ContactForm, StatementForm),
}
