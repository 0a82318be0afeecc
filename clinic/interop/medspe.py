"""MEDSPE version 1, the hospital's letter to a GP as EDIFACT: written, read back, and checked by our own table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from clinic.interop.edifact import LATIN_1, Segment, Unreadable, carried, read, segment, write

LINE = 70
MOST = 9999
COPIES = 5
"""So many names fit in KOP; who else receives a copy stands in the text, as all of them do."""
COPY_TO = "NAAR"
"""KOP is the copy "van/naar arts", its direction a3..4 and each name an element of its own: so two public readers have
it, zatosource/zato (zato/edifact/nl/segments.py, after the 3i specification of Nictiz, version 3.BSN) and the test
messages of an Open Integration Engine plugin (KOP+NAAR+name+++). Nobody of the receivers confirmed it yet."""
BELOW = "(Hier staat in de brief de conclusie van dit bericht.)"
"""In the text where the rubric stood that went into CON: who reads the message finds it, and reads it back there."""


class Person(NamedTuple):
    """Somebody's name in parts: the partner's, her own, first name and initials."""

    partner: str = ""
    partner_prefix: str = ""
    own: str = ""
    own_prefix: str = ""
    first: str = ""
    initials: str = ""


class Letter(NamedTuple):
    """What a message says; lengths are the format's own, what is longer is cut, but never the letter's text."""

    control: str
    sender: str
    mailbox: str
    at: datetime
    agb: str
    gp: Person
    department: str
    doctor: str
    hospital: str
    born: date
    sex: str
    patient: Person
    number: str
    bsn: str
    street: str
    house_number: str
    town: str
    postcode: str
    reference: str
    lines: Sequence[str]
    conclusion: Sequence[str] = ()
    """Those of its lines that hold what was concluded."""
    copies: Sequence[str] = ()
    charset: str = LATIN_1


class Rule(NamedTuple):
    """A segment in its place: how often, the longest that each component may be, which elements may not be empty."""

    tag: str
    least: int
    most: int
    widths: tuple[tuple[int, ...], ...]
    needed: tuple[int, ...] = ()


ADDRESS = (30, 8, 8, 20, 9)
RULES = (
    Rule("UNB", 1, 1, ((4, 1), (14,), (14,), (6, 4), (14,)), (0, 1, 2, 3, 4)),
    Rule("UNH", 1, 1, ((14,), (6, 1)), (0, 1)),
    Rule("ART", 1, MOST, ((1,), (6,), (30, 8, 8, 12), ADDRESS, (25,)), (0, 1, 2)),
    Rule("SPE", 1, 1, ((30,), (40,), (6,)), (0,)),
    Rule("ZKH", 0, 1, ((70,), ADDRESS, (25,), (3,))),
    Rule("AFD", 0, 1, ((70,), (25,))),
    Rule("PID", 0, 1, ((4, 2, 2), (1,), (30, 8, 30, 8, 12, 8), (12,), (12,)), (0, 1, 2)),
    Rule("PAD", 0, 1, (ADDRESS, (25,))),
    Rule("DET", 1, 1, ((2, 2, 2), (2, 2)), (0,)),
    Rule("KOP", 0, 1, ((4,), *((40,),) * COPIES), (0, 1)),
    Rule("REF", 0, 1, ((12,),)),
    Rule("TXT", 1, MOST, ((LINE,),)),
    Rule("CON", 0, MOST, ((LINE,),)),
    Rule("UNT", 1, 1, ((6,), (14,)), (0, 1)),
    Rule("UNZ", 1, 1, ((6,), (14,)), (0, 1)),
)
BY_TAG = {rule.tag: rule for rule in RULES}
"""The order of the table is the order in the message."""
FREE = ("TXT", "CON")


def message(letter: Letter) -> bytes:
    """The letter as one interchange, read back and checked before anybody gets it; Unreadable says what is wrong."""
    made = [fitted(part, letter.charset) for part in segments(letter)]
    content = write(made)
    again = read(content)
    if again != made or text_of(again) != pieces(letter.lines, letter.charset):
        raise Unreadable("message_otherwise")
    wrong = faults(again)
    if wrong:
        raise wrong[0]
    return content


def segments(letter: Letter) -> Iterator[Segment]:
    """The segments of a letter in their order."""
    day = letter.at.date()
    body = list(told(letter, day))
    yield segment("UNB", ("UNOA", "1"), letter.sender, letter.mailbox, (f"{day:%y%m%d}", f"{letter.at:%H%M}"),
                  letter.control)  # fmt: skip
    yield segment("UNH", letter.control, ("MEDSPE", "1"))
    yield from body
    yield segment("UNT", str(len(body) + 2), letter.control)
    yield segment("UNZ", "1", letter.control)


def told(letter: Letter, day: date) -> Iterator[Segment]:
    """Recipient, sender, patient, day, copies, text, conclusion."""
    gp, her = letter.gp, letter.patient
    yield segment("ART", "H", letter.agb[-6:], (gp.own, gp.own_prefix, gp.initials))
    yield segment("SPE", letter.department, letter.doctor)
    if letter.hospital:
        yield segment("ZKH", letter.hospital)
    yield segment("PID", (f"{letter.born:%Y}", f"{letter.born:%m}", f"{letter.born:%d}"), letter.sex,
                  (her.partner, her.partner_prefix, her.own, her.own_prefix, her.first, her.initials), letter.number,
                  f"BSN{letter.bsn}" if letter.bsn else "")  # fmt: skip
    if letter.street:
        yield segment("PAD", (letter.street, letter.house_number, "", letter.town, letter.postcode))
    yield segment("DET", (f"{day:%y}", f"{day:%m}", f"{day:%d}"), (f"{letter.at:%H}", f"{letter.at:%M}"))
    if letter.copies:
        yield segment("KOP", COPY_TO, *letter.copies[:COPIES])
    if letter.reference:
        yield segment("REF", letter.reference)
    text, conclusion = parted(letter)
    yield from (segment("TXT", line) for line in text)
    yield from (segment("CON", line) for line in conclusion)


def parted(letter: Letter) -> tuple[list[str], list[str]]:
    """The lines of the text with a line where the conclusion stood, and those of the conclusion.

    All of it is text when the conclusion could not be read back in its place.
    """
    said, concluded = (pieces(lines, letter.charset) for lines in (letter.lines, letter.conclusion))
    long = len(concluded)
    places = (at for at in range(len(said) - long + 1) if said[at : at + long] == concluded)
    at = next(places, None) if concluded and BELOW not in said else None
    return (said, []) if at is None else ([*said[:at], BELOW, *said[at + long :]], concluded)


def pieces(lines: Iterable[str], charset: str) -> list[str]:
    """The lines of a letter as lines of the message: nothing of a letter's text is ever cut off."""
    return [piece for line in lines for piece in broken(carried(line, charset))]


