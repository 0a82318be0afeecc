"""The pages of passkeys: one's own, the two ways in, signing with one; a clinic without an address has none."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from clinic.security import accounts, attempts
from clinic.security.permissions import Role
from clinic.store.audit import AuditEntry
from clinic.store.passkeys import Passkey
from clinic.store.restores import Restore
from clinic.store.reviews import Review
from clinic.store.users import User, UserSession
from config import Settings, SettingsError
from tests import apps
from tests.authenticator import Device
from tests.browser_fixtures import PASSWORD
from tests.conftest import MONDAY_MORNING, account
from tests.web.test_reviews import GOOD, hidden, patient_id

SignIn = Callable[[str], FlaskClient]
ADDRESS = "http://localhost:8000"
OWN = "/account/passkeys"
REFUSED = "Deze passkey wordt niet geaccepteerd."
__all__ = ["patient_id"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Those of a clinic that says where it is."""
    return replace(settings, address=ADDRESS)


@pytest.fixture
def person(app: Flask) -> Callable[[str], User]:
    """`person("nurse")`: her account, with a password and an app whose code of now was not used yet."""

    def found(role: str) -> User:
        with Session(app.extensions["engine"], expire_on_commit=False) as session:
            user = account(session, Role(role))
            accounts.set_password(user, PASSWORD)
            apps.give(user)
            session.commit()
            return user

    return found


def both(app: Flask) -> dict[str, str]:
    """What is typed to show once more who one is."""
    return {"current_password": PASSWORD, "code": apps.shows(str(app.secret_key))}


def add(app: Flask, client: FlaskClient, name: str = "werk-telefoon") -> Device:
    """Make a passkey on a device of hers, through the pages."""
    device = Device(ADDRESS)
    assert client.post(OWN, data={"name": name} | both(app)).location == f"{OWN}/new"
    page = client.get(f"{OWN}/new").text
    asked = re.search(r'data-make="([^"]*)"', page)
    assert asked
    assert name in page
    done = client.post(f"{OWN}/new", data={"passkey": device.make(html.unescape(asked[1]))})
    assert done.location == OWN
    return device


@pytest.fixture
def device(app: Flask, person: Callable[[str], User], sign_in: SignIn) -> Device:
    """The passkey of a nurse."""
    person("nurse")
    found = add(app, sign_in("nurse"))
    person("nurse")  # her app's code was used
    return found


def test_one_is_made_named_and_removed_on_her_own_page(
    app: Flask, person: Callable[[str], User], sign_in: SignIn
) -> None:
    person("nurse")
    nurse = sign_in("nurse")
    assert f'href="{OWN}"' in nurse.get("/account").text
    assert "U hebt nog geen passkey." in nurse.get(OWN).text
    assert nurse.get(f"{OWN}/new").location == OWN
    wrong = nurse.post(OWN, data={"name": "werk-telefoon", "current_password": "geraden", "code": "1"})
    assert (wrong.status_code, 'value="werk-telefoon"' in wrong.text) == (422, True)
    assert "Dit is niet uw huidige wachtwoord." in wrong.text
    assert "geraden" not in wrong.text
    nameless = nurse.post(OWN, data={"name": " "} | both(app))
    assert (nameless.status_code, "ten hoogste 40 tekens" in nameless.text) == (422, True)
    add(app, nurse)
    page = nurse.get(OWN).text
    assert "De passkey is toegevoegd; vanaf nu kunt u ermee inloggen." in page
    assert re.search(r"<b>werk-telefoon</b>.*toegevoegd op 23-11-2026 · nog niet gebruikt", page)
    removing = page.partition(f'action="{OWN}/remove"')[2]
    assert re.search(r"<button[^>]*>", removing)[0] == "<button hidden disabled>"  # Enter after a password
    chosen = hidden_choice(page)
    denied = nurse.post(f"{OWN}/remove", data={"chosen": chosen, "password": "geraden"})
    assert (denied.status_code, "<b>werk-telefoon</b>" in denied.text) == (422, True)
    assert nurse.post(f"{OWN}/remove", data={"chosen": chosen, "password": PASSWORD}).location == OWN
    assert "De passkey is verwijderd en u bent overal elders uitgelogd." in nurse.get(OWN).text
    assert "U hebt nog geen passkey." in nurse.get(OWN).text


