"""A control in words: line by line for its page, and as plain text for the hospital's record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import ngettext

from clinic.domain import bone, calcium
from clinic.domain.facts import Facts
from clinic.domain.vocabulary import AgreementWhat, ControlKind, FractureSite, Symptom
from clinic.security.permissions import May
from clinic.services.control_history import Latest
from clinic.store.controls import INTAKE, Agreement, Control
from clinic.store.scans import Fracture
from clinic.store.treatments import Dose
from clinic.web.control_words import INTAKE_WORDS, SEVERITIES, SIDE_EFFECTS, SIDES
from clinic.web.language import gettext as _
from clinic.web.language import spoken
from clinic.web.page import may
from clinic.web.presenters import cm, day, kg, phone, signed, tenths
from clinic.wording.labels import label

MOST_LINES = 12
Line = tuple[str, str]
Before = Mapping[str, Latest]  # the last height, weight and BMI, each of its own day


def lines(control: Control, agreements: list[Agreement], before: Before, lang: str) -> list[Line]:
    """What was recorded, with its name; what was not asked is left out, and the note for who may not read it."""
    told = [
        (_("Date"), f"{day(control.on_date)}, {label(ControlKind(control.kind), lang).lower()}"),
        (_("Who is on the phone"), " · ".join(part for part in (control.caller, phone(control.caller_phone)) if part)),
        (_("Height"), height(control, before.get("height"))),
        (_("Weight"), weight(control, before.get("weight"))),
        (_("BMI"), bmi(control, before.get("bmi"))),
        (_("Intake"), intake(control)),
        (_("Side effects"), side_effects(control)),
        (_("Alarm symptoms"), symptoms(control, lang)),
        (_("Spine, fractures and falls"), ", ".join(spine(control))),
        (_("Calcium and vitamin D"), ", ".join(supplements(control))),
        (_("Lifestyle and teeth"), "; ".join(part for part in (control.lifestyle_changes, control.dental) if part)),
        (_("Note"), " ".join((control.note or "").split()) if may(May.READ_NOTES) else ""),
        (_("Agreed"), "; ".join(agreed(row, lang) for row in agreements)),
    ]
    return [(name, text) for name, text in told if text]


def for_record(
    control: Control, agreements: list[Agreement], before: Before, drug: str, beside: Sequence[Fracture | Dose]
) -> str:
    """At most twelve lines of plain Dutch text, as the hospital's own record takes it."""
    with spoken("nl"):
        told = lines(control, agreements, before, "nl")
        told[1:1] = told_beside(beside, "nl")
        first = ", ".join(part for part in (_("Osteoporosis control"), told[0][1], drug) if part)
        rest = [f"{name}: {text}" for name, text in told[1:]]
        return "\n".join([first, *packed(rest, MOST_LINES - 1)])


def packed(texts: Sequence[str], most: int) -> list[str]:
    """No more lines than these and nothing left out: neighbours that are shortest together become one line."""
    lines = list(texts)
    while len(lines) > most:
        at = min(range(len(lines) - 1), key=lambda number: len(lines[number]) + len(lines[number + 1]))
        lines[at : at + 2] = [f"{lines[at].rstrip('.')}. {lines[at + 1]}"]
    return lines


def told_beside(facts: Sequence[Fracture | Dose], lang: str) -> list[Line]:
    """The new fractures and the dose that were kept with a control."""
    return [
        (str(_("New fracture")), f"{label(FractureSite(fact.site), lang)}, {day(fact.on_date)}")
        if isinstance(fact, Fracture)
        else (str(_("Given on")), day(fact.on_date))
        for fact in facts
    ]


def bmi_before(facts: Facts) -> dict[str, Latest]:
    """The last BMI before a day, in tenths; none when no control before it measured both height and weight."""
    found = [measured for measured in bone.bmis(facts) if measured.on < facts.on]
    return {"bmi": Latest(found[-1].value, found[-1].on)} if found else {}


def bmi(control: Control, before: Latest | None) -> str:
    """From this control's own height and weight, and the difference from the BMI before."""
    if control.weight_g is None or control.height_mm is None:
        return ""
    now = bone.told_bmi(control.weight_g, control.height_mm)
    if before is None:
        return tenths(now)
    return f"{tenths(now)}, {previous(tenths(before.value), before)}, {signed(Decimal(now - before.value) / 10)}"


def height(control: Control, before: Latest | None) -> str:
    """The mean, the readings, and the difference from the height before."""
    if control.height_mm is None:
        return not_measured(control.height_not_measured)
    text = f"{cm(control.height_mm)} cm"
    if len(control.heights_mm) > 1:
        text += f" ({' / '.join(cm(mm) for mm in control.heights_mm)})"
    if before is None:
        return text
    return f"{text}, {previous(cm(before.value), before)}, {signed_cm(control.height_mm - before.value)}"


def previous(value: str, before: Latest) -> str:
    """A value of before, with its day."""
    return str(_("previous %(value)s on %(day)s", value=value, day=day(before.on)))


def signed_cm(mm: int) -> str:
    """A difference in cm, with its sign."""
    return f"{'+' if mm > 0 else ''}{cm(mm)} cm"


