"""From a table and a mapping to typed rows of the register, and complaints by row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import Any

from clinic.domain.protocol import BISPHOSPHONATES
from clinic.domain.vocabulary import Drug, Sex, StartPrecision, StopReason
from clinic.interop import history as past
from clinic.interop import reached, values
from clinic.interop.agenda_rows import AgendaRow, appointment
from clinic.interop.change_rows import Address, ChangeRow, change
from clinic.interop.channel_rows import CHANNELS, ChannelRow, channel
from clinic.interop.edifact import ROOM
from clinic.interop.history import HistoryRow
from clinic.interop.mapping import Mapping
from clinic.interop.measured import measured
from clinic.interop.reader import CHECK, REFUSED, Complaint, Reader
from clinic.interop.tables import Cell, NoOutcome, Table, UnreadableFile
from clinic.interop.values import Unreadable


@dataclass(frozen=True, slots=True)
class PracticeRow:
    """A GP with the practice."""

    row: int
    key: str
    name: str
    family_name: str
    agb: str | None = None
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    town: str | None = None
    phone: str | None = None
    channel: str | None = None
    mailbox: str | None = None
    initials: str | None = None
    prefix: str | None = None
    gp_agb: str | None = None
    charset: str | None = None
    """The signs that her system reads in EDIFACT; as the hospital sends them when nobody says so."""
    named: frozenset[str] = frozenset()
    """The fields that the mapping fills: an empty one is told to be empty, any other is not told."""


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient, and what was measured on the day of `control_on`; heights in mm, weights in g."""

    row: int
    key: str
    number: str
    own_name: str
    birth_date: date
    birth_precision: StartPrecision
    sex: Sex
    initials: str | None = None
    own_prefix: str | None = None
    partner_prefix: str | None = None
    partner_name: str | None = None
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    town: str | None = None
    phone: str | None = None
    email: str | None = None
    gp_key: str | None = None
    gp_agb: str | None = None
    gp_name: str | None = None
    gp_town: str | None = None
    registered_on: date | None = None
    control_on: date | None = None
    height_mm: int | None = None
    weight_g: int | None = None
    note: str | None = None
    by_age: bool = False
    """Whether the birth year comes from an age: she may be born the year before."""
    named: frozenset[str] = frozenset()
    """The fields that the mapping fills: an empty one is told to be empty, any other is not told."""


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course, with its end and one interruption."""

    row: int
    patient_key: str
    drug: Drug
    started_on: date
    start_precision: StartPrecision
    planned_years: Decimal | None = None
    indication: str | None = None
    stopped_on: date | None = None
    stop_reason: StopReason | None = None
    pause_from: date | None = None
    pause_until: date | None = None
    birth_date: date | None = None
    """Whom the row means, said twice."""


Row = PracticeRow | PatientRow | CourseRow | AgendaRow | ChangeRow | HistoryRow | ChannelRow
ROWS: dict[str, type[Any]] = {
    "practices": PracticeRow, "patients": PatientRow, "courses": CourseRow, "appointments": AgendaRow,
    "changes": ChangeRow, "history": HistoryRow, "channels": ChannelRow,
}  # fmt: skip
DERIVED = {"row", "by_age", "birth_precision", "start_precision", "height_mm", "weight_g", "address", "named"}
FIELDS: dict[str, set[str]] = {kind: {entry.name for entry in fields(row)} - DERIVED for kind, row in ROWS.items()}
FIELDS["patients"] |= {"height_cm", "weight_kg"}
LONGEST_HEADER = 300
"""How much of a header is said back: what is no table can have a page of text for one."""
MEASURED = {"height_mm": "height_cm", "weight_g": "weight_kg"}
NOT_COMPARED = {"row", "birth_precision", "start_precision"}
FIELDS["changes"] |= {entry.name for entry in fields(Address)}
KEY_FIELD = {"courses": "patient_key", "changes": "number", "channels": "agb"}
FIELDS |= past.FIELDS


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: rows that can come in, and every complaint."""

    kind: str
    rows: tuple[Row, ...]
    complaints: tuple[Complaint, ...]
    named: frozenset[str] = frozenset()
    """Every key in the file, also of rows that stay out: what is not among them is not in the file."""
    columns: dict[str, str] = field(default_factory=dict)
    """Field to the column that it was read from."""
    feed: str = ""
    """The text before the first column of the key: what this kind of file has in all its keys."""
    key_lost: bool = False
    """Whether a key is a formula without an outcome: then what is not named may be in the file."""

    @property
    def refused(self) -> int:
        """How many rows stay out."""
        return len({complaint.row for complaint in self.complaints if complaint.level == REFUSED})