def hidden_choice(page: str) -> str:
    """The number on the button that removes it."""
    found = re.search(r'name="chosen" value="(\d+)"', page)
    assert found
    return found[1]


def test_what_a_device_did_not_make_is_told_and_nothing_is_kept(
    app: Flask, person: Callable[[str], User], sign_in: SignIn
) -> None:
    person("nurse")
    nurse = sign_in("nurse")
    nurse.post(OWN, data={"name": "werk-telefoon"} | both(app))
    assert nurse.post(f"{OWN}/new", data={"passkey": "{}"}).location == OWN
    page = nurse.get(OWN).text
    assert "Er is geen passkey gemaakt. Begin opnieuw." in page
    assert "U hebt nog geen passkey." in page


def test_nobody_removes_a_passkey_of_somebody_else(
    device: Device, person: Callable[[str], User], sign_in: SignIn, database: Engine
) -> None:
    person("doctor")
    for chosen, status in (("1", 404), ("99", 303), ("x", 303), ("9" * 30, 303), ("", 303)):
        answer = sign_in("doctor").post(f"{OWN}/remove", data={"chosen": chosen, "password": PASSWORD})
        assert answer.status_code == status
    with Session(database) as session:
        assert session.scalars(select(Passkey.name)).all() == ["werk-telefoon"]


def test_a_passkey_lets_in_alone_with_what_had_been_typed(client: FlaskClient, device: Device, sign_in: SignIn) -> None:
    page = client.post("/practices", data={"name": "Praktijk De Sluis"})
    assert re.search(r'action="/sign-in/passkey" data-passkey="http://localhost:8000".* hidden>', page.text)
    asked = client.post("/sign-in/passkey/ask")
    assert asked.content_type == "application/json"
    kept = {"kept_path": "/practices?", "_kept_name": "Praktijk De Sluis"}
    refused = client.post("/sign-in/passkey", data={"passkey": device.show(asked.text, signature=b"x")} | kept)
    assert (refused.status_code, REFUSED in refused.text, "Praktijk De Sluis" in refused.text) == (422, True, True)
    assert client.get("/patients").status_code == 401
    answer = device.show(client.post("/sign-in/passkey/ask").text)
    last = client.post("/sign-in/passkey", data={"passkey": answer} | kept)
    assert (last.status_code, 'action="/practices?"' in last.text) == (200, True)
    assert client.get("/patients").status_code == 200
    assert "laatst gebruikt op 23-11-2026" in client.get(OWN).text
    again = client.post("/sign-in/passkey", data={"passkey": answer})
    assert (again.status_code, REFUSED in again.text) == (422, True)


def test_a_passkey_takes_the_place_of_the_code(app: Flask, client: FlaskClient, device: Device) -> None:
    for path in ("/second-factor/passkey/ask", "/second-factor/passkey"):
        assert client.post(path).status_code in (303, 404)
    client.post("/sign-in", data={"username": "nurse", "password": PASSWORD})
    assert 'action="/second-factor/passkey"' in client.get("/second-factor").text
    answer = device.show(client.post("/second-factor/passkey/ask").text)
    wrong = client.post("/second-factor/passkey", data={"passkey": answer[:-9]})
    assert (wrong.status_code, REFUSED in wrong.text) == (422, True)
    assert client.get("/patients").status_code == 401
    answer = device.show(client.post("/second-factor/passkey/ask").text)
    assert client.post("/second-factor/passkey", data={"passkey": answer}).location == "/"
    assert client.get("/patients").status_code == 200


