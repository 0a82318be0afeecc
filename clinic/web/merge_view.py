"""Two numbers side by side, and what was recorded, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic.domain.vocabulary import Drug, PatientStatus, Sex
from clinic.services.merge_person import gaps
from clinic.services.patients import contacts_of, values_of, words
from clinic.services.splits import name_of
from clinic.services.treatments import courses_of
from clinic.services.work import Work, local_day
from clinic.store.merges import Row, merged_into, open_merge, rows_of
from clinic.store.patients import Patient
from clinic.store.users import User
from clinic.web import language, presenters, who
from clinic.web.language import gettext as _
from clinic.web.patient_words import field_label, in_words
from clinic.web.presenters import day
from clinic.wording.labels import label
from clinic.wording.merges import KINDS, kind_word

SAID = {
    "number", "bsn", "initials", "own_prefix", "own_name", "partner_prefix", "partner_name", "name_order", "birth_date",
    "sex", "street", "house_number", "postcode", "town", "phone", "phone_other", "gp_id", "contacts",
}  # fmt: skip
"""What the first lines say already, by column."""
ALWAYS = 9  # the first lines, also when they are empty
MANY = 12  # days named one by one


@dataclass(frozen=True, slots=True)
class Line:
    """One thing about both numbers; `differs` when a person has to look."""

    name: str
    kept: str
    losing: str
    differs: bool = False


def person_lines(work: Work, kept: Patient, losing: Patient) -> list[Line]:
    """Who they are, as it is written under each number; of the rest of the form what is filled in."""
    both = [said_of(work, patient) + rest_of(work, patient) for patient in (kept, losing)]
    return [
        Line(name, one or "–", other or "–", bool(one and other) and one != other)
        for place, ((name, one), (_name, other)) in enumerate(zip(*both, strict=True))
        if place < ALWAYS or one or other
    ]


def said_of(work: Work, patient: Patient) -> list[tuple[str, str]]:
    """A number's own data, by what they are called."""
    lang = language.current()
    status = label(PatientStatus(patient.status), lang)
    street = " ".join(part for part in (patient.street, patient.house_number) if part)
    return [
        (_("Name"), presenters.display_name(patient, lang)),
        (_("Born"), presenters.born(patient, lang)),
        (_("Sex"), label(Sex(patient.sex), lang)),
        ("BSN", presenters.masked_bsn(patient.bsn)),
        (_("Address"), ", ".join(part for part in (street, patient.postcode, patient.town) if part)),
        (_("Phone"), ", ".join(presenters.phone(one) for one in (patient.phone, patient.phone_other) if one)),
        (_("GP"), who.gp_line(patient)),
        (_("Status"), f"{status} {day(patient.status_on)}".strip()),
        (_("Contact persons"), "; ".join(str(one) for one in contacts_of(work, patient.id))),
    ]


def rest_of(work: Work, patient: Patient) -> list[tuple[str, str]]:
    """What else the form of her details knows; a tick that is not set is empty."""
    said = words(work, values_of(patient), ())
    lang = language.current()
    return [
        (field_label(name), in_words(name, said[name], lang) if said[name] not in (None, "False") else "")
        for name in said if name not in SAID
    ]  # fmt: skip


def gap_words(kept: Patient, losing: Patient) -> list[str]:
    """What is filled in at the number that stays, by the names of the form."""
    return [field_label(name) for name in gaps(kept, losing)]


def fact_lines(work: Work, kept: Patient, losing: Patient) -> list[Line]:
    """What is recorded under each number, kind by kind; treatments by name."""
    rows = [row for row in rows_of(work.session, [kept.id, losing.id]) if row.stands]
    kinds: dict[str, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        kinds[row.kind][row.patient_id].append(row)
    lang = language.current()
    drugs, others = (", ".join(drug_words(work, patient, lang)) or "–" for patient in (kept, losing))
    return [Line(_("Treatments"), drugs, others)] + [
        Line(first_upper(kind_word(kind, lang)), days_of(kinds[kind][kept.id]), days_of(kinds[kind][losing.id]))
        for kind in KINDS if kind in kinds and kind != "courses"
    ]  # fmt: skip


def first_upper(text: str) -> str:
    """As a heading; an abbreviation stays as it is."""
    return text[:1].upper() + text[1:]


def drug_words(work: Work, patient: Patient, lang: str) -> list[str]:
    """Each treatment with its first day."""
    return [
        _("%(drug)s from %(day)s", drug=label(Drug(course.drug), lang), day=day(course.started_on))
        for course in courses_of(work, patient.id)
    ]


def days_of(rows: Sequence[Row]) -> str:
    """How many there are, and of which days; of many the last ones."""
    if not rows:
        return "–"
    days = [moment(row) for row in rows if row.day is not None]
    more = ["…"] if len(days) > MANY else []
    return f"{len(rows)}: {', '.join([*more, *days[-MANY:]])}"


def moment(row: Row) -> str:
    """The day of a row, on the clinic's calendar."""
    on: date | None = local_day(row.day) if isinstance(row.day, datetime) else row.day
    return day(on)


def registration(patient: Patient) -> dict[str, Any]:
    """A number of somebody, in a line."""
    return {
        "id": patient.id, "name": presenters.display_name(patient, language.current()), "number": patient.number,
        "born": presenters.born(patient, language.current()), "since": day(patient.registered_on),
    }  # fmt: skip


def formerly(work: Work, kept_id: int) -> list[dict[str, Any]]:
    """The numbers that were merged into this one."""
    return [
        {"id": merge.losing_id, "number": number, "on": day(local_day(merge.at)), "by": by}
        for merge, number, by in merged_into(work.session, kept_id)
    ]


def told(work: Work, losing: Patient) -> dict[str, Any]:
    """Into which number this one was merged, when, by whom and why."""
    found = open_merge(work.session, losing.id)
    if found is None:
        raise LookupError(losing.id)
    return {
        "patient_id": losing.id, "number": losing.number,
        "name": presenters.display_name(losing, language.current()),
        "kept": work.session.get_one(Patient, losing.merged_into_id or found.kept_id),
        "at": day(local_day(found.at)), "by": work.session.get_one(User, found.by).name, "reason": found.reason,
    }  # fmt: skip


def doubled(work: Work, kept: Patient, losing: Patient) -> list[str]:
    """What both numbers have of one day: perhaps recorded twice."""
    rows = [row for row in rows_of(work.session, [kept.id, losing.id]) if row.stands and row.day is not None]
    there = {(row.kind, moment(row)) for row in rows if row.patient_id == kept.id}
    both = dict.fromkeys((row.kind, moment(row)) for row in rows if row.patient_id == losing.id)
    return [f"{kind_word(kind, language.current())} {on}" for kind, on in both if (kind, on) in there]


def group_words(groups: Sequence[Sequence[Row]]) -> list[tuple[str, str]]:
    """Rows that go together: how a form names them, and what they are."""
    return [(name_of(group), ", ".join(row_words(row) for row in group)) for group in groups]


def row_words(row: Row) -> str:
    """A row in words, with its day."""
    said = f"{kind_word(row.kind, language.current())} {moment(row)}".strip()
    return said if row.stands else str(_("%(what)s (counts no longer)", what=said))
