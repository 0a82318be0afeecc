"""The booking form offers the DXA on the day of the control, and books both in one act."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from tests.factories import make_patient

SignIn = Callable[[str], FlaskClient]
FORM = "/patients/1/appointments/new?item=control.yearly&subject=1970-01-01"
BOTH = {
    "form_token": "one", "item": "control.yearly~1970-01-01", "kind": "control", "on": "08-12-2026", "at": "9.20",
    "place": "poli", "together": "y", "also_item": "dxa.before_review~1970-01-01", "also_at": "9.45",
    "also_place": "DXA-kamer",
}  # fmt: skip


@pytest.fixture
def secretary(work: Callable[..., Work], sign_in: SignIn) -> FlaskClient:
    """Her control is open until 31 December, her DXA from 7 December."""
    started = work("secretary")
    patient = make_patient(started)
    windows = {"control.yearly": ("2026-12-01", "2026-12-31"), "dxa.before_review": ("2026-12-07", "2027-01-15")}
    for code, days in windows.items():
        opens, late = map(date.fromisoformat, days)
        why = {"code": "control.yearly.first", "params": {"start": "2025-01-10"}}
        started.session.add(DueItem(
            patient_id=patient.id, code=code, subject=date(1970, 1, 1), due_on=opens, opens_on=opens, late_after=late,
            backlog=False, why=why, source="4.1", protocol="1",
        ))  # fmt: skip
    started.session.commit()
    return sign_in("secretary")


def kinds(database: Engine) -> list[str]:
    with Session(database) as session:
        return list(session.scalars(select(Appointment.kind).order_by(Appointment.id)))


def test_the_other_is_offered_with_the_days_of_both_windows_and_not_ticked(secretary: FlaskClient) -> None:
    page = secretary.get(FORM).text
    assert "Zelfde dag: DXA" in page
    assert "termijn 07-12-2026 tot en met 31-12-2026" in page
    assert not re.search(r'<input[^>]*checked[^>]*name="together"', page)
    assert "Zelfde dag" not in secretary.get("/patients/1/appointments/new").text


def test_one_act_books_both_once(secretary: FlaskClient, database: Engine) -> None:
    for _ in range(2):
        assert secretary.post("/patients/1/appointments", data=BOTH).status_code == 303
    assert kinds(database) == ["control", "dxa"]


def test_without_the_tick_one_is_booked(secretary: FlaskClient, database: Engine) -> None:
    typed = {name: text for name, text in BOTH.items() if name != "together"}
    unticked = secretary.post("/patients/1/appointments", data=typed)
    assert (unticked.status_code, "Vink dit aan" in unticked.text) == (422, True)
    alone = {**typed, "also_at": "", "also_place": ""}
    assert secretary.post("/patients/1/appointments", data=alone).status_code == 303
    assert kinds(database) == ["control"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"also_place": ""}, "Vul de plaats in"),
        ({"also_at": "25.00"}, "Typ de tijd"),
        ({"also_at": "9.25"}, "overlappen"),
    ],
)
def test_what_is_wrong_with_the_second_is_said_there_and_what_was_typed_stays(
    secretary: FlaskClient, database: Engine, typed: dict[str, str], told: str
) -> None:
    answer = secretary.post("/patients/1/appointments", data={**BOTH, **typed})
    assert (answer.status_code, told in answer.text, 'value="9.20"' in answer.text) == (422, True, True)
    assert re.search(r'<input[^>]*checked[^>]*name="together"', answer.text)
    assert kinds(database) == []


def test_what_is_unusual_is_asked_once_for_both(secretary: FlaskClient, database: Engine) -> None:
    early = {**BOTH, "on": "04-12-2026"}
    asked = secretary.post("/patients/1/appointments", data=early)
    assert (asked.status_code, "07-12-2026" in asked.text) == (422, True)
    answered = {**early, "confirmed": "before_opens=2026-12-04", "confirm": "y"}
    assert secretary.post("/patients/1/appointments", data=answered).status_code == 303
    assert kinds(database) == ["control", "dxa"]