def parse(table: Table, mapping: Mapping) -> Parsed:
    """Every row of a table by its mapping; a key comes in once, and a second row of it says how it differs."""
    mapped = mapping.columns()
    missing = sorted(mapped - set(table.columns))
    if missing:
        here = ", ".join(filter(None, table.columns))
        raise UnreadableFile("column_missing", missing=", ".join(missing), columns=here[:LONGEST_HEADER])
    rows: list[Row] = []
    complaints: list[Complaint] = []
    seen: dict[object, Row] = {}
    named: set[str] = set()
    lost: set[str] = set()
    for number, cells in filled(table, mapped):
        unsaid = [column for column, cell in cells.items() if isinstance(cell, NoOutcome)]
        lost.update(unsaid)
        why = [Complaint(number, column, REFUSED, "cell_without_outcome") for column in unsaid]
        reader = Reader(number, cells, mapping, why)
        named.add(reader.text("key") or "")
        row = READERS[mapping.kind](reader)
        key = row and identity(row)
        if row is not None and key in seen:
            come_again(reader, seen[key], row)
        elif row is not None and not reader.refused():
            seen[key] = row
            rows.append(row)
        complaints.extend(reader.complaints)
    feed = mapping.fields.get("key", "").partition("{")[0]
    columns = {name: mapping.column_of(name) for name in mapping.fields}
    key_lost = not lost.isdisjoint(mapping.columns_of("key"))
    return Parsed(mapping.kind, tuple(rows), tuple(complaints), frozenset(named), columns, feed, key_lost)


def filled(table: Table, mapped: set[str]) -> Iterator[tuple[int, dict[str, Cell]]]:
    """Each row without the formulas that have no outcome in columns that nobody reads, and none with nothing else."""
    for number, cells in table.rows:
        told = {column: cell for column, cell in cells.items() if column in mapped or not isinstance(cell, NoOutcome)}
        if any(told.values()):
            yield number, told


def come_again(reader: Reader, first: Row, row: Row) -> None:
    """A second row of one patient or course goes with the first, which counts; of somebody else it stays out."""
    name = KEY_FIELD.get(reader.mapping.kind, "key")
    if not same_subject(first, row):
        reader.complain(name, REFUSED, "key_twice")
        return
    other = [
        reader.mapping.column_of(MEASURED.get(each.name, each.name)) for each in fields(row)
        if each.name not in NOT_COMPARED and getattr(row, each.name) not in (None, getattr(first, each.name))
    ]  # fmt: skip
    if other:
        reader.complain(name, CHECK, "row_again_differs", first=first.row, columns=", ".join(dict.fromkeys(other)))
    else:
        reader.complain(name, CHECK, "row_again", first=first.row)


def same_subject(first: Row, row: Row) -> bool:
    """Whether two rows with one key tell of one patient, or of one course."""
    if isinstance(first, PatientRow) and isinstance(row, PatientRow):
        return (first.birth_date, first.own_name.casefold()) == (row.birth_date, row.own_name.casefold())
    return isinstance(first, CourseRow) and isinstance(row, CourseRow) and first.drug is row.drug


def identity(row: Row) -> object:
    """What makes two rows of one file the same."""
    if isinstance(row, HistoryRow):
        return row.row  # a patient may have many rows; a fact told twice is one fact
    return (row.patient_key, row.started_on) if isinstance(row, CourseRow) else row.key


def practice(r: Reader) -> PracticeRow | None:
    """A GP and the practice; without an address it comes in, for letters cannot leave."""
    channel = r.text("channel")
    if channel is not None and channel not in CHANNELS:
        r.complain("channel", REFUSED, "channel_unknown", typed=channel)
    charset = r.text("charset")
    if charset is not None and charset not in ROOM:
        r.complain("charset", REFUSED, "charset_unknown", typed=charset)
    agb = {name: r.text(name) for name in ("agb", "gp_agb")}
    for name, number in agb.items():
        if number is not None and not (len(number) == 8 and number.isascii() and number.isdigit()):
            r.complain(name, REFUSED, "agb_form", typed=number)
    names = ("street", "house_number", "postcode", "town", "phone", "mailbox", "initials", "prefix")
    told = {name: r.text(name) for name in names}
    if not (told["street"] and told["postcode"] and told["town"]):
        r.complain("street", CHECK, "no_address")
    reached.check(r)
    key, name, family = r.needed("key"), r.needed("name"), r.needed("family_name")
    named = frozenset(r.mapping.fields)
    return PracticeRow(r.number, key, name, family, **agb, channel=channel, charset=charset, named=named, **told)


