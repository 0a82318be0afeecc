"""The lists of the clinic in SQL: one row per patient, in working order, at a cost that stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    literal,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from clinic.domain.protocol import SOURCES
from clinic.domain.vocabulary import AgreementWhat
from clinic.store.appointments import Appointment, stands_for
from clinic.store.calls import Calling
from clinic.store.due import DueItem
from clinic.store.on_drug import last_started
from clinic.store.patients import Patient

DENOSUMAB = "dose.denosumab"
CODES = sorted(SOURCES.keys() - {"agreed", "letter"}) + [f"agreed.{what}" for what in AgreementWhat]
"""Every code of an item but letters; written out, because an index answers a list of codes and no prefix."""
MOST_COUNTED = 1000
RANKS = (1, 2, 3, 4, 5, 6)
BACKLOG = {2: (False,), 3: (False,), 5: (True,)}  # the other ranks hold both
STAGES = ((1, 2), (3, 4, 5, 6))  # the second walk is needed only when the first does not fill the page
ITEMS_A_PATIENT = 2  # walked for each patient wanted; another walk follows when that was too few
Item = Any  # DueItem or an alias of it
DAY = bindparam("day", type_=Date)
MOST = bindparam("most", type_=Integer)
PATIENTS = bindparam("patients", type_=Integer, expanding=True)
AFTER = (
    bindparam("after_due_on", type_=Date),
    bindparam("after_code", type_=String),
    bindparam("after_patient_id", type_=Integer),
)
Day = date | BindParameter[date]
Place = tuple[int, date, str, int]
Step = Select[int, date, str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items make a list: codes by their first word or one by one, ranks, and whose patients."""

    kinds: tuple[str, ...] = ()
    ranks: tuple[int, ...] = RANKS
    code: str | None = None
    codes: tuple[str, ...] = ()
    backlog: bool | None = None
    """Only what was due before the clinic registered her, or only what was not."""
    late: bool = False
    """Only what is late: rank 1 holds open denosumab as well."""
    unbooked: bool = False
    drug: str | None = None
    nurse_ids: tuple[int, ...] = ()
    not_doctors: tuple[int, ...] = ()
    """Doctors whose patients are left out; patients without a doctor, or with one who is gone, are everybody's."""
    calling: bool = False
    due: tuple[date | None, date | None] = (None, None)  # from a day, before a day


def status_on(item: Item, day: Day) -> ColumnElement[str]:
    """The ladder of `clinic.domain.due.status`, in SQL."""
    return case(
        (item.very_late_after < day, "very_late"),
        (item.late_after < day, "late"),
        (item.opens_on <= day, "open"),
        else_="upcoming",
    )


def rank_on(item: Item, day: Day) -> ColumnElement[int]:
    """The working order of `clinic.domain.due.rank`, in SQL."""
    return case(
        (and_(item.code == DENOSUMAB, item.opens_on <= day), 1),
        (item.opens_on > day, 6),
        (item.late_after >= day, 4),
        (item.backlog.is_(True), 5),
        (item.very_late_after < day, 2),
        else_=3,
    )


def in_rank(item: Item, rank: int, day: Day) -> ColumnElement[bool]:
    """The same order as conditions that an index can answer, one rank at a time."""
    return {
        1: and_(item.code == DENOSUMAB, item.opens_on <= day),
        2: and_(item.backlog.is_(False), item.very_late_after < day, item.code != DENOSUMAB),
        3: and_(
            item.backlog.is_(False),
            item.late_after < day,
            or_(item.very_late_after.is_(None), item.very_late_after >= day),
            item.code != DENOSUMAB,
        ),
        4: and_(item.opens_on <= day, item.late_after >= day, item.code != DENOSUMAB),
        5: and_(item.backlog.is_(True), item.late_after < day, item.code != DENOSUMAB),
        6: and_(item.due_on > day, item.opens_on > day),
    }[rank]


