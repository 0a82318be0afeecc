"""The page of standing copies: found, added, ended; a wrong patient's copy is not found."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from clinic.services.work import Work
from clinic.store.practices import Gp, Practice
from tests.factories import make_patient


def test_the_secretary_finds_adds_and_ends_a_copy(
    sign_in: Callable[..., FlaskClient], work: Callable[..., Work]
) -> None:
    begun = work("secretary")
    patient, other = make_patient(begun), make_patient(begun)
    home = Practice(name="De Linden", town="Hengelo", channel="secure_mail", mailbox="x@y")
    begun.session.add(Gp(practice=home, kind="elderly_care", family_name="Boer"))
    begun.session.commit()
    url = f"/patients/{patient.id}/copies"
    secretary = sign_in("secretary")
    assert "Boer, De Linden, Hengelo" in secretary.post(url, data={"gp_q": "linden", "look": "1"}).text
    bad = secretary.post(url, data={"gp_id": "1", "reason": ""})
    assert bad.status_code == 422
    assert "Vul in waarom" in bad.text
    assert "Kies wie afschriften krijgt." in secretary.post(url, data={"reason": "x"}).text
    assert secretary.post(url, data={"gp_id": "1", "reason": "medebehandelaar"}).status_code == 303
    assert secretary.post(url, data={"gp_id": "0", "reason": "op verzoek"}).status_code == 303
    page = secretary.get(url).text
    assert "specialist ouderengeneeskunde" in page
    assert "de patiënt zelf" in page
    assert secretary.post(f"/patients/{other.id}/copies/1/end").status_code == 404
    assert secretary.post(f"{url}/1/end").status_code == 303
    assert "specialist ouderengeneeskunde" not in secretary.get(url).text
    assert sign_in("manager").get(url).status_code == 403
    assert secretary.post("/letters/99/copies").status_code == 404
