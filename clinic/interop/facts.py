"""The contract's facts, as JSON, to and from a record; what cannot be read is named by field and expectation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from clinic.domain import record as r
from clinic.domain import vocabulary as v

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
Reader = Callable[[Any, str], Any]
NEEDED: Any = object()
FIRST_YEAR, LAST_YEAR = 1900, 2100
"""What lies outside is a typing error, and too near the ends of the calendar to count from."""
MOST = 999_999
"""More than any measure can be, in the unit in which it is kept."""


class Unreadable(Exception):
    """A field that cannot be read; says which and what was expected."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: expected {expected}")
        self.field = field
        self.expected = expected


def day(value: Any, field: str) -> date:
    """An ISO 8601 date of a year in which something can have happened, or be planned."""
    try:
        if isinstance(value, str) and len(value) == 10:
            found = date.fromisoformat(value)
            if FIRST_YEAR <= found.year <= LAST_YEAR:
                return found
    except ValueError:
        pass
    raise Unreadable(field, f"a date as YYYY-MM-DD, from {FIRST_YEAR} to {LAST_YEAR}")


def one_of(members: type[E]) -> Reader:
    """A member of a closed list."""
    names = ", ".join(members)

    def read(value: Any, field: str) -> E:
        try:
            return members(value)
        except ValueError:
            raise Unreadable(field, f"one of {names}") from None

    return read


