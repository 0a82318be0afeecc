"""What was measured, answered and seen, in sentences; what was not recorded is not said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from clinic.domain.vocabulary import AgreementWhat, ControlKind, Drug, FractureSite, ScanSite, Symptom
from clinic.letters import earlier
from clinic.letters.dutch import (
    AN_HOUR,
    BLOOD,
    NOT_AS_PRESCRIBED,
    SEVERITY,
    SIDE_EFFECTS,
    SIDES,
    TECHNIQUES,
    VERDICTS,
    as_known,
    day,
    day_in_words,
    listed,
    number,
    sentence,
    signed,
    trimmed,
)
from clinic.store.base import Json
from clinic.wording.labels import label


def seen(told: Json, facts: Json) -> str:
    """When she was seen or spoken to; of a contact in between that it was no control."""
    on, her = day_in_words(told["on"]), facts["patient"]["her"]
    if told["kind"] == ControlKind.INTERIM and facts.get("words", 1) >= 6:
        return f"Op {on} was er een tussentijds contact met {her}, geen controle."
    how = "spraken wij {} telefonisch" if told["kind"] == ControlKind.PHONE else "zagen wij {}"
    return f"Op {on} {how.format(her)} voor controle."


def controls(facts: Json) -> Iterator[str]:
    """Each control in short sentences; of several each with its day, since the sixth version of the words."""
    several = len(facts["controls"]) > 1 and facts.get("words", 1) >= 6
    for told in facts["controls"]:
        found = " ".join(control(told, facts["patient"]))
        yield f"{day(told['on'])}: {found}" if several and found else found


def control(told: Json, patient: Json) -> Iterator[str]:
    """A control in short sentences."""
    yield from body(told)
    yield from taking(told)
    yield from complaints(told)
    yield from spine(told)
    for agreed in told["agreed"]:
        why = f", want: {agreed['why']}" if agreed["why"] else ""
        what = label(AgreementWhat(agreed["what"]), "nl")
        yield sentence(f"Met {patient['she']} afgesproken: {what} op {day(agreed['on'])}{why}")
    if told["note"]:
        yield sentence(told["note"])


def body(told: Json) -> Iterator[str]:
    """Height, weight and BMI; and what kept them from being measured."""
    found = [f"lengte {number(Decimal(told['height_mm']) / 10)} cm"] if told["height_mm"] else []
    found += [f"gewicht {number(Decimal(told['weight_g']) / 1000)} kg"] if told["weight_g"] else []
    found += [f"BMI {number(told['bmi'])} kg/m²"] if told["bmi"] else []
    if found:
        yield sentence(", ".join(found))
    for name, why in (("Lengte", told["height_not_measured"]), ("Gewicht", told["weight_not_measured"])):
        if why:
            yield sentence(f"{name} niet gemeten: {why}")
    loss = told["height_loss"]
    if loss:
        less, limit = (number(Decimal(loss[name]) / 10) for name in ("mm", "limit_mm"))
        yield f"Lengteverlies {less} cm sinds {day(loss['since'])}, grens {limit} cm."


def taking(told: Json) -> Iterator[str]:
    """How the tablets are taken, as far as it was asked."""
    answers = {name: answer for name, answer in told["intake"].items() if answer is not None}
    otherwise = NOT_AS_PRESCRIBED | (AN_HOUR if told.get("drug") == Drug.IBANDRONIC_ACID_ORAL else {})
    wrong = [otherwise[name] for name, answer in answers.items() if not answer]
    if wrong:
        yield f"Inname niet volgens voorschrift: {listed(wrong)}."
    elif answers:
        yield "Inname volgens voorschrift."
    missed = told["missed_doses"]
    if missed is not None:
        yield f"Gemiste innames in 12 weken: {missed or 'geen'}."
    if told["doubts"]:
        yield "Er zijn twijfels over het middel."


def complaints(told: Json) -> Iterator[str]:
    """Side effects and alarm symptoms; "none" only when they were asked for."""
    effects = [effect(code, severity) for code, severity in told["side_effects"].items()]
    if effects:
        yield f"Bijwerkingen: {listed(effects)}."
    if told["symptoms"]:
        week = "week" if "drug" in told else "weken"  # up to the fourth version of the words
        yield f"Alarmsymptomen: {listed(symptom(found, week) for found in told['symptoms'])}."
    elif told["symptoms_denied"]:
        yield "Alarmsymptomen nagevraagd: geen."
    if told["unanswerable"]:
        yield sentence(f"Vragen niet te beantwoorden: {told['unanswerable']}")


def effect(code: str, severity: str) -> str:
    """A side effect, with how bad it is when that was said."""
    name = SIDE_EFFECTS.get(code, code)
    return f"{name} ({SEVERITY[severity]})" if severity in SEVERITY else name


def symptom(found: Json, week: str) -> str:
    """An alarm symptom with its side and how long."""
    name = label(Symptom(found["code"]), "nl")
    weeks = f"sinds {found['weeks']} {week if found['weeks'] == 1 else 'weken'}" if found.get("weeks") else ""
    more = ", ".join(part for part in (SIDES.get(found.get("side") or "", ""), weeks) if part)
    return f"{name[:1].lower()}{name[1:]}" + (f" ({more})" if more else "")


def spine(told: Json) -> Iterator[str]:
    """Back pain and falls, when there were any."""
    if told["new_back_pain"]:
        yield "Nieuwe rugpijn."
    if told["percussion_pain"]:
        yield "Klop- of asdrukpijn van de wervelkolom."
    if told["falls"]:
        yield f"Gevallen in 12 maanden: {told['falls']} keer."


def scan(told: Json) -> str:
    """A DXA: T-scores with the change in BMD beside its LSC."""
    sites = [site(value) for value in told["sites"]]
    return f"DXA {day(told['on'])}: {'; '.join(sites) or 'geen waarden vastgelegd'}."


def site(value: Json) -> str:
    """One site."""
    name = label(ScanSite(value["site"]), "nl")
    name = name if name.startswith("LWK") else f"{name[:1].lower()}{name[1:]}"
    score = f" T-score {number(value['t'])}" if value["t"] else ""
    bmd = f", BMD {number(Decimal(value['bmd']) / 1000, 3)} g/cm²" if value["bmd"] else ""
    changed = value["change"]
    return f"{name}{score}{bmd}" + (f" ({change(changed)})" if changed else "")


def change(changed: Json) -> str:
    """Up, down or the same: only beyond the LSC is a change one."""
    word = VERDICTS[verdict(changed)]
    return f"{signed(changed['percent'])} % sinds {day(changed['since'])}, {word} van {trimmed(changed['lsc'])} %"


def verdict(changed: Json) -> str:
    """What was frozen with the change, as the rules saw it; of a letter from before that, what its words made of it."""
    return str(changed["verdict"]) if "verdict" in changed else earlier.verdict(changed)


def background(facts: Json) -> Iterator[str]:
    """Indication, all fractures, spine image, glucocorticoids, blood results."""
    treated = facts["course"] or facts["stopped"]
    if treated:
        yield f"Indicatie: {treated['indication'] or 'niet vastgelegd'}."
    fractures = [fracture(found) for found in facts["fractures"]]
    yield f"Fracturen: {'; '.join(fractures) or 'geen vastgelegd'}."
    if facts["image"]:
        yield image(facts["image"])
    steroids = [f"{trimmed(x['mg'])} mg prednisonequivalent per dag sinds {day(x['since'])}"
                for x in facts["glucocorticoids"]]  # fmt: skip
    yield f"Glucocorticoïden: {listed(steroids) if steroids else 'geen vastgelegd'}."
    if facts.get("labs"):
        yield blood(facts["labs"])
    if facts.get("lab"):
        yield earlier.lab(facts["lab"])


def fracture(found: Json) -> str:
    """Wervel Th12 (Genant 2), 2021."""
    name = " ".join(part for part in (label(FractureSite(found["site"]), "nl"), found["level"]) if part)
    grade = f" (Genant {found['genant']})" if found["genant"] else ""
    return f"{name}{grade}, {as_known(found['on'], found['precision'])}"


def image(found: Json) -> str:
    """A spine image and what it showed."""
    seen = [
        f"{finding['level']}" + (f" (Genant {finding['genant']})" if finding["genant"] else "")
        for finding in found["findings"]
        if finding["level"]
    ]
    news = {True: "nieuwe wervelfractuur", False: "geen nieuwe fractuur"}.get(found["new_fracture"], "")
    told = "; ".join(part for part in (news, f"wervelfractuur {listed(seen)}" if seen else "") if part)
    return (
        f"{TECHNIQUES.get(found['technique'], 'Wervelfoto')} {day(found['on'])}: {told or 'geen uitslag vastgelegd'}."
    )


def blood(found: Sequence[Json]) -> str:
    """The latest blood result of each kind, by the day on which it was measured, the last day first."""
    days = sorted({result["on"] for result in found}, reverse=True)
    told = (f"{day(on)}: {', '.join(measured(x) for x in found if x['on'] == on)}" for on in days)
    return f"Laboratorium {'; '.join(told)}."


def measured(result: Json) -> str:
    """Creatinine 72 µmol/l."""
    name, unit = BLOOD[result["what"]]
    return f"{name} {trimmed(result['value'])} {unit}"
