"""The worklist and the first page, as each role gets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from clinic.services import items
from clinic.services.facts import stamp
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.reviews import Waiver
from clinic.store.treatments import CourseStop
from clinic.web.presenters import count_text
from clinic.web.spreadsheet import as_xlsx, harmless
from tests.factories import make_course, make_patient
from tests.laws import register
from tests.store.test_lists import NOBODY_DUE, item

Enter = Callable[[str], FlaskClient]
WHY = {"code": "agreed", "params": {"made_on": "2026-01-01", "what": "control", "why": ""}}


@pytest.fixture
def due(app: Flask) -> Flask:
    """One late control and one open one, of two patients."""
    with app.extensions["engine"].begin() as connection:
        register.fill(connection, leave_out=NOBODY_DUE | {"sessions"})
        rows = [item(1, "agreed.control", -60, -4), item(2, "agreed.control", 3, 9)]
        connection.execute(insert(DueItem), [row | {"why": WHY} for row in rows])
    return app


def entries(app: Flask, action: str) -> list[AuditEntry]:
    with Session(app.extensions["engine"]) as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_nurse_sees_who_is_late_and_for_how_long(due: Flask, sign_in: Enter) -> None:
    page = sign_in("nurse").get("/worklist?list=late").text
    assert register.NAME in page
    assert "60 dagen te laat" in page
    assert "Andere" not in page
    assert [entry.shown for entry in entries(due, "patient.listed")] == [[1]]


def test_a_booking_says_its_day_and_hour_and_the_line_leads_to_it(due: Flask, sign_in: Enter) -> None:
    late = item(1, "agreed.control", -60, -4)
    row = {"item_code": late["code"], "item_subject": late["subject"], "state": "booked"}
    with due.extensions["engine"].begin() as connection:
        connection.execute(
            insert(Appointment),
            register.plain(Appointment.__table__)
            | row
            | {"id": 7, "form_token": "seven", "on_date": register.DAY, "at_time": time(9, 20)},
        )
    page = sign_in("secretary").get("/worklist?list=late").text
    assert "afspraak 23-11-2026 09:20" in page
    assert "/patients/1/appointments/7?back=" in page


def test_the_filters_survive_opening_a_patient(due: Flask, sign_in: Enter) -> None:
    page = sign_in("nurse").get("/worklist?list=late&drug=").text
    assert "/patients/1?back=/worklist%3Flist%3Dlate" in page


def test_a_filter_that_finds_nobody_says_so_and_leads_out(due: Flask, sign_in: Enter) -> None:
    nurse = sign_in("nurse")
    page = nurse.get("/worklist?list=late&drug=romosozumab&nurse=1").text
    assert "Niemand op deze lijst met: romosozumab, " in page
    assert 'href="/worklist?list=late"' in page
    assert "Iedereen tonen" not in nurse.get("/worklist?list=late").text


def test_ones_own_patients_are_headed_with_no_other_nurse(due: Flask, sign_in: Enter) -> None:
    nurse = sign_in("nurse")
    assert 'href="/worklist?list=mine"' in nurse.get("/worklist?list=late&nurse=1").text
    page = nurse.get("/worklist?list=mine&nurse=1").text
    assert "Iedereen tonen" not in page
    assert 'name="nurse"' not in page


def test_late_holds_nobody_whose_injection_is_open_but_not_late(due: Flask, sign_in: Enter) -> None:
    with due.extensions["engine"].begin() as connection:
        connection.execute(insert(DueItem), [item(2, "dose.denosumab", 5, 9, -3) | {"why": WHY}])
    nurse = sign_in("nurse")
    assert "Andere" not in nurse.get("/worklist?list=late").text
    assert "Andere" in nurse.get("/worklist?list=to-plan").text
    assert "Andere" in nurse.get("/worklist?list=denosumab").text


def test_a_list_that_does_not_exist_is_not_found(due: Flask, sign_in: Enter) -> None:
    assert sign_in("nurse").get("/worklist?list=nonsense").status_code == 404


def test_a_page_asks_the_database_a_bounded_number_of_questions(due: Flask, sign_in: Enter) -> None:
    nurse = sign_in("nurse")
    nurse.get("/worklist?list=to-plan")
    asked: list[str] = []
    event.listen(due.extensions["engine"], "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert nurse.get("/worklist?list=to-plan").status_code == 200
    assert len([sql for sql in asked if sql.lstrip().upper().startswith(("SELECT", "INSERT"))]) <= 8


def test_the_file_holds_the_same_patients_and_is_written_down(due: Flask, sign_in: Enter) -> None:
    file = sign_in("secretary").get("/worklist/export/csv?list=to-book")
    assert file.text.startswith("\ufeff")
    assert len(file.text.strip().splitlines()) == 3
    assert [entry.details for entry in entries(due, "list.exported")] == [{"patients": 2}]


def test_the_excel_file_has_dates_as_dates_and_numbers_as_numbers(due: Flask, sign_in: Enter) -> None:
    file = sign_in("secretary").get("/worklist/export/xlsx?list=late")
    sheet = load_workbook(BytesIO(file.data)).active
    heads, first = list(sheet.values)[:2]
    told = dict(zip(heads, first, strict=True))
    assert isinstance(told["Datum"], datetime)
    assert told["Dagen erna"] == (datetime(2026, 11, 23) - told["Datum"]).days  # noqa: DTZ001 - Excel has no zone
    assert not any("999990019" in str(cell) for row in sheet.values for cell in row)


def test_a_name_that_would_compute_is_text_in_the_excel_file() -> None:
    sheet = load_workbook(BytesIO(as_xlsx(["Patiënt"], [["=1+1"]]))).active
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")


def test_a_cell_that_would_compute_is_shown_as_text() -> None:
    assert harmless("=1+1") == "'=1+1"
    assert harmless("Jansen") == "Jansen"


def test_a_count_above_a_thousand_is_not_made_exact() -> None:
    assert [count_text(count) for count in (0, 1000, 1001)] == ["0", "1000", "1000+"]


@pytest.mark.parametrize("role", ["nurse", "doctor", "secretary", "manager", "privacy_officer"])
def test_everybody_has_a_first_page(due: Flask, sign_in: Enter, role: str) -> None:
    page = sign_in(role).get("/")
    assert page.status_code == 200
    assert (register.NAME in page.text) == (role in ("nurse", "doctor", "secretary"))


def test_the_record_leads_back_to_the_list_with_its_filters_and_nowhere_else(due: Flask, sign_in: Enter) -> None:
    nurse = sign_in("nurse")
    assert 'href="/worklist?list=late"' in nurse.get("/patients/1?back=/worklist%3Flist%3Dlate").text
    assert "Terug naar de lijst" not in nurse.get("/patients/1?back=//evil.example/").text


def test_the_backlog_at_start_stands_in_groups_and_says_when_it_is_through(due: Flask, sign_in: Enter) -> None:
    with due.extensions["engine"].begin() as connection:
        connection.execute(insert(DueItem), [item(2, "agreed.dxa", -900, -800, backlog=True) | {"why": WHY}])
    nurse = sign_in("nurse")
    page = nurse.get("/worklist?list=backlog-rest&week=1").text
    assert "Andere" in page
    assert register.NAME not in page
    assert "Weken: 1; weg op 30-11-2026." in page
    assert "Niemand op deze lijst." in nurse.get("/worklist?list=backlog-injections").text
    assert nurse.get("/worklist?list=backlog&week=nonsense").status_code == 200


@pytest.mark.parametrize(
    ("start", "stop", "waived", "why"),
    [
        (None, None, False, "Er is geen behandeling vastgelegd"),
        (date(2027, 1, 11), None, False, "De volgende behandeling begint op 11-01-2027"),
        (date(2024, 3, 1), None, True, "Er loopt een behandeling; wat daarvoor gepland stond"),
        (date(2024, 3, 1), date(2026, 3, 2), True, "De laatste behandeling is gestopt"),
    ],
)
def test_list_and_record_say_the_same_why_nothing_is_planned(
    sign_in: Enter, work: Callable[[str], Work], start: date | None, stop: date | None, waived: bool, why: str
) -> None:
    unit = work("doctor")
    patient = make_patient(unit)
    if start is not None:
        course = make_course(unit, patient, started_on=start, controls_by="gp")
        unit.session.flush()
        if stop is not None:
            stamp(unit, CourseStop(course_id=course.id, stopped_on=stop, reason="other"), patient.id)
    items.refresh(unit, patient)
    unit.session.flush()
    while waived and (owed := unit.session.scalars(select(DueItem).where(DueItem.patient_id == patient.id)).all()):
        for one in owed:
            told = {"code": one.code, "due_on": one.due_on, "reason": "zo afgesproken"}
            stamp(unit, Waiver(on_date=unit.today, **told), patient.id)
        items.refresh(unit, patient)
        unit.session.flush()
    unit.session.commit()
    nurse = sign_in("nurse")
    assert why in nurse.get("/worklist?list=unplanned").text
    record = nurse.get(f"/patients/{patient.id}").text
    assert why in record
    assert start is None or "Er is geen behandeling vastgelegd." not in record
