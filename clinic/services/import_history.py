"""What an old list tells of the past: each fact once; what the register says otherwise is only complained of."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic.domain.calendar import add_days, add_months
from clinic.domain.decision import EFFECTIVE_MONTHS, UNTIL_MONTHS
from clinic.domain.vocabulary import Drug
from clinic.interop.history import HistoryRow, PastFact, Told
from clinic.services import facts
from clinic.services.import_agreements import ANSWERED_BY, Days, by_lists, days_told, made_on
from clinic.services.import_rows import Effect, another, chunks
from clinic.services.kept import by_number
from clinic.services.reviews import AGREED_MONTHS
from clinic.services.work import Work
from clinic.store.base import Fact
from clinic.store.controls import Agreement, Control
from clinic.store.imports import BY_IMPORT, EarlierLetter, ImportedFact
from clinic.store.patients import Patient
from clinic.store.reviews import TAKEN_OVER, Review
from clinic.store.scans import Fracture, Lab, Scan, ScanValue, SpineImage
from clinic.store.settings import ImportReceipt
from clinic.store.treatments import Course, CourseStop, Dose

TABLES: dict[str, type[Any]] = {
    "control": Control, "scan": Scan, "spine_image": SpineImage, "fracture": Fracture, "dose": Dose, "lab": Lab,
    "review": Review, "letter": EarlierLetter, "agreement": Agreement,
}  # fmt: skip
SAME = {
    "control": ("on_date",), "scan": ("made_on",), "spine_image": ("on_date",), "fracture": ("on_date", "site"),
    "dose": ("on_date", "course_id"), "lab": ("on_date",), "review": ("on_date",), "letter": ("sent_on",),
    "agreement": ("on_date", "what"),
}  # fmt: skip
TO_COME = {"agreement"}
NOT_TOLD = {"made_on", "form_token", "sites", "signed_function", "heights_mm"}


@dataclass(slots=True)
class Known:
    """What the register and the file so far hold of some patients; facts that an undone import wrote are left out."""

    patients: dict[Any, Patient]
    courses: dict[int, list[Course]] = field(default_factory=lambda: defaultdict(list))
    stops: dict[int, date] = field(default_factory=dict)
    facts: dict[tuple[Any, ...], list[Any]] = field(default_factory=lambda: defaultdict(list))
    told: Days = field(default_factory=dict)
    """By number and kind, the days of the whole file."""
    days: dict[tuple[int, str], list[date]] = field(default_factory=lambda: defaultdict(list))
    """By patient and kind, the days of what stands in the register."""
    agreed: dict[tuple[int, str], date] = field(default_factory=dict)
    """By patient and what, when the register agreed it last; not what a list told."""
    listed: dict[tuple[int, str], tuple[date, date]] = field(default_factory=dict)
    """The same of what an earlier list told: made on which day, for which."""


def apply(work: Work, rows: Sequence[HistoryRow]) -> Effect:
    """Bring the rows in; a row comes in whole or stays out."""
    effect, told = Effect(), days_told(rows)
    for chunk in chunks(rows):
        known = load(work, chunk, set(effect.written))
        known.told = told
        for row in chunk:
            one(work, row, known, effect)
        work.session.flush()
    return effect


def load(work: Work, rows: Sequence[HistoryRow], written: Set[Fact]) -> Known:
    """The patients of these rows and every fact of the kinds that are told; `written` came with this file."""
    numbers = {row.number for row in rows}
    known = Known(by_number(work, numbers))
    ids = [patient.id for patient in known.patients.values()]
    kinds = {fact.kind for row in rows for fact in row.facts}
    if "dose" in kinds:
        for course in work.session.scalars(select(Course).where(Course.patient_id.in_(ids), Course.stands.is_(True))):
            known.courses[course.patient_id].append(course)
        stops = select(CourseStop).where(CourseStop.patient_id.in_(ids), CourseStop.stands.is_(True))
        known.stops = {stop.course_id: stop.stopped_on for stop in work.session.scalars(stops)}
    if "agreement" in kinds:
        kinds |= set(ANSWERED_BY.values())
    brought = by_lists(work, ids) if "agreement" in kinds else set()
    for kind in kinds:
        for fact in of_kind(work, TABLES[kind], ids):
            known.facts[key(kind, fact.patient_id, fact)].append(fact)
            if fact.stands and (on := getattr(fact, SAME[kind][0])) is not None:
                known.days[fact.patient_id, kind].append(on)
            if kind == "agreement" and fact.stands and fact not in written:
                about, made = (fact.patient_id, fact.what), (fact.made_on, fact.on_date)
                if fact.id in brought:
                    known.listed[about] = max(known.listed.get(about, made), made)
                else:
                    known.agreed[about] = max(known.agreed.get(about, fact.made_on), fact.made_on)
    return known


def of_kind(work: Work, table: type[Any], ids: list[int]) -> Sequence[Any]:
    """Every version of these patients' facts, but for what was taken back with its whole import."""
    undone = (
        select(ImportedFact.fact_id)
        .join(ImportReceipt, ImportReceipt.id == ImportedFact.receipt_id)
        .where(ImportedFact.kind == table.__tablename__, ImportReceipt.undone_at.is_not(None))
    )
    return work.session.scalars(select(table).where(table.patient_id.in_(ids), table.id.not_in(undone))).all()


