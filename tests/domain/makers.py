"""Records with only the facts that matter to a test."""

from datetime import date
from decimal import Decimal

from clinic.domain import record as r
from clinic.domain.due import due_items, status
from clinic.domain.vocabulary import ControlKind, Drug, PatientStatus, ReviewOutcome, Sex, StopReason

EARLY = date(2000, 1, 1)


def d(text):
    """A day as written in the clinic, 10-03-2025."""
    day, month, year = map(int, text.split("-"))
    return date(year, month, day)


def course(drug="alendronic_acid", start="10-03-2025", years=5, **more):
    planned = None if years is None else Decimal(str(years))
    for name in ("stopped_on",):
        if isinstance(more.get(name), str):
            more[name] = d(more[name])
    return r.Course(Drug(drug), d(start), planned, **more)


def pause(start, until=None, counts=False, check_on=None):
    return r.Pause(d(start), d(until) if until else None, counts, d(check_on) if check_on else None)


def control(on, kind="clinic", **more):
    return r.Control(d(on), ControlKind(kind), **more)


def review(on, outcome, until=None, effective_on=None):
    return r.Review(
        d(on), ReviewOutcome(outcome), d(until) if until else None, d(effective_on) if effective_on else None
    )


def patient(registered=EARLY, status="active", status_on=None, **more):
    born = more.pop("birth_date", date(1950, 3, 1))
    sex = more.pop("sex", Sex.FEMALE)
    return r.Patient(sex, born, registered, PatientStatus(status), status_on, **more)


def record(*courses, who=None, **facts):
    return r.Record(who or patient(), courses, **facts)


def due(found, on, code):
    """The due dates of a code on a day, as written in the clinic."""
    return [item.due_on.strftime("%d-%m-%Y") for item in due_items(found, d(on)) if item.code == code]


def codes(found, on):
    return {item.code for item in due_items(found, d(on))}


def status_of(found, on, code):
    return [str(status(item, d(on))) for item in due_items(found, d(on)) if item.code == code]


BREAK = StopReason.PLANNED_BREAK
