"""The series in the browser: read under each other, ticked, confirmed once."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.users import User
from tests.conftest import MONDAY_MORNING
from tests.web.test_letters import drafted, fields, stored

__all__ = ["drafted"]


def offered(client, letter):
    """Put before the doctor."""
    client.post(f"/letters/{letter}/offer", data=fields(client.get(f"/letters/{letter}").text, "version"))


def ticked(page):
    """What the form sends as it stands."""
    letters = re.findall(r'name="letter" value="(\d+)" checked', page)
    return {"letter": letters} | dict(re.findall(r'name="((?:version|seen)-\d+)" value="(\w+)"', page))


def test_a_doctor_authorises_a_series_with_one_confirmation(app, sign_in, drafted):
    letters = [drafted(name) for name in ("Bakker", "Mulder")]
    nurse, doctor = sign_in("nurse"), sign_in("doctor")
    for letter in letters:
        offered(nurse, letter)
    assert "In een reeks autoriseren" in doctor.get("/letters").text
    page = doctor.get("/letters/series").text
    assert "wacht 0 werkdagen" in page
    assert "Behandeling: alendroninezuur 70 mg" in page.replace("\n", " ")
    for _twice in range(2):
        answer = doctor.post("/letters/series", data=ticked(page), follow_redirects=True).text
    assert "Er wacht geen brief op u." in answer
    assert "geautoriseerd." not in answer  # the second press did nothing
    assert [stored(app, letter).state for letter in letters] == ["authorised", "authorised"]
    with Session(app.extensions["engine"]) as session:
        opened = select(AuditEntry.subject).where(AuditEntry.action == "letter.opened")
        assert {f"letter:{letter}" for letter in letters} <= set(session.scalars(opened))


def test_what_changed_meanwhile_stays_and_says_so_at_the_letter(app, sign_in, drafted):
    one, other = drafted("Bakker"), drafted("Mulder")
    nurse, doctor = sign_in("nurse"), sign_in("doctor")
    for letter in (one, other):
        offered(nurse, letter)
    page = doctor.get("/letters/series").text
    with Session(app.extensions["engine"]) as session:
        patient_id = session.get_one(Letter, other).patient_id
        session.scalars(select(Control).where(Control.patient_id == patient_id)).one().weight_g = 61000
        session.commit()
    answer = doctor.post("/letters/series", data=ticked(page))
    assert answer.status_code == 422
    assert "1 brief geautoriseerd." in answer.text
    assert "De brief of het dossier is veranderd nadat u deze pagina opende" in answer.text
    assert "dossier gewijzigd sinds het concept" in answer.text
    assert ticked(answer.text)["letter"] == []
    assert (stored(app, one).state, stored(app, other).state) == ("authorised", "to_authorise")
    assert "Er is geen brief aangevinkt." in doctor.post("/letters/series").text


def test_what_was_left_out_stays_left_out_when_another_is_refused(app, sign_in, drafted):
    one, other = drafted("Bakker"), drafted("Mulder")
    nurse, doctor = sign_in("nurse"), sign_in("doctor")
    for letter in (one, other):
        offered(nurse, letter)
    form = ticked(doctor.get("/letters/series").text) | {"letter": [str(one)], f"version-{one}": "0"}
    answer = doctor.post("/letters/series", data=form)
    assert answer.status_code == 422
    assert ticked(answer.text)["letter"] == []
    assert (stored(app, one).state, stored(app, other).state) == ("to_authorise", "to_authorise")


def test_letters_about_patients_of_another_doctor_stand_apart_and_are_not_ticked(app, sign_in, drafted):
    hers, theirs = drafted("Bakker"), drafted("Mulder")
    nurse, doctor = sign_in("nurse"), sign_in("doctor")
    for letter in (theirs, hers):
        offered(nurse, letter)
    with Session(app.extensions["engine"]) as session:
        other = User(username="visser", name="Visser", function="internist", role="doctor", may_authorise=False,
                     created_at=MONDAY_MORNING, density="comfortable", single_keys=True, active=True)  # fmt: skip
        session.add(other)
        session.flush()
        session.get(Patient, session.get(Letter, theirs).patient_id).regular_doctor_id = other.id
        session.commit()
    page = doctor.get("/letters/series").text
    assert "Mulder" not in page.partition("Patiënten van andere artsen")[0]
    assert ticked(page)["letter"] == [str(hers)]


def test_a_nurse_without_a_mandate_hears_that_a_doctor_is_asked(sign_in, drafted):
    drafted("Bakker")
    page = sign_in("nurse").get("/letters/series").text
    assert "1 brief vraagt om een arts." in page
    assert "Bakker" not in page
