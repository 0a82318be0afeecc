"""A version carried through the register: patients in batches, each kept whole, so that a crash leaves no half one.

Several processes reckon, one writes. Only what the version makes another is written; what stays keeps citing the
version under which it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from multiprocessing import get_context
from typing import NamedTuple, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from clinic.domain import due as due_rules
from clinic.domain.protocol import Protocol
from clinic.services import activations, in_force, items, trial_run, trials
from clinic.services.giving_way import Pace
from clinic.services.items import Row
from clinic.services.work import local_day
from clinic.store import records
from clinic.store.activations import Activation
from clinic.store.due import DueItem, RedAlert
from clinic.store.patients import Patient
from clinic.store.protocols import TrialChange, TrialPart

BATCH = 100  # patients at most that are written at once
TABLES: tuple[type[DueItem] | type[RedAlert], ...] = (DueItem, RedAlert)
PATIENTS = cast(Table, Patient.__table__)


class Overtaken(Exception):
    """Another run carries the same version, and is further."""


class Reckoned(NamedTuple):
    """What the version makes of one patient: rows that go and come by table, and her own columns where those change."""

    patient_id: int
    state: str
    gone: tuple[list[int], ...]
    come: tuple[list[Row], ...]
    follows: Row | None

    @property
    def changes(self) -> bool:
        """Whether anything becomes another."""
        return any(self.gone) or any(self.come)


def run(url: str, clock: Callable[[], datetime], processes: int = 2) -> Activation | None:
    """Put what waits in force if that was not done, and carry it through the register from where a run stopped.

    Says which it was; None when nothing waits, or somebody else is at it.
    """
    today = local_day(clock())
    with trial_run.opened(url) as session:
        row = activations.waiting(session, clock(), today)
        if row is None:
            return None
        if row.state == "approved":
            activations.begin(session, row, clock())
        activation_id, rules = row.id, in_force.rules(session)
        session.commit()  # whom it concerns is looked up while others save
        with trial_run.looking(session) as beside:
            left = affected(beside, beside.get_one(Activation, activation_id))
        row.total, row.seen_at = row.done + len(left), clock()
        session.commit()
        pace, parts = Pace(BATCH), [left[at : at + BATCH] for at in range(0, len(left), BATCH)]
        with get_context("fork").Pool(processes, trial_run.lay_out, (url, rules, today)) as pool:
            for few in (few for part in pool.imap(reckoned, parts) for few in pace.parts(part)):
                keep(session, activation_id, few, clock())
        return finish(session, activation_id, clock())


def affected(session: Session, row: Activation) -> list[int]:
    """Who is still to be looked at: whom the what-if found, and whose facts are others since."""
    found = set(session.scalars(select(TrialChange.patient_id).where(TrialChange.trial_id == row.trial_id).distinct()))
    known: dict[str, str] = {}
    for states in session.scalars(select(TrialPart.states).where(TrialPart.trial_id == row.trial_id)):
        known |= states
    for patient_id, version, refresh_on in session.execute(
        select(Patient.id, Patient.facts_version, Patient.refresh_on)
    ):
        if known.get(str(patient_id)) != trials.state(version, refresh_on):
            found.add(patient_id)
    return sorted(one for one in found if one > row.reached)


def reckoned(patient_ids: list[int]) -> list[Reckoned]:
    """A batch at the desk of this process."""
    desk = trial_run.DESKS[0]
    with Session(desk.engine) as session:
        return list(reckon(session, patient_ids, desk.protocol, desk.today))


def reckon(session: Session, patient_ids: list[int], protocol: Protocol, today: date) -> Iterator[Reckoned]:
    """What the version makes of these patients; for a number that was merged into another nothing is due."""
    patients = records.people(session, Patient.id.in_(patient_ids))
    states = {patient.id: trials.state(patient.facts_version, patient.refresh_on) for patient in patients}
    found = records.load_many(session, patients)
    stored = [trials.stored(session, table, table.patient_id.in_(patient_ids)) for table in TABLES]
    for patient in patients:
        record, merged = found[patient.id], patient.merged_into_id is not None
        derived = items.NOTHING if merged else items.derive(patient.id, record, today, protocol)
        old = [rows.get(patient.id, []) for rows in stored]
        gone, come = zip(*(difference(*both) for both in zip(old, derived, strict=True)), strict=True)
        refresh_on = None if merged else due_rules.next_change(record, today)
        nothing = not merged and items.nothing_planned(record, derived.items)
        same = (patient.refresh_on, patient.nothing_planned) == (refresh_on, nothing)
        follows = {"of_patient": patient.id, "refresh_on": refresh_on, "nothing_planned": nothing}
        yield Reckoned(patient.id, states[patient.id], gone, come, None if same else follows)


def difference(before: Sequence[Row], after: Sequence[Row]) -> tuple[list[int], list[Row]]:
    """The keys of rows that go, and the rows that come; a row that says the same stays."""
    left, come = list(before), []
    for row in after:
        same = next((old for old in left if trials.says_the_same(old, row)), None)
        if same is None:
            come.append(row)
        else:
            left.remove(same)
    return [row["id"] for row in left], come


def keep(session: Session, activation_id: int, part: Sequence[Reckoned], now: datetime) -> None:
    """Write what a batch changes, how far the run is, and a line in the log: together or not at all.

    Whose facts became others since they were reckoned was saved by the version in force already.
    """
    ids = [one.patient_id for one in part]
    carried = session.get_one(Activation, activation_id, with_for_update=True, populate_existing=True)
    if carried.reached >= ids[0]:
        raise Overtaken(activation_id)
    query = select(Patient.id, Patient.facts_version, Patient.refresh_on).where(Patient.id.in_(ids))
    held = session.execute(query.order_by(Patient.id).with_for_update())
    states = {patient_id: trials.state(version, refresh_on) for patient_id, version, refresh_on in held}
    fresh = [one for one in part if one.changes and one.state == states.get(one.patient_id)]
    for number, table in enumerate(TABLES):
        gone = [key for one in fresh for key in one.gone[number]]
        put(session, table, gone, [row for one in fresh for row in one.come[number]])
    if follows := [one.follows for one in fresh if one.follows]:
        mine = update(PATIENTS).where(PATIENTS.c.id == bindparam("of_patient"))
        session.connection().execute(mine, follows)
    carried.reached, carried.seen_at = ids[-1], now
    carried.done, carried.changed = carried.done + len(ids), carried.changed + len(fresh)
    activations.tell(session, carried, now, {"patients": len(fresh)})
    session.commit()


def put(session: Session, table: type[DueItem] | type[RedAlert], gone: list[int], come: list[Row]) -> None:
    """Take these rows away and add those."""
    stored = cast(Table, table.__table__)
    if gone:
        session.execute(delete(stored).where(stored.c.id.in_(gone)))
    if come:
        session.execute(insert(stored), come)


def finish(session: Session, activation_id: int, now: datetime) -> Activation:
    """The register follows the version."""
    row = activations.found(session, activation_id)
    row.state, row.finished_at, row.seen_at = "done", now, now
    activations.tell(session, row, now, {"patients": row.changed, "done": True})
    session.commit()
    session.refresh(row)
    return row
