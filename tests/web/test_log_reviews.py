"""The privacy officer's month in a browser, and one employee's visits, by number alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from clinic.security.audit import Action
from clinic.services import log_reviews
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient
from tests.conftest import MONDAY_MORNING
from tests.factories import make_patient

SignIn = Callable[[str], FlaskClient]
Start = Callable[..., Work]


@pytest.fixture
def patient(work: Start) -> Patient:
    """A nurse opened her record in October without a reason that is known."""
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Zonderling")
    for action in (Action.PATIENT_OPENED, Action.PATIENT_OPENED):
        nurse.session.add(
            AuditEntry(at=MONDAY_MORNING - timedelta(40), action=action, actor_id=nurse.actor.id, role="nurse",
                       patient_id=patient.id, outcome="done")
        )  # fmt: skip
    nurse.session.commit()
    return patient


def test_a_month_is_begun_judged_and_signed(sign_in: SignIn, patient: Patient) -> None:
    officer = sign_in("privacy_officer")
    months = officer.get("/log-reviews").text
    assert "10-2026" in months
    assert "11-2026" not in months
    assert officer.post("/log-reviews", data={"month": "2026-10-01"}).location.endswith("/log-reviews/1")
    page = officer.get("/log-reviews/1").text
    for said in ("Geen afspraak of taak", "Test nurse", patient.number, "14-10-2026", "1 bezoek aan een dossier"):
        assert said in page
    assert "Zonderling" not in page
    here = "/log-reviews/1"
    asked = {"seen": "1", "sign": "1", "verdict-1": "asked", "remark-1": "", "conclusion": "Klaar"}
    wrong = officer.post(here, data=asked)
    assert wrong.status_code == 422
    assert 'value="asked" selected' in wrong.text
    assert "Klaar" in wrong.text
    later = {"seen": "1", "verdict-1": "asked", "remark-1": "gevraagd", "conclusion": "Nog één"}
    assert officer.post(here, data=later).status_code == 303
    assert "Nog één" in officer.get(here).text
    stale = officer.post(here, data={"seen": "1", "verdict-1": "fine", "remark-1": "nieuw"})
    assert stale.status_code == 422
    for kept in ("Iemand anders ging intussen verder", "nieuw"):
        assert kept in stale.text
    assert officer.post(here, data={"seen": "x"}).status_code == 422
    signed = {"seen": "2", "sign": "1", "verdict-1": "fine", "remark-1": "", "conclusion": "Eén vraag"}
    assert officer.post(here, data=signed).status_code == 303
    assert "Eén vraag" in officer.get("/log-reviews").text
    page = officer.get(here).text
    for said in ("ondertekend 23-11-2026", "Eén vraag"):
        assert said in page
    assert "gevraagd" not in page, "the remark was emptied before the month was signed"


def test_who_it_was_is_told_as_she_was_called_and_was_that_day(sign_in: SignIn, work: Start, patient: Patient) -> None:
    nurse = work("nurse")
    names = {45: ("A. Bakker", "verpleegkundige"), 40: ("A. Bakker", "verpleegkundige"),
             35: ("A. de Vries", "regieverpleegkundige"), 30: ("A. Bakker", None)}  # fmt: skip
    for days, (name, function) in names.items():
        nurse.session.add(
            AuditEntry(at=MONDAY_MORNING - timedelta(days), action=Action.PATIENT_OPENED, actor_id=nurse.actor.id,
                       actor_name=name, actor_function=function, role="nurse", patient_id=patient.id, outcome="done")
        )  # fmt: skip
    nurse.session.commit()
    officer = sign_in("privacy_officer")
    officer.post("/log-reviews", data={"month": "2026-10-01"})
    rows = re.findall(r'">(\d\d)-10-2026</a></td><td>(.*?)</td>', officer.get("/log-reviews/1").text)
    told = {day: re.sub(r"<[^>]+>", "", who).strip() for day, who in rows}
    assert told == {"09": "A. Bakker verpleegkundige", "14": "A. Bakker verpleegkundige",
                    "19": "A. de Vries regieverpleegkundige", "24": "A. Bakker"}  # fmt: skip


def test_of_many_signals_the_page_says_how_many_there_were(
    sign_in: SignIn, work: Start, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    nurse, other = work("nurse"), make_patient(work("nurse"))
    nurse.session.add(
        AuditEntry(at=MONDAY_MORNING - timedelta(39), action=Action.PATIENT_OPENED, actor_id=nurse.actor.id,
                   role="nurse", patient_id=other.id, outcome="done")
    )  # fmt: skip
    nurse.session.commit()
    monkeypatch.setattr(log_reviews, "MOST", 1)
    officer = sign_in("privacy_officer")
    officer.post("/log-reviews", data={"month": "2026-10-01"})
    assert "1 van 2" in officer.get("/log-reviews/1").text


def test_what_was_emptied_does_not_come_back_and_a_line_that_was_not_sent_stays(
    sign_in: SignIn, patient: Patient
) -> None:
    officer = sign_in("privacy_officer")
    officer.post("/log-reviews", data={"month": "2026-10-01"})
    here = "/log-reviews/1"
    officer.post(here, data={"seen": "1", "verdict-1": "asked", "remark-1": "gevraagd"})
    officer.post(here, data={"seen": "2", "conclusion": "Nog één"})
    page = officer.get(here).text
    for kept in ('value="asked" selected', 'value="gevraagd"', "Nog één"):
        assert kept in page
    officer.post(here, data={"seen": "3", "verdict-1": "", "remark-1": "", "conclusion": "Nog één"})
    page = officer.get(here).text
    for emptied in ('value="asked" selected', 'value="gevraagd"'):
        assert emptied not in page
    assert officer.post(here, data={"seen": "4", "sign": "1", "conclusion": "Klaar"}).status_code == 422


def test_a_month_that_cannot_be_is_said(sign_in: SignIn, patient: Patient) -> None:
    officer = sign_in("privacy_officer")
    for month in ("2026-11-01", "x", ""):
        officer.post("/log-reviews", data={"month": month})
        assert "kan niet worden beoordeeld" in officer.get("/log-reviews").text
    assert officer.get("/log-reviews/9").status_code == 404
    assert officer.post("/log-reviews/9").status_code == 404


def test_the_first_page_says_that_a_month_waits(sign_in: SignIn, patient: Patient) -> None:
    assert "/log-reviews" in sign_in("privacy_officer").get("/").text


def test_one_employee_by_day_with_what_is_known(sign_in: SignIn, work: Start, patient: Patient) -> None:
    officer, nurse = sign_in("privacy_officer"), work("nurse")
    number = patient.number
    nurse.session.rollback()
    assert officer.get("/log-reviews/person").status_code == 200
    asked = f"/log-reviews/person?user={nurse.actor.id}&first=01-10-2026&last=31-10-2026"
    page = officer.get(asked).text
    for said in (number, "14-10-2026", "geen afspraak of taak bekend"):
        assert said in page
    assert "Zonderling" not in page
    recent = officer.get(f"/log-reviews/person?user={nurse.actor.id}").text
    assert date(2026, 10, 24).strftime("%d-%m-%Y") in recent
    assert number not in recent
    assert officer.get("/log-reviews/person?user=999").status_code == 422
