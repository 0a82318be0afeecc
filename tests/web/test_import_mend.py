"""A row with complaints is corrected in the page, without going back to Excel."""

import io
import re

import pytest
from sqlalchemy import select

from clinic.store.scans import Scan
from clinic.store.settings import ImportReceipt
from tests.factories import make_patient

TOML = b'kind = "history"\n[fields]\nnumber = "{NR}"\n[[facts]]\nkind = "scan"\nmade_on = "{DAG}"\nscores = "{T}"\n'
CSV = b"NR;DAG;T\n1001;12-3-2020;LWK 2,8 / heup ?\n1001;1-2-2024;LWK -2,6\n"


@pytest.fixture
def manager(work, sign_in):
    secretary = work("secretary")
    make_patient(secretary, number="1001")
    secretary.session.commit()
    return sign_in("manager")


@pytest.fixture
def token(manager):
    """The file was tried out."""
    told = {"file": (io.BytesIO(CSV), "lijst.csv"), "mapping": (io.BytesIO(TOML), "mapping.toml")}
    page = manager.post("/imports/preview", data=told).text
    assert 'name="cell:2:T" value="LWK 2,8 / heup ?"' in page
    return re.search(r'name="token"[^>]*value="([0-9a-f]{32})"', page)[1]


def test_a_corrected_cell_comes_in_and_is_kept_with_the_import(manager, token, session):
    done = manager.post("/imports/mend", data={"token": token, "cell:2:T": "LWK -2,8 / heup -2,1"})
    assert done.status_code == 303
    page = manager.get(done.location).text
    assert "1 cel gecorrigeerd." in page
    assert "Geen opmerkingen." in page
    receipt = manager.get(manager.post("/imports/commit", data={"token": token}).location).text
    assert "In de pagina gecorrigeerd" in receipt
    assert "LWK 2,8 / heup ?" in receipt
    assert len(session.scalars(select(Scan)).all()) == 2
    kept = session.scalars(select(ImportReceipt)).one()
    assert kept.complaints["mended"] == [[2, "T", "LWK 2,8 / heup ?", "LWK -2,8 / heup -2,1"]]


def test_a_cell_that_is_still_wrong_complains_again_with_what_was_typed(manager, token):
    done = manager.post("/imports/mend", data={"token": token, "cell:2:T": "LWK -28 / heup -2,1"})
    assert 'name="cell:2:T" value="LWK -28 / heup -2,1"' in manager.get(done.location).text


@pytest.mark.parametrize("cell", ["cell:99:T", "cell:2:NIETS", "cell:x:T", "cell", "cell:²:T"])
def test_a_cell_that_the_file_does_not_have_changes_nothing(manager, token, cell):
    done = manager.post("/imports/mend", data={"token": token, cell: "LWK -2,8"})
    assert "0 cellen gecorrigeerd." in manager.get(done.location).text


@pytest.mark.parametrize("wrong", ["0" * 32, "../../x", ""])
def test_a_file_that_is_no_longer_kept_is_chosen_again(manager, wrong):
    assert manager.post("/imports/mend", data={"token": wrong}).status_code == 422
    assert manager.post("/imports/commit", data={"token": wrong}).status_code == 422


def test_nobody_but_a_manager_sees_the_file(manager, token, sign_in):
    assert sign_in("nurse").get(f"/imports/tried?token={token}").status_code == 403
