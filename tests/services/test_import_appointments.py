"""The hospital's agenda comes in, again and again: one booking per number, and nothing is cancelled by a file."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.services import appointments, imports, items
from clinic.services.appointment_checks import ItemKey, Slot
from clinic.services.appointments import Book, Of
from clinic.services.imports import Import
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from tests.factories import make_control, make_course, make_patient

MAPPING = mapping.parse(Path("docs/mappings/agenda.toml").read_bytes(), interop.FIELDS)
HEADER = "AFSPRAAKNR;PATIENTNR;DATUM;TIJD;CODE;DUUR;LOCATIE;MEDEWERKER;STATUS\n"
TODAY = date(2026, 11, 23)


@pytest.fixture
def patient(work):
    """Her yearly control and nothing else is open."""
    secretary = work("secretary")
    found = make_patient(secretary, number="1001")
    make_course(secretary, found, started_on=date(2025, 11, 30))
    make_control(secretary, found, date(2026, 2, 27))
    items.refresh(secretary, found)
    secretary.session.commit()
    return found


@pytest.fixture
def bring(work):
    """The manager brings these rows in; `bring(...)` says the outcome."""

    def start(*rows, tried=False, today=TODAY):
        content = (HEADER + "".join(f"{row}\n" for row in rows)).encode()
        parsed = interop.parse(tables.read(content, "agenda.csv"), MAPPING)
        command = Import(parsed, "agenda.csv", "0" * 64)
        return (imports.try_out if tried else imports.commit)(work("manager", today), command)

    return start


def row(number="1", patient="1001", on="30-11-2026", at="09:20", code="BOT-C", place="poli 3", staff="", state=""):
    return f"{number};{patient};{on};{at};{code};15;{place};{staff};{state}"


def booked(session):
    session.expire_all()
    return session.scalars(select(Appointment).where(Appointment.state == "booked").order_by(Appointment.id)).all()


def codes(outcome):
    return [complaint.code for complaint in outcome.complaints]


def changes(outcome):
    return [told.code for told in outcome.told]


def test_a_new_appointment_is_booked_for_the_item_that_it_fits(bring, patient, session):
    outcome = bring(row())
    [booking] = booked(session)
    assert (booking.on_date, booking.at_time, booking.place) == (date(2026, 11, 30), time(9, 20), "poli 3")
    assert (booking.item_code, booking.external_number) == ("control.yearly", "agenda-1")
    assert (outcome.added, changes(outcome)) == (1, ["agenda_new"])


def test_trying_out_says_the_same_and_books_nothing(bring, patient, session):
    assert changes(bring(row(), tried=True)) == ["agenda_new"]
    assert booked(session) == []


def test_the_same_file_again_changes_nothing(bring, patient, session):
    bring(row())
    again = bring(row())
    assert (again.added, again.changed, again.unchanged, again.told) == (0, 0, 1, ())
    assert len(booked(session)) == 1


def test_another_time_under_the_same_number_moves_the_booking_with_its_item(bring, patient, session):
    bring(row())
    outcome = bring(row(on="01-12-2026", at="13:00"))
    [booking] = booked(session)
    old = session.get_one(Appointment, booking.moved_from_id)
    assert (booking.on_date, booking.at_time, booking.item_code) == (date(2026, 12, 1), time(13), "control.yearly")
    assert (old.state, old.external_number, booking.external_number) == ("moved", None, "agenda-1")
    assert changes(outcome) == ["agenda_moved"]


@pytest.mark.parametrize(
    ("code", "item"), [("BOT-T", "control.yearly"), ("BOT-I", "dose.zoledronic_acid"), ("BOT-A", None)]
)
def test_another_kind_under_the_same_number_is_for_the_item_that_it_fits(bring, patient, session, code, item):
    """A control may be done by phone, but an infusion or a review is none."""
    bring(row())
    session.add(DueItem(
        patient_id=patient.id, code="dose.zoledronic_acid", subject=TODAY, due_on=TODAY, opens_on=TODAY,
        late_after=TODAY + timedelta(30), backlog=False, why={"code": "x", "params": {}}, source="x", protocol="1",
    ))  # fmt: skip
    session.commit()
    bring(row(code=code))
    [booking] = booked(session)
    assert booking.item_code == item


def test_a_booking_moved_by_hand_stays_there_until_the_agenda_says_something_new(bring, work, patient, session):
    bring(row())
    [old] = booked(session)
    of = Of(patient.id, old.id, old.version)
    slot = Slot("control", date(2026, 12, 2), time(10), "poli 3")
    appointments.move(work("secretary"), appointments.Move(of, slot, "moved-once"))
    assert [booking.external_number for booking in booked(session)] == ["agenda-1"]
    for _ in range(2):  # the agenda says what it said before the move
        assert codes(bring(row(), tried=True)) == ["moved_here"]
    assert [booking.on_date for booking in booked(session)] == [date(2026, 12, 2)]
    bring(row(on="03-12-2026"))
    assert [booking.on_date for booking in booked(session)] == [date(2026, 12, 3)]


def test_a_booking_made_by_hand_for_that_day_joins_the_agenda_and_is_not_doubled(bring, work, patient, session):
    slot = Slot("control", date(2026, 11, 30), time(9, 20), "poli 3")
    appointments.book(work("secretary"), Book(patient.id, slot, "by-hand", confirmed=("before_opens=2026-11-30",)))
    outcome = bring(row())
    [booking] = booked(session)
    assert (booking.external_number, booking.item_code) == ("agenda-1", "control.yearly")
    assert (outcome.added, changes(outcome)) == (0, ["agenda_matched"])


def test_an_appointment_that_vanished_is_marked_and_stands_until_somebody_cancels_it(bring, patient, work, session):
    other = make_patient(work("secretary"), number="1002")
    session.commit()
    bring(row(), row("2", other.number, on="01-12-2026"), row("3", other.number, on="02-12-2026"))
    outcome = bring(row("2", other.number, on="27-11-2026"), row("3", other.number, on="02-12-2026"))
    missing = [booking.patient_id for booking in booked(session) if booking.missing_since]
    assert (missing, "agenda_vanished" in changes(outcome)) == ([patient.id], True)
    assert "agenda_vanished" not in changes(bring(row("3", other.number, on="02-12-2026")))


def test_a_file_without_one_readable_row_makes_nothing_vanish(bring, patient, session):
    bring(row())
    bring(row(number="2", on="gisteren"), tried=True)
    assert [booking.missing_since for booking in booked(session)] == [None]


def test_outside_the_days_of_the_file_and_in_another_agenda_nothing_vanishes(bring, patient, work, session):
    bring(row(), row("2", on="04-12-2026", code="BOT-T"))
    slot = Slot("dxa", date(2026, 12, 4), time(15), "DXA")
    appointments.book(work("secretary"), Book(patient.id, slot, "own"))
    bring(row("2", on="04-12-2026", code="BOT-T"))
    assert [booking.missing_since for booking in booked(session)] == [None, None, None]


def test_a_row_that_stays_out_has_not_vanished(bring, patient, session):
    bring(row(), row("2", on="28-11-2026", code="BOT-T"), row("3", on="04-12-2026", code="BOT-A"))
    unreadable = row(code="WHAT")
    outcome = bring(row("2", on="28-11-2026", code="BOT-T"), unreadable, row("3", on="04-12-2026", code="BOT-A"))
    assert codes(outcome) == ["appointment_kind_unknown"]
    assert not any(booking.missing_since for booking in booked(session))


def test_what_came_back_into_the_agenda_loses_its_mark(bring, patient, session):
    bring(row(), row("2", on="27-11-2026", code="BOT-T"), row("3", on="04-12-2026", code="BOT-T"))
    bring(row("2", on="27-11-2026", code="BOT-T"), row("3", on="04-12-2026", code="BOT-T"))
    assert any(booking.missing_since for booking in booked(session))
    bring(row(), row("2", on="27-11-2026", code="BOT-T"), row("3", on="04-12-2026", code="BOT-T"))
    assert not any(booking.missing_since for booking in booked(session))


def test_what_the_hospital_cancelled_is_proposed_not_done(bring, patient, session):
    bring(row())
    outcome = bring(row(state="afgezegd"))
    [booking] = booked(session)
    assert (booking.missing_since is not None, changes(outcome)) == (True, ["agenda_cancelled"])


def test_what_was_cancelled_before_it_was_known_here_leaves_a_booking_made_by_hand(bring, patient, work, session):
    slot = Slot("control", date(2026, 11, 30), time(9, 20), "poli 3")
    appointments.book(work("secretary"), Book(patient.id, slot, "by-hand"))
    assert bring(row(state="afgezegd")).unchanged == 1
    assert [booking.missing_since for booking in booked(session)] == [None]


def test_an_excel_file_with_days_and_times_as_such_is_read_as_well(work, patient, session):
    book, told = Workbook(), MAPPING.fields | {"on": "{WANNEER}", "at": "{WANNEER}"}
    book.active.append(["AFSPRAAKNR", "PATIENTNR", "WANNEER", "CODE", "DUUR", "LOCATIE", "MEDEWERKER", "STATUS"])
    book.active.append([1, 1001, datetime(2026, 11, 30, 9, 20), "BOT-C", 15, "poli 3", None, "gepland"])  # noqa: DTZ001 - Excel has no zone
    book.save(file := BytesIO())
    read = interop.parse(tables.read(file.getvalue(), "agenda.xlsx"), replace(MAPPING, fields=told))
    imports.commit(work("manager"), Import(read, "agenda.xlsx", "0" * 64))
    [booking] = booked(session)
    assert (booking.on_date, booking.at_time, booking.external_number) == (date(2026, 11, 30), time(9, 20), "agenda-1")


def test_as_long_as_a_number_has_no_outcome_no_booking_is_marked_as_gone(work, bring, patient, session):
    bring(row(), row("2", on="27-11-2026", code="BOT-T"), row("3", on="04-12-2026", code="BOT-T"))

    def again(number):
        book = Workbook()
        for line in [HEADER.strip(), row("2", on="27-11-2026", code="BOT-T"), row(number, at="10:00"),
                     row("3", on="04-12-2026", code="BOT-T")]:  # fmt: skip
            book.active.append(line.split(";"))
        book.save(file := BytesIO())
        read = interop.parse(tables.read(file.getvalue(), "agenda.xlsx"), MAPPING)
        return imports.commit(work("manager", TODAY), Import(read, "agenda.xlsx", "0" * 64))

    assert (codes(again("#N/A")), changes(again("#N/A"))) == (["cell_without_outcome"], [])
    assert sorted(changes(again("9"))) == ["agenda_new", "agenda_vanished"]


def test_of_several_items_nobody_chooses_and_it_is_reported(bring, patient, work, session):
    second = DueItem(
        patient_id=patient.id, code="agreed.control", subject=TODAY, due_on=TODAY, opens_on=TODAY,
        late_after=TODAY + timedelta(30), backlog=False, why={"code": "x", "params": {}}, source="x", protocol="1",
    )  # fmt: skip
    session.add(second)
    session.commit()
    outcome = bring(row())
    [booking] = booked(session)
    assert (booking.item_code, codes(outcome)) == (None, ["items_several"])


def test_an_item_has_one_booking(bring, patient, session):
    bring(row(), row("2", on="01-12-2026"))
    assert [booking.item_code for booking in booked(session)] == ["control.yearly", None]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (row(patient="4444"), "number_unknown"),
        (row(code="XRAY"), "appointment_kind_unknown"),
        (row(at="25:00"), "time_unreadable"),
        (row(on="20-11-2026"), "day_passed"),
        (row(on="volgende week"), "date_unreadable"),
        (row(state="misschien"), "appointment_state_unknown"),
    ],
)
def test_what_cannot_be_taken_over_is_reported(bring, patient, session, line, complaint):
    outcome = bring(row("9"), line)
    assert (outcome.refused, codes(outcome)) == (1, [complaint])
    assert len(booked(session)) == 1


def test_somebody_without_an_account_is_reported_and_the_appointment_comes_in(bring, patient, session):
    assert codes(bring(row(staff="M. Onbekend"))) == ["staff_unknown"]
    assert [booking.staff_id for booking in booked(session)] == [None]


def test_who_is_no_longer_followed_gets_no_appointment(bring, patient, session):
    patient.status, patient.status_on = "moved", TODAY
    session.commit()
    assert codes(bring(row(), tried=True)) == ["patient_not_followed"]


@pytest.fixture
def moved_away(work, session):
    """She moved, and her denosumab was not handed over."""
    secretary = work("secretary")
    found = make_patient(secretary, number="1003", status="moved", status_on=date(2026, 11, 2))
    make_course(secretary, found, drug="denosumab", started_on=date(2025, 11, 3), planned_years=None)
    items.refresh(secretary, found)
    session.commit()
    return found


def test_who_left_gets_an_appointment_for_the_denosumab_that_was_not_handed_over(bring, work, moved_away, session):
    outcome = bring(row(patient="1003", code="BOT-I"), row("2", patient="1003"))
    assert (outcome.added, codes(outcome)) == (1, ["patient_not_followed"])
    bring(row(patient="1003", code="BOT-I", on="01-12-2026"))
    [booking] = booked(session)
    assert (booking.on_date, booking.item_code) == (date(2026, 12, 1), "dose.denosumab")
    moved_away.handover_confirmed_on, moved_away.handover_by = TODAY, "Medisch Centrum Noord"
    items.refresh(work("secretary"), moved_away)
    session.commit()
    assert codes(bring(row(patient="1003", code="BOT-I", on="02-12-2026"), tried=True)) == ["patient_not_followed"]


def test_of_who_left_a_booking_for_her_denosumab_moves_whatever_its_kind(bring, work, moved_away, session):
    subject = session.scalar(select(DueItem.subject).where(DueItem.code == "dose.denosumab"))
    slot = Slot("control", date(2026, 11, 30), time(9, 20), "poli 3")
    item = ItemKey("dose.denosumab", subject)
    asked = "after_late=2026-11-30"
    appointments.book(work("secretary"), Book(moved_away.id, slot, "by-hand", item, (asked,)))
    bring(row(patient="1003"))
    assert codes(bring(row(patient="1003", on="01-12-2026", code="BOT-T"), tried=True)) == ["patient_not_followed"]
    assert codes(bring(row(patient="1003", on="01-12-2026"))) == []
    [booking] = booked(session)
    assert (booking.on_date, booking.item_code) == (date(2026, 12, 1), "dose.denosumab")


def test_a_number_that_is_another_patients_is_refused(bring, patient, work, session):
    make_patient(work("secretary"), number="1002")
    session.commit()
    bring(row())
    assert codes(bring(row(patient="1002"), tried=True)) == ["booking_of_another"]


@pytest.mark.parametrize(
    ("state", "complaint"),
    [("cancelled", "booking_cancelled"), ("no_show", "booking_no_show"), ("attended", "booking_attended")],
)
def test_what_was_settled_here_is_not_undone_by_the_agenda(bring, patient, session, state, complaint):
    bring(row())
    [booking] = booked(session)
    booking.state, booking.settled_at, booking.reason = state, booking.booked_at, "x"
    session.commit()
    again = bring(row())
    assert (again.unchanged, codes(again)) == (1, [complaint] if state == "cancelled" else [])
    assert codes(bring(row(), today=date(2026, 12, 1))) == []
    assert codes(bring(row(on="01-12-2026"), tried=True)) == [complaint]


@pytest.mark.parametrize(("state", "complaints"), [("booked", []), ("cancelled", ["patient_not_followed"])])
def test_of_who_is_no_longer_followed_only_a_booking_that_was_cancelled_here_is_reported(
    bring, patient, session, state, complaints
):
    bring(row())
    [booking] = booked(session)
    patient.status, patient.status_on = "moved", TODAY
    if state == "cancelled":
        booking.state, booking.settled_at, booking.reason = state, booking.booked_at, "x"
    session.commit()
    again = bring(row())
    assert (again.unchanged, again.refused, codes(again)) == (1, 0, complaints)
    assert booking.state == state


def test_who_is_in_the_waiting_room_is_not_moved(bring, patient, session):
    bring(row(on="23-11-2026"))
    [booking] = booked(session)
    booking.arrived_at = booking.booked_at
    session.commit()
    assert codes(bring(row(on="24-11-2026"), tried=True)) == ["booking_arrived"]


def test_a_booking_can_be_for_an_item_only_after_its_window_opened(bring, patient, session):
    item = session.scalar(select(DueItem).where(DueItem.code == "control.yearly"))
    before = item.opens_on - timedelta(1)
    bring(row("1", on=f"{before:%d-%m-%Y}"), row("2", on=f"{item.opens_on:%d-%m-%Y}"), today=before)
    assert [booking.item_code for booking in booked(session)] == [None, "control.yearly"]
