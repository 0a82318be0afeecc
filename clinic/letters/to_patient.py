"""Letters to the patient herself, in plain Dutch (B1): short sentences, no jargon, only what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from clinic.domain.vocabulary import Drug
from clinic.letters.dutch import as_known, day_in_words, drug_name, month, number, prescription
from clinic.letters.findings import verdict
from clinic.letters.leaflet import NEVER, alarms, calcium, taking
from clinic.letters.sentences import Document, Section, clinic_lines, clinics_own
from clinic.store.base import Json

WORDS = 5
"""The version of these words, frozen with the facts; none is set again, because its page is kept with each letter."""
SOON = "zo snel mogelijk"
WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
VISITS = {
    "control": "uw controle", "phone": "uw controle per telefoon", "dxa": "de meting van uw botdichtheid",
    "review": "uw gesprek met de arts", "infusion": "uw infuus of injectie",
}  # fmt: skip
DATES = {
    "control.": "controle op de polikliniek", "agreed.control": "controle op de polikliniek",
    "dxa.": "meting van uw botdichtheid (DXA)", "agreed.dxa": "meting van uw botdichtheid (DXA)",
    "spine_image.": "foto van uw rug", "dose.": "volgende infuus of injectie", "lab.": "bloedonderzoek",
    "agreed.lab": "bloedonderzoek", "agreed.call": "wij bellen u", "review.": "gesprek over hoe lang u doorgaat",
    "agreed.review": "gesprek over hoe lang u doorgaat", "reassess.": "gesprek over uw behandeling",
    "pause.": "gesprek over uw behandeling",
}  # fmt: skip
CHANGED = {"within": "gelijk gebleven", "gain": "toegenomen", "loss": "afgenomen"}
PLACES = {"lumbar_spine": "onderrug", "total_hip": "heup", "femoral_neck": "hals van het bovenbeen"}


class Kind(NamedTuple):
    """A letter to a patient: its title, whether there is something to tell, and what it says."""

    code: str
    title: str
    tells: Callable[[Json], bool]
    sections: Callable[[Json], Iterator[Section]]


def document(facts: Json, reference: str = "", signed: Json | None = None) -> Document:
    """The letter of these facts; under it stands who made it, or once it is frozen who authorised it."""
    kind = KINDS[facts["kind"]]
    by = signed or facts["people"]["contact"]
    return Document(
        head=tuple(head(facts, reference)),
        sender=tuple(part for part in (facts["clinic"]["hospital"], facts["clinic"]["department"]) if part),
        recipient=tuple(facts["recipient"]["lines"]),
        subject=title(facts),
        about=(f"Uw patiëntnummer: {facts['patient']['number']}",),
        salutation=facts["patient"]["greeting"],
        core=(),
        rest=(*kind.sections(facts), *own_words(facts)),
        signed=(f"{by['name']}, {by['function']}" if by["function"] else by["name"],),
        footer=" · ".join(part for part in clinic_lines(facts["clinic"]) if part),
    )


def own_words(facts: Json) -> Iterator[Section]:
    """The clinic's own words for this kind of letter, when it has any."""
    if facts.get("blocks"):
        yield Section("", clinics_own(facts))


def head(facts: Json, reference: str) -> Iterator[tuple[str, str]]:
    """Date, reference, and whom to call and when."""
    yield "Datum", day_in_words(facts["on"])
    yield "Ons kenmerk", reference or "concept"
    if facts["clinic"]["phone"]:
        yield "Telefoon", ring(facts)


def ring(facts: Json) -> str:
    """The clinic's number and the hours at which somebody answers."""
    clinic = facts["clinic"]
    return f"{clinic['phone']} ({clinic['phone_hours']})" if clinic["phone_hours"] else str(clinic["phone"])


def when(visit: Json) -> str:
    """Dinsdag 1 december 2026 om 10.30 uur, polikliniek 3."""
    at = f" om {visit['at'].replace(':', '.')} uur" if visit["at"] else ""
    return f"{WEEKDAYS[visit['weekday']]} {day_in_words(visit['on'])}{at}" + (
        f", {visit['place']}" if visit["place"] else ""
    )