def key(kind: str, patient_id: int, fact: Any) -> tuple[Any, ...]:
    """By what two facts of one patient are the same."""
    return kind, patient_id, *(getattr(fact, name) for name in SAME[kind])


def one(work: Work, row: HistoryRow, known: Known, effect: Effect) -> None:
    """The facts of a row that the register does not have."""
    patient = known.patients.get(row.number)
    if patient is None:
        effect.refuse(row.row, "number", "number_unknown", typed=row.number)
        return
    if another(row.birth_date, patient):
        effect.refuse(row.row, "birth_date", "another_birth_date", typed=row.number)
        return
    made = [(past, built(work, past, patient, known, row, effect)) for past in row.facts]
    if row.row in effect.refused_rows:
        return
    added = [fresh(work, past, fact, patient, known, row, effect) for past, fact in made]
    effect.count(any(added), False)
    if any(added):
        effect.touched[patient.id] = patient


def built(work: Work, past: PastFact, patient: Patient, known: Known, row: HistoryRow, effect: Effect) -> Any:
    """The row of a fact, not kept yet; refuses what cannot be."""
    if past.on > work.today and past.kind not in TO_COME:
        effect.refuse(row.row, past.column, "in_future", typed=past.on.strftime("%d-%m-%Y"))
    elif past.on > add_months(work.today, AGREED_MONTHS):
        effect.refuse(row.row, past.column, "agreed_far_ahead", typed=past.on.strftime("%d-%m-%Y"))
    if past.on.year < patient.birth_date.year:  # either may be known to the year alone
        effect.refuse(row.row, past.column, "before_birth", typed=past.on.strftime("%d-%m-%Y"))
    other_days(work, past, patient, row, effect)
    told = dict(past.told)
    if past.kind == "dose":
        course = course_of(told.pop("drug"), past.on, patient, known)
        if course is None:
            effect.refuse(row.row, past.column, "dose_without_course", typed=past.on.strftime("%d-%m-%Y"))
        told["course_id"] = course.id if course else None
    if past.kind == "agreement" and told["made_on"] is None:
        told["made_on"] = made_on(past.on, days_of(past, patient, row, known), patient.registered_on, work.today)
    return dxa(told) if past.kind == "scan" else TABLES[past.kind](**told | filled(past.kind, told))


def other_days(work: Work, past: PastFact, patient: Patient, row: HistoryRow, effect: Effect) -> None:
    """Refuse a second day that cannot be: one that was and is still to come, or outside what a review can name."""
    ends = {}
    if past.kind == "review":
        if past.on > work.today:
            return  # refused for its own day, and no month may follow it: 31-12-9999
        ends = {
            "until_on": (add_days(past.on, 1), add_months(past.on, UNTIL_MONTHS)),
            "effective_on": (patient.birth_date, add_months(past.on, EFFECTIVE_MONTHS)),
        }
    for name, column in past.columns.items():
        on = past.told.get(name)
        if column == past.column or not isinstance(on, date):
            continue
        typed = on.strftime("%d-%m-%Y")
        low, high = ends.get(name, (date.min, work.today))
        if name in ends and not low <= on <= high:
            days = {"low": low.strftime("%d-%m-%Y"), "high": high.strftime("%d-%m-%Y")}
            effect.refuse(row.row, column, "review_day", typed=typed, **days)
        elif on > high:
            effect.refuse(row.row, column, "in_future", typed=typed)


