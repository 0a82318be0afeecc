"""The list of what the hospital reported, as a secretary meets it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, update
from sqlalchemy.orm import Session

from clinic.services import appointments, items
from clinic.services.appointment_checks import Slot
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from clinic.store.reported_deaths import ReportedDeath
from tests.factories import make_course, make_patient

SignIn = Callable[[str], FlaskClient]
REPORT = "/patients/1/reported/1"


@pytest.fixture
def her(work: Callable[..., Work], sign_in: SignIn) -> Patient:
    """Her death was reported, and her appointment of 30 November is no longer in the agenda."""
    started = work("secretary")
    patient: Patient = make_patient(started, number="1001")
    booking = appointments.keep(started, patient.id, Slot("control", date(2026, 11, 30), place="poli"), None, "token")
    booking.external_number, booking.missing_since = "agenda-1", started.now
    started.session.add(
        ReportedDeath(patient_id=patient.id, died_on=date(2026, 11, 12), source="gegevens van het ziekenhuis",
                      reported_at=started.now, reported_by=started.actor.id)
    )  # fmt: skip
    started.session.commit()
    return patient


@pytest.mark.parametrize("address", ["/reported", "/patients/1", "/patients/1/status"])
def test_the_death_is_told_wherever_somebody_could_write_or_call(her: Patient, sign_in: SignIn, address: str) -> None:
    assert "Overlijden gemeld: 12-11-2026" in sign_in("secretary").get(address).text


def test_the_first_page_leads_to_the_list_as_long_as_something_waits(her: Patient, sign_in: SignIn) -> None:
    assert 'href="/reported"' in sign_in("secretary").get("/").text
    assert 'href="/reported"' not in sign_in("doctor").get("/").text


def test_the_status_page_has_day_and_source_filled_in_and_no_status_chosen(her: Patient, sign_in: SignIn) -> None:
    page = sign_in("nurse").get("/patients/1/status?report=1").text
    assert 'value="12-11-2026"' in page
    assert "checked" not in page
    assert 'value="12-11-2026"' not in sign_in("nurse").get("/patients/1/status").text


def test_a_report_that_is_not_so_asks_how_one_knows(her: Patient, sign_in: SignIn, database: Engine) -> None:
    secretary = sign_in("secretary")
    refused = secretary.post(REPORT, data={"reason": ""})
    assert (refused.status_code, "Vul in hoe u weet" in refused.text) == (422, True)
    for _ in range(2):
        assert secretary.post(REPORT, data={"reason": "zelf gesproken"}).status_code == 303
    assert "Geen overlijden" in secretary.get("/reported").text
    assert "intussen afgehandeld" in secretary.get(REPORT).text
    with Session(database) as session:
        assert session.get_one(Patient, 1).status == "active"


def test_an_appointment_that_stands_leaves_the_list(her: Patient, sign_in: SignIn, database: Engine) -> None:
    secretary = sign_in("secretary")
    stale = secretary.post("/patients/1/appointments/1/kept", data={"version": 9})
    assert (stale.status_code, "Niet opgeslagen" in stale.text) == (422, True)
    with Session(database) as session:
        version = session.get_one(Appointment, 1).version
    for _ in range(2):
        assert secretary.post("/patients/1/appointments/1/kept", data={"version": version}).status_code == 303
    assert "Elke afspraak staat in de agenda" in secretary.get("/reported").text


def test_another_patients_report_is_not_found_and_a_manager_may_not_see_it(
    her: Patient, work: Callable[..., Work], sign_in: SignIn
) -> None:
    started = work("secretary")
    other = make_patient(started)
    started.session.commit()
    nurse = sign_in("nurse")
    assert nurse.get(f"/patients/{other.id}/reported/1").status_code == 404
    assert nurse.post(f"/patients/{other.id}/reported/1", data={"reason": "x"}).status_code == 404
    assert nurse.post(f"/patients/{other.id}/appointments/1/kept", data={"version": 1}).status_code == 404
    assert sign_in("manager").get("/reported").status_code == 403


def test_who_phones_from_the_call_list_sees_that_a_death_is_reported(
    her: Patient, work: Callable[..., Work], sign_in: SignIn
) -> None:
    started = work("nurse")
    make_course(started, her)
    items.refresh(started, her)
    started.session.execute(delete(Appointment))
    started.session.commit()
    assert "Overlijden gemeld: 12-11-2026" in sign_in("secretary").get("/call-list").text


def test_today_says_of_whom_the_agenda_no_longer_shows_an_appointment(
    her: Patient, work: Callable[..., Work], sign_in: SignIn
) -> None:
    started = work("secretary")
    started.session.execute(update(Appointment).values(on_date=started.today))
    started.session.commit()
    assert "niet meer in de agenda van het ziekenhuis" in sign_in("secretary").get("/").text


def test_both_lists_go_into_one_file(her: Patient, sign_in: SignIn) -> None:
    text = sign_in("secretary").get("/reported/export/csv").data.decode("utf-8-sig")
    assert "1001;Mw. A. Jansen;14-03-1953;Overlijden gemeld;12-11-2026;23-11-2026" in text
    assert "30-11-2026" in text
    assert sign_in("manager").get("/reported/export/csv").status_code == 403