def preferred(item: Json, on: str) -> str:
    """In december 2026; a day that has passed is no longer one to come on."""
    return f"in {month(item['due_on'])}" if item["due_on"] >= on else SOON


def invited(facts: Json) -> Iterator[str]:
    """The appointment there is, or the question to make one."""
    visit = facts["visit"]
    if visit is None:
        wanted = f" Het liefst komt u {preferred(facts['due'], facts['on'])}." if facts["due"] else ""
        yield f"Wilt u ons bellen om een afspraak te maken?{wanted}"
        yield f"Ons telefoonnummer is {ring(facts)}."
    elif visit["kind"] == "phone":
        yield f"Wij bellen u op {when(visit)}."
        yield f"Kunt u dan niet? Bel ons: {ring(facts)}."
    else:
        yield f"Uw afspraak is op {when(visit)}."
        yield f"Kunt u niet komen? Bel ons zo snel u dat weet: {ring(facts)}."


def control(facts: Json) -> Iterator[Section]:
    """The invitation to a control."""
    yield Section("", ("U gebruikt een medicijn voor uw botten, of u hebt dat gebruikt. Daarvoor komt u bij ons.",
                       "Het is tijd voor uw controle."))  # fmt: skip
    yield Section("Uw afspraak", tuple(invited(facts)))
    yield Section("Wat wij doen", ("Wij meten uw lengte en uw gewicht. Wij kijken naar uw rug.",
                                   "Wij vragen hoe het gaat en hoe u uw medicijn gebruikt."))  # fmt: skip
    yield Section("Neem mee", ("Een lijst van uw medicijnen. Die krijgt u bij uw apotheek.",))


def dxa(facts: Json) -> Iterator[Section]:
    """The invitation to a DXA."""
    yield Section("", ("Wij willen meten hoe stevig uw botten zijn. Deze meting heet een DXA.",))
    yield Section("Uw afspraak", tuple(invited(facts)))
    yield Section("De meting", ("U ligt op een tafel. Een apparaat maakt een foto van uw onderrug en uw heup.",
                                "U krijgt de uitslag van ons."))  # fmt: skip


def missed(facts: Json) -> Iterator[Section]:
    """The reminder to whom did not come."""
    gone = facts["missed"]
    yield Section("", (f"Op {day_in_words(gone['on'])} hadden wij een afspraak met u voor {VISITS[gone['kind']]}.",
                       "Wij hebben u toen niet gezien of gesproken."))  # fmt: skip
    if facts["visit"]:
        yield Section("Uw nieuwe afspraak", tuple(invited(facts)))
    else:
        yield Section("Een nieuwe afspraak", tuple(invited(facts | {"due": None})))


def result(facts: Json) -> Iterator[Section]:
    """The result of a DXA: the numbers, what they mean by the clinic's rule, and who talks about them."""
    scan = facts["scan"]
    yield Section("", (*corrects(facts), f"Op {day_in_words(scan['on'])} is gemeten hoe stevig uw botten zijn (DXA)."))
    yield Section("De uitslag", values(scan))
    yield Section("Wat betekent dit?", (
        "De T-score vergelijkt uw botten met gezonde botten van jonge mensen.",
        "−1 of hoger: normaal. Tussen −1 en −2,5: minder stevig. Vanaf −2,5 en lager: osteoporose.",
    ))  # fmt: skip
    planned = f"Wij bespreken de uitslag met u op {when(facts['visit'])}." if facts["visit"] else (
        "Wij bespreken de uitslag met u bij uw volgende controle."
    )  # fmt: skip
    yield Section("Hoe gaat het verder?", (planned, f"Hebt u eerder een vraag? Bel ons: {ring(facts)}."))


def corrects(facts: Json) -> Iterator[str]:
    """Which letter she has at home that this one comes in the place of, and that its result was not right."""
    for old in facts.get("replaces", ()):
        yield f"Deze brief komt in plaats van onze brief {old['reference']} van {day_in_words(old['sent_on'])}."
        yield "Wij hebben de uitslag in die brief verbeterd."


def values(scan: Json) -> tuple[str, ...]:
    """What a result says of each place with a T-score."""
    return tuple(site(found) for found in scan["sites"] if found["t"])


