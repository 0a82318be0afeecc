"""What an import does to the register, row by row: added, changed or left as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from clinic.interop.reader import CHECK, REFUSED, Complaint
from clinic.store.base import Fact
from clinic.store.patients import Patient
from clinic.store.treatments import CourseStop

T = TypeVar("T")
CHUNK = 500
Changes = dict[str, list[str | None]]
"""Field to old and new value."""
Groups = tuple[tuple[str, ...], ...]
Decided = dict[int, list[CourseStop]]
"""By patient the ends that a signed decision alone tells."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a row does, by the patient's number; row 0 is what the file as a whole says."""

    row: int
    number: str
    code: str
    params: dict[str, Any]


@dataclass(slots=True)
class Effect:
    """Counts, complaints that only the register could raise, and whose items have to be built anew."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused_rows: set[int] = field(default_factory=set)
    complaints: list[Complaint] = field(default_factory=list)
    touched: dict[int, Patient] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    written: list[Fact] = field(default_factory=list)
    """The facts that came with the file."""
    decided: Decided | None = None
    """What a signed decision told before the file; None when it brings no courses."""
    ended: list[CourseStop] = field(default_factory=list)
    """The ends that came of courses that were here before: the GP hears of them."""

    def tell(self, row: int, number: str, code: str, **params: Any) -> None:
        """Say what changes for a patient."""
        self.told.append(Told(row, number, code, params))

    def refuse(self, row: int, column: str, code: str, **params: Any) -> None:
        """A row stays out."""
        self.refused_rows.add(row)
        self.complaints.append(Complaint(row, column, REFUSED, code, params))

    def check(self, row: int, column: str, code: str, **params: Any) -> None:
        """A row comes in, and somebody should look."""
        self.complaints.append(Complaint(row, column, CHECK, code, params))

    def count(self, is_new: bool, is_changed: bool) -> None:
        """One row more."""
        self.added += is_new
        self.changed += is_changed and not is_new
        self.unchanged += not is_changed and not is_new


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Some at a time: a query holds only so many keys."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def differing(row: Any, told: dict[str, Any]) -> Changes:
    """Field to old and new value, of what a file tells otherwise; what it leaves empty is no change."""
    return {
        name: [plain(getattr(row, name)), plain(value)]
        for name, value in told.items()
        if value is not None and getattr(row, name) != value
    }


def together(name: str, groups: Groups) -> tuple[str, ...]:
    """The fields that go with one."""
    return next((names for names in groups if name in names), (name,))


def otherwise(row: Any, told: dict[str, Any], groups: Groups, named: Set[str]) -> Changes:
    """What a file tells otherwise: an empty cell by itself no change, but nothing outlives what it belonged to."""
    changes = differing(row, told)
    for name in {other for changed in changes for other in together(changed, groups)} & named:
        if told[name] is None and (was := getattr(row, name)) is not None:
            changes[name] = [plain(was), None]
    return changes


def plain(value: Any) -> str | None:
    """A value as the history keeps it."""
    return None if value is None else str(value)


def another(birth_date: date | None, patient: Patient) -> bool:
    """Whether a row that tells a birth date means somebody else; one known to the year alone proves nothing."""
    return birth_date is not None and patient.birth_precision == "day" and patient.birth_date != birth_date


def outside(effect: Effect, row: int, days: Mapping[str, date | None], born: date, latest: date, late: str) -> None:
    """Refuse a row with a day before the year of birth, or after the latest day that can be, named by `late`."""
    for column, on in days.items():
        if on is not None and (on > latest or on.year < born.year):  # a birth may be known to the year alone
            effect.refuse(row, column, late if on > latest else "before_birth", typed=on.strftime("%d-%m-%Y"))


def by(rows: Iterable[T], name: str) -> dict[Any, T]:
    """Rows by one of their fields."""
    return {getattr(row, name): row for row in rows}
