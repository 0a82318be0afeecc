"""A calendar as RFC 5545 writes it: lines of at most 75 octets ended by CRLF, times in UTC, text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

LINE_OCTETS = 75


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a calendar. `starts` is UTC without a zone, or a day when no hour was agreed."""

    uid: str
    title: str
    place: str
    starts: date | datetime
    minutes: int
    changed: datetime
    revision: int
    cancelled: bool


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """The whole file."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Botwacht//Agenda//NL",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    lines += [line for event in events for line in entry(event)]
    return "".join(f"{folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def entry(event: Event) -> Iterator[str]:
    """The lines of one entry; nobody but its owner is meant to see it (CLASS)."""
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{stamp(event.changed)}"
    yield f"SEQUENCE:{event.revision}"
    yield from span(event.starts, event.minutes)
    yield f"SUMMARY:{escaped(event.title)}"
    if event.place:
        yield f"LOCATION:{escaped(event.place)}"
    yield f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def span(starts: date | datetime, minutes: int) -> tuple[str, str]:
    """From when until when; the end of a whole day is the next one (RFC 5545 3.6.1)."""
    if isinstance(starts, datetime):
        return f"DTSTART:{stamp(starts)}", f"DTEND:{stamp(starts + timedelta(minutes=minutes))}"
    return f"DTSTART;VALUE=DATE:{starts:%Y%m%d}", f"DTEND;VALUE=DATE:{starts + timedelta(days=1):%Y%m%d}"


def stamp(at: datetime) -> str:
    """A time in UTC."""
    return f"{at:%Y%m%dT%H%M%S}Z"


def escaped(text: str) -> str:
    """Text in which nothing separates (RFC 5545 3.3.11)."""
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,")):
        text = text.replace(plain, written)
    return "\\n".join(text.splitlines())


def folded(line: str) -> str:
    """The line in pieces that are short enough, no letter cut in two; a piece that goes on begins with a space."""
    pieces, octets = [""], 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > LINE_OCTETS:
            pieces.append("")
            octets = 1
        pieces[-1] += letter
        octets += size
    return "\r\n ".join(pieces)
