"""What a control asks once more before it is kept: each question at the value it is about, one box answers them all."""

from __future__ import annotations

from statistics import median_low

from clinic.domain import limits
from clinic.domain.errors import RuleBroken
from clinic.web import control_binding
from clinic.web.control_form import HEIGHTS, ControlForm
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import sentence, unusual
from clinic.web.presenters import cm, day, kg

SHOWN = {"height": cm, "weight": kg}


def tell(form: ControlForm, broken: RuleBroken) -> None:
    """Put a broken rule at its field; questions at theirs, and the box is ticked anew for what it asks now."""
    if broken.code != "confirm":
        show_on_form(form, where_typed(form, broken))
        return
    questions = broken.params["questions"]
    form.confirmed.data, form.confirm.data = ",".join(questions), False
    form.confirm.errors = [sentence(RuleBroken(broken.field, broken.code))]
    for question in questions:
        name, text = asked(form, question, broken)
        form[name].errors = [*form[name].errors, text]


def asked(form: ControlForm, question: str, broken: RuleBroken) -> tuple[str, str]:
    """The field that a question is about, and the question in words."""
    what, kind = question.partition("=")[0].split("_")
    if what == "reading":
        return of_reading(form)
    if what == "day":
        by = broken.params["by"]
        return "on", str(_("A control of this day by %(who)s is recorded already: is this another one?", who=by))
    name = first_height(form) if what == "height" else "weight"
    if kind == "unusual":
        return name, f"BMI: {unusual(what)}" if what == "bmi" else unusual(what)
    before, unit = broken.params["before"][what], limits.LIMITS[what].unit
    told = {"value": f"{SHOWN[what](before.value)} {unit}", "day": day(before.on)}
    return name, str(_("It was %(value)s on %(day)s: is this right?", **told))


def where_typed(form: ControlForm, broken: RuleBroken) -> RuleBroken:
    """A rule that a reading breaks, at the field in which it was typed; the service numbers what was typed alone."""
    typed = readings_of(form)
    if broken.field not in HEIGHTS or not typed:
        return broken
    name = typed[HEIGHTS.index(broken.field)]
    params = broken.params | ({"number": name[-1]} if "number" in broken.params else {})
    return RuleBroken(name, broken.code, **params)


def of_reading(form: ControlForm) -> tuple[str, str]:
    """The reading that lies furthest from the others, at its own field."""
    typed = readings_of(form)
    readings = control_binding.readings(form)
    number = limits.unlike(readings) or 1
    off = abs(readings[number - 1] - median_low(readings))
    name = typed[number - 1]
    return name, str(_("Reading %(number)s differs %(off)s cm. Is it right?", number=name[-1], off=cm(off)))


def first_height(form: ControlForm) -> str:
    """The field of the first reading that was typed."""
    return readings_of(form)[0]


def readings_of(form: ControlForm) -> list[str]:
    """The fields in which a reading was typed."""
    return [name for name in HEIGHTS if form[name].data is not None]