def course_of(drug: Drug, on: date, patient: Patient, known: Known) -> Course | None:
    """The course that a dose of this day belongs to."""
    return next(
        (course for course in known.courses[patient.id]
         if course.drug == drug and course.started_on <= on <= known.stops.get(course.id, date.max)),
        None,
    )  # fmt: skip


def days_of(past: PastFact, patient: Patient, row: HistoryRow, known: Known) -> list[date]:
    """The days on which this may have been agreed, as the file tells them; of a file that tells none the register's."""
    kind = ANSWERED_BY[past.told["what"]]
    return known.told.get((row.number, kind)) or known.days[patient.id, kind]


def filled(kind: str, told: Told) -> Told:
    """What a row of this kind has besides."""
    if kind == "control":
        height = told["height_mm"]
        return {
            "heights_mm": [height] if height else [], "symptoms": {}, "side_effects": {}, "note_in_letter": False,
            "form_token": BY_IMPORT + secrets.token_hex(16),
        }  # fmt: skip
    if kind == "review":
        return {"signed_function": TAKEN_OVER, "seen": {}, "form_token": BY_IMPORT + secrets.token_hex(16)}
    return {}


def dxa(told: Told) -> Scan:
    """A DXA with its sites."""
    sites = [ScanValue(site=site, **values) for site, values in told.pop("sites").items()]
    return Scan(**told, sites=sites)


def fresh(
    work: Work, past: PastFact, fact: Any, patient: Patient, known: Known, row: HistoryRow, effect: Effect
) -> bool:
    """Keep a fact that the register does not have; whether it was kept."""
    there = known.facts[key(past.kind, patient.id, fact)]
    standing = next((old for old in there if old.stands), None)
    day = past.on.strftime("%d-%m-%Y")
    if standing is not None and differs(standing, fact):
        effect.check(row.row, past.column, "fact_differs", typed=day)
    elif standing is None and there:
        effect.check(row.row, past.column, "fact_voided", typed=day)
    if there:
        return False
    if past.kind == "agreement" and not_the_last(past, fact, patient, known, row, effect):
        return False
    effect.written.append(facts.stamp(work, fact, patient.id))
    there.append(fact)
    return True


def not_the_last(
    past: PastFact, fact: Agreement, patient: Patient, known: Known, row: HistoryRow, effect: Effect
) -> bool:
    """Whether another agreement of this kind would stand beside it (K6): the row says whose, and it stays out."""
    about, day = (patient.id, fact.what), past.on.strftime("%d-%m-%Y")
    if known.agreed.get(about, date.min) >= fact.made_on:
        effect.check(row.row, past.column, "agreed_since", typed=day)
        return True
    listed = known.listed.get(about)
    if listed is None or listed < (fact.made_on, fact.on_date):
        return False
    effect.check(row.row, past.column, "agreed_by_list", typed=day, there=listed[1].strftime("%d-%m-%Y"))
    return True


def differs(old: Any, new: Any) -> bool:
    """Whether the file says something else than the register; what it leaves empty is no difference."""
    return any(
        value not in (None, "", []) and getattr(old, name) != value
        for name, value in told_by(new).items()
        if name not in NOT_TOLD
    ) or (isinstance(new, Scan) and any(told_of(old).get(name) != value for name, value in told_of(new).items()))


def told_by(fact: Any) -> Told:
    """The columns that were given to a fact that is not kept yet."""
    return {name: value for name, value in vars(fact).items() if not name.startswith("_")}


def told_of(scan: Scan) -> dict[tuple[str, str], Any]:
    """Site and score to value, of what a DXA says."""
    return {
        (site.site, name): getattr(site, name)
        for site in scan.sites
        for name in ("bmd_mg_cm2", "t_score", "z_score")
        if getattr(site, name) is not None
    }
