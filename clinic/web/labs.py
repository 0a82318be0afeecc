"""Laboratory values, each with its unit."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from clinic.domain.limits import LIMITS
from clinic.services import findings
from clinic.services.findings import SaveLab
from clinic.services.work import Work
from clinic.store.scans import Lab
from clinic.web.fields import DateField, NumberField, WholeField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day, number
from clinic.web.result_form import ResultForm, needed
from clinic.web.results import Kind, Line, blueprint

SENTENCES |= {"lab_empty": lambda: _("Fill in one value at least.")}
COLUMNS = {
    "calcium": "calcium_mmol_l",
    "vitamin_d": "vitamin_d_nmol_l",
    "creatinine": "creatinine_umol_l",
    "egfr": "egfr",
    "pth": "pth_pmol_l",
}
PLACES = {"calcium": 2, "pth": 1}


class LabForm(ResultForm):
    """One column of a laboratory report."""

    on = DateField(_l("Date of the blood sample"), validators=[InputRequired(_l("Fill in the date."))])
    calcium = NumberField(_l("Calcium (corrected)"), places=2)
    vitamin_d = WholeField(_l("25-OH vitamin D"))
    creatinine = WholeField(_l("Creatinine"))
    egfr = WholeField("eGFR")
    pth = NumberField("PTH", places=1)

    def load(self, row: Any) -> None:
        """Show what a version says."""
        self.on.data = row.on_date
        for name, column in COLUMNS.items():
            self[name].data = getattr(row, column)

    def command(self, common: dict[str, Any], old: Any) -> SaveLab:
        """What the service takes."""
        return SaveLab(**common, on=needed(self.on), **{name: self[name].data for name in COLUMNS})


def names() -> dict[str, str]:
    """What each value is called."""
    return {"calcium": _("Calcium (corrected)"), "vitamin_d": _("25-OH vitamin D"), "creatinine": _("Creatinine"),
            "egfr": "eGFR", "pth": "PTH"}  # fmt: skip


def value_text(row: Lab, name: str) -> str:
    """A value with its unit; empty when it was not measured."""
    value = getattr(row, COLUMNS[name])
    return "" if value is None else f"{number(value, PLACES.get(name, 0))} {LIMITS[name].unit}"


def lines(row: Lab, lang: str) -> list[Line]:
    """Laboratory values in words."""
    said = [(_("Date of the blood sample"), day(row.on_date))]
    return [*said, *((text, value_text(row, name)) for name, text in names().items() if value_text(row, name))]


def beside(work: Work, patient_id: int, row: Lab | None, form: LabForm | None) -> dict[str, Any]:
    """The last value of each kind before this one, with its day; and the units."""
    before = form.on.data if form and form.on.data else row.on_date if row else work.today
    found: dict[str, Any] = {"units": {name: LIMITS[name].unit for name in COLUMNS}}
    for lab in findings.labs_before(work, patient_id, before, row.id if row else 0):
        for name in COLUMNS:
            text = value_text(lab, name)
            if text and name not in found:
                found[name] = _("previous %(value)s, %(day)s", value=text, day=day(lab.on_date))
    return found


KIND = Kind(
    name="labs",
    path="labs",
    title=_l("Laboratory values"),
    table=Lab,
    form=LabForm,
    fields="results/_lab.html",
    save=findings.save_lab,
    void=lambda work, patient_id, result_id, reason: findings.void(work, Lab, patient_id, result_id, reason),
    lines=lines,
    beside=beside,
)
bp = blueprint(KIND)
