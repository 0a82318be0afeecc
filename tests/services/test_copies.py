"""Somebody else receives copies of each letter: with an envelope of their own, and each a line in the log."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.services import copies, letter_queue, letter_sending, letter_states, print_runs
from clinic.services.copies import AddCopy
from clinic.services.letter_facts import facts_of
from clinic.store.audit import AuditEntry
from clinic.store.copies import of_letter
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice
from tests.conftest import MONDAY
from tests.letter_makers import TODAY
from tests.services.test_letters import drafted, sign


@pytest.fixture
def letter(work):
    """A drafted letter to her GP, by secure mail."""
    return drafted(work("nurse"), channel="secure_mail")


@pytest.fixture
def specialist(session):
    """A specialist in elderly care at a nursing home, who receives post."""
    home = Practice(
        name="De Linden", street="Laan", house_number="1", postcode="7551 AB", town="Hengelo", channel="post"
    )
    found = Gp(practice=home, kind="elderly_care", initials="J.", prefix="de", family_name="Boer")
    session.add(found)
    session.flush()
    return found


def text_of(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def mail_of(path):
    """The words of a message."""
    return message_from_bytes(path.read_bytes(), policy=default).get_body().get_content()


def redrawn(work, letter):
    """The letter as it would read now, authorised."""
    doctor = work("doctor")
    letter = doctor.session.get(Letter, letter.id)
    return sign(doctor, letter)


def send(work, letter, outbox):
    secretary = work("secretary")
    [parcel] = letter_sending.parcels(secretary, [letter.id])
    return letter_sending.send(secretary, letter.id, parcel.confirmed, outbox)


def test_a_copy_is_named_in_the_letter_and_leaves_in_an_envelope_of_its_own(
    work, letter, specialist, tmp_path, session
):
    secretary = work("secretary")
    for _twice in range(2):
        copies.add(secretary, AddCopy(letter.patient_id, specialist.id, "medebehandelaar"))
    copies.add(secretary, AddCopy(letter.patient_id, None, "op haar verzoek"))
    patient = session.get(Patient, letter.patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Kade", "2", "7551 AB", "Hengelo"
    signed = redrawn(work, letter)
    assert "Afschrift aan: J. de Boer, specialist ouderengeneeskunde, De Linden; patiënte" in " ".join(
        signed.text.split()
    )
    first = copies.going(secretary, signed, patient)[0]
    printed = text_of(copies.page(secretary, signed, first.envelope))
    assert "Afschrift van" in printed
    assert "De Linden" in printed
    assert send(work, letter, tmp_path).sent
    left = of_letter(session, letter.id)
    assert [(copy.state, copy.channel) for copy in left] == [("sent", "post"), ("sent", "post")]
    assert left[0].envelope_sha256 != left[1].envelope_sha256
    told = session.scalars(select(AuditEntry.details).where(AuditEntry.action == "copy.sent")).all()
    assert [line["to"] for line in told] == ["J. de Boer", "the patient"]


def test_by_mail_a_copy_is_handed_over_and_a_failure_is_tried_again(work, letter, specialist, tmp_path, session):
    specialist.practice.channel, specialist.practice.mailbox = "secure_mail", "linden@zorg"
    copies.add(work("secretary"), AddCopy(letter.patient_id, specialist.id, "medebehandelaar"))
    redrawn(work, letter)
    outbox = tmp_path / "outbox"
    key = f"B2026-{letter.id:06d}-A1"
    blocked = outbox / "secure_mail" / key
    blocked.mkdir(parents=True)
    (blocked / "x").touch()  # something stands where the copy should come
    assert send(work, letter, outbox).sent
    assert of_letter(session, letter.id)[0].state == "queued"  # the folder is in the way for now, as a full disk is
    copies.send_rest(work("secretary"), letter.id, outbox)
    assert of_letter(session, letter.id)[0].state == "queued"
    (blocked / "x").unlink()
    for _twice in range(2):
        copies.send_rest(work("secretary"), letter.id, outbox)
    assert of_letter(session, letter.id)[0].state == "sent"
    assert "Afschrift van: brief aan" in " ".join(mail_of(blocked / f"{key}.eml").split())


@pytest.fixture
def came_back(work, letter, specialist, tmp_path, session):
    """A letter whose copy left by mail with it, and that came back itself."""
    specialist.practice.channel, specialist.practice.mailbox = "secure_mail", "linden@zorg"
    copies.add(work("secretary"), AddCopy(letter.patient_id, specialist.id, "medebehandelaar"))
    redrawn(work, letter)
    assert send(work, letter, tmp_path / "outbox").sent
    letter_queue.came_back(work("secretary"), letter.id, letter.version, "Postbus bestaat niet meer.")
    session.expire_all()
    return session.get_one(Letter, letter.id)


def disclosed(session, letter):
    """The copies of a letter that are the proof of a disclosure."""
    session.expire_all()
    return [(copy.state, copy.sent_on) for copy in of_letter(session, letter.id)]


def test_a_letter_that_came_back_leaves_again_and_its_copy_left_once(work, came_back, tmp_path, session):
    [parcel] = letter_sending.parcels(work("secretary"), [came_back.id])
    assert letter_sending.queue_all(work("secretary"), {came_back.id: parcel.confirmed}) == []
    assert disclosed(session, came_back) == [("sent", TODAY)]
    assert letter_sending.finish(work("secretary"), came_back.id, tmp_path / "outbox").sent
    assert disclosed(session, came_back) == [("sent", TODAY)]
    left = sorted(path.name for path in (tmp_path / "outbox" / "secure_mail").iterdir())
    assert left == [came_back.reference, f"{came_back.reference}-2", f"{came_back.reference}-A1"]


def test_held_back_after_it_came_back_the_proof_of_a_copy_that_left_stays(work, came_back, tmp_path, session):
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, came_back))
    letter_queue.cancel(secretary, came_back.id, came_back.version, tmp_path / "outbox")
    assert disclosed(session, came_back) == [("sent", TODAY)]


def test_one_that_ended_after_authorising_keeps_the_letter_until_it_is_drafted_anew(work, letter, tmp_path, specialist):
    secretary = work("secretary")
    copies.add(secretary, AddCopy(letter.patient_id, specialist.id, "medebehandelaar"))
    redrawn(work, letter)
    copies.end(secretary, letter.patient_id, 1)
    assert send(work, letter, tmp_path).problem == "copy_ended"
    anew = letter_states.redraft(secretary, letter.id, letter.version, "geen afschrift meer")
    assert "copies" not in facts_of(secretary, secretary.session.get(Letter, anew))
    copies.end(secretary, letter.patient_id, 1)
    with pytest.raises(LookupError):
        copies.end(secretary, letter.patient_id, 99)


def test_nothing_goes_to_the_address_of_who_died(work, letter, tmp_path):
    secretary = work("secretary")
    patient = secretary.session.get(Patient, letter.patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Laan", "2", "8401 AA", "Gorredijk"
    copies.add(secretary, AddCopy(patient.id, None, "op haar verzoek"))
    redrawn(work, letter)
    patient.status, patient.status_on = "deceased", MONDAY
    assert send(work, letter, tmp_path).problem == "copy_ended"
    anew = letter_states.redraft(secretary, letter.id, letter.version, "overleden")
    assert facts_of(secretary, secretary.session.get(Letter, anew))["copies"] == []


def test_without_an_address_of_her_own_it_is_said_before_it_leaves(work, letter, tmp_path):
    copies.add(work("secretary"), AddCopy(letter.patient_id, None, "op haar verzoek"))
    redrawn(work, letter)
    assert send(work, letter, tmp_path).problem == "copy_no_address"


def test_what_cannot_be_is_refused(work, letter, specialist):
    secretary = work("secretary")
    patient = secretary.session.get(Patient, letter.patient_id)
    for gp_id, reason, code in ((999, "x", "gp_unknown"), (patient.gp_id, "x", "copy_is_recipient"),
                                (specialist.id, " ", "copy_reason")):  # fmt: skip
        with pytest.raises(RuleBroken, match=code):
            copies.add(secretary, AddCopy(patient.id, gp_id, reason))
    assert copies.of_patient(secretary, patient.id) == []
    with pytest.raises(LookupError):
        copies.send_rest(secretary, 999, None)
    copies.send_rest(secretary, letter.id, None)  # it has not left, so nothing does


def test_a_copy_that_leaves_by_wire_is_not_printed(work, specialist, session):
    letter = drafted(work("nurse"), name="Kade")
    specialist.practice.channel, specialist.practice.mailbox = "secure_mail", "linden@zorg"
    copies.add(work("secretary"), AddCopy(letter.patient_id, specialist.id, "medebehandelaar"))
    redrawn(work, letter)
    run_id = print_runs.begin(work("secretary"), "pressed", [letter.id])
    [sheet] = print_runs.sheets(work("secretary"), run_id)
    assert ["Afschrift van" in text_of(page) for page in sheet.pages] == [False]


def test_a_colleague_who_became_her_gp_receives_the_letter_and_no_copy_of_it(work, letter, specialist, session):
    copies.add(work("secretary"), AddCopy(letter.patient_id, specialist.id, "medebehandelaar"))
    assert [told["id"] for told in facts_of(work("nurse"), letter)["copies"]] != []
    session.get_one(Patient, letter.patient_id).gp_id = specialist.id
    session.flush()
    assert facts_of(work("nurse"), letter)["copies"] == []