def test_a_passkey_opens_a_locked_screen_with_what_had_been_typed(
    device: Device, sign_in: SignIn, database: Engine, clock: time_machine.Traveller
) -> None:
    nurse = sign_in("nurse")
    assert 'action="/unlock/passkey"' in nurse.get("/patients").text  # the lock that a script shows
    clock.shift(timedelta(minutes=16))
    locked = nurse.post("/practices", data={"name": "Praktijk De Sluis"})
    assert re.search(r'action="/unlock/passkey" data-passkey="http://localhost:8000".* hidden>', locked.text)
    kept = {"kept_path": "/practices?", "_kept_name": "Praktijk De Sluis"}
    asked = nurse.post("/unlock/passkey/ask")
    assert asked.content_type == "application/json"
    wrong = nurse.post("/unlock/passkey", data={"passkey": device.show(asked.text, signature=b"x")} | kept)
    assert (wrong.status_code, REFUSED in wrong.text, "Praktijk De Sluis" in wrong.text) == (422, True, True)
    assert nurse.get("/patients").status_code == 401
    answer = device.show(nurse.post("/unlock/passkey/ask").text)
    opened = nurse.post("/unlock/passkey", data={"passkey": answer} | kept)
    assert (opened.status_code, 'action="/practices?"' in opened.text) == (200, True)
    clock.shift(timedelta(minutes=16))
    assert 'name="back" value="/worklist?list=late"' in nurse.get("/worklist?list=late").text
    answer = device.show(nurse.post("/unlock/passkey/ask").text)
    back = nurse.post("/unlock/passkey", data={"passkey": answer, "back": "/worklist?list=late"})
    assert (back.status_code, back.location) == (303, "/worklist?list=late")
    assert nurse.get("/patients").status_code == 200
    with Session(database) as session:
        unlocked = AuditEntry.action == "session.unlocked"
        assert (
            session.scalars(select(AuditEntry.details).where(unlocked)).all()
            == [{"second_factor": "passkey alone"}] * 2
        )


@pytest.mark.parametrize("why", ["of somebody else", "ended", "guessed", "no password"])
def test_a_locked_screen_stays_as_it_is_for_any_other_passkey(
    app: Flask, device: Device, person: Callable[[str], User], sign_in: SignIn, database: Engine,
    clock: time_machine.Traveller, why: str,
) -> None:  # fmt: skip
    if why == "of somebody else":
        person("doctor")
        device = add(app, sign_in("doctor"))
    nurse = sign_in("nurse")
    clock.shift(timedelta(minutes=16))
    asked = nurse.post("/unlock/passkey/ask").text
    with Session(database) as session:
        if why == "ended":
            session.execute(update(UserSession).values(ended_at=UserSession.created_at))
        if why == "no password":
            account(session, Role.NURSE).password_hash = None
        session.commit()
    for _ in range(attempts.TRIES if why == "guessed" else 0):
        assert nurse.post("/unlock/passkey", data={"passkey": "{}"}).status_code == 422
    asked = nurse.post("/unlock/passkey/ask").text if why == "guessed" else asked
    refused = nurse.post("/unlock/passkey", data={"passkey": device.show(asked)})
    assert refused.status_code == (422 if why == "of somebody else" else 410)
    assert nurse.get("/patients").status_code == 401
    assert nurse.post("/unlock/passkey/ask").status_code == (200 if why == "of somebody else" else 404)


def test_who_has_none_sees_no_passkey_on_a_locked_screen(
    person: Callable[[str], User], sign_in: SignIn, clock: time_machine.Traveller
) -> None:
    person("nurse")
    nurse = sign_in("nurse")
    clock.shift(timedelta(minutes=16))
    locked = nurse.get("/practices").text
    assert ("Vergrendeld" in locked, "passkey" in locked) == (True, False)


def test_who_has_none_is_not_offered_one_after_the_password(client: FlaskClient, person: Callable[[str], User]) -> None:
    person("nurse")
    client.post("/sign-in", data={"username": "nurse", "password": PASSWORD})
    assert "passkey" not in client.get("/second-factor").text


def test_a_restored_register_is_entered_by_a_passkey_too(client: FlaskClient, device: Device, database: Engine) -> None:
    with Session(database) as session:
        session.add(
            Restore(restored_at=MONDAY_MORNING, taken_at=MONDAY_MORNING, letters_settled=[], letters_unknown=[])
        )
        session.commit()
    answer = device.show(client.post("/sign-in/passkey/ask").text)
    assert client.post("/sign-in/passkey", data={"passkey": answer}).location == "/"
    assert client.post(OWN, data={"name": "x"}).status_code == 503


