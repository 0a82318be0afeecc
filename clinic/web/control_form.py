"""The form of a control: one screen, nothing preset, an unanswered question is not "no"."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.domain.vocabulary import AgreementWhat, ControlKind, Drug, Symptom
from clinic.services.controls import Agreed, SaveControl
from clinic.store.controls import INTAKE
from clinic.web.fields import CentimetreField, DateField, KilogramField, WholeField
from clinic.wording.labels import label

SIDE_EFFECTS = {
    "abdominal_pain": _l("abdominal pain"),
    "nausea": _l("nausea"),
    "diarrhoea": _l("diarrhoea"),
    "cramps": _l("bowel cramps"),
    "constipation": _l("constipation"),
    "headache": _l("headache"),
    "bone_pain": _l("bone or muscle pain"),
    "rash": _l("rash"),
    "dizziness": _l("dizziness"),
}
INTAKE_WORDS = {
    "fasting": _l("On an empty stomach"),
    "water": _l("With a glass of water"),
    "wait": _l("Half an hour without food or drink"),
    "upright": _l("Half an hour upright"),
    "fixed_day": _l("On a fixed day"),
    "calcium_apart": _l("Calcium at another time"),
}
YES_NO = [SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))]
ANSWER = {"yes": True, "no": False}
LONGEST = 2000


def yes_no(text: Any) -> RadioField:
    """A question that may stay open."""
    return RadioField(text, choices=YES_NO, validators=[Optional()])


class ChipsField(SelectMultipleField):
    """Several choices as chips."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ControlForm(FlaskForm):
    """Picture 03: measured, asked, agreed."""

    form_token = HiddenField()
    confirmed = HiddenField()
    confirm = BooleanField(_l("These values are right; keep them as they are"))
    on = DateField(_l("Date of the control"), validators=[InputRequired(_l("Fill in the date."))])
    kind = RadioField(_l("Kind"), validators=[InputRequired(_l("Choose the kind of control."))])
    height_1 = CentimetreField(_l("Height, 1st"))
    height_2 = CentimetreField(_l("Height, 2nd"))
    height_3 = CentimetreField(_l("Height, 3rd"))
    height_not_measured = StringField(_l("Height not measured, because"), validators=[Length(max=200)])
    weight = KilogramField(_l("Weight"))
    weight_not_measured = StringField(_l("Weight not measured, because"), validators=[Length(max=200)])
    fasting = yes_no(INTAKE_WORDS["fasting"])
    water = yes_no(INTAKE_WORDS["water"])
    wait = yes_no(INTAKE_WORDS["wait"])
    upright = yes_no(INTAKE_WORDS["upright"])
    fixed_day = yes_no(INTAKE_WORDS["fixed_day"])
    calcium_apart = yes_no(INTAKE_WORDS["calcium_apart"])
    missed_doses = WholeField(_l("Missed doses"))
    doubts = yes_no(_l("Doubts or wants to stop"))
    side_effects = ChipsField(_l("Side effects"), choices=[SelectChoice(*pair) for pair in SIDE_EFFECTS.items()])
    unanswerable = StringField(_l("Cannot be answered, because"), validators=[Length(max=200)])
    new_back_pain = yes_no(_l("New back pain"))
    percussion_pain = yes_no(_l("Percussion or axial pain"))
    rib_pelvis_fingers = WholeField(_l("Rib-pelvis distance"))
    occiput_wall_mm = CentimetreField(_l("Occiput-wall distance"))
    falls = WholeField(_l("Falls in the last 12 months"))
    note = TextAreaField(_l("Note"), validators=[Length(max=LONGEST)])
    next_control = DateField(_l("Next control agreed for"))
    next_control_why = StringField(_l("Reason"), validators=[Length(max=200)])
    next_dxa = DateField(_l("DXA agreed for"))
    next_dxa_why = StringField(_l("Reason"), validators=[Length(max=200)])
    symptom_thigh_or_groin_pain = yes_no("")
    symptom_jaw_or_mouth = yes_no("")
    symptom_swallowing_or_retrosternal = yes_no("")
    symptom_ear_pain = yes_no("")
    symptom_cramps_or_tingling = yes_no("")
    symptom_sudden_back_pain = yes_no("")
    symptom_red_painful_eye = yes_no("")

    def prepare(self, lang: str) -> None:
        """Words of the closed lists, and a token so that a double click is one control."""
        self.kind.choices = [SelectChoice(kind.value, label(kind, lang)) for kind in ControlKind]
        for symptom in Symptom:
            self[f"symptom_{symptom}"].label.text = label(symptom, lang)
        if not self.form_token.data:
            self.form_token.data = secrets.token_urlsafe(16)

    def readings(self) -> tuple[int, ...]:
        """The heights that were typed, in mm."""
        fields = (self.height_1, self.height_2, self.height_3)
        return tuple(field.data for field in fields if field.data is not None)

    def agreed(self) -> tuple[Agreed, ...]:
        """What was agreed."""
        pairs = (
            (AgreementWhat.CONTROL, self.next_control, self.next_control_why),
            (AgreementWhat.DXA, self.next_dxa, self.next_dxa_why),
        )
        return tuple(Agreed(what, on.data, (why.data or "").strip()) for what, on, why in pairs if on.data)

    def command(self, patient_id: int) -> SaveControl:
        """The form as the service takes it."""
        on = self.on.data
        if on is None:
            raise ValueError("the form was not validated")
        confirmed = tuple((self.confirmed.data or "").split(",")) if self.confirm.data else ()
        return SaveControl(
            patient_id=patient_id,
            on=on,
            kind=ControlKind(self.kind.data),
            form_token=self.form_token.data,
            heights_mm=self.readings(),
            height_not_measured=(self.height_not_measured.data or "").strip(),
            weight_g=self.weight.data,
            weight_not_measured=(self.weight_not_measured.data or "").strip(),
            intake={name: ANSWER.get(self[name].data) for name in INTAKE},
            missed_doses=self.missed_doses.data,
            doubts=ANSWER.get(self.doubts.data),
            side_effects=dict.fromkeys(self.side_effects.data or [], "reported"),
            symptoms={symptom: ANSWER.get(self[f"symptom_{symptom}"].data) for symptom in Symptom},
            unanswerable=(self.unanswerable.data or "").strip(),
            spine={
                "new_back_pain": ANSWER.get(self.new_back_pain.data),
                "percussion_pain": ANSWER.get(self.percussion_pain.data),
                "rib_pelvis_fingers": self.rib_pelvis_fingers.data,
                "occiput_wall_mm": self.occiput_wall_mm.data,
            },
            falls=self.falls.data,
            note=(self.note.data or "").strip(),
            agreed=self.agreed(),
            confirmed=confirmed,
        )


def intake_fields(drug: Drug | None) -> tuple[str, ...]:
    """Which questions about intake fit the drug; none for infusions, injections and breaks."""
    if drug in (Drug.ALENDRONIC_ACID, Drug.RISEDRONIC_ACID, Drug.IBANDRONIC_ACID_ORAL):
        return INTAKE
    return ()
