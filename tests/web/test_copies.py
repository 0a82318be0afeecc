"""The page of standing copies: found, added, ended; a wrong patient's copy is not found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from clinic.services import copies, letter_sending
from clinic.services.copies import AddCopy
from clinic.services.work import Work
from clinic.store.copies import of_letter
from clinic.store.letters import OUT, Letter
from clinic.store.practices import Gp, Practice
from tests.factories import make_patient
from tests.letter_makers import drafted, sign


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


@pytest.mark.parametrize("state", OUT)
def test_a_copy_that_stayed_is_sent_from_the_page_for_as_long_as_its_letter_is_out(
    sign_in: Callable[..., FlaskClient], work: Callable[..., Work], tmp_path: Path, state: str
) -> None:
    letter = drafted(work("nurse"), channel="secure_mail")
    home = Practice(name="De Linden", street="Laan", house_number="1", postcode="7551 AB", town="Hengelo",
                    channel="post")  # fmt: skip
    gp = Gp(practice=home, kind="elderly_care", family_name="Boer")
    session = work().session
    session.add(gp)
    session.flush()
    copies.add(work("secretary"), AddCopy(letter.patient_id, gp.id, "medebehandelaar"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    letter_sending.deliver(secretary, letter.id, tmp_path / "outbox")
    [copy] = of_letter(session, letter.id)
    copy.state, copy.sent_on, copy.failure, letter.state = "failed", None, "De map is vol.", state
    session.commit()
    browser = sign_in("secretary")
    page = f"/letters/{letter.id}"
    assert f'action="{page}/copies"' in browser.get(page).text
    assert browser.post(f"{page}/copies").status_code == 303
    session.expire_all()
    assert [kept.state for kept in of_letter(session, letter.id)] == ["sent"]
    assert f'action="{page}/copies"' not in browser.get(page).text
