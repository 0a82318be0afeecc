"""The call list: who stands on it, who phones, what came of it, and what a snooze does not hide."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from clinic.domain import calling
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import CallOutcome
from clinic.security.permissions import Role
from clinic.services import appointments, calls, contacts, controls, items, worklists
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book, Of
from clinic.services.calls import SaveCall
from clinic.services.contacts import SaveContact
from clinic.services.work import NotAllowed, Stale
from clinic.services.worklists import Ask
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.calls import Call, Calling, history
from clinic.store.due import DueItem
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)


@pytest.fixture
def late(work):
    """A woman whose yearly control is late and not booked."""
    nurse = work(Role.NURSE)
    patient = make_patient(nurse, phone="+31513200001")
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.session.flush()
    return patient


def listed(work, after=None):
    rows, _following = calls.shown(work, after)
    return [row.line.person.id for row in rows]


def say(work, patient, outcome, token, **more):
    return calls.save(work, SaveCall(patient.id, CallOutcome(outcome), token, **more))


def test_who_is_late_and_not_booked_is_called_with_what_and_why(work, late):
    nurse = work(Role.NURSE)
    (row,), _following = calls.shown(nurse, None)
    assert row.line.person.id == late.id
    assert row.line.items
    assert row.standing.phone == "+31513200001"
    assert (row.attempts, row.claimed, row.contacts) == (0, False, [])
    assert worklists.count(nurse, [Ask("to-call")]) == [1]


def test_who_is_booked_is_not_called(work, late):
    nurse = work(Role.NURSE)
    for number, item in enumerate(nurse.session.scalars(select(DueItem).where(DueItem.patient_id == late.id)).all()):
        row = Appointment(
            patient_id=late.id, kind="control", on_date=TODAY, minutes=15, item_code=item.code,
            item_subject=item.subject, state="booked", attempts=0, form_token=f"b{number}", booked_at=nurse.now,
            booked_by=nurse.actor.id,
        )  # fmt: skip
        nurse.session.add(row)
    nurse.session.flush()
    assert listed(nurse) == []


def test_a_snooze_hides_her_until_the_day_and_stands_in_the_row_after(work, late):
    nurse = work(Role.NURSE)
    item = nurse.session.scalars(select(DueItem).where(DueItem.patient_id == late.id).order_by(DueItem.due_on)).first()
    item.late_after, item.very_late_after = date(2026, 11, 1), date(2027, 2, 1)
    for other in nurse.session.scalars(select(DueItem).where(DueItem.patient_id == late.id, DueItem.id != item.id)):
        nurse.session.delete(other)
    nurse.session.flush()
    assert listed(nurse) == [late.id]
    say(nurse, late, "call_back", "t1", call_back_on=date(2026, 12, 1))
    assert listed(nurse) == []
    say(nurse, late, "call_back", "t1b", call_back_on=date(2027, 1, 20))
    assert listed(work(Role.NURSE, date(2026, 12, 6))) == []
    assert listed(work(Role.NURSE, date(2026, 12, 7))) == [late.id]
    say(nurse, late, "call_back", "t1c", call_back_on=date(2026, 12, 1))
    assert listed(work(Role.NURSE, date(2026, 11, 30))) == []
    assert listed(work(Role.NURSE, date(2026, 12, 1))) == [late.id]
    say(nurse, late, "no_answer", "t2")
    assert listed(nurse) == [late.id]


@pytest.mark.parametrize(
    ("late_after", "very_late_after", "seen"),
    [
        (date(2026, 11, 1), date(2027, 2, 1), False),
        (date(2026, 11, 23), date(2027, 2, 1), True),
        (date(2026, 11, 1), date(2026, 11, 29), True),
        (date(2026, 11, 1), date(2026, 11, 30), False),
        (date(2026, 11, 1), None, False),
    ],
)
def test_the_list_hides_what_the_rule_hides(work, late, late_after, very_late_after, seen):
    nurse = work(Role.NURSE)
    for item in nurse.session.scalars(select(DueItem).where(DueItem.patient_id == late.id)):
        item.late_after, item.very_late_after, item.opens_on = late_after, very_late_after, date(2026, 10, 1)
        item.due_on = date(2026, 10, 1)
    nurse.session.flush()
    say(nurse, late, "call_back", "t1", call_back_on=date(2026, 12, 20))
    day = date(2026, 11, 30)
    assert (listed(work(Role.NURSE, day)) == [late.id]) is seen
    until = calling.hides_until(TODAY, date(2026, 12, 20))
    assert calling.hidden(late_after, very_late_after, TODAY, until, day) is not seen


def test_three_attempts_in_vain_count_missed_appointments_and_end_when_she_is_reached(work, late):
    nurse = work(Role.NURSE)
    slot = Slot("phone", TODAY, time(9, 0), "", nurse.actor.id)
    row = nurse.session.get(Appointment, appointments.book(nurse, Book(late.id, slot, "b")))
    appointments.missed(nurse, Of(late.id, row.id, row.version), 1, "")
    for number in range(2):
        nurse.now += timedelta(minutes=1)
        say(nurse, late, "no_answer", f"t{number}")
    (found,), _following = calls.shown(nurse, None)
    assert found.attempts == calling.LETTER_AFTER
    assert [contact.what for contact in found.contacts] == ["call", "call", "missed"]
    nurse.now += timedelta(minutes=1)
    contacts.save(nurse, SaveContact(late.id, "c", words="belt terug"))
    (found,), _following = calls.shown(nurse, None)
    assert (found.attempts, found.contacts[0].what) == (0, "contact")


def tried_in_vain(work, patient):
    """Three calls that nobody answered, on Friday."""
    began, work.now = work.now, work.now - timedelta(days=3)
    for number in range(calling.LETTER_AFTER):
        say(work, patient, "no_answer", f"friday {number}")
    work.now = began


def attempts(work):
    (found,), _following = calls.shown(work, None)
    assert {contact.what for contact in found.contacts} == {"call"}
    return found.attempts, found.proposes_letter


def a_visit(work, patient, on, form_token="v"):
    work.session.add(Appointment(
        patient_id=patient.id, kind="dxa", on_date=on, state="attended", attempts=0, form_token=form_token,
        booked_at=work.now, settled_at=work.now, booked_by=work.actor.id,
    ))  # fmt: skip


def a_control_by_phone(work, patient, on):
    make_control(work, patient, on, kind="phone", counts_as_full=False)


@pytest.mark.parametrize("act", [make_control, a_control_by_phone, a_visit])
@pytest.mark.parametrize(("days", "found"), [(0, (0, False)), (4, (3, True))])
def test_attempts_in_vain_end_when_she_is_seen_after_them_whenever_that_was_typed(work, late, act, days, found):
    nurse = work(Role.NURSE)
    tried_in_vain(nurse, late)
    assert attempts(nurse) == (3, True)
    act(nurse, late, TODAY - timedelta(days=days))
    nurse.session.flush()
    assert attempts(nurse) == found


def test_of_when_she_was_seen_only_the_last_day_is_read(work, late):
    nurse = work(Role.NURSE)
    tried_in_vain(nurse, late)
    for years in range(1, 6):
        make_control(nurse, late, TODAY.replace(year=TODAY.year - years))
        for number in range(2):
            a_visit(nurse, late, TODAY.replace(year=TODAY.year - years), form_token=f"{years} {number}")
    nurse.session.flush()
    found = [row for row in history(nurse.session, [late.id]) if row.what == "seen"]
    assert [row.on_date for row in found] == [date(2025, 11, 23)] * 3
    assert attempts(nurse) == (3, True)


def test_a_control_that_was_voided_ends_no_attempts(work, late):
    nurse = work(Role.NURSE)
    tried_in_vain(nurse, late)
    control = make_control(nurse, late, TODAY)
    nurse.session.flush()
    controls.void_control(nurse, late.id, control.id, "wrong patient")
    assert attempts(nurse) == (3, True)


def test_a_claimed_row_says_who_is_phoning_and_frees_itself(work, late):
    nurse, secretary = work(Role.NURSE), work(Role.SECRETARY)
    calls.claim(nurse, late.id)
    calls.claim(nurse, late.id)
    (row,), _following = calls.shown(secretary, None)
    assert (row.claimed, row.standing.claimer) == (True, nurse.actor.name)
    with pytest.raises(RuleBroken) as broken:
        calls.claim(secretary, late.id)
    assert broken.value.code == "call_claimed"
    secretary.now += calling.CLAIM_HOLDS
    (row,), _following = calls.shown(secretary, None)
    assert not row.claimed
    calls.claim(secretary, late.id)
    assert secretary.session.get(Calling, late.id).claimed_by == secretary.actor.id


def test_an_outcome_or_signing_out_frees_the_row(work, late):
    nurse, secretary = work(Role.NURSE), work(Role.SECRETARY)
    calls.claim(nurse, late.id)
    say(nurse, late, "no_answer", "t")
    calls.claim(secretary, late.id)
    calls.release(secretary.session, secretary.actor.id)
    secretary.session.expire_all()
    assert secretary.session.get(Calling, late.id).claimed_by is None


def test_the_same_form_twice_is_one_call_and_another_patients_is_not_found(work, late):
    nurse = work(Role.NURSE)
    first = say(nurse, late, "no_answer", "t", note=" bezet ")
    assert say(nurse, late, "no_answer", "t", note="bezet") == first
    assert nurse.session.scalars(select(Call.note)).all() == ["bezet"]
    assert nurse.session.scalars(select(AuditEntry.details).where(AuditEntry.action == "call.saved")).all() == [
        {"outcome": "no_answer"}
    ]
    with pytest.raises(LookupError):
        say(nurse, make_patient(nurse), "no_answer", "t")


@pytest.mark.parametrize(
    ("outcome", "more"),
    [
        ("call_back", {"call_back_on": date(2026, 12, 2)}),
        ("call_back", {"note": "na de markt"}),
        ("declined", {"call_back_on": None}),
    ],
)
def test_a_call_sent_again_with_something_else_is_not_said_to_be_kept(work, late, outcome, more):
    nurse, said = work(Role.NURSE), {"call_back_on": date(2026, 12, 1), "note": "werkt"}
    first = say(nurse, late, "call_back", "t", **said)
    with pytest.raises(Stale):
        say(nurse, late, outcome, "t", **said | more)
    assert say(nurse, late, "call_back", "t", **said) == first
    assert nurse.session.get(Calling, late.id).call_back_on == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("outcome", "on", "code"),
    [
        ("call_back", None, "call_back_when"),
        ("call_back", TODAY, "call_back_range"),
        ("call_back", TODAY + calling.LONGEST_AHEAD + timedelta(days=1), "call_back_range"),
        ("no_answer", date(2026, 12, 1), "call_back_alone"),
    ],
)
def test_calling_again_has_a_day_within_a_quarter_and_nothing_else_has(work, late, outcome, on, code):
    with pytest.raises(RuleBroken) as broken:
        say(work(Role.NURSE), late, outcome, "t", call_back_on=on)
    assert (broken.value.field, broken.value.code) == ("call_back_on", code)


def test_an_empty_list_asks_nothing_more(work):
    assert calls.shown(work(Role.SECRETARY), None) == ([], None)


def test_the_manager_calls_nobody(work, late):
    with pytest.raises(NotAllowed):
        calls.claim(work(Role.MANAGER), late.id)


def test_who_left_is_not_called_from_a_page_of_before(work, late):
    nurse = work(Role.NURSE)
    late.status, late.status_on = "deceased", TODAY
    nurse.session.flush()
    for act in (lambda: calls.claim(nurse, late.id), lambda: say(nurse, late, "no_answer", "t")):
        with pytest.raises(RuleBroken) as broken:
            act()
        assert broken.value.code == "call_not_followed"


def test_who_left_is_called_and_booked_for_the_denosumab_that_was_not_handed_over(work):
    nurse = work(Role.NURSE)
    patient = make_patient(nurse, status="moved", status_on=date(2026, 11, 2))
    make_course(nurse, patient, drug="denosumab", started_on=date(2025, 11, 3), planned_years=None)
    items.refresh(nurse, patient)
    nurse.session.flush()
    assert listed(nurse) == [patient.id]
    calls.claim(nurse, patient.id)
    assert say(nurse, patient, "booked", "t")
    patient.handover_confirmed_on, patient.handover_by = TODAY, "Medisch Centrum Noord"
    items.refresh(nurse, patient)
    nurse.session.flush()
    assert listed(nurse) == []
    for act in (lambda: calls.claim(nurse, patient.id), lambda: say(nurse, patient, "no_answer", "t2")):
        with pytest.raises(RuleBroken, match="call_not_followed"):
            act()


def test_an_outcome_of_a_colleague_leaves_my_claim(work, late):
    nurse, secretary = work(Role.NURSE), work(Role.SECRETARY)
    calls.claim(nurse, late.id)
    say(secretary, late, "no_answer", "t")
    assert secretary.session.get(Calling, late.id).claimed_by == nurse.actor.id
