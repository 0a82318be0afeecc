"""Lists that rest on a fact and not on a due item: alarms, results not in, drafts, nobody's next date."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    Date,
    Select,
    String,
    Subquery,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from clinic.domain.alerts import SYMPTOM_LATER, SYMPTOM_LEFT, SYMPTOM_SOURCE
from clinic.domain.calendar import add_days, add_working_days
from clinic.domain.vocabulary import PatientStatus
from clinic.store.alarms import left_since
from clinic.store.controls import ControlDraft
from clinic.store.due import RedAlert
from clinic.store.on_drug import last_started
from clinic.store.patients import Patient
from clinic.store.scans import Scan, SpineImage
from clinic.store.treatments import Course, CourseStop

AWAITED_AFTER = 10  # working days after which a result that is not in is asked for
LEFT_WHY, LATER_WHY = (json.dumps({"code": why.code, "params": why.params}) for why in (SYMPTOM_LEFT, SYMPTOM_LATER))
NAMES = ("alarms", "awaited", "drafts", "unplanned")
Place = tuple[date, int]


@dataclass(frozen=True, slots=True)
class WantedFacts:
    """One of these lists, on a day, for the person who asks (drafts are her own), perhaps for one nurse's patients.

    `closed` are the days on which this clinic does not work although others do (protocol D4).
    """

    name: str
    day: date
    user_id: int
    drug: str | None = None
    nurse_id: int | None = None
    closed: frozenset[date] = frozenset()


def facts(wanted: WantedFacts, among: BindParameter[int] | None = None) -> Select[*tuple[Any, ...]]:
    """The facts of a list: patient, the day since when, a code, and what explains it; of some patients or of all."""
    found = {"alarms": alarms, "awaited": awaited, "drafts": drafts, "unplanned": unplanned}[wanted.name](wanted, among)
    patient_id = found.selected_columns[0]
    if among is not None:
        found = found.where(patient_id.in_(among))
    if wanted.drug:
        found = found.where(last_started(patient_id, wanted.drug, wanted.day))
    if wanted.nurse_id:
        found = found.where(patient_id.in_(select(Patient.id).where(Patient.regular_nurse_id == wanted.nurse_id)))
    return found


def alarms(wanted: WantedFacts, among: BindParameter[int] | None) -> Select[*tuple[Any, ...]]:
    """Red alerts that hold on the day, and alarm symptoms that no rule tells of and no doctor signed for."""
    left = left_since(among)
    why = case((left.c.left == 1, LEFT_WHY), else_=LATER_WHY)
    waiting = select(left.c.patient_id, left.c.since, left.c.code, why, literal(SYMPTOM_SOURCE))
    found = union_all(holding(wanted.day), waiting).subquery()
    return select(*found.c)


def holding(day: date) -> Select[*tuple[Any, ...]]:
    """Red alerts that hold on a day."""
    return select(
        RedAlert.patient_id,
        RedAlert.since.label("since"),
        RedAlert.code.label("code"),
        cast(RedAlert.why, String).label("why"),
        RedAlert.source.label("source"),
    ).where(
        RedAlert.level == "red",
        RedAlert.holds_from <= day,
        or_(RedAlert.holds_until.is_(None), RedAlert.holds_until >= day),
    )


def awaited(wanted: WantedFacts, _among: object) -> Select[*tuple[Any, ...]]:
    """After ten working days the result of a DXA that was made is not in, or a spine image that was asked for.

    Of patients of the clinic: nobody waits for the result of who died or is followed elsewhere.
    """
    before = awaited_before(wanted.day, wanted.closed)
    scans = select(Scan.patient_id, Scan.made_on.label("since"), literal("dxa").label("code")).where(
        Scan.stands.is_(True), Scan.received_on.is_(None), Scan.made_on <= before
    )
    images = select(SpineImage.patient_id, SpineImage.requested_on, literal("image")).where(
        SpineImage.stands.is_(True), SpineImage.on_date.is_(None), SpineImage.requested_on <= before
    )
    both = union_all(scans, images).subquery()
    followed = exists().where(Patient.id == both.c.patient_id, Patient.status == PatientStatus.ACTIVE.value)
    return select(both.c.patient_id, both.c.since, both.c.code, null().label("why")).where(followed)


def awaited_before(day: date, closed: frozenset[date]) -> date:
    """The last day on which a scan was made whose result should be in."""
    made = add_days(day, -1)
    while add_working_days(made, AWAITED_AFTER, closed) >= day:
        made = add_days(made, -1)
    return made


def drafts(wanted: WantedFacts, _among: object) -> Select[*tuple[Any, ...]]:
    """Controls that this person began and did not finish."""
    since = func.date(ControlDraft.saved_at, type_=Date)
    return select(
        ControlDraft.patient_id, since.label("since"), literal("draft").label("code"), null().label("why")
    ).where(ControlDraft.by == wanted.user_id, ControlDraft.taken_at.is_(None))


def unplanned(wanted: WantedFacts, _among: object) -> Select[*tuple[Any, ...]]:
    """Nobody falls off: active, and without any item but letters (S12); whether she was treated, is, or will be."""
    hers = (Course.patient_id == Patient.id, Course.stands.is_(True))
    stopped = exists().where(
        CourseStop.course_id == Course.id, CourseStop.stands.is_(True), CourseStop.stopped_on <= wanted.day
    )
    ahead = select(func.min(Course.started_on)).where(*hers, Course.started_on > wanted.day).scalar_subquery()
    runs = exists().where(*hers, Course.started_on <= wanted.day, ~stopped)
    return select(
        Patient.id.label("patient_id"), Patient.registered_on.label("since"), literal("unplanned").label("code"),
        exists().where(*hers).label("why"), runs.label("runs"),
        ahead.label("starts_on"),
    ).where(Patient.nothing_planned.is_(True))  # fmt: skip


def places(session: Session, wanted: WantedFacts, after: Place | None, most: int) -> list[Place]:
    """Each patient once, where her oldest fact puts her."""
    found = facts(wanted).subquery()
    since = func.min(found.c.since)
    query = select(since, found.c.patient_id).group_by(found.c.patient_id).order_by(since, found.c.patient_id)
    if after is not None:
        query = query.having(tuple_(since, found.c.patient_id) > tuple_(*(literal(part) for part in after)))
    return [(row[0], row[1]) for row in session.execute(query.limit(most))]


def facts_of(session: Session, wanted: WantedFacts, patient_ids: Sequence[int]) -> Sequence[Any]:
    """The facts of the patients shown, the oldest first."""
    found: Subquery = facts(wanted).subquery()
    query = select(found).where(found.c.patient_id.in_(patient_ids))
    return session.execute(query.order_by(found.c.patient_id, found.c.since, found.c.code)).all()
