"""The form of a patient's status: a choice, a day, who told it; for denosumab the handover."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.vocabulary import PatientStatus, StartPrecision
from clinic.services.patient_status import SetStatus
from clinic.store.patients import Patient
from clinic.web.fields import BirthField, DateField
from clinic.web.language import gettext as _
from clinic.wording.labels import label

HANGS = "hangs-"
"""Before the key of each thing that hangs, in the form."""


class StatusForm(FlaskForm):
    """Whether the clinic follows her."""

    seen = HiddenField()
    status = RadioField(_l("Status"), validators=[InputRequired(_l("Choose a status."))])
    birth_date = BirthField(_l("Date of birth of this patient"))
    reason = StringField(_l("Why the clinic follows this patient again"), validators=[Length(max=200)])
    on = DateField(_l("Since"))
    source = StringField(_l("Heard from"), validators=[Length(max=120)])
    handover_confirmed_on = DateField(_l("Handover confirmed on"))
    handover_next_on = DateField(_l("Next injection on"))
    handover_by = StringField(_l("Given by"), validators=[Length(max=120)])

    def __init__(self, lang: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.status.choices = [SelectChoice(status.value, label(status, lang)) for status in PatientStatus]

    def fill(self, patient: Patient, seen: str) -> None:
        """What stands; an active patient's next status is not guessed."""
        if patient.status != PatientStatus.ACTIVE:
            self.status.data = patient.status
        self.on.data, self.source.data, self.seen.data = patient.status_on, patient.status_source, seen
        for name in ("handover_confirmed_on", "handover_next_on", "handover_by"):
            self[name].data = getattr(patient, name)

    def command(self, patient_id: int) -> SetStatus:
        """What was typed."""
        born, precision = self.birth_date.data or (None, StartPrecision.DAY)
        return SetStatus(
            patient_id=patient_id, status=PatientStatus(self.status.data), seen=self.seen.data or "",
            on=self.on.data, source=(self.source.data or "").strip() or None,
            handover_confirmed_on=self.handover_confirmed_on.data, handover_next_on=self.handover_next_on.data,
            handover_by=(self.handover_by.data or "").strip() or None,
            birth_date=born, birth_precision=precision, reason=self.reason.data or "",
            chosen={name.removeprefix(HANGS): value for name, value in request.form.items() if name.startswith(HANGS)},
        )  # fmt: skip


def now_said(patient: Patient, lang: str) -> str:
    """The status as it stands, with its day."""
    said = label(PatientStatus(patient.status), lang)
    return str(_("%(status)s since %(day)s", status=said, day=patient.status_on.strftime("%d-%m-%Y"))
               if patient.status_on else said)  # fmt: skip
