"""The clinic's figures: computed over the whole register at night, at most once an hour, and read from what was kept.

A run writes its cases beside those of the run before, a part at a time, so that others go on saving; a page reads the
last run that came to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Engine, Integer, Table, delete, func, insert, select, true, update
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session

from clinic.domain.calendar import add_days, add_months
from clinic.domain.figure_events import cases
from clinic.domain.figures import FEWEST, FIRST_PAGE, OF_THE_DAY, CaseState, Figure, Share, share
from clinic.domain.protocol import Protocol
from clinic.security.permissions import May
from clinic.services import in_force, trials
from clinic.services.giving_way import giving_way
from clinic.services.trials import Span
from clinic.services.work import Work, local_day
from clinic.store import records, restores
from clinic.store.figures import FigureCase, FigureRun
from clinic.store.patients import Patient

MONTHS_KEPT = 36  # a period may begin so long ago
MONTHS_SHOWN = 12  # the period when none is asked for
AT_MOST_EVERY = timedelta(hours=1)
SILENT = timedelta(minutes=2)  # a run tells how far it is every few seconds; after this it has died
AT_ONCE = 200  # rows in one transaction: others need not wait for it
# written without the ORM and on a bare connection, which takes the lock when all is ready: others wait for no more
CASES, RUNS = cast(Table, FigureCase.__table__), cast(Table, FigureRun.__table__)


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included."""

    since: date
    until: date


class Counted(NamedTuple):
    """One figure of a period: its share, and what is not in it."""

    figure: Figure
    share: Share
    still_open: int
    left_out: int


class Wanted(NamedTuple):
    """Which cases: of one figure, ended in one way, in a period."""

    figure: Figure
    state: CaseState
    period: Period


def latest(session: Session) -> FigureRun | None:
    """The last run that came to its end."""
    done = select(FigureRun).where(FigureRun.finished_at.is_not(None), FigureRun.failed.is_(None))
    return session.scalars(done.order_by(FigureRun.id.desc()).limit(1)).first()


def protocol_of(session: Session, run: FigureRun) -> Protocol:
    """The version by which a run counted; another may be in force since."""
    return in_force.named(session, run.protocol)


def busy(session: Session, now: datetime) -> FigureRun | None:
    """A run that is still at it."""
    last = session.scalars(select(FigureRun).order_by(FigureRun.id.desc()).limit(1)).first()
    return last if last is not None and last.finished_at is None and now - last.seen_at < SILENT else None


def may_start(session: Session, now: datetime) -> bool:
    """Nobody is at it, the last time is an hour ago, and the register is none that came back and waits for a person."""
    if restores.unconfirmed_since(session.connection()):
        return False
    last = latest(session)
    recent = last is not None and last.finished_at is not None and now - last.finished_at < AT_MOST_EVERY
    return busy(session, now) is None and not recent


def run(engine: Engine, clock: Callable[[], datetime]) -> FigureRun:
    """Compute over the whole register by the version in force; what goes wrong is written down with the run and told.

    It reads without a lock and writes a part at a time, so that others go on saving.
    """
    read, write = (engine.execution_options(writes=writes) for writes in (False, True))
    with Session(read) as session:
        protocol = in_force.rules(session)
    found = begin(write, clock(), protocol)
    try:
        with Session(read) as session:
            parts = trials.spans(session)
        for span in parts:
            with Session(read) as session:
                looked, rows = of_span(session, found, span, protocol)
            keep(write, found.id, looked, rows, clock())
    except Exception as problem:
        finish(write, found.id, clock(), failed=type(problem).__name__)
        raise
    done = finish(write, found.id, clock())
    forget_before(write, found.id)
    return done


def begin(write: Engine, now: datetime, protocol: Protocol) -> FigureRun:
    """Put a run down; who is to be looked at is counted before anybody has to wait."""
    today = local_day(now)
    with Session(write.execution_options(writes=False)) as session:
        total = trials.counted(session)
    row = {"since_on": add_months(today, -MONTHS_KEPT), "on_date": today, "protocol": protocol.name,
           "started_at": now, "seen_at": now, "total": total, "done": 0}  # fmt: skip
    with write.connect() as connection:
        key = cast(Any, connection.execute(insert(RUNS), row)).inserted_primary_key[0]
        connection.commit()
    return of_key(write, key)


def of_key(write: Engine, run_id: int) -> FigureRun:
    """A run as it stands."""
    with Session(write.execution_options(writes=False)) as session:
        return session.get_one(FigureRun, run_id)


def of_span(session: Session, run: FigureRun, span: Span, protocol: Protocol) -> tuple[int, list[dict[str, object]]]:
    """How many patients were looked at, and their cases."""
    patients = records.people(session, Patient.id.between(*span))
    found = records.load_many(session, patients)
    rows: list[dict[str, object]] = [
        {"run_id": run.id, "patient_id": patient.id, "figure": case.figure.value, "on_date": case.on,
         "state": case.state.value, "done_on": case.done_on}
        for patient in patients
        if patient.merged_into_id is None
        for case in cases(found[patient.id], run.since_on, run.on_date, protocol)
    ]  # fmt: skip
    return len(patients), rows


