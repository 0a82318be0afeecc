"""The letter in Dutch: what a GP must know and do first, then what it rests on (HASP order); no advice, only facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from clinic.domain.vocabulary import PatientStatus
from clinic.letters import asked, blocks, earlier, findings, kinds, starts, stops
from clinic.letters.asked import capital
from clinic.letters.dutch import (
    as_known,
    day,
    day_in_words,
    drug_name,
    listed,
    month,
    prescription,
    sentence,
    since_about,
    trimmed,
    used_for,
)
from clinic.store.base import Json
from clinic.wording.labels import due_label, label

WORDS = 6
"""The version of these words: frozen with the facts of a letter, which is set again in the words it left with.

Who changes what any frozen letter says counts one up and keeps what was said before in `earlier`; the letters in
tests/letters/frozen hold every version to its text and page.
"""
DECISION = "Besluit"
"""The heading of the rubric that holds what was concluded; a message keeps a place of its own for it."""
MARKED = ("opening", "findings", "background", "following")
"""What a doctor decided and what is asked of the GP follow from what was signed, and are never put otherwise."""
KIND = "update medisch specialist"
BY_MONTH = ("control.", "dxa.", "spine_image.", "agreed.control", "agreed.dxa")
MISSED = {
    "control": "voor controle", "phone": "voor de telefonische controle", "dxa": "voor de DXA",
    "review": "bij de arts voor de beoordeling", "infusion": "voor het infuus of de injectie",
}  # fmt: skip
BACK_SOONER = "een nieuwe fractuur, een alarmsymptoom (pijn in bovenbeen, heup, lies of kaak, achter het borstbeen)"


class Section(NamedTuple):
    """A part of the letter; `requests` are numbered, and one whose code is `MARKED` may be put in other words."""

    heading: str
    paragraphs: tuple[str, ...]
    requests: tuple[str, ...] = ()
    code: str = ""


class Document(NamedTuple):
    """A whole letter in words, before it is set as text or as a page."""

    head: tuple[tuple[str, str], ...]
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    subject: str
    about: tuple[str, ...]
    salutation: str
    core: tuple[Section, ...]
    rest: tuple[Section, ...]
    signed: tuple[str, ...]
    footer: str


def document(facts: Json, reference: str = "", signed: Json | None = None) -> Document:
    """The letter of these facts; `signed` is who authorises it, None while nobody did."""
    return Document(
        head=tuple(head(facts, reference)),
        sender=tuple(part for part in (facts["clinic"]["hospital"], facts["clinic"]["department"]) if part),
        recipient=tuple(facts["recipient"]["lines"]) if facts["recipient"] else (),
        subject=subject(facts),
        about=tuple(about(facts["patient"])),
        salutation=salutation(facts, signed),
        core=tuple(in_own_words(section, facts) for section in core(facts)),
        rest=tuple(in_own_words(section, facts) for section in rest(facts)),
        signed=tuple(signatures(facts, signed)),
        footer=" · ".join(part for part in clinic_lines(facts["clinic"]) if part),
    )


def in_own_words(section: Section, facts: Json) -> Section:
    """The section as a person put it, when she did."""
    words = facts.get("edited", {}).get(section.code)
    return section._replace(paragraphs=paragraphs(words)) if words else section


def paragraphs(words: str) -> tuple[str, ...]:
    """What was typed, a paragraph for each line."""
    return tuple(part.strip() for part in words.split("\n") if part.strip())


def clinic_lines(clinic: Json) -> Iterator[str]:
    """Where the clinic is."""
    yield ", ".join(part for part in (clinic["street"], clinic["postcode_town"]) if part)
    yield clinic["phone"]
    yield clinic["email"]


def head(facts: Json, reference: str) -> Iterator[tuple[str, str]]:
    """Date, reference, kind of message, who is responsible, whom to call and when."""
    people, clinic = facts["people"], facts["clinic"]
    yield "Datum", day_in_words(facts["on"])
    yield "Ons kenmerk", reference or "concept"
    yield "Soort bericht", KIND
    if facts.get("copy_of"):
        yield "Afschrift van", f"brief aan {facts['copy_of']}"
    if people["responsible"]:
        yield "Hoofdbehandelaar", people["responsible"]["name"]
    yield "Contact", people["contact"]["name"]
    if clinic["phone"]:
        hours = f" ({clinic['phone_hours']})" if clinic["phone_hours"] else ""
        yield "Telefoon", f"{clinic['phone']}{hours}"


def subject(facts: Json) -> str:
    """The kind of contact and the patient: what a GP's list of letters shows."""
    if facts.get("words", 1) < 5:
        return earlier.subject(facts)
    first, *more = kinds.names(facts) if kinds.kinds_of(facts) else ["bericht"]
    kind, colon, outcome = capital(first).partition(":")
    first = f"{kind} osteoporose{colon}{outcome}"
    what = f"{first} met {listed(more)}" if more else first
    what = f"Correctie: {what}" if facts["replaces"] else what
    patient = facts["patient"]
    return f"{what} – {patient['name']}, {as_known(patient['born'], patient.get('born_precision', 'day'))}"


