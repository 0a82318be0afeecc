"""The form of a control: one screen, nothing preset, an unanswered question is not "no"."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.domain.vocabulary import ControlKind, Drug, FractureSite, Symptom, TellChoice
from clinic.store.controls import INTAKE
from clinic.web.control_words import INTAKE_WORDS, LONGER, SEVERITIES, SIDE_EFFECTS, SIDES
from clinic.web.fields import CentimetreField, DateField, KilogramField, WholeField
from clinic.web.language import gettext as _
from clinic.wording.labels import label

YES_NO = [SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))]
ENERGY = [SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No")), SelectChoice("unknown", _l("Unknown"))]
LONGEST = 2000
SHORT = [Length(max=200)]
EMPTY = {"placeholder": " "}  # by which a style sheet sees that nothing is typed

HEIGHTS = ("height_1", "height_2", "height_3")
FRACTURES = ("fracture", "fracture2", "fracture3", "fracture4")


class OpenField(RadioField):
    """A choice that may stay open; of forty most do, and where nothing was chosen nothing can be wrong."""

    def __init__(self, *args: Any, choices: list[SelectChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices  # shared by all that ask the same, and looked over by none
        self.type = RadioField.__name__  # pages draw it as one

    def validate(self, form: BaseForm, extra_validators: Sequence[Any] = ()) -> bool:
        """What was chosen is one of the choices."""
        if self.raw_data:
            return bool(super().validate(form, extra_validators))
        self.errors: list[str] = []
        return True


def one_of(text: Any, choices: list[SelectChoice]) -> OpenField:
    """A choice that may stay open."""
    return OpenField(text, choices=choices, validators=[Optional()])


def yes_no(text: Any) -> OpenField:
    """A question that may stay open."""
    return one_of(text, YES_NO)


def severity(text: Any) -> OpenField:
    """How bad a side effect is."""
    return one_of(text, [SelectChoice(*pair) for pair in SEVERITIES.items()])


class ChipsField(SelectMultipleField):
    """Several choices as chips."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ControlForm(FlaskForm):
    """Picture 03: measured, asked, agreed."""

    form_token = HiddenField()
    confirmed = HiddenField()
    appointment = HiddenField()
    confirm = BooleanField(_l("These values are right; keep them as they are"))
    on = DateField(
        _l("Date of the control"), validators=[InputRequired(_l("Fill in the date."))], render_kw={"autofocus": True}
    )
    kind = RadioField(_l("Kind"), validators=[InputRequired(_l("Choose the kind of control."))])
    counts_as_full = BooleanField(_l("This telephone control counts as a full one"))
    height_1 = CentimetreField(_l("Height, 1st"))
    height_2 = CentimetreField(_l("Height, 2nd"))
    height_3 = CentimetreField(_l("Height, 3rd"))
    height_not_measured = StringField(_l("Height not measured, because"), validators=SHORT)
    weight = KilogramField(_l("Weight"))
    weight_not_measured = StringField(_l("Weight not measured, because"), validators=SHORT)
    fasting = yes_no(INTAKE_WORDS["fasting"])
    water = yes_no(INTAKE_WORDS["water"])
    wait = yes_no(INTAKE_WORDS["wait"])
    upright = yes_no(INTAKE_WORDS["upright"])
    fixed_day = yes_no(INTAKE_WORDS["fixed_day"])
    calcium_apart = yes_no(INTAKE_WORDS["calcium_apart"])
    missed_doses = WholeField(_l("Missed doses"))
    doubts = yes_no(_l("Doubts or wants to stop"))
    dose_on = DateField(_l("Given on"))
    dose_place = StringField(_l("Where"), validators=SHORT)
    dose_by = StringField(_l("By whom"), validators=SHORT)
    dose_reaction = StringField(_l("Reaction afterwards"), validators=SHORT)
    side_effects = ChipsField(_l("Side effects"), choices=[SelectChoice(*pair) for pair in SIDE_EFFECTS.items()])
    side_effects_none = BooleanField(_l("No side effects"))
    unanswerable = StringField(_l("Cannot be answered, because"), validators=SHORT)
    symptom_swallowing_or_retrosternal = yes_no("")
    symptom_thigh_or_groin_pain = yes_no("")
    thigh_side = one_of(_l("Which side"), [SelectChoice(*pair) for pair in SIDES.items()])
    thigh_weeks = WholeField(_l("For how many weeks"))
    symptom_jaw_or_mouth = yes_no("")
    symptom_ear_pain = yes_no("")
    symptom_cramps_or_tingling = yes_no("")
    symptom_sudden_back_pain = yes_no("")
    symptom_red_painful_eye = yes_no("")
    new_back_pain = yes_no(_l("New back pain"))
    percussion_pain = yes_no(_l("Percussion or axial pain"))
    rib_pelvis_fingers = WholeField(_l("Rib-pelvis distance"))
    occiput_wall_mm = CentimetreField(_l("Occiput-wall distance"))
    new_fracture = yes_no(_l("New fracture"))
    dairy_portions = WholeField(_l("Dairy"))
    calcium_mg = WholeField(_l("Calcium tablet"))
    vitamin_d_ie = WholeField(_l("Vitamin D"))
    falls = WholeField(_l("Falls in the last 12 months"))
    lifestyle_changes = StringField(_l("Changes in lifestyle"), validators=[Length(max=LONGEST)])
    dental = StringField(_l("Teeth: extraction, implant or dentist's advice"), validators=[Length(max=LONGEST)])
    note = TextAreaField(_l("Note"), validators=[Length(max=LONGEST)])
    note_in_letter = BooleanField(_l("Also in the letter to the GP"))
    next_control = DateField(_l("Next control agreed for"), render_kw=EMPTY)
    next_control_why = StringField(_l("Reason"), validators=SHORT, render_kw=EMPTY)
    next_dxa = DateField(_l("DXA agreed for"), render_kw=EMPTY)
    next_dxa_why = StringField(_l("Reason"), validators=SHORT, render_kw=EMPTY)
    next_lab = DateField(_l("Laboratory agreed for"), render_kw=EMPTY)
    next_lab_why = StringField(_l("Reason"), validators=SHORT, render_kw=EMPTY)
    next_call = DateField(_l("Call agreed for"), render_kw=EMPTY)
    next_call_why = StringField(_l("Reason"), validators=SHORT, render_kw=EMPTY)
    reason = StringField(_l("Reason for the correction"), validators=SHORT)
    tell = RadioField(_l("How does the GP hear of it?"), validators=[Optional()])
    tell_because = StringField(_l("Why the GP is not told"), validators=SHORT)

    def offer(self, lang: str) -> None:
        """What what was chosen is held against, and a token so that a double click is one control."""
        self.tell.choices = [SelectChoice(choice.value, label(choice, lang)) for choice in TellChoice]
        self.kind.choices = [SelectChoice(kind.value, label(kind, lang)) for kind in ControlKind]
        if not self.form_token.data:
            self.form_token.data = secrets.token_urlsafe(16)

    def renew(self) -> None:
        """What is saved from here on is another act."""
        self.form_token.data = secrets.token_urlsafe(16)

    def prepare(self, lang: str, drug: Drug | None = None) -> None:
        """The same, and the words of the closed lists for the page."""
        self.offer(lang)
        sites = [SelectChoice(site.value, label(site, lang)) for site in FractureSite]
        for row in FRACTURES:
            self[f"{row}_site"].choices = [SelectChoice("", ""), *sites]
        for symptom in Symptom:
            self[f"symptom_{symptom}"].label.text = label(symptom, lang)
        for name, text in LONGER.items() if drug == Drug.IBANDRONIC_ACID_ORAL else ():
            self[name].label.text = text

    rows_of_fractures = FRACTURES
    corrects = False  # a correction keeps the answer; a fracture itself is a fact with a page of its own

    def answered_besides(self, asked: Sequence[str], given: bool) -> list[str]:
        """Answers about a drug that ran when they were given and is not asked about now: a correction keeps them."""
        names = [name for name in INTAKE if name not in asked]
        names += [] if asked else ["missed_doses"] if given else ["missed_doses", "doubts"]
        return [name for name in names if self[name].data not in (None, "")]

    def broken(self) -> list[str]:
        """The rows of new fractures that are filled in; the first one always when there is one at all."""
        if self.new_fracture.data != "yes" or self.corrects:
            return []
        return [row for row in FRACTURES if row == FRACTURES[0] or self.begun(row)]

    def begun(self, row: str) -> bool:
        """Whether something stands in a row."""
        fields = (self[f"{row}_site"], self[f"{row}_on"], self[f"{row}_low_energy"])
        return any(any(field.raw_data or ()) for field in fields)


