"""What a control's own readings come to, worked out again on the server: the words of js/measure.js, by its names."""

from __future__ import annotations

from decimal import Decimal
from statistics import median_low

from clinic.domain import bone, limits
from clinic.web import control_binding, control_text
from clinic.web.control_form import ControlForm
from clinic.web.control_page import Beside, Page, loss_tone
from clinic.web.language import gettext as _
from clinic.web.presenters import cm, signed, tenths

UNKNOWN = "—"


def told(form: ControlForm, about: Page) -> dict[str, str]:
    """By name: mean height, weight and BMI with their differences from last and first; spread, loss, calcium."""
    readings = control_binding.readings(form)
    height = mean(readings)
    weight = possible("weight", form.weight.data)
    bmi = possible("bmi", bone.told_bmi(weight, height)) if weight and height else None
    found = {"calcium": control_text.calcium_a_day(form.dairy_portions.data, form.calcium_mg.data) or UNKNOWN}
    found |= compared("height", height, about.height)  # mm are tenths of cm
    found |= compared("weight", None if weight is None else bone.told_weight(weight), about.weight)
    found |= compared("bmi", bmi, about.bmi)
    if height is not None and len(readings) > 1:
        apart = cm(max(readings) - min(readings))
        found["spread"] = _("mean of {n}, {cm} cm apart").format(n=len(readings), cm=apart)
    if height is not None and about.reference is not None and about.reference - height >= about.told:
        found["loss"] = about.loss_words.format(cm=cm(about.reference - height))
        found["loss_tone"] = loss_tone(about.reference - height, about.red)
    return found


def mean(readings: tuple[int, ...]) -> int | None:
    """The mean of readings that agree; None of what cannot be, or of a reading that is a typing error."""
    if not readings or any(abs(mm - median_low(readings)) > limits.READING_WRONG_MM for mm in readings):
        return None
    return possible("height", limits.mean(readings))


def possible(what: str, value: int | None) -> int | None:
    """A value that can be; nothing is worked out from another."""
    return None if limits.is_impossible(what, value) else value


def compared(name: str, value: int | None, beside: Beside) -> dict[str, str]:
    """A value in tenths in words, and how it differs from the last one and from the first of the course."""
    before = {"previous": beside.previous_value, "start": beside.start_value}
    return {name: tenths(value) or UNKNOWN} | {
        f"{name}-{since}": UNKNOWN if value is None or was is None else signed(Decimal(value - was) / 10)
        for since, was in before.items()
    }
