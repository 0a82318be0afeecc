"""Who she is under the number that stays: what was empty is filled from the other number, and taken out at a split."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.services.patients import Contact, contacts_of, flush, keep_change, replace_contacts, values_of, words
from clinic.services.work import Work
from clinic.store.base import Json
from clinic.store.calls import Calling
from clinic.store.patients import Patient

TOGETHER = (
    ("street", "house_number", "postcode", "town"), ("phone",), ("phone_other",), ("email",), ("language",),
    ("needs_interpreter",), ("needs_wheelchair",), ("hard_of_hearing",), ("comes_with",), ("planning_note",),
    ("recalled_max_height_mm", "recalled_max_height_source"), ("prescriber",), ("regular_nurse_id",),
    ("regular_doctor_id",), ("gp_id",),
)  # fmt: skip
"""What is filled, the parts of one thing together: half an address is none."""


def gaps(kept: Patient, losing: Patient) -> Json:
    """What the number that stays lacks and the other one has."""
    return {
        name: getattr(losing, name)
        for names in TOGETHER
        if not any(getattr(kept, name) for name in names) and any(getattr(losing, name) for name in names)
        for name in names
        if getattr(losing, name)
    }  # fmt: skip


def take(work: Work, kept: Patient, losing: Patient, reason: str) -> Json:
    """Fill the gaps and add whom to call; says what was taken, the contact persons by their three parts."""
    has = contacts_of(work, kept.id)
    more = [one for one in contacts_of(work, losing.id) if one not in has]
    taken = gaps(kept, losing)
    write(work, kept, taken, [*has, *more], reason)
    taken |= {"contacts": [[one.name, one.relation, one.phone] for one in more]}
    if losing.registered_on < kept.registered_on:
        # a fracture since then counts, and what was late is no backlog (protocol S3, section 7)
        taken["registered_later"] = kept.registered_on.isoformat()
        kept.registered_on = losing.registered_on
    return taken


def give_back(work: Work, kept: Patient, losing: Patient, taken: Json, reason: str) -> None:
    """Empty what a merge filled and nobody changed since, the parts of one thing together."""
    added = [Contact(*parts) for parts in taken.get("contacts", [])]
    left = [one for one in contacts_of(work, kept.id) if one not in added]
    values: dict[str, Any] = {
        name: False if taken[name] is True else None
        for names in TOGETHER
        if all((getattr(kept, name) or None) == taken.get(name) for name in names)
        for name in names
        if name in taken
    }
    later = taken.get("registered_later")
    if later and kept.registered_on == losing.registered_on:  # a number that was merged is changed by nobody
        values["registered_on"] = date.fromisoformat(later)
    write(work, kept, values, left, reason)


def write(work: Work, patient: Patient, values: dict[str, Any], contacts: list[Contact], reason: str) -> None:
    """Put these values and contact persons in their place; what was there stays in the history."""
    was = words(work, values_of(patient), contacts_of(work, patient.id))
    for name, value in values.items():
        setattr(patient, name, value)
    replace_contacts(work, patient, contacts)
    stands = words(work, values_of(patient), contacts)
    changes = {name: [was[name], stands[name]] for name in was if was[name] != stands[name]}
    if changes:
        keep_change(work, patient, changes, reason)


def hand_bsn(work: Work, giver: Patient, taker: Patient, reason: str) -> None:
    """A BSN belongs to one number: it goes from one to the other, and the history of both says so."""
    bsn, giver.bsn = giver.bsn or "", None
    tail = f"…{bsn[-3:]}"
    flush(work)
    taker.bsn, taker.no_bsn_because = bsn, None
    flush(work)
    keep_change(work, giver, {"bsn": [tail, None]}, reason)
    keep_change(work, taker, {"bsn": [None, tail]}, reason)


def copy_calling(work: Work, losing: Patient, kept: Patient) -> None:
    """She asked to be called on a day: the earlier one holds."""
    asked, here = (work.session.get(Calling, patient.id) for patient in (losing, kept))
    if asked is None or asked.call_back_on is None:
        return
    if here is None:
        work.session.add(here := Calling(patient_id=kept.id))
    if here.call_back_on is None or asked.call_back_on < here.call_back_on:
        here.called_on, here.call_back_on, here.hidden_until = asked.called_on, asked.call_back_on, asked.hidden_until
