"""Two numbers that are one woman: merged after a look at both, found by either, and split again."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, RequestKind, RequestState, Sex, StartPrecision
from clinic.interop.imports import CourseRow, PatientRow
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import (
    appointments,
    control_drafts,
    facts,
    import_compare,
    import_courses,
    import_patients,
    items,
    merges,
    patients,
    rights,
    search,
    splits,
    twins,
)
from clinic.services.appointment_checks import Slot
from clinic.services.kept import by_number
from clinic.services.merges import MergePatients
from clinic.services.patients import Contact
from clinic.services.rights import RecordRequest, Settle
from clinic.services.splits import SplitPatients
from clinic.services.work import Merged, NotAllowed, Stale
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.calls import Calling
from clinic.store.controls import Agreement, Control, ControlDraft
from clinic.store.copies import StandingCopy
from clinic.store.due import DueItem
from clinic.store.form_drafts import FormDraft
from clinic.store.letters import Letter
from clinic.store.merges import Merge
from clinic.store.patients import Patient
from clinic.store.review_drafts import ReviewDraft
from clinic.store.rights import RightsRequest
from clinic.store.scans import Fracture
from clinic.store.treatments import Course, CourseStop
from clinic.store.users import User
from tests.conftest import MONDAY
from tests.factories import make_control, make_course, make_patient
from tests.letter_makers import drafted

BORN = date(1953, 3, 14)
pytestmark = pytest.mark.both


@pytest.fixture
def secretary(work):
    return work(Role.SECRETARY)


@pytest.fixture
def both(secretary):
    """She was registered as 222 with a course and a control, and after her move as 111 with a control."""
    kept, losing = (make_patient(secretary, number=number) for number in ("111", "222"))
    make_course(secretary, losing)
    make_control(secretary, losing, date(2026, 3, 12))
    make_control(secretary, kept, date(2026, 9, 12))
    secretary.session.flush()
    items.refresh_all(secretary, [kept, losing])
    secretary.session.commit()
    return kept, losing


def merge(work, kept, losing, **given):
    command = {"seen": merges.seen(kept, losing), "birth_date": BORN, "reason": "Na verhuizing opnieuw ingeschreven"}
    return merges.merge(work, MergePatients(kept.id, losing.id, **{**command, **given}))


def split(work, kept, losing, **given):
    command = {"seen": merges.seen(kept), "reason": "Toch twee zussen", **given}
    return splits.split(work, SplitPatients(losing.id, **command))


def owners(work, table):
    return list(work.session.scalars(select(table.patient_id).order_by(table.id)))


def refusal(work, kept, losing, **given):
    with pytest.raises(RuleBroken) as broken:
        merge(work, kept, losing, **given)
    return broken.value.code


def test_everything_of_the_other_number_hangs_on_the_one_that_stays_and_what_is_due_follows(secretary, both):
    kept, losing = both
    merge(secretary, kept, losing)
    assert owners(secretary, Control) == [kept.id, kept.id]
    assert owners(secretary, Course) == [kept.id]
    assert set(owners(secretary, DueItem)) == {kept.id}
    assert (losing.merged_into_id, losing.nothing_planned) == (kept.id, False)
    assert items.differences(secretary.session, [kept, losing], secretary.today) == []


def test_the_log_says_it_at_both_numbers_and_who_looked_stays_where_it_was(secretary, both):
    kept, losing = both
    secretary.note(Action.PATIENT_OPENED, losing.id)
    secretary.commit()
    merge(secretary, kept, losing)
    said = secretary.session.execute(select(AuditEntry.action, AuditEntry.patient_id)).all()
    assert {row.patient_id for row in said if row.action == "patient.merged"} == {kept.id, losing.id}
    assert [row.patient_id for row in said if row.action == "patient.opened"] == [losing.id]


@pytest.mark.parametrize("typed", ["222", "Jansen", "14-03-1953"])
def test_whoever_looks_for_the_old_number_or_the_name_finds_the_number_that_stays_once(secretary, both, typed):
    merge(secretary, *both)
    found = search.find(secretary, typed).patients
    assert [(row.number, row.formerly) for row in found] == [("111", "222")]


def test_nothing_is_recorded_under_a_number_that_was_merged(secretary, both):
    kept, losing = both
    merge(secretary, kept, losing)
    with pytest.raises(Merged):
        facts.lock_patient(secretary, losing.id)


def test_a_form_that_was_open_leaves_no_draft_at_a_number_that_was_merged(work, secretary, both):
    kept, losing = both
    merge(secretary, kept, losing)
    with pytest.raises(Merged):
        control_drafts.keep(work(Role.NURSE), losing.id, "token", {"weight": ["61"]})


def test_a_file_that_still_names_the_old_number_is_about_the_one_that_stays(work, secretary, both):
    merge(secretary, *both)
    assert {number: found.number for number, found in by_number(secretary, ["222", "111", "999"]).items()} == {
        "222": "111", "111": "111",
    }  # fmt: skip
    compared = import_compare.compare(work(Role.MANAGER), ["222"])
    assert (compared.both, compared.only_here, compared.only_there, compared.left) == (1, (), (), ())


def test_a_file_of_courses_knows_those_of_the_old_number(secretary, both):
    kept, losing = both
    losing.import_key = "oud-222"
    secretary.session.flush()
    merge(secretary, kept, losing)
    import_courses.apply(
        secretary, [CourseRow(2, "oud-222", Drug.ALENDRONIC_ACID, date(2025, 3, 10), StartPrecision.DAY)]
    )
    assert owners(secretary, Course) == [kept.id]


def test_a_file_of_patients_leaves_the_old_number_alone_and_names_the_new_one(work, secretary, both):
    kept, losing = both
    losing.import_key = "oud-222"
    secretary.session.flush()
    merge(secretary, kept, losing)
    row = PatientRow(2, "oud-222", "222", "Jansen", losing.birth_date, StartPrecision.DAY, Sex.FEMALE)
    effect = import_patients.apply(work(Role.MANAGER), [row])
    assert [(found.code, found.params["typed"]) for found in effect.complaints] == [("number_merged", "111")]


def test_the_same_form_sent_twice_merges_once(secretary, both):
    first, again = merge(secretary, *both), merge(secretary, *both)
    assert first.id == again.id
    assert secretary.session.scalar(select(func.count(Merge.id))) == 1


def test_a_bsn_goes_along_when_the_number_that_stays_has_none_and_comes_back(secretary, both):
    kept, losing = both
    losing.bsn = "999900006"
    secretary.session.flush()
    merge(secretary, kept, losing)
    assert (kept.bsn, losing.bsn) == ("999900006", None)
    split(secretary, kept, losing)
    assert (kept.bsn, losing.bsn) == (None, "999900006")


def test_a_bsn_that_was_changed_since_the_merge_is_not_given_to_the_other_number(secretary, both):
    kept, losing = both
    losing.bsn = "999900006"
    secretary.session.flush()
    found = merge(secretary, kept, losing)
    assert not splits.bsn_changed(secretary, found)
    told = patients.values_of(kept) | {"sex": Sex(kept.sex), "bsn": "999900018"}
    patients.change(secretary, patients.Change(kept.id, patients.PatientDetails(**told),
                                               patients.fingerprint(secretary, kept)))  # fmt: skip
    assert splits.bsn_changed(secretary, found)
    split(secretary, kept, losing)
    assert (kept.bsn, losing.bsn) == ("999900018", None)


def test_a_bsn_that_went_along_twice_comes_back_twice(secretary, both):
    kept, losing = both
    third = make_patient(secretary, number="333")
    losing.bsn = "999900006"
    secretary.session.flush()
    first = merge(secretary, kept, losing)
    secretary.now += timedelta(minutes=5)
    merge(secretary, third, kept, reason="Nog een nummer")
    assert (third.bsn, kept.bsn, losing.bsn) == ("999900006", None, None)
    secretary.now += timedelta(minutes=5)
    split(secretary, third, kept, reason="Toch iemand anders")
    assert not splits.bsn_changed(secretary, first)
    secretary.now += timedelta(minutes=5)
    split(secretary, kept, losing)
    assert (third.bsn, kept.bsn, losing.bsn) == (None, None, "999900006")


def test_a_bsn_that_was_changed_at_the_number_it_went_to_last_is_not_given_to_the_first(secretary, both):
    kept, losing = both
    third = make_patient(secretary, number="333")
    losing.bsn = "999900006"
    secretary.session.flush()
    first = merge(secretary, kept, losing)
    merge(secretary, third, kept)
    assert not splits.bsn_changed(secretary, first)
    told = patients.values_of(third) | {"sex": Sex(third.sex), "bsn": "999900018"}
    patients.change(secretary, patients.Change(third.id, patients.PatientDetails(**told),
                                               patients.fingerprint(secretary, third)))  # fmt: skip
    split(secretary, third, kept)
    assert splits.bsn_changed(secretary, first)
    split(secretary, kept, losing)
    assert (third.bsn, kept.bsn, losing.bsn) == ("999900018", None, None)


def test_what_is_empty_is_filled_from_the_other_number_and_taken_out_at_a_split_unless_it_changed(secretary, both):
    kept, losing = both
    losing.phone, losing.needs_wheelchair, losing.recalled_max_height_mm = "+31513200037", True, 1680
    losing.recalled_max_height_source, losing.planning_note = "paspoort", "alleen 's middags"
    kept.town, losing.street, losing.town = "Oudeterp", "Lindelaan", "Duinrode"
    secretary.session.flush()
    merge(secretary, kept, losing)
    assert (kept.phone, kept.needs_wheelchair, kept.recalled_max_height_mm) == ("+31513200037", True, 1680)
    assert (kept.street, kept.town) == (None, "Oudeterp"), "half an address of each is none"
    assert patients.changes(secretary.session, kept.id)[0].changes["phone"] == [None, "+31513200037"]
    kept.planning_note = "alleen 's ochtends"
    secretary.session.flush()
    split(secretary, kept, losing)
    assert (kept.phone, kept.needs_wheelchair, kept.recalled_max_height_mm) == (None, False, None)
    assert kept.planning_note == "alleen 's ochtends"


def test_the_earlier_registration_holds_so_that_a_fracture_since_then_counts_and_a_split_gives_it_back(secretary, both):
    kept, losing = both
    kept.registered_on, losing.registered_on = date(2026, 11, 1), date(2020, 1, 1)
    facts.stamp(secretary, Fracture(on_date=date(2026, 10, 5), site="hip"), losing.id)
    items.refresh(secretary, losing)
    secretary.session.flush()
    merge(secretary, kept, losing)
    due = secretary.session.scalars(select(DueItem.code).where(DueItem.patient_id == kept.id)).all()
    assert (kept.registered_on, "review.after_fracture" in due) == (date(2020, 1, 1), True)
    split(secretary, kept, losing)
    assert (kept.registered_on, losing.registered_on) == (date(2026, 11, 1), date(2020, 1, 1))
    assert patients.changes(secretary.session, kept.id)[0].changes["registered_on"] == ["2020-01-01", "2026-11-01"]


@pytest.mark.parametrize("moved", [{"street": "Zeedijk", "house_number": "9"}, {"house_number": "2 bis"}])
def test_who_moved_since_the_merge_keeps_her_whole_address_at_a_split(secretary, both, moved):
    kept, losing = both
    losing.street, losing.postcode, losing.town = "Lindelaan", "8598 AB", "Duinrode"
    secretary.session.flush()
    merge(secretary, kept, losing)
    assert (kept.street, kept.postcode, kept.town) == ("Lindelaan", "8598 AB", "Duinrode")
    for name, value in moved.items():
        setattr(kept, name, value)
    secretary.session.flush()
    split(secretary, kept, losing)
    address = {"street": "Lindelaan", "postcode": "8598 AB", "town": "Duinrode"} | moved
    assert {name: getattr(kept, name) for name in address} == address


def test_a_registration_that_a_person_corrected_since_the_merge_stays_at_a_split(secretary, both):
    kept, losing = both
    kept.registered_on, losing.registered_on = date(2026, 11, 1), date(2020, 1, 1)
    secretary.session.flush()
    merge(secretary, kept, losing)
    kept.registered_on = date(2021, 5, 1)
    secretary.session.flush()
    split(secretary, kept, losing)
    assert kept.registered_on == date(2021, 5, 1)


def test_contact_persons_of_both_are_kept_and_the_day_she_asked_to_be_called_holds(secretary, both):
    kept, losing = both
    patients.replace_contacts(secretary, losing, [Contact("Els", "dochter", "+31513200037")])
    secretary.session.add(Calling(patient_id=losing.id, called_on=date(2026, 11, 20), call_back_on=date(2026, 12, 1)))
    secretary.session.flush()
    merge(secretary, kept, losing)
    assert [one.name for one in patients.contacts_of(secretary, kept.id)] == ["Els"]
    assert secretary.session.get(Calling, kept.id).call_back_on == date(2026, 12, 1)
    split(secretary, kept, losing)
    assert [len(patients.contacts_of(secretary, one.id)) for one in both] == [0, 1]


@pytest.mark.parametrize(
    ("here", "holds"),
    [(None, date(2026, 12, 1)), (date(2026, 12, 2), date(2026, 12, 1)), (date(2026, 11, 30), date(2026, 11, 30))],
)
def test_of_two_days_to_call_back_the_earlier_holds(secretary, both, here, holds):
    kept, losing = both
    for patient, on in ((losing, date(2026, 12, 1)), (kept, here)):
        secretary.session.add(Calling(patient_id=patient.id, called_on=on and date(2026, 11, 20), call_back_on=on))
    secretary.session.flush()
    merge(secretary, kept, losing)
    assert secretary.session.get(Calling, kept.id).call_back_on == holds


def test_who_is_not_there_is_merged_with_nobody_and_nobody_with_herself(secretary, both):
    kept, losing = both
    with pytest.raises(LookupError):
        merges.merge(secretary, MergePatients(kept.id, 999, "1-1", BORN, "Dubbel"))
    assert refusal(secretary, kept, kept, seen=merges.seen(kept, kept)) == "merge_itself"
    third = make_patient(secretary, number="333")
    merge(secretary, kept, losing)
    assert refusal(secretary, third, losing) == "merged_already"


def test_numbers_without_anything_recorded_are_merged_too(secretary):
    kept, losing = (make_patient(secretary, number=number) for number in ("111", "222"))
    secretary.session.flush()
    merge(secretary, kept, losing)
    assert losing.merged_into_id == kept.id


@pytest.mark.parametrize(
    ("of_losing", "code"),
    [
        ({"birth_date": date(1953, 4, 13)}, "merge_birth_dates"),
        ({"sex": "male"}, "merge_sexes"),
        ({"bsn": "999900018"}, "merge_bsns"),
        ({"status": "deceased", "status_on": date(2026, 11, 1)}, "merge_one_deceased"),
    ],
)
def test_what_one_woman_has_one_of_is_put_right_first(secretary, both, of_losing, code):
    kept, losing = both
    kept.bsn = "999900006"
    for name, value in of_losing.items():
        setattr(losing, name, value)
    secretary.session.flush()
    assert refusal(secretary, kept, losing) == code


def test_nobody_who_is_followed_comes_to_hang_on_a_number_that_left(secretary, both):
    kept, losing = both
    kept.status, kept.status_on = "moved", date(2026, 11, 1)
    secretary.session.flush()
    assert refusal(secretary, kept, losing) == "merge_kept_left"


def test_overlapping_treatments_are_put_right_first_and_those_after_one_another_are_fine(secretary, both):
    kept, losing = both
    old = make_course(secretary, kept, started_on=date(2020, 1, 6))
    secretary.session.flush()
    assert refusal(secretary, kept, losing) == "merge_courses"
    stop = CourseStop(course_id=old.id, stopped_on=date(2025, 1, 6), reason="side_effects")
    facts.stamp(secretary, stop, kept.id)
    secretary.session.flush()
    merge(secretary, kept, losing)
    assert owners(secretary, Course) == [kept.id, kept.id]


def copy_to_herself(work, patient):
    row = StandingCopy(patient_id=patient.id, since=date(2026, 1, 5), reason="Op verzoek", entered_at=work.now,
                       entered_by=work.actor.id)  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def test_who_receives_copies_goes_on_receiving_them_and_nobody_receives_two(secretary, both):
    kept, losing = both
    copy_to_herself(secretary, losing)
    merge(secretary, kept, losing)
    assert (kept.has_copies, losing.has_copies) == (True, False)
    split(secretary, kept, losing)
    assert (kept.has_copies, losing.has_copies) == (False, True)
    copy_to_herself(secretary, kept)
    assert refusal(secretary, kept, losing) == "merge_copies"


def test_a_letter_that_did_not_leave_and_a_draft_of_a_colleague_come_first(secretary, both):
    kept, losing = both
    draft = ControlDraft(patient_id=losing.id, by=1, started_at=secretary.now, saved_at=secretary.now, typed={},
                         form_token="draft")  # fmt: skip
    secretary.session.add(draft)
    secretary.session.flush()
    assert refusal(secretary, kept, losing) == "merge_draft"
    secretary.session.delete(draft)
    for form in ("contact", "statement"):
        for patient in both:
            begun = FormDraft(patient_id=patient.id, by=1, form=form, number=0, saved_at=secretary.now, typed={})
            secretary.session.add(begun)
            secretary.session.flush()
            assert refusal(secretary, kept, losing) == "merge_form"
            secretary.session.delete(begun)
    letter = drafted(secretary)
    losing = secretary.session.get_one(Patient, letter.patient_id)
    assert refusal(secretary, kept, losing) == "merge_letter"


def test_who_typed_what_waits_is_named_and_nobody_waits_for_whose_account_is_closed(secretary, both):
    kept, losing = both
    writer = secretary.session.get_one(User, secretary.actor.id)
    typed = {"patient_id": losing.id, "by": writer.id, "saved_at": secretary.now, "typed": {}}
    secretary.session.add_all([FormDraft(**typed, form="contact", number=0), ReviewDraft(**typed)])
    secretary.session.flush()
    said = merges.problems(secretary, kept, losing)
    assert [(one.code, one.params["name"]) for one in said] == [
        ("merge_review_draft", writer.name), ("merge_form", writer.name)
    ]  # fmt: skip
    writer.active = False
    secretary.session.flush()
    assert merges.problems(secretary, kept, losing) == []


def test_a_contact_with_an_alarm_symptom_is_taken_over_first_also_of_whose_account_is_closed(secretary, both):
    kept, losing = both
    writer = secretary.session.get_one(User, secretary.actor.id)
    secretary.session.add(FormDraft(patient_id=losing.id, by=writer.id, form="contact", number=0, typed={},
                                    saved_at=secretary.now, alarm_at=secretary.now))  # fmt: skip
    writer.active = False
    secretary.session.flush()
    assert refusal(secretary, kept, losing) == "merge_form"


def test_what_she_asked_of_the_clinic_is_answered_first(work, secretary, both):
    kept, losing = both
    for patient in both:
        asked = rights.record(secretary, RecordRequest(patient.id, RequestKind.ACCESS, MONDAY, "", patient.number))
        assert refusal(secretary, kept, losing) == "merge_request"
        rights.settle(work("privacy_officer"), Settle(asked.id, RequestState.GRANTED, "Verstrekt", asked.version))
    merge(secretary, kept, losing)
    assert [row.patient_id for row in secretary.session.scalars(select(RightsRequest))] == [kept.id, losing.id]


@pytest.mark.parametrize(
    ("given", "code"),
    [({"birth_date": date(1953, 3, 15)}, "birth_date_differs"), ({"reason": " "}, "reason_missing")],
)
def test_the_birth_date_is_typed_and_the_reason_given(secretary, both, given, code):
    assert refusal(secretary, *both, **given) == code


def test_a_page_from_before_a_control_of_a_colleague_says_so(secretary, both):
    kept, losing = both
    seen = merges.seen(kept, losing)
    items.refresh(secretary, losing)
    secretary.session.commit()
    with pytest.raises(Stale):
        merge(secretary, kept, losing, seen=seen)


def test_a_nurse_and_a_manager_merge_nobody(work, both):
    for role in (Role.NURSE, Role.MANAGER):
        with pytest.raises(NotAllowed):
            merge(work(role), *both)


def test_splitting_puts_each_row_back_and_what_is_due_follows(secretary, both):
    kept, losing = both
    before = owners(secretary, Control), owners(secretary, Course), owners(secretary, DueItem)
    merge(secretary, kept, losing)
    found = split(secretary, kept, losing)
    assert (owners(secretary, Control), owners(secretary, Course), owners(secretary, DueItem)) == before
    assert (found.split_reason, losing.merged_into_id) == ("Toch twee zussen", None)
    assert items.differences(secretary.session, [kept, losing], secretary.today) == []
    assert split(secretary, kept, losing).id == found.id


def test_what_was_recorded_since_goes_along_with_what_it_corrects_and_the_rest_stays_unless_chosen(secretary, both):
    kept, losing = both
    merge(secretary, kept, losing)
    course = secretary.session.scalar(select(Course))
    stop = facts.stamp(secretary, CourseStop(course_id=course.id, stopped_on=date(2026, 10, 1), reason="side_effects"),
                       kept.id)  # fmt: skip
    asked = [make_control(secretary, kept, date(2026, 11, day)) for day in (2, 3)]
    secretary.session.flush()
    plan = splits.planned(secretary, secretary.session.scalar(select(Merge)))
    assert [row.id for row in plan.along] == [stop.id]
    assert [[row.id for row in group] for group in plan.asked] == [[row.id] for row in asked]
    split(secretary, kept, losing, goes={splits.name_of(plan.asked[1])})
    assert stop.patient_id == losing.id
    assert [row.patient_id for row in asked] == [kept.id, losing.id]


def test_a_booking_comes_along_and_what_is_attended_since_goes_back_with_it(secretary, both):
    kept, losing = both
    booking = appointments.keep(
        secretary, losing.id, Slot("control", date(2026, 11, 30), time(9, 0), "poli"), None, "t"
    )
    secretary.session.commit()
    merge(secretary, kept, losing)
    assert owners(secretary, Appointment) == [kept.id]
    control = make_control(secretary, kept, date(2026, 11, 23))
    secretary.session.flush()
    booking.state, booking.settled_at, booking.control_id = "attended", secretary.now, control.id
    secretary.session.commit()
    split(secretary, kept, losing)
    assert (booking.patient_id, control.patient_id) == (losing.id, losing.id)


def test_a_number_merged_twice_is_split_from_the_outside_in(secretary, both):
    kept, losing = both
    third = make_patient(secretary, number="333")
    secretary.session.flush()
    merge(secretary, kept, losing)
    merge(secretary, third, kept)
    assert losing.merged_into_id == third.id
    with pytest.raises(RuleBroken, match="split_later_first"):
        split(secretary, kept, losing)
    split(secretary, third, kept)
    assert (losing.merged_into_id, kept.merged_into_id) == (kept.id, None)
    split(secretary, kept, losing)
    assert sorted(owners(secretary, Control)) == sorted([kept.id, losing.id])


def test_a_letter_in_hand_comes_before_a_split(secretary, both):
    kept, losing = both
    merge(secretary, kept, losing)
    secretary.session.add(Letter(patient_id=kept.id, kind="gp", state="draft", due_on=date(2026, 12, 1),
                                 template="1", facts={}, drafted_at=secretary.now, drafted_by=1))  # fmt: skip
    secretary.session.flush()
    with pytest.raises(RuleBroken, match="merge_letter"):
        split(secretary, kept, losing)


def test_what_hangs_on_both_numbers_since_the_merge_is_put_right_before_a_split(secretary, both):
    kept, losing = both
    booking = appointments.keep(
        secretary, losing.id, Slot("control", date(2026, 11, 30), time(9, 0), "poli"), None, "t"
    )
    secretary.session.commit()
    merge(secretary, kept, losing)
    mine = secretary.session.scalar(select(Control.id).where(Control.on_date == date(2026, 9, 12)))
    booking.state, booking.settled_at, booking.control_id = "attended", secretary.now, mine
    agreed = Agreement(what="lab", on_date=date(2026, 12, 1), made_on=date(2026, 11, 23), control_id=mine)
    facts.stamp(secretary, agreed, kept.id)
    secretary.session.commit()
    with pytest.raises(RuleBroken, match="split_torn"):
        split(secretary, kept, losing)


def test_a_number_that_was_never_merged_cannot_be_split(secretary, both):
    with pytest.raises(LookupError):
        split(secretary, *both)


def test_two_numbers_with_one_name_and_birth_date_are_shown_as_a_pair_until_they_are_merged(secretary, both):
    kept, losing = both
    make_patient(secretary, number="444", birth_date=date(1950, 1, 1))
    assert [(one.number, other.number) for one, other in twins.pairs(secretary)] == [("111", "222")]
    assert [other.number for other in twins.twins(secretary, kept)] == ["222"]
    merge(secretary, kept, losing)
    assert (twins.pairs(secretary), twins.twins(secretary, kept)) == ([], [])


def test_numbers_of_which_one_has_a_year_of_birth_alone_are_a_pair_as_far_as_both_are_known(secretary, both):
    for number, on, precision in (
        ("333", date(1953, 1, 1), "year"), ("444", date(1953, 3, 1), "month"), ("555", date(1953, 4, 1), "month"),
        ("666", date(1954, 1, 1), "year"),
    ):  # fmt: skip
        make_patient(secretary, number=number, birth_date=on, birth_precision=precision)
    make_patient(secretary, number="777", own_name="Zijlstra", birth_date=date(1953, 1, 1), birth_precision="year")
    found = {(one.number, other.number) for one, other in twins.pairs(secretary)}
    assert found == {
        ("111", "222"), ("111", "333"), ("222", "333"), ("111", "444"), ("222", "444"), ("333", "444"), ("333", "555"),
    }  # fmt: skip
    assert len(twins.pairs(secretary, most=3)) == 3
    assert [other.number for other in twins.twins(secretary, both[0])] == ["222", "333", "444"]
