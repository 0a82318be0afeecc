"""The day from which a letter is owed of a fact; of many a fact none is (protocol S7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from clinic.domain.vocabulary import ControlKind, LetterAbout, PatientStatus
from clinic.services.letter_facts import versions
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.controls import Control
from clinic.store.corrections import letters_that_left
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.scans import Scan
from clinic.store.treatments import Course, CourseStop

CLOCKS: Mapping[LetterAbout, Any] = MappingProxyType({
    LetterAbout.DXA: Scan.received_on, LetterAbout.REVIEW: Review.on_date, LetterAbout.START: Course.started_on,
    LetterAbout.STOP: CourseStop.stopped_on,
})  # fmt: skip


def clock_of(work: Work, patient: Patient, about: LetterAbout, about_on: date, fact_id: int) -> date | None:
    """The day from which a letter is owed: a DXA counts from its receipt; None when none is owed.

    An interim contact asks for no letter unless one that left told of it as a control, nor does the end of a patient
    who died, nor a fact that no longer stands.
    """
    if about in CLOCKS:
        fact = CLOCKS[about].class_
        return work.session.scalar(select(CLOCKS[about]).where(fact.id == fact_id, fact.stands.is_(True)))
    if about == LetterAbout.CONTROL:
        control = work.session.get(Control, fact_id)
        asks = control is not None and control.stands and (control.kind != ControlKind.INTERIM or left(work, control))
        return about_on if asks else None
    if about == LetterAbout.NO_SHOW:
        query = select(Appointment.on_date).where(Appointment.id == fact_id, Appointment.state == "no_show")
        return work.session.scalar(query)
    return None if patient.status in (PatientStatus.ACTIVE, PatientStatus.DECEASED) else patient.status_on


def left(work: Work, control: Control) -> bool:
    """Whether a letter about a control left, in any version."""
    ids = versions(work, LetterAbout.CONTROL, control.id)
    return bool(letters_that_left(work.session, control.patient_id, LetterAbout.CONTROL, ids))