def about(patient: Json) -> Iterator[str]:
    """Where she lives, and her numbers; the BSN as nine plain digits."""
    yield patient["address"] or "adres niet vastgelegd"
    yield ", ".join(
        part for part in (f"BSN {patient['bsn']}" if patient["bsn"] else "BSN niet vastgelegd",
                          f"patiëntnummer {patient['number']}")
    )  # fmt: skip


def salutation(facts: Json, signed: Json | None) -> str:
    """Colleagues among doctors; a nurse names the GP; nobody's sex is guessed."""
    if signed and signed["role"] == "doctor":
        return "Geachte collega,"
    if not facts["recipient"]:
        return "Geachte heer of mevrouw,"
    return f"Geachte {facts['recipient']['salutation']},"


def core(facts: Json) -> Iterator[Section]:
    """Why this letter, what was decided, what is asked."""
    yield Section("", (" ".join(opening(facts)),), code="opening")
    decided = [decision(review, facts.get("words", 1)) for review in facts["reviews"]]
    decided += [stops.decision(stop, facts) for stop in facts.get("stops", ())]
    if decided:
        yield Section(DECISION, tuple(decided))
    asks = asked.requests if facts.get("words", 1) >= 4 else earlier.requests
    requests = tuple(asks(facts))
    lines = tuple(asked.lines(facts))
    if requests:
        yield Section("Wij vragen u", lines, requests)
    else:
        yield Section("", (" ".join(("Van u wordt nu niets gevraagd.", *lines)),))


def opening(facts: Json) -> Iterator[str]:
    """When she was seen, and how she is treated."""
    her = facts["patient"]["her"]
    for begun in facts.get("starts", ()):
        yield starts.told(begun, facts)
    for missed in facts.get("no_shows", ()):
        yield from no_show(missed, facts["patient"])
    for control in facts["controls"]:
        yield findings.seen(control, facts)
    for scan in facts["scans"]:
        yield f"Van {her} ontvingen wij de uitslag van de DXA van {day(scan['on'])}."
    if facts["reviews"] and not facts["controls"]:
        yield f"Bij {her} is de behandelduur beoordeeld."
    if facts.get("stops") and not (facts["controls"] or facts["reviews"] or facts["starts"]):
        yield f"De behandeling van {her} is gewijzigd."
    if facts["ended"]:
        patient = facts["patient"]
        yield followed_no_more({"status": patient["status"], "on": patient["status_on"]}, her)
    elif facts.get("left"):
        yield followed_no_more(facts["left"], her)
    yield from treatment(facts)
    for replaced in facts["replaces"]:
        yield f"Deze brief vervangt onze brief {replaced['reference']} van {day(replaced['sent_on'])}."


