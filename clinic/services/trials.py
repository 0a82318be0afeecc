"""A version of the protocol tried on the whole register: who would become due, late, or due no longer.

A trial reads what is stored and computes what would be; it writes nothing but its own findings, and is run again by
starting another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from clinic.domain import due as due_rules
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import ItemStatus
from clinic.interop import protocols as toml
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import protocols
from clinic.services.items import Row, derive
from clinic.services.work import Work
from clinic.store import records
from clinic.store.base import Json
from clinic.store.due import DueItem, RedAlert
from clinic.store.patients import Patient
from clinic.store.protocols import ProtocolTrial, ProtocolVersion, TrialChange, TrialPart

BATCH = 250  # patients: what is found of them is written at once
SILENT = timedelta(minutes=2)  # a run tells how far it is every few seconds; after this it has died
LATE = (ItemStatus.LATE, ItemStatus.VERY_LATE)
DUE = (*LATE, ItemStatus.OPEN)
IN_FORCE = select(ProtocolVersion.id).where(ProtocolVersion.state == "active")


@dataclass(frozen=True, slots=True)
class StartTrial:
    """Which version."""

    protocol_id: int
    form_token: str


class Span(NamedTuple):
    """Patients from one key to another, both included."""

    first: int
    last: int


def start(work: Work, command: StartTrial) -> int:
    """Put a trial down, to be run in the background; posted twice it is one."""
    work.needs(May.TRY_PROTOCOL)
    twice = select(ProtocolTrial.id).where(ProtocolTrial.form_token == command.form_token)
    if (known := work.session.scalar(twice)) is not None:
        return known
    version = protocols.found(work.session, command.protocol_id)
    row = ProtocolTrial(
        protocol_id=version.id, toml=version.toml, on_date=work.today, started_at=work.now, started_by=work.actor.id,
        against_id=work.session.scalars(IN_FORCE).one(), form_token=command.form_token, total=counted(work.session),
        done=0, seen_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    work.note(Action.PROTOCOL_TRIED, subject=f"protocol:{version.id}")
    work.commit()
    return row.id


def counted(session: Session) -> int:
    """How many patients there are."""
    return session.scalar(select(func.count()).select_from(Patient)) or 0


def is_running(trial: ProtocolTrial, now: datetime) -> bool:
    """Whether somebody is still at it: a run that fell silent has died."""
    return trial.finished_at is None and now - trial.seen_at < SILENT


def spans(session: Session) -> list[Span]:
    """The whole register in parts."""
    keys = list(session.scalars(select(Patient.id).order_by(Patient.id)))
    return [Span(keys[at], keys[min(at + BATCH, len(keys)) - 1]) for at in range(0, len(keys), BATCH)]


def compare(session: Session, span: Span, protocol: Protocol, today: date) -> tuple[Json, list[Row]]:
    """The state of each patient's facts, and every item and alert that would be another."""
    patients = records.people(session, Patient.id.between(*span))
    states = {str(patient.id): state(patient.facts_version, patient.refresh_on) for patient in patients}
    found = records.load_many(session, patients)
    items, alerts = (stored(session, table, table.patient_id.between(*span)) for table in (DueItem, RedAlert))
    changes: list[Row] = []
    for patient in (one for one in patients if one.merged_into_id is None):
        derived = derive(patient.id, found[patient.id], today, protocol)
        of_items = by_key(derived.items, item_key)
        changes += item_changes(patient.id, by_key(items.get(patient.id, ()), item_key), of_items, today)
        of_alerts = by_key(derived.alerts, alert_key)
        changes += alert_changes(patient.id, by_key(alerts.get(patient.id, ()), alert_key), of_alerts)
    return states, changes


def state(facts_version: int, refresh_on: date | None) -> str:
    """The state of a patient's facts: another after a save, and after the day on which one became known (D5)."""
    return f"{facts_version} {refresh_on or ''}"


def stored(session: Session, table: type[DueItem] | type[RedAlert], whose: ColumnElement[bool]) -> dict[int, list[Row]]:
    """What is stored, by patient."""
    found: dict[int, list[Row]] = {}
    names = table.__table__.columns.keys()
    for row in session.execute(select(*table.__table__.columns).where(whose)):
        found.setdefault(row.patient_id, []).append(dict(zip(names, row, strict=True)))
    return found


def item_key(row: Row) -> tuple[Any, ...]:
    """What makes an item the same item."""
    return row["code"], row["subject"], row["number"]


def alert_key(row: Row) -> tuple[Any, ...]:
    """What makes an alert the same alert: amber that becomes red is another."""
    return row["code"], row["level"], row["holds_from"]


def by_key(rows: Sequence[Row], key: Callable[[Row], tuple[Any, ...]]) -> dict[tuple[Any, ...], Row]:
    """Rows by key."""
    return {key(row): row for row in rows}


def says_the_same(old: Row | None, new: Row | None) -> bool:
    """Whether a stored row says what a computed one does; under which version it was made does not matter."""
    if old is None or new is None:
        return False
    return all(old[name] == value for name, value in new.items() if name != "protocol")


