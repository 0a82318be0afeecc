"""What stands beside the fields of a control: earlier values, their course, and the protocol's next dates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from markupsafe import Markup

from clinic.domain import bone, calcium
from clinic.domain import record as domain
from clinic.domain.alerts import MONTHLY_DOSES, WEEKLY_DOSES
from clinic.domain.facts import Facts, Measured
from clinic.domain.limits import LIMITS, READING_ASK_MM, READING_WRONG_MM
from clinic.domain.protocol import ORAL, Protocol
from clinic.domain.record import Record
from clinic.domain.vocabulary import ControlKind, Drug, Symptom, TellChoice
from clinic.services.control_checks import ALWAYS_ASKED
from clinic.services.control_history import Earlier
from clinic.web import charts, control_previous
from clinic.web.control_days import AGREED
from clinic.web.control_form import FRACTURES, HEIGHTS, ControlForm, intake_fields
from clinic.web.control_previous import Words
from clinic.web.language import gettext as _
from clinic.web.presenters import cm, day, tenths
from clinic.wording.labels import label

Needed = dict[str, Any]
SHOWN = 10  # values in the small line
CALCIUM = {
    "base": calcium.BASE_MG,
    "portion": calcium.PORTION_MG,
    "least": calcium.LEAFLET_MG[0],
    "most": calcium.LEAFLET_MG[1],
}
APART = f"{READING_ASK_MM} {READING_WRONG_MM}"
POSSIBLE = {what: f"{LIMITS[what].hard_low} {LIMITS[what].hard_high}" for what in ("height", "weight", "bmi")}


@dataclass(frozen=True, slots=True)
class Beside:
    """Earlier values of one measurement: shown with its day, in tenths for the script, and as a small line."""

    previous: str
    on: str
    previous_value: int | None
    start_value: int | None
    line: Markup


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the form that is not typed."""

    drug: str
    oral: bool
    given: bool
    intake: tuple[str, ...]
    expected: int
    asked: tuple[str, ...]
    others: tuple[str, ...]
    height: Beside
    weight: Beside
    bmi: Beside
    previous_on: str
    previous: dict[str, str]
    written: dict[str, Words]
    vitamin_d: str
    calcium: dict[str, int]
    intake_on: str
    loss: tuple[str, str]
    reference: int | None
    told: int
    red: int
    loss_words: str
    possible: dict[str, str]
    apart: str
    last_dose: str


def build(record: Record, on: date, earlier: Earlier, lang: str, protocol: Protocol) -> Page:
    """The page around the form on a day."""
    facts = Facts(record, on)
    drug = facts.current.drug if facts.current else None
    oral = drug is not None and drug in ORAL
    asked = ALWAYS_ASKED if oral or drug is None else (*ALWAYS_ASKED, Symptom.CRAMPS_OR_TINGLING)
    return Page(
        drug=label(drug, lang) if drug else "",
        oral=oral,
        given=drug is not None and drug not in (*ORAL, Drug.TERIPARATIDE),
        intake=intake_fields(drug),
        expected=MONTHLY_DOSES if drug == Drug.IBANDRONIC_ACID_ORAL else WEEKLY_DOSES,
        asked=tuple(f"symptom_{symptom}" for symptom in asked),
        others=tuple(f"symptom_{symptom}" for symptom in Symptom if symptom not in asked),
        height=beside(bone.heights(facts), facts, _("Height")),  # mm are tenths of cm
        weight=beside([m._replace(value=bone.told_weight(m.value)) for m in bone.weights(facts)], facts, _("Weight")),
        bmi=beside(bone.bmis(facts), facts, "BMI"),
        previous_on=day(earlier.on) if earlier.on else "",
        previous=control_previous.answers(earlier),
        written=control_previous.written(earlier),
        vitamin_d=control_previous.vitamin_d(earlier),
        calcium=CALCIUM,
        intake_on=day(earlier.intake_on) if earlier.intake_on else "",
        loss=loss(facts, protocol),
        reference=reference(record, on, protocol),
        told=protocol.height_amber_mm,
        red=protocol.height_red_mm,
        loss_words=_("Height loss {cm} cm, limit %(limit)s cm.", limit=cm(protocol.height_red_mm)),
        possible=POSSIBLE,
        apart=APART,
        last_dose=day(max(facts.current.doses)) if facts.current and facts.current.doses else "",
    )


