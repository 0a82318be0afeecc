"""Letters to the patient herself: what can be written to her now, and one made, frozen and kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.domain.vocabulary import PatientStatus, Sex
from clinic.letters import compose
from clinic.letters.handover import items
from clinic.letters.render import NoSuchSign, pdf_of
from clinic.letters.text import sha256, text_of
from clinic.letters.to_patient import KINDS, WORDS, Kind, document, lacking
from clinic.security.audit import Action
from clinic.security.permissions import May, allows
from clinic.services import settings
from clinic.services.facts import lock_patient
from clinic.services.letter_facts import Source, blocks_in_use, clinic_facts, joined, source_of
from clinic.services.letter_logo import logo_of
from clinic.services.names import surnames
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.base import Json
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Patient
from clinic.store.scans import Scan

TEMPLATE = "patient/1"
CLINICAL = {"result": May.RECORD_RESULT, "treatment": May.WRITE_LETTER}  # the others ask for planning alone
VISITS = {"control": ("control", "phone"), "dxa": ("dxa",), "result": ("control", "phone", "review")}
DUE = {"control": ("control.", "agreed.control"), "dxa": ("dxa.", "agreed.dxa")}


class Written(NamedTuple):
    """A letter to a patient as it would be made now, and what keeps it from being made."""

    kind: Kind
    facts: Json
    text: str
    lacking: list[str]
    tells: bool


def may(kind: str) -> May:
    """What writing such a letter asks for."""
    return CLINICAL.get(kind, May.PLAN_APPOINTMENT)


def of_patient(work: Work, patient_id: int) -> Sequence[PatientLetter]:
    """The letters that were made for her, newest first."""
    work.needs(May.READ_PATIENT)
    query = select(PatientLetter).where(PatientLetter.patient_id == patient_id)
    return work.session.scalars(query.order_by(PatientLetter.id.desc())).all()


def offered(work: Work, patient: Patient) -> list[Kind]:
    """The letters that this person may write to her, and for which there is something to tell."""
    if patient.status != PatientStatus.ACTIVE:
        return []
    source = source_of(work, patient.id)
    mine = [kind for kind in KINDS.values() if allows(work.actor.role, may(kind.code))]
    return [kind for kind in mine if kind.tells(facts_of(work, source, kind.code))]


def write(work: Work, patient_id: int, kind: str) -> Written:
    """The letter as it would be made now."""
    work.needs(may(kind))
    source = source_of(work, patient_id)
    facts = facts_of(work, source, kind)
    tells = KINDS[kind].tells(facts) and source.patient.status == PatientStatus.ACTIVE
    return Written(KINDS[kind], facts, text_of(document(facts)) if tells else "", lacking(facts), tells)


def make(work: Work, patient_id: int, kind: str, form_token: str) -> int:
    """Make and freeze a letter and say its number; the same form twice is one letter.

    RuleBroken when nothing of the kind can be told now, or her address or the clinic's number is not known.
    """
    patient = lock_patient(work, patient_id)
    known = work.session.scalar(select(PatientLetter.id).where(PatientLetter.form_token == form_token))
    if known is not None:
        return known
    written = write(work, patient.id, kind)
    if not written.tells:
        raise RuleBroken("kind", "to_patient_nothing")
    if written.lacking:
        raise RuleBroken("kind", f"to_patient_{written.lacking[0]}")
    row = PatientLetter(
        patient_id=patient.id, kind=kind, made_at=work.now, made_by=work.actor.id, form_token=form_token,
        template=TEMPLATE, facts=written.facts, text="", text_sha256="", pdf=b"", pdf_sha256="",
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    freeze(work, row)
    work.note(Action.LETTER_TO_PATIENT, patient.id, f"patient_letter:{row.id}", {"kind": kind})
    work.commit()
    return row.id


def freeze(work: Work, row: PatientLetter) -> None:
    """Its words and page, with their hashes."""
    said = document(row.facts, row.reference)
    row.text = text_of(said)
    try:
        row.pdf = pdf_of(row.template, said, row.facts, row.made_at, logo_of(work, row.facts))
    except NoSuchSign as lacking:
        raise RuleBroken("kind", "letter_sign", signs=lacking.args[0]) from lacking
    row.text_sha256, row.pdf_sha256 = sha256(row.text), sha256(row.pdf)


def opened(work: Work, patient_id: int, letter_id: int) -> PatientLetter:
    """A letter of this patient, written down as opened; LookupError when she has no such letter."""
    work.needs(May.READ_PATIENT)
    row = work.session.get(PatientLetter, letter_id)
    if row is None or row.patient_id != patient_id:
        raise LookupError(letter_id)
    work.note(Action.LETTER_OPENED, patient_id, f"patient_letter:{row.id}")
    return row


def facts_of(work: Work, source: Source, kind: str) -> Json:
    """What the letter draws on, plain, to be frozen with it."""
    patient, record = source.patient, source.record
    facts = Facts(record, work.today)
    dates = items(record, work.today, work.protocol)
    actor = work.actor
    return {
        "words": WORDS,
        "to": "patient",
        "kind": kind,
        "on": work.today.isoformat(),
        "patient": {"number": patient.number, "greeting": greeting(patient)},
        "recipient": recipient(patient),
        "clinic": clinic_facts(settings.current(work.session)),
        "people": {"contact": {"name": actor.name, "function": actor.function}},
        "visit": visit(work, patient.id, VISITS.get(kind)),
        "missed": missed(work, patient.id),
        "scan": scan(source, facts, work),
        "course": compose.course(source.rows, facts, work.protocol),
        "dates": dates,
        "blocks": [block for code, block in blocks_in_use(work).items() if code == f"patient.{kind}"],
        "due": next((item for item in dates if item["code"].startswith(DUE.get(kind, ("?",)))), None),
    }


def greeting(patient: Patient) -> str:
    """Geachte mevrouw De Vries: the first surname, without initials (domain/environment.md 1.3)."""
    prefix, name = surnames(patient)[0]
    family = joined(prefix[:1].upper() + prefix[1:] if prefix else None, name)
    return f"Geachte {'mevrouw' if patient.sex == Sex.FEMALE else 'heer'} {family},"


def recipient(patient: Patient) -> Json:
    """Her name and address as on the envelope; nothing on it tells what the letter is about."""
    surname = "-".join(joined(prefix, name) for prefix, name in surnames(patient))
    name = joined("Mevrouw" if patient.sex == Sex.FEMALE else "De heer", patient.initials, surname)
    town = f"{patient.postcode}  {patient.town.upper()}" if patient.postcode and patient.town else patient.town
    lines = [name, joined(patient.street, patient.house_number), town or ""]
    complete = all((patient.street, patient.postcode, patient.town))
    return {"lines": [line for line in lines if line], "complete": complete}


def visit(work: Work, patient_id: int, kinds: tuple[str, ...] | None) -> Json | None:
    """The first booking from today on, of these kinds or of any."""
    query = select(Appointment).where(
        Appointment.patient_id == patient_id, Appointment.state == "booked", Appointment.on_date >= work.today
    )
    query = query.where(Appointment.kind.in_(kinds)) if kinds else query
    row = work.session.scalars(query.order_by(Appointment.on_date, Appointment.at_time, Appointment.id)).first()
    if row is None:
        return None
    at = f"{row.at_time:%H:%M}" if row.at_time else None
    on = row.on_date
    return {"kind": row.kind, "on": on.isoformat(), "weekday": on.weekday(), "at": at, "place": row.place}


def missed(work: Work, patient_id: int) -> Json | None:
    """Her last appointment, when she did not come."""
    query = select(Appointment).where(
        Appointment.patient_id == patient_id,
        Appointment.on_date <= work.today,
        Appointment.state.in_(("no_show", "attended")),
    )
    row = work.session.scalars(query.order_by(Appointment.on_date.desc(), Appointment.id.desc())).first()
    return {"kind": row.kind, "on": row.on_date.isoformat()} if row is not None and row.state == "no_show" else None


def scan(source: Source, facts: Facts, work: Work) -> Json | None:
    """Her last DXA whose result is in, with what changed."""
    made = [row for row in source.rows.scans if row.made_on and row.received_on and row.received_on <= work.today]
    latest = max(made, key=newest, default=None)
    return None if latest is None else compose.scan(latest, facts, work.protocol)


def newest(row: Scan) -> tuple[date, int]:
    """In which order results count."""
    return row.made_on or date.min, row.id
