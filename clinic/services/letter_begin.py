"""A letter that a person begins: of the start of a treatment, or of an appointment to which nobody came."""

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
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.treatments import Course

Fact = Course | Appointment
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
    """The letters that can be begun: of her latest start here, and of each missed appointment that none tells of."""
    found = possible(work, patient)
    return [one for one in found if one.about != LetterAbout.NO_SHOW or not telling(work, one.about, one.fact.id)]


def possible(work: Work, patient: Patient) -> list[Begin]:
    """The same, with the missed appointments of which a letter tells already."""
    if patient.status != PatientStatus.ACTIVE:
        return []
    starts = select(Course).where(
        Course.patient_id == patient.id, Course.stands.is_(True), Course.started_on >= patient.registered_on
    )
    missed = select(Appointment).where(
        Appointment.patient_id == patient.id,
        Appointment.state == "no_show",
        Appointment.on_date >= patient.registered_on,
    )
    start = work.session.scalars(starts.order_by(Course.started_on.desc(), Course.id.desc())).first()
    visits = missed.order_by(Appointment.on_date.desc(), Appointment.id.desc()).limit(MOST_MISSED)
    found = [Begin(LetterAbout.START, start)] if start else []
    return [*found, *(Begin(LetterAbout.NO_SHOW, visit) for visit in work.session.scalars(visits))]


def day_of(fact: Fact) -> date:
    """The day of the fact."""
    return fact.started_on if isinstance(fact, Course) else fact.on_date


def begin(work: Work, patient_id: int, about: str, fact_id: int | None = None) -> int:
    """Draft such a letter, or let the open one tell of it too, and say its number; RuleBroken when there is nothing.

    Without a fact it is the latest. A missed appointment that a letter tells of already leads to that one.
    """
    work.needs(May.WRITE_LETTER)
    patient = lock_patient(work, patient_id)
    asked = (one for one in possible(work, patient) if one.about == about and fact_id in (None, one.fact.id))
    chosen = next(asked, None)
    if chosen is None:
        raise RuleBroken("about", "letter_nothing_stands")
    told = telling(work, chosen.about, chosen.fact.id) if chosen.about == LetterAbout.NO_SHOW else []
    if told:
        return told[-1].id
    drafted = draft_for(work, patient, chosen.about, day_of(chosen.fact), chosen.fact.id)
    assert drafted is not None  # what is offered stands, and began after she was registered
    work.commit()
    return drafted
