"""What a doctor lays side by side besides bone density: fractures, intake, safety, laboratory, body, decisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from flask import url_for
from flask_babel import ngettext

from clinic.domain import bone
from clinic.domain.record import Course
from clinic.domain.vocabulary import CriterionCode, FractureSite, ReviewOutcome, Sex, Symptom
from clinic.services.record import PatientRecord
from clinic.store.controls import Control
from clinic.store.patients import Glucocorticoid
from clinic.store.reviews import Review
from clinic.store.scans import Fracture, Lab, SpineImage
from clinic.web.control_text import side_effects
from clinic.web.language import gettext as _
from clinic.web.presenters import as_known, cm, day, kg, number, signed
from clinic.web.record_history import page
from clinic.web.review_courses import treatments
from clinic.web.review_line import Line, Panel
from clinic.wording.labels import label

CONTROLS_SHOWN = 5
DAYS_OF_A_MONTH = 30
SHOWN_AT = {
    CriterionCode.HIP_T: "density",
    CriterionCode.AGE_75: "density",
    CriterionCode.BMD_LOSS_ADHERENT: "density",
    CriterionCode.GLUCOCORTICOID: "glucocorticoids",
    CriterionCode.VERTEBRAL_OR_HIP: "fractures",
    CriterionCode.MAJOR_IN_COURSE: "fractures",
    CriterionCode.NEW_FRACTURE_ADHERENT: "fractures",
    CriterionCode.INTOLERANCE_OR_RENAL: "lab",
    CriterionCode.ADHERENCE_BELOW_80: "intake",
    CriterionCode.AFP_OR_ONJ: "safety",
}
"""The panel that holds the facts of a criterion."""


def panels(found: PatientRecord, lang: str) -> tuple[Panel, ...]:
    """Every panel, also an empty one: that nothing is recorded is a fact too."""
    during = sum(phase(found, row.on_date) == "during" for row in standing(found, Fracture))
    count = _("%(count)s during treatment", count=during) if during else _("none during treatment")
    answers = tuple(islice(intake(found), CONTROLS_SHOWN))
    return (
        treatments(found, lang),
        Panel("fractures", _("Fractures"), tuple(fractures(found, lang)), _("No fracture is recorded."), count),
        Panel("intake", _("Intake"), answers, _("No answer on intake is recorded.")),
        Panel("safety", _("Safety"), tuple(safety(found, lang)), _("No alarm symptom was asked about.")),
        Panel("lab", _("Laboratory"), tuple(laboratory(found)), _("No laboratory value is recorded.")),
        Panel("body", _("Weight, height, falls"), tuple(body(found)), _("Nothing is measured.")),
        Panel("glucocorticoids", _("Glucocorticoids"), tuple(glucocorticoids(found)), _("None are recorded.")),
        Panel("decisions", _("Earlier decisions"), tuple(decisions(found, lang)), _("No decision was signed.")),
    )


def standing(found: PatientRecord, table: type[Any], by: str = "on_date") -> list[Any]:
    """What stands of a kind and has its day, latest first."""
    rows = (row for row in found.rows[table] if row.stands and getattr(row, by) is not None)
    return sorted(rows, key=lambda row: getattr(row, by), reverse=True)


def phase(found: PatientRecord, on: date) -> str:
    """Before the first course, during one, or after a stop."""
    courses: list[Course] = found.facts.courses
    if not courses or on < courses[0].started_on:
        return "before"
    if any(c.started_on <= on and (c.stopped_on is None or on <= c.stopped_on) for c in courses):
        return "during"
    return "after"


def fractures(found: PatientRecord, lang: str) -> Iterator[Line]:
    """Fractures against the courses, then the latest spine image."""
    phases = {"before": _("before treatment"), "during": _("during treatment"), "after": _("after a stop")}
    for row in standing(found, Fracture):
        site = label(FractureSite(row.site), lang)
        graded = _("grade %(grade)s", grade=row.genant) if row.genant else ""
        energy = _("high-energy") if row.low_energy is False else ""
        more = ", ".join(part for part in (phases[phase(found, row.on_date)], energy) if part)
        name = " ".join(part for part in (site.capitalize(), row.level, graded) if part)
        yield Line(name, more, as_known(row.on_date, row.precision), page("fractures", row))
    for row in standing(found, SpineImage)[:1]:
        seen = {True: _("new vertebral fracture"), False: _("no new fracture"), None: _("no answer recorded")}
        yield Line(_("Spine image"), seen[row.new_fracture], day(row.on_date), page("spine_images", row))


def intake(found: PatientRecord) -> Iterator[Line]:
    """The latest controls that asked: what was taken right, doses missed in twelve weeks, doubts."""
    for row in standing(found, Control):
        answers = (row.intake_fasting, row.intake_water, row.intake_wait, row.intake_upright, row.intake_calcium_apart)
        given = [answer for answer in answers if answer is not None]
        missed = "" if row.missed_doses is None else str(_("%(count)s missed in 12 weeks", count=row.missed_doses))
        right = _("%(yes)s of %(asked)s right", yes=sum(given), asked=len(given)) if given else ""
        doubts = _("doubts or wants to stop") if row.doubts else ""
        if missed or right or doubts:
            more = ", ".join(part for part in (right, doubts) if part)
            yield Line(day(row.on_date), more, missed, control_url(row))


def safety(found: PatientRecord, lang: str) -> Iterator[Line]:
    """Each alarm symptom with its latest answer, then side effects and teeth of the latest control that tells."""
    controls = standing(found, Control)
    for symptom in Symptom:
        told = next((row for row in controls if symptom in row.symptoms), None)
        if told is not None:
            present = told.symptoms[symptom]["present"]
            yield Line(label(symptom, lang), day(told.on_date), _("present") if present else _("no"), control_url(told))
    told_of = ((_("Side effects"), side_effects), (_("Dental"), lambda row: row.dental))
    for title, words in told_of:
        last = next((row for row in controls if words(row)), None)
        if last is not None:
            yield Line(title, day(last.on_date), words(last), control_url(last))


def laboratory(found: PatientRecord) -> Iterator[Line]:
    """The latest of each value with its age, and the clearance that follows from creatinine and weight."""
    rows = standing(found, Lab)
    for name, column, places, unit in (
        (_("Creatinine"), "creatinine_umol_l", 0, "µmol/l"),
        ("eGFR", "egfr", 0, "ml/min"),
        (_("Calcium"), "calcium_mmol_l", 2, "mmol/l"),
        ("25-OH-D", "vitamin_d_nmol_l", 0, "nmol/l"),
        ("PTH", "pth_pmol_l", 1, "pmol/l"),
    ):
        row = next((row for row in rows if getattr(row, column) is not None), None)
        if row is not None:
            value = f"{number(getattr(row, column), places)} {unit}"
            yield Line(name, f"{day(row.on_date)} · {old(found, row.on_date)}", value, page("labs", row))
            if column == "creatinine_umol_l" and found.facts.weights:
                yield clearance(found, row)


def clearance(found: PatientRecord, row: Lab) -> Line:
    """Cockcroft-Gault, as the protocol's limits are in it (section 5)."""
    patient, weight = found.patient, found.facts.weights[-1]
    years = bone.age(patient.birth_date, row.on_date)
    value = bone.creatinine_clearance(Sex(patient.sex), years, weight.value, row.creatinine_umol_l or 0)
    more = _("by Cockcroft-Gault, weight of %(day)s", day=day(weight.on))
    return Line(_("Clearance"), more, f"{number(value)} ml/min")