def of_kind(item: Item, wanted: Wanted) -> ColumnElement[bool]:
    """Whether an item's code belongs on the list; letters have lists of their own."""
    if wanted.code:
        return item.code == wanted.code  # type: ignore[no-any-return]
    if wanted.codes:
        return item.code.in_(wanted.codes)  # type: ignore[no-any-return]
    if not wanted.kinds:
        return or_(item.code < "letter.", item.code >= "letter/")
    return item.code.in_([code for code in CODES if code.partition(".")[0] in wanted.kinds])  # type: ignore[no-any-return]


def booked(item: Item) -> ColumnElement[bool]:
    """Whether an appointment stands for this item."""
    booking = aliased(Appointment)  # its own name: the list may join bookings besides
    return exists().where(stands_for(booking, item, DAY))


def hushed(item: Item) -> ColumnElement[bool]:
    """`clinic.domain.calling.hidden`, in SQL."""
    became_late = and_(item.late_after >= Calling.called_on, item.late_after < DAY)
    very_late = and_(item.very_late_after.is_not(None), item.very_late_after < DAY)
    snoozed = (Calling.patient_id == item.patient_id, Calling.hidden_until > DAY)
    return exists().where(*snoozed, not_(became_late), not_(very_late))


def on_list(item: Item, wanted: Wanted) -> ColumnElement[bool]:
    """What an item itself must be, whatever its rank."""
    rules = [not_(booked(item))] if wanted.unbooked else []
    rules += [item.late_after < DAY] if wanted.late else []
    rules += [not_(hushed(item))] if wanted.calling else []
    rules += [] if wanted.backlog is None else [item.backlog.is_(wanted.backlog)]
    rules += [item.due_on >= wanted.due[0]] if wanted.due[0] else []
    rules += [item.due_on < wanted.due[1]] if wanted.due[1] else []
    return and_(of_kind(item, wanted), *rules)


def halves(rank: int, wanted: Wanted) -> list[bool]:
    """Whether a rank holds backlog, what is none, or both, of what is wanted."""
    return [half for half in BACKLOG.get(rank, (False, True)) if wanted.backlog in (None, half)]


