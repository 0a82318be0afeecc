"""Who opens a restricted record, what an emergency takes, and what the privacy officer finds of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.restricted import EmergencyReason, EmergencyVerdict, RestrictionKind
from clinic.security.audit import Action
from clinic.security.permissions import CARE, Role
from clinic.services import restrictions
from clinic.services.restrictions import HOURS, OpenInEmergency, Restrict, Way
from clinic.services.work import NotAllowed, Stale, Work
from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient
from clinic.store.restrictions import EmergencyOpening, Restriction
from tests.factories import make_patient

Start = Callable[..., Work]


@pytest.fixture
def officer(work: Start) -> Work:
    return work(Role.PRIVACY_OFFICER)


@pytest.fixture
def patient(work: Start) -> Patient:
    """Somebody whom everybody here knows."""
    start = work(Role.NURSE)
    found = make_patient(start)
    start.session.commit()
    return found


@pytest.fixture
def closed(officer: Work, patient: Patient) -> Restriction:
    """Her record, restricted, nobody named."""
    restrictions.restrict(officer, Restrict(patient.number, RestrictionKind.COLLEAGUE, ()))
    return officer.session.scalars(select(Restriction)).one()


def way(start: Work, patient: Patient, later: timedelta = timedelta()) -> object:
    """How somebody stands before her record."""
    return restrictions.way_in(start.session, patient.id, start.actor.id, start.now + later)


def emergency(patient: Patient, token: str = "1", words: str = "de huisarts belt over pijn") -> OpenInEmergency:
    return OpenInEmergency(patient.id, EmergencyReason.CALLED, words, token)


def lines(start: Work, action: Action) -> list[AuditEntry]:
    return list(start.session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


def test_a_record_that_is_not_restricted_is_open(work: Start, patient: Patient) -> None:
    assert way(work(Role.NURSE), patient) is Way.OPEN


@pytest.mark.parametrize("role", sorted(CARE))
def test_a_restricted_record_is_closed_to_every_carer(
    work: Start, patient: Patient, closed: Restriction, role: Role
) -> None:
    assert way(work(role), patient) is Way.CLOSED


def test_who_treats_her_and_who_is_named_open_it(work: Start, officer: Work, patient: Patient) -> None:
    nurse, doctor, secretary = (work(role) for role in (Role.NURSE, Role.DOCTOR, Role.SECRETARY))
    patient.regular_nurse_id = nurse.actor.id
    patient.regular_doctor_id = doctor.actor.id
    command = Restrict(patient.number, RestrictionKind.KNOWN, (secretary.actor.id, secretary.actor.id))
    restrictions.restrict(officer, command)
    assert [way(one, patient) for one in (nurse, doctor, secretary)] == [Way.OPEN] * 3
    [(row, names)] = restrictions.listed(officer)
    assert (row.number, row.Restriction.kind, names) == (patient.number, "known", ["Test secretary"])
    [line] = lines(officer, Action.RESTRICTION_CHANGED)
    assert (line.patient_id, line.purpose) == (patient.id, "AUDIT")


def test_restricted_anew_takes_the_place_of_what_stood_and_lifted_it_is_open(
    work: Start, officer: Work, patient: Patient, closed: Restriction
) -> None:
    nurse = work(Role.NURSE)
    restrictions.restrict(officer, Restrict(patient.number, RestrictionKind.ASKED, (nurse.actor.id,)))
    assert (way(nurse, patient), closed.lifted_by) == (Way.OPEN, officer.actor.id)
    [(row, _names)] = restrictions.listed(officer)
    for _twice in range(2):
        restrictions.lift(officer, row.Restriction.id)
    assert (restrictions.listed(officer), way(work(Role.DOCTOR), patient)) == ([], Way.OPEN)
    assert len(lines(officer, Action.RESTRICTION_CHANGED)) == 3


@pytest.mark.parametrize(
    ("number", "admitted", "code"),
    [("nobody", (), "log_number_unknown"), (None, (999,), "restriction_unknown")],
)
def test_an_unknown_number_or_person_is_said(
    officer: Work, patient: Patient, number: str | None, admitted: tuple[int, ...], code: str
) -> None:
    with pytest.raises(RuleBroken, match=code):
        restrictions.restrict(officer, Restrict(number or patient.number, RestrictionKind.KNOWN, admitted))


def test_a_number_that_was_merged_is_closed_as_its_patient_is(
    work: Start, patient: Patient, closed: Restriction
) -> None:
    nurse = work(Role.NURSE)
    before = make_patient(nurse, own_name="Anders", merged_into_id=patient.id)
    other = make_patient(nurse, own_name="Nogeen")
    nurse.session.commit()
    assert [way(nurse, one) for one in (before, other)] == [Way.CLOSED, Way.OPEN]
    asked = {one.id for one in (patient, before, other)}
    assert restrictions.closed_among(nurse, asked) == {patient.id, before.id}
    assert restrictions.closed_among(work(Role.PRIVACY_OFFICER), asked) == set()
    assert restrictions.closed_among(nurse, ()) == set()
    restrictions.open_in_emergency(nurse, emergency(patient))
    assert way(nurse, before) == nurse.now + HOURS


def test_an_emergency_opens_one_record_for_some_hours_and_the_log_says_so(
    work: Start, patient: Patient, closed: Restriction
) -> None:
    nurse, doctor = work(Role.NURSE), work(Role.DOCTOR)
    with pytest.raises(RuleBroken, match="emergency_words"):
        restrictions.open_in_emergency(nurse, emergency(patient, words="  kort   "))
    for token in ("1", "1", "2"):  # pressed twice, and once more on another page
        restrictions.open_in_emergency(nurse, emergency(patient, token))
    assert way(nurse, patient) == nurse.now + HOURS
    assert way(doctor, patient) is Way.CLOSED
    assert way(nurse, patient, HOURS) is Way.CLOSED
    [line] = lines(nurse, Action.EMERGENCY_OPENED)
    assert (line.purpose, line.patient_id, line.details) == ("EMERGENCY", patient.id, {"reason": "called"})
    nurse.note(Action.PATIENT_OPENED, patient.id)
    nurse.note(Action.PATIENT_OPENED, patient.id + 1)
    nurse.commit()
    assert [one.purpose for one in lines(nurse, Action.PATIENT_OPENED)] == ["EMERGENCY", "TREAT"]


def test_the_privacy_officer_judges_each_emergency_once(
    work: Start, officer: Work, patient: Patient, closed: Restriction
) -> None:
    restrictions.open_in_emergency(work(Role.NURSE), emergency(patient))
    [row] = restrictions.openings(officer)
    opening = row.EmergencyOpening.id
    assert (restrictions.waiting(officer), row.number, row.name) == (1, patient.number, "Test nurse")
    with pytest.raises(RuleBroken, match="emergency_remark"):
        restrictions.judge(officer, opening, EmergencyVerdict.NOT_JUSTIFIED, " ")
    for _twice in range(2):
        restrictions.judge(officer, opening, EmergencyVerdict.JUSTIFIED, "")
    with pytest.raises(Stale):
        restrictions.judge(officer, opening, EmergencyVerdict.NOT_JUSTIFIED, "toch niet")
    assert restrictions.waiting(officer) == 0
    assert len(lines(officer, Action.EMERGENCY_JUDGED)) == 1
    kept = officer.session.get_one(EmergencyOpening, opening)
    assert (kept.verdict, kept.judged_by) == ("justified", officer.actor.id)


def test_what_is_not_there_is_not_found(officer: Work) -> None:
    with pytest.raises(LookupError):
        restrictions.lift(officer, 999)
    with pytest.raises(LookupError):
        restrictions.judge(officer, 999, EmergencyVerdict.JUSTIFIED, "")


@pytest.mark.parametrize("role", Role)
def test_only_the_privacy_officer_restricts_and_only_carers_come_in(work: Start, patient: Patient, role: Role) -> None:
    start = work(role)
    acts = [
        lambda: restrictions.restrict(start, Restrict(patient.number, RestrictionKind.KNOWN, ())),
        lambda: restrictions.listed(start),
        lambda: restrictions.openings(start),
        lambda: restrictions.waiting(start),
    ]
    if role in CARE:
        restrictions.open_in_emergency(start, emergency(patient))
    else:
        acts.append(lambda: restrictions.open_in_emergency(start, emergency(patient)))
    for act in acts if role is not Role.PRIVACY_OFFICER else acts[4:]:
        with pytest.raises(NotAllowed):
            act()
