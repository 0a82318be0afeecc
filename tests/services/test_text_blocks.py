"""The manager writes the clinic's own words in versions; one that is used stands in the letters from then on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from clinic.domain.errors import RuleBroken
from clinic.domain.restricted import RestrictionKind
from clinic.letters import samples
from clinic.letters.addressed import document
from clinic.letters.nameless import without_name
from clinic.letters.render import CannotSet, NoSuchSign
from clinic.letters.text import text_of
from clinic.services import text_blocks, to_patient
from clinic.services.letter_facts import facts_of
from clinic.services.work import NotAllowed
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter
from clinic.store.restrictions import Restriction
from clinic.store.text_blocks import TextBlock
from tests.factories import make_course
from tests.letter_makers import drafted, seen, sign, with_gp
from tests.services.test_to_patient import known

WORDS = "Vragen? Bel {telefoon}."


def used(work, kind="control", words=WORDS, token="form-1"):
    """Words that hold."""
    manager = work("manager")
    number = text_blocks.save(manager, kind, words, token)
    text_blocks.use(manager, kind, number)
    return number


def test_words_stand_in_letters_once_they_are_used_and_are_frozen_with_them(work):
    nurse, manager = work("nurse"), work("manager")
    letter = drafted(nurse)
    assert text_blocks.save(manager, "control", WORDS, "form-1") == 1
    assert facts_of(nurse, letter)["blocks"] == []
    text_blocks.use(manager, "control", 1)
    sign(work("doctor"), letter)
    assert letter.facts["blocks"] == [{"kind": "control", "number": 1, "words": WORDS}]
    used(work, words="Iets anders.", token="form-2")
    assert "Vragen? Bel" in letter.text
    assert "Iets anders." not in letter.text


def test_the_same_form_twice_is_one_version_and_an_older_one_can_hold_again(work):
    manager = work("manager")
    assert used(work) == 1
    assert text_blocks.save(manager, "control", "Anders.", "form-1") == 1
    assert used(work, words="", token="form-2") == 2
    assert facts_of(work("nurse"), drafted(work("nurse")))["blocks"] == []
    text_blocks.use(manager, "control", 1)
    assert text_blocks.overview(manager)["control"].number == 1
    assert text_blocks.overview(manager)["dxa"] is None
    assert [row.number for row in text_blocks.versions(manager, "control")] == [2, 1]


def test_a_letter_to_a_patient_carries_the_words_of_its_kind(work):
    used(work, "patient.treatment", "Neem dit blad mee.")
    nurse = work("nurse")
    patient = known(nurse)
    make_course(nurse, patient)
    letter_id = to_patient.make(nurse, patient.id, "treatment")
    assert "Neem dit blad mee." in nurse.session.get(Letter, letter_id).text


def test_words_are_tried_on_two_records_and_unusable_ones_are_not_kept(work, monkeypatch):
    manager = work("manager")
    assert [one.name for one in text_blocks.tried(manager, "patient.dxa", WORDS)] == ["plain", "worst"]
    assert "Vragen? Bel" in text_blocks.tried(manager, "control", WORDS)[1].text
    assert "Vragen?" not in text_blocks.tried(manager, "control", "")[0].text
    with pytest.raises(RuleBroken, match="block_place"):
        text_blocks.save(manager, "control", "{bsn}", "form-1")

    def broken(fault):
        raise fault

    for fault, code in ((CannotSet("x"), "block_not_on_page"), (NoSuchSign("骨"), "block_sign")):
        monkeypatch.setattr("clinic.services.text_blocks.pdf_of", lambda *_, fault=fault: broken(fault))
        with pytest.raises(RuleBroken, match=code):
            text_blocks.save(manager, "control", WORDS, "form-1")
    assert manager.session.query(TextBlock).count() == 0


def test_only_the_manager_writes_them_and_only_for_kinds_that_exist(work):
    with pytest.raises(NotAllowed):
        text_blocks.save(work("doctor"), "control", WORDS, "form-1")
    manager = work("manager")
    with pytest.raises(LookupError):
        text_blocks.tried(manager, "nonsense", WORDS)
    with pytest.raises(LookupError):
        text_blocks.use(manager, "control", 1)


CLINIC = dict.fromkeys(("hospital", "department", "street", "postcode_town", "phone", "phone_hours", "email"), "")
WHO = {
    "own_name": "Zebrakind", "initials": "Q.", "number": "8877665", "birth_date": date(1948, 5, 17),
    "street": "Zebrapad", "house_number": "99", "postcode": "9999 ZZ", "town": "Zebradorp", "prescriber": "zebra",
}  # fmt: skip


def left_about(work, **control):
    """A letter that was authorised, about somebody of whom everything that can be typed says zebra."""
    nurse = work("nurse")
    patient = with_gp(nurse, name="Zebrapraktijk")
    for name, value in WHO.items():
        setattr(patient, name, value)
    make_course(nurse, patient, dose="zebra", schedule="zebra", indication="zebra", planned_years=Decimal(5))
    given = {"note": "zebra", "note_in_letter": True, "unanswerable": "zebra", "weight_not_measured": "zebra"}
    letter = nurse.session.get(Letter, seen(nurse, patient, **given | control))
    letter.added_text = "zebra"
    nurse.commit()
    sign(work("doctor"), letter)
    return letter


def test_words_are_tried_on_the_latest_real_letter_of_the_kind_that_says_nobodys_name(work, session):
    letter = left_about(work, height_mm=1612)
    assert "zebra" in letter.text.lower()
    manager = work("manager")
    [tried] = text_blocks.on_real(manager, "control", "Bel gerust.")
    manager.commit()
    assert tried.name == "real"
    assert "Lengte 161,2 cm" in tried.text
    assert "Bel gerust." in " ".join(tried.text.split())
    assert "01-01-1948" in tried.text
    for word in ("zebra", "Q.", "8877665", "17-05-1948", "9999 ZZ", letter.reference):
        assert word not in tried.text.replace("Zebra", "zebra"), word
    entry = session.query(AuditEntry).filter_by(actor_id=manager.actor.id).one()
    assert (entry.action, entry.patient_id) == ("letter.opened", letter.patient_id)
    assert entry.details == {"without_name": True, "text_block": "control"}
    assert text_blocks.on_real(manager, "dxa", "") == []
    text_blocks.on_real(manager, "control", "Bel gerust vandaag.")  # the preview asks at each pause in typing
    assert manager.entries == []
    tomorrow = work("manager", today=date(2026, 11, 24))
    text_blocks.on_real(tomorrow, "control", "")
    assert [line.action for line in tomorrow.entries] == ["letter.opened"]
    with pytest.raises(NotAllowed):
        text_blocks.on_real(work("doctor"), "control", "")


def test_words_with_which_the_latest_letter_cannot_be_set_say_so(work, monkeypatch):
    left_about(work)

    def broken(*_):
        raise CannotSet("x")

    monkeypatch.setattr("clinic.services.text_blocks.pdf_of", broken)
    with pytest.raises(RuleBroken, match="block_not_on_latest"):
        text_blocks.on_real(work("manager"), "control", WORDS)


def test_of_a_restricted_record_no_letter_is_shown_without_its_name_either(work, session):
    letter = left_about(work)
    session.add(
        Restriction(patient_id=letter.patient_id, kind=next(iter(RestrictionKind)), marked_at=work().now, marked_by=1)
    )
    session.commit()
    assert text_blocks.on_real(work("manager"), "control", "") == []


@pytest.mark.parametrize("sex", ["female", "male"])
def test_a_letter_to_a_patient_is_tried_in_the_same_way(work, session, sex):
    nurse = work("nurse")
    patient = known(nurse, sex=sex, **{name: WHO[name] for name in ("own_name", "initials", "street", "town")})
    make_course(nurse, patient, dose="70 mg", schedule="1× per week")
    letter = session.get(Letter, to_patient.make(nurse, patient.id, "treatment"))
    assert text_blocks.on_real(work("manager"), "patient.treatment", "") == []  # nobody authorised it yet
    sign(work("doctor"), letter)
    [tried] = text_blocks.on_real(work("manager"), "patient.treatment", "Neem dit blad mee.")
    assert "Neem dit blad mee." in tried.text
    assert ("Geachte heer De Vries" if sex == "male" else "Geachte mevrouw De Vries") in tried.text
    assert "zebra" not in tried.text.lower()


@pytest.mark.parametrize("code", samples.CODES)
def test_the_most_that_a_record_can_hold_says_nothing_typed_once_it_is_nobodys(code):
    facts = samples.of_kind(code)["worst"]
    bare = without_name(facts) | {"clinic": CLINIC}
    text = " ".join(text_of(document(bare)).split())
    assert "Zij vertelt" not in text
    assert "Ouwerkerk" not in text
    assert without_name(facts | {"replaces": []}).get("replaces", []) == []