def followed_no_more(left: Json, her: str) -> str:
    """Since when the clinic does not follow her, and why."""
    if left["status"] == PatientStatus.DECEASED:
        return f"{capital(her)} is overleden op {day(left['on'])}."
    status = label(PatientStatus(left["status"]), "nl")
    return f"Wij volgen {her} niet meer sinds {day(left['on'])}: {status[:1].lower()}{status[1:]}."


def no_show(missed: Json, patient: Json) -> Iterator[str]:
    """To which appointment she did not come, and what was done to reach her."""
    what = MISSED[missed["kind"]]
    yield f"Op {day_in_words(missed['on'])} is {patient['her']} niet verschenen {what}."
    if missed["attempts"]:
        yield f"Pogingen om {patient['she']} te bereiken: {missed['attempts']}."


def treatment(facts: Json) -> Iterator[str]:
    """The drug, since when, until when, and its interruptions; of who left as it was on that day."""
    course, stopped, left = facts["course"], facts["stopped"], facts.get("left")
    if course:
        recorded = course["recorded_end"] if "recorded_end" in course else course["years"] and course["end"]
        until = f"gepland einde {day(recorded)}" if recorded else "de behandelduur is niet vastgelegd"
        since = as_known(course["started_on"], course["precision"])
        yield f"Behandeling{' op die dag' if left else ''}: {prescription(course)}, sinds {since}; {until}."
        for pause in course["pauses"]:
            yield f"Onderbroken van {day(pause['from'])} tot {day(pause['until'])}{because(pause['reason'])}."
        if course["paused_since"]:
            yield f"De behandeling is onderbroken sinds {day(course['paused_since'])}."
    elif stopped and stops.told_here(stopped, facts):
        yield "Er loopt geen behandeling."
    elif stopped:
        drug, why = drug_name(stopped["drug"]), asked.stop_reason(stopped)
        when = since_about(stopped["stopped_on"], stopped.get("precision", "day"))
        yield f"Er {'liep toen' if left else 'loopt'} geen behandeling; {drug} is gestopt {when} ({why})."
    elif not (facts["ended"] or asked.begins(facts)):
        yield "Er is geen behandeling vastgelegd."


def because(reason: str | None) -> str:
    """A reason in brackets, when there is one."""
    return f" ({reason})" if reason else ""


def decision(review: Json, words: int = WORDS) -> str:
    """What the doctor decided, and her reason in her own words; up to the fifth version a new start told no day."""
    drug = drug_name(review["drug"]) if review["drug"] else "de behandeling"
    until, effective = (day(review[name]) if review[name] else "" for name in ("until", "effective"))
    following = drug_name(review["next_drug"]) if review["next_drug"] else ""
    years = f" voor {trimmed(review['next_years'])} jaar" if review["next_years"] else ""
    begins = {"break": " voor een behandelpauze (drug holiday)", "end": ", einde van de behandeling"}
    stop = begins.get(review.get("stop_kind") or "", "")  # what was frozen before this was asked does not say
    again = f"Per {effective} opnieuw" if effective and words >= 6 else "Opnieuw"
    said = {
        "continue": f"Doorgaan met {drug} tot {until}.",
        "stop": f"Stoppen met {drug} per {effective}{stop}.",
        "switch": f"Per {effective} overgaan op {following or 'een ander middel'}{years}.",
        "postpone": f"Het besluit is uitgesteld tot uiterlijk {until}.",
        "break_on": f"De behandelpauze wordt voortgezet tot {until}.",
        "restart": f"{again} starten{' met ' + following if following else ''}{years}.",
    }[review["outcome"]]
    return f"{said} Reden: {sentence(review['reason'])}"


