"""The manager's settings pages."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.services.settings import current
from clinic.store.settings import ClinicSettings
from tests.conftest import account

SignIn = Callable[[str], FlaskClient]
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def stored(database: Engine) -> ClinicSettings:
    with Session(database) as session:
        return current(session)


def form(manager: FlaskClient, address: str = "/settings", **given: Any) -> dict[str, Any]:
    """The page's form as it stands, with what is given changed."""
    page = manager.get(address).text
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    fields.pop("preview", None)
    return fields | {"responsible_doctor_id": "0"} | given


def svg_file(content: bytes) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), "logo.svg"


def test_the_manager_names_the_clinic(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    with Session(database) as session:
        doctor = account(session, Role.DOCTOR).id
    typed = form(manager, hospital="Ziekenhuis Oudeterp", phone="0513-200000", email="bot@oudeterp.example",
                 responsible_doctor_id=str(doctor), window_x_mm="110")  # fmt: skip
    assert manager.post("/settings", data=typed).status_code == 303
    row = stored(database)
    assert (row.hospital, row.phone, row.email) == ("Ziekenhuis Oudeterp", "0513 200 000", "bot@oudeterp.example")
    assert (row.responsible_doctor_id, row.window_x_mm) == (doctor, 110)
    assert 'value="Ziekenhuis Oudeterp"' in manager.get("/settings").text


@pytest.mark.parametrize(("given", "said"), [
    ({"hospital": ""}, "Vul de naam van het ziekenhuis in."),
    ({"phone": "12"}, "Dit is geen telefoonnummer"),
    ({"email": "bot at oudeterp"}, "Dit is geen e-mailadres."),
    ({"window_x_mm": "5"}, "Moet tussen 10 en 120 mm liggen."),
    ({"window_x_mm": "vijf"}, "geheel getal"),
    ({"window_y_mm": ""}, "Vul een aantal millimeters in."),
    ({"window_y_mm": "70"}, "waar het papier gevouwen wordt"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    sign_in: SignIn, database: Engine, given: dict[str, str], said: str
) -> None:
    manager = sign_in("manager")
    typed = form(manager, **({"hospital": "Oudeterp", "department": "Botpoli"} | given))
    answer = manager.post("/settings", data=typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Botpoli"' in answer.text
    assert stored(database).version == 0


def test_in_which_signs_the_hospital_sends_its_messages_is_a_setting_that_two_managers_see(
    sign_in: SignIn, database: Engine
) -> None:
    manager = sign_in("manager")
    assert '<option selected value="latin_1">met accenten (Latin-1)' in manager.get("/settings").text
    mine = form(manager, hospital="Oudeterp", charset="latin_1")
    assert manager.post("/settings", data=form(manager, hospital="Oudeterp", charset="ascii")).status_code == 303
    assert stored(database).charset == "ascii"
    answer = manager.post("/settings", data=mine)
    assert answer.status_code == 422
    assert "staat er nu: zonder accenten (ASCII)" in answer.text
    assert manager.post("/settings", data=form(manager, hospital="Oudeterp", charset="ebcdic")).status_code == 422


def test_the_window_is_drawn_before_it_is_saved(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    typed = form(manager, hospital="Oudeterp", window_x_mm="111", preview="1")
    answer = manager.post("/settings", data=typed)
    assert answer.status_code == 200
    assert '<rect x="111" y="60" width="85" height="35"' in answer.text
    assert "Er is nog niets opgeslagen." in answer.text
    assert stored(database).version == 0


def test_two_managers_at_one_page(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    first = form(manager, hospital="Oudeterp")
    second = first | {"hospital": "Nieuwterp"}
    assert manager.post("/settings", data=first).status_code == 303
    late = manager.post("/settings", data=second)
    assert late.status_code == 422
    assert "Test manager heeft de instellingen intussen gewijzigd" in late.text
    assert "staat er nu: Oudeterp" in late.text
    assert 'value="Nieuwterp"' in late.text
    version = re.search(r'name="version"[^>]*value="(\d+)"', late.text)
    assert version
    assert manager.post("/settings", data=second | {"version": version[1]}).status_code == 303
    assert stored(database).hospital == "Nieuwterp"
    assert manager.post("/settings", data=second | {"version": "x"}).status_code == 422


def test_a_logo_is_shown_under_its_own_policy(sign_in: SignIn) -> None:
    manager = sign_in("manager")
    assert manager.get("/settings/logo.svg").status_code == 404
    page = {"version": "0", "logo": svg_file(LOGO)}
    assert manager.post("/settings/logo", data=page).status_code == 303
    shown = sign_in("nurse").get("/settings/logo.svg")
    assert shown.mimetype == "image/svg+xml"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert manager.post("/settings/logo/remove", data={"version": "0"}).status_code == 422
    assert manager.post("/settings/logo/remove", data={"version": "1"}).status_code == 303
    assert manager.get("/settings/logo.svg").status_code == 404


@pytest.mark.parametrize(("content", "said"), [
    (LOGO.replace(b"<path", b"<script>1</script><path"), "De tekening bevat &lt;script&gt;."),
    (LOGO.replace(b"<path", b'<path fill="url(//a)"'), "De tekening verwijst naar iets buiten zichzelf"),
    (b"x" * 300_000, "groter dan 200 kB"),
    (b"", "Kies een bestand."),
])  # fmt: skip
def test_a_logo_that_could_do_something_is_refused_in_words(sign_in: SignIn, content: bytes, said: str) -> None:
    file = svg_file(content) if content else (io.BytesIO(), "")
    answer = sign_in("manager").post("/settings/logo", data={"version": "0", "logo": file})
    assert answer.status_code == 422
    assert said in answer.text


def test_a_doctor_as_letters_name_her(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    with Session(database) as session:
        doctor, nurse = account(session, Role.DOCTOR).id, account(session, Role.NURSE).id
    seen = re.search(rf'name="d{doctor}-seen"[^>]*value="(\w+)"', manager.get("/settings/doctors").text)
    assert seen
    typed = {f"d{doctor}-name": "dr. J. Visser", f"d{doctor}-function": "internist", f"d{doctor}-seen": seen[1]}
    address = f"/settings/doctors/{doctor}"
    missing = manager.post(address, data=typed | {f"d{doctor}-name": ""})
    assert missing.status_code == 422
    assert "Vul de naam in." in missing.text
    assert manager.post(address, data=typed).status_code == 303
    late = manager.post(address, data=typed | {f"d{doctor}-name": "dr. Visser"})
    assert late.status_code == 422
    assert "intussen gewijzigd in: dr. J. Visser, internist" in late.text
    assert 'value="dr. Visser"' in late.text
    assert manager.post(f"/settings/doctors/{nurse}", data=typed).status_code == 404