def broken(line: str) -> list[str]:
    """A line in as many as its length asks for."""
    return [line[place : place + LINE] for place in range(0, len(line), LINE)] or [""]


def fitted(part: Segment, charset: str) -> Segment:
    """A segment in the character set, its components no longer than their place; the text was broken, not cut."""
    widths = BY_TAG[part.tag].widths
    if part.tag in FREE:
        return part
    return segment(part.tag, *(cut(each, room, charset) for each, room in zip(part.elements, widths, strict=False)))


def cut(element: tuple[str, ...], room: tuple[int, ...], charset: str) -> tuple[str, ...]:
    """Its components in the character set, each no longer than its place."""
    return tuple(carried(word, charset)[:width].rstrip() for word, width in zip(element, room, strict=False))


def shortened(letter: Letter) -> list[str]:
    """The places of its message where less stands than the register has, as PID 3.1; never what stands there."""
    return [
        f"{part.tag} {place}.{component}"
        for part in segments(letter)
        if part.tag not in FREE
        for place, (element, room) in enumerate(zip(part.elements, BY_TAG[part.tag].widths, strict=False), 1)
        for component, (word, width) in enumerate(zip(element, room, strict=False), 1)
        if len(carried(word, letter.charset)) > width
    ]


def faults(found: Sequence[Segment]) -> list[Unreadable]:
    """What is wrong with a message; nothing when it may leave."""
    return [*order(found), *counts(found), *places(found), *envelope(found)]


def order(found: Sequence[Segment]) -> Iterator[Unreadable]:
    """Unknown segments, and known ones out of their order."""
    ranks = {rule.tag: rank for rank, rule in enumerate(RULES)}
    last = 0
    for part in found:
        if part.tag not in ranks:
            yield Unreadable("message_unknown", segment=part.tag[:3])
            continue
        if ranks[part.tag] < last:
            yield Unreadable("message_order", segment=part.tag)
        last = max(last, ranks[part.tag])


def counts(found: Sequence[Segment]) -> Iterator[Unreadable]:
    """How often each segment may be there."""
    tags = [part.tag for part in found]
    for rule in RULES:
        if not rule.least <= tags.count(rule.tag) <= rule.most:
            yield Unreadable("message_times", segment=rule.tag, times=str(tags.count(rule.tag)))


def places(found: Sequence[Segment]) -> Iterator[Unreadable]:
    """Lengths, and what may not be empty."""
    for part in found:
        rule = BY_TAG.get(part.tag)
        if rule is None:
            continue
        for place in rule.needed:
            if not any(part.at(place, component) for component in range(len(rule.widths[place]))):
                yield Unreadable(LACKS.get((part.tag, place), "message_lacks"), **where(part, place))
        for place, each in enumerate(part.elements):
            widths = rule.widths[place] if place < len(rule.widths) else ()
            if len(each) > len(widths) or any(len(word) > width for word, width in zip(each, widths, strict=False)):
                yield Unreadable("message_long", **where(part, place))


def where(part: Segment, place: int) -> dict[str, str]:
    """An element as the format counts them."""
    return {"segment": part.tag, "place": str(place + 1)}


LACKS = {
    ("UNB", 1): "message_own_mailbox", ("UNB", 2): "message_mailbox", ("ART", 1): "message_agb",
    ("SPE", 0): "message_department",
}  # fmt: skip
"""The elements that somebody can fill in."""


def envelope(found: Sequence[Segment]) -> Iterator[Unreadable]:
    """The counts and control references that tie the ends together."""
    ends = {part.tag: part for part in found if part.tag in ("UNB", "UNH", "UNT", "UNZ")}
    if len(ends) < 4:
        return
    tags = [part.tag for part in found]
    between = tags.index("UNT") - tags.index("UNH") + 1
    if ends["UNT"].at(0) != str(between):
        yield Unreadable("message_segments", said=ends["UNT"].at(0), found=str(between))
    if ends["UNZ"].at(0) != str(tags.count("UNH")):
        yield Unreadable("message_messages")
    if ends["UNT"].at(1) != ends["UNH"].at(0) or ends["UNZ"].at(1) != ends["UNB"].at(4):
        yield Unreadable("message_control")


def text_of(found: Sequence[Segment]) -> list[str]:
    """The lines of a message in the order of its letter: the conclusion where it stood, else at the end."""
    text, concluded = ([part.at(0) for part in found if part.tag == tag] for tag in FREE)
    place = text.index(BELOW) if BELOW in text and concluded else len(text)
    return [*text[:place], *concluded, *text[place + 1 :]]
