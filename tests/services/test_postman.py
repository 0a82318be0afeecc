"""Beside the requests of a worker: letters leave by themselves, once, whatever else goes on."""

from __future__ import annotations

from dataclasses import replace
from threading import Event

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from clinic import postman, rounds
from clinic.domain.restricted import RestrictionKind
from clinic.letters.render import CannotSet
from clinic.services import copies, copy_failures, letter_sending, print_runs, restrictions
from clinic.services.copies import AddCopy
from clinic.services.letter_sending import Outcome, queue_all
from clinic.services.restrictions import Restrict
from clinic.store.audit import AuditEntry
from clinic.store.copies import of_letter
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.restores import Restore
from config import Settings
from tests import beside
from tests.conftest import MONDAY_MORNING
from tests.letter_makers import drafted, sign, with_gp


@pytest.fixture
def settings(tmp_path):
    """Of a clinic with a folder of its own."""
    return replace(Settings.from_env({"CLINIC_SECRET_KEY": "k" * 32}), instance_dir=tmp_path)


@pytest.fixture(autouse=True)
def the_hour(monkeypatch):
    """The clock of that Monday."""
    monkeypatch.setattr(postman, "now", lambda: MONDAY_MORNING)


def queued(work, number):
    """So many letters in the queue, in one act."""
    signed = [sign(work("doctor"), drafted(work("nurse"), name=f"Praktijk {place}", channel="secure_mail"))
              for place in range(number)]  # fmt: skip
    going = {letter.id: letter_sending.parcel(work("secretary"), letter).confirmed for letter in signed}
    for _twice in range(2):
        assert queue_all(work("secretary"), going) == []
    work().session.commit()  # whoever pressed has gone; her locks with her
    return signed


def test_two_workers_of_the_server_let_each_letter_go_once(work, session, settings):
    letters = queued(work, 4)
    engine, pause = session.get_bind(), Event()
    both = [postman.start(engine, settings, every=0.01) for _worker in range(2)]
    for _look in range(500):
        with Session(engine.execution_options(writes=False)) as looking:
            if set(looking.scalars(select(Letter.state))) == {"sent"} or pause.wait(0.02):
                break
    beside.end(*both)
    session.expire_all()
    assert {letter.state for letter in letters} == {"sent"}
    assert sorted(path.name for path in (settings.outbox / "secure_mail").iterdir()) == [x.reference for x in letters]


def test_nothing_leaves_from_a_restored_register_before_somebody_looked(work, session, settings):
    [letter] = queued(work, 1)
    restore = Restore(restored_at=MONDAY_MORNING, taken_at=MONDAY_MORNING, letters_settled=[], letters_unknown=[])
    session.add(restore)
    session.commit()
    assert (postman.once(session.get_bind(), settings), letter.state) == (0, "queued")
    restore.confirmed_at = MONDAY_MORNING
    session.commit()
    assert postman.once(session.get_bind(), settings) == 1


def closed(work, letter, *admitted):
    """The privacy officer closes the record of whom a letter is about."""
    officer = work("privacy_officer")
    number = officer.session.get_one(Patient, letter.patient_id).number
    restrictions.restrict(officer, Restrict(number, RestrictionKind.KNOWN, admitted))


def test_of_a_closed_record_nobody_sends_a_letter_who_may_not_open_it(work, session, settings):
    letter = sign(work("doctor"), drafted(work("nurse"), channel="secure_mail"))
    paper = sign(work("doctor"), drafted(work("nurse"), name="Op papier", channel="post"))
    secretary = work("secretary")
    going = {letter.id: letter_sending.parcel(secretary, letter).confirmed}
    for one in (letter, paper):
        closed(work, one)
    told = letter_sending.parcels(secretary, [letter.id, paper.id])
    assert {one.letter.id: one.problem for one in told} == dict.fromkeys((letter.id, paper.id), "letter_restricted")
    assert queue_all(secretary, going) == [Outcome(letter.id, False, "letter_restricted")]
    on_paper = letter_sending.send(secretary, paper.id, told[1].confirmed, settings.outbox)  # she may not print it
    assert (on_paper.problem, paper.state) == ("letter_restricted", "authorised")
    closed(work, letter, secretary.actor.id)
    assert queue_all(secretary, going) == []
    closed(work, letter)  # meanwhile she is named no longer
    assert postman.once(session.get_bind(), settings) == 0
    session.refresh(letter)
    assert (letter.state, "letter_closed" in letter.failure) == ("failed", True)
    assert not (settings.outbox / "secure_mail").exists()
    closed(work, letter, secretary.actor.id)
    assert queue_all(secretary, going) == []
    session.commit()
    assert postman.once(session.get_bind(), settings) == 1
    lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "letter.sent").order_by(AuditEntry.id)).all()
    assert (lines[-1].actor_id, lines[-1].patient_id) == (secretary.actor.id, letter.patient_id)
    assert lines[-1].details == {"state": "sent"}


