"""From rows to the rules' view of one patient or of many, in a bounded number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple, cast

from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Integer, Row, Select, bindparam, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session, load_only

from clinic.domain import record as domain
from clinic.domain.vocabulary import (
    AgreementWhat,
    ControlKind,
    ControlsBy,
    Drug,
    FractureSite,
    LetterAbout,
    PatientStatus,
    ReviewOutcome,
    ScanSite,
    Sex,
    StartPrecision,
    StopReason,
)
from clinic.store.appointments import Appointment
from clinic.store.calls import Call
from clinic.store.controls import Agreement, Control
from clinic.store.corrections import CorrectionNotice
from clinic.store.due import RedAlert
from clinic.store.imports import EarlierLetter
from clinic.store.letters import Letter, LetterSubject
from clinic.store.merges import Merge
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Glucocorticoid, Patient, PatientChange
from clinic.store.proposals import Proposal
from clinic.store.reported_deaths import ReportedDeath
from clinic.store.reviews import AlertNote, Override, Review, Waiver
from clinic.store.rights import Statement
from clinic.store.scans import Fracture, Lab, Scan, ScanValue, SpineImage
from clinic.store.treatments import Course, CourseStop, Dose, Pause

Rows = dict[int, list[Any]]
Standing = dict[type[Any], Rows]


class Known(NamedTuple):
    """What was read of some patients: which tables know any, what stands of them, and the records built of it."""

    there: set[type[Any]]
    standing: Standing
    records: dict[int, domain.Record]


def load(session: Session, patient_id: int) -> domain.Record:
    """One patient's record; raises NoResultFound when there is no such patient."""
    return load_many(session, [session.get_one(Patient, patient_id)])[patient_id]


def load_many(session: Session, patients: Sequence[Patient]) -> dict[int, domain.Record]:
    """The records of these patients; the number of queries does not depend on how many there are."""
    ids = [patient.id for patient in patients]
    session.flush()  # what is read here are bare columns, for which a session does not look after what waits in it
    connection = session.connection()
    return built(patients, stands(connection, present(connection, ids), ids, whole=False))


def people(session: Session, whose: ColumnElement[bool]) -> Sequence[Patient]:
    """These patients with no more of each than the rules and what keeps step with them read."""
    return session.scalars(select(Patient).where(whose).order_by(Patient.id).options(PERSON)).all()


def stands(connection: Connection, there: set[type[Any]], ids: Sequence[int], whole: bool) -> Standing:
    """What stands of these patients by kind, as the rules read it or whole, and what letters that were sent told."""
    found = {table: read(connection, table, ids, whole) if table in there else {} for table in FACTS}
    return found | {LetterSubject: sent(connection, ids)}


def read(connection: Connection, table: type[Any], ids: Sequence[int], whole: bool) -> Rows:
    """The rows of one kind that stand, by patient."""
    found: Rows = defaultdict(list)
    ask, whom = asked(ids)
    rows = connection.execute((ask.whole if whole else ask.read)[table], whom)
    for row in scans(rows) if table is Scan else rows:
        found[row.patient_id].append(row)
    return found


class ReadScan(NamedTuple):
    """A scan as the rules and the letters read it."""

    patient_id: int
    id: int
    made_on: date | None
    received_on: date | None
    device: str | None
    recorded_at: datetime
    sites: list[Any]


def scans(rows: Iterable[Row[Any]]) -> Iterator[ReadScan]:
    """Each scan with what it says of its sites, which were read along."""
    for scan, sites in groupby(rows, lambda row: tuple(row[: len(OF_SCAN)])):
        yield ReadScan._make((*scan, [row for row in sites if row.site is not None]))


def known(session: Session, patients: Sequence[Patient]) -> Known:
    """What stands of these patients as a whole, for their letters are made of it too."""
    ids = [patient.id for patient in patients]
    session.flush()
    connection = session.connection()
    there = present(connection, ids)
    standing = stands(connection, there, ids, whole=True)
    return Known(there, standing, built(patients, standing))


