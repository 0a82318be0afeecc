"""The page of the patients of a GP who stopped: who moves, who stays, who may."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.security.permissions import Role
from clinic.store.patients import Patient
from clinic.store.practices import Gp
from tests.factories import make_patient
from tests.letter_makers import with_gp


@pytest.fixture
def stopped(work):
    secretary = work(Role.SECRETARY)
    gp = secretary.session.get(Gp, with_gp(secretary).gp_id)
    successor = Gp(practice_id=gp.practice_id, family_name="Dijkstra", kind="gp")
    secretary.session.add(successor)
    secretary.session.flush()
    make_patient(secretary, gp_id=gp.id, own_name="Belstra")
    gp.stopped_on, gp.successor_id = date(2026, 11, 1), successor.id
    secretary.note("practice.saved", subject=f"gp:{gp.id}")
    secretary.commit()
    return gp


def test_the_secretary_moves_them_and_keeps_the_exceptions_ticked(sign_in, work, stopped):
    client = sign_in("secretary")
    url = f"/practices/{stopped.practice_id}/gps/{stopped.id}/patients"
    assert "2 patiënten over te zetten" in client.get(f"/practices/{stopped.practice_id}").text
    assert "Belstra" in client.get(url).text
    refused = client.post(url, data={"shown": ["1"], "stay": ["2"]})
    assert refused.status_code == 422
    assert "De lijst is intussen veranderd" in refused.text
    assert 'value="2" checked' in refused.text
    assert client.post(url, data={"shown": ["1", "2", "x"], "stay": ["2"]}).status_code == 303
    assert "1 patiënt heeft nu de opvolger" in client.get(f"/practices/{stopped.practice_id}").text
    assert "Opvolging van" in client.get("/patients/1/changes").text
    session = work(Role.SECRETARY).session
    assert [session.get(Patient, number).gp_id == stopped.id for number in (1, 2)] == [False, True]


def test_who_would_move_goes_along_as_a_file(sign_in, stopped):
    client = sign_in("secretary")
    url = f"/practices/{stopped.practice_id}/gps/{stopped.id}/patients"
    assert f"{url}/export/xlsx" in client.get(url).text
    lines = client.get(f"{url}/export/csv").text.splitlines()
    assert len(lines) == 3
    assert any("Belstra" in line for line in lines)
    assert sign_in("manager").get(f"{url}/export/csv").status_code == 403


def test_who_may_not_and_what_is_not_there(sign_in, stopped):
    url = f"/practices/{stopped.practice_id}/gps/{stopped.id}/patients"
    assert sign_in("manager").get(url).status_code == 403
    assert sign_in("privacy_officer").post(url).status_code == 403
    assert sign_in("secretary").get(f"/practices/{stopped.practice_id}/gps/99/patients").status_code == 404
