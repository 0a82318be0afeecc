"""Registering a patient and changing what is written of her; what was there before stays in her history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.domain.limits import LIMITS, check_hard, is_unusual, question
from clinic.domain.vocabulary import Sex, StartPrecision
from clinic.security.accounts import hashed
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services import items
from clinic.services.births import born, known_birth
from clinic.services.facts import lock_patient, other_value
from clinic.services.import_rows import plain
from clinic.services.names import keys, sort_key
from clinic.services.work import Stale, Work
from clinic.store.patients import ContactPerson, Patient, PatientChange, PatientName
from clinic.store.practices import Gp
from clinic.store.rights import stones_of
from clinic.store.users import User, at_work

OLDEST = date(1900, 1, 1)
HISTORY = 200
READ_BY_RULES = {"sex", "birth_date", "registered_on", "recalled_max_height_mm"}


def check_born(patient: Patient, on: date | None, precision: StartPrecision) -> None:
    """The wrong patient is noticed by the birth date, which is typed as well as it is known."""
    if (on, precision) != (patient.birth_date, patient.birth_precision):
        raise RuleBroken("birth_date", "birth_date_differs")


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call."""

    name: str
    relation: str | None = None
    phone: str | None = None

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.relation, self.phone) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    """What is written of a patient, by the columns of the register."""

    number: str
    own_name: str
    birth_date: date
    sex: Sex
    registered_on: date
    birth_precision: StartPrecision = StartPrecision.DAY
    bsn: str | None = None
    no_bsn_because: str | None = None
    initials: str | None = None
    own_prefix: str | None = None
    partner_prefix: str | None = None
    partner_name: str | None = None
    name_order: str = "own"
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    town: str | None = None
    phone: str | None = None
    phone_other: str | None = None
    email: str | None = None
    language: str | None = None
    needs_interpreter: str | None = None
    needs_wheelchair: bool = False
    hard_of_hearing: bool = False
    comes_with: str | None = None
    planning_note: str | None = None
    recalled_max_height_mm: int | None = None
    recalled_max_height_source: str | None = None
    prescriber: str | None = None
    regular_nurse_id: int | None = None
    regular_doctor_id: int | None = None
    gp_id: int | None = None

    def values(self) -> dict[str, Any]:
        """By column, in plain values."""
        closed = {"sex": str(self.sex), "birth_precision": str(self.birth_precision)}
        return {field.name: getattr(self, field.name) for field in fields(self)} | closed


COLUMNS = tuple(field.name for field in fields(PatientDetails))
NAMES = {"initials", "own_prefix", "own_name", "partner_prefix", "partner_name", "name_order"}


