"""A merge undone: each row goes back where it came from, and what was recorded since goes along, stays, or is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.facts import need_reason
from clinic.services.merge_person import give_back, hand_bsn
from clinic.services.merges import follow, hang, held, seen, unfinished
from clinic.services.work import Stale, Work
from clinic.store.merges import Key, Merge, MergeRow, Row, open_merge, rows_of
from clinic.store.patients import Patient, PatientChange


@dataclass(frozen=True, slots=True)
class SplitPatients:
    """Which number stands on its own again; `goes` names what was recorded since and is of that number."""

    losing_id: int
    seen: str
    reason: str
    goes: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each row: back, along with what it hangs on, or asked for; `torn` hangs on both numbers."""

    back: list[Row]
    along: list[Row]
    asked: list[list[Row]]
    torn: list[Row]
    numbers: list[Key]


def name_of(group: Sequence[Row]) -> str:
    """How a form names rows that go together."""
    return "{}-{}".format(*min(row.key for row in group))


def split(work: Work, command: SplitPatients) -> Merge:
    """Put every row back; done before, nothing happens twice.

    Raises LookupError when the number was never merged, RuleBroken when it cannot be split now, Stale when the number
    that stays changed.
    """
    work.needs(May.MERGE_PATIENTS)
    found = last_merge(work, command.losing_id)
    kept, losing = held(work, found.kept_id, found.losing_id)
    if losing.merged_into_id is None:
        return found
    plan = planned(work, found)
    if broken := problems(work, kept, plan):
        raise broken[0]
    if command.seen != seen(kept):
        raise Stale
    need_reason(command.reason)
    chosen = [row for group in plan.asked if name_of(group) in command.goes for row in group]
    rows = [*plan.back, *plan.along, *chosen]
    hang(work, [*(row.key for row in rows), *plan.numbers], losing.id)
    losing.merged_into_id = None
    found.split_at, found.split_by, found.split_reason = work.now, work.actor.id, command.reason.strip()
    if found.bsn_moved and not bsn_changed(work, found):
        hand_bsn(work, kept, losing, found.split_reason)
    give_back(work, kept, losing, found.taken, found.split_reason)
    follow(work, kept, losing)
    for patient in (kept, losing):
        work.note(Action.PATIENTS_SPLIT, patient.id, f"merge:{found.id}")
    work.commit()
    return found


def bsn_changed(work: Work, found: Merge) -> bool:
    """Whether the BSN that came with this merge was changed since: then nobody but a person knows whose it is.

    That it went along and came back, when the number that stays was itself merged and split since, is no change.
    """
    kept = work.session.get_one(Patient, found.kept_id)
    if kept.bsn is None and kept.merged_into_id is None:
        return True
    mine, since = (found.at, found.reason), select(Merge).where(Merge.losing_id == kept.id)
    handed = {pair for one in work.session.scalars(since)
              for pair in ((one.at, one.reason), (one.split_at, one.split_reason))} - {mine}  # fmt: skip
    query = select(PatientChange).where(PatientChange.patient_id == kept.id).order_by(PatientChange.id.desc())
    changes = [(change.at, change.reason) for change in work.session.scalars(query) if "bsn" in change.changes]
    return next(pair for pair in changes if pair not in handed) != mine


def last_merge(work: Work, losing_id: int) -> Merge:
    """The merge of a number, the one that stands or else the last that was split; LookupError when there is none."""
    query = select(Merge).where(Merge.losing_id == losing_id).order_by(Merge.id.desc()).limit(1)
    found = open_merge(work.session, losing_id) or work.session.scalar(query)
    if found is None:
        raise LookupError(losing_id)
    return found


def problems(work: Work, kept: Patient, plan: Plan) -> list[RuleBroken]:
    """Why the numbers cannot be split now, each with what to do first."""
    found = unfinished(work, kept)
    if kept.merged_into_id is not None:
        found.insert(0, RuleBroken("reason", "split_later_first", number=kept.number))
    if plan.torn:
        found.append(RuleBroken("reason", "split_torn"))
    return found


def planned(work: Work, found: Merge) -> Plan:
    """What a split would do with every row of the number that stays."""
    moved, there = known(work, found)
    rows = rows_of(work.session, [found.kept_id])
    plan = Plan([row for row in rows if row.key in moved], [], [], [], [key for key in moved if key[0] == "patients"])
    for group in groups(rows):
        fresh = [row for row in group if row.key not in moved | there]
        theirs, ours = any(row.key in moved for row in group), any(row.key in there for row in group)
        if fresh and not (theirs or ours):
            plan.asked.append(fresh)
        elif theirs:
            (plan.torn if ours else plan.along).extend(fresh)
    return plan


def known(work: Work, found: Merge) -> tuple[set[Key], set[Key]]:
    """The rows that came with this merge, and those that were there or came with another that stands."""
    of_this = select(MergeRow).where(MergeRow.merge_id == found.id)
    others = select(Merge.id).where(Merge.kept_id == found.kept_id, Merge.id != found.id, Merge.split_at.is_(None))
    came = select(MergeRow).where(MergeRow.merge_id.in_(others), MergeRow.moved.is_(True))
    moved: set[Key] = set()
    there: set[Key] = set()
    for row in work.session.scalars(of_this):
        (moved if row.moved else there).add((row.kind, row.row_id))
    return moved, there | {(row.kind, row.row_id) for row in work.session.scalars(came)} - moved


def groups(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows that hang together, directly or through others."""
    near: dict[Key, set[Key]] = defaultdict(set)
    for row in rows:
        for other in row.on:
            near[row.key].add(other)
            near[other].add(row.key)
    left = {row.key: row for row in rows}
    while left:
        waiting, group = [next(iter(left))], []
        while waiting:
            key = waiting.pop()
            if key in left:
                group.append(left.pop(key))
                waiting += near[key]
        yield group