def of_patient(item: Item, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What the patient must be."""
    rules: list[ColumnElement[bool]] = []
    if wanted.drug:
        rules.append(last_started(item.patient_id, wanted.drug, DAY))
    if wanted.nurse_ids:
        rules.append(exists().where(Patient.id == item.patient_id, Patient.regular_nurse_id.in_(wanted.nurse_ids)))
    if wanted.not_doctors:
        theirs = Patient.regular_doctor_id.in_(wanted.not_doctors)
        rules.append(not_(exists().where(Patient.id == item.patient_id, theirs)))
    return rules


def step(rank: int, wanted: Wanted, after: bool, backlog: bool) -> Step:
    """The items of one rank in order; with backlog fixed an index gives the order, so nothing is sorted."""
    item = aliased(DueItem)
    rules = [item.backlog.is_(backlog), in_rank(item, rank, DAY), on_list(item, wanted), *of_patient(item, wanted)]
    if after:
        rules.append(tuple_(item.due_on, item.code, item.patient_id) > tuple_(*AFTER))
    return (
        select(literal(rank).label("rank"), item.due_on, item.code, item.patient_id)
        .where(*rules)
        .order_by(item.due_on, item.code, item.patient_id)
        .limit(MOST)
    )


@lru_cache(maxsize=256)
def walking(ranks: Sequence[int], wanted: Wanted, after_rank: int | None) -> Step | None:
    """The statement of a walk, put together once: its day, its place and its length are parameters."""
    steps = [
        select(step(rank, wanted, rank == after_rank, backlog).subquery())
        for rank in ranks
        if after_rank is None or rank >= after_rank
        for backlog in halves(rank, wanted)
    ]
    found = union_all(*steps).subquery() if steps else None
    return None if found is None else select(found).order_by("rank", "due_on", "code", "patient_id").limit(MOST)


def walk(
    session: Session, ranks: Sequence[int], wanted: Wanted, day: date, after: Place | None, most: int
) -> list[Place]:
    """The items of these ranks in working order, from a place on."""
    statement = walking(tuple(ranks), wanted, after[0] if after else None)
    if statement is None:
        return []
    place = dict(zip(("after_due_on", "after_code", "after_patient_id"), after[1:], strict=True)) if after else {}
    rows = session.execute(statement, {"day": day, "most": most} | place).all()
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def places(session: Session, wanted: Wanted, day: date, after: Place | None, most: int) -> list[Place]:
    """Where each patient stands on the list, from a place on: where her first item stands.

    Items are walked in order and a patient's later ones passed over, so the cost follows the page, not the register.
    """
    found: list[Place] = []
    seen: set[int] = set()
    for stage in STAGES:
        ranks = [rank for rank in stage if rank in wanted.ranks]
        here, more = after, True
        while more and len(found) < most:
            items = walk(session, ranks, wanted, day, here, ITEMS_A_PATIENT * most)
            fresh = firsts(items, seen)
            found += fresh if after is None else not_before(session, fresh, wanted, day, after)
            here, more = (items[-1] if items else None), len(items) == ITEMS_A_PATIENT * most
    return found[:most]


def place_of(session: Session, wanted: Wanted, day: date, patient_id: int) -> Place | None:
    """Where one patient stands on the list; None when she does not."""
    rank = rank_on(DueItem, day)
    rows = session.execute(
        select(rank, DueItem.due_on, DueItem.code, DueItem.patient_id).where(
            DueItem.patient_id == patient_id, on_list(DueItem, wanted), rank.in_(wanted.ranks),
            *of_patient(DueItem, wanted),
        ),
        {"day": day},
    )  # fmt: skip
    return min(((row[0], row[1], row[2], row[3]) for row in rows), default=None)


def firsts(items: Iterable[Place], seen: set[int]) -> list[Place]:
    """Each patient's first item, of patients not seen before; whom it finds is seen."""
    found: dict[int, Place] = {}
    for place in items:
        if place[3] not in seen:
            found.setdefault(place[3], place)
    seen.update(found)
    return list(found.values())


def not_before(session: Session, fresh: list[Place], wanted: Wanted, day: date, after: Place) -> list[Place]:
    """Leave out whom an earlier page has shown: whose first item stands at or before the place it ended."""
    rank = rank_on(DueItem, day)
    rows = session.execute(
        select(rank, DueItem.due_on, DueItem.code, DueItem.patient_id).where(
            DueItem.patient_id.in_([place[3] for place in fresh]), on_list(DueItem, wanted), rank.in_(wanted.ranks)
        ),
        {"day": day},
    )
    shown = {row[3] for row in rows if (row[0], row[1], row[2], row[3]) <= after}
    return [place for place in fresh if place[3] not in shown]


@lru_cache(maxsize=256)
def shown_items(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    """The statement that reads the items of a page, put together once."""
    rank = rank_on(DueItem, DAY)
    return (
        select(
            DueItem.patient_id,
            DueItem.code,
            DueItem.subject,
            DueItem.due_on,
            DueItem.late_after,
            DueItem.backlog,
            cast(DueItem.why, String).label("why"),
            status_on(DueItem, DAY).label("status"),
            Appointment.id.label("appointment_id"),
            Appointment.on_date.label("booked_on"),
            Appointment.at_time.label("booked_at"),
        )
        .outerjoin(Appointment, stands_for(Appointment, DueItem, DAY))
        .where(DueItem.patient_id.in_(PATIENTS), on_list(DueItem, wanted), rank.in_(wanted.ranks))
        .order_by(DueItem.patient_id, rank, DueItem.due_on, DueItem.code, DueItem.id)
    )


def items_of(session: Session, patient_ids: Sequence[int], wanted: Wanted, day: date) -> Sequence[Any]:
    """The items on the list of the patients shown, in working order, with their booking."""
    return session.execute(shown_items(wanted), {"patients": patient_ids, "day": day}).all()


def people(session: Session, patient_ids: Sequence[int]) -> dict[int, Any]:
    """What a list says of a patient: her name's parts, birth date, number and status; never her BSN."""
    return {row.id: row for row in session.execute(PEOPLE, {"patients": patient_ids})}


PEOPLE = select(
    Patient.id, Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix,
    Patient.own_name, Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date,
    Patient.birth_precision, Patient.status,
).where(Patient.id.in_(PATIENTS))  # fmt: skip
