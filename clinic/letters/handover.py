"""What the next one to follow her has to know: exposure, planned end, and the dates that the rules would give."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from clinic.domain.due import from_facts
from clinic.domain.facts import Facts
from clinic.domain.protocol import Protocol
from clinic.domain.record import Course, Record
from clinic.domain.treatment import exposure, planned_end
from clinic.domain.vocabulary import PatientStatus
from clinic.store.base import Json


def items(facts: Facts, protocol: Protocol) -> list[Json]:
    """What is due next: the only dates to come that a letter may name; letters themselves are left out."""
    found = (x for x in from_facts(facts, protocol) if not x.code.startswith("letter."))
    return [{"code": item.code, "due_on": item.due_on.isoformat()} for item in sorted(found, key=lambda x: x.due_on)]


def as_left(record: Record, on: date) -> Facts | None:
    """Her record on the day she left, as it would go on if she had stayed; None while she is followed."""
    patient = record.patient
    if patient.status == PatientStatus.ACTIVE or patient.status_on is None:
        return None
    stayed = replace(record, patient=replace(patient, status=PatientStatus.ACTIVE, status_on=None))
    return Facts(stayed, min(patient.status_on, on))


def left(record: Record) -> Json | None:
    """Since when she is no longer followed, and why; None while she is."""
    patient = record.patient
    if patient.status == PatientStatus.ACTIVE or patient.status_on is None:
        return None
    return {"status": str(patient.status), "on": patient.status_on.isoformat()}


def handover(facts: Facts | None, protocol: Protocol) -> Json | None:
    """What stood on the day she left; None while she is followed."""
    if facts is None:
        return None
    current = facts.current
    return {
        "exposure": {str(drug): days for drug, days in exposure(facts, protocol).items()},
        "drug": str(current.drug) if current else None,
        "end": recorded_end(facts, current, protocol) if current else None,
        "items": items(facts, protocol),
    }


def recorded_end(facts: Facts, course: Course, protocol: Protocol) -> str | None:
    """The planned end that somebody recorded, by a duration or a decision to go on; never the drug's own term (C1)."""
    end = planned_end(facts, course, protocol)
    return end.on.isoformat() if course.planned_years is not None or end.set_by is not None else None
