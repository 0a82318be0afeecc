"""The clinic's own words on the pages of the settings: tried, kept as a version, used; refused at the field."""

from __future__ import annotations

import re
from datetime import date, datetime

from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.security.permissions import Role
from clinic.services.work import Actor, Work
from clinic.store.patients import Patient
from tests.conftest import account
from tests.letter_makers import drafted, sign

AT = "/settings/texts/control"


def token(page):
    """What makes two clicks one version."""
    return re.search(r'name="form_token"[^>]* value="(\w+)"', page)[1]


def test_words_are_tried_kept_and_used(sign_in):
    manager = sign_in("manager")
    assert "Controle" in manager.get("/settings/texts").text
    form = {"form_token": token(manager.get(AT).text), "words": "Bel gerust {poli}. <b>#read(1)</b>"}
    tried = manager.post(f"{AT}/try", data=form).text
    assert "Een gewoon dossier" in tried
    assert tried.count("&lt;b&gt;#read(1)&lt;/b&gt;") == 3, "in the field and in both letters"
    assert "Nog geen versie." in tried
    page = manager.post(AT, data=form, follow_redirects=True).text
    assert "versie 1" in page
    assert "nu in brieven" not in page
    page = manager.post(f"{AT}/1/use", follow_redirects=True).text
    assert "nu in brieven" in page
    assert "Bel gerust" in manager.get("/settings/texts").text
    assert manager.post(f"{AT}/7/use").status_code == 404


def test_words_that_cannot_be_used_are_said_at_the_field_and_nothing_typed_is_lost(sign_in):
    manager = sign_in("manager")
    refused = manager.post(AT, data={"form_token": "a", "words": "Bel {bsn}"})
    assert refused.status_code == 422
    assert "Tussen accolades mogen alleen deze namen staan: {ziekenhuis}" in refused.text
    assert "Bel {bsn}</textarea>" in refused.text
    live = manager.post(f"{AT}/try?live=1", data={"words": "Bel {bsn}"}).text
    assert "Tussen accolades" in live
    assert "<!doctype" not in live


def test_who_is_no_manager_does_not_write_the_clinics_words(sign_in):
    assert sign_in("doctor").get("/settings/texts").status_code == 403


def test_the_latest_real_letter_stands_beside_the_made_up_ones_without_its_person(app, sign_in):
    manager = sign_in("manager")
    assert "zonder de persoon" not in manager.get(AT).text
    with Session(app.extensions["engine"]) as session:
        work = unit(session, Role.NURSE)
        letter = drafted(work)
        session.get(Patient, letter.patient_id).own_name = "Zebrakind"
        session.commit()
        sign(unit(session, Role.DOCTOR), letter)
        session.commit()
    page = manager.get(AT).text
    assert "De nieuwste brief van deze soort, zonder de persoon" in page
    assert "Zebrakind" not in page
    live = manager.post(f"{AT}/try?live=1", data={"words": "Bel gerust."}).text
    assert live.count("Bel gerust.") == 3


def test_when_the_real_letter_cannot_be_set_the_made_up_ones_are_read_all_the_same(sign_in, monkeypatch):
    def broken(*_given):
        raise RuleBroken("words", "block_not_on_latest")

    monkeypatch.setattr("clinic.services.text_blocks.on_real", broken)
    live = sign_in("manager").post(f"{AT}/try?live=1", data={"words": "Bel gerust."}).text
    assert live.count("Bel gerust.") == 2
    assert "De nieuwste echte brief past met deze tekst niet" in live


def unit(session, role):
    """Somebody at work."""
    user = account(session, role)
    actor = Actor(user.id, user.name, user.function, role, True)
    return Work(session, actor, datetime(2026, 11, 23, 9), date(2026, 11, 23))  # noqa: DTZ001 - as the store keeps it
