"""A version put in force on its page: offered by the manager, signed by a doctor, carried out behind the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic.domain.protocol import DEFAULT
from clinic.services import activation_run, activations, protocols, trial_run, trials
from clinic.services.protocols import NewVersion
from clinic.services.trials import StartTrial
from clinic.web import background
from tests.conftest import MONDAY_MORNING
from tests.factories import make_course, make_patient
from tests.web_fixtures import PASSWORD

PAGE = "/protocol/versions/1/activation"


@pytest.fixture
def started(monkeypatch):
    """The commands that pages started behind themselves."""
    found = []
    monkeypatch.setattr(background, "start", lambda *words: found.append(words))
    return found


@pytest.fixture
def tried(work, database_url):
    """A draft that was tried on the register."""
    manager = work("manager")
    make_course(manager, make_patient(manager))
    protocols.make(manager, NewVersion("x", replace(DEFAULT, name="2027.1", yearly_months=15), "t"))
    trial_id = trials.start(manager, StartTrial(1, "trial"))
    trial_run.run(database_url, trial_id, lambda: MONDAY_MORNING, processes=1)
    return manager


def test_from_offer_to_in_force(tried, sign_in, doctor, started, database_url):
    manager = sign_in("manager")
    assert "Ter goedkeuring aanbieden" in manager.get(PAGE).text
    assert manager.post(PAGE, data={}).status_code == 422
    assert manager.post(PAGE, data={"form_token": "once"}).status_code == 303
    again = manager.post(PAGE, data={"form_token": "another"})
    assert (again.status_code, "Een andere versie is onderweg" in again.text) == (422, True)
    assert "Een arts kan haar nu goedkeuren" in manager.get(PAGE).text
    doctor, approve = doctor, "/protocol/activations/1/approve"
    assert "Deze versie goedkeuren" in doctor.get(PAGE).text
    wrong = doctor.post(approve, data={"binds_on": "23-11-2026", "password": "nee"})
    assert (wrong.status_code, "23-11-2026" in wrong.text) == (422, True)
    assert started == []
    assert doctor.post(approve, data={"binds_on": "23-11-2026", "password": PASSWORD}).status_code == 303
    assert started == [("protocol", "activate")]
    begins = doctor.get(PAGE)
    assert ("De dag is gekomen" in begins.text, begins.headers["Refresh"]) == (True, "3")
    activation_run.run(database_url, lambda: MONDAY_MORNING, processes=1)
    assert "Geldt nu" in doctor.get(PAGE).text
    for role in ("nurse", "secretary", "privacy_officer"):
        page = sign_in(role).get("/protocol").text
        assert "2027.1" in page
        assert page.count("23-11-2026, Test doctor</td>") == 1, "the one number that became another"


def test_an_offer_is_taken_back(tried, sign_in, started):
    manager = sign_in("manager")
    manager.post(PAGE, data={"form_token": "once"})
    for _ in range(2):
        assert manager.post("/protocol/activations/1/take-back").status_code == 303
    assert "Ter goedkeuring aanbieden" in manager.get(PAGE).text
    assert manager.get("/protocol/versions/9/activation").status_code == 404
    assert manager.post("/protocol/activations/9/take-back").status_code == 404


def test_what_stopped_before_its_end_is_carried_on(tried, sign_in, doctor, started):
    sign_in("manager").post(PAGE, data={"form_token": "once"})
    doctor = doctor
    doctor.post("/protocol/activations/1/approve", data={"binds_on": "23-11-2026", "password": PASSWORD})
    session = tried.session
    session.rollback()
    session.expire_all()
    row = activations.found(session, 1)
    activations.begin(session, row, MONDAY_MORNING)
    assert "Deze pagina kijkt vanzelf opnieuw" in doctor.get(PAGE).text
    row.seen_at -= timedelta(minutes=5)
    session.commit()
    assert "het gaat verder waar het stopte" in doctor.get(PAGE).text
    started.clear()
    assert doctor.post("/protocol/activations/1/go-on").status_code == 303
    sign_in("nurse")  # and whoever signs in next carries it on too
    assert set(started) == {("protocol", "activate")}
    late = doctor.post("/protocol/activations/1/take-back", follow_redirects=True)
    assert "Dit is intussen geregeld" in late.text
