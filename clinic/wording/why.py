"""Why an item is due or an alert is raised: one sentence per reason, in Dutch and English, with its facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from clinic.domain.alerts import RULES as ALERT_RULES
from clinic.domain.protocol import RULES, SOURCES
from clinic.domain.vocabulary import AlertCode, CriterionCode, Drug, FractureSite, ReviewOutcome, ScanSite
from clinic.wording.labels import fact_named, label
from clinic.wording.partly_known import in_place_of_on, start_words

Pair = tuple[str, str]  # Dutch, English

SENTENCES: Mapping[str, Pair] = {
    "control.early": ("{months} maanden na de start op {start}.", "{months} months after the start on {start}."),
    "control.yearly": (
        "{months} maanden na de controle van {control}.",
        "{months} months after the control of {control}.",
    ),
    "control.yearly.first": ("{months} maanden na de start op {start}.", "{months} months after the start on {start}."),
    "control.yearly.gap": (
        "{months} maanden na de start op {start}, maar ten minste {gap} maanden na de controle van {control}.",
        "{months} months after the start on {start}, but at least {gap} months after the control of {control}.",
    ),
    "control.yearly.registered": (
        "Iedere {months} maanden na de start op {start}; bij aanmelding op {registered} was geen controle bekend.",
        "Every {months} months after the start on {start}; no control was known at registration on {registered}.",
    ),
    "control.after_pause": (
        "{months} maanden na de onderbreking van {from} tot {until}.",
        "{months} months after the pause from {from} to {until}.",
    ),
    "control.break_yearly": (
        "{months} maanden na de controle van {control}, in de behandelpauze.",
        "{months} months after the control of {control}, in the treatment break.",
    ),
    "control.break_yearly.first": (
        "{months} maanden na het begin van de behandelpauze op {stop}.",
        "{months} months after the treatment break began on {stop}.",
    ),
    "pause.check": (
        "{months} maanden na het begin van de onderbreking op {from}: hervatten of stoppen.",
        "{months} months after the pause began on {from}: resume or stop.",
    ),
    "pause.check.agreed": (
        "Afgesproken bij de onderbreking van {from}: hervatten of stoppen.",
        "Agreed with the pause of {from}: resume or stop.",
    ),
    "review.long_pause": (
        "De onderbreking sinds {from} duurt {months} maanden.",
        "The pause since {from} has lasted {months} months.",
    ),
    "review.end_of_course": (
        "Gepland einde: {years} jaar na de start op {start}.",
        "Planned end: {years} years after the start on {start}.",
    ),
    "review.end_of_course.shifted": (
        "Gepland einde: {years} jaar na de start op {start}, {shift} dagen later door onderbrekingen.",
        "Planned end: {years} years after the start on {start}, {shift} days later because of pauses.",
    ),
    "review.end_of_course.unrecorded": (
        "Standaardduur van {years} jaar na de start op {start}; de afgesproken duur is niet vastgelegd.",
        "Standard duration of {years} years after the start on {start}; the agreed duration was not recorded.",
    ),
    "review.end_of_course.continued": (
        "Einde volgens het besluit van {review}: doorgaan tot {until}.",
        "End set by the decision of {review}: continue until {until}.",
    ),
    "review.standard": (
        "Nooit langer dan {years} jaar zonder beoordeling; start {start}.",
        "Never beyond {years} years without a look; started {start}.",
    ),
    "review.class_limit": (
        "{days} dagen bisfosfonaten over alle aansluitende middelen; start van dit middel {start}.",
        "{days} days of bisphosphonates over the consecutive courses; this drug started {start}.",
    ),
    "reassess.break": (
        "{months} maanden na het stoppen van {drug} op {stop}.",
        "{months} months after {drug} was stopped on {stop}.",
    ),
    "reassess.break.agreed": (
        "Behandelpauze voortgezet tot {until}, besluit van {review}.",
        "Treatment break goes on until {until}, decided on {review}.",
    ),
    "course.close": (
        "Besluit van {review} ({outcome}) nog niet uitgevoerd.",
        "Decision of {review} ({outcome}) not carried out yet.",
    ),
    "dxa.before_review": (
        "Voor de beoordeling van {review}: geen DXA in de {months} maanden ervoor (laatste: {last}).",
        "For the review of {review}: no DXA in the {months} months before it (last: {last}).",
    ),
    "spine_image.before_review": (
        "Voor de beoordeling van {review}: geen wervelfoto of VFA in de {months} maanden ervoor (laatste: {last}).",
        "For the review of {review}: no spine image in the {months} months before it (last: {last}).",
    ),
    "dxa.mid_course": ("{months} maanden na de start op {start}.", "{months} months after the start on {start}."),
    "dxa.after_fracture": ("Fractuur ({site}) op {fracture}.", "Fracture ({site}) on {fracture}."),
    "spine_image.after_fracture": ("Fractuur ({site}) op {fracture}.", "Fracture ({site}) on {fracture}."),
    "review.after_fracture": ("Fractuur ({site}) op {fracture}.", "Fracture ({site}) on {fracture}."),
    "review.untreated": (
        "{drug} gestopt op {stop}; sindsdien geen behandeling en geen besluit.",
        "{drug} was stopped on {stop}; no treatment and no decision since.",
    ),
    "review.untreated.successor": (
        "{drug} gestopt op {stop}; een vervolgmiddel is niet vastgelegd.",
        "{drug} was stopped on {stop}; no follow-on drug is recorded.",
    ),
    "review.untreated.restart": (
        "Besluit van {review} om opnieuw te starten; nog geen middel vastgelegd.",
        "Decision of {review} to restart; no drug is recorded yet.",
    ),
    "dose.zoledronic_acid": (
        "{months} maanden na het infuus van {dose}.",
        "{months} months after the infusion of {dose}.",
    ),
    "dose.ibandronic_acid_iv": (
        "{months} maanden na de injectie van {dose}.",
        "{months} months after the injection of {dose}.",
    ),
    "dose.denosumab": (
        "{months} maanden na de injectie van {dose}.",
        "{months} months after the injection of {dose}.",
    ),
    "dose.zoledronic_acid.first": (
        "Start op {start}; nog geen infuus vastgelegd.",
        "Started on {start}; no infusion recorded yet.",
    ),
    "dose.ibandronic_acid_iv.first": (
        "Start op {start}; nog geen injectie vastgelegd.",
        "Started on {start}; no injection recorded yet.",
    ),
    "dose.denosumab.first": (
        "Start op {start}; nog geen injectie vastgelegd.",
        "Started on {start}; no injection recorded yet.",
    ),
    "lab.before_infusion": (
        "Creatinine vóór het infuus van {dose}, niet ouder dan {days} dagen.",
        "Creatinine before the infusion of {dose}, no older than {days} days.",
    ),
    "agreed": ("Afgesproken op {made_on}. {why}", "Agreed on {made_on}. {why}"),
    "letter.after_control": (
        "{days} werkdagen na de controle van {on}.",
        "{days} working days after the control of {on}.",
    ),
    "letter.after_dxa": (
        "{days} werkdagen na ontvangst op {clock} van de DXA van {on}.",
        "{days} working days after the DXA of {on} was received on {clock}.",
    ),
    "letter.after_review": (
        "{days} werkdagen na het besluit van {on}.",
        "{days} working days after the decision of {on}.",
    ),
    "letter.after_end": (
        "{days} werkdagen na het einde van de controle op {on}.",
        "{days} working days after follow-up ended on {on}.",
    ),
    "alert.height_loss_measured": (
        "Lengteverlies {loss_mm} cm: {reference_mm} cm op {reference_on}, nu {latest_mm} cm; grens {limit_mm} cm.",
        "Height loss {loss_mm} cm: {reference_mm} cm on {reference_on}, now {latest_mm} cm; limit {limit_mm} cm.",
    ),
    "alert.height_loss_recalled": (
        "Grootste lengte volgens opgave {recalled_mm} cm, nu {latest_mm} cm: {loss_mm} cm verloren; "
        "grens {limit_mm} cm.",
        "Recalled maximum height {recalled_mm} cm, now {latest_mm} cm: {loss_mm} cm lost; limit {limit_mm} cm.",
    ),
    "alert.height_gain": (
        "{gain_mm} cm langer dan op {previous_on}; meer dan {limit_mm} cm past niet bij een juiste meting.",
        "{gain_mm} cm taller than on {previous_on}; more than {limit_mm} cm does not fit a correct measurement.",
    ),
    "alert.weight_loss": (
        "Gewicht {latest_g} kg, {loss_g} kg onder het hoogste ({highest_g} kg op {highest_on}).",
        "Weight {latest_g} kg, {loss_g} kg below the highest ({highest_g} kg on {highest_on}).",
    ),
    "alert.low_bmi": ("BMI {bmi}, grens {limit}.", "BMI {bmi}, limit {limit}."),
    "alert.bmd_loss": (
        "{site}: BMD {percent} % lager dan op {earlier_on}, zelfde apparaat; LSC {lsc} %.",
        "{site}: BMD {percent} % lower than on {earlier_on}, same device; LSC {lsc} %.",
    ),
    "alert.fracture_on_treatment": (
        "Fractuur ({site}) op {on}, na meer dan {months} maanden behandeling.",
        "Fracture ({site}) on {on}, after more than {months} months of treatment.",
    ),
    "alert.fracture_early": (
        "Fractuur ({site}) op {on}, in de eerste {months} maanden van de behandeling.",
        "Fracture ({site}) on {on}, in the first {months} months of treatment.",
    ),
    "alert.renal_limit": (
        "Berekende klaring {clearance} ml/min bij creatinine {creatinine} µmol/l op {lab_on}; "
        "grens voor {drug}: {limit}.",
        "Calculated clearance {clearance} ml/min with creatinine {creatinine} µmol/l on {lab_on}; "
        "limit for {drug}: {limit}.",
    ),
    "alert.adherence_low": (
        "{missed} van {expected} doses gemist in de laatste 12 weken ({percent} % ingenomen).",
        "{missed} of {expected} doses missed in the last 12 weeks ({percent} % taken).",
    ),
    "alert.intake_conflict": ("Inname niet volgens voorschrift: {answers}.", "Intake not as prescribed: {answers}."),
    "alert.dose_very_late": (
        "De injectie met streefdatum {due_on} is meer dan {days} dagen te laat.",
        "The injection due on {due_on} is more than {days} days late.",
    ),
    "moved": (
        "Op {moved} door een arts verplaatst; berekend was {computed}.",
        "Moved by a doctor on {moved}; computed was {computed}.",
    ),
    "reopened": (
        "Op {moved} verplaatste een arts dit van {computed} naar {chosen}; sindsdien is een andere datum berekend: "
        "besluit opnieuw.",
        "On {moved} a doctor moved this from {computed} to {chosen}; since then another date is computed: "
        "decide again.",
    ),
    "criterion.met": ("{criterion}: ja ({fact} {on}).", "{criterion}: yes ({fact} {on})."),
    "criterion.not_met": ("{criterion}: nee ({fact} {on}).", "{criterion}: no ({fact} {on})."),
    "criterion.unknown": (
        "{criterion}: onbekend, het feit ontbreekt in het dossier.",
        "{criterion}: unknown, the fact is not in the record.",
    ),
    "criterion.no_limit": ("{criterion}: nee ({drug}: geen niergrens).", "{criterion}: no ({drug}: no renal limit)."),
    "alert.symptom_left": (
        "Daarna gecorrigeerd, ongeldig gemaakt of weggehaald; nog geen notitie van een arts.",
        "Corrected, voided or taken out since; no doctor's note yet.",
    ),
    "alert.symptom_later": (
        "Bekend geworden na de notitie van een arts van die dag of later; sindsdien geen notitie.",
        "Became known after a doctor's note of that day or later; no note since.",
    ),
    "alert.symptom": ("Gemeld op {on}; nog geen notitie van een arts.", "Reported on {on}; no doctor's note yet."),
}

INTAKE: Mapping[str, Pair] = {
    "fasting": ("niet nuchter", "not fasting"),
    "water": ("niet met water", "not with water"),
    "upright": ("niet rechtop", "not upright"),
    "calcium_apart": ("calcium niet apart", "calcium not apart"),
}

SOURCE_WORDS: Mapping[str, Pair] = {
    "FMS 2022": ("FMS-richtlijn 2022", "FMS guideline 2022"),
    "CBO 2011": ("CBO-richtlijn 2011", "CBO guideline 2011"),
    "LEAF": ("patiëntenfolder", "patients' leaflet"),
    "HASP 2017": ("HASP-richtlijn 2017", "HASP guideline 2017"),
    "SmPC": ("productinformatie", "product information"),
    "D": ("keuze van de kliniek", "the clinic's choice"),
}


NUMBERS: Mapping[str, int] = {"months": 12, "gap": 6, "days": 28}
NUMBERS_OF: Mapping[str, Mapping[str, int]] = {
    "control.early": {"months": 3},
    "control.after_pause": {"months": 3},
    "pause.check": {"months": 3},
    "lab.before_infusion": {"days": 60},
}
"""What was computed before its reason carried the numbers was computed by those that came with the program."""


def sentence(code: str, params: Mapping[str, Any], lang: str) -> str:
    """The sentence of a reason; parameters may be values or their text as stored.

    Of an item that a doctor moved also why it was computed on another day.
    """
    params = {**NUMBERS, **NUMBERS_OF.get(code, {}), "moved": params.get("on"), **params}
    if code in ("moved", "reopened") and "was" in params:
        return f"{formatted(code, params, lang)} {sentence(params['was'], params, lang)}"
    return formatted(code, params, lang)


def formatted(code: str, params: Mapping[str, Any], lang: str) -> str:
    """One sentence with its facts."""
    pair = SENTENCES.get(code) or SENTENCES["alert.symptom"]
    words = {name: said(name, value, lang) for name, value in params.items()}
    if code.startswith("criterion."):
        words |= {name: "" for name in ("fact", "on") if params.get(name) is None}
        words["criterion"] = criterion(params["criterion"], params, lang)
    template = pair[0 if lang == "nl" else 1]
    if "precision" in params:
        template, words["start"] = in_place_of_on(template), start_words(params["start"], params["precision"], lang)
    text = template.format(**words)
    text = text.replace(" ( )", "").replace("( ", "(").replace(" )", ")").strip()
    return text[:1].upper() + text[1:]


def criterion(code: str, numbers: Mapping[str, Any], lang: str) -> str:
    """What a criterion is called, with the numbers of the version it is weighed by."""
    named = {name: said(name, value, lang) for name, value in numbers.items()}
    return label(CriterionCode(code), lang).format(**named)


def said(name: str, value: Any, lang: str) -> str:
    """One parameter in words."""
    if value is None:
        return "geen" if lang == "nl" else "none"
    if name == "answers":
        return ", ".join(INTAKE[answer][0 if lang == "nl" else 1] for answer in str(value).split(","))
    if name == "fact" and (named := fact_named(str(value), lang)):
        return named
    if name in ("drug", "site", "outcome"):
        return member(name, str(value), lang)
    if size := {"mm": 10, "g": 1000}.get(name.rpartition("_")[2]):  # people say 162,3 cm and 58,3 kg
        value = (Decimal(str(value)) / size).quantize(Decimal("0.1"))
    text = value.isoformat() if isinstance(value, date) else str(value)
    if len(text) == 10 and text[4] == text[7] == "-":
        return f"{text[8:]}-{text[5:7]}-{text[:4]}"
    decimal = isinstance(value, Decimal) or ("." in text and text.lstrip("-").replace(".", "", 1).isdigit())
    text = text.replace("-", "−") if decimal else text
    return text.replace(".", ",") if decimal and lang == "nl" else text


def member(name: str, value: str, lang: str) -> str:
    """A member of a closed list, by its string."""
    if name == "drug":
        return label(Drug(value), lang)
    if name == "outcome":
        return label(ReviewOutcome(value), lang).lower()
    site = FractureSite(value) if value in set(FractureSite) else ScanSite(value)
    return label(site, lang)


def whence(code: str, version: str, lang: str) -> str:
    """What stands behind a date: its rule, whose word that rests on, and the version of the protocol."""
    kind = code if code in RULES else code.partition(".")[0]
    return stands_on(RULES[kind], version, source(SOURCES[kind], lang), lang)


def alert_whence(code: str, version: str, said_by: str, lang: str) -> str:
    """What stands behind an alert; whose word it rests on comes with it."""
    return stands_on(ALERT_RULES.get(AlertCode(code), "§5"), version, source(said_by, lang), lang)


def stands_on(rule: str, version: str, said_by: str, lang: str) -> str:
    """A rule, the version of the protocol it is read from, and its source."""
    told = {"rule": rule, "version": version, "source": said_by}
    text = "Regel {rule}, protocol {version}. Bron: {source}." if lang == "nl" else (
        "Rule {rule}, protocol {version}. Source: {source}."
    )  # fmt: skip
    return text.format(**told)


def source(text: str, lang: str) -> str:
    """A source in words; names of studies and guidelines stay."""
    parts = [part.strip() for part in text.split(",")]
    own = set(RULES.values())
    parts = ["D" if part in own else part for part in parts]
    return ", ".join(SOURCE_WORDS.get(part, (part, part))[0 if lang == "nl" else 1] for part in parts)
