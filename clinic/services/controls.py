"""Record a control: what was measured and answered, what was agreed; items, alerts and letter in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import bindparam, select

from clinic.domain import limits
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AgreementWhat, ControlKind, FractureSite, LetterAbout, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import (
    agreements,
    background_letters,
    control_drafts,
    corrections,
    doses,
    items,
    letters,
    results,
    visits,
)
from clinic.services.control_checks import ALWAYS_ASKED, agreements_of, check, check_agreed
from clinic.services.control_drafts import Begun
from clinic.services.doses import GiveDose
from clinic.services.facts import correct, lock_patient, sealed, stamp, void
from clinic.services.work import Stale, Work
from clinic.store import records
from clinic.store.appointments import Appointment
from clinic.store.base import Fact
from clinic.store.controls import INTAKE, Agreement, Control
from clinic.store.imports import BY_IMPORT
from clinic.store.patients import Patient
from clinic.store.put import put
from clinic.store.scans import Fracture
from clinic.store.treatments import Dose

F = TypeVar("F", bound=Fact)
# asked by each save, so put together once
CONTROLS = Control.__table__.c
OF_FORM = select(CONTROLS.id, CONTROLS.patient_id).where(CONTROLS.form_token == bindparam("token"))
NOT_ASKED = {"alarm_at", "alarm_left_at", "caller", "caller_phone"}  # of a control, but on no form of one
__all__ = [
    "ALWAYS_ASKED",
    "Agreed",
    "Broken",
    "SaveControl",
    "save",
    "told_with",
    "versions",
    "void_control",
]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed with the patient."""

    what: AgreementWhat
    on: date
    why: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A fracture that the patient told of; how it came about is null when not known; `row` names its fields."""

    on: date
    site: FractureSite
    low_energy: bool | None = None
    row: str = "fracture"


@dataclass(frozen=True, slots=True)
class SaveControl:
    """A control as the nurse filled it in; heights in mm, weight in g, None is not answered.

    `corrects` names the version in whose place it comes, with `reason`. `told` holds what is written down as it is:
    spine, calcium and vitamin D, lifestyle, falls, teeth, by the names of the table.
    """

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
    symptom_details: dict[Symptom, dict[str, Any]] = field(default_factory=dict)
    unanswerable: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    note_in_letter: bool = False
    agreed: tuple[Agreed, ...] = ()
    fractures: tuple[Broken, ...] = ()
    dose: GiveDose | None = None
    confirmed: tuple[str, ...] = ()
    appointment_id: int | None = None
    corrects: int | None = None
    reason: str = ""
    tell: tuple[str, str] = ("", "")
    """How the GP hears of a correction when a letter had left, and why not when not."""


def save(work: Work, command: SaveControl) -> int:
    """Keep a control and say its id; the same form twice is one control.

    Raises RuleBroken with the field to look at; `confirm` when the nurse must say that an unusual value is right;
    Stale when the version to correct no longer stands, or the form was sent before and says something else now.
    """
    work.needs(May.RECORD_CONTROL)
    patient = lock_patient(work, command.patient_id)
    kept = work.session.execute(OF_FORM, {"token": command.form_token}).first()
    if kept is not None:
        if kept.patient_id != patient.id:
            raise LookupError(command.form_token)
        return saved_before(work, int(kept.id), command)
    check(work, command)
    owed = corrections.still_owed(work, command.corrects)
    control = place(work, patient, command, begun(work, command))
    tell_more(work, patient, command, control)
    known = items.refresh(work, patient)
    of_new_day = command.corrects is None
    if command.corrects is None:
        known = agreements.done_that_day(work, patient, known, control)
        work.note(Action.CONTROL_SAVED, patient.id, f"control:{control.id}")
        letters.draft_for(work, patient, LetterAbout.CONTROL, control.on_date, control.id, known)
    else:
        old = work.session.get_one(Control, command.corrects)
        of_new_day = old.on_date != control.on_date
        corrections.tell(work, patient, old, control, command.tell, known, owed)
    named = command.appointment_id
    settled = named is not None and visits.settle_with_control(work, named, control.id)
    if not settled and of_new_day and Appointment in known.there:
        visits.settle_of_day(work, control)
    work.commit()
    return control.id


def begun(work: Work, command: SaveControl) -> Begun:
    """What is kept of the draft of a new control; a correction has none, and leaves the one of another control."""
    if command.corrects is not None:
        return Begun()
    told = {symptom for symptom, present in command.symptoms.items() if present}
    return control_drafts.finish(work, command.patient_id, command.form_token, told)


def saved_before(work: Work, control_id: int, command: SaveControl) -> int:
    """The id of what this form became; Stale when that counts no more, or the form says something else by now."""
    known = work.session.get_one(Control, control_id)
    kept, said = (results.contents(one) for one in (known, row(command, known.measured_by or work.actor.id)))
    differs = {name: value for name, value in kept.items() if name not in NOT_ASKED} != said
    if not known.stands or differs or told_beside(work, known) != asked_beside(command):
        raise Stale(control_id)
    return control_id


def told_beside(work: Work, control: Control) -> set[tuple[Any, ...]]:
    """What was agreed at a control and which fractures it told of, also what no longer stands."""
    agreed = select(Agreement.what, Agreement.on_date).where(Agreement.control_id == control.id)
    token = Fracture.form_token.startswith(f"{control.form_token}-fracture-", autoescape=True)
    broken = select(Fracture.site, Fracture.on_date, Fracture.low_energy).where(token)
    return {tuple(found) for query in (agreed, broken) for found in work.session.execute(query)}


def asked_beside(command: SaveControl) -> set[tuple[Any, ...]]:
    """The same as a form says it."""
    broken = {(one.site, one.on, one.low_energy) for one in command.fractures}
    return broken | {(one.what, one.on) for one in command.agreed}


def place(work: Work, patient: Patient, command: SaveControl, begun: Begun) -> Control:
    """The control as a new fact, or in the place of the version it corrects."""
    if command.corrects is None:
        control = sealed(work, row(command, begun.by or work.actor.id), patient.id)
        control.alarm_at = begun.alarm_at
        put(work.session, control)
        return control
    old = results.standing(work, Control, patient.id, command.corrects)
    check_fractures(work, old, command)
    leave_alarm(work, old)
    control = correct(work, old, row(command, old.measured_by or work.actor.id), command.reason)
    control.caller, control.caller_phone = old.caller, old.caller_phone
    work.session.flush()
    for agreement in agreements_of(work, old):
        void(work, agreement, command.reason)
    if old.on_date == control.on_date:
        visits.follow_control(work, old.id, control.id)
    else:
        visits.leave_control(work, old)
        agreements.not_done(work, old)
        letters.withdraw_for(work, patient, LetterAbout.CONTROL, old.on_date, old.id)
    work.note(Action.CONTROL_CORRECTED, patient.id, f"control:{control.id}", {"corrects": old.id})
    return control


def check_fractures(work: Work, old: Control, command: SaveControl) -> None:
    """No new fracture is not corrected into a control at which one was recorded that stands: that one goes first."""
    if command.told.get("new_fracture") is not False or old.new_fracture is False:
        return
    beside = told_with(work, versions(work, old.patient_id, old.id))
    if any(isinstance(fact, Fracture) for fact in beside):
        raise RuleBroken("new_fracture", "fracture_stands")


def leave_alarm(work: Work, control: Control) -> None:
    """A doctor had to see its alarm symptom: to take the control down does not end that, a note does."""
    if any(answer.get("present") for answer in control.symptoms.values()):
        control.alarm_left_at = work.now


def tell_more(work: Work, patient: Patient, command: SaveControl, control: Control) -> None:
    """What a control tells besides: agreements, fractures, a dose; each a fact of its own."""
    if command.agreed:  # reading her record sends the control out, which then has its key
        check_agreed(records.load(work.session, patient.id), command, work.today, work.protocol)
    for agreed in command.agreed:
        agreement = Agreement(
            what=agreed.what, on_date=agreed.on, made_on=command.on, why=agreed.why or None, control_id=control.id
        )
        stamp(work, agreement, patient.id)
    for number, broken in enumerate(command.fractures):
        token = f"{command.form_token}-fracture-{number}"
        fracture = Fracture(on_date=broken.on, site=broken.site, low_energy=broken.low_energy, form_token=token)
        stamp(work, fracture, patient.id)
        work.session.flush()
        work.note(Action.FACT_SAVED, patient.id, f"fracture:{fracture.id}")
    if command.dose is not None:
        try:
            dose = doses.write_dose(work, command.dose)
        except RuleBroken as broken_rule:
            raise RuleBroken("dose_on", broken_rule.code, **broken_rule.params) from broken_rule
        work.session.flush()
        work.note(Action.DOSE_SAVED, patient.id, f"dose:{dose.id}")


def row(command: SaveControl, measured_by: int) -> Control:
    """The row of a control."""
    answered = {code: answer for code, answer in command.symptoms.items() if answer is not None}
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
        symptoms={
            str(code): {"present": answer} | (command.symptom_details.get(code, {}) if answer else {})
            for code, answer in answered.items()
        },
        unanswerable=command.unanswerable or None,
        **command.told,
        note=command.note or None,
        note_in_letter=command.note_in_letter,
        measured_by=measured_by,
        form_token=command.form_token,
    )


def told_with(work: Work, chain: Sequence[Control]) -> list[Fracture | Dose]:
    """The fractures and the dose that were told at a control or a version of it, as they stand now.

    A fracture carries the token of the form; a dose was kept in one act with it. What an import wrote in one act was
    not told at that control.
    """
    forms = tuple(f"{row.form_token}-fracture-" for row in chain)
    acts = {(row.recorded_at, row.recorded_by) for row in chain if not row.form_token.startswith(BY_IMPORT)}

    def of_form(fact: Fracture) -> bool:
        return (fact.form_token or "").startswith(forms)

    def of_act(fact: Dose) -> bool:
        return (fact.recorded_at, fact.recorded_by) in acts

    patient_id = chain[0].patient_id
    return [*become(work, Fracture, patient_id, of_form), *become(work, Dose, patient_id, of_act)]


def become(work: Work, table: type[F], patient_id: int, told: Callable[[F], bool]) -> list[F]:
    """What stands of a patient's facts that were told so, or of what they were corrected to since."""
    found: dict[int, F] = {}
    for fact in work.session.scalars(select(table).where(table.patient_id == patient_id).order_by(table.id)):
        if told(fact) or fact.supersedes_id in found:  # a correction has a later number than what it corrects
            found[fact.id] = fact
    return [fact for fact in found.values() if fact.stands]