def born(r: Reader) -> tuple[date, StartPrecision] | None:
    """The birth date, or the birth year from an age on a known day."""
    if r.mapping.age_on is None:
        return r.read_needed("birth_date", values.partly_known)
    age = r.read_needed("birth_date", values.number)
    if age is None:
        return None
    if not 0 <= age <= 120:
        r.complain("birth_date", REFUSED, "age_impossible", typed=str(age))
        return None
    return date(r.mapping.age_on.year - int(age), 1, 1), StartPrecision.YEAR


def sex(cell: Cell) -> Sex:
    """v, vrouw, f, female; m, man, male."""
    text = str(cell).strip().lower()
    if text in {"v", "f", "vrouw", "female", "w"}:
        return Sex.FEMALE
    if text in {"m", "man", "male"}:
        return Sex.MALE
    raise Unreadable("sex_unknown", typed=str(cell))


def patient(r: Reader) -> PatientRow | None:
    """A patient, with one measurement when the mapping knows its day."""
    birth, gender = born(r), r.read_needed("sex", sex)
    height, weight = measured(r)
    if r.text("partner_prefix") and not r.text("partner_name"):
        r.complain("partner_prefix", REFUSED, "prefix_without_name")
    names = (
        "initials", "own_prefix", "partner_prefix", "partner_name", "street", "house_number", "postcode", "town",
        "phone", "email", "gp_key", "gp_agb", "gp_name", "gp_town", "note",
    )  # fmt: skip
    told = {name: r.text(name) for name in names}
    reached.check(r)
    key, number, own = r.needed("key"), r.needed("number"), r.needed("own_name")
    registered, control_on = r.read("registered_on", values.whole_date), r.read("control_on", values.whole_date)
    if birth is None or gender is None:
        return None
    return PatientRow(
        r.number, key, number, own, birth[0], birth[1], gender, registered_on=registered, control_on=control_on,
        height_mm=height, weight_g=weight, by_age=r.mapping.age_on is not None, named=frozenset(r.mapping.fields),
        **told,
    )  # fmt: skip


def reason(cell: Cell) -> StopReason:
    """Why a course was stopped, by its code."""
    try:
        return StopReason(str(cell).strip().lower())
    except ValueError as problem:
        raise Unreadable("stop_reason_unknown", typed=str(cell)) from problem


def course(r: Reader) -> CourseRow | None:
    """A course; years that are not offered are refused, as is an end before the start."""
    medicine, start = r.read_needed("drug", values.drug), r.read_needed("started_on", values.partly_known)
    years = r.read("planned_years", values.number)
    if years is not None and not (Decimal("0.5") <= years <= 10 and years * 2 % 1 == 0):
        r.complain("planned_years", REFUSED, "years_not_offered", typed=str(years))
    stopped, why = r.read("stopped_on", values.whole_date), r.read("stop_reason", reason)
    if stopped and r.text("stop_reason") is None:
        r.complain("stop_reason", CHECK, "stop_without_reason")
    pause, until = r.read("pause_from", values.whole_date), r.read("pause_until", values.whole_date)
    key = r.needed("patient_key")
    if medicine is None or start is None:
        return None
    for name, day in (("stopped_on", stopped), ("pause_from", pause)):
        if day is not None and day < start[0]:
            r.complain(name, REFUSED, "before_start")
    if pause and until and until < pause:
        r.complain("pause_until", REFUSED, "pause_ends_before")
    if pause and stopped and pause > stopped:
        r.complain("pause_from", REFUSED, "pause_after_stop")
    if why is StopReason.PLANNED_BREAK and medicine not in BISPHOSPHONATES:
        r.complain("stop_reason", REFUSED, "no_treatment_break")  # protocol K5
    return CourseRow(
        r.number, key, medicine, start[0], start[1], years, r.text("indication"), stopped,
        why or (StopReason.OTHER if stopped else None), pause, until, r.read("birth_date", values.whole_date),
    )  # fmt: skip


READERS: dict[str, Callable[[Reader], Row | None]] = {
    "practices": practice, "patients": patient, "courses": course, "appointments": appointment,
    "changes": change,
    "history": past.history,
    "channels": channel,
}  # fmt: skip