def named(form: ControlForm, field: SelectField) -> None:
    """A new fracture is named."""
    if field.short_name.removesuffix("_site") in form.broken() and field.data not in set(FractureSite):
        raise ValidationError(_("Say which bone."))


def dated(form: ControlForm, field: DateField) -> None:
    """A new fracture is dated."""
    told = field.data is not None or any(field.raw_data or ())
    if field.short_name.removesuffix("_on") in form.broken() and not told:
        raise ValidationError(_("Say when it broke."))


# as many fractures as one fall breaks, three fields each; the first row shows with the question, the others below it
for _row in FRACTURES:
    setattr(ControlForm, f"{_row}_site", SelectField(_l("Which bone"), validate_choice=False, validators=[named]))
    setattr(ControlForm, f"{_row}_on", DateField(_l("Date of the fracture"), validators=[dated]))
    setattr(ControlForm, f"{_row}_low_energy", one_of(_l("After a fall from standing height or less"), ENERGY))


# how bad each side effect is: a field a chip
for _name, _text in SIDE_EFFECTS.items():
    setattr(ControlForm, f"severity_{_name}", severity(_text))


def intake_fields(drug: Drug | None) -> tuple[str, ...]:
    """Which questions about intake fit the drug; none for infusions, injections and breaks."""
    if drug in (Drug.ALENDRONIC_ACID, Drug.RISEDRONIC_ACID, Drug.IBANDRONIC_ACID_ORAL):
        return INTAKE
    return ()
