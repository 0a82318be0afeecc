"""A letter that a person begins: of the start or end of a treatment, or of an appointment to which nobody came."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout, PatientStatus
from clinic.security.permissions import May
from clinic.services.facts import lock_patient
from clinic.services.letter_lists import Line
from clinic.services.letters import draft_for, telling
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.letter_lists import told_of
from clinic.store.letter_proof import decided
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop

Fact = Course | CourseStop | Appointment
MOST_MISSED = 5


class Begin(NamedTuple):
    """A letter that can be begun now, and the fact it would tell of."""

    about: LetterAbout
    fact: Fact


def letters_of(work: Work, patient_id: int) -> list[Line]:
    """Every letter about a patient, newest first, with what each tells of."""
    work.needs(May.READ_PATIENT)
    query = select(Letter).where(Letter.patient_id == patient_id).order_by(Letter.id.desc())
    found = work.session.scalars(query).all()
    about = told_of(work.session, [letter.id for letter in found]) if found else {}
    return [Line(letter, about.get(letter.id, [])) for letter in found]


def offered(work: Work, patient: Patient) -> list[Begin]:
    """The letters that can be begun: of her latest start here, of her latest end and each missed appointment untold."""
    found = possible(work, patient)
    return [one for one in found if one.about == LetterAbout.START or not telling(work, one.about, one.fact.id)]


def possible(work: Work, patient: Patient) -> list[Begin]:
    """The same, with what a letter tells of already; an end that a signed review tells of is none."""
    if patient.status != PatientStatus.ACTIVE:
        return []
    starts = select(Course).where(
        Course.patient_id == patient.id, Course.stands.is_(True), Course.started_on >= patient.registered_on
    )
    ends = select(CourseStop).where(
        CourseStop.patient_id == patient.id, CourseStop.stands.is_(True),
        CourseStop.stopped_on >= patient.registered_on, ~decided(),
    )  # fmt: skip
    missed = select(Appointment).where(
        Appointment.patient_id == patient.id,
        Appointment.state == "no_show",
        Appointment.on_date >= patient.registered_on,
    )
    start = work.session.scalars(starts.order_by(Course.started_on.desc(), Course.id.desc())).first()
    visits = missed.order_by(Appointment.on_date.desc(), Appointment.id.desc()).limit(MOST_MISSED)
    end = work.session.scalars(ends.order_by(CourseStop.stopped_on.desc(), CourseStop.id.desc())).first()
    found = [Begin(LetterAbout.START, start)] if start else []
    found += [Begin(LetterAbout.STOP, end)] if end else []
    return [*found, *(Begin(LetterAbout.NO_SHOW, visit) for visit in work.session.scalars(visits))]


def of_stop(work: Work, stop: CourseStop) -> Letter | None:
    """The last letter to the GP that tells of the end of a treatment, in any version of it."""
    return next(reversed(telling(work, LetterAbout.STOP, stop.id)), None)


def day_of(fact: Fact) -> date:
    """The day of the fact."""
    if isinstance(fact, CourseStop):
        return fact.stopped_on
    return fact.started_on if isinstance(fact, Course) else fact.on_date


def begin(work: Work, patient_id: int, about: str, fact_id: int | None = None) -> int:
    """Draft such a letter, or let the open one tell of it too, and say its number; RuleBroken when there is nothing.

    Without a fact it is the latest. An end or missed appointment that a letter tells of already leads to that one.
    """
    work.needs(May.WRITE_LETTER)
    patient = lock_patient(work, patient_id)
    asked = (one for one in possible(work, patient) if one.about == about and fact_id in (None, one.fact.id))
    chosen = next(asked, None)
    if chosen is None:
        raise RuleBroken("about", "letter_nothing_stands")
    told = telling(work, chosen.about, chosen.fact.id) if chosen.about != LetterAbout.START else []
    if told:
        return told[-1].id
    drafted = draft_for(work, patient, chosen.about, day_of(chosen.fact), chosen.fact.id)
    assert drafted is not None  # what is offered stands, and began after she was registered
    work.commit()
    return drafted