def whole(value: Any, field: str) -> int:
    """A whole number of zero or more."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise Unreadable(field, f"a whole number from 0 to {MOST}")
    return value


def measure(value: Any, field: str) -> int:
    """What was measured: a whole number, never zero."""
    found = whole(value, field)
    if found == 0:
        raise Unreadable(field, f"a whole number from 1 to {MOST}")
    return found


def yes_no(value: Any, field: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Unreadable(field, "true or false")
    return value


def text(value: Any, field: str) -> str:
    """Text."""
    if not isinstance(value, str):
        raise Unreadable(field, "text")
    return value


def decimal(value: Any, field: str) -> Decimal:
    """A decimal number, as text or number."""
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            number = Decimal(str(value))
            if number.is_finite() and abs(number) <= MOST:
                return number
    except (InvalidOperation, ValueError):
        pass
    raise Unreadable(field, f"a decimal number of {MOST} at most")


def years(value: Any, field: str) -> Decimal:
    """Whole or half years from 0.5 to 10."""
    number = decimal(value, field)
    if not Decimal("0.5") <= number <= 10 or number * 2 % 1:
        raise Unreadable(field, "a whole or half number of years from 0.5 to 10")
    return number


def many(read: Reader) -> Reader:
    """A list."""

    def read_all(value: Any, field: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Unreadable(field, "a list")
        return tuple(read(item, f"{field}[{index}]") for index, item in enumerate(value))

    return read_all


def table(make: Callable[..., T], **columns: tuple[str, Reader, Any]) -> Reader:
    """An object: its fields, how each is read, and what an absent one means; unknown fields are refused."""
    by_key = {key: (name, read, default) for name, (key, read, default) in columns.items()}

    def read(value: Any, field: str) -> T:
        if not isinstance(value, Mapping):
            raise Unreadable(field, "an object")
        for key in value:
            if key not in by_key:
                raise Unreadable(f"{field}.{key}", f"no such field; known are {', '.join(by_key)}")
        found = {}
        for key, (name, read_field, default) in by_key.items():
            if value.get(key) is None:
                if default is NEEDED:
                    raise Unreadable(f"{field}.{key}", "a value; it may not be absent")
                if default is not None:
                    found[name] = default
            else:
                found[name] = read_field(value[key], f"{field}.{key}")
        return make(**found)

    return read


def scan(**found: Any) -> r.Scan:
    """A DXA; `received_on` absent means the day it was made, null not in yet."""
    return r.Scan(**found)


def control(symptoms: tuple[v.Symptom, ...] | None = None, **found: Any) -> r.Control:
    """A control; with a list of symptoms she was asked about each of them, and none is known without a list."""
    if symptoms is None:
        return r.Control(**found)
    return r.Control(**found, symptoms=symptoms, asked=tuple(v.Symptom))


def sites(value: Any, field: str) -> dict[v.ScanSite, r.ScanSiteValue]:
    """Values by site."""
    if not isinstance(value, Mapping):
        raise Unreadable(field, "an object by site")
    return {one_of(v.ScanSite)(name, field): SITE(item, f"{field}.{name}") for name, item in value.items()}


SITE = table(r.ScanSiteValue, bmd_mg_cm2=("bmd_mg_cm2", measure, None), t_score=("t_score", decimal, None))
PATIENT = table(
    r.Patient,
    sex=("sex", one_of(v.Sex), NEEDED),
    birth_date=("birth_date", day, NEEDED),
    registered_on=("registered_on", day, NEEDED),
    status=("status", one_of(v.PatientStatus), v.PatientStatus.ACTIVE),
    status_on=("status_on", day, None),
    recalled_max_height_mm=("recalled_max_height_mm", measure, None),
    handover_confirmed_on=("handover_confirmed_on", day, None),
)
PAUSE = table(
    r.Pause,
    from_on=("from", day, NEEDED),
    until_on=("until", day, None),
    counts=("counts", yes_no, False),
    check_on=("check_on", day, None),
)
COURSE = table(
    r.Course,
    drug=("drug", one_of(v.Drug), NEEDED),
    started_on=("started_on", day, NEEDED),
    start_precision=("start_precision", one_of(v.StartPrecision), v.StartPrecision.DAY),
    planned_years=("planned_years", years, None),
    stopped_on=("stopped_on", day, None),
    stop_reason=("stop_reason", one_of(v.StopReason), None),
    controls_by=("controls_by", one_of(v.ControlsBy), v.ControlsBy.CLINIC),
    doses=("doses", many(day), ()),
    pauses=("pauses", many(PAUSE), ()),
)
INTAKE = table(r.Intake, **{name: (name, yes_no, None) for name in ("fasting", "water", "upright", "calcium_apart")})
CONTROL = table(
    control,
    on=("on", day, NEEDED),
    kind=("kind", one_of(v.ControlKind), v.ControlKind.CLINIC),
    counts=("counts", yes_no, None),
    height_mm=("height_mm", measure, None),
    weight_g=("weight_g", measure, None),
    missed_doses=("missed_doses", whole, None),
    symptoms=("symptoms", many(one_of(v.Symptom)), None),
    intake=("intake", INTAKE, None),
)
SCAN = table(
    scan,
    on=("on", day, NEEDED),
    received_on=("received_on", day, None),
    device=("device", text, None),
    sites=("sites", sites, {}),
)
LISTS: dict[str, Reader] = {
    "courses": COURSE,
    "controls": CONTROL,
    "scans": SCAN,
    "spine_images": table(r.SpineImage, on=("on", day, NEEDED)),
    "fractures": table(
        r.Fracture,
        on=("on", day, NEEDED),
        site=("site", one_of(v.FractureSite), v.FractureSite.OTHER),
        low_energy=("low_energy", yes_no, None),
    ),
    "labs": table(r.Lab, on=("on", day, NEEDED), creatinine_umol_l=("creatinine_umol_l", measure, None)),
    "glucocorticoids": table(
        lambda **found: r.Glucocorticoid(**{"until_on": None, "mg_per_day": Decimal(0), **found}),
        from_on=("from", day, NEEDED),
        until_on=("until", day, None),
        mg_per_day=("mg_per_day", decimal, None),
    ),
    "reviews": table(
        r.Review,
        on=("on", day, NEEDED),
        outcome=("outcome", one_of(v.ReviewOutcome), NEEDED),
        until=("until", day, None),
        effective_on=("effective_on", day, None),
    ),
    "agreements": table(
        r.Agreement,
        what=("what", one_of(v.AgreementWhat), NEEDED),
        on=("on", day, NEEDED),
        made_on=("made_on", day, NEEDED),
        why=("why", text, None),
    ),
    "waivers": table(r.Waiver, code=("code", text, NEEDED), due_on=("due_on", day, NEEDED), on=("on", day, NEEDED)),
    "notes": table(r.Note, alert=("alert", text, NEEDED), on=("on", day, NEEDED)),
    "letters": table(
        r.Letter,
        about=("about", one_of(v.LetterAbout), NEEDED),
        about_on=("about_on", day, NEEDED),
        sent_on=("sent_on", day, None),
    ),
}


def record(value: Any) -> r.Record:
    """The record of one patient's facts; raises Unreadable."""
    if not isinstance(value, Mapping):
        raise Unreadable("facts", "an object")
    for key in value:
        if key != "patient" and key not in LISTS:
            raise Unreadable(key, f"no such field; known are patient, {', '.join(LISTS)}")
    if value.get("patient") is None:
        raise Unreadable("patient", "a value; it may not be absent")
    found = {name: many(read)(value.get(name) or [], name) for name, read in LISTS.items()}
    found["scans"] = tuple(
        r.Scan(s.on, s.on if "received_on" not in given else s.received_on, s.device, s.sites)
        for s, given in zip(found["scans"], value.get("scans") or [], strict=True)
    )
    made = r.Record(patient=PATIENT(value["patient"], "patient"), **found)
    check(made)
    return made


def check(made: r.Record) -> None:
    """What no single field can say: courses do not overlap, a pause ends after it begins."""
    running = [c for c in made.courses if c.stopped_on is None]
    if len(running) > 1:
        raise Unreadable("courses", "at most one course without a stop")
    for index, course in enumerate(made.courses):
        if course.stopped_on is not None and course.stopped_on < course.started_on:
            raise Unreadable(f"courses[{index}].stopped_on", "a date on or after started_on")
        for number, pause in enumerate(course.pauses):
            if pause.until_on is not None and pause.until_on < pause.from_on:
                raise Unreadable(f"courses[{index}].pauses[{number}].until", "a date on or after from")
    if made.patient.status != v.PatientStatus.ACTIVE and made.patient.status_on is None:
        raise Unreadable("patient.status_on", "a date when the status is not active")
