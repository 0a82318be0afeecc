"""Between the form of a control and its service: what was typed as a command, a version as a filled form."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.domain.vocabulary import AgreementWhat, ControlKind, FractureSite, Symptom
from clinic.services.controls import Agreed, Broken, SaveControl
from clinic.services.doses import GiveDose
from clinic.store.controls import INTAKE, Agreement, Control
from clinic.web.control_form import ControlForm
from clinic.web.control_words import SIDE_EFFECTS

ANSWER = {"yes": True, "no": False}
YES_NO = {True: "yes", False: "no", None: None}
SAME = ("falls", "dairy_portions", "calcium_mg", "vitamin_d_ie", "rib_pelvis_fingers", "occiput_wall_mm")
ANSWERED = ("new_back_pain", "percussion_pain", "new_fracture")
WORDS = ("lifestyle_changes", "dental")
THIGH = Symptom.THIGH_OR_GROIN_PAIN
REPORTED = "reported"  # a side effect of which nobody said how bad it is


def command(form: ControlForm, patient_id: int, course_id: int | None, corrects: int | None = None) -> SaveControl:
    """A validated form as the service takes it."""
    on = form.on.data
    if on is None:
        raise ValueError("the form was not validated")
    kind = ControlKind(form.kind.data)
    return SaveControl(
        patient_id=patient_id,
        on=on,
        kind=kind,
        form_token=form.form_token.data,
        counts_as_full=True if kind == ControlKind.PHONE and form.counts_as_full.data else None,
        heights_mm=readings(form),
        height_not_measured=text(form.height_not_measured),
        weight_g=form.weight.data,
        weight_not_measured=text(form.weight_not_measured),
        intake={name: ANSWER.get(form[name].data) for name in INTAKE},
        missed_doses=form.missed_doses.data,
        doubts=ANSWER.get(form.doubts.data),
        side_effects=side_effects(form),
        symptoms={symptom: ANSWER.get(form[f"symptom_{symptom}"].data) for symptom in Symptom},
        symptom_details={THIGH: {"side": form.thigh_side.data or None, "weeks": form.thigh_weeks.data}},
        unanswerable=text(form.unanswerable),
        told=told(form),
        note=text(form.note),
        note_in_letter=bool(form.note_in_letter.data),
        agreed=agreed(form),
        fractures=fractures(form),
        dose=dose(form, patient_id, course_id),
        confirmed=tuple((form.confirmed.data or "").split(",")) if form.confirm.data else (),
        appointment_id=int(form.appointment.data) if (form.appointment.data or "").isdecimal() else None,
        corrects=corrects,
        reason=text(form.reason),
        tell=(form.tell.data or "", text(form.tell_because)),
    )


def so_far(form: ControlForm, patient_id: int, course_id: int | None, corrects: int | None = None) -> SaveControl:
    """What the rules of a control look at in a form that is not whole; only to say what is wrong, it is never kept.

    A day, a kind or a bone that is missing stands as one of which they ask nothing.
    """
    return SaveControl(
        patient_id=patient_id,
        on=form.on.data or date.min,
        kind=ControlKind(form.kind.data) if form.kind.data in set(ControlKind) else ControlKind.INTERIM,
        form_token="",
        counts_as_full=bool(form.counts_as_full.data),
        heights_mm=readings(form),
        height_not_measured=text(form.height_not_measured),
        weight_g=form.weight.data,
        weight_not_measured=text(form.weight_not_measured),
        missed_doses=form.missed_doses.data,
        symptoms={symptom: ANSWER.get(form[f"symptom_{symptom}"].data) for symptom in Symptom},
        unanswerable=text(form.unanswerable),
        told=told(form),
        agreed=agreed(form),
        fractures=fractures(form),
        dose=dose(form, patient_id, course_id),
        corrects=corrects,
        reason=text(form.reason),
        tell=(form.tell.data or "", text(form.tell_because)),
    )


def text(field: Any) -> str:
    """What was typed, without the blanks around it."""
    return (field.data or "").strip()


def readings(form: ControlForm) -> tuple[int, ...]:
    """The heights that were typed, in mm."""
    fields = (form.height_1, form.height_2, form.height_3)
    return tuple(field.data for field in fields if field.data is not None)


def side_effects(form: ControlForm) -> dict[str, str]:
    """Each side effect and how bad it is; "none" is an answer too."""
    if not form.side_effects.data and form.side_effects_none.data:
        return {"none": REPORTED}
    return {name: form[f"severity_{name}"].data or REPORTED for name in form.side_effects.data or []}


def told(form: ControlForm) -> dict[str, Any]:
    """What is written down as it is."""
    return (
        {name: form[name].data for name in SAME}
        | {name: ANSWER.get(form[name].data) for name in ANSWERED}
        | {name: text(form[name]) or None for name in WORDS}
    )


def agreed(form: ControlForm) -> tuple[Agreed, ...]:
    """What was agreed, of the kinds the form asks."""
    kinds = [what for what in AgreementWhat if f"next_{what}" in form]
    return tuple(
        Agreed(what, form[f"next_{what}"].data, text(form[f"next_{what}_why"]))
        for what in kinds
        if form[f"next_{what}"].data
    )


def fractures(form: ControlForm) -> tuple[Broken, ...]:
    """The new fractures, each by its row; a bone that is not named yet is told at its field."""
    return tuple(
        Broken(
            form[f"{row}_on"].data,
            bone(form[f"{row}_site"].data),
            ANSWER.get(form[f"{row}_low_energy"].data),
            row,
        )
        for row in form.broken()
        if form[f"{row}_on"].data is not None
    )


def bone(chosen: str | None) -> FractureSite:
    """Which bone was chosen."""
    return FractureSite(chosen) if chosen in set(FractureSite) else FractureSite.OTHER


def dose(form: ControlForm, patient_id: int, course_id: int | None) -> GiveDose | None:
    """The infusion or injection that was given, if it is told."""
    if form.dose_on.data is None or course_id is None:
        return None
    where, who = text(form.dose_place), text(form.dose_by)
    return GiveDose(patient_id, course_id, form.dose_on.data, where, who, text(form.dose_reaction))


def load(form: ControlForm, control: Control, agreements: list[Agreement]) -> None:
    """Fill an empty form with a version, to correct it."""
    form.on.data, form.kind.data = control.on_date, control.kind
    form.counts_as_full.data = bool(control.counts_as_full)
    for field, height in zip((form.height_1, form.height_2, form.height_3), control.heights_mm, strict=False):
        field.data = height
    form.weight.data, form.missed_doses.data = control.weight_g, control.missed_doses
    for name in ("height_not_measured", "weight_not_measured", "unanswerable", "note", *WORDS, *SAME):
        form[name].data = getattr(control, name)
    for name in ("doubts", *ANSWERED):
        form[name].data = YES_NO[getattr(control, name)]
    answers(form, control)
    form.note_in_letter.data = control.note_in_letter
    for agreement in agreements:
        if f"next_{agreement.what}" in form:
            form[f"next_{agreement.what}"].data = agreement.on_date
            form[f"next_{agreement.what}_why"].data = agreement.why


def answers(form: ControlForm, control: Control) -> None:
    """Intake, side effects and alarm symptoms of a version."""
    for name in INTAKE:
        form[name].data = YES_NO[getattr(control, f"intake_{name}")]
    known = {name: how for name, how in control.side_effects.items() if name in SIDE_EFFECTS}
    form.side_effects.data = list(known)
    form.side_effects_none.data = "none" in control.side_effects
    for name, how in known.items():
        form[f"severity_{name}"].data = None if how == REPORTED else how
    for code, answer in control.symptoms.items():
        form[f"symptom_{code}"].data = YES_NO[answer.get("present")]
    thigh = control.symptoms.get(THIGH, {})
    form.thigh_side.data, form.thigh_weeks.data = thigh.get("side"), thigh.get("weeks")
