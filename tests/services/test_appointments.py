"""Bookings: asked about once, moved with their chain, settled with what became of them."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ControlKind
from clinic.services import appointments, closures, controls, days, doses, items, visits
from clinic.services.appointment_checks import ItemKey, Slot
from clinic.services.appointments import Book, Move, Of
from clinic.services.closures import CloseClinic
from clinic.services.controls import SaveControl
from clinic.services.doses import GiveDose
from clinic.services.work import NotAllowed, Stale
from clinic.store import agenda, lists
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.lists import Wanted
from tests.factories import make_control, make_course, make_patient

TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)
SATURDAY, CHRISTMAS = date(2026, 11, 28), date(2026, 12, 25)
EPOCH = date(1970, 1, 1)


@pytest.fixture
def secretary(work):
    return work("secretary")


@pytest.fixture
def patient(secretary):
    """She started on 12 February 2026; her yearly control is due on 12 February 2027."""
    found = make_patient(secretary)
    make_course(secretary, found, started_on=date(2026, 2, 12))
    make_control(secretary, found, date(2026, 5, 11))
    items.refresh(secretary, found)
    secretary.session.commit()
    return found


@pytest.fixture
def yearly(secretary, patient):
    """Her yearly control."""
    return secretary.session.scalar(select(DueItem).where(DueItem.code == "control.yearly"))


def slot(on=TOMORROW, at=time(9, 20), **given):
    return Slot(**{"kind": "control", "on": on, "at": at, "place": "Route 42", **given})


def book(work, patient, token="one", item=None, confirmed=(), **given):
    return appointments.book(work, Book(patient.id, slot(**given), token, item, confirmed))


def key(item):
    return ItemKey(item.code, item.subject)


def of(work, number):
    row = work.session.get(Appointment, number)
    return Of(row.patient_id, row.id, row.version)


def asked(broken):
    return [question.code for question in broken.value.params["questions"]]


def test_a_booking_hangs_on_its_item_and_is_written_down(secretary, patient, yearly):
    number = book(secretary, patient, item=key(yearly), on=yearly.due_on)
    row = secretary.session.get(Appointment, number)
    assert (row.item_code, row.item_subject, row.state) == ("control.yearly", yearly.subject, "booked")
    entry = secretary.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.patient_id) == ("appointment.booked", patient.id)


def test_the_form_sent_twice_is_one_booking(secretary, patient):
    assert book(secretary, patient) == book(secretary, patient)


@pytest.mark.parametrize(
    "other",
    [{"on": TODAY}, {"at": time(10, 0)}, {"minutes": 30}, {"kind": "phone"}, {"place": "Zuid"}],
    ids=lambda other: next(iter(other)),
)
def test_a_booking_sent_again_with_something_else_is_not_said_to_be_booked(secretary, patient, other):
    first = book(secretary, patient)
    with pytest.raises(Stale) as stale:
        book(secretary, patient, **other)
    assert stale.value.args == (first,)


def test_a_booking_sent_again_is_not_said_to_stand_when_it_no_longer_does(secretary, patient, yearly):
    first = book(secretary, patient)
    with pytest.raises(Stale):
        book(secretary, patient, item=key(yearly))
    appointments.cancel(secretary, of(secretary, first), "ziek")
    with pytest.raises(Stale):
        book(secretary, patient)


def test_an_item_is_booked_once(secretary, patient, yearly):
    book(secretary, patient, item=key(yearly), on=yearly.due_on)
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient, "two", key(yearly), on=yearly.due_on)
    assert (broken.value.field, broken.value.code) == ("item", "item_booked")


def test_an_item_that_is_no_longer_due_is_refused(secretary, patient):
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient, item=ItemKey("dxa.mid_course", EPOCH))
    assert broken.value.code == "item_gone"


@pytest.mark.parametrize(
    ("day", "question"),
    [(SATURDAY, "on_weekend"), (CHRISTMAS, "on_holiday"), (date(2027, 4, 27), "on_holiday")],
)
def test_a_day_off_is_asked_about_once(secretary, patient, day, question):
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient, on=day)
    assert asked(broken) == [question]
    assert book(secretary, patient, on=day, confirmed=(broken.value.params["questions"][0].token,))


def test_a_day_when_the_clinic_is_closed_is_asked_about_once(secretary, work, patient):
    manager = work("manager")
    closures.close(manager, CloseClinic(TOMORROW, TOMORROW, "verbouwing"))
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient)
    [question] = broken.value.params["questions"]
    assert (question.field, question.code, question.params) == ("on", "on_closed", {"why": "verbouwing"})
    assert book(secretary, patient, confirmed=(question.token,))
    closures.withdraw(manager, closures.coming(manager)[0].id)
    assert book(secretary, patient, "two", at=time(11, 0))


def test_an_answer_for_one_day_is_none_for_another(secretary, patient):
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient, on=SATURDAY, confirmed=("on_weekend=2026-12-05",))
    assert asked(broken) == ["on_weekend"]


def test_before_the_window_and_past_it_are_asked_about(secretary, patient, yearly):
    assert yearly.opens_on > TOMORROW
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient, item=key(yearly))
    assert asked(broken) == ["before_opens"]
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient, item=key(yearly), on=date(2027, 5, 10))
    assert asked(broken) == ["after_late"]


def test_patient_and_staff_are_asked_about_when_taken_at_that_time(secretary, patient):
    nurse = secretary.actor.id
    book(secretary, patient, staff_id=nurse)
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient, "two", at=time(9, 30), staff_id=nurse)
    assert asked(broken) == ["patient_taken", "staff_taken"]
    assert book(secretary, patient, "three", at=time(9, 35), staff_id=nurse)


def test_a_long_appointment_takes_its_place_for_as_long_as_it_lasts(secretary, patient):
    book(secretary, patient, kind="infusion", place="Dagbehandeling")
    other = make_patient(secretary)
    with pytest.raises(RuleBroken) as broken:
        book(secretary, other, "two", at=time(10, 10), place="Dagbehandeling")
    assert asked(broken) == ["place_taken"]
    assert book(secretary, other, "three", at=time(10, 20), place="Dagbehandeling")
    third = make_patient(secretary)
    short = book(secretary, third, "four", at=time(8, 0), place="Dagbehandeling", minutes=80)
    assert secretary.session.get(Appointment, short).minutes == 80
    with pytest.raises(RuleBroken):
        book(secretary, third, "five", at=time(16, 0), minutes=4)


@pytest.mark.parametrize(
    ("given", "field"), [({"on": date(2026, 11, 22)}, "on"), ({"place": " "}, "place"), ({"staff_id": 999}, "staff")]
)
def test_what_cannot_be(secretary, patient, given, field):
    with pytest.raises(RuleBroken) as broken:
        book(secretary, patient, **given)
    assert broken.value.field == field


def test_who_died_is_not_booked_and_what_stood_can_be_cancelled(secretary, patient):
    number = book(secretary, patient)
    patient.status, patient.status_on = "deceased", TODAY
    with pytest.raises(RuleBroken):
        book(secretary, patient, "two")
    appointments.cancel(secretary, of(secretary, number), "overleden")
    assert secretary.session.get(Appointment, number).state == "cancelled"


@pytest.fixture
def left(secretary):
    """She moved away three weeks ago; her denosumab is due here until it was handed over."""
    found = make_patient(secretary, status="moved", status_on=date(2026, 11, 2))
    make_course(secretary, found, drug="denosumab", started_on=date(2025, 11, 3), planned_years=None)
    items.refresh(secretary, found)
    secretary.session.commit()
    return found


def injection(work, patient):
    found = work.session.scalar(
        select(DueItem).where(DueItem.patient_id == patient.id, DueItem.code == "dose.denosumab")
    )
    return key(found)


def test_who_left_is_booked_for_the_denosumab_that_was_not_handed_over_and_for_nothing_else(secretary, left):
    dose = injection(secretary, left)
    late = (f"after_late={TOMORROW}",)
    for item in (None, ItemKey("control.yearly", EPOCH), dose._replace(subject=TODAY)):
        with pytest.raises(RuleBroken, match="appointment_not_followed"):
            book(secretary, left, "none", item, kind="infusion")
    first = book(secretary, left, "one", dose, late, kind="infusion")
    command = Move(of(secretary, first), slot(at=time(11), kind="infusion"), "two", confirmed=late)
    moved = appointments.move(secretary, command)
    assert secretary.session.get(Appointment, moved).item_code == "dose.denosumab"
    with pytest.raises(RuleBroken, match="appointment_not_followed"):  # nor is it moved to become something else
        appointments.move(secretary, Move(of(secretary, moved), slot(at=time(12), kind="dxa"), "three"))


def test_who_left_is_not_booked_once_her_denosumab_was_handed_over(secretary, left):
    dose = injection(secretary, left)
    left.handover_confirmed_on, left.handover_by = TODAY, "Medisch Centrum Noord"
    items.refresh(secretary, left)
    with pytest.raises(RuleBroken, match="appointment_not_followed"):
        book(secretary, left, "one", dose, kind="infusion")


def test_who_may_not_plan_does_not(work, patient):
    with pytest.raises(NotAllowed):
        book(work("manager"), patient)


def test_a_moved_appointment_keeps_its_chain_and_its_item(secretary, patient, yearly):
    first = book(secretary, patient, item=key(yearly), on=yearly.due_on)
    command = Move(of(secretary, first), slot(date(2027, 2, 15)), "two", "vakantie")
    second = appointments.move(secretary, command)
    assert appointments.move(secretary, command) == second
    old, new = (secretary.session.get(Appointment, number) for number in (first, second))
    assert (old.state, old.reason) == ("moved", "vakantie")
    assert (new.moved_from_id, new.item_code, new.state) == (first, "control.yearly", "booked")


@pytest.mark.parametrize(
    "other",
    [{"slot": slot(date(2026, 11, 27))}, {"reason": "werk"}, {"of": "another"}],
    ids=lambda other: next(iter(other)),
)
def test_a_move_sent_again_with_something_else_is_not_said_to_be_moved(secretary, patient, other):
    before, beside = (
        of(secretary, book(secretary, patient, token, at=at)) for token, at in (("one", None), ("b", time(14, 0)))
    )
    said = Move(before, slot(date(2026, 11, 26)), "two", "vakantie")
    moved = appointments.move(secretary, said)
    assert appointments.move(secretary, said) == moved
    with pytest.raises(Stale) as stale:
        appointments.move(secretary, replace(said, **({"of": beside} if "of" in other else other)))
    assert stale.value.args == (moved,)
    appointments.cancel(secretary, of(secretary, moved), "ziek")
    with pytest.raises(Stale):
        appointments.move(secretary, said)


@pytest.mark.parametrize(("kind", "item"), [("phone", "control.yearly"), ("infusion", None), ("dxa", None)])
def test_a_visit_that_became_another_kind_is_for_its_item_only_when_that_can_be_done_so(
    secretary, patient, yearly, kind, item
):
    first = book(secretary, patient, item=key(yearly), on=yearly.due_on)
    command = Move(of(secretary, first), slot(date(2027, 2, 15), kind=kind), "two")
    second = appointments.move(secretary, command)
    assert appointments.move(secretary, command) == second
    assert secretary.session.get(Appointment, second).item_code == item


def test_a_kind_that_a_person_chose_stays_with_its_item(secretary, patient, yearly):
    first = book(secretary, patient, item=key(yearly), on=yearly.due_on, kind="dxa")
    second = appointments.move(secretary, Move(of(secretary, first), slot(date(2027, 2, 15), kind="dxa"), "two"))
    assert secretary.session.get(Appointment, second).item_code == "control.yearly"
    row = secretary.session.get(Appointment, second)
    row.item_code = "lab.before_infusion"  # booked as nothing in particular
    secretary.session.flush()
    third = appointments.move(secretary, Move(of(secretary, second), slot(date(2027, 2, 16)), "three"))
    assert secretary.session.get(Appointment, third).item_code == "lab.before_infusion"


def test_a_past_appointment_is_not_moved_beside_the_one_that_was_booked_for_the_same(secretary, patient, yearly):
    given = {"item": key(yearly), "confirmed": (f"before_opens={TODAY}", f"before_opens={TOMORROW}")}
    past = book(secretary, patient, on=TODAY, **given)
    secretary.session.get(Appointment, past).on_date = TODAY - timedelta(days=7)
    secretary.session.commit()
    again = book(secretary, patient, "two", on=TOMORROW, **given)
    confirmed = (f"before_opens={TOMORROW + timedelta(days=1)}",)
    there = slot(on=TOMORROW + timedelta(days=1), at=time(11, 0))
    with pytest.raises(RuleBroken) as broken:
        appointments.move(secretary, Move(of(secretary, past), there, "three", confirmed=confirmed))
    assert (broken.value.field, broken.value.code, broken.value.params) == ("on", "item_booked", {"day": "24-11-2026"})
    secretary.session.rollback()
    moved = appointments.move(secretary, Move(of(secretary, again), there, "four", confirmed=confirmed))
    assert secretary.session.get(Appointment, moved).state == "booked"


def test_the_same_slot_is_not_taken_by_the_appointment_that_moves(secretary, patient):
    first = book(secretary, patient)
    assert appointments.move(secretary, Move(of(secretary, first), slot(at=time(9, 25)), "two"))


def test_of_two_who_move_one_appointment_the_second_is_told(secretary, patient):
    first = book(secretary, patient)
    seen = of(secretary, first)
    appointments.move(secretary, Move(seen, slot(date(2026, 11, 25)), "two"))
    with pytest.raises(Stale):
        appointments.move(secretary, Move(seen, slot(date(2026, 11, 26)), "three"))
    with pytest.raises(Stale):
        appointments.cancel(secretary, seen, "ziek")


def test_a_cancelled_appointment_says_why_and_frees_its_item(secretary, patient, yearly):
    number = book(secretary, patient, item=key(yearly), on=yearly.due_on)
    seen = of(secretary, number)
    with pytest.raises(RuleBroken) as broken:
        appointments.cancel(secretary, seen, " ")
    assert broken.value.field == "reason"
    appointments.cancel(secretary, seen, "ziek")
    appointments.cancel(secretary, seen, "ziek")
    assert book(secretary, patient, "two", key(yearly), on=yearly.due_on)
    with pytest.raises(RuleBroken) as broken:
        appointments.reopen(secretary, of(secretary, number))
    assert broken.value.code == "item_booked_again"


def test_attempts_to_reach_who_did_not_come_are_counted(secretary, patient):
    number = book(secretary, patient, on=TODAY)
    appointments.missed(secretary, of(secretary, number), 1, "voicemail")
    appointments.missed(secretary, of(secretary, number), 2, "belt terug")
    row = secretary.session.get(Appointment, number)
    assert (row.state, row.attempts, row.reason) == ("no_show", 2, "belt terug")
    with pytest.raises(RuleBroken):
        appointments.missed(secretary, of(secretary, number), 1, "")
    appointments.reopen(secretary, of(secretary, number))
    assert row.state == "booked"


def test_nobody_missed_or_attended_tomorrow(secretary, patient):
    number = book(secretary, patient)
    with pytest.raises(RuleBroken):
        appointments.missed(secretary, of(secretary, number), 0, "")
    with pytest.raises(RuleBroken):
        appointments.attend(secretary, of(secretary, number))


def test_arrived_and_attended_pressed_twice_are_once(secretary, patient):
    number = book(secretary, patient, on=TODAY)
    seen = of(secretary, number)
    for _press in range(2):
        appointments.arrive(secretary, seen)
    seen = of(secretary, number)
    for _press in range(2):
        appointments.attend(secretary, seen)
    assert secretary.session.get(Appointment, number).state == "attended"


@pytest.mark.parametrize(("before", "after"), [("booked", "attended"), ("no_show", "attended")])
def test_a_control_settles_its_appointment(secretary, work, patient, before, after):
    number = book(secretary, patient, on=TODAY)
    if before == "no_show":
        appointments.missed(secretary, of(secretary, number), 0, "")
    nurse = work("nurse")
    control = make_control(nurse, patient, TODAY)
    nurse.session.flush()
    visits.settle_with_control(nurse, number, control.id)
    nurse.commit()
    row = nurse.session.get(Appointment, number)
    assert (row.state, row.control_id) == (after, control.id)
    with pytest.raises(RuleBroken):
        appointments.reopen(secretary, of(secretary, number))


def test_a_control_saved_from_its_appointment_settles_it_in_one_transaction(secretary, work, patient, yearly):
    number = book(secretary, patient, item=key(yearly), on=TODAY, confirmed=(f"before_opens={TODAY}",))
    nurse = work("nurse")
    command = SaveControl(
        patient.id, TODAY, ControlKind.PHONE, "form", note="Gebeld.", unanswerable="kort gesprek", appointment_id=number
    )
    control = controls.save(nurse, command)
    row = nurse.session.get(Appointment, number)
    assert (row.state, row.control_id) == ("attended", control)


def test_the_appointment_of_a_corrected_control_leads_to_the_version_that_stands(secretary, work, patient, yearly):
    number = book(secretary, patient, item=key(yearly), on=TODAY, confirmed=(f"before_opens={TODAY}",))
    nurse = work("nurse")
    command = SaveControl(
        patient.id, TODAY, ControlKind.PHONE, "form", note="Gebeld.", unanswerable="kort gesprek", appointment_id=number
    )
    first = controls.save(nurse, command)
    second = controls.save(nurse, replace(command, form_token="two", corrects=first, reason="andere notitie"))
    nurse.session.expire_all()
    assert nurse.session.get(Appointment, number).control_id == second


def test_a_dose_settles_the_booking_for_it_of_that_day_and_no_other(work, secretary):
    patient = make_patient(secretary)
    course = make_course(secretary, patient, drug="zoledronic_acid", planned_years=3)
    secretary.session.flush()
    given = book(secretary, patient, "one", kind="infusion", on=TODAY)
    talk = book(secretary, patient, "two", kind="phone", on=TODAY, at=time(15, 0), confirmed=(f"same_day={TODAY}",))
    later = book(secretary, patient, "three", kind="infusion", on=TOMORROW)
    doses.give(secretary, GiveDose(patient.id, course.id, TODAY, "dagbehandeling", "R. Mulder"))
    states = [secretary.session.get(Appointment, number).state for number in (given, talk, later)]
    assert states == ["attended", "booked", "booked"]


def test_a_control_settles_nobody_elses_appointment(secretary, patient):
    number = book(secretary, patient, on=TODAY)
    control = make_control(secretary, make_patient(secretary), TODAY)
    secretary.session.flush()
    with pytest.raises(LookupError):
        visits.settle_with_control(secretary, number, control.id)


def test_the_day_stands_in_order_of_time_without_what_moved_or_was_cancelled(secretary, patient):
    late = book(secretary, patient, "late", on=TODAY, at=time(13, 40))
    early = book(secretary, make_patient(secretary), "early", on=TODAY, at=time(8, 40))
    unknown = book(secretary, make_patient(secretary), "unknown", on=TODAY, at=None)
    gone = book(secretary, make_patient(secretary), "gone", on=TODAY)
    appointments.cancel(secretary, of(secretary, gone), "ziek")
    shown = [row.Appointment.id for row in agenda.of_day(secretary.session, TODAY)]
    assert shown == [early, late, unknown]


def test_what_became_of_an_appointment_pressed_twice_is_said_once(secretary, patient):
    number = book(secretary, patient, on=TODAY)
    seen = of(secretary, number)
    for _press in range(2):
        appointments.missed(secretary, seen, 1, "voicemail")
    seen = of(secretary, number)
    for _press in range(2):
        appointments.reopen(secretary, seen)
    settled = select(AuditEntry.details).where(AuditEntry.action == "appointment.settled").order_by(AuditEntry.id)
    assert [told["state"] for told in secretary.session.scalars(settled)] == ["no_show", "booked"]


def test_a_control_leaves_a_cancelled_appointment_as_it_is(secretary, work, patient):
    number = book(secretary, patient, on=TODAY)
    appointments.cancel(secretary, of(secretary, number), "ziek")
    control = make_control(secretary, patient, TODAY)
    secretary.session.flush()
    visits.settle_with_control(work("nurse"), number, control.id)
    row = secretary.session.get(Appointment, number)
    assert (row.state, row.control_id, row.reason) == ("cancelled", None, "ziek")


def test_a_form_of_one_patient_books_nothing_for_another(secretary, patient):
    book(secretary, patient, "one")
    with pytest.raises(LookupError):
        book(secretary, make_patient(secretary), "one")


def come(nurse, patient, on):
    """A full control, begun from the record and not from the appointment."""
    measured = {"heights_mm": (1600,), "weight_g": 62000, "unanswerable": "hoort slecht"}
    controls.save(nurse, SaveControl(patient.id, on, ControlKind.CLINIC, "form", **measured))


def to_plan(work, patient):
    """What of hers stands on the planning list that day, or later on it."""
    wanted = Wanted(codes=("control.yearly",), unbooked=True, ranks=(1, 2, 3, 4, 5, 6))
    return [row.code for row in lists.items_of(work.session, [patient.id], wanted, work.today)]


def test_a_control_begun_from_the_record_was_the_visit_of_that_day(work, patient, yearly):
    secretary, nurse = work("secretary", date(2027, 2, 12)), work("nurse", date(2027, 2, 12))
    number = book(secretary, patient, item=key(yearly), on=date(2027, 2, 12))
    talk = book(secretary, patient, "two", kind="phone", on=date(2027, 2, 12), at=time(15, 0),
                confirmed=("same_day=2027-02-12",))  # fmt: skip
    come(nurse, patient, date(2027, 2, 12))
    states = [nurse.session.get(Appointment, found).state for found in (number, talk)]
    assert states == ["attended", "booked"]
    assert to_plan(nurse, patient) == ["control.yearly"]


def test_a_booking_of_what_was_done_earlier_hides_the_next_one_no_more(work, patient, yearly):
    secretary, nurse = work("secretary", date(2027, 2, 8)), work("nurse", date(2027, 2, 8))
    number = book(secretary, patient, item=key(yearly), on=date(2027, 2, 12))
    come(nurse, patient, date(2027, 2, 8))
    row = nurse.session.get(Appointment, number)
    assert (row.state, row.item_code, row.item_subject) == ("booked", None, None)
    told = nurse.session.scalars(select(AuditEntry).where(AuditEntry.subject == f"appointment:{number}")).all()[-1]
    assert told.details == {"state": "booked", "let_go": "control.yearly"}
    assert to_plan(nurse, patient) == ["control.yearly"]
    assert agenda.booked_for(nurse.session, patient.id, *key(yearly), nurse.today) is None


def test_a_visit_of_which_nobody_said_what_became_hides_nothing_that_is_due(work, patient, yearly):
    secretary = work("secretary", date(2027, 2, 12))
    number = book(secretary, patient, item=key(yearly), on=date(2027, 2, 12))
    assert to_plan(secretary, patient) == []
    later = work("secretary", date(2027, 2, 16))
    assert to_plan(later, patient) == ["control.yearly"]
    assert [row.appointment_id for row in days.left(later).appointments] == [number]
    again = book(later, patient, "two", item=key(yearly), on=date(2027, 2, 17))
    rows = lists.items_of(later.session, [patient.id], Wanted(codes=("control.yearly",)), later.today)
    assert [row.appointment_id for row in rows] == [again]
