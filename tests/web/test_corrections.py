"""The correction form after a letter left, and the privacy officer's page of possible breaches."""

from __future__ import annotations

import html
import json
import re

import pytest
from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout
from clinic.security.permissions import Role
from clinic.services import controls, letters
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from tests.letter_makers import sent, sign, with_gp
from tests.services.test_corrections import ANSWERED, DAY, SaveControl
from tests.services.test_stop_told import course, decided, doctor, stop

__all__ = ["course", "doctor"]


@pytest.fixture
def told(work, tmp_path):
    """A control of Friday, of which the GP had a letter: patient, control."""
    nurse = work(Role.NURSE)
    patient = with_gp(nurse)
    command = SaveControl(patient.id, DAY, "clinic", "first", heights_mm=(1587,), weight_g=58300, symptoms=ANSWERED)
    control_id = controls.save(nurse, command)
    letter = nurse.session.scalars(select(Letter)).one()
    sent(work(Role.SECRETARY), sign(work(Role.DOCTOR), letter), tmp_path)
    return patient.id, control_id


def typed(page):
    """The form as it stands."""
    fields = dict(re.findall(r'<input(?![^>]*type="(?:radio|checkbox)")[^>]*name="([\w-]+)"[^>]*value="([^"]*)"', page))
    return fields | dict(re.findall(r'<input checked[^>]*name="(\w+)"[^>]*value="(\w+)"', page))


def test_the_form_says_that_a_letter_left_and_asks_how_the_gp_hears_of_it(sign_in, told):
    client = sign_in("nurse")
    url = f"/patients/{told[0]}/controls/{told[1]}"
    page = client.get(f"{url}/edit").text
    assert "De brief van 23-11-2026 meldde deze controle" in page
    form = typed(page) | {"reason": "typefout"}
    refused = client.post(url, data=form)
    assert refused.status_code == 422
    assert "kies hoe de huisarts van de correctie hoort" in refused.text
    refused = client.post(url, data=form | {"weight": "700", "reason": ""})  # with all else that is wrong
    assert set(re.findall(r'class="error" id="(\w+)-error"', refused.text)) == {"weight", "reason", "tell"}
    refused = client.post(url, data=form | {"tell": "none"})
    assert "Schrijf op waarom de huisarts het niet hoort." in refused.text
    done = client.post(url, data=form | {"tell": "none", "tell_because": "alleen de notitie"})
    assert done.status_code == 303
    shown = client.get(f"/patients/{told[0]}/controls/{told[1] + 1}").text
    assert "na de brief van 23-11-2026: niet, omdat alleen de notitie" in shown


def test_the_bar_names_what_a_correction_is_not_saved_without(sign_in, told):
    page = sign_in("nurse").get(f"/patients/{told[0]}/controls/{told[1]}/edit").text
    needed = json.loads(html.unescape(re.search(r'data-open="([^"]+)"', page)[1]))
    names = {name: one for one in needed for name in one["any"]}
    assert (names["reason"], names["tell"]["says"]) == (
        {"says": "reden van de correctie", "any": ["reason"]}, "hoe hoort de huisarts het?",
    )  # fmt: skip
    assert names["tell_because"]["of"] == {"tell": ["none"]}
    assert "fracture_site" not in names  # on a page of its own
    assert "verplicht als de huisarts het niet hoort" in page


def test_the_privacy_officer_sees_the_hours_and_settles(sign_in, told, work):
    controls.void_control(work(Role.NURSE), told[0], told[1], "verkeerde patiënt")
    officer = sign_in("privacy_officer")
    assert re.search("nog 7[12] uur", officer.get("/").text)
    assert "verkeerde patiënt" in officer.get("/breaches").text
    unchosen = officer.post("/breaches/1", data={"remark": "gebeld"})
    assert unchosen.status_code == 422
    assert 'value="gebeld"' in unchosen.text
    bare = officer.post("/breaches/1", data={"state": "reported", "remark": ""})
    assert "Schrijf op wat er is gedaan" in bare.text
    for _press in range(2):
        done = officer.post("/breaches/1", data={"state": "reported", "remark": "gemeld"})
        assert done.status_code == 303
    assert "/breaches/export/xlsx" in officer.get("/breaches").text
    heads, row = officer.get("/breaches/export/csv").text.splitlines()
    assert heads.startswith("\ufeffPatiëntnummer;Brief;Verzonden op;")
    assert row.endswith(";gemeld;gemeld;23-11-2026")
    assert "gemeld" in officer.get("/breaches").text
    assert "Mogelijke datalekken" not in officer.get("/").text
    other = officer.post("/breaches/1", data={"state": "not_reportable", "remark": "toch niet"})
    assert "Iemand anders heeft dit intussen besloten" in other.text
    assert officer.post("/breaches/99", data={"state": "reported", "remark": "x"}).status_code == 404


STILL = "S. Hoekstra (De Terp) heeft brief B2026-000001 van 23-11-2026 nog, en die klopt niet: bel "


@pytest.mark.parametrize(("phone", "call"), [("0513 123456", "0513 123 456"), (None, "de praktijk (het nummer is")])
def test_who_voids_hears_which_gp_still_has_the_letter_and_so_does_the_privacy_officer(
    sign_in, told, work, phone, call
):
    nurse = sign_in("nurse")
    work().session.get_one(Patient, told[0]).gp.practice.phone = phone
    work().session.commit()
    void = f"/patients/{told[0]}/controls/{told[1]}/void"
    assert STILL + call in nurse.post(void, data={"reason": "verkeerde patiënt"}, follow_redirects=True).text
    officer = sign_in("privacy_officer")
    assert STILL + call in officer.get("/breaches").text
    officer.post("/breaches/1", data={"state": "reported", "remark": "gebeld"})
    assert STILL not in officer.get("/breaches").text


@pytest.mark.parametrize(
    ("make", "void"),
    [
        (stop, ("courses/stop/{}/void", {"void_reason": "verkeerde patiënt"})),
        (decided, ("reviews/{}/void", {"reason": "verkeerde patiënt"})),
    ],
)  # fmt: skip
def test_so_does_who_voids_a_stop_or_decision_of_which_the_letter_left(
    sign_in, doctor, course, work, tmp_path, make, void
):
    fact = make(doctor, course)
    if make is decided:
        patient = doctor.session.get_one(Patient, course.patient_id)
        letters.draft_for(doctor, patient, LetterAbout.REVIEW, fact.on_date, fact.id)
        doctor.commit()
    letter = doctor.session.scalars(select(Letter)).one()
    assert sent(work(Role.SECRETARY), sign(doctor, letter), tmp_path).sent
    url, typed = void
    where = f"/patients/{course.patient_id}/" + url.format(fact if make is stop else fact.id)
    assert STILL in sign_in("doctor").post(where, data=typed, follow_redirects=True).text


@pytest.mark.parametrize("role", ["nurse", "doctor", "secretary", "manager"])
def test_nobody_else_sees_breaches(sign_in, role):
    client = sign_in(role)
    assert client.get("/breaches").status_code == 403
    assert client.get("/breaches/export/csv").status_code == 403
    assert client.post("/breaches/1", data={"state": "reported", "remark": "x"}).status_code == 403