def built(patients: Sequence[Patient], rows: Standing) -> dict[int, domain.Record]:
    """The records of these patients from what stands of them and was sent."""
    return {patient.id: build(patient, rows) for patient in patients}


FACTS: tuple[type[Any], ...] = (
    Course, CourseStop, Pause, Dose, Control, Scan, SpineImage, Fracture, Lab, Glucocorticoid, Review, Agreement,
    Waiver, Override, AlertNote, EarlierLetter,
)  # fmt: skip


# what else a record shows or keeps in step, by the column that says whose it is
BESIDES: dict[type[Any], InstrumentedAttribute[int]] = {
    Appointment: Appointment.patient_id,
    Call: Call.patient_id,
    CorrectionNotice: CorrectionNotice.patient_id,
    Merge: Merge.kept_id,
    PatientChange: PatientChange.patient_id,
    PatientLetter: PatientLetter.patient_id,
    Proposal: Proposal.patient_id,
    RedAlert: RedAlert.patient_id,
    ReportedDeath: ReportedDeath.patient_id,
    Statement: Statement.patient_id,
}
ASKED: dict[type[Any], InstrumentedAttribute[int]] = {table: table.patient_id for table in FACTS} | BESIDES


def present(connection: Connection, ids: Sequence[int]) -> set[type[Any]]:
    """Which of these a patient has at all, by what was written: one question costs less than ten empty answers."""
    ask, whom = asked(ids)
    row = connection.execute(ask.present, whom).one()
    return {table for table, there in zip(ASKED, row, strict=True) if there}


def bare(one: InstrumentedAttribute[Any]) -> Column[Any]:
    """The column itself: a row of columns is only read, and needs none of the ORM's bookkeeping."""
    return cast(Column[Any], one.property.columns[0])


OF_SCAN = (Scan.patient_id, Scan.id, Scan.made_on, Scan.received_on, Scan.device, Scan.recorded_at)
READ_OF: dict[type[Any], tuple[InstrumentedAttribute[Any], ...]] = {
    Course: (Course.id, Course.drug, Course.started_on, Course.start_precision, Course.planned_years,
             Course.controls_by),
    CourseStop: (CourseStop.course_id, CourseStop.stopped_on, CourseStop.reason),
    Pause: (Pause.course_id, Pause.from_on, Pause.until_on, Pause.counts, Pause.check_on),
    Dose: (Dose.course_id, Dose.on_date),
    Control: (Control.on_date, Control.kind, Control.counts_as_full, Control.height_mm, Control.weight_g,
              Control.missed_doses, Control.symptoms, Control.intake_fasting, Control.intake_water,
              Control.intake_upright, Control.intake_calcium_apart),
    Scan: OF_SCAN[1:],
    SpineImage: (SpineImage.on_date,),
    Fracture: (Fracture.on_date, Fracture.site, Fracture.low_energy),
    Lab: (Lab.on_date, Lab.creatinine_umol_l),
    Glucocorticoid: (Glucocorticoid.from_on, Glucocorticoid.until_on, Glucocorticoid.mg_per_day),
    Review: (Review.on_date, Review.outcome, Review.until_on, Review.effective_on),
    Agreement: (Agreement.what, Agreement.on_date, Agreement.made_on, Agreement.why),
    Waiver: (Waiver.code, Waiver.due_on, Waiver.on_date),
    Override: (Override.code, Override.subject, Override.computed_on, Override.chosen_on, Override.on_date,
               Override.reason),
    AlertNote: (AlertNote.alert, AlertNote.on_date, AlertNote.outcome),
    EarlierLetter: (EarlierLetter.about, EarlierLetter.about_on, EarlierLetter.sent_on),
}  # fmt: skip
PERSON = load_only(
    Patient.sex, Patient.birth_date, Patient.registered_on, Patient.status, Patient.status_on,
    Patient.recalled_max_height_mm, Patient.handover_confirmed_on, Patient.facts_version, Patient.refresh_on,
    Patient.nothing_planned, Patient.merged_into_id, raiseload=True,
)  # fmt: skip