def site(found: Json) -> str:
    """One place that was measured, and what changed there beyond what a measurement varies by itself."""
    said = f"{PLACES[found['site']].capitalize()}: T-score {number(found['t'])}."
    changed = found["change"]
    if changed is None:
        return said
    word = CHANGED[verdict(changed)]
    return f"{said} De botdichtheid is hier {word} sinds {day_in_words(changed['since'])}."


def treatment(facts: Json) -> Iterator[Section]:
    """The personal treatment sheet: this medicine, and her own dates."""
    course = facts["course"]
    drug = Drug(course["drug"])
    yield Section("Uw medicijn", tuple(medicine(course, facts["on"])))
    yield Section("Zo gebruikt u het", tuple(taking(drug, course["schedule"] or "")))
    yield Section("Calcium en vitamine D", tuple(calcium(drug)))
    yield Section("Stop niet zelf", (NEVER,))
    yield Section("Bel ons bij", (*(f"– {one}" for one in alarms(drug)), f"Ons telefoonnummer is {ring(facts)}."))
    dates = tuple(date_line(item, facts["on"]) for item in facts["dates"] if named(item["code"]))
    yield Section("Uw volgende data", dates or ("Wij maken met u een nieuwe afspraak.",))


def medicine(course: Json, on: str) -> Iterator[str]:
    """What she uses, since when, and until when it is planned.

    A day that has passed ends nothing by itself, and of denosumab none is named: it is never simply left off.
    """
    yield f"U gebruikt {prescription(course)}."
    yield f"U bent ermee begonnen {begun(course)}."
    if course["paused_since"]:
        yield f"Sinds {day_in_words(course['paused_since'])} gebruikt u het even niet. Dat is zo afgesproken."
    elif course["years"] and (course["drug"] == Drug.DENOSUMAB or course["end"] <= on):
        if course["drug"] != Drug.DENOSUMAB:
            yield "De tijd die was gepland, is voorbij. Stop niet zelf."
        yield "Uw arts bespreekt met u hoe het verder gaat."
    elif course["years"]:
        yield f"Het is gepland tot {day_in_words(course['end'])}."
        yield "Voor die tijd bespreekt uw arts met u hoe het verder gaat."


def begun(course: Json) -> str:
    """Since when, no more exact than it is known."""
    if course["precision"] == "day":
        return f"op {day_in_words(course['started_on'])}"
    return f"in {as_known(course['started_on'], course['precision'])}"


def named(code: str) -> str:
    """What a date is called to a patient; nothing for what only the clinic does."""
    return next((words for start, words in DATES.items() if code.startswith(start)), "")


def date_line(item: Json, on: str) -> str:
    """November 2027: controle op de polikliniek."""
    when = month(item["due_on"]) if item["due_on"] >= on else SOON
    return f"{when.capitalize()}: {named(item['code'])}"


KINDS = {
    kind.code: kind
    for kind in (
        Kind("control", "Uitnodiging voor uw controle",
             lambda facts: bool(facts["visit"] or facts["due"]), control),
        Kind("dxa", "Uitnodiging voor een meting van uw botten (DXA)",
             lambda facts: bool(facts["visit"] or facts["due"]), dxa),
        Kind("missed", "Uw gemiste afspraak", lambda facts: bool(facts["missed"]), missed),
        Kind("result", "De uitslag van uw botmeting",
             lambda facts: any(found["t"] for found in (facts["scan"] or {"sites": ()})["sites"]), result),
        Kind("treatment", "Uw behandeling", lambda facts: bool(facts["course"]), treatment),
    )
}  # fmt: skip


def title(facts: Json) -> str:
    """What the letter is called; the treatment sheet names the medicine."""
    kind = KINDS[facts["kind"]]
    return f"{kind.title}: {drug_name(facts['course']['drug'])}" if kind.code == "treatment" else kind.title


def lacking(facts: Json) -> list[str]:
    """What keeps the letter from being made: her address for the envelope, and the number she is asked to ring."""
    found = [] if facts["recipient"]["complete"] else ["address"]
    return found if facts["clinic"]["phone"] else [*found, "phone"]