def test_a_doctor_signs_a_decision_with_a_passkey(
    app: Flask, person: Callable[[str], User], sign_in: SignIn, patient_id: int, database: Engine
) -> None:
    person("doctor")
    doctor, url = sign_in("doctor"), f"/patients/{patient_id}/reviews"
    assert "Passkey tonen" not in doctor.post(url, data=GOOD).text
    device = add(app, doctor)
    page = doctor.post(url, data=GOOD)
    assert "Passkey tonen in plaats van het wachtwoord" in page.text
    signed = GOOD | {"seen": hidden(page, "seen")}
    answer = device.show(doctor.post(f"{OWN}/ask").text)
    refused = doctor.post(url, data=signed | {"passkey": answer.replace("webauthn", "x") + "}"})
    assert (refused.status_code, REFUSED in refused.text, GOOD["reason"] in refused.text) == (422, True, True)
    answer = device.show(doctor.post(f"{OWN}/ask").text)
    assert doctor.post(url, data=signed | {"passkey": answer}).status_code == 303
    with Session(database) as session:
        assert session.scalar(select(Review.reason)) == GOOD["reason"]


def test_a_manager_sees_how_many_there_are_and_takes_them_away(
    device: Device, sign_in: SignIn, database: Engine
) -> None:
    manager = sign_in("manager")
    with Session(database) as session:
        nurse = account(session, Role.NURSE).id
    assert "1 passkey." in manager.get(f"/accounts/{nurse}").text
    assert manager.post(f"/accounts/{nurse}/second-factor", data={"form_token": "f" * 32}).status_code == 200
    assert "passkey." not in manager.get(f"/accounts/{nurse}").text


def test_the_log_says_why_somebody_did_not_come_in(
    client: FlaskClient, device: Device, sign_in: SignIn, database: Engine
) -> None:
    device.count = 7
    with Session(database) as session:
        session.scalars(select(Passkey)).one().sign_count = 9
        session.commit()
    client.post("/sign-in/passkey", data={"passkey": device.show(client.post("/sign-in/passkey/ask").text)})
    page = sign_in("privacy_officer").get("/log").text
    assert "passkey misschien gekopieerd: de teller liep terug" in page
    assert "passkey: – → werk-telefoon" in page


DOORS = ("/sign-in/passkey/ask", "/sign-in/passkey", "/second-factor/passkey/ask", "/second-factor/passkey", OWN,
         f"{OWN}/new", f"{OWN}/remove", f"{OWN}/ask", "/unlock/passkey/ask", "/unlock/passkey")  # fmt: skip


def test_a_clinic_without_an_address_has_none(app: Flask, sign_in: SignIn) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], address="")
    nurse = sign_in("nurse")
    assert [path for path in DOORS if nurse.post(path).status_code != 404] == []
    assert [path for path in (OWN, f"{OWN}/new") if nurse.get(path).status_code != 404] == []
    assert "passkey" not in nurse.get("/account").text.lower()
    assert "passkey" not in app.test_client().get("/sign-in").text.lower()


@pytest.mark.parametrize(
    ("given", "demo", "address"),
    [
        ("https://Botwacht.Hospital.example/", "0", "https://botwacht.hospital.example"),
        ("https://botwacht:8443", "0", "https://botwacht:8443"),
        ("http://localhost:8000", "0", "http://localhost:8000"),
        ("", "0", ""),
        ("", "1", "http://localhost:8123"),
        ("http://botwacht.hospital.example", "0", None),
        ("https://10.0.0.1", "0", None),
        ("https://hospital.example/botwacht", "0", None),
        ("https://user@hospital.example", "0", None),
        ("botwacht.hospital.example", "0", None),
    ],
)
def test_the_address_of_the_clinic_is_one_for_which_browsers_keep_passkeys(
    tmp_path: str, given: str, demo: str, address: str | None
) -> None:
    environ = {"CLINIC_SECRET_KEY": "k" * 32, "CLINIC_INSTANCE": str(tmp_path), "PORT": "8123",
               "CLINIC_ADDRESS": given, "CLINIC_DEMO": demo}  # fmt: skip
    if address is None:
        with pytest.raises(SettingsError, match="CLINIC_ADDRESS is written as"):
            Settings.from_env(environ)
    else:
        assert Settings.from_env(environ).address == address