def keep(write: Engine, run_id: int, looked: int, rows: list[dict[str, object]], now: datetime) -> None:
    """Store what a part gave, some rows at a time, and how far the run is; no page reads a run before its end."""
    for at in range(0, len(rows), AT_ONCE):
        with giving_way(), write.connect() as connection:
            connection.execute(insert(CASES), rows[at : at + AT_ONCE])
            connection.commit()
    set_run(write, run_id, {"done": RUNS.c.done + looked, "seen_at": now})


def set_run(write: Engine, run_id: int, values: dict[str, Any]) -> None:
    """Write down how far a run is."""
    with write.connect() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(values))
        connection.commit()


def finish(write: Engine, run_id: int, now: datetime, failed: str | None = None) -> FigureRun:
    """Say that a run is at its end, with what the first page shows; that is counted before anybody has to wait."""
    kept = {} if failed else kept_of(write.execution_options(writes=False), run_id)
    set_run(write, run_id, {"first_page": kept, "finished_at": now, "seen_at": now, "failed": failed})
    return of_key(write, run_id)


def kept_of(read: Engine, run_id: int) -> dict[str, list[int]]:
    """What the first page shows of a run."""
    with Session(read) as session:
        row = session.get_one(FigureRun, run_id)
        year = counted(session, row, year_before(row.on_date))
        return {one.figure.value: [one.share.met, one.share.n] for one in year if one.figure in FIRST_PAGE}


def forget_before(write: Engine, run_id: int) -> None:
    """The cases of runs before this one, and the runs, some rows at a time."""
    old = delete(CASES).where(CASES.c.id.in_(select(CASES.c.id).where(CASES.c.run_id < run_id).limit(AT_ONCE)))
    left = True
    while left:
        with giving_way(), write.connect() as connection:
            left = connection.execute(old).rowcount > 0
            connection.commit()
    with write.connect() as connection:
        connection.execute(delete(RUNS).where(RUNS.c.id < run_id))
        connection.commit()


def year_before(day: date) -> Period:
    """The twelve months that end on a day."""
    return Period(add_days(add_months(day, -MONTHS_SHOWN), 1), day)


def first_page(work: Work) -> tuple[FigureRun, list[tuple[Figure, Share]]] | None:
    """The four figures as they were kept, and the run that kept them; None before the first run."""
    work.needs(May.READ_FIGURES)
    found = latest(work.session)
    if found is None:
        return None
    return found, [(figure, share(*found.first_page.get(figure.value, (0, 0)))) for figure in FIRST_PAGE]


def counted(session: Session, run: FigureRun, period: Period) -> list[Counted]:
    """Every figure of a period, in one query; those of a day are of the run's day."""

    def of(state: CaseState) -> ColumnElement[int]:
        return func.coalesce(func.sum(as_type(FigureCase.state == state, Integer)), 0)

    states = [of(state) for state in (CaseState.MET, CaseState.MISSED, CaseState.OPEN, CaseState.LEFT_OUT)]
    query = select(FigureCase.figure, *states).where(FigureCase.run_id == run.id, within(period))
    found = {row[0]: tuple(row[1:]) for row in session.execute(query.group_by(FigureCase.figure))}
    told = []
    for figure in Figure:
        met, missed, still_open, left_out = found.get(figure.value, (0, 0, 0, 0))
        told.append(Counted(figure, share(met, met + missed), still_open, left_out))
    return told


def within(period: Period) -> ColumnElement[bool]:
    """Counted in this period; what is of one day is of it whichever period is asked for."""
    of_one_day = FigureCase.figure.in_([figure.value for figure in OF_THE_DAY])
    return FigureCase.on_date.between(period.since, period.until) | of_one_day


def is_shown(session: Session, run: FigureRun, figure: Figure, period: Period) -> bool:
    """Whether a figure has enough cases to be shown: of fewer neither number nor patients are."""
    return any(one.figure is figure and one.share.n >= FEWEST for one in counted(session, run, period))


def behind(
    work: Work, run: FigureRun, wanted: Wanted, after: int = 0, most: int | None = None
) -> Sequence[tuple[FigureCase, Patient]]:
    """The patients behind a number, some at a time or all, for who may see lists; LookupError when it is not shown."""
    work.needs(May.READ_LISTS)
    figure, state, period = wanted
    if not is_shown(work.session, run, figure, period):
        raise LookupError(figure)
    day = true() if figure in OF_THE_DAY else FigureCase.on_date.between(period.since, period.until)
    query = select(FigureCase, Patient).join(Patient, Patient.id == FigureCase.patient_id)
    mine = query.where(
        FigureCase.run_id == run.id, FigureCase.figure == figure.value, FigureCase.state == state.value, day,
        FigureCase.id > after,
    )  # fmt: skip
    return [(case, patient) for case, patient in work.session.execute(mine.order_by(FigureCase.id).limit(most))]
