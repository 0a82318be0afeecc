"""A letter left that told of what was corrected or voided while it lay on the printer: that is corrected after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ControlKind, LetterAbout, PatientStatus, ScanSite
from clinic.security.permissions import Role
from clinic.services import (
    controls,
    copies,
    letter_queue,
    letter_sending,
    letter_states,
    letter_text,
    letters,
    print_runs,
    scans,
)
from clinic.services.copies import AddCopy
from clinic.services.facts import correct, stamp, void
from clinic.services.letter_facts import facts_of, subjects
from clinic.services.scans import SaveScan, Site
from clinic.store.controls import Control
from clinic.store.copies import of_letter
from clinic.store.corrections import BreachTask, CorrectionNotice
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.scans import Scan
from tests.conftest import MONDAY_MORNING
from tests.factories import make_course
from tests.letter_makers import TODAY, sent, sign, with_gp
from tests.services.test_corrections import DAY, command, corrected, nurse
from tests.services.test_print_runs import made

__all__ = ["command", "nurse"]


@pytest.fixture
def told(nurse, command):
    """The control of Friday, of which a letter waits for its authorisation."""
    return controls.save(nurse, command)


@pytest.fixture
def letter(work, session, told):
    """The letter about it, ready to be sent."""
    return sign(work(Role.DOCTOR), session.scalars(select(Letter)).one())


def printed(work, run, outbox, missing=()):
    """Somebody says what was printed."""
    print_runs.settle(work(Role.SECRETARY), run.id, set(missing), outbox)
    work().session.commit()


def owed(session):
    """The letters that are being written."""
    return session.scalars(select(Letter).where(Letter.state == "draft")).all()


def told_of(session):
    """How the GP hears: which version of the control, after which letter, in which."""
    rows = session.scalars(select(CorrectionNotice)).all()
    return [(row.control_id, row.choice, row.letter_id, row.told_in, row.by) for row in rows]


def breaches(session):
    """What the privacy officer looks at."""
    rows = session.scalars(select(BreachTask)).all()
    return [(row.control_id, row.letter_id, row.reason, row.found_by) for row in rows]


@pytest.mark.parametrize("moved", [0, 1])
def test_a_control_corrected_on_the_printer_is_corrected_by_a_letter_that_names_what_was_printed(
    work, session, nurse, command, told, letter, outbox, moved
):
    run, on = made(work), DAY - timedelta(days=moved)
    second = controls.save(nurse, replace(corrected(command, told, weight_g=59000), on=on))
    assert (told_of(session), letter.state) == ([], "authorised")
    printed(work, run, outbox)
    [draft] = owed(session)
    assert (letter.state, draft.facts["replaces"][0]["reference"]) == ("sent", letter.reference)
    assert f"vervangt onze brief {letter.reference}" in " ".join(draft.text.split())
    assert told_of(session) == [(second, "letter", letter.id, draft.id, nurse.actor.id)]
    assert breaches(session) == []
    sign(work(Role.DOCTOR), draft)
    assert sent(work(Role.SECRETARY), draft, outbox.parent).sent
    assert (letter.state, draft.state) == ("replaced", "sent")


def test_a_control_voided_on_the_printer_is_a_task_for_the_privacy_officer_once_it_was_printed(
    work, session, nurse, command, told, letter, outbox
):
    run = made(work)
    second = controls.save(nurse, corrected(command, told, weight_g=59000))
    controls.void_control(nurse, command.patient_id, second, "verkeerde patiënt")
    assert breaches(session) == []
    printed(work, run, outbox)
    found = [(second, letter.id, "verkeerde patiënt", nurse.actor.id)]
    assert (letter.state, owed(session), told_of(session), breaches(session)) == ("sent", [], [], found)
    letter_queue.came_back(work(Role.SECRETARY), letter.id, letter.version, "Verhuisd.")
    letter.state = "queued"  # it leaves once more
    letter_sending.settle(work(Role.SECRETARY), letter)
    assert breaches(session) == found


def test_what_was_not_printed_is_followed_by_nothing(work, session, nurse, command, told, letter, outbox):
    run = made(work)
    controls.void_control(nurse, command.patient_id, told, "verkeerde patiënt")
    printed(work, run, outbox, [letter.id])
    assert (letter.state, owed(session), breaches(session)) == ("withdrawn", [], [])


def in_queue(work, session, patient_id, letter=None):
    """The letter, to leave by mail and confirmed, while the outbox is away."""
    session.get_one(Patient, patient_id).gp.practice.channel = "secure_mail"
    letter = sign(work(Role.DOCTOR), letter or session.scalars(select(Letter)).one())
    secretary = work(Role.SECRETARY)
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    letter.next_try_at = MONDAY_MORNING + timedelta(hours=4)
    session.commit()
    return letter


def round_of(session, outbox):
    """The postman comes by."""
    session.commit()
    outcomes = letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    session.expire_all()
    return [outcome.problem for outcome in outcomes]


def left(outbox):
    """What the hospital finds, by its channel."""
    return sorted(path.parent.name for path in outbox.glob("[!.]*/*"))


def test_what_left_from_the_queue_just_before_it_was_corrected_is_corrected_after_it(
    work, session, nurse, command, told, outbox, monkeypatch
):
    letter = in_queue(work, session, command.patient_id)
    monkeypatch.setattr(letter_sending, "settle", lambda *_given: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING + timedelta(hours=4))
    monkeypatch.undo()
    second = controls.save(nurse, corrected(command, told, weight_g=59000))
    assert round_of(session, outbox) == [""]
    [draft] = owed(session)
    assert (letter.state, draft.facts["replaces"][0]["reference"]) == ("sent", letter.reference)
    assert told_of(session) == [(second, "letter", letter.id, draft.id, nurse.actor.id)]


def test_what_was_corrected_while_it_waited_in_the_queue_does_not_leave_and_its_draft_replaces_nothing(
    work, session, nurse, command, told, outbox
):
    letter = in_queue(work, session, command.patient_id)
    second = controls.save(nurse, corrected(command, told, weight_g=59000))
    [draft] = owed(session)
    with pytest.raises(RuleBroken, match="letter_earlier_in_queue"):
        sign(work(Role.DOCTOR), draft)
    session.rollback()
    assert round_of(session, outbox) == ["letter_overtaken"]  # at once, not when its turn would have come
    assert (letter.state, left(outbox), told_of(session)) == ("withdrawn", [], [])
    assert [(x.id, x.facts["replaces"]) for x in owed(session)] == [(draft.id, [])]
    assert [row.fact_id for row in subjects(nurse, draft.id)] == [second]
    assert sign(work(Role.DOCTOR), draft).state == "authorised"


def test_what_is_held_back_leaves_its_own_words_to_the_draft(work, session, nurse, command, told, outbox):
    letter = session.scalars(select(Letter)).one()
    seen = letter_states.digest(facts_of(nurse, letter))
    letter_text.edit(nurse, letter.id, letter.version, seen, {"added": "Wilt u het calcium bepalen?"})
    in_queue(work, session, command.patient_id)
    controls.save(nurse, corrected(command, told, weight_g=59000))
    assert round_of(session, outbox) == ["letter_overtaken"]
    [draft] = owed(session)
    assert (draft.added_text, draft.edited_by) == ("Wilt u het calcium bepalen?", nurse.actor.id)
    assert "Wilt u het calcium bepalen?" in draft.text


def test_a_draft_that_replaces_what_left_after_all_tells_the_rest_of_it(work, session, nurse, command, told, outbox):
    result = SaveScan(patient_id=command.patient_id, form_token="dxa", made_on=date(2026, 11, 9), received_on=TODAY,
                      sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.0"))})  # fmt: skip
    scan_id = scans.save_scan(nurse, result)
    letter = in_queue(work, session, command.patient_id)
    for token, score in (("wrong", "-2.9"), ("right", "-2.0")):  # it says again what the letter says: nothing is owed
        sites = {ScanSite.TOTAL_HIP: Site(t_score=Decimal(score))}
        again = replace(result, form_token=token, corrects=scan_id, reason="typefout", sites=sites)
        scan_id = scans.save_scan(nurse, again)
    [draft] = owed(session)
    assert [row.about for row in subjects(nurse, draft.id)] == ["dxa"]
    letter_sending.settle(work(Role.SECRETARY), letter)
    assert [row.about for row in subjects(nurse, draft.id)] == ["dxa", "control"]
    assert [told["reference"] for told in draft.facts["replaces"]] == [letter.reference]


def test_what_was_voided_while_it_waited_in_the_queue_does_not_leave_with_its_copies_nor_is_the_rest_forgotten(
    work, session, nurse, command, told, outbox
):
    gp_id = with_gp(nurse, name="Kade", channel="secure_mail").gp_id
    copies.add(work(Role.SECRETARY), AddCopy(command.patient_id, gp_id, "medebehandelaar"))
    patient = session.get_one(Patient, command.patient_id)
    result = SaveScan(patient_id=patient.id, form_token="dxa", made_on=date(2026, 11, 9), received_on=TODAY,
                      sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.0"))})  # fmt: skip
    scan_id = scans.save_scan(nurse, result)
    letter = in_queue(work, session, patient.id)
    assert len(of_letter(session, letter.id)) == 1
    scans.save_scan(
        nurse, replace(result, form_token="again", corrects=scan_id, reason="besproken", discussed_on=TODAY)
    )
    controls.void_control(nurse, patient.id, told, "verkeerde patiënt")
    assert round_of(session, outbox) == ["letter_overtaken"]
    assert (letter.state, left(outbox), of_letter(session, letter.id), breaches(session)) == ("withdrawn", [], [], [])
    [draft] = owed(session)
    assert [row.about for row in subjects(nurse, draft.id)] == [LetterAbout.DXA]


@pytest.mark.parametrize(
    ("change", "leaves"),
    [
        ({"discussed_on": TODAY}, True),
        ({"sites": {ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.6"))}}, False),
        ({"received_on": None, "sites": {}}, False),
        ({"made_on": None, "received_on": None, "requested_on": TODAY, "sites": {}}, False),
    ],
)
def test_a_result_in_the_queue_leaves_when_the_letter_would_say_the_same(work, session, outbox, change, leaves):
    nurse = work(Role.NURSE)
    result = SaveScan(patient_id=with_gp(nurse).id, form_token="dxa", made_on=date(2026, 11, 9), received_on=TODAY,
                      sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.0"))})  # fmt: skip
    scan_id = scans.save_scan(nurse, result)
    letter = in_queue(work, session, result.patient_id)
    again = replace(result, form_token="again", corrects=scan_id, reason="typefout", **change)
    scans.save_scan(nurse, again)
    letter.next_try_at = None
    assert round_of(session, outbox) == ["" if leaves else "letter_overtaken"]
    assert letter.state == ("sent" if leaves else "withdrawn")
    assert len(owed(session)) == ("sites" in change and "received_on" not in change)


def test_an_end_that_moved_while_its_letter_waited_is_told_of_the_day_that_holds(work, session, outbox, monkeypatch):
    monkeypatch.setattr(letter_states, "missing", lambda _facts: [])  # what it must carry besides is no matter here
    nurse = work(Role.NURSE)
    patient = with_gp(nurse)
    course = make_course(nurse, patient, started_on=TODAY - timedelta(days=9))
    patient.status, patient.status_on = PatientStatus.MOVED, TODAY - timedelta(days=1)
    session.flush()
    letters.draft_for(nurse, patient, LetterAbout.START, course.started_on, course.id)
    letters.tell_of_end(nurse, patient, None)
    session.commit()
    letter = in_queue(work, session, patient.id)
    patient.status_on = TODAY
    letters.tell_of_end(nurse, patient, TODAY - timedelta(days=1))
    assert round_of(session, outbox) == ["letter_overtaken"]
    [draft] = owed(session)
    assert (letter.state, [(row.about, row.about_on) for row in subjects(nurse, draft.id)]) == (
        "withdrawn", [("start", course.started_on), ("end", TODAY)],
    )  # fmt: skip


@pytest.mark.parametrize(("choice", "because", "letters_owed"), [("none", "alleen de notitie", 0), ("next", "", 0),
                                                                  ("letter", "", 1)])  # fmt: skip
def test_what_was_chosen_after_an_earlier_letter_holds_for_the_one_that_was_printed_too(
    work, session, nurse, command, told, letter, outbox, choice, because, letters_owed
):
    assert sent(work(Role.SECRETARY), letter, outbox.parent).sent
    second = controls.save(nurse, corrected(command, told, "letter", weight_g=59000))
    [draft] = owed(session)
    sign(work(Role.DOCTOR), draft)
    run = made(work)
    third = replace(corrected(command, second, choice, because, weight_g=60000), form_token="third")
    third_id = controls.save(nurse, third)
    printed(work, run, outbox)
    assert draft.state == "sent"
    assert len(owed(session)) == letters_owed
    assert [row[:2] for row in told_of(session)] == [(second, "letter"), (third_id, choice)]


def test_a_contact_in_between_that_was_printed_as_a_control_is_corrected_by_a_letter(
    work, session, nurse, command, told, letter, outbox
):
    run = made(work)
    second = controls.save(nurse, replace(corrected(command, told), kind=ControlKind.INTERIM))
    printed(work, run, outbox)
    [draft] = owed(session)
    assert told_of(session) == [(second, "letter", letter.id, draft.id, nurse.actor.id)]
    assert "was er een tussentijds contact met uw patiënte, geen controle." in " ".join(draft.text.split())


def scan_letter(work):
    """A DXA of which a letter is ready to be sent."""
    nurse = work(Role.NURSE)
    command = SaveScan(patient_id=with_gp(nurse).id, form_token="dxa", made_on=date(2026, 11, 9), received_on=TODAY,
                       sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.0"))})  # fmt: skip
    scan_id = scans.save_scan(nurse, command)
    letter = sign(work(Role.DOCTOR), nurse.session.scalars(select(Letter)).one())
    return replace(command, form_token="again", corrects=scan_id, reason="verkeerd overgenomen"), letter


@pytest.mark.parametrize(
    ("change", "replaced"),
    [
        ({"sites": {ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.6"))}}, True),
        ({"made_on": date(2026, 11, 10)}, True),
        ({"discussed_on": TODAY}, False),
        ({"received_on": None, "sites": {}}, False),
    ],
)
def test_a_result_corrected_on_the_printer_is_told_anew_when_it_says_something_else(
    work, session, outbox, change, replaced
):
    command, letter = scan_letter(work)
    run = made(work)
    scans.save_scan(work(Role.NURSE), replace(command, **change))
    printed(work, run, outbox)
    found = [draft.facts["replaces"] for draft in owed(session)]
    named = [{"reference": letter.reference, "sent_on": TODAY.isoformat()}]
    assert (letter.state, found) == ("sent", [named] if replaced else [])


def test_of_a_result_that_became_a_mere_request_there_is_nothing_to_tell(work, session, outbox):
    command, letter = scan_letter(work)
    run = made(work)
    scans.save_scan(work(Role.NURSE), replace(command, made_on=None, received_on=None, requested_on=TODAY, sites={}))
    printed(work, run, outbox)
    assert (letter.state, owed(session)) == ("sent", [])


@pytest.mark.parametrize("falls", [False, True])
def test_a_decision_taken_anew_on_the_printer_is_told_anew(work, session, outbox, falls):
    doctor = work(Role.DOCTOR)
    patient = with_gp(doctor)
    given = {"on_date": TODAY, "outcome": "postpone", "until_on": date(2027, 1, 4), "prescriber": "huisarts",
             "reason": "wacht op DXA", "signed_function": "internist", "seen": {}}  # fmt: skip
    first = stamp(doctor, Review(**given, form_token="first"), patient.id)
    session.flush()
    letter = session.get_one(Letter, letters.draft_for(doctor, patient, LetterAbout.REVIEW, TODAY, first.id))
    doctor.commit()
    sign(doctor, letter)
    run, doctor = made(work), work(Role.DOCTOR)
    if falls:
        void(doctor, first, "verkeerde patiënt")
    else:
        correct(doctor, first, Review(**given | {"until_on": date(2027, 2, 1)}, form_token="second"), "andere dag")
    doctor.note("review.signed", patient.id)
    doctor.commit()
    printed(work, run, outbox)
    assert (letter.state, len(owed(session))) == ("sent", 0 if falls else 1)


def test_what_still_stands_is_followed_by_nothing(work, session, told, letter, outbox):
    printed(work, made(work), outbox)
    assert (letter.state, owed(session), told_of(session), breaches(session)) == ("sent", [], [], [])
    assert session.get_one(Control, told).stands
    assert session.scalars(select(Scan)).all() == []


def test_what_must_not_leave_any_more_is_not_ready_again_when_somebody_takes_it_out_of_the_queue(
    work, session, nurse, command, told, outbox
):
    letter = in_queue(work, session, command.patient_id)
    second = controls.save(nurse, corrected(command, told, weight_g=59000))
    assert letter_queue.cancel(work(Role.SECRETARY), letter.id, letter.version, outbox) is False
    [draft] = owed(session)
    assert (letter.state, [row.fact_id for row in subjects(nurse, draft.id)]) == ("withdrawn", [second])
    assert sign(work(Role.DOCTOR), draft).state == "authorised"
