"""A merge undone, as a secretary meets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.services import items, merges, patients
from clinic.services.merges import MergePatients
from clinic.services.work import Work
from clinic.store.controls import Control
from clinic.store.patients import Patient
from tests.factories import make_control, make_patient

SignIn = Callable[[str], FlaskClient]
SPLIT = "/patients/2/split"


@pytest.fixture
def merged(work: Callable[..., Work]) -> None:
    """222 with a control of March was merged into 111; a control of November was recorded since."""
    started = work("secretary")
    kept, losing = make_patient(started, number="111"), make_patient(started, number="222")
    make_control(started, losing, date(2026, 3, 12))
    started.session.flush()
    items.refresh_all(started, [kept, losing])
    started.session.flush()
    seen = merges.seen(kept, losing)
    merges.merge(started, MergePatients(kept.id, losing.id, seen, kept.birth_date, "Na verhuizing"))
    make_control(started, kept, date(2026, 11, 2))
    started.session.flush()
    items.refresh(started, kept)
    started.session.commit()


def typed(secretary: FlaskClient, **given: str) -> dict[str, str]:
    """The form as a secretary fills it in."""
    shown = re.search(r'name="seen"[^>]*value="([^"]+)"', secretary.get(SPLIT).text)
    assert shown
    return {"seen": shown[1], "reason": "Toch twee zussen", **given}


def controls(database: Engine) -> list[tuple[int, date]]:
    """Whose each control is."""
    with Session(database) as session:
        return [
            tuple(row) for row in session.execute(select(Control.patient_id, Control.on_date).order_by(Control.on_date))
        ]


@pytest.mark.usefixtures("merged")
def test_what_goes_back_and_what_was_recorded_since_are_shown_apart_and_nothing_is_ticked(sign_in: SignIn) -> None:
    secretary = sign_in("secretary")
    assert f'href="{SPLIT}"' in secretary.get("/patients/2/merged").text
    page = secretary.get(SPLIT).text
    assert page.index("Wat teruggaat naar 222") < page.index("12-03-2026") < page.index("Vastgelegd sinds")
    assert page.index("Vastgelegd sinds") < page.index("02-11-2026")
    assert "checked" not in page


@pytest.mark.usefixtures("merged")
@pytest.mark.parametrize(("goes", "owner"), [({}, 1), ({"goes": "controls-2"}, 2)])
def test_what_was_recorded_since_stays_unless_it_is_ticked(
    sign_in: SignIn, database: Engine, goes: dict[str, str], owner: int
) -> None:
    secretary = sign_in("secretary")
    answer = secretary.post(SPLIT, data=typed(secretary, **goes))
    assert (answer.status_code, answer.location) == (303, "/patients/2")
    assert controls(database) == [(2, date(2026, 3, 12)), (owner, date(2026, 11, 2))]
    assert secretary.get("/patients/2").status_code == 200
    assert "222" not in secretary.get("/patients/1").text
    again = secretary.post(SPLIT, data={"seen": "x", "reason": "Toch twee zussen"})
    assert again.status_code == 303, "pressing twice splits once"


@pytest.mark.usefixtures("merged")
def test_without_a_reason_nothing_happens_and_what_was_ticked_is_kept(sign_in: SignIn, database: Engine) -> None:
    secretary = sign_in("secretary")
    answer = secretary.post(SPLIT, data=typed(secretary, reason="", goes="controls-2"))
    assert (answer.status_code, "Geef een reden" in answer.text) == (422, True)
    assert 'value="controls-2" checked' in answer.text
    assert controls(database)[0][0] == 1


@pytest.mark.usefixtures("merged")
def test_a_page_from_before_a_new_control_says_so(sign_in: SignIn, work: Callable[..., Work]) -> None:
    secretary = sign_in("secretary")
    form = typed(secretary)
    nurse = work("nurse")
    items.refresh(nurse, nurse.session.get_one(Patient, 1))
    nurse.session.commit()
    answer = secretary.post(SPLIT, data=form)
    assert (answer.status_code, "Intussen is er iets vastgelegd" in answer.text) == (422, True)
    assert "Toch twee zussen" in answer.text


@pytest.mark.usefixtures("merged")
def test_what_stands_in_the_way_is_said_before_a_reason_can_be_typed(
    sign_in: SignIn, work: Callable[..., Work]
) -> None:
    started = work("secretary")
    kept, third = started.session.get_one(Patient, 1), make_patient(started, number="333")
    seen = merges.seen(third, kept)
    merges.merge(started, MergePatients(third.id, kept.id, seen, third.birth_date, "Ook dezelfde"))
    page = sign_in("secretary").get(SPLIT).text
    assert "Nummer 111 is later zelf" in page
    assert 'name="reason"' not in page


@pytest.mark.usefixtures("merged")
@pytest.mark.parametrize("role", ["nurse", "doctor", "manager", "privacy_officer"])
def test_other_roles_split_nobody(sign_in: SignIn, role: str) -> None:
    assert (sign_in(role).get(SPLIT).status_code, sign_in(role).post(SPLIT).status_code) == (403, 403)


@pytest.mark.usefixtures("merged")
def test_a_number_that_was_never_merged_has_nothing_to_split(sign_in: SignIn) -> None:
    secretary = sign_in("secretary")
    assert secretary.get("/patients/1/split").location == "/patients/1"
    assert secretary.post("/patients/1/split", data={"reason": "x"}).status_code == 404
    assert secretary.get("/patients/9/split").status_code == 404


def test_a_bsn_that_was_changed_since_stays_and_both_pages_say_so(work: Callable[..., Work], sign_in: SignIn) -> None:
    started = work("secretary")
    kept, losing = make_patient(started, number="111"), make_patient(started, number="222", bsn="999900006")
    seen = merges.seen(kept, losing)
    merges.merge(started, MergePatients(kept.id, losing.id, seen, kept.birth_date, "Na verhuizing"))
    secretary, says = sign_in("secretary"), "Het BSN is na het samenvoegen gewijzigd en blijft zoals het is."
    assert "Het BSN gaat terug naar 222." in secretary.get(SPLIT).text
    kept.bsn = "999900018"
    patients.keep_change(started, kept, {"bsn": ["…006", "…018"]})
    started.note("patient.changed", kept.id)
    started.commit()
    shown = secretary.get(SPLIT).text
    assert says in shown
    assert "Het BSN gaat terug" not in shown
    assert says in secretary.post(SPLIT, data=typed(secretary), follow_redirects=True).text
