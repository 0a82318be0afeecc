"""What a control must hold, what is asked once more, and which agreements need a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from clinic.domain import due, limits
from clinic.domain import record as domain
from clinic.domain.errors import RuleBroken, broken_by
from clinic.domain.items import DueItem
from clinic.domain.protocol import Protocol
from clinic.domain.record import Record
from clinic.domain.vocabulary import AgreementWhat, ControlKind, Symptom
from clinic.services import control_history, corrections, doses, facts, results
from clinic.services.work import Work
from clinic.store import records
from clinic.store.controls import Agreement, Control
from clinic.store.patients import Patient
from clinic.store.users import User

if TYPE_CHECKING:
    from clinic.services.controls import SaveControl

ALWAYS_ASKED = (Symptom.SWALLOWING_OR_RETROSTERNAL, Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH)
# asked by each control, so put together once
OF_THE_DAY = (
    select(User.name)
    .join(Control, Control.recorded_by == User.id)
    .where(
        Control.patient_id == bindparam("patient_id"),
        Control.stands.is_(True),
        Control.on_date == bindparam("on"),
        Control.kind != ControlKind.INTERIM.value,
    )
    .order_by(Control.id)
    .limit(1)
)
CALLED_BACK = (AgreementWhat.CALL, ControlKind.INTERIM)  # who phones may be called back that same day
KINDS = {AgreementWhat.CONTROL: "control.", AgreementWhat.DXA: "dxa.", AgreementWhat.LAB: "lab."}


def check(work: Work, command: SaveControl) -> None:
    """What a control must hold, and what must be confirmed before it is kept."""
    born = work.session.get_one(Patient, command.patient_id).birth_date
    if (first := next(wrong(command, work.today, born), None)) is not None:
        raise first
    before = control_history.measured(work, command.patient_id, command.on)
    last = {what: latest.value for what, latest in before.items()}
    by = already_by(work, command)
    unusual = limits.unusual(command.heights_mm, command.weight_g, last.get("height"), last.get("weight"))
    asked = [*unusual, *([f"day_known={command.on}"] if by else [])]
    if set(asked) - set(command.confirmed):
        raise RuleBroken("confirm", "confirm", questions=asked, before=before, by=by)


def already_by(work: Work, command: SaveControl) -> str | None:
    """Who recorded a control of this day before: two of one day are one entered twice, or another patient's.

    A contact in between may be on any day; a correction is asked only when it moves to another day.
    """
    old = work.session.get(Control, command.corrects) if command.corrects is not None else None
    if command.kind == ControlKind.INTERIM or (old is not None and old.on_date == command.on):
        return None
    return work.session.scalar(OF_THE_DAY, {"patient_id": command.patient_id, "on": command.on})


def wrong(command: SaveControl, today: date, born: date) -> Iterator[RuleBroken]:
    """Everything that is wrong with a control, so that a form can tell it at once; the first is the one to raise."""
    if command.on > today:
        yield RuleBroken("on", "control_in_future")
    if command.on < born:
        yield RuleBroken("on", "before_birth")
    for number, reading in enumerate(command.heights_mm, 1):
        yield from broken_by(limits.check_hard, f"height_{number}", "height", reading)
    yield from broken_by(limits.check_hard, "weight", "weight", command.weight_g)
    if not any(limits.is_impossible("height", reading) for reading in command.heights_mm):  # that one is told once
        bmi = limits.body_mass(command.heights_mm, command.weight_g)
        yield from broken_by(limits.check_hard, "weight", "bmi", bmi)
    yield from broken_by(limits.check_hard, "missed_doses", "missed_doses", command.missed_doses)
    yield from broken_by(limits.check_hard, "falls", "falls", command.told.get("falls"))
    yield from broken_by(limits.check_readings, command.heights_mm)
    yield from incomplete(command)
    for agreed in command.agreed:
        today_too = (agreed.what, command.kind) == CALLED_BACK
        if agreed.on < command.on or (agreed.on == command.on and not today_too):
            yield RuleBroken(f"next_{agreed.what}", "agreed_in_past")
    for broken in command.fractures:
        yield from broken_by(results.check_lived, today, born, f"{broken.row}_on", broken.on)
    if command.corrects is not None:
        yield from broken_by(facts.need_reason, command.reason)


def incomplete(command: SaveControl) -> Iterator[RuleBroken]:
    """At the clinic height and weight are measured or it is said why not; by phone too alarm symptoms are answered.

    They are three, and always asked; a contact in between asks nothing.
    """
    if command.kind == ControlKind.CLINIC:
        if not command.heights_mm and not command.height_not_measured:
            yield RuleBroken("height_1", "height_missing")
        if command.weight_g is None and not command.weight_not_measured:
            yield RuleBroken("weight", "weight_missing")
    if command.kind == ControlKind.INTERIM or command.unanswerable:
        return
    for symptom in ALWAYS_ASKED:
        if command.symptoms.get(symptom) is None:
            yield RuleBroken(f"symptom_{symptom}", "symptom_unanswered")


def at_saving(work: Work, command: SaveControl) -> Iterator[RuleBroken]:
    """What saving finds wrong after `wrong`, as far as it shows before: agreed days, the dose, how the GP hears."""
    old = work.session.get_one(Control, command.corrects) if command.corrects is not None else None
    if command.agreed:
        control = domain.Control(command.on, command.kind, command.counts_as_full)
        record = records.load(work.session, command.patient_id)
        record = as_if(without(work, record, old) if old else record, control)
        yield from outside_window(record, command, work.today, work.protocol)
    if command.dose is not None and doses.told_before(work, command.dose) is None:
        for broken in broken_by(doses.check_new, work, command.dose):
            yield RuleBroken("dose_on", broken.code, **broken.params)
    if old is not None:
        yield from broken_by(corrections.check_told, corrections.letters_about(work, old), command.tell)


def as_if(record: Record, control: domain.Control) -> Record:
    """Her record as it will be with this control."""
    return replace(record, controls=(*record.controls, control))


def without(work: Work, record: Record, old: Control) -> Record:
    """Her record as it is while this control is corrected: it and its agreements go, all else of its day stands."""
    same = (old.on_date, old.kind, old.height_mm, old.weight_g)
    gone = next((one for one in record.controls if (one.on, one.kind, one.height_mm, one.weight_g) == same), None)
    controls = [one for one in record.controls if one is not gone]
    agreements = list(record.agreements)
    for row in agreements_of(work, old):
        agreements.remove(domain.Agreement(AgreementWhat(row.what), row.on_date, row.made_on, row.why))
    return replace(record, controls=tuple(controls), agreements=tuple(agreements))


def agreements_of(work: Work, control: Control) -> list[Agreement]:
    """What was agreed at a control and still stands."""
    query = select(Agreement).where(Agreement.control_id == control.id, Agreement.stands.is_(True))
    return list(work.session.scalars(query))


def check_agreed(record: Record, command: SaveControl, on: date, protocol: Protocol) -> None:
    """A date outside the window in which the protocol wants it is agreed with a reason (K6)."""
    if (first := next(outside_window(record, command, on, protocol), None)) is not None:
        raise first


def outside_window(record: Record, command: SaveControl, on: date, protocol: Protocol) -> Iterator[RuleBroken]:
    """Each date that is agreed outside its window without a reason."""
    items = due.due_items(record, on, protocol)
    for agreed in command.agreed:
        item = proposed(items, agreed.what)
        if item and not agreed.why and not item.opens_on <= agreed.on <= item.late_after:
            yield needs_reason(agreed.what, item.opens_on, item.late_after)


def needs_reason(what: AgreementWhat, opens: date, late: date) -> RuleBroken:
    """That a date outside a window is agreed with a reason."""
    said = {"opens": opens.strftime("%d-%m-%Y"), "late": late.strftime("%d-%m-%Y")}
    return RuleBroken(f"next_{what}_why", "reason_outside_window", **said)


def proposed(items: Sequence[DueItem], what: AgreementWhat) -> DueItem | None:
    """The first item of the protocol that such an agreement is about."""
    about = [item for item in items if what in KINDS and item.code.startswith(KINDS[what])]
    return min(about, key=lambda item: item.due_on, default=None)
