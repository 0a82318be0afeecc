"""A letter as an EDIFACT message: its conclusion and copies in the places for them, in the signs its receiver reads."""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal

import pytest

from clinic.domain.vocabulary import LetterAbout
from clinic.interop import edifact, medspe
from clinic.services import copies, items, letter_sending, letters
from clinic.services.copies import AddCopy
from clinic.services.facts import stamp
from clinic.services.letter_facts import person
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice
from clinic.store.reviews import Review
from clinic.store.settings import ClinicSettings
from tests.factories import make_course
from tests.letter_makers import TODAY, drafted, sign, with_gp

REASON = "T-score −2,6 bij Noëlle Groß-çelik, 100 % 'x'"


@pytest.fixture
def clinic(session):
    """A clinic with a mailbox of its own."""
    found = ClinicSettings(id=1, hospital="Ziekenhuis Oudeterp", department="Interne geneeskunde", mailbox="500000101")
    session.add(found)
    session.commit()
    return found


@pytest.fixture
def decided(work, session, clinic):
    """`decided(charset="ascii")`: a letter with a doctor's decision to a practice that takes EDIFACT, authorised."""

    def make(named=(), **practice):
        doctor = work("doctor")
        patient = with_gp(doctor, channel="edifact", **practice)
        patient.prescriber = "gp"
        course = make_course(doctor, patient, started_on=date(2021, 3, 10), planned_years=Decimal(5))
        session.flush()
        review = Review(course_id=course.id, on_date=TODAY, outcome="continue", until_on=date(2031, 3, 10),
                        reason=REASON, prescriber="huisarts", signed_function="internist", form_token="x",
                        seen={})  # fmt: skip
        stamp(doctor, review, patient.id)
        items.refresh(doctor, patient)
        for number, name in enumerate(named):
            home = Practice(name=f"Huis {number}", channel="secure_mail", mailbox=f"huis{number}@zorg")
            gp = Gp(practice=home, kind="gp", initials="J.", family_name=name)
            session.add(gp)
            session.flush()
            copies.add(work("secretary"), AddCopy(patient.id, gp.id, "medebehandelaar"))
        letter_id = letters.draft_for(doctor, patient, LetterAbout.REVIEW, TODAY, review.id)
        doctor.commit()
        return sign(doctor, session.get_one(Letter, letter_id))

    return make


@pytest.fixture
def left(work, tmp_path):
    """`left(letter)`: it is sent, and this is its message as the gateway finds it."""

    def send(letter):
        secretary = work("secretary")
        [going] = letter_sending.parcels(secretary, [letter.id])
        outcome = letter_sending.send(secretary, letter.id, going.confirmed, tmp_path / "outbox")
        assert outcome.sent, outcome
        return (tmp_path / "outbox/edifact" / letter.reference / f"{letter.reference}.edi").read_bytes()

    return send


def apart(found, tag):
    """What stands in the segments of a kind."""
    return [part.at(0) for part in found if part.tag == tag]


def test_the_decision_stands_in_the_rubric_for_it_and_the_message_reads_back_as_the_letter(decided, left):
    letter = decided()
    found = edifact.read(left(letter))
    assert medspe.faults(found) == []
    assert medspe.text_of(found) == [edifact.carried(line) for line in letter.text.splitlines()]
    concluded = apart(found, "CON")
    assert concluded[0] == "BESLUIT"
    assert "Doorgaan met alendroninezuur tot 10-03-2031." in " ".join(concluded)
    assert "BESLUIT" not in apart(found, "TXT"), "nothing stands twice"
    assert apart(found, "TXT").count(medspe.BELOW) == 1


def test_a_letter_without_a_decision_has_no_conclusion_and_names_nobody_who_receives_no_copy(work, clinic, left):
    letter = sign(work("doctor"), drafted(work("nurse"), channel="edifact"))
    found = edifact.read(left(letter))
    assert (apart(found, "CON"), apart(found, "KOP")) == ([], [])
    assert medspe.text_of(found) == letter.text.splitlines()


def test_five_who_receive_a_copy_are_named_for_the_system_and_all_of_them_in_the_text(decided, left):
    letter = decided(named=["Aalbers", "Bos", "Cohen", "Dekker", "Evers", "Faber"])
    found = edifact.read(left(letter))
    [named] = [part.elements for part in found if part.tag == "KOP"]
    five = ["Aalbers", "Bos", "Cohen", "Dekker", "Evers"]
    assert named == (("NAAR",), *((f"J. {name}, huisarts, Huis {number}",) for number, name in enumerate(five)))
    assert "J. Faber, huisarts, Huis 5" in " ".join(medspe.text_of(found))


@pytest.mark.parametrize(
    ("practice", "hospital", "words"),
    [
        pytest.param(None, "latin_1", "Noëlle Groß-çelik, 100 % 'x'", id="nobody said: as the hospital does"),
        pytest.param(None, "ascii", "Noelle Gross-celik, 100 % 'x'", id="the hospital sends no accents"),
        pytest.param("ascii", "latin_1", "Noelle Gross-celik, 100 % 'x'", id="this practice reads none"),
        pytest.param("latin_1", "ascii", "Noëlle Groß-çelik, 100 % 'x'", id="this practice reads them"),
    ],
)
def test_a_message_is_written_in_the_signs_that_the_practice_reads(
    decided, left, clinic, session, practice, hospital, words
):
    clinic.charset = hospital
    session.commit()
    letter = decided(charset=practice)
    found = edifact.read(left(letter))
    assert words in " ".join(apart(found, "CON"))
    assert "T-score -2,6" in " ".join(apart(found, "CON"))
    assert letter.envelope["charset"] == (practice or hospital)


def test_what_the_practice_reads_is_frozen_with_the_envelope(decided, work, session, tmp_path):
    letter = decided(charset="ascii")
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    session.get_one(Patient, letter.patient_id).gp.practice.charset = "latin_1"
    session.commit()
    assert letter_sending.finish(work("secretary"), letter.id, tmp_path / "outbox").sent
    content = (tmp_path / "outbox/edifact" / letter.reference / f"{letter.reference}.edi").read_bytes()
    assert "Gross-celik" in content.decode("ascii")


def test_a_copy_by_edifact_has_the_conclusion_in_its_place_too(decided, work, session, left, tmp_path):
    letter = decided(named=["Aalbers"])
    told = session.query(Practice).filter_by(name="Huis 0").one()
    told.channel, told.mailbox, told.agb, told.charset = "edifact", "500000300", "01951001", "ascii"
    session.commit()
    left(letter)
    [path] = (tmp_path / "outbox/edifact").glob("*-A*/*.edi")
    found = edifact.read(path.read_bytes())
    assert apart(found, "CON")[0] == "BESLUIT"
    assert "Gross-celik" in " ".join(apart(found, "CON"))
    assert "Afschrift van: brief aan" in " ".join(medspe.text_of(found))


def test_a_name_that_is_cut_is_told_in_the_log_by_its_place_and_never_by_name(decided, left, session, caplog):
    letter = decided()
    patient = session.get_one(Patient, letter.patient_id)
    patient.own_name = "Wolferdinck van Ommeren tot Heukelom"
    patient.first_name = "Maria-Magdalena"
    letter.facts = letter.facts | {"patient": person(patient)}  # so it was signed
    session.commit()
    with caplog.at_level(logging.WARNING, "clinic.letters"):
        left(letter)
    [line] = caplog.records
    assert line.told == {"letter": letter.reference, "shortened": ["PID 3.3", "PID 3.5"]}
    assert "Wolferdinck" not in f"{line.getMessage()}{line.told}"
