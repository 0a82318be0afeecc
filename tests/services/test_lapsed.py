"""A letter that another came in the place of stays as it was sent, and says so on all that is made of it since."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from clinic.letters.text import sha256
from clinic.services import dossiers, lapsed, letter_queue, letter_view
from clinic.services.letter_states import frozen_page
from clinic.store.letters import Letter, LetterPage
from clinic.store.patients import Patient
from clinic.store.scans import Scan
from tests.letter_makers import drafted, seen_anew, sent, sign
from tests.letters.pages import words_of
from tests.services.test_letters_to_patients_leave import authorise, begun, corrected, told


@pytest.fixture
def replaced(work, session, tmp_path):
    """A letter that left, and the one that corrected it and left after it."""
    old = sign(work("doctor"), drafted(work("nurse"), channel="secure_mail"))
    assert sent(work("secretary"), old, tmp_path).sent
    patient = session.get_one(Patient, old.patient_id)
    new = session.get_one(Letter, seen_anew(work("nurse"), patient, weight_g=61000))
    session.commit()
    sign(work("doctor"), new)
    assert sent(work("secretary"), new, tmp_path).sent
    session.refresh(old)
    return old, new


def test_its_page_is_marked_on_every_sheet_and_its_frozen_bytes_are_what_they_were(work, replaced):
    old, new = replaced
    doctor = work("doctor")
    by = lapsed.successor(doctor, old)
    assert (old.state, by.id, by.reference, by.on) == ("replaced", new.id, new.reference, new.sent_on)
    now, then = lapsed.page_now(doctor, old), frozen_page(doctor, old)
    for page in PdfReader(BytesIO(now)).pages:
        words = " ".join(page.extract_text().split())
        assert words.count("VERVALLEN") == 2
        assert f"VERVALLEN – vervangen door onze brief {new.reference} van 23 november 2026" in words
    assert "VERVALLEN" not in words_of(then)
    assert sha256(then) == old.pdf_sha256
    assert sha256(old.text) == old.text_sha256


def test_the_letter_that_holds_is_marked_by_nothing(work, replaced):
    _old, new = replaced
    doctor = work("doctor")
    assert lapsed.successor(doctor, new) is None
    assert lapsed.page_now(doctor, new) == frozen_page(doctor, new)


def test_the_sheets_on_the_screen_are_marked_too(work, replaced):
    old, new = replaced
    doctor = work("doctor")
    found = letter_view.view(doctor, old.id)
    assert found.lapsed.reference == new.reference
    holds = letter_view.view(doctor, new.id)
    assert holds.lapsed is None
    marked, plain = (letter_view.preview(doctor, one, "svg")[0] for one in (found, holds))
    assert (b"8f1d1d" in marked, b"8f1d1d" in plain) == (True, False)


def test_a_successor_that_came_back_still_replaced_it_and_of_one_that_is_gone_the_page_stays_as_it_was(
    work, replaced, session
):
    old, new = replaced
    letter_queue.came_back(work("secretary"), new.id, new.version, "Postbus weg.")
    assert lapsed.successor(work("doctor"), old).reference == new.reference
    new.facts = new.facts | {"replaces": []}
    session.commit()
    assert lapsed.successor(work("doctor"), old) is None
    assert lapsed.page_now(work("doctor"), old) == frozen_page(work("doctor"), old)


def test_her_own_copy_of_the_record_holds_both_by_name(work, replaced, session):
    old, new = replaced
    pages = dict(dossiers.complete(work("doctor"), old.patient_id).pages)
    assert sorted(pages) == sorted(
        [f"{old.reference}-vervallen.pdf", f"{old.reference}-zoals-verstuurd.pdf", f"{new.reference}.pdf"]
    )
    assert sha256(pages[f"{old.reference}-zoals-verstuurd.pdf"]) == old.pdf_sha256
    assert "VERVALLEN" in words_of(pages[f"{old.reference}-vervallen.pdf"])


def test_without_a_page_that_can_be_vouched_for_none_is_handed_out(work, replaced, session):
    old, _new = replaced
    session.delete(session.get_one(LetterPage, old.id))
    old.pdf_sha256 = "0" * 64
    session.commit()
    assert lapsed.page_now(work("doctor"), old) is None


def test_a_letter_to_the_patient_that_was_corrected_is_marked_as_well(work, session, tmp_path):
    patient = told(work)
    first = begun(work, patient, "result")
    authorise(work("doctor"), first)
    assert sent(work("secretary"), first, tmp_path).sent
    corrected(work, session.query(Scan).filter_by(patient_id=patient.id).one())
    second = begun(work, patient, "result")
    authorise(work("doctor"), second)
    assert sent(work("secretary"), second, tmp_path).sent
    words = words_of(lapsed.page_now(work("doctor"), first))
    assert f"VERVALLEN – vervangen door onze brief {second.reference}" in words