def beside(measured: list[Measured], facts: Facts, name: str) -> Beside:
    """Earlier values of one measurement, which are in tenths."""
    earlier = [m for m in measured if m.on < facts.on]
    since = facts.current.started_on if facts.current else date.min
    first = next((m for m in earlier if m.on >= since), None)
    shown = [m.value / 10 for m in earlier[-SHOWN:]]
    latest = earlier[-1] if earlier else None
    return Beside(
        previous=tenths(latest.value) if latest else "",
        on=day(latest.on) if latest else "",
        previous_value=latest.value if latest else None,
        start_value=first.value if first else None,
        line=charts.sparkline(shown, name),
    )


def loss(facts: Facts, protocol: Protocol) -> tuple[str, str]:
    """The loss of height that stands, beside its limit, and its tone; empty when it is not told."""
    found = bone.height_loss(facts, protocol)
    if found is None or found.loss_mm < protocol.height_amber_mm:
        return "", ""
    limit = cm(protocol.height_red_mm)
    told = _("Height loss %(loss)s cm, limit %(limit)s cm.", loss=cm(found.loss_mm), limit=limit)
    return str(told), loss_tone(found.loss_mm, protocol.height_red_mm)


def loss_tone(loss_mm: int, red_mm: int) -> str:
    """How loud a loss of height is told: as its alert is (section 5)."""
    return "is-late" if loss_mm >= red_mm else "is-soon"


def reference(record: Record, on: date, protocol: Protocol) -> int | None:
    """The height in mm with which one measured on this day is compared (section 5); None when there is none."""
    measured = domain.Control(on=on, height_mm=1)  # whatever it is, it is the latest: the reference does not hang on it
    found = bone.height_loss(Facts(replace(record, controls=(*record.controls, measured)), on), protocol)
    return found.reference.value if found else None


def needed(form: ControlForm) -> list[Needed]:
    """What this form is not saved without, as the server refuses it; a question of which no rule asks is not there."""
    clinic = {"of": {"kind": ["", str(ControlKind.CLINIC)]}}  # of a kind that is not chosen what is asked at the clinic
    control = {"of": {"kind": ["", str(ControlKind.CLINIC), str(ControlKind.PHONE)]}}
    said = [need(form, "on"), need(form, "kind")]
    said.append(need(form, *HEIGHTS, "height_not_measured", **clinic) | {"says": _("Height").lower()})
    said.append(need(form, "weight", "weight_not_measured", **clinic))
    said += [need(form, f"symptom_{symptom}", "unanswerable", **control) for symptom in ALWAYS_ASKED]
    if not form.corrects:
        said += [one for row in FRACTURES for one in of_fracture(form, row)]
    for what in AGREED:
        day_of = f"next_{what}"
        why = need(form, f"{day_of}_why", required=True)
        said.append(why | {"says": f"{why['says']}: {form[day_of].label.text.lower()}"})
    said += [need(form, name) for name in ("reason", "tell") if form[name].flags.required]
    if form.tell.flags.required:
        said.append(need(form, "tell_because", of={"tell": [str(TellChoice.NONE)]}))
    return said


def of_fracture(form: ControlForm, row: str) -> list[Needed]:
    """A new fracture has a bone and a day; a row below the first is one as soon as something stands in it."""
    row_of = [f"{row}_{part}" for part in ("site", "on", "low_energy")]
    when: Needed = {"of": {"new_fracture": ["yes"]}} | ({} if row == FRACTURES[0] else {"with": row_of})
    return [need(form, name, **when) for name in row_of[:2]]


def need(form: ControlForm, *names: str, **when: Any) -> Needed:
    """By name the fields of which one is enough; when they are asked js/open.js reads, by its words."""
    return {"says": form[names[0]].label.text.lower(), "any": list(names), **when}


def take_over(form: ControlForm, earlier: Earlier) -> list[str]:
    """Fill the open questions about intake with the answers of last time, and say which.

    Never one that was answered today, a measurement or an alarm symptom.
    """
    taken = {name: answer for name, answer in earlier.intake().items() if not form[name].data}
    for name, answer in taken.items():
        form[name].data = "yes" if answer else "no"
    return list(taken)
