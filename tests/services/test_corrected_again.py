"""Corrected once more or voided, before its letter left or after: how the GP and the privacy officer hear of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout, ScanSite
from clinic.security.permissions import Role
from clinic.services import (
    controls,
    letter_queue,
    letter_sending,
    letter_states,
    letters,
    overtaken,
    print_runs,
    reviews,
    scans,
    treatments,
)
from clinic.services.facts import stamp
from clinic.services.letter_facts import subjects
from clinic.services.scans import SaveScan, Site
from clinic.store.audit import AuditEntry
from clinic.store.corrections import BreachTask, CorrectionNotice
from clinic.store.letters import Letter
from clinic.store.reviews import Review
from clinic.store.scans import Scan
from clinic.store.treatments import Course
from tests.conftest import MONDAY_MORNING
from tests.factories import make_course
from tests.letter_makers import TODAY, sent, sign, with_gp
from tests.services.test_corrections import DAY, command, corrected, nurse, told
from tests.services.test_letters_to_patients_leave import begun
from tests.services.test_letters_to_patients_leave import told as patient_with_result
from tests.services.test_overtaken import breaches, in_queue, printed, round_of
from tests.services.test_print_runs import made

__all__ = ["command", "nurse", "told"]


def told_next(session):
    """The letter about the correction, which has not left."""
    return session.scalars(select(Letter).where(Letter.sent_on.is_(None), Letter.state != "withdrawn")).all()


@pytest.mark.both
@pytest.mark.parametrize("moved", [0, 1])
@pytest.mark.parametrize("choice", ["letter", "next", "none"])
@pytest.mark.parametrize("ready", [False, True])
def test_corrected_once_more_before_its_letter_left_the_gp_hears_how_it_stands_whatever_was_chosen(
    work, session, nurse, command, told, ready, choice, moved
):
    second = controls.save(nurse, corrected(command, told, "letter", weight_g=59000))
    [letter] = told_next(session)
    if ready:
        sign(work(Role.DOCTOR), letter)
    third = replace(corrected(command, second, choice, "alleen de notitie", weight_g=60000), form_token="third")
    third_id = controls.save(nurse, replace(third, on=DAY - timedelta(days=moved)))
    session.refresh(letter)
    [goes] = told_next(session)
    assert (letter.state, goes is letter) == (("withdrawn", False) if ready or moved else ("draft", True))
    assert [row.fact_id for row in subjects(nurse, goes.id)] == [third_id]
    assert "60" in goes.text
    assert sign(work(Role.DOCTOR), goes).facts["controls"][0]["weight_g"] == 60000
    notice = session.scalars(select(CorrectionNotice).where(CorrectionNotice.control_id == third_id)).one()
    assert (notice.choice, notice.told_in) == (choice, goes.id)


def test_what_the_next_letter_was_to_mention_is_mentioned_as_it_stands_then(work, session, nurse, command, told):
    second = controls.save(nurse, corrected(command, told, "next", weight_g=59000))
    third = replace(corrected(command, second, "none", "weegt niet", weight_g=60000), form_token="third")
    third_id = controls.save(nurse, third)
    assert told_next(session) == []
    later = controls.save(nurse, replace(command, on=TODAY, form_token="later"))
    [letter] = told_next(session)
    assert [row.fact_id for row in subjects(nurse, letter.id)] == [third_id, later]


def test_of_a_correction_that_somebody_stopped_no_letter_comes_back(work, session, nurse, command, told):
    second = controls.save(nurse, corrected(command, told, "letter", weight_g=59000))
    [letter] = told_next(session)
    letter_states.stop(work(Role.DOCTOR), letter.id, letter.version, "al gebeld")
    controls.save(nurse, replace(corrected(command, second, "none", "weegt niet", weight_g=60000), form_token="third"))
    assert told_next(session) == []


def test_of_what_was_not_printed_and_does_not_stand_the_current_version_is_written(
    work, session, nurse, command, told, tmp_path
):
    second = controls.save(nurse, corrected(command, told, "letter", weight_g=59000))
    [letter] = told_next(session)
    sign(work(Role.DOCTOR), letter)
    run = made(work)
    third = replace(corrected(command, second, "none", "weegt niet", weight_g=60000), form_token="third")
    third_id = controls.save(nurse, third)
    assert told_next(session) == [letter]
    print_runs.settle(work(Role.SECRETARY), run.id, {letter.id}, tmp_path / "outbox")
    [goes] = told_next(session)
    assert (letter.state, [row.fact_id for row in subjects(nurse, goes.id)]) == ("withdrawn", [third_id])


def started(work, doctor, patient):
    """A course of which a letter tells, and how it is voided."""
    course = make_course(doctor, patient)
    doctor.session.flush()
    letter_id = letters.draft_for(doctor, patient, LetterAbout.START, course.started_on, course.id)
    return letter_id, lambda why: treatments.void_event(doctor, Course, patient.id, course.id, why)


def decided(work, doctor, patient):
    """A decision of which a letter tells, and how it is voided."""
    given = {"on_date": TODAY, "outcome": "postpone", "until_on": date(2027, 1, 4), "prescriber": "huisarts",
             "reason": "wacht op DXA", "signed_function": "internist", "seen": {}, "form_token": "first"}  # fmt: skip
    review = stamp(doctor, Review(**given), patient.id)
    doctor.session.flush()
    letter_id = letters.draft_for(doctor, patient, LetterAbout.REVIEW, TODAY, review.id)
    return letter_id, lambda why: reviews.void_review(doctor, patient.id, review.id, why)


def asked(session):
    """What the privacy officer is asked: which letter, why, by whom."""
    return [(row.letter_id, row.reason, row.found_by) for row in session.scalars(select(BreachTask)).all()]


@pytest.mark.parametrize("fact", [started, decided])
@pytest.mark.parametrize("when", ["before", "authorised", "queued", "printing", "left"])
def test_a_start_or_decision_voided_asks_the_privacy_officer_once_its_letter_left_and_else_it_does_not_leave(
    work, session, fact, when, tmp_path, monkeypatch
):
    monkeypatch.setattr(letter_states, "missing", lambda _facts: [])  # what it must carry besides is no matter here
    doctor, secretary = work(Role.DOCTOR), work(Role.SECRETARY)
    mail = {"channel": "secure_mail"} if when == "queued" else {}
    letter_id, void_it = fact(work, doctor, with_gp(doctor, **mail))
    doctor.note("review.signed")
    doctor.commit()
    letter = session.get_one(Letter, letter_id)
    if when != "before":
        sign(doctor, letter)
    if when == "queued":
        letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    if when == "printing":
        run = made(work)
    if when == "left":
        assert sent(secretary, letter, tmp_path).sent
    void_it("verkeerde patiënt")
    if when == "queued":
        session.commit()
        letter_queue.run(session.get_bind(), tmp_path / "outbox", lambda: MONDAY_MORNING + timedelta(hours=1))
    if when == "printing":
        assert asked(session) == []
        print_runs.settle(secretary, run.id, set(), tmp_path / "outbox")
    session.refresh(letter)
    leaves = when in ("printing", "left")
    assert letter.state == ("sent" if leaves else "withdrawn")
    assert asked(session) == ([(letter.id, "verkeerde patiënt", doctor.actor.id)] if leaves else [])
    lines = select(AuditEntry).where(AuditEntry.action == "breach.found")
    assert len(session.scalars(lines).all()) == leaves


@pytest.mark.parametrize("way", ["printing", "queue"])
def test_a_result_voided_before_its_letter_left_asks_the_privacy_officer_once_it_did(
    work, session, outbox, way, monkeypatch
):
    nurse = work(Role.NURSE)
    result = SaveScan(patient_id=with_gp(nurse).id, form_token="dxa", made_on=date(2026, 11, 9), received_on=TODAY,
                      sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.0"))})  # fmt: skip
    scan_id = scans.save_scan(nurse, result)
    if way == "printing":
        letter = sign(work(Role.DOCTOR), session.scalars(select(Letter)).one())
        run = made(work)
        scans.void_scan(nurse, result.patient_id, scan_id, "verkeerde patiënt")
        assert breaches(session) == []
        printed(work, run, outbox)
    else:  # it was handed over, and stopped before that was kept
        letter = in_queue(work, session, result.patient_id)
        monkeypatch.setattr(letter_sending, "settle", lambda *_given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING + timedelta(hours=4))
        monkeypatch.undo()
        scans.void_scan(nurse, result.patient_id, scan_id, "verkeerde patiënt")
        assert round_of(session, outbox) == [""]
    assert letter.state == "sent"
    assert breaches(session) == [(None, letter.id, "verkeerde patiënt", nurse.actor.id)]
    overtaken.follow(work(Role.SECRETARY), letter)
    assert len(breaches(session)) == 1, "said twice it is once"


def test_a_result_to_the_patient_voided_on_the_printer_asks_too(work, session, outbox):
    patient = patient_with_result(work, street="Kade", house_number="2", postcode="7607 AB", town="Almelo")
    letter = sign(work(Role.DOCTOR), begun(work, patient, "result"))
    run = made(work)
    scan = session.scalars(select(Scan).where(Scan.patient_id == patient.id)).one()
    scans.void_scan(work(Role.NURSE), patient.id, scan.id, "verkeerde patiënt")
    assert breaches(session) == []
    printed(work, run, outbox)
    assert (letter.state, len(breaches(session))) == ("sent", 1)