@dataclass(frozen=True, slots=True)
class Register:
    """A new patient; `anyway` when she was compared with those she looks like."""

    details: PatientDetails
    contacts: tuple[Contact, ...] = ()
    anyway: bool = False
    height_sure_of: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What was typed over what stood; `seen` is what the page showed. A BSN left empty stays unless dropped."""

    patient_id: int
    details: PatientDetails
    seen: str
    contacts: tuple[Contact, ...] = ()
    drop_bsn: bool = False
    height_sure_of: str = ""


def register(work: Work, command: Register) -> Patient:
    """Take her into the register; the same form sent twice is one patient."""
    work.needs(May.EDIT_PATIENT)
    details = command.details
    known = work.session.scalar(select(Patient).where(Patient.number == details.number))
    if known is not None and values_of(known) == details.values():
        return known
    check(work, details, command.height_sure_of)
    refuse_taken(work, details, 0)
    if not command.anyway and lookalikes(work, details):
        raise RuleBroken("anyway", "looks_known")
    patient = Patient(status="active", nothing_planned=False, facts_version=0, **details.values())
    patient.sort_key = sort_key(patient)
    work.session.add(patient)
    flush(work)
    index(work, patient)
    replace_contacts(work, patient, command.contacts)
    items.refresh(work, patient)
    work.note(Action.PATIENT_REGISTERED, patient.id, f"patient:{patient.id}")
    work.commit()
    return patient


def change(work: Work, command: Change) -> Patient:
    """Change what is written of her; Stale when somebody else did meanwhile."""
    work.needs(May.EDIT_PATIENT)
    patient = lock_patient(work, command.patient_id)
    details = replace(command.details, bsn=bsn_after(command.details.bsn, command.drop_bsn, patient))
    told = details.values()
    before, had = values_of(patient), contacts_of(work, patient.id)
    changed = {name for name in COLUMNS if told[name] != before[name]}
    if not changed and had == list(command.contacts):
        return patient
    if command.seen != fingerprint(work, patient):
        raise Stale(changed_by(work.session, patient.id))
    check(work, details, command.height_sure_of, patient)
    refuse_taken(work, details, patient.id)
    was, will = words(work, before, had), words(work, told, command.contacts)
    put(work, patient, told, changed)
    replace_contacts(work, patient, command.contacts)
    keep_change(work, patient, {name: [was[name], will[name]] for name in was
                                if name in changed or was[name] != will[name]})  # fmt: skip
    if changed & READ_BY_RULES:
        other_value(work, patient.id)
        items.refresh(work, patient)
    work.note(Action.PATIENT_CHANGED, patient.id, f"patient:{patient.id}")
    work.commit()
    return patient


def bsn_after(typed: str | None, dropped: bool, patient: Patient) -> str | None:
    """What was typed, also in the place of a wrong one; else what stands, unless that is dropped."""
    return typed or (None if dropped else patient.bsn)


def put(work: Work, patient: Patient, told: dict[str, Any], changed: set[str]) -> None:
    """Write the new values; names become findable."""
    for name in changed:
        setattr(patient, name, told[name])
    patient.sort_key = sort_key(patient)
    flush(work)
    if changed & NAMES:
        index(work, patient)


def flush(work: Work) -> None:
    """Of two who use a number or BSN at the same moment one is told."""
    try:
        work.session.flush()
    except IntegrityError as taken:
        work.session.rollback()
        raise RuleBroken("number", "number_taken") from taken


def index(work: Work, patient: Patient) -> None:
    """Make her findable by the names she has now, and no longer by those that were mistaken."""
    work.session.execute(delete(PatientName).where(PatientName.patient_id == patient.id))
    work.session.add_all(PatientName(patient_id=patient.id, key=key) for key in sorted(keys(patient)))


def keep_change(work: Work, patient: Patient, changes: dict[str, list[str | None]], reason: str | None = None) -> None:
    """Old and new of each field, with who and when."""
    work.session.add(
        PatientChange(patient_id=patient.id, at=work.now, by=work.actor.id, reason=reason, changes=changes)
    )


def check(work: Work, details: PatientDetails, height_sure_of: str, patient: Patient | None = None) -> None:
    """Refuse what cannot be; ask about what is out of the ordinary."""
    if not OLDEST <= details.birth_date <= work.today:
        raise RuleBroken("birth_date", "birth_impossible")
    if not details.birth_date <= details.registered_on <= work.today:
        raise RuleBroken("registered_on", "registered_impossible")
    if details.bsn and details.no_bsn_because:
        raise RuleBroken("no_bsn_because", "bsn_and_reason")
    if details.partner_name is None and details.partner_prefix is not None:
        raise RuleBroken("partner_name", "prefix_without_name")
    if details.partner_name is None and details.name_order != "own":
        raise RuleBroken("name_order", "order_without_partner")
    check_height(details, height_sure_of)
    if details.gp_id is not None and work.session.get(Gp, details.gp_id) is None:
        raise RuleBroken("gp_id", "gp_unknown")
    had = (None, patient.regular_nurse_id, patient.regular_doctor_id) if patient else (None,)
    if details.regular_nurse_id not in {*had, *dict(at_work(work.session, Role.NURSE))}:
        raise RuleBroken("regular_nurse_id", "nurse_unknown")
    if details.regular_doctor_id not in {*had, *dict(at_work(work.session, Role.DOCTOR))}:
        raise RuleBroken("regular_doctor_id", "doctor_unknown")


def check_height(details: PatientDetails, sure_of: str) -> None:
    """The tallest she remembers to have been: possible, with its source, and asked about when unusual.

    `sure_of` is the question that was answered with "it is right".
    """
    height = details.recalled_max_height_mm
    check_hard("recalled_max_height_mm", "height", height)
    if height is not None and details.recalled_max_height_source is None:
        raise RuleBroken("recalled_max_height_source", "height_without_source")
    asked = question("recalled_max_height_mm", "height", height)
    if is_unusual("height", height) and sure_of != asked:
        raise RuleBroken("height_sure", "height_unusual", asked=asked, **LIMITS["height"].soft)


def refuse_taken(work: Work, details: PatientDetails, but: int) -> None:
    """A number and a BSN belong to one patient; the number of a destroyed record to nobody until it is released."""
    if details.number in stones_of(work.session, [details.number]):
        raise RuleBroken("number", "number_destroyed")
    for name in ("number", "bsn"):
        value, column = getattr(details, name), getattr(Patient, name)
        if value and work.session.scalar(select(Patient.id).where(column == value, Patient.id != but)):
            raise RuleBroken(name, f"{name}_taken")


def lookalikes(work: Work, details: PatientDetails) -> list[Patient]:
    """Who may be the same person: her number or BSN, or perhaps born that day with a name in common."""
    wanted = sorted(keys(as_patient(details)))
    named = Patient.id.in_(select(PatientName.patient_id).where(PatientName.key.in_(wanted)))
    births = born(details.birth_date, details.birth_precision)
    same = [Patient.number == details.number, *(then & named for then in births)]
    if details.bsn:
        same.append(Patient.bsn == details.bsn)
    query = select(Patient).where(or_(*same)).order_by(Patient.sort_key, Patient.id).limit(10)
    return list(work.session.scalars(query))


def as_patient(details: PatientDetails) -> Patient:
    """A patient who is not stored, to see how her name will be written."""
    return Patient(**details.values())


def values_of(patient: Patient) -> dict[str, Any]:
    """What stands, by the columns of the form."""
    return {name: getattr(patient, name) for name in COLUMNS}


def contacts_of(work: Work, patient_id: int) -> list[Contact]:
    """Whom to call, in the order of writing down."""
    query = select(ContactPerson).where(ContactPerson.patient_id == patient_id).order_by(ContactPerson.id)
    return [Contact(row.name, row.relation, row.phone) for row in work.session.scalars(query)]


def replace_contacts(work: Work, patient: Patient, contacts: Sequence[Contact]) -> None:
    """The contact persons as they are now; who was one before stands in the history."""
    if contacts_of(work, patient.id) == list(contacts):
        return
    work.session.execute(delete(ContactPerson).where(ContactPerson.patient_id == patient.id))
    work.session.add_all(
        ContactPerson(patient_id=patient.id, name=who.name, relation=who.relation, phone=who.phone) for who in contacts
    )


def words(work: Work, values: dict[str, Any], contacts: Sequence[Contact]) -> dict[str, str | None]:
    """Values as the history keeps them: names in words, of a BSN its end alone, of a birth date what is known."""
    people = {name: work.session.get(User, values[name] or 0) for name in ("regular_nurse_id", "regular_doctor_id")}
    gp = work.session.get(Gp, values["gp_id"]) if values["gp_id"] else None
    told = {name: person.name if person else None for name, person in people.items()}
    return (
        {name: plain(value) for name, value in values.items() if name != "birth_precision"}
        | told
        | {
            "birth_date": known_birth(values["birth_date"], values["birth_precision"]),
            "bsn": f"…{values['bsn'][-3:]}" if values["bsn"] else None,
            "gp_id": gp_words(gp),
            "contacts": "; ".join(str(who) for who in contacts) or None,
        }
    )


def gp_words(gp: Gp | None) -> str | None:
    """A GP with the practice."""
    if gp is None:
        return None
    name = " ".join(part for part in (gp.initials, gp.prefix, gp.family_name) if part)
    return ", ".join(part for part in (name, gp.practice.name, gp.practice.town) if part)


def fingerprint(work: Work, patient: Patient) -> str:
    """What a page showed of her; a control that is saved meanwhile changes none of it."""
    stands = words(work, values_of(patient), contacts_of(work, patient.id))
    return hashed(repr(sorted(stands.items())))[:16]


def changes(session: Session, patient_id: int) -> list[PatientChange]:
    """What was changed of her, latest first."""
    query = select(PatientChange).where(PatientChange.patient_id == patient_id)
    return list(session.scalars(query.order_by(PatientChange.at.desc(), PatientChange.id.desc()).limit(HISTORY)))


def changed_by(session: Session, patient_id: int) -> str:
    """Who changed her data last."""
    query = select(User.name).join(PatientChange, PatientChange.by == User.id)
    last = query.where(PatientChange.patient_id == patient_id).order_by(PatientChange.id.desc()).limit(1)
    return session.scalar(last) or ""
