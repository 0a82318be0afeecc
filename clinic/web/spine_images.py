"""Spine images: X-ray, VFA, CT or MRI, and the vertebral fractures seen on them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FieldList, FormField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from clinic.security.permissions import May
from clinic.services import findings
from clinic.services.findings import GRADES, LEVELS, SaveImage, Vertebra
from clinic.store.scans import SpineImage
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.page import may
from clinic.web.presenters import day
from clinic.web.result_form import ResultForm, choice, note_field, text_of
from clinic.web.results import Kind, Line, blueprint

SENTENCES |= {
    "image_without_day": lambda: _("Fill in the date."),
    "vertebra_twice": lambda: _("A vertebra is named twice."),
    "new_vertebra_but_no_new_fracture": lambda: _("A vertebra below is called new; choose which is right."),
}
TECHNIQUES = {"vfa": "VFA", "x_ray": _l("X-ray"), "ct": "CT", "mri": "MRI"}
NEW = {"yes": True, "no": False, "unknown": None}
SEEN = {True: _l("New vertebral fracture"), False: _l("No new fracture"), None: _l("Not stated")}
AGE = {True: _l("new"), False: _l("known before"), None: _l("not stated whether new")}
ROWS = 4


class VertebraForm(FlaskForm):
    """One fractured vertebra; an empty row is none."""

    class Meta:
        """The form around it carries the token."""

        csrf = False

    level = choice(_l("Vertebra"), [(level, level) for level in LEVELS])
    genant = choice(_l("Genant grade"), [(str(grade), str(grade)) for grade in GRADES])
    new = choice(_l("New or known"), [("yes", AGE[True]), ("no", AGE[False])])

    def validate(self, extra_validators: Any = None) -> bool:
        """What is said of a vertebra names it, else it would go without a word."""
        valid: bool = super().validate(extra_validators)
        if self.level.data or not (self.genant.data or self.new.data):
            return valid
        self.level.errors = [_("Choose the vertebra.")]
        return False

    def vertebra(self) -> Vertebra:
        """What the service takes."""
        grade = int(self.genant.data) if self.genant.data else None
        return Vertebra(self.level.data, grade, NEW.get(self.new.data))


class WhenMade:
    """Asked for, an image has nothing to say yet; made, it has."""

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        """Nothing chosen is no answer of a list; it is missing when there is a day on which it was made."""
        if field.data:
            return
        field.errors = []
        raise StopValidation(self.message if form.on.data else "")


class SpineImageForm(ResultForm):
    """What the report says: as a whole, and of each vertebra."""

    requested_on = DateField(_l("Requested on"))
    on = DateField(_l("Made on"))
    technique = RadioField(
        _l("Technique"),
        choices=[SelectChoice(*pair) for pair in TECHNIQUES.items()],
        validators=[WhenMade(_l("Choose the technique."))],
    )
    new_fracture = RadioField(
        _l("Finding"),
        choices=[SelectChoice(text, SEEN[value]) for text, value in NEW.items()],
        validators=[WhenMade(_l("Choose what the report says."))],
    )
    vertebrae = FieldList(FormField(VertebraForm), _l("Fractured vertebrae"), min_entries=ROWS)
    note = note_field()

    def validate_on(self, field: DateField) -> None:
        """What is said of an image belongs to the day on which it was made."""
        if field.data is None and not field.errors and (self.technique.data or self.new_fracture.data):
            raise ValidationError(_("Fill in on which day it was made."))

    def load(self, row: Any) -> None:
        """Show what a version says, and one empty row more."""
        self.requested_on.data, self.on.data, self.technique.data = row.requested_on, row.on_date, row.technique
        self.note.data = row.note
        if row.on_date is not None:
            self.new_fracture.data = next(text for text, value in NEW.items() if value is row.new_fracture)
        while self.vertebrae.entries:
            self.vertebrae.pop_entry()
        for seen in row.findings:
            new = next((text for text, value in NEW.items() if value is seen.get("new")), "")
            self.vertebrae.append_entry(
                {
                    "level": seen["level"],
                    "genant": str(seen.get("genant") or ""),
                    "new": "" if new == "unknown" else new,
                }
            )
        self.prepare("")

    def prepare(self, lang: str) -> None:
        """Room for one vertebra more than there are."""
        super().prepare(lang)
        while len(self.vertebrae) < ROWS or self.vertebrae[-1].form.level.data:
            self.vertebrae.append_entry()

    def command(self, common: dict[str, Any], old: Any) -> SaveImage:
        """What the service takes."""
        return SaveImage(
            **common,
            requested_on=self.requested_on.data,
            on=self.on.data,
            technique=self.technique.data or None,
            new_fracture=NEW.get(self.new_fracture.data),
            vertebrae=tuple(entry.form.vertebra() for entry in self.vertebrae if entry.form.level.data),
            note=text_of(self.note),
        )


def vertebra_text(seen: dict[str, Any]) -> str:
    """Th12 (Genant 2), new."""
    grade = f" (Genant {seen['genant']})" if seen.get("genant") else ""
    return f"{seen['level']}{grade}, {AGE[seen.get('new')]}"


def lines(row: SpineImage, lang: str) -> list[Line]:
    """An image in words."""
    said = [
        (_("Requested on"), day(row.requested_on) if row.requested_on else ""),
        (_("Made on"), day(row.on_date) if row.on_date else ""),
        (_("Technique"), str(TECHNIQUES[row.technique]) if row.technique else ""),
        (_("Finding"), str(SEEN[row.new_fracture]) if row.on_date else ""),
        (_("Fractured vertebrae"), "; ".join(vertebra_text(seen) for seen in row.findings)),
        (_("Note"), row.note or "" if may(May.READ_NOTES) else ""),
    ]
    return [line for line in said if line[1]]


KIND = Kind(
    name="spine_images",
    path="spine-images",
    title=_l("Spine image"),
    table=SpineImage,
    form=SpineImageForm,
    fields="results/_spine_image.html",
    save=findings.save_image,
    void=lambda work, patient_id, result_id, reason: findings.void(work, SpineImage, patient_id, result_id, reason),
    lines=lines,
    shown="results/_spine_image_shown.html",
)
bp = blueprint(KIND)
