"""Everything the record page shows of one patient, read in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, defer

from clinic.domain import alerts as alert_rules
from clinic.domain import due as due_rules
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem
from clinic.domain.protocol import Protocol
from clinic.domain.record import Course as Known
from clinic.domain.record import Record
from clinic.domain.vocabulary import AlertCode, AlertLevel
from clinic.security.audit import Action
from clinic.services.work import Merged, Work
from clinic.store import agenda, alarms, calls, records
from clinic.store.appointments import Appointment
from clinic.store.calls import Call
from clinic.store.letters import Letter, LetterSubject
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop, row_of
from clinic.store.users import User

LETTERS_SHOWN = CALLS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """The patient, the rules' view of today, and the facts behind it."""

    patient: Patient
    facts: Facts
    items: list[DueItem]
    alerts: list[alert_rules.Alert]
    protocol: Protocol
    rows: dict[type[Any], list[Any]]
    users: dict[int, str]
    there: frozenset[type[Any]]
    """The kinds of row that she has at all; of the others nothing needs to be read."""

    def row_of(self, course: Known) -> Course | None:
        """The row of a course that the rules know."""
        rows, stops = ([row for row in self.rows[table] if row.stands] for table in (Course, CourseStop))
        return row_of(course, rows, stops)


@dataclass(frozen=True, slots=True)
class WholeRecord(PatientRecord):
    """The same with her letters, visits and calls: what her own page tells besides, and no rule reads."""

    letters: list[Letter]
    agenda: Sequence[Any]
    calls: Sequence[Call]
    letters_to_her: Sequence[PatientLetter]
    left: Sequence[alert_rules.Alert]
    """Alarm symptoms that were corrected, voided or taken out, and wait for a doctor's note."""

    @property
    def booked(self) -> list[Appointment]:
        """The appointments that stand, the first day first."""
        return [row.Appointment for row in reversed(self.agenda) if row.Appointment.state == "booked"]


def open_facts(work: Work, patient_id: int) -> PatientRecord | None:
    """One patient's facts, and a line in the log that her record was opened; None when there is no such patient.

    Raises Merged when her number was merged into another.
    """
    patient = work.session.get(Patient, patient_id)
    if patient is None:
        return None
    if patient.merged_into_id is not None:
        raise Merged(patient_id)
    session = work.session
    session.flush()
    there = records.present(session.connection(), [patient_id])
    rows = {table: of_patient(session, table, patient_id) if table in there else [] for table in records.FACTS}
    facts = Facts(as_rules_see_her(session, patient, rows), work.today)
    items = due_rules.from_facts(facts, work.protocol)
    found = PatientRecord(
        patient=patient,
        facts=facts,
        items=due_rules.working_order(items, work.today),
        alerts=alert_rules.from_facts(facts, items, work.protocol),
        protocol=work.protocol,
        rows=rows,
        users=dict(session.execute(NAMES).all()),
        there=frozenset(there),
    )
    work.note(Action.PATIENT_OPENED, patient_id)
    return found


def open_record(work: Work, patient_id: int) -> WholeRecord | None:
    """Everything her page shows, noted as opened; None and Merged as for her facts."""
    found, session = open_facts(work, patient_id), work.session
    if found is None:
        return None
    there, hers = found.there, {"patient_id": patient_id}
    return WholeRecord(
        **{name: getattr(found, name) for name in PatientRecord.__slots__},
        letters=list(session.scalars(LETTERS, hers)),
        agenda=agenda.of_patient(session, patient_id) if Appointment in there else (),
        calls=calls.of_patient(session, patient_id, CALLS_SHOWN) if Call in there else (),
        letters_to_her=list(session.scalars(TO_HER, hers)) if PatientLetter in there else (),
        left=left(session, patient_id),
    )


def left(session: Session, patient_id: int) -> list[alert_rules.Alert]:
    """Her alarm symptoms that no rule tells of any more, and no doctor signed for."""
    why = {True: alert_rules.SYMPTOM_LEFT, False: alert_rules.SYMPTOM_LATER}
    source = alert_rules.SYMPTOM_SOURCE
    return [
        alert_rules.Alert(AlertCode(row.code), AlertLevel.RED, row.since, row.since, None, why[bool(row.left)], source)
        for row in alarms.left_of(session, patient_id)
    ]


def as_rules_see_her(session: Session, patient: Patient, rows: dict[type[Any], list[Any]]) -> Record:
    """The rules' record from rows already read: only those that stand."""
    standing = {table: {patient.id: [row for row in found if row.stands]} for table, found in rows.items()}
    return records.build(patient, standing | {LetterSubject: records.sent(session.connection(), [patient.id])})


def of_patient(session: Session, table: type[Any], patient_id: int) -> list[Any]:
    """All rows of a kind, voided ones too, superseded ones not: the newest version speaks for them."""
    return list(session.scalars(KNOWN[table], {"patient_id": patient_id}))


# put together once: a record asks for each
NAMES = select(User.id, User.name)
LETTERS = (
    select(Letter).where(Letter.patient_id == bindparam("patient_id")).order_by(Letter.id.desc()).limit(LETTERS_SHOWN)
)
TO_HER = (
    select(PatientLetter)
    .where(PatientLetter.patient_id == bindparam("patient_id"))
    .order_by(PatientLetter.id.desc())
    .limit(LETTERS_SHOWN)
    .options(defer(PatientLetter.facts), defer(PatientLetter.text))
)
KNOWN: dict[type[Any], Select[Any]] = {
    table: select(table)
    .where(table.patient_id == bindparam("patient_id"), table.stands.is_(True) | table.voided_at.is_not(None))
    .order_by(table.id)
    for table in records.FACTS
}
