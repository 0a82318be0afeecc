"""Record a control: what was measured and answered, what was agreed; items and alerts follow in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic.domain import limits
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AgreementWhat, ControlKind, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import items
from clinic.services.facts import lock_patient, stamp, void
from clinic.services.work import Work
from clinic.store.controls import INTAKE, Agreement, Control

ALWAYS_ASKED = (Symptom.SWALLOWING_OR_RETROSTERNAL, Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed with the patient."""

    what: AgreementWhat
    on: date
    why: str


@dataclass(frozen=True, slots=True)
class SaveControl:
    """A control as the nurse filled it in; heights in mm, weight in g, None is not answered."""

    patient_id: int
    on: date
    kind: ControlKind
    form_token: str
    counts_as_full: bool | None = None
    heights_mm: tuple[int, ...] = ()
    height_not_measured: str = ""
    weight_g: int | None = None
    weight_not_measured: str = ""
    intake: dict[str, bool | None] = field(default_factory=dict)
    missed_doses: int | None = None
    doubts: bool | None = None
    side_effects: dict[str, str] = field(default_factory=dict)
    symptoms: dict[Symptom, bool | None] = field(default_factory=dict)
    unanswerable: str = ""
    spine: dict[str, Any] = field(default_factory=dict)
    falls: int | None = None
    note: str = ""
    agreed: tuple[Agreed, ...] = ()
    confirmed: tuple[str, ...] = ()


def save(work: Work, command: SaveControl) -> int:
    """Keep a control and say its id; the same form twice is one control.

    Raises RuleBroken with the field to look at; `confirm` when the nurse must say that an unusual value is right.
    """
    work.needs(May.RECORD_CONTROL)
    patient = lock_patient(work, command.patient_id)
    known = work.session.scalar(select(Control).where(Control.form_token == command.form_token))
    if known is not None:
        return known.id
    check(work, command)
    control = stamp(work, row(command, work.actor.id), patient.id)
    work.session.flush()
    for agreed in command.agreed:
        agreement = Agreement(
            what=agreed.what, on_date=agreed.on, made_on=command.on, why=agreed.why or None, control_id=control.id
        )
        stamp(work, agreement, patient.id)
    items.refresh(work, patient)
    work.note(Action.CONTROL_SAVED, patient.id, f"control:{control.id}")
    work.commit()
    return control.id


def row(command: SaveControl, measured_by: int) -> Control:
    """The row of a control."""
    return Control(
        on_date=command.on,
        kind=command.kind,
        counts_as_full=command.counts_as_full,
        heights_mm=list(command.heights_mm),
        height_mm=limits.mean(command.heights_mm) if command.heights_mm else None,
        height_not_measured=command.height_not_measured or None,
        weight_g=command.weight_g,
        weight_not_measured=command.weight_not_measured or None,
        **{f"intake_{name}": command.intake.get(name) for name in INTAKE},
        missed_doses=command.missed_doses,
        doubts=command.doubts,
        side_effects=command.side_effects,
        symptoms={str(code): {"present": answer} for code, answer in command.symptoms.items() if answer is not None},
        unanswerable=command.unanswerable or None,
        **command.spine,
        falls=command.falls,
        note=command.note or None,
        note_in_letter=False,
        measured_by=measured_by,
        form_token=command.form_token,
    )


def check(work: Work, command: SaveControl) -> None:
    """What a control must hold, and what must be confirmed before it is kept."""
    if command.on > work.today:
        raise RuleBroken("on", "control_in_future")
    for number, reading in enumerate(command.heights_mm, 1):
        limits.check_hard(f"height_{number}", "height", reading)
    limits.check_hard("weight", "weight", command.weight_g)
    limits.check_readings(command.heights_mm)
    if command.kind == ControlKind.CLINIC:
        check_complete(command)
    last = previous(work, command.patient_id, command.on)
    asked = limits.unusual(
        command.heights_mm,
        command.weight_g,
        last.height_mm if last else None,
        last.weight_g if last else None,
    )
    missing = [question for question in asked if question not in command.confirmed]
    if missing:
        raise RuleBroken("confirm", "confirm", questions=missing)


def check_complete(command: SaveControl) -> None:
    """At the clinic height and weight are measured or it is said why not, and three alarm symptoms are answered."""
    if not command.heights_mm and not command.height_not_measured:
        raise RuleBroken("height_1", "height_missing")
    if command.weight_g is None and not command.weight_not_measured:
        raise RuleBroken("weight", "weight_missing")
    if command.unanswerable:
        return
    for symptom in ALWAYS_ASKED:
        if command.symptoms.get(symptom) is None:
            raise RuleBroken(f"symptom_{symptom}", "symptom_unanswered")


def previous(work: Work, patient_id: int, before: date) -> Control | None:
    """The last control that stands before a day and has a height or a weight."""
    return work.session.scalar(
        select(Control)
        .where(
            Control.patient_id == patient_id,
            Control.stands.is_(True),
            Control.on_date < before,
            Control.height_mm.is_not(None) | Control.weight_g.is_not(None),
        )
        .order_by(Control.on_date.desc(), Control.id.desc())
        .limit(1)
    )


def void_control(work: Work, patient_id: int, control_id: int, reason: str) -> None:
    """Let a control count nowhere ("wrong patient"); it stays readable."""
    work.needs(May.RECORD_CONTROL)
    patient = lock_patient(work, patient_id)
    control = work.session.get(Control, control_id)
    if control is None or control.patient_id != patient_id:
        raise LookupError(control_id)
    void(work, control, reason)
    items.refresh(work, patient)
    work.note(Action.FACT_VOIDED, patient_id, f"control:{control_id}", {"reason": reason.strip()})
    work.commit()
