"""Fractures: where, when as far as known, from a low-energy fall or not."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from clinic.domain.vocabulary import FractureSite, StartPrecision
from clinic.security.permissions import May
from clinic.services import findings
from clinic.services.findings import GRADES, LEVELS, SaveFracture
from clinic.store.scans import Fracture
from clinic.web.fields import TypedField, read_date, within_reach
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.page import may
from clinic.web.presenters import as_known
from clinic.web.result_form import NOT_CHOSEN, ResultForm, choice, needed, note_field, text_of
from clinic.web.results import Kind, Line, blueprint
from clinic.wording.labels import label

SENTENCES |= {"level_without_vertebra": lambda: _("A level and a grade belong to a vertebra only.")}
PARTLY = re.compile(r"(?:(\d{1,2})[-./ ])?(\d{4})", re.ASCII)
CAUSES = {"yes": True, "no": False, "unknown": None}
CAUSE_WORDS = {True: _l("Yes"), False: _l("No"), None: _l("Unknown")}


class PartDateField(TypedField):
    """A day, a month (3-2024) or a year; held as its first day and how well it is known."""

    def read(self, text: str) -> tuple[date, StartPrecision]:
        """The first day of what was typed."""
        match = PARTLY.fullmatch(text)
        if match is None:
            return read_date(text), StartPrecision.DAY
        month = int(match[1] or 1)
        if not 1 <= month <= 12:
            raise ValueError(_("%(text)s is not a date that exists.", text=text))
        first = date(int(match[2]), month, 1)
        return within_reach(first), StartPrecision.MONTH if match[1] else StartPrecision.YEAR

    def show(self, value: tuple[date, StartPrecision]) -> str:
        """As far as it is known."""
        return as_known(*value)


class FractureForm(ResultForm):
    """Nothing preset: an unanswered cause is not "no"."""

    on = PartDateField(_l("Date of the fracture"), validators=[InputRequired(_l("Fill in the date."))])
    site = SelectField(_l("Site"), validators=[InputRequired(_l("Choose the site."))])
    low_energy = RadioField(
        _l("Low-energy (fall from standing height or less)"),
        choices=[SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No")), SelectChoice("unknown", _l("Unknown"))],
        validators=[InputRequired(_l("Choose yes, no or unknown."))],
    )
    level = choice(_l("Level of the vertebra"), [(level, level) for level in LEVELS])
    genant = choice(_l("Genant grade"), [(str(grade), str(grade)) for grade in GRADES])
    note = note_field()

    def prepare(self, lang: str) -> None:
        """Sites in the reader's language."""
        super().prepare(lang)
        self.site.choices = [NOT_CHOSEN, *(SelectChoice(site.value, label(site, lang)) for site in FractureSite)]

    def load(self, row: Any) -> None:
        """Show what a version says."""
        self.on.data = (row.on_date, StartPrecision(row.precision))
        self.site.data, self.level.data, self.note.data = row.site, row.level or "", row.note
        self.genant.data = str(row.genant or "")
        self.low_energy.data = next(text for text, value in CAUSES.items() if value is row.low_energy)

    def command(self, common: dict[str, Any], old: Any) -> SaveFracture:
        """What the service takes."""
        on, precision = needed(self.on)
        return SaveFracture(
            **common,
            on=on,
            precision=precision,
            site=FractureSite(self.site.data),
            low_energy=CAUSES[self.low_energy.data],
            level=self.level.data or "",
            genant=int(self.genant.data) if self.genant.data else None,
            note=text_of(self.note),
        )


def lines(row: Fracture, lang: str) -> list[Line]:
    """A fracture in words."""
    said = [
        (_("Date of the fracture"), as_known(row.on_date, row.precision)),
        (_("Site"), label(FractureSite(row.site), lang)),
        (_("Level of the vertebra"), row.level or ""),
        (_("Genant grade"), str(row.genant or "")),
        (_("Low-energy (fall from standing height or less)"), str(CAUSE_WORDS[row.low_energy])),
        (_("Note"), row.note or "" if may(May.READ_NOTES) else ""),
    ]
    return [line for line in said if line[1]]


KIND = Kind(
    name="fractures",
    path="fractures",
    title=_l("Fracture"),
    table=Fracture,
    form=FractureForm,
    fields="results/_fracture.html",
    save=findings.save_fracture,
    void=lambda work, patient_id, result_id, reason: findings.void(work, Fracture, patient_id, result_id, reason),
    lines=lines,
)
bp = blueprint(KIND)