def test_of_a_record_that_was_closed_meanwhile_what_was_printed_is_sent_and_its_mailed_copy_waits(
    work, session, settings
):
    letter, secretary = drafted(work("nurse")), work("secretary")
    other = with_gp(work("nurse"), name="Kade", channel="secure_mail").gp_id
    copies.add(secretary, AddCopy(letter.patient_id, other, "medebehandelaar"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    run_id = print_runs.begin(secretary, "pressed")
    print_runs.make(secretary, run_id)
    closed(work, letter)
    [outcome] = print_runs.settle(secretary, run_id, set(), settings.outbox)
    [copy] = of_letter(session, letter.id)
    assert (outcome.sent, copy.state, "copy_closed" in copy.failure) == (True, "failed", True)
    assert not (settings.outbox / "secure_mail").exists()
    closed(work, letter, secretary.actor.id)
    seen = copy_failures.of_copy(secretary, copy, letter).seen
    copy_failures.again(secretary, letter.id, copy.standing_copy_id, seen, settings.outbox)
    assert [copy.state for copy in of_letter(session, letter.id)] == ["sent"]


def test_what_stays_is_named_by_its_key_and_a_database_that_is_away_is_no_end(session, settings, monkeypatch, caplog):
    monkeypatch.setattr(postman.letter_queue, "run", lambda *_given: [Outcome(7, False, "letter_failed", "J. Smit")])
    assert postman.once(session.get_bind(), settings) == 0
    assert caplog.messages == ["letter 7 stays: letter_failed"]

    def away(*_given):
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(postman.letter_queue, "run", away)
    assert postman.once(session.get_bind(), settings) == 0
    assert "OperationalError" in caplog.text


def test_a_round_that_fails_is_followed_by_the_next(caplog):
    turns, done = iter([KeyError("J. Smit"), None]), Event()

    def once():
        fault = next(turns)
        if fault:
            raise fault
        done.set()

    ended = rounds.begin("postman", once, 0.01)
    assert done.wait(10)
    beside.end(ended)
    assert "a round of the postman failed: KeyError" in caplog.messages


def test_a_letter_whose_envelope_changed_since_it_was_shown_stays(work, session):
    letter = sign(work("doctor"), drafted(work("nurse"), channel="secure_mail"))
    other = drafted(work("nurse"), name="Kade", channel="secure_mail")
    kept = queue_all(work("secretary"), {letter.id: "another", other.id: ""})
    assert {(stays.letter_id, stays.problem) for stays in kept} == {
        (letter.id, "letter_gp_changed"), (other.id, "letter_state"),
    }  # fmt: skip


def test_a_page_that_cannot_be_set_fails_its_own_letter_alone(work, session, settings, monkeypatch):
    letter, other = queued(work, 2)
    whole = letter_sending.frozen_page

    def damaged(unit, which):
        if which.id == letter.id:
            raise CannotSet("unknown font")
        return whole(unit, which)

    monkeypatch.setattr(letter_sending, "frozen_page", damaged)
    assert postman.once(session.get_bind(), settings) == 1
    session.expire_all()
    assert [session.get_one(Letter, found.id).state for found in (letter, other)] == ["failed", "sent"]


def test_a_copy_whose_page_cannot_be_set_fails_alone(work, session, settings, monkeypatch):
    draft = drafted(work("nurse"), channel="secure_mail")
    other = session.get_one(Letter, drafted(work("nurse"), name="Kade", channel="secure_mail").id)
    gp_id = other.facts["recipient"]["gp_id"]
    copies.add(work("secretary"), AddCopy(draft.patient_id, gp_id, "medebehandelaar"))
    letter = sign(work("doctor"), session.get_one(Letter, draft.id))
    letter_sending.queue(work("secretary"), letter_sending.parcel(work("secretary"), letter))

    def damaged(*_given):
        raise CannotSet("unknown font")

    monkeypatch.setattr(copies, "page", damaged)
    assert postman.once(session.get_bind(), settings) == 1
    session.expire_all()
    assert [copy.state for copy in of_letter(session, letter.id)] == ["failed"]
