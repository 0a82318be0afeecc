"""A row of the hospital's agenda: which appointment, of whom, when, for what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time

from clinic.interop import values
from clinic.interop.reader import Reader
from clinic.interop.tables import Cell
from clinic.interop.values import Unreadable
from clinic.store.appointments import KINDS, LONGEST, SHORTEST

STANDS, CANCELLED = "booked", "cancelled"
HOURS = re.compile(r"(\d{1,2}):([0-5]\d)(?::00)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class AgendaRow:
    """An appointment by the number that the hospital gave it; a move keeps that number."""

    row: int
    key: str
    number: str
    on: date
    kind: str
    at: time | None = None
    minutes: int | None = None
    place: str | None = None
    staff: str | None = None
    state: str = STANDS


def kind(cell: Cell) -> str:
    """The kind of appointment: the hospital's own codes are translated by the mapping."""
    text = str(cell).strip().lower()
    if text not in KINDS:
        raise Unreadable("appointment_kind_unknown", typed=str(cell))
    return text


def state(cell: Cell) -> str:
    """Whether the hospital says that it stands."""
    text = str(cell).strip().lower()
    if text not in (STANDS, CANCELLED):
        raise Unreadable("appointment_state_unknown", typed=str(cell))
    return text


def minutes(cell: Cell) -> int:
    """A length that an appointment can have, in minutes or as 0:45."""
    hours = HOURS.fullmatch(str(cell).strip())
    found = int(hours[1]) * 60 + int(hours[2]) if hours else values.number(cell)
    if found != int(found) or not SHORTEST <= found <= LONGEST:
        raise Unreadable("appointment_length", typed=str(cell), low=SHORTEST, high=LONGEST)
    return int(found)


def appointment(r: Reader) -> AgendaRow | None:
    """An appointment; one column with day and time may fill both fields."""
    on, what = r.read_needed("on", values.whole_date), r.read_needed("kind", kind)
    at, length, stands = r.read("at", values.clock), r.read("minutes", minutes), r.read("state", state)
    key, number = r.needed("key"), r.needed("number")
    if on is None or what is None:
        return None
    return AgendaRow(r.number, key, number, on, what, at, length, r.text("place"), r.text("staff"), stands or STANDS)
