"""The pages of absence and mandate: bad input is told at the field, a wrong role is refused, the deputy is told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from clinic.security.permissions import Role
from clinic.services.work import Work
from clinic.store.users import User

SignIn = Callable[..., FlaskClient]
DAYS = {"from_on": "23-11-2026", "until_on": "29-11-2026"}


@pytest.fixture
def colleague(work: Callable[..., Work]) -> int:
    """Another doctor."""
    begun = work("doctor")
    user = User(
        username="mulder", name="dr. M. Mulder", function="internist", role=Role.DOCTOR.value, may_authorise=True,
        created_at=begun.now, density="comfortable", single_keys=True, active=True,
    )  # fmt: skip
    begun.session.add(user)
    begun.session.commit()
    return user.id


def test_a_doctor_is_away_and_the_deputy_is_told_on_the_first_page(
    sign_in: SignIn, work: Callable[..., Work], colleague: int
) -> None:
    begun = work("doctor")
    begun.session.commit()
    doctor = begun.actor.id
    secretary = sign_in("secretary")
    form = {"user_id": str(colleague), "deputy_id": str(doctor), **DAYS}
    bad = secretary.post("/absences", data={**form, "until_on": "1-11-2026"})
    assert bad.status_code == 422
    assert "De laatste dag ligt vóór de eerste." in bad.text
    assert 'value="23-11-2026"' in bad.text
    assert "Kies wie afwezig is." in secretary.post("/absences", data={**form, "user_id": ""}).text
    assert secretary.post("/absences", data=form).status_code == 303
    assert "waarnemer: Test doctor" in secretary.get("/absences").text
    assert "U neemt waar voor dr. M. Mulder" in sign_in("doctor").get("/").text
    assert secretary.post("/absences/1/withdraw").status_code == 303
    assert secretary.post("/absences/1/withdraw").status_code == 404


def test_a_doctor_finds_herself_alone_to_choose_and_cannot_enter_another(sign_in: SignIn, colleague: int) -> None:
    doctor = sign_in("doctor")
    page = doctor.get("/absences").text
    assert page.count("dr. M. Mulder") == 1  # as a deputy, not as who is away
    assert doctor.post("/absences", data={"user_id": str(colleague), "deputy_id": "0", **DAYS}).status_code == 422
    assert sign_in("privacy_officer").get("/absences").status_code == 403


def test_the_manager_keeps_the_mandates(sign_in: SignIn, work: Callable[..., Work]) -> None:
    doctor = work("doctor").actor.id
    manager = sign_in("manager")
    form = {"about": "control", "doctor_id": str(doctor), "from_on": "23-11-2026", "until_on": ""}
    bad = manager.post("/settings/mandates", data={**form, "doctor_id": "", "until_on": "gisteren"})
    assert bad.status_code == 422
    assert "Kies een arts uit de lijst." in bad.text
    assert "gisteren" in bad.text
    assert manager.post("/settings/mandates", data=form).status_code == 303
    assert "van Test doctor, vanaf 23-11-2026" in manager.get("/settings/mandates").text
    again = manager.post("/settings/mandates", data=form)
    assert again.status_code == 422
    assert "al een mandaat" in again.text
    assert manager.post("/settings/mandates", data=form | {"about": "treatment"}).status_code == 303
    assert re.search(
        r"<b>Behandelblad voor de patiënt</b><small>van Test doctor", manager.get("/settings/mandates").text
    )
    assert manager.post("/settings/mandates", data=form | {"about": "review"}).status_code == 422
    assert manager.post("/settings/mandates/1/withdraw").status_code == 303
    assert manager.post("/settings/mandates/1/withdraw").status_code == 404
    assert sign_in("nurse").get("/settings/mandates").status_code == 403