def versions(work: Work, patient_id: int, control_id: int) -> list[Control]:
    """Every version of this patient's control, the newest first; LookupError when it is not hers."""
    return results.versions(work, Control, patient_id, control_id)


def void_control(work: Work, patient_id: int, control_id: int, reason: str) -> None:
    """Let a control and all that was kept with it count nowhere ("wrong patient"); it stays readable."""
    work.needs(May.RECORD_CONTROL)
    patient = lock_patient(work, patient_id)
    control = results.standing(work, Control, patient_id, control_id)
    leave_alarm(work, control)
    void(work, control, reason)
    for agreement in agreements_of(work, control):
        void(work, agreement, reason)
    for fact in told_with(work, versions(work, patient_id, control_id)):
        void(work, fact, reason)
        if isinstance(fact, Dose):
            visits.leave_dose(work, fact)
        work.note(Action.FACT_VOIDED, patient_id, f"{'fracture' if isinstance(fact, Fracture) else 'dose'}:{fact.id}")
    agreements.not_done(work, control)
    visits.leave_control(work, control)
    items.refresh(work, patient)
    letters.withdraw_for(work, patient, LetterAbout.CONTROL, control.on_date, control.id)
    background_letters.take_back(work, patient)
    corrections.possible_breach(work, control)
    work.note(Action.FACT_VOIDED, patient_id, f"control:{control_id}")
    work.commit()