def weight(control: Control, before: Latest | None) -> str:
    """The weight and the difference from the weight before."""
    if control.weight_g is None:
        return not_measured(control.weight_not_measured)
    text = f"{kg(control.weight_g)} kg"
    if before is None:
        return text
    change = signed(Decimal(bone.told_weight(control.weight_g) - bone.told_weight(before.value)) / 10)
    return f"{text}, {previous(kg(before.value), before)}, {change} kg"


def not_measured(because: str | None) -> str:
    """Why there is no value."""
    return str(_("not measured: %(why)s", why=because)) if because else ""


def yes_no(answer: bool) -> str:
    """Yes or no."""
    return str(_("Yes") if answer else _("No")).lower()


def intake(control: Control) -> str:
    """How the medicine is taken: what is not as it should be by name, else that all is."""
    answers = {name: getattr(control, f"intake_{name}") for name in INTAKE}
    wrong = [str(INTAKE_WORDS[name]).lower() for name, answer in answers.items() if answer is False]
    parts = [_("not as prescribed: %(what)s", what=", ".join(wrong))] if wrong else []
    if not wrong and any(answers.values()):
        parts.append(_("as prescribed"))
    if control.missed_doses is not None:
        parts.append(_("%(count)s missed in 12 weeks", count=control.missed_doses))
    if control.doubts:
        parts.append(_("doubts or wants to stop"))
    return "; ".join(parts)


def side_effects(control: Control) -> str:
    """Those of a control."""
    return effects(control.side_effects)


def effects(told: Mapping[str, str]) -> str:
    """Each with how bad it is."""
    if "none" in told:
        return str(_("none"))
    return ", ".join(effect(name, how) for name, how in told.items())


def effect(name: str, how: str) -> str:
    """One side effect."""
    text = str(SIDE_EFFECTS.get(name, name))
    return f"{text} ({SEVERITIES[how]})" if how in SEVERITIES else text


def symptoms(control: Control, lang: str) -> str:
    """Alarm symptoms that are there, also when the rest could not be asked; "none" only of those that were asked."""
    told = [symptom(control, code, lang) for code, answer in control.symptoms.items() if answer.get("present")]
    if control.unanswerable:
        told.append(str(_("cannot be answered: %(why)s", why=control.unanswerable)))
    if told:
        return "; ".join(told)
    asked = [label(Symptom(code), lang).lower() for code in control.symptoms]
    return str(_("none of: %(asked)s", asked=", ".join(asked))) if asked else ""


def symptom(control: Control, code: str, lang: str) -> str:
    """One alarm symptom, with its side and how long."""
    name, more = label(Symptom(code), lang), ", ".join(about_symptom(control.symptoms[code]))
    return f"{name} ({more})" if more else name


def about_symptom(answer: Mapping[str, Any]) -> Iterator[str]:
    """On which side it is, and for how long."""
    if answer.get("side"):
        yield str(SIDES[answer["side"]])
    if answer.get("weeks"):
        yield ngettext("%(num)d week", "%(num)d weeks", answer["weeks"])


def spine(control: Control) -> Iterator[str]:
    """What was found at the spine, whether anything broke, and falls."""
    if control.new_back_pain is not None:
        yield f"{_('New back pain').lower()} {yes_no(control.new_back_pain)}"
    if control.percussion_pain is not None:
        yield f"{_('Percussion or axial pain').lower()} {yes_no(control.percussion_pain)}"
    if control.new_fracture is not None:
        yield f"{_('New fracture').lower()} {yes_no(control.new_fracture)}"
    if control.rib_pelvis_fingers is not None:
        yield f"{_('Rib-pelvis distance').lower()} {control.rib_pelvis_fingers} {_('fingers')}"
    if control.occiput_wall_mm is not None:
        yield f"{_('Occiput-wall distance').lower()} {cm(control.occiput_wall_mm)} cm"
    if control.falls is not None:
        yield f"{_('Falls in the last 12 months').lower()} {control.falls}"


def supplements(control: Control) -> Iterator[str]:
    """Dairy, calcium, vitamin D a day."""
    if control.dairy_portions is not None:
        yield f"{_('Dairy').lower()} {control.dairy_portions} {_('portions a day')}"
    if control.calcium_mg is not None:
        yield f"{_('Calcium tablet').lower()} {control.calcium_mg} {_('mg a day')}"
    if control.vitamin_d_ie is not None:
        yield f"{_('Vitamin D')} {control.vitamin_d_ie} {_('IU a day')}"
    if total := calcium_a_day(control.dairy_portions, control.calcium_mg):
        yield f"{_('Calcium in total, estimated').lower()} {total}"


def calcium_a_day(portions: int | None, tablet_mg: int | None) -> str:
    """What food and tablet come to; of food alone while the tablet was not asked about, and nothing without dairy."""
    if portions is None:
        return ""
    food = calcium.from_food(portions)
    return f"{food} {_('mg a day, without tablet')}" if tablet_mg is None else f"{food + tablet_mg} {_('mg a day')}"


def agreed(row: Agreement, lang: str) -> str:
    """What, when, why."""
    what = label(AgreementWhat(row.what), lang)
    return f"{what} {day(row.on_date)}" + (f" ({row.why})" if row.why else "")