def old(found: PatientRecord, on: date) -> str:
    """How old a value is."""
    months = (found.facts.on - on).days // DAYS_OF_A_MONTH
    return str(ngettext("%(num)d month old", "%(num)d months old", months) if months else _("this month"))


def body(found: PatientRecord) -> Iterator[Line]:
    """Weight, BMI, height against what it was, falls."""
    controls = standing(found, Control)
    weighed = next((row for row in controls if row.weight_g), None)
    measured = next((row for row in controls if row.height_mm), None)
    if weighed is not None:
        tall = weighed.height_mm or (measured.height_mm if measured else None)
        bmi = f"BMI {number(bone.bmi(weighed.weight_g, tall))}" if tall else ""
        more = " · ".join(part for part in (bmi, day(weighed.on_date), weight_change(found)) if part)
        yield Line(_("Weight"), more, f"{kg(weighed.weight_g)} kg", control_url(weighed))
    if measured is not None:
        more = " · ".join(part for part in (day(measured.on_date), *height_changes(found, measured.height_mm)) if part)
        yield Line(_("Height"), more, f"{cm(measured.height_mm)} cm", control_url(measured))
    recalled = found.patient.recalled_max_height_mm
    if recalled:
        yield Line(_("Recalled maximum height"), _("as told by the patient"), f"{cm(recalled)} cm")
    fell = next((row for row in controls if row.falls is not None), None)
    if fell is not None:
        yield Line(_("Falls in the last 12 months"), day(fell.on_date), str(fell.falls), control_url(fell))


def weight_change(found: PatientRecord) -> str:
    """The latest weight against the one of a day before, in percent."""
    weights = found.facts.weights
    earlier = bone.before_latest(weights)
    if not earlier:
        return ""
    before, now = earlier[-1], weights[-1]
    percent = Decimal(now.value - before.value) * 100 / before.value
    return str(_("%(percent)s %% since %(day)s", percent=signed(percent), day=day(before.on)))


def height_changes(found: PatientRecord, now: int) -> Iterator[str]:
    """The height against the reference of the rules, and against the maximum that she recalls."""
    loss, recalled = bone.height_loss(found.facts, found.protocol), found.patient.recalled_max_height_mm
    if loss is not None:
        lost = signed(Decimal(-loss.loss_mm) / 10)
        yield str(_("%(cm)s cm since %(day)s", cm=lost, day=day(loss.reference.on)))
    if recalled:
        yield str(_("%(cm)s cm against the recalled maximum", cm=signed(Decimal(now - recalled) / 10)))


def glucocorticoids(found: PatientRecord) -> Iterator[Line]:
    """Each period, the dose in prednisone equivalent."""
    here = url_for("patients.glucocorticoids", patient_id=found.patient.id)
    for row in standing(found, Glucocorticoid, "from_on"):
        until = day(row.until_on) if row.until_on else _("still open")
        yield Line(f"{day(row.from_on)} – {until}", "", _("%(mg)s mg a day", mg=number(row.mg_per_day)), here)


def decisions(found: PatientRecord, lang: str) -> Iterator[Line]:
    """What was decided before, why and by whom."""
    for row in standing(found, Review):
        until = day(row.until_on or row.effective_on)
        said = " ".join(part for part in (label(ReviewOutcome(row.outcome), lang), until) if part)
        by = found.users.get(row.recorded_by, "")
        more = ", ".join(part for part in (row.reason, by, row.signed_function) if part)
        here = url_for("reviews.show", patient_id=row.patient_id, fact_id=row.id)
        yield Line(said, more, day(row.on_date), here)


def control_url(row: Control) -> str:
    """Where a control is read."""
    return url_for("controls.show", patient_id=row.patient_id, control_id=row.id)
