"""The doctor's queue of reviews: whose turn it is, what is still missing of each, and what was passed over today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from clinic.domain import review
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import MissingFact
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import worklists
from clinic.services.facts import lock_patient
from clinic.services.review_requests import Requested, booked, gives_way, requested
from clinic.services.work import Work
from clinic.services.worklists import Ask, Line
from clinic.store import counted, lists, records
from clinic.store.patients import Patient
from clinic.store.review_skips import ReviewSkip

MINE = Ask("my-reviews")
LONGEST = 200  # patients that are put in order; whoever comes after these is found from where she stands
PAGE = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a patient stands in the queue, counted from one, and who comes before and after her.

    Of whom stands behind all that are put in order it is not counted how many are before her.
    """

    number: int | None
    count: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One patient of the queue: her items, what is missing before one can decide, why she was passed over today.

    `requested` is what of it was asked for already, `booked` what comes of an appointment, `gives_way` for which day
    something is agreed that would go.
    """

    line: Line
    missing: tuple[MissingFact, ...]
    skipped: str
    requested: Requested
    booked: Requested
    gives_way: Requested


def order(work: Work) -> list[int]:
    """The patients of the queue, live before backlog; whom this doctor passed over today come last.

    Read once while nothing changes: a doctor goes from one review to the next, and each says where it stands.
    """
    return counted.kept(work.session, (MINE, work.today, work.actor.id), lambda: order_anew(work))


def order_anew(work: Work) -> list[int]:
    """The same from the register."""
    wanted, passed = worklists.due_list(work, MINE), skipped(work)
    found = [place[3] for place in lists.places(work.session, wanted, work.today, None, LONGEST + len(passed))]
    first = [patient_id for patient_id in found if patient_id not in passed][:LONGEST]
    far = [place for one in passed.keys() - set(found) if (place := place_of(work, one)) is not None]
    return first + [one for one in found if one in passed] + [place[3] for place in sorted(far)]


def count(work: Work, ordered: int) -> int:
    """How many patients wait for this doctor, given how many are put in order; 1001 stands for more than 1000."""
    return ordered if ordered < LONGEST else worklists.count(work, [MINE])[0]


def skipped(work: Work) -> dict[int, str]:
    """Whom the doctor who asks passed over today, and why: those few, whoever else waits."""
    query = select(ReviewSkip.patient_id, ReviewSkip.reason).where(
        ReviewSkip.by == work.actor.id, ReviewSkip.on_date == work.today
    )
    return dict(work.session.execute(query).all())


def turn(work: Work, patient_id: int) -> Turn | None:
    """Where this patient stands; None when no review of hers waits for this doctor."""
    ids = order(work)
    if patient_id not in ids:
        return behind(work, patient_id, ids)
    at = ids.index(patient_id)
    after = ids[at + 1] if at + 1 < len(ids) else None
    if at + 1 == LONGEST and patient_id not in (passed := skipped(work)):  # the last put in order: more may follow
        after = next_after(work, place_of(work, patient_id), passed) or after
    return Turn(at + 1, count(work, len(ids)), ids[at - 1] if at else None, after)


def behind(work: Work, patient_id: int, ids: Sequence[int]) -> Turn | None:
    """Where somebody stands who is not put in order: behind the first, and before the next from where she stands."""
    place = place_of(work, patient_id)
    if place is None:
        return None
    passed = skipped(work)
    before, last = [one for one in ids if one not in passed], [one for one in ids if one in passed]
    after = next_after(work, place, passed) or (last[0] if last else None)
    return Turn(None, count(work, len(ids)), before[-1] if before else None, after)


def place_of(work: Work, patient_id: int) -> lists.Place | None:
    """Where a patient stands on the list of this doctor."""
    return lists.place_of(work.session, worklists.due_list(work, MINE), work.today, patient_id)


def next_after(work: Work, place: lists.Place | None, passed: Collection[int]) -> int | None:
    """Who comes after a place on the list and was not passed over today."""
    found = lists.places(work.session, worklists.due_list(work, MINE), work.today, place, len(passed) + 1)
    return next((place[3] for place in found if place[3] not in passed), None)


def show(work: Work, page: int) -> tuple[list[Waiting], int]:
    """A page of those put in order, the first is 0, and how many these are; the log says who was on it."""
    work.needs(May.SIGN_REVIEW)
    ids = order(work)
    here = ids[page * PAGE : (page + 1) * PAGE]
    wanted = worklists.due_list(work, MINE)
    lines = worklists.lines_of(work, here, lambda some: lists.items_of(work.session, some, wanted, work.today))
    lacking, passed, asked, later = missing(work, here), skipped(work), requested(work, here), gives_way(work, here)
    comes = booked(work, here)
    if here:
        work.note(Action.PATIENT_LISTED, subject="list:my-reviews", shown=here)
    found = ((line, line.person.id) for line in lines)
    return [
        Waiting(line, lacking[one], passed.get(one, ""), asked[one], comes[one].facts, later[one])
        for line, one in found
    ], len(ids)


def missing(work: Work, ids: Sequence[int]) -> dict[int, tuple[MissingFact, ...]]:
    """What is not in the record of each, or not recent enough to decide (section 6)."""
    patients = work.session.scalars(select(Patient).where(Patient.id.in_(ids))).all() if ids else []
    found = records.load_many(work.session, patients) if patients else {}
    return {patient_id: review.missing(record, work.today, work.protocol) for patient_id, record in found.items()}


def skip(work: Work, patient_id: int, reason: str) -> int | None:
    """Pass a patient over for today, and say who is next; the reason stands in the queue.

    Raises RuleBroken without a reason.
    """
    work.needs(May.SIGN_REVIEW)
    if not reason.strip():
        raise RuleBroken("skip_reason", "skip_reason_missing")
    lock_patient(work, patient_id)
    here = turn(work, patient_id)
    query = select(ReviewSkip).where(
        ReviewSkip.patient_id == patient_id, ReviewSkip.by == work.actor.id, ReviewSkip.on_date == work.today
    )
    row = work.session.scalar(query)
    if row is None:
        row = ReviewSkip(patient_id=patient_id, by=work.actor.id, on_date=work.today)
        work.session.add(row)
    row.at, row.reason = work.now, reason.strip()
    work.note(Action.REVIEW_SKIPPED, patient_id)
    work.commit()
    return here.after if here else None
