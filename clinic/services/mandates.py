"""For which letters nurses have the clinic's mandate: a doctor gives it, the manager keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.letters.addressed import hers
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services.settings import doctors
from clinic.services.work import Doctor, Work, local_day
from clinic.store import absences
from clinic.store.absences import MANDATED, Mandate
from clinic.store.base import Json
from clinic.store.letters import Letter
from clinic.store.users import User

REFUSED = {about: f"letter_no_mandate_{about}" for about in MANDATED}
TO_PATIENT = {"result": "dxa", "treatment": "treatment"}
"""Which mandate a letter to the patient that tells of health goes with."""


@dataclass(frozen=True, slots=True)
class Give:
    """Which kind of letter, by which doctor, from which day, perhaps until another."""

    about: str
    doctor_id: int
    from_on: date
    until_on: date | None


def coming(work: Work) -> Sequence[Any]:
    """Mandates that are not over."""
    work.needs(May.EDIT_SETTINGS)
    return absences.mandates(work.session, work.today)


def give(work: Work, command: Give) -> None:
    """Keep a mandate; said twice it is kept once."""
    work.needs(May.EDIT_SETTINGS)
    names = {doctor.id: doctor.name for doctor in doctors(work.session)}
    if command.about not in MANDATED:
        raise RuleBroken("about", "mandate_kind")
    if command.doctor_id not in names:
        raise RuleBroken("doctor_id", "doctor_unknown")
    if command.until_on is not None and command.until_on < command.from_on:
        raise RuleBroken("until_on", "closure_ends_before")
    if command.until_on is not None and command.until_on < work.today:
        raise RuleBroken("until_on", "closure_is_over")
    if any(row.Mandate.about == command.about and shares(row.Mandate, command) for row in coming(work)):
        raise RuleBroken("about", "mandate_stands")
    row = Mandate(
        about=command.about, given_by=command.doctor_id, from_on=command.from_on, until_on=command.until_on,
        entered_by=work.actor.id, entered_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    noted(work, row, [None, f"{command.about}, {names[command.doctor_id]}, {command.from_on} –"])


def shares(row: Mandate, command: Give) -> bool:
    """Whether two mandates hold on one day."""
    begins_before = command.until_on is None or row.from_on <= command.until_on
    return begins_before and (row.until_on is None or command.from_on <= row.until_on)


def withdraw(work: Work, mandate_id: int) -> None:
    """A mandate ends now; LookupError when there is no such mandate that stands."""
    work.needs(May.EDIT_SETTINGS)
    row = work.session.scalar(select(Mandate).where(Mandate.id == mandate_id, Mandate.withdrawn_at.is_(None)))
    if row is None:
        raise LookupError(mandate_id)
    row.withdrawn_at = work.now
    noted(work, row, [f"{row.about}, {row.from_on} –", None])


def noted(work: Work, row: Mandate, told: list[str | None]) -> None:
    """Write it down and keep it."""
    work.note(Action.SETTINGS_CHANGED, subject=f"mandate:{row.id}", details={"changes": {"mandate": told}})
    work.commit()


def why_not(work: Work, facts: Json) -> str | None:
    """Why this person may not authorise this letter; None when she may.

    A doctor may by profession. A nurse may by mandate, for what the mandates of the day name, and never what tells
    of a decision or of an alarm symptom, nor what no mandate can name: these are a doctor's (S8, section 5 of the
    protocol).
    """
    if work.actor.role is Role.DOCTOR:
        return None
    if work.actor.role is not Role.NURSE or not work.actor.may_authorise:
        return "letter_no_mandate"
    if hers(facts):
        return to_patient(work, facts["kind"])
    if facts["reviews"] or facts.get("stops"):
        return "letter_needs_doctor"
    if any(control["symptoms"] for control in facts["controls"]):
        return "letter_alarm_needs_doctor"
    if facts.get("starts") or facts.get("no_shows"):  # no mandate can name them
        return "letter_kind_needs_doctor"
    missing = goes_with(facts) - absences.mandated(work.session, work.today)
    return next((REFUSED[about] for about in MANDATED if about in missing), None)


def to_patient(work: Work, kind: str) -> str | None:
    """The same of a letter to the patient: a result goes with the mandate for DXA letters, a sheet with its own."""
    about = TO_PATIENT.get(kind)
    if about is None:
        return "letter_kind_needs_doctor"
    return None if about in absences.mandated(work.session, work.today) else REFUSED[about]


def goes_with(facts: Json) -> set[str]:
    """The mandates that a letter asks for, by what it tells; none for what a doctor alone authorises."""
    if hers(facts):
        return {about for kind, about in TO_PATIENT.items() if kind == facts["kind"]}
    told = {"control": facts["controls"], "dxa": facts["scans"], "end": facts["ended"]}
    return {about for about, tells in told.items() if tells}


def doctor_behind(work: Work, letter: Letter) -> Doctor | None:
    """On whose behalf somebody who is no doctor signs or sends a letter (NEN 7513, the responsible user).

    The doctor who authorised it, or who gave the mandate by which a nurse did; nobody of an invitation, which tells
    nothing clinical.
    """
    signed, at = letter.facts.get("signed"), letter.authorised_at
    if work.actor.role is Role.DOCTOR or signed is None or at is None:
        return None
    if signed.get("role") == Role.DOCTOR:
        doctor = work.session.get_one(User, letter.authorised_by)
        return doctor.id, doctor.name
    return absences.giver(work.session, goes_with(letter.facts), local_day(at), at)
