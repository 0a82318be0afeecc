"""The manager takes an import back on its receipt."""

import io
import re

import pytest
from sqlalchemy import select

from clinic.store.scans import Scan
from tests.factories import make_patient

TOML = b'kind = "history"\n[fields]\nnumber = "{NR}"\n[[facts]]\nkind = "scan"\nmade_on = "{DAG}"\nscores = "{T}"\n'
CSV = b"NR;DAG;T\n1001;12-3-2020;T LWK -2.8 / heup -2,1\n"


@pytest.fixture
def receipt(work, sign_in):
    """The manager, and the page of an import of one DXA."""
    secretary = work("secretary")
    make_patient(secretary, number="1001")
    secretary.session.commit()
    manager = sign_in("manager")
    told = {"file": (io.BytesIO(CSV), "lijst.csv"), "mapping": (io.BytesIO(TOML), "mapping.toml")}
    page = manager.post("/imports/preview", data=told).text
    token = re.search(r'name="token"[^>]*value="([0-9a-f]{32})"', page)[1]
    return manager, manager.post("/imports/commit", data={"token": token}).location


def test_what_it_wrote_is_void_and_the_receipt_says_why(receipt, session):
    manager, page = receipt
    for _twice in range(2):
        assert manager.post(f"{page}/undo", data={"reason": "verkeerde lijst"}).status_code == 303
    assert session.scalars(select(Scan)).one().void_reason == "verkeerde lijst"
    assert "Teruggedraaid op" in manager.get(page).text
    assert "teruggedraaid" in manager.get("/imports/").text


def test_without_a_reason_nothing_happens(receipt, session):
    manager, page = receipt
    answer = manager.post(f"{page}/undo", data={"reason": ""})
    assert answer.status_code == 422
    assert "Vul de reden in." in answer.text
    assert session.scalars(select(Scan)).one().stands


def test_an_import_that_changed_nothing_has_nothing_to_take_back(receipt):
    manager, first = receipt
    assert "Deze import terugdraaien" in manager.get(first).text
    told = {"file": (io.BytesIO(CSV), "lijst.csv"), "mapping": (io.BytesIO(TOML), "mapping.toml")}
    page = manager.post("/imports/preview", data=told).text
    token = re.search(r'name="token"[^>]*value="([0-9a-f]{32})"', page)[1]
    again = manager.get(manager.post("/imports/commit", data={"token": token}).location).text
    assert "Deze import heeft niets veranderd." in again
    assert "Deze import terugdraaien" not in again


def test_there_is_no_such_import(receipt):
    manager, _page = receipt
    assert manager.post("/imports/99/undo", data={"reason": "verkeerde lijst"}).status_code == 404


def test_patients_are_not_taken_back_whole(sign_in):
    manager = sign_in("manager")
    fields = b'key = "l-{NR}"\nnumber = "{NR}"\nown_name = "{NR}"\nbirth_date = "{G}"\nsex = "v"\n'
    toml = b'kind = "patients"\n[fields]\n' + fields
    told = {"file": (io.BytesIO(b"NR;G\n7;14-3-1953\n"), "lijst.csv"), "mapping": (io.BytesIO(toml), "m.toml")}
    page = manager.post("/imports/preview", data=told).text
    token = re.search(r'name="token"[^>]*value="([0-9a-f]{32})"', page)[1]
    receipt = manager.post("/imports/commit", data={"token": token}).location
    assert "Deze import terugdraaien" not in manager.get(receipt).text
    answer = manager.post(f"{receipt}/undo", data={"reason": "verkeerde lijst"})
    assert answer.status_code == 422
    assert "niet in zijn geheel terug te draaien" in answer.text


def test_a_decision_of_an_old_list_is_not_said_to_be_signed_by_who_brought_it_in(work, sign_in):
    secretary = work("secretary")
    patient = make_patient(secretary, number="1001").id
    secretary.session.commit()
    manager = sign_in("manager")
    toml = b'kind = "history"\n[fields]\nnumber = "{NR}"\n[[facts]]\nkind = "review"\non = "{OP}"\n'
    toml += b'outcome = "doorgaan"\nuntil_on = "1-6-2027"\nreason = "Uit de oude lijst"\n'
    told = {"file": (io.BytesIO(b"NR;OP\n1001;2-6-2025\n"), "lijst.csv"), "mapping": (io.BytesIO(toml), "m.toml")}
    page = manager.post("/imports/preview", data=told).text
    token = re.search(r'name="token"[^>]*value="([0-9a-f]{32})"', page)[1]
    assert manager.post("/imports/commit", data={"token": token}).status_code == 303
    assert "volgens de oude lijst" in sign_in("doctor").get(f"/patients/{patient}").text
    assert "volgens de oude lijst" in sign_in("doctor").get(f"/patients/{patient}/reviews/1").text