def item_changes(patient_id: int, before: dict[Any, Row], after: dict[Any, Row], today: date) -> Iterator[Row]:
    """Each item that would be another."""
    for key in before | after:
        was, will = before.get(key), after.get(key)
        if not says_the_same(was, will):
            effect = item_effect(was, will, today)
            yield change(patient_id, key[0], effect, day(was, "due_on"), day(will, "due_on"))


def alert_changes(patient_id: int, before: dict[Any, Row], after: dict[Any, Row]) -> Iterator[Row]:
    """Each alert that would be another."""
    for key in before | after:
        was, will = before.get(key), after.get(key)
        if not says_the_same(was, will):
            effect = "alert_gone" if will is None else "alert_new" if was is None else "reason"
            yield change(patient_id, key[0], effect, day(was, "since"), day(will, "since"))


def day(row: Row | None, name: str) -> date | None:
    """A date of a row that may not be there."""
    return row[name] if row else None


def change(patient_id: int, code: str, effect: str, before_on: date | None, after_on: date | None) -> Row:
    """A finding; it counts in the month in which it would be, or was."""
    shown = after_on or before_on
    month = shown.replace(day=1) if shown else None
    return {"patient_id": patient_id, "code": code, "effect": effect, "month": month,
            "before_on": before_on, "after_on": after_on}  # fmt: skip


def item_effect(before: Row | None, after: Row | None, today: date) -> str:
    """What would become of an item, as somebody at a list would say it."""
    if after is None:
        return "gone"
    was, will = before and status(before, today), status(after, today)
    if will in LATE and was not in LATE:
        return "late"
    if will == ItemStatus.OPEN and was not in DUE:
        return "open"
    if before is None:
        return "new"
    if was in DUE and will not in DUE:
        return "not_yet"
    dates = ("due_on", "opens_on", "late_after", "very_late_after", "backlog")
    return "moved" if any(before[name] != after[name] for name in dates) else "reason"


def status(row: Row, today: date) -> ItemStatus:
    """The status of a stored or computed row."""
    item = due_rules.DueItem(**{name: row[name] for name in due_rules.DueItem._fields})
    return due_rules.status(item, today)


def keep(session: Session, trial_id: int, states: Json, changes: list[Row], now: datetime) -> None:
    """Store what a part gave, and how far the trial is."""
    if changes:
        session.execute(insert(TrialChange), [{"trial_id": trial_id, **row} for row in changes])
    session.execute(insert(TrialPart), [{"trial_id": trial_id, "states": states}])
    done = {"done": ProtocolTrial.done + len(states), "seen_at": now}
    session.execute(update(ProtocolTrial).where(ProtocolTrial.id == trial_id).values(done))
    session.commit()


def finish(session: Session, trial_id: int, now: datetime, failed: str | None = None) -> None:
    """Say that a trial is at its end."""
    done = {"finished_at": now, "seen_at": now, "failed": failed}
    session.execute(update(ProtocolTrial).where(ProtocolTrial.id == trial_id).values(done))
    session.commit()


def protocol_of(trial: ProtocolTrial) -> Protocol:
    """The numbers that are tried: those of the version when the trial began."""
    return toml.load(trial.toml)


class Counted(NamedTuple):
    """How many items of a kind, of how many patients, would become so."""

    effect: str
    code: str
    items: int
    patients: int


def summary(session: Session, trial_id: int) -> list[Counted]:
    """What a trial found, by effect and kind."""
    patients = func.count(TrialChange.patient_id.distinct())
    query = select(TrialChange.effect, TrialChange.code, func.count(), patients)
    mine = query.where(TrialChange.trial_id == trial_id).group_by(TrialChange.effect, TrialChange.code)
    return [Counted(*row) for row in session.execute(mine.order_by(TrialChange.code, TrialChange.effect))]


def months(session: Session, trial_id: int, effect: str, code: str) -> list[tuple[date, int]]:
    """What a trial found of one kind, by month."""
    query = select(TrialChange.month, func.count()).where(*of(trial_id, effect, code))
    return [(month, n) for month, n in session.execute(query.group_by(TrialChange.month).order_by(TrialChange.month))]


def affected(
    work: Work, trial_id: int, effect: str, code: str, month: date, after: int, most: int
) -> Sequence[tuple[TrialChange, Patient]]:
    """The patients behind a number, some at a time, for who may see lists."""
    work.needs(May.READ_LISTS)
    query = select(TrialChange, Patient).join(Patient, Patient.id == TrialChange.patient_id)
    mine = query.where(*of(trial_id, effect, code), TrialChange.month == month, TrialChange.id > after)
    return [(row, patient) for row, patient in work.session.execute(mine.order_by(TrialChange.id).limit(most))]


def of(trial_id: int, effect: str, code: str) -> tuple[Any, ...]:
    """Of one kind."""
    return TrialChange.trial_id == trial_id, TrialChange.effect == effect, TrialChange.code == code


def latest(session: Session, protocol_id: int) -> ProtocolTrial | None:
    """The trial of a version that was started last."""
    mine = select(ProtocolTrial).where(ProtocolTrial.protocol_id == protocol_id)
    return session.scalars(mine.order_by(ProtocolTrial.id.desc()).limit(1)).first()
