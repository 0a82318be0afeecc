"""A row of what changed for a patient elsewhere: where she lives, who her GP is, that she died."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stdnum.exceptions import ValidationError
from stdnum.nl import postcode as dutch

from clinic.interop import values
from clinic.interop.reader import REFUSED, Reader
from clinic.interop.tables import Cell
from clinic.interop.values import Unreadable


@dataclass(frozen=True, slots=True)
class Address:
    """Where she lives, whole: half of a new address and half of the old one is nobody's."""

    street: str
    house_number: str | None
    postcode: str
    town: str

    def __str__(self) -> str:
        return f"{' '.join(filter(None, (self.street, self.house_number)))}, {self.postcode} {self.town}"


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A patient by her number, and by her birth date when the file has it."""

    row: int
    number: str
    birth_date: date | None = None
    address: Address | None = None
    gp_agb: str | None = None
    gp_name: str | None = None
    gp_town: str | None = None
    died_on: date | None = None
    source: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Of one patient the file tells each thing once."""
        return self.number, self.address is None, not (self.gp_agb or self.gp_name), self.died_on is None


def postcode(cell: Cell) -> str:
    """A Dutch postcode as the register holds it: 1234 AB."""
    try:
        return str(dutch.validate(str(cell)))
    except ValidationError as problem:
        raise Unreadable("postcode_unreadable", typed=str(cell)) from problem


def address(r: Reader) -> Address | None:
    """The address; a street without postcode or town is refused."""
    told = {name: r.text(name) for name in ("street", "postcode", "town")}
    if not any(told.values()):
        return None
    code = r.read("postcode", postcode)
    if not all(told.values()):
        r.complain("street", REFUSED, "address_incomplete")
        return None
    return Address(told["street"] or "", r.text("house_number"), code or "", told["town"] or "")


def change(r: Reader) -> ChangeRow:
    """What changed for one patient."""
    birth, died = r.read("birth_date", values.whole_date), r.read("died_on", values.whole_date)
    told = {name: r.text(name) for name in ("gp_agb", "gp_name", "gp_town", "source")}
    return ChangeRow(r.number, r.needed("number"), birth, address(r), died_on=died, **told)
