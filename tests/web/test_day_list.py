"""The list of a day on paper and in a spreadsheet, and the manager's word on the emergency list."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select, update

from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import items
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient
from tests.factories import make_course, make_patient


@pytest.fixture
def booked(work):
    """Mrs Daglijstra, never seen since her start, comes tomorrow at half past nine; her first name begins a formula."""
    nurse = work(Role.NURSE)
    patient = make_patient(
        nurse, own_name="Daglijstra", initials="=A.", number="4711", bsn="999990019", phone="0612345678"
    )
    make_course(nurse, patient, started_on=date(2025, 9, 20))
    items.refresh(nurse, patient)
    nurse.session.add(Appointment(
        patient_id=patient.id, kind="control", on_date=date(2026, 11, 24), at_time=time(9, 30), minutes=15,
        place="B1.14", form_token="booked", booked_at=nurse.now, booked_by=nurse.actor.id,
    ))  # fmt: skip
    nurse.note(Action.COURSE_SAVED, patient.id)
    nurse.commit()
    return patient


def words(answer):
    """What stands on a PDF."""
    return " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages).split())


def test_the_sheet_names_her_twice_says_why_she_comes_and_where_to_reach_her(sign_in, booked, database):
    answer = sign_in("secretary").get("/day-list/print.pdf?on=24-11-2026")
    assert answer.mimetype == "application/pdf"
    told = words(answer)
    for text in ("dinsdag 24 november 2026", "09:30", "Daglijstra", "4711", "14-03-1953", "06 12345678", "B1.14",
                 "Controle op de poli", "20-09-2025"):  # fmt: skip
        assert text in told, told
    assert "999990019" not in told
    with database.connect() as connection:
        line = connection.execute(select(AuditEntry.__table__).where(AuditEntry.action == Action.LIST_PRINTED)).one()
    assert line.shown == [booked.id]


def test_who_needs_something_or_is_no_longer_followed_is_named_as_such(sign_in, booked, database):
    told = {
        "needs_interpreter": "Fries",
        "needs_wheelchair": True,
        "status": "deceased",
        "status_on": date(2026, 11, 20),
    }
    with database.begin() as connection:
        connection.execute(update(Patient.__table__).where(Patient.id == booked.id).values(told))
    assert "Overleden, tolk: Fries, rolstoel" in words(sign_in("nurse").get("/day-list/print.pdf?on=24-11-2026"))


def test_the_spreadsheet_computes_nothing_and_has_no_bsn(sign_in, booked):
    nurse = sign_in("nurse")
    text = nurse.get("/day-list/export/csv?on=24-11-2026").get_data(as_text=True)
    assert "999990019" not in text
    assert "24-11-2026;09:30;4711" in text
    sheet = load_workbook(BytesIO(nurse.get("/day-list/export/xlsx?on=24-11-2026").data)).active
    row = [cell.value for cell in sheet[2]]
    assert row[:3] == [sheet.cell(2, 1).value, "09:30", "4711"]
    assert sheet.cell(2, 1).is_date
    assert all(cell.data_type != "f" for cell in sheet[2])


BEFORE = datetime(2026, 11, 20, 9)  # noqa: DTZ001 - as the store keeps it
GONE = {"missing_since": BEFORE, "external_number": "A-1"}


@pytest.mark.parametrize(("became", "told", "printed"), [
    ({"state": "booked"}, "gepland", ""),
    ({"state": "attended", "settled_at": BEFORE}, "geweest", "geweest"),
    ({"state": "no_show", "settled_at": BEFORE, "attempts": 2}, "niet verschenen, 2 pogingen", "niet verschenen"),
    (GONE, "niet meer in de agenda van het ziekenhuis", "niet meer in de agenda van het ziekenhuis"),
])  # fmt: skip
def test_what_became_of_an_appointment_stands_on_paper_and_in_the_spreadsheet(
    sign_in, booked, database, became, told, printed
):
    with database.begin() as connection:
        connection.execute(update(Appointment.__table__).values(became))
    nurse = sign_in("nurse")
    assert f"09:30 {printed} ".replace("  ", " ") + "Mw. " in words(nurse.get("/day-list/print.pdf?on=24-11-2026"))
    heads, row = nurse.get("/day-list/export/csv?on=24-11-2026").get_data(as_text=True).splitlines()
    assert dict(zip(heads.split(";"), row.split(";"), strict=True))["Stand"] == told
    sheet = load_workbook(BytesIO(nurse.get("/day-list/export/xlsx?on=24-11-2026").data)).active
    assert [cell.value for cell in sheet[2]][-1] == told


@pytest.mark.parametrize("way", ["print.pdf", "export/csv", "export/xlsx"])
@pytest.mark.parametrize(
    ("typed", "said"), [("", "Vul de datum in."), ("31-11-2026", "31-11-2026"), ("<b>", "&lt;b&gt;")]
)
def test_a_day_that_is_none_is_asked_again_with_what_was_typed(sign_in, way, typed, said):
    answer = sign_in("nurse").get(f"/day-list/{way}", query_string={"on": typed})
    assert answer.status_code == 422
    assert said in answer.text


def test_today_leads_to_the_list_and_the_list_proposes_today(sign_in):
    nurse = sign_in("nurse")
    assert 'href="/day-list"' in nurse.get("/").text
    assert 'value="23-11-2026"' in nurse.get("/day-list").text


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PRIVACY_OFFICER])
def test_who_sees_no_patients_prints_none(sign_in, role):
    assert sign_in(role).get("/day-list/print.pdf?on=24-11-2026").status_code == 403


@pytest.mark.parametrize(("hours", "said", "sign"), [
    (None, "nog nooit weggeschreven", "is-late"), (37, "meer dan 36 uur geleden", "is-late"),
    (35, "het laatst weggeschreven op", "is-ok"),
])  # fmt: skip
def test_the_manager_reads_when_the_emergency_list_was_last_written(sign_in, work, hours, said, sign):
    if hours is not None:
        manager = work(Role.MANAGER)
        written = AuditEntry(at=manager.now - timedelta(hours=hours), action=Action.PAPER_WRITTEN)
        manager.session.add(written)
        manager.session.commit()
    page = sign_in("manager").get("/").text
    assert said in page
    assert f'class="notice {sign}"' in page
    assert "weggeschreven" not in sign_in("nurse").get("/").text