def rest(facts: Json) -> Iterator[Section]:
    """What was found, the background, what comes next, and what was added by hand."""
    found = list(findings.controls(facts))
    found += [findings.scan(scan) for scan in facts["scans"]]
    if found:
        yield Section("Bevindingen", tuple(found), code="findings")
    yield Section("Achtergrond", (" ".join(findings.background(facts)),), code="background")
    if facts["added"]:
        yield Section("Aanvulling", paragraphs(facts["added"]))
    if facts.get("blocks"):
        yield Section("", clinics_own(facts))
    handover = facts.get("handover")
    if facts["ended"] and handover:
        used = handed_over if facts.get("words", 1) >= 3 else earlier.handed_over
        told = (*used(handover), would_follow(handover), *back_sooner(facts))
        yield Section("Overdracht", told, code="following")
    else:
        yield Section("Vervolg", (" ".join(following(facts)),), code="following")


def clinics_own(facts: Json) -> tuple[str, ...]:
    """The clinic's own words for what this letter tells, as they were when its facts were put together."""
    return paragraphs("\n".join(blocks.filled(block["words"], facts) for block in facts["blocks"]))


def handed_over(handover: Json) -> Iterator[str]:
    """Exposure and planned end on the day she left; what nobody recorded says so."""
    used = [used_for(drug, days) for drug, days in handover["exposure"].items()] or ["geen bisfosfonaat vastgelegd"]
    yield f"Gebruikt, zonder onderbrekingen die niet meetellen: {listed(used)}."
    if handover["drug"]:
        end = day(handover["end"]) if handover["end"] else "niet vastgelegd"
        yield f"Gepland einde van {drug_name(handover['drug'])}: {end}."


def would_follow(handover: Json) -> str:
    """The dates that the clinic's rules gave on the day she left."""
    dates = [planned_item(item, "") for item in handover["items"]]
    return sentence(f"Volgens ons protocol zou volgen: {'; '.join(dates) or 'niets gepland'}")


def following(facts: Json) -> Iterator[str]:
    """The dates that stand as items, and when to send her back sooner."""
    planned = [planned_item(item, facts["on"]) for item in facts["items"]]
    yield sentence("; ".join(planned)) if planned else "Bij ons staat geen vervolg gepland."
    yield from back_sooner(facts)


def back_sooner(facts: Json) -> Iterator[str]:
    """With what she is to come back before that: in a treatment and after it, also to whoever follows her from now on.

    Up to the third version of the words it was told in a treatment alone.
    """
    after = facts.get("words", 1) >= 4 and facts["stopped"] and not asked.died(facts)
    if (facts["course"] and not asked.died(facts)) or after:
        limit = facts["renal_limit"]
        renal = f", een creatinineklaring onder {limit} ml/min" if limit else ""
        where = " (bij ons of bij wie de controle overneemt)" if facts.get("left") else ""
        yield f"Eerder terug{where} bij: {BACK_SOONER}{renal}."


def planned_item(item: Json, today: str) -> str:
    """Jaarcontrole november 2027; what is past says so."""
    due_on = item["due_on"]
    when = month(due_on) if item["code"].startswith(BY_MONTH) else day(due_on)
    if due_on < today:
        when = f"{day(due_on)} (streefdatum verstreken)"
    name = due_label(item["code"], "nl")
    return f"{name if name.startswith('DXA') else name[:1].lower() + name[1:]}: {when}"


def signatures(facts: Json, signed: Json | None) -> Iterator[str]:
    """Who wrote it and who authorised it, when."""
    contact = facts["people"]["contact"]
    if signed is None or signed["name"] != contact["name"]:
        yield f"{contact['name']}, {contact['function']} (opsteller)"
    if signed is None:
        yield "Nog niet geautoriseerd"
    else:
        yield f"{signed['name']}, {signed['function']}"
        yield f"Elektronisch geautoriseerd op {signed['at']}"
    if facts.get("copies"):
        yield f"Afschrift aan: {'; '.join(copy['name'] for copy in facts['copies'])}"
