"""Four eyes in the browser: what somebody wrote herself waits for another, said in words, and the manager's choice."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.store.absences import Mandate
from clinic.store.letters import Letter
from clinic.store.settings import ClinicSettings
from clinic.store.users import User
from tests.conftest import MONDAY, MONDAY_MORNING
from tests.web.test_letters import drafted, fields, stored

__all__ = ["drafted"]
OWN = "U schreef deze brief zelf: een collega met mandaat of een arts autoriseert hem."


@pytest.fixture
def nurse(app, sign_in):
    """A nurse with the mandate for letters about controls."""
    client, doctor = sign_in("nurse"), sign_in("doctor")
    assert doctor
    with Session(app.extensions["engine"]) as session:
        session.execute(update(User).where(User.username == "nurse").values(may_authorise=True))
        giver = session.scalars(select(User.id).where(User.username == "doctor")).one()
        session.add(Mandate(about="control", given_by=giver, from_on=MONDAY, entered_by=giver,
                            entered_at=MONDAY_MORNING))  # fmt: skip
        session.commit()
    return client


def test_her_own_letter_is_left_to_others_and_she_reads_who_can(app, nurse, drafted):
    letter = drafted("Bakker")
    at = f"/letters/{letter}"
    page = nurse.get(at).text
    assert OWN in page
    assert "Deze brief autoriseren" not in page
    form = fields(page, "version")
    refused = nurse.post(f"{at}/authorise", data=form | {"seen": "x"})
    assert (refused.status_code, OWN in refused.text, stored(app, letter).state) == (422, True, "draft")
    nurse.post(f"{at}/offer", data=form)
    listed = nurse.get("/letters?state=to_authorise").text
    assert "1 brief die u zelf schreef, wacht op een collega of een arts." in listed
    assert at not in listed
    hers = nurse.get("/letters?state=to_authorise&own=y").text
    assert f'href="{at}"' in hers
    assert "Deze schreef u zelf" in hers
    assert "1 brief schreef u zelf" in nurse.get("/letters/series").text
    assert "Bakker" in nurse.get("/letters/export/csv?state=to_authorise&own=y").text
    assert "Bakker" not in nurse.get("/letters/export/csv?state=to_authorise").text


def test_the_manager_lets_nurses_authorise_their_own_and_a_colleague_who_was_first_is_named(
    app, sign_in, nurse, drafted
):
    letter = drafted("Bakker")
    manager = sign_in("manager")
    page = manager.get("/settings/mandates").text
    assert "Een verpleegkundige met mandaat autoriseert ook brieven die zij zelf schreef" in page
    form = {"version": re.search(r'name="version" type="hidden" value="(\d+)"', page)[1], "own": "y"}
    assert manager.post("/settings/mandates/own", data=form).status_code == 303
    with Session(app.extensions["engine"]) as session:
        assert session.scalars(select(ClinicSettings.authorise_own)).one() is True
    assert "Deze brief autoriseren" in nurse.get(f"/letters/{letter}").text
    again = manager.post("/settings/mandates/own", data={"version": form["version"]})
    assert again.status_code == 422
    assert "heeft de instellingen intussen gewijzigd" in again.text
    assert "mandaat ook voor eigen brieven: nee → ja" in sign_in("privacy_officer").get("/log").text
    with Session(app.extensions["engine"]) as session:
        assert session.get_one(Letter, letter).state == "draft"
