"""A restricted record as a nurse meets it, and as the privacy officer looks at it afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.services.clock import Wrong
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient
from clinic.store.restores import Restore
from clinic.store.restrictions import EmergencyOpening, Restriction
from tests.conftest import MONDAY_MORNING
from tests.factories import make_patient

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def patient(work: Callable[..., Work], sign_in: SignIn) -> Patient:
    """Somebody whose record the privacy officer restricted on the page."""
    nurse = work("nurse")
    found: Patient = make_patient(nurse)
    nurse.session.commit()
    kept = sign_in("privacy_officer").post("/restrictions", data={"number": found.number, "kind": "known"})
    assert kept.status_code == 303
    return found


def answers(page: str, **given: str) -> dict[str, str]:
    """The form of a closed record, filled in."""
    hidden = re.findall(r'<input id="\w+" name="(form_token|back)" type="hidden" value="([^"]*)">', page)
    return dict(hidden) | {"reason": "called", "words": "de huisarts belt over pijn"} | given


def test_a_nurse_says_why_reads_on_and_is_out_after_some_hours(
    patient: Patient, sign_in: SignIn, database: Engine, clock: time_machine.Traveller
) -> None:
    nurse, address = sign_in("nurse"), f"/patients/{patient.id}"
    shut = nurse.get(f"{address}?show=all")
    assert (shut.status_code, patient.own_name in shut.text) == (403, False)
    assert "Afgeschermd dossier" in shut.text
    empty = nurse.post(f"{address}/emergency", data=answers(shut.text, words="kort"))
    assert (empty.status_code, "minstens 10 tekens" in empty.text) == (422, True)
    assert nurse.post(f"{address}/emergency", data={"words": "lang genoeg"}).status_code == 422
    opened = nurse.post(f"{address}/emergency", data=answers(shut.text))
    assert (opened.status_code, opened.location) == (303, f"{address}?show=all")
    record = nurse.get(address)
    assert (record.status_code, "met noodtoegang, tot 14:00" in record.text) == (200, True)
    clock.shift(timedelta(hours=2))
    nurse = sign_in("nurse")
    assert nurse.get(address).status_code == 200
    clock.shift(timedelta(hours=2, seconds=1))
    nurse = sign_in("nurse")
    assert nurse.get(address).status_code == 403
    again = nurse.post(f"{address}/emergency", data=answers(shut.text, words="nog eens, op de oude pagina"))
    assert (again.status_code, "nog eens, op de oude pagina" in again.text) == (409, True)
    with Session(database) as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.patient_id == patient.id)).all()
    assert [line.outcome for line in lines if line.action == "access.refused"] == ["refused"] * 2
    assert {line.purpose for line in lines if line.action == "patient.opened"} == {"EMERGENCY"}


@pytest.mark.parametrize("when", ["a restore waits to be confirmed", "the clock is wrong"])
def test_the_way_in_is_open_by_herself_at_once_while_nothing_else_is_saved(
    patient: Patient, sign_in: SignIn, database: Engine, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    nurse, address = sign_in("nurse"), f"/patients/{patient.id}"
    if when == "the clock is wrong":
        monkeypatch.setattr("clinic.web.clock.found", lambda *_: Wrong.BEHIND)
    else:
        with Session(database) as session:
            at = MONDAY_MORNING
            session.add(Restore(restored_at=at, taken_at=at, letters_settled=[], letters_unknown=[]))
            session.commit()
    shut = nurse.get(address)
    assert nurse.post(f"{address}/emergency", data=answers(shut.text)).status_code == 303
    assert nurse.get(address).status_code == 200
    assert nurse.post(f"{address}/contacts", data={}).status_code == 503


def test_what_was_typed_for_a_closed_record_is_shown_and_not_saved(patient: Patient, sign_in: SignIn) -> None:
    nurse = sign_in("nurse")
    refused = nurse.post(f"/patients/{patient.id}/edit", data={"town": "Zwarte Meer"})
    assert (refused.status_code, "Zwarte Meer" in refused.text) == (403, True)


def test_another_record_is_not_laid_beside_a_closed_one(
    patient: Patient, sign_in: SignIn, work: Callable[..., Work]
) -> None:
    nurse = work("nurse")
    other = make_patient(nurse, own_name="Anders")
    nurse.session.commit()
    secretary, address = sign_in("secretary"), f"/patients/{other.id}/merge"
    assert secretary.get(address).status_code == 200
    assert secretary.get(address, query_string={"other": patient.id}).status_code == 403
    assert secretary.post(address, data={"other": patient.id}).status_code == 403


def test_the_privacy_officer_hears_of_it_judges_and_lifts(patient: Patient, sign_in: SignIn, database: Engine) -> None:
    nurse, officer = sign_in("nurse"), sign_in("privacy_officer")
    assert "wacht op uw oordeel" not in officer.get("/").text
    nurse.post(f"/patients/{patient.id}/emergency", data=answers(nurse.get(f"/patients/{patient.id}").text))
    assert "1 afgeschermd dossier is met noodtoegang geopend en wacht op uw oordeel" in officer.get("/").text
    with Session(database) as session:
        opening = session.scalars(select(EmergencyOpening.id)).one()
        restriction = session.scalars(select(Restriction.id)).one()
    page = officer.get("/restrictions").text
    assert ("de huisarts belt over pijn" in page, patient.own_name in page) == (True, False)
    address = f"/restrictions/emergencies/{opening}"
    wrong = officer.post(address, data={"verdict": "not_justified"})
    assert (wrong.status_code, "Schrijf wat er niet goed was" in wrong.text) == (422, True)
    assert officer.post(address, data={"remark": "geen oordeel"}).status_code == 422
    assert officer.post(address, data={"verdict": "justified"}).status_code == 303
    other = officer.post(address, data={"verdict": "not_justified", "remark": "toch niet"})
    assert (other.status_code, "hieronder" in other.text) == (422, True)
    assert officer.post("/restrictions/emergencies/999", data={"verdict": "justified"}).status_code == 404
    assert "Afgeschermd dossier met noodtoegang geopend" in officer.get(f"/patients/{patient.id}/looks").text
    assert officer.post(f"/restrictions/{restriction}/lift").status_code == 303
    assert officer.post("/restrictions/999/lift").status_code == 404
    assert sign_in("doctor").get(f"/patients/{patient.id}").status_code == 200


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"number": "niemand", "kind": "known"}, "nummer"),
        ({"kind": "known"}, "Vul het patiëntnummer in."),
        ({"number": "x"}, "Kies de reden."),
    ],
)
def test_what_is_missing_is_said_at_its_field(sign_in: SignIn, form: dict[str, str], said: str) -> None:
    answer = sign_in("privacy_officer").post("/restrictions", data=form)
    assert (answer.status_code, said in answer.text) == (422, True)