class Asked(NamedTuple):
    """What is asked of the rows of some patients: put together once, for a record asks for each."""

    present: Select[*tuple[Any, ...]]
    read: dict[type[Any], Select[Any]]
    whole: dict[type[Any], Select[Any]]
    sent: Select[Any]


def put_together(of: Callable[[Column[Any]], ColumnElement[bool]]) -> Asked:
    """The questions about those whom a column is `of`."""

    def hers(table: type[Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return of(bare(table.patient_id)), bare(table.stands).is_(True)

    def asked_of(table: type[Any], some: Iterable[Any]) -> Select[Any]:
        return select(*some).where(*hers(table)).order_by(bare(table.id))  # as entered, on every database

    read = {table: asked_of(table, map(bare, (table.patient_id, *some))) for table, some in READ_OF.items()}
    sites = map(bare, (ScanValue.site, ScanValue.bmd_mg_cm2, ScanValue.t_score))
    with_sites = (Scan.__table__, ScanValue.__table__, bare(ScanValue.scan_id) == bare(Scan.id))
    read[Scan] = read[Scan].add_columns(*sites).outerjoin_from(*with_sites).order_by(bare(ScanValue.site))
    sent = (LetterSubject.patient_id, LetterSubject.about, LetterSubject.about_on, LetterSubject.fact_id,
            Letter.id, Letter.reference, Letter.sent_on)  # fmt: skip
    return Asked(
        select(*(exists().where(of(bare(whose))).label(table.__tablename__) for table, whose in ASKED.items())),
        read,
        {table: asked_of(table, [table.__table__]) for table in FACTS} | {Scan: read[Scan]},
        select(*map(bare, sent))
        .join_from(LetterSubject.__table__, Letter.__table__, bare(Letter.id) == bare(LetterSubject.letter_id))
        .where(of(bare(LetterSubject.patient_id)), bare(Letter.sent_on).is_not(None)),
    )


IDS: BindParameter[int] = bindparam("ids", type_=Integer, expanding=True)
ONE: BindParameter[int] = bindparam("id", type_=Integer)
OF_MANY, OF_ONE = put_together(lambda column: column.in_(IDS)), put_together(lambda column: column == ONE)


def asked(ids: Sequence[int]) -> tuple[Asked, dict[str, Any]]:
    """The questions and whom they are about; a list is written out anew at each question, one number is not."""
    return (OF_ONE, {"id": ids[0]}) if len(ids) == 1 else (OF_MANY, {"ids": list(ids)})


def sent(connection: Connection, ids: Sequence[int]) -> Rows:
    """What was told in which letter that was sent, by patient."""
    found: Rows = defaultdict(list)
    ask, whom = asked(ids)
    for row in connection.execute(ask.sent, whom):
        found[row.patient_id].append(row)
    return found


def build(patient: Patient, rows: Standing) -> domain.Record:
    """The record of one patient from her rows."""

    def of(table: type[Any]) -> list[Any]:
        return rows[table].get(patient.id, [])

    return domain.Record(
        patient=person(patient),
        courses=tuple(course(row, of(CourseStop), of(Pause), of(Dose)) for row in of(Course)),
        controls=tuple(control(row) for row in of(Control)),
        scans=tuple(scan(row) for row in of(Scan) if row.made_on is not None),
        spine_images=tuple(domain.SpineImage(row.on_date) for row in of(SpineImage) if row.on_date is not None),
        fractures=tuple(domain.Fracture(row.on_date, FractureSite(row.site), row.low_energy) for row in of(Fracture)),
        labs=tuple(domain.Lab(row.on_date, row.creatinine_umol_l) for row in of(Lab)),
        glucocorticoids=tuple(
            domain.Glucocorticoid(row.from_on, row.until_on, row.mg_per_day) for row in of(Glucocorticoid)
        ),
        reviews=tuple(
            domain.Review(row.on_date, ReviewOutcome(row.outcome), row.until_on, row.effective_on) for row in of(Review)
        ),
        agreements=tuple(
            domain.Agreement(AgreementWhat(row.what), row.on_date, row.made_on, row.why) for row in of(Agreement)
        ),
        waivers=tuple(domain.Waiver(row.code, row.due_on, row.on_date) for row in of(Waiver)),
        overrides=tuple(moved(row) for row in of(Override)),
        notes=tuple(domain.Note(row.alert, row.on_date, row.outcome) for row in of(AlertNote)),
        letters=(
            *(domain.Letter(LetterAbout(row.about), row.about_on, row.sent_on) for row in of(LetterSubject)),
            *(earlier_letter(row) for row in of(EarlierLetter) if row.about is not None),
        ),
    )


def moved(row: Override) -> domain.Override:
    """An item that a doctor moved."""
    return domain.Override(row.code, row.subject, row.computed_on, row.chosen_on, row.on_date, row.reason)


def person(row: Patient) -> domain.Patient:
    """Who she is, as the rules see her."""
    return domain.Patient(
        sex=Sex(row.sex),
        birth_date=row.birth_date,
        registered_on=row.registered_on,
        status=PatientStatus(row.status),
        status_on=row.status_on,
        recalled_max_height_mm=row.recalled_max_height_mm,
        handover_confirmed_on=row.handover_confirmed_on,
    )


def course(row: Course, stops: list[CourseStop], pauses: list[Pause], doses: list[Dose]) -> domain.Course:
    """A course with what happened to it."""
    stop = next((stop for stop in stops if stop.course_id == row.id), None)
    return domain.Course(
        drug=Drug(row.drug),
        started_on=row.started_on,
        start_precision=StartPrecision(row.start_precision),
        planned_years=years(row.planned_years),
        stopped_on=stop.stopped_on if stop else None,
        stop_reason=StopReason(stop.reason) if stop else None,
        controls_by=ControlsBy(row.controls_by),
        doses=tuple(dose.on_date for dose in doses if dose.course_id == row.id),
        pauses=tuple(
            domain.Pause(pause.from_on, pause.until_on, pause.counts, pause.check_on)
            for pause in pauses
            if pause.course_id == row.id
        ),
    )


def earlier_letter(row: EarlierLetter) -> domain.Letter:
    """A letter of before the register that says of which fact it told."""
    return domain.Letter(LetterAbout(str(row.about)), row.about_on or row.sent_on, row.sent_on)


def years(stored: Decimal | None) -> Decimal | None:
    """5.0 and 5 are one duration: a reason reads the same before and after the row went through the database."""
    if stored is None or stored != int(stored):
        return stored
    return Decimal(int(stored))


def control(row: Control) -> domain.Control:
    """A control; only symptoms answered yes are reported."""
    answers = (row.intake_fasting, row.intake_water, row.intake_upright, row.intake_calcium_apart)
    return domain.Control(
        on=row.on_date,
        kind=ControlKind(row.kind),
        counts=row.counts_as_full,
        height_mm=row.height_mm,
        weight_g=row.weight_g,
        missed_doses=row.missed_doses,
        symptoms=tuple(code for code, answer in row.symptoms.items() if answer.get("present")),
        intake=domain.Intake(*answers) if any(answer is not None for answer in answers) else None,
        asked=tuple(row.symptoms),
    )


def scan(row: Scan) -> domain.Scan:
    """A DXA that was made."""
    made_on: date = row.made_on or row.recorded_at.date()
    return domain.Scan(
        on=made_on,
        received_on=row.received_on,
        device=row.device,
        sites={ScanSite(value.site): domain.ScanSiteValue(value.bmd_mg_cm2, value.t_score) for value in row.sites},
    )
