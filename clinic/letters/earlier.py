"""Words that letters no longer use, kept for as long as a letter that left with them may be set again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from clinic.domain.vocabulary import Drug
from clinic.letters import kinds
from clinic.letters.asked import ENDS, NO_REPEAT, as_decided, capital, prescriber
from clinic.letters.dutch import day, drug_name, listed, prescription, trimmed, used_for
from clinic.store.base import Json

THE_GP = re.compile(r"\s*((de|the|uw)\s+)?(huisarts|gp|general practitioner)\b", re.IGNORECASE)


OLD_NAMES = {"no_show": "niet verschenen"}


def subject(facts: Json) -> str:
    """The subject line up to the fourth version of the words, in which the diagnosis came last."""
    if facts.get("words", 1) < 2:
        return first_subject(facts)
    first, *more = [
        OLD_NAMES.get(kind.code, kind.name) for kind in kinds.kinds_of(facts) if kind.code != "correction"
    ] or ["bericht"]
    first = f"{capital(first)} osteoporose"
    what = f"{first} met {listed(more)}" if more else first
    what = f"Correctie: {what}" if facts["replaces"] else what
    return f"{what} – {facts['patient']['name']}, {day(facts['patient']['born'])}"


def first_subject(facts: Json) -> str:
    """The subject line of the first version of the words."""
    known = [
        ("Controle osteoporose", bool(facts["controls"])),
        ("DXA-uitslag", bool(facts["scans"])),
        ("besluit behandelduur", bool(facts["reviews"])),
        ("einde controle", facts["ended"]),
    ]
    first, *more = [name for name, told in known if told] or ["bericht"]
    first = first if "osteoporose" in first else f"{first[:1].upper()}{first[1:]} osteoporose"
    what = f"{first} met {listed(more)}" if more else first
    return f"{what} – {facts['patient']['name']}, {day(facts['patient']['born'])}"


def handed_over(handover: Json) -> Iterator[str]:
    """Exposure and planned end in the second version of the words, in which the drug's own term could stand in."""
    used = [used_for(drug, days) for drug, days in handover["exposure"].items()]
    if used:
        yield f"Gebruikt, zonder onderbrekingen die niet meetellen: {listed(used)}."
    if handover["end"]:
        yield f"Gepland einde van {drug_name(handover['drug'])}: {day(handover['end'])}."


def requests(facts: Json) -> Iterator[str]:
    """What was asked of the GP up to the third version of the words."""
    if THE_GP.match(prescriber(facts)):
        yield from prescribing(facts)
    if facts["course"] and facts["course"]["controls_by"] == "gp":
        yield "De controles van deze behandeling zijn bij u; wij plannen ze niet."
    if facts["ended"]:
        for item in facts["items"]:
            if item["code"] == "dose.denosumab":
                yield f"Ons berichten wie de injectie denosumab geeft (streefdatum {day(item['due_on'])})."


def prescribing(facts: Json) -> Iterator[str]:
    """Stop, start or go on prescribing, as it was asked then."""
    decided = facts["reviews"][-1] if facts["reviews"] else None
    if decided:
        yield from as_decided(decided)
    if facts["course"] and not (decided and decided["outcome"] in ENDS):
        yield repeating(facts["course"])


def repeating(course: Json) -> str:
    """Repeat prescriptions until the planned end, also when that had passed or the decision was put off."""
    what = capital(prescription(course))
    if course["paused_since"]:
        return f"{what} niet herhalen zolang de behandeling is onderbroken (sinds {day(course['paused_since'])})."
    if course["drug"] == Drug.DENOSUMAB:
        return (
            f"{what} blijven voorschrijven en niet staken zonder bericht van ons; gepland einde {day(course['end'])}."
        )
    return f"{what} blijven voorschrijven tot {day(course['end'])}; {NO_REPEAT}."


def verdict(changed: Json) -> str:
    """What a change of BMD was called when it was judged by its rounded percentage."""
    percent, lsc = Decimal(changed["percent"]), Decimal(changed["lsc"])
    return "within" if abs(percent) < lsc else "gain" if percent > 0 else "loss"


def lab(found: Json) -> str:
    """Blood results of the last day that had any."""
    values = [
        f"creatinine {found['creatinine']} µmol/l" if found["creatinine"] else "",
        f"eGFR {found['egfr']} ml/min" if found["egfr"] else "",
        f"calcium {trimmed(found['calcium'])} mmol/l" if found["calcium"] else "",
        f"25-OH-vitamine D {found['vitamin_d']} nmol/l" if found["vitamin_d"] else "",
    ]
    return f"Laboratorium {day(found['on'])}: {', '.join(value for value in values if value) or 'geen waarden'}."
