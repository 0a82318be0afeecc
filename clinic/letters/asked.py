"""What is asked of the GP, as far as it follows from who prescribes, who controls and what was decided."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clinic.domain.vocabulary import Drug, PatientStatus, StopReason
from clinic.letters.dutch import day, drug_name, prescription, since_about, trimmed
from clinic.store.base import Json
from clinic.wording.labels import due_label, label

THE_GP = r"huisarts\w*|h\.?a\.?|gp|general practitioner|family (doctor|physician)"
OTHERS = (
    r"internist\w*|\w*(?<!huis)arts(en)?|\w*loog|\w*specialist\w*|geriater|\w*poli|\w*kliniek|\w*ziekenhuis|"
    r"verpleegkundige|wij|ons|clinic|hospital|consultant|\w*ologist|nurse"
)
PRESCRIBERS = re.compile(rf"(?<!\w)((?P<gp>{THE_GP})|{OTHERS})(?!\w)", re.IGNORECASE)
CLAUSES = re.compile(r"[,;/()]|\b(?:maar|wel|but)\b", re.IGNORECASE)
NOT = re.compile(r"\b(niet|geen|nooit|not|never|no)\b", re.IGNORECASE)
NO_REPEAT = "daarna niet herhalen zonder bericht van ons"
STOPS = ("stop", "switch")
ENDS = (*STOPS, "restart")
"""The outcomes after which the running treatment is not gone on with."""
REVIEWS = ("review.end_of_course", "review.standard", "review.class_limit")


def requests(facts: Json) -> Iterator[str]:
    """Each thing the GP is asked to do; none is said in so many words, and of who died none is."""
    if died(facts):
        return
    if gp_prescribes(facts):
        yield from prescribing(facts)
    if facts["course"] and facts["course"]["controls_by"] == "gp":
        yield "De controles van deze behandeling zijn bij u; wij plannen ze niet."
    if facts["ended"]:
        yield from to_take_over(facts)


def to_take_over(facts: Json) -> Iterator[str]:
    """What the next one has to do, as far as it was chosen for the letter; and who gives denosumab (protocol S6)."""
    for item in facts["items"]:
        if item["code"] == "dose.denosumab":
            yield f"Ons berichten wie de injectie denosumab geeft (streefdatum {day(item['due_on'])})."
    for item in facts["named"]:
        yield f"Nog te doen: {due_label(item['code'], 'nl')}, streefdatum {day(item['due_on'])}."


def died(facts: Json) -> bool:
    """Whether nobody is to do anything any more."""
    return bool(facts.get("left")) and facts["left"]["status"] == PatientStatus.DECEASED


def prescriber(facts: Json) -> str:
    """Who prescribes, as the last decision or else the record says."""
    named = [review["prescriber"] for review in facts["reviews"] if review["prescriber"]]
    return str(named[-1] if named else facts["patient"]["prescriber"] or "")


def gp_prescribes(facts: Json) -> bool:
    """Whether the prescriber that was recorded is the GP; of two, the one named first who is not said not to be."""
    named = (PRESCRIBERS.search(clause) for clause in CLAUSES.split(prescriber(facts)) if not NOT.search(clause))
    first = next((found for found in named if found is not None), None)
    return first is not None and first["gp"] is not None


def prescribing(facts: Json) -> Iterator[str]:
    """Stop, start or go on prescribing, and until when repeats may go on."""
    ended = facts.get("stops", ())
    decided = [one for one in facts["reviews"][-1:] if not (ended and one["outcome"] in STOPS)]
    for review in decided:
        yield from as_decided(review)
    for stop in ended:
        yield from as_ended(stop, facts)
    for begun in begins(facts):
        if not asked_already(begun, decided, facts):
            on = begun["on"] if begun["precision"] == "day" else None  # the opening says when, as far as it is known
            begin = {"next_drug": begun["drug"], "next_years": begun["years"], "effective": on}
            yield from as_decided({"outcome": "restart"} | begin)
    ends = any(one["outcome"] in ENDS for one in decided) or any(lies_ahead(stop, facts) for stop in ended)
    if facts["course"] and not ends:
        yield repeating(facts, facts["course"])


def lies_ahead(told: Json, facts: Json) -> bool:
    """Whether the day on which a drug ends or begins had not come when the letter was written."""
    return bool(told["on"] > facts["on"])


def begins(facts: Json) -> list[Json]:
    """The starts whose day had not come when the letter was written.

    Up to the fifth version of the words they were told as done.
    """
    starts = facts.get("starts", ()) if facts.get("words", 1) >= 6 else ()
    return [begun for begun in starts if lies_ahead(begun, facts)]


def starts_again(facts: Json) -> bool:
    """Whether the last decision is to start again: nothing may run yet, and still somebody is to prescribe it.

    Up to the fifth version of the words it was not told who.
    """
    return facts.get("words", 1) >= 6 and any(one["outcome"] == "restart" for one in facts["reviews"][-1:])


def asked_already(begun: Json, decided: Sequence[Json], facts: Json) -> bool:
    """Whether a decision or a switch that lies ahead asks for what begins."""
    if any(one["outcome"] in ("switch", "restart") and one["next_drug"] == begun["drug"] for one in decided):
        return True
    ahead = (stop for stop in facts.get("stops", ()) if lies_ahead(stop, facts))
    return any((stop["next_drug"], stop["next_on"]) == (begun["drug"], begun["on"]) for stop in ahead)


def as_ended(stop: Json, facts: Json) -> Iterator[str]:
    """What a stop or a switch that was recorded by itself asks of who prescribes; it says more than was decided."""
    if not lies_ahead(stop, facts):
        if not stop.get("again"):
            when = since_about(stop["on"], stop["precision"])
            yield f"{capital(drug_name(stop['drug']))} niet meer herhalen: gestopt {when}."
        return
    yield from as_decided({"outcome": "stop", "drug": stop["drug"], "effective": stop["on"]})
    begins = {name: stop[name] for name in ("next_drug", "next_years")} | {"effective": stop["next_on"]}
    yield from as_decided({"outcome": "restart"} | begins)


def as_decided(review: Json) -> Iterator[str]:
    """What a decision to stop, to switch or to start again asks of who prescribes."""
    if review["outcome"] in STOPS and review["drug"]:
        yield f"{capital(drug_name(review['drug']))} staken per {day(review['effective'])} en niet meer herhalen."
    if review["outcome"] in ("switch", "restart") and review["next_drug"]:
        years = f" voor {trimmed(review['next_years'])} jaar" if review["next_years"] else ""
        start = f" vanaf {day(review['effective'])}" if review["effective"] else ""
        yield f"{capital(drug_name(review['next_drug']))}{start} voorschrijven{years}; {NO_REPEAT}."


def repeating(facts: Json, course: Json) -> str:
    """Repeat prescriptions: until the day on which is decided, or not while the treatment is interrupted.

    Nothing lets a GP stop the drug on a day that has passed, or before a decision that was put off.
    """
    what = capital(prescription(course))
    items = facts["handover"]["items"] if facts["left"] else facts["items"]
    close = next((item["due_on"] for item in items if item["code"] == "course.close"), None)
    ends = course.get("stops_on") or close
    if ends:  # told before, by a decision or a stop that lies ahead: the drug ends on that day
        return f"{what} staken per {day(ends)} en niet meer herhalen."
    if course["paused_since"]:
        return f"{what} niet herhalen zolang de behandeling is onderbroken (sinds {day(course['paused_since'])})."
    last = max([course["end"], *(item["due_on"] for item in items if item["code"] in REVIEWS)])
    return f"{what} blijven voorschrijven{(taken_over if facts['left'] else until)(facts, course, last)}."


def until(facts: Json, course: Json, last: str) -> str:
    """How long repeats go on while she is followed here; `last` is the planned end, or the day the decision waits for.

    Denosumab is never simply left off, for the rebound (protocol S6).
    """
    end = day(course["end"])
    if not course["recorded_end"]:
        return " en niet staken zonder bericht van ons; een gepland einde is niet vastgelegd"
    if last <= facts["on"]:
        return f" en niet staken zonder bericht van ons: het geplande einde ({end}) is verstreken en het besluit volgt"
    if course["drug"] == Drug.DENOSUMAB:
        return f" en niet staken zonder bericht van ons; gepland einde {end}"
    if last > course["end"]:
        return f" tot {day(last)}: het besluit is tot dan uitgesteld (gepland einde was {end}); {NO_REPEAT}"
    return f" tot {end}; {NO_REPEAT}"


def taken_over(facts: Json, course: Json, last: str) -> str:
    """How long repeats go on after the clinic left off, when no word from here follows."""
    decides = "het besluit over de behandelduur is dan aan wie de behandeling overneemt"
    if course["drug"] == Drug.DENOSUMAB:  # protocol S6: no treatment break
        return "; ons protocol kent bij denosumab geen behandelpauze: niet staken zonder besluit van wie het overneemt"
    if not course["recorded_end"]:
        return f"; een gepland einde is niet vastgelegd, {decides.replace(' dan', '')}"
    if last <= facts["on"]:
        return f"; het geplande einde ({day(course['end'])}) is verstreken, {decides.replace(' dan', '')}"
    return f" tot {day(last)}; {decides}"


def capital(text: str) -> str:
    """With a capital."""
    return text[:1].upper() + text[1:]


def lines(facts: Json) -> Iterator[str]:
    """Who prescribes, and who looks after the kidney function."""
    if died(facts) or not (facts["course"] or begins(facts) or starts_again(facts)):
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
