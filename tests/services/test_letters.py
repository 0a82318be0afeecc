"""A letter is drafted with the fact it tells of, may tell of several, and falls with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from email import message_from_bytes

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, LetterAbout, ScanSite
from clinic.letters.text import sha256
from clinic.security.audit import Action
from clinic.services import (
    addressed,
    copies,
    letter_begin,
    letter_ends,
    letter_queue,
    letter_sending,
    letter_states,
    letter_text,
    letters,
    mandates,
    overtaken,
    scans,
    settings,
    treatments,
)
from clinic.services.copies import AddCopy
from clinic.services.facts import correct
from clinic.services.letter_facts import facts_of, subjects
from clinic.services.scans import SaveScan, Site
from clinic.services.treatments import StartCourse
from clinic.services.work import Stale
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.letters import Letter, LetterPage, LetterSubject
from clinic.store.patients import Patient
from tests.factories import make_control, make_course, make_patient
from tests.letter_makers import (
    TODAY,
    colleague,
    drafted,
    last_control,
    mandated,
    seen,
    seen_anew,
    sent,
    sign,
    voided,
    with_gp,
)

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 10"><path d="M0 0h9v9z" fill="#%s"/></svg>'


def test_a_control_drafts_a_letter_that_is_due_on_the_fifth_working_day(work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    letter = nurse.session.get(Letter, seen(nurse, patient))
    assert (letter.state, letter.due_on) == ("draft", date(2026, 11, 30))


def test_one_letter_tells_of_a_control_and_its_decision_and_is_due_with_the_first(work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    first = seen(nurse, patient, date(2026, 11, 20))
    second = seen(nurse, patient)
    assert first == second
    told = nurse.session.scalars(select(LetterSubject.about_on).order_by(LetterSubject.about_on)).all()
    assert told == [date(2026, 11, 20), TODAY]
    assert nurse.session.get(Letter, first).due_on == date(2026, 11, 27)


def test_an_interim_contact_and_what_was_before_registration_ask_for_no_letter(work):
    nurse = work("nurse")
    patient = make_patient(nurse, registered_on=date(2026, 11, 1))
    assert seen(nurse, patient, kind="interim") is None
    assert seen(nurse, patient, date(2026, 10, 30)) is None


def test_a_letter_about_a_control_that_was_voided_is_withdrawn(work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    letter = nurse.session.get(Letter, seen(nurse, patient))
    voided(nurse, patient, TODAY)
    assert letter.state == "withdrawn"


def test_a_letter_that_was_withdrawn_in_this_very_unit_is_within_the_clinic_no_more(work):
    begun = work("nurse")
    patient = make_patient(begun)
    letter = begun.session.get_one(Letter, seen(begun, patient))
    assert letters.live_letters(begun, patient) == [letter]
    letter_ends.withdraw(begun, letter)
    assert letter in begun.session.dirty
    assert letters.live_letters(begun, patient) == []


def test_authorising_freezes_text_and_page_with_their_hashes_and_a_reprint_gives_the_same_bytes(work):
    letter = drafted(work("nurse"))
    doctor = work("doctor")
    sign(doctor, letter)
    page = doctor.session.get(LetterPage, letter.id).pdf
    assert (letter.state, letter.authorised_by) == ("authorised", doctor.actor.id)
    assert (letter.text_sha256, letter.pdf_sha256) == (sha256(letter.text), sha256(page))
    assert "Geachte collega," in letter.text
    assert "Elektronisch geautoriseerd op 23-11-2026 om 10:00" in letter.text
    doctor.session.delete(doctor.session.get(LetterPage, letter.id))
    doctor.session.flush()
    assert letter_states.frozen_page(doctor, letter) == page


def test_a_frozen_letter_keeps_the_logo_it_was_frozen_with(work):
    manager = work("manager")
    settings.save_logo(manager, LOGO % b"0a5", settings.current(manager.session).version)
    letter = drafted(work("nurse"))
    doctor = work("doctor")
    sign(doctor, letter)
    page = doctor.session.get(LetterPage, letter.id).pdf
    settings.save_logo(manager, LOGO % b"b36", settings.current(manager.session).version)
    doctor.session.delete(doctor.session.get(LetterPage, letter.id))
    doctor.session.flush()
    assert letter_states.frozen_page(doctor, letter) == page
    other = drafted(work("nurse"))
    sign(doctor, other)
    assert other.facts["clinic"]["logo"] != letter.facts["clinic"]["logo"]


def test_another_logo_than_on_the_screen_is_looked_at_again(work):
    letter = drafted(work("nurse"))
    doctor = work("doctor")
    looked_at = letter_states.digest(facts_of(doctor, letter))
    manager = work("manager")
    settings.save_logo(manager, LOGO % b"0a5", settings.current(manager.session).version)
    with pytest.raises(Stale):
        letter_states.authorise(doctor, letter.id, letter.version, looked_at)


def test_what_changed_after_the_page_was_opened_is_not_authorised(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    looked_at = letter_states.digest(facts_of(nurse, letter))
    make_course(nurse, nurse.session.get(Patient, letter.patient_id))
    nurse.note(Action.COURSE_SAVED)
    nurse.commit()
    with pytest.raises(Stale):
        letter_states.authorise(work("doctor"), letter.id, letter.version, looked_at)


def test_a_nurse_authorises_by_mandate_what_a_colleague_wrote(work):
    letter = drafted(colleague(work))
    nurse = mandated(work("nurse"))
    with pytest.raises(RuleBroken, match="letter_no_mandate_control"):
        sign(nurse, letter)
    mandates.give(work("manager"), mandates.Give("control", work("doctor").actor.id, nurse.today, None))
    assert sign(nurse, letter).state == "authorised"
    assert "Geachte mevrouw Hoekstra," in letter.text


@pytest.mark.parametrize("by", ["doctor", "nurse"])
def test_the_log_says_for_which_doctor_a_nurse_signed_and_a_secretary_sent(work, tmp_path, by):
    doctor, manager, secretary = work("doctor"), work("manager"), work("secretary")
    letter = drafted(colleague(work))
    patient = secretary.session.get(Patient, letter.patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Terpwei", "9", "8598 AB", "Oudeterp"
    copies.add(secretary, AddCopy(patient.id, None, "zij vraagt erom"))
    mandates.give(manager, mandates.Give("control", doctor.actor.id, doctor.today, None))
    sign(doctor if by == "doctor" else mandated(work("nurse")), letter)
    mandates.withdraw(replace(manager, now=manager.now + timedelta(1)), 1)  # what was signed was signed by it
    [going] = letter_sending.parcels(secretary, [letter.id])
    assert letter_sending.send(secretary, letter.id, going.confirmed, tmp_path / "outbox").sent
    lines = secretary.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    its = [line for line in lines if line.subject == f"letter:{letter.id}"]
    signed = ("letter.authorised", by, None if by == "doctor" else doctor.actor.name)
    hers = "secretary", doctor.actor.name
    told = [(line.action, line.role, line.on_behalf_name) for line in its]
    assert told[-4:] == [signed, ("letter.sent", *hers), ("letter.sent", *hers), ("copy.sent", *hers)]
    assert {line.on_behalf_of for line in lines if line.on_behalf_name} == {doctor.actor.id}


@pytest.mark.parametrize(
    ("practice", "code"),
    [
        ({"street": None}, "letter_no_address"),
        ({"channel": "none"}, "letter_no_channel"),
        ({"channel": "secure_mail", "mailbox": None}, "letter_no_mailbox"),
        ({"channel": "edifact", "agb": None}, "letter_no_agb"),
    ],
)
def test_without_an_address_or_a_channel_nothing_is_authorised(work, practice, code):
    letter = drafted(work("nurse"), **practice)
    with pytest.raises(RuleBroken) as broken:
        sign(work("doctor"), letter)
    assert broken.value.code == code


def test_a_sent_letter_satisfies_the_item_and_its_envelope_is_frozen(work, tmp_path):
    letter = drafted(work("nurse"), channel="secure_mail")
    sign(work("doctor"), letter)
    secretary = work("secretary")
    codes = select(DueItem.code).where(DueItem.patient_id == letter.patient_id)
    assert "letter.after_control" in secretary.session.scalars(codes).all()
    assert sent(secretary, letter, tmp_path).sent
    assert (letter.state, letter.sent_on, letter.channel) == ("sent", TODAY, "secure_mail")
    assert letter.envelope["lines"][0] == "De Terp"
    left = tmp_path / "outbox/secure_mail" / letter.reference / f"{letter.reference}.eml"
    mail = message_from_bytes(left.read_bytes())
    text, page = mail.get_payload()
    assert text.get_payload(decode=True).decode().splitlines() == letter.text.splitlines()
    assert sha256(page.get_payload(decode=True)) == letter.pdf_sha256
    assert "Jansen" not in str(mail["Subject"])
    assert "letter.after_control" not in secretary.session.scalars(codes).all()


def test_a_letter_leaves_once(work, tmp_path):
    letter = drafted(work("nurse"))
    sign(work("doctor"), letter)
    secretary = work("secretary")
    assert sent(secretary, letter, tmp_path).sent
    assert sent(secretary, letter, tmp_path) == letter_sending.Outcome(letter.id, False, "letter_state")


def test_a_letter_that_cannot_be_handed_over_waits_with_the_reason_and_is_tried_again(work, tmp_path):
    letter = drafted(work("nurse"), channel="secure_mail")
    sign(work("doctor"), letter)
    (tmp_path / "outbox").write_text("a file where the folder should be")
    assert sent(work("secretary"), letter, tmp_path).problem == "letter_waits"
    assert (letter.state, letter.tries) == ("queued", 1)
    assert "outbox_unwritable" in letter.failure
    (tmp_path / "outbox").unlink()
    assert letter_sending.finish(work("secretary"), letter.id, tmp_path / "outbox").sent


def test_a_practice_that_takes_its_post_another_way_has_what_was_authorised(work, tmp_path):
    letter = drafted(work("nurse"))
    sign(work("doctor"), letter)
    secretary = work("secretary")
    practice = secretary.session.get(Patient, letter.patient_id).gp.practice
    practice.channel, practice.mailbox = "secure_mail", "post@praktijk.example"
    assert sent(secretary, letter, tmp_path).sent
    assert (letter.channel, letter.envelope["channel"]) == ("secure_mail", "secure_mail")


def test_a_letter_is_never_sent_to_another_gp_than_its_page_names(work, tmp_path):
    letter = drafted(work("nurse"))
    sign(work("doctor"), letter)
    secretary = work("secretary")
    secretary.session.get(Patient, letter.patient_id).gp.practice.street = "Nieuwe Weg"
    assert sent(secretary, letter, tmp_path).problem == "letter_gp_changed"
    new = letter_states.redraft(secretary, letter.id, letter.version, "adres gewijzigd")
    assert letter.state == "withdrawn"
    assert "Nieuwe Weg 7" in secretary.session.get(Letter, new).text


def with_result(work):
    """A letter, ready to be sent, about a control and a DXA that was discussed since; with the DXA as a form."""
    nurse = work("nurse")
    letter = drafted(nurse)
    came = SaveScan(patient_id=letter.patient_id, form_token="dxa", made_on=TODAY, received_on=TODAY,
                    sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.0"))})  # fmt: skip
    scan_id = scans.save_scan(nurse, came)
    sign(work("doctor"), letter)
    return letter, scans.save_scan(nurse, replace(came, form_token="talk", corrects=scan_id, discussed_on=TODAY))


def test_a_letter_that_is_taken_back_for_one_fact_tells_the_others_as_they_stand(work):
    letter, talked = with_result(work)
    nurse = work("nurse")
    new = seen_anew(nurse, nurse.session.get_one(Patient, letter.patient_id), weight_g=61000)
    assert [(row.about, row.fact_id) for row in subjects(nurse, new)] == [("control", 2), ("dxa", talked)]


@pytest.mark.parametrize("came_back", [False, True])
def test_a_letter_drafted_anew_tells_what_was_discussed_since_it_was_authorised(work, tmp_path, came_back):
    letter, talked = with_result(work)
    secretary = work("secretary")
    if came_back:
        assert sent(secretary, letter, tmp_path).sent
        letter_queue.came_back(secretary, letter.id, letter.version, "verhuisd")
    new = letter_states.redraft(secretary, letter.id, letter.version, "nieuw adres")
    assert [(row.about, row.fact_id) for row in subjects(secretary, new)] == [("control", 1), ("dxa", talked)]
    assert sign(work("doctor"), secretary.session.get_one(Letter, new)).state == "authorised"


def test_a_letter_drafted_anew_tells_a_control_that_was_corrected_without_a_letter(work, tmp_path):
    letter = drafted(work("nurse"))
    secretary = work("secretary")
    assert sent(secretary, sign(work("doctor"), letter), tmp_path).sent
    patient = secretary.session.get_one(Patient, letter.patient_id)
    correct(work("nurse"), last_control(secretary, patient, TODAY), make_control(secretary, patient, TODAY), "typefout")
    letter_queue.came_back(secretary, letter.id, letter.version, "verhuisd")
    new = letter_states.redraft(secretary, letter.id, letter.version, "nieuw adres")
    assert [row.fact_id for row in subjects(secretary, new)] == [2]


def test_a_letter_drafted_anew_still_tells_the_start_whose_indication_was_corrected(work):
    doctor = work("doctor")
    patient = with_gp(doctor)
    start = StartCourse(patient.id, Drug.ALENDRONIC_ACID, TODAY, dose="70 mg", schedule="1× per week",
                        planned_years=Decimal(5), indication="a")  # fmt: skip
    course_id = treatments.start(doctor, start)
    patient.prescriber = "huisarts"
    letter = doctor.session.get_one(Letter, letter_begin.begin(doctor, patient.id, LetterAbout.START))
    seen(doctor, patient)
    doctor.commit()
    sign(doctor, letter)
    treatments.correct_course(doctor, course_id, replace(start, indication="b"), "indicatie")
    assert letter.state == "authorised"  # the letter says nothing else
    new = letter_states.redraft(work("secretary"), letter.id, letter.version, "nieuw adres")
    assert [row.about for row in subjects(doctor, new)] == ["control", "start"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("bsn", "123456782"), ("own_name", "Bakker"), ("birth_date", date(1950, 1, 1)), ("number", "B-9999")],
)
def test_a_letter_that_names_the_patient_otherwise_than_the_record_stays_here(work, tmp_path, field, value):
    letter = drafted(work("nurse"))
    sign(work("doctor"), letter)
    secretary = work("secretary")
    patient = secretary.session.get_one(Patient, letter.patient_id)
    assert (addressed.problem(secretary, letter, patient), overtaken.fell(secretary, letter)) == (None, False)
    setattr(patient, field, value)
    secretary.session.flush()
    assert sent(secretary, letter, tmp_path).problem == "letter_record_changed"
    assert overtaken.fell(secretary, letter)  # nor does it leave the queue
    new = secretary.session.get_one(Letter, letter_states.redraft(secretary, letter.id, letter.version, "verbeterd"))
    assert addressed.problem(secretary, sign(work("doctor"), new), patient) is None


def test_a_correction_of_what_was_sent_drafts_a_letter_that_replaces_it(work, tmp_path):
    nurse = work("nurse")
    letter = drafted(nurse)
    sign(work("doctor"), letter)
    sent(work("secretary"), letter, tmp_path)
    patient = nurse.session.get(Patient, letter.patient_id)
    new = nurse.session.get(Letter, seen_anew(nurse, patient))
    assert new.id != letter.id
    assert f"vervangt onze brief {letter.reference}" in new.text.replace("\n", " ")


def test_a_frozen_letter_about_a_voided_control_does_not_leave_and_the_rest_is_drafted_anew(work):
    nurse = work("nurse")
    patient = with_gp(nurse)
    letter = nurse.session.get(Letter, seen(nurse, patient))
    seen(nurse, patient, date(2026, 11, 20))
    nurse.commit()
    sign(work("doctor"), letter)
    voided(nurse, patient, TODAY)
    assert letter.state == "withdrawn"
    [draft] = nurse.session.scalars(select(Letter).where(Letter.state == "draft"))
    told = nurse.session.scalars(select(LetterSubject.about_on).where(LetterSubject.letter_id == draft.id)).all()
    assert told == [date(2026, 11, 20)]


def test_the_doctor_gives_a_letter_back_with_a_remark_and_the_nurse_adds_to_it(work):
    nurse, doctor = work("nurse"), work("doctor")
    letter = drafted(nurse)
    letter_states.offer(nurse, letter.id, letter.version)
    letter_states.give_back(doctor, letter.id, letter.version, "Wat vond de tandarts?")
    assert (letter.state, letter.remark) == ("returned", "Wat vond de tandarts?")
    seen = letter_states.digest(facts_of(nurse, letter))
    letter_text.edit(nurse, letter.id, letter.version, seen, {"added": "De tandarts zag geen bijzonderheden."})
    assert "De tandarts zag geen bijzonderheden." in letter.text
    with pytest.raises(Stale):
        letter_text.edit(nurse, letter.id, letter.version - 1, seen, {"added": "iets anders"})


def test_who_may_not_authorise_a_letter_neither_gives_it_back_nor_stops_it(work):
    nurse, doctor = work("nurse"), work("doctor")
    nurse.actor = replace(nurse.actor, may_authorise=True)
    letter = drafted(doctor)
    for act in (letter_states.give_back, letter_states.stop):
        with pytest.raises(RuleBroken, match="letter_no_mandate_control"):
            act(nurse, letter.id, letter.version, "niet nodig")
    own = drafted(nurse, name="Kade")
    letter_states.stop(nurse, own.id, own.version, "dubbel")
    assert (letter.state, own.state) == ("draft", "withdrawn")


def test_what_is_authorised_ends_by_another_draft_alone_and_what_has_not_left_does_not_come_back(work):
    doctor, secretary = work("doctor"), work("secretary")
    letter = sign(doctor, drafted(work("nurse")))
    with pytest.raises(RuleBroken, match="letter_state"):
        letter_states.stop(doctor, letter.id, letter.version, "dubbel")
    with pytest.raises(RuleBroken, match="letter_state"):
        letter_queue.came_back(secretary, letter.id, letter.version, "onbekend adres")


def test_a_withdrawn_letter_can_be_drafted_anew_unless_nothing_it_told_of_stands(work):
    doctor = work("doctor")
    letter = drafted(work("nurse"))
    letter_states.stop(doctor, letter.id, letter.version, "dubbel")
    new = letter_states.redraft(doctor, letter.id, letter.version, "toch nodig")
    assert doctor.session.get(Letter, new).state == "draft"
    voided(doctor, doctor.session.get(Patient, letter.patient_id), TODAY)
    doctor.commit()
    with pytest.raises(RuleBroken) as broken:
        letter_states.redraft(doctor, letter.id, letter.version, "nog eens")
    assert broken.value.code == "letter_nothing_stands"


def test_the_end_of_follow_up_is_told_and_a_death_is_not(work):
    nurse = work("nurse")
    patient = with_gp(nurse)
    patient.status, patient.status_on = "declined", date(2026, 11, 20)
    letter_id = letters.draft_for(nurse, patient, LetterAbout.END, date(2026, 11, 20), patient.id)
    letter = nurse.session.get(Letter, letter_id)
    assert letter.due_on == date(2026, 11, 27)
    assert "Wij volgen uw patiënte niet meer sinds 20-11-2026: ziet af van controle." in " ".join(letter.text.split())
    patient.status = "deceased"
    letters.tell_of_end(nurse, patient, date(2026, 11, 20))
    assert letter.state == "withdrawn"
    assert nurse.session.scalars(select(Letter).where(Letter.state == "draft")).all() == []


def test_of_two_who_send_one_letter_at_the_same_moment_one_is_told(work, database, tmp_path):
    letter = drafted(work("nurse"))
    sign(work("doctor"), letter)
    secretary = work("secretary")
    secretary.session.rollback()
    with Session(database, expire_on_commit=False) as session:
        as_it_was = session.get(Letter, letter.id)
        session.expunge_all()
    assert sent(secretary, letter, tmp_path).sent
    with pytest.raises(Stale):
        letter_states.move(work("secretary"), as_it_was, "queued", Action.LETTER_SENT, channel="post", envelope={})
