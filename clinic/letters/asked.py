"""What is asked of the GP, as far as it follows from who prescribes, who controls and what was decided."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clinic.domain.vocabulary import Drug, StopReason
from clinic.letters.dutch import day, drug_name, prescription, trimmed
from clinic.store.base import Json
from clinic.wording.labels import label

THE_GP = re.compile(r"\s*((de|the|uw)\s+)?(huisarts|gp|general practitioner)\b", re.IGNORECASE)
NO_REPEAT = "daarna niet herhalen zonder bericht van ons"


def requests(facts: Json) -> Iterator[str]:
    """Each thing the GP is asked to do; none is said in so many words."""
    if gp_prescribes(facts):
        yield from prescribing(facts)
    if facts["course"] and facts["course"]["controls_by"] == "gp":
        yield "De controles van deze behandeling zijn bij u; wij plannen ze niet."
    if facts["ended"]:
        for item in facts["items"]:
            if item["code"] == "dose.denosumab":
                yield f"Ons berichten wie de injectie denosumab geeft (streefdatum {day(item['due_on'])})."


def prescriber(facts: Json) -> str:
    """Who prescribes, as the last decision or else the record says."""
    named = [review["prescriber"] for review in facts["reviews"] if review["prescriber"]]
    return str(named[-1] if named else facts["patient"]["prescriber"] or "")


def gp_prescribes(facts: Json) -> bool:
    """Whether the prescriber that was recorded is the GP; of two, the one named first."""
    return THE_GP.match(prescriber(facts)) is not None


def prescribing(facts: Json) -> Iterator[str]:
    """Stop, start or go on prescribing, and until when repeats may go on."""
    course = facts["course"]
    decided = facts["reviews"][-1] if facts["reviews"] else None
    outcome = decided["outcome"] if decided else ""
    if decided and outcome in ("stop", "switch") and decided["drug"]:
        yield f"{capital(drug_name(decided['drug']))} staken per {day(decided['effective'])} en niet meer herhalen."
    if decided and outcome in ("switch", "restart") and decided["next_drug"]:
        years = f" voor {trimmed(decided['next_years'])} jaar" if decided["next_years"] else ""
        start = f" vanaf {day(decided['effective'])}" if decided["effective"] else ""
        yield f"{capital(drug_name(decided['next_drug']))}{start} voorschrijven{years}; {NO_REPEAT}."
    if course and outcome not in ("stop", "switch", "restart"):
        yield repeating(course)


def repeating(course: Json) -> str:
    """Repeat prescriptions: until the planned end, or not while the treatment is interrupted."""
    what = capital(prescription(course))
    if course["paused_since"]:
        return f"{what} niet herhalen zolang de behandeling is onderbroken (sinds {day(course['paused_since'])})."
    if course["drug"] == Drug.DENOSUMAB:  # protocol S6: it is never simply left off, for the rebound
        return (
            f"{what} blijven voorschrijven en niet staken zonder bericht van ons; gepland einde {day(course['end'])}."
        )
    return f"{what} blijven voorschrijven tot {day(course['end'])}; {NO_REPEAT}."


def capital(text: str) -> str:
    """With a capital."""
    return text[:1].upper() + text[1:]


def lines(facts: Json) -> Iterator[str]:
    """Who prescribes, and who looks after the kidney function."""
    if facts["course"] is None:
        return
    yield f"Voorschrijver: {prescriber(facts) or 'niet vastgelegd'}."
    planned = next((x for x in facts["items"] if x["code"] in ("lab.before_infusion", "agreed.lab")), None)
    if planned:
        yield f"Nierfunctie: de bepaling is bij ons gepland, streefdatum {day(planned['due_on'])}."
    elif facts["renal_limit"]:
        yield "Nierfunctie: bij ons staat geen bepaling gepland."


def stop_reason(stopped: Json) -> str:
    """Why a course ended, in the clinic's words and the recorder's own."""
    said = label(StopReason(stopped["reason"]), "nl")
    said = said[:1].lower() + said[1:]
    return f"{said}: {stopped['explanation']}" if stopped["explanation"] else said
