"""Receipts of the hospital's gateways: delivered, or why not; each counts once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from clinic.domain.errors import RuleBroken
from clinic.letters.outbox import NotNow
from clinic.security.permissions import Role
from clinic.services import copies, letter_queue, letter_receipts, letter_sending, letter_states
from clinic.services.letter_moves import INVITES, MOVES, allowed
from clinic.services.work import NotAllowed
from clinic.store.copies import of_letter
from clinic.store.letters import Letter
from clinic.store.restores import Restore
from tests.conftest import MONDAY_MORNING
from tests.letter_makers import drafted, sent, sign
from tests.services.test_letter_queue import with_a_copy_to


@pytest.fixture
def outbox(tmp_path):
    """Where letters leave, and receipts lie."""
    (tmp_path / "outbox" / "receipts").mkdir(parents=True)
    return tmp_path / "outbox"


@pytest.fixture
def letter(work, outbox):
    """One that left by mail."""
    signed = sign(work("doctor"), drafted(work("nurse"), channel="secure_mail"))
    assert sent(work("secretary"), signed, outbox.parent).sent
    return signed


def told(session, outbox, name, words=""):
    """How many letters a receipt told something of, and what became of the letters."""
    (outbox / "receipts" / name).write_text(words)
    session.commit()
    count = letter_receipts.take_in(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    session.expire_all()
    return count


def test_a_letter_that_was_delivered_says_so_once_and_may_bounce_after_all(session, letter, outbox, caplog):
    assert (told(session, outbox, f"{letter.reference}.delivered"), letter.state) == (1, "delivered")
    assert told(session, outbox, f"{letter.reference}.delivered") == 0
    assert caplog.messages == [f"a receipt says nothing new of letter {letter.id}, which is delivered"]
    assert told(session, outbox, f"{letter.reference}.failed", "toch niet") == 1
    assert (letter.state, letter.failure, letter.sent_on) == ("failed", "toch niet", None)
    assert [path.name for path in (outbox / "receipts").iterdir()] == [".taken"]


@pytest.mark.parametrize(
    ("words", "why"),
    [("Postbus bestaat niet meer.\nX", "Postbus bestaat niet meer."), ("\x1bGeweigerd", "Geweigerd"),
     ("", "Niet bezorgd; de ontvanger gaf geen reden.")],
)  # fmt: skip
def test_a_letter_that_bounced_waits_for_a_person_with_the_gateways_reason(session, letter, outbox, words, why):
    assert told(session, outbox, f"{letter.reference}.failed", words) == 1
    assert (letter.state, letter.failure, letter.sent_on) == ("failed", why, None)


def test_a_receipt_of_the_first_time_says_nothing_of_the_second(work, session, letter, outbox):
    told(session, outbox, f"{letter.reference}.failed")
    assert sent(work("secretary"), letter, outbox.parent).sent
    assert (told(session, outbox, f"{letter.reference}.failed"), letter.state) == (0, "sent")
    assert (told(session, outbox, f"{letter.reference}-2.delivered"), letter.state) == (1, "delivered")


@pytest.mark.parametrize(("suffix", "state"), [("delivered", "delivered"), ("failed", "failed")])
def test_a_receipt_that_comes_before_its_letter_is_said_to_have_left_waits_for_the_next_round(
    work, session, outbox, monkeypatch, suffix, state
):
    secretary, early = work("secretary"), sign(work("doctor"), drafted(work("nurse"), channel="secure_mail"))
    letter_sending.queue(secretary, letter_sending.parcel(secretary, early))
    session.commit()
    monkeypatch.setattr(letter_sending, "settle", lambda *_given: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    monkeypatch.undo()
    assert told(session, outbox, f"{early.reference}-2.{suffix}") == 0  # of a name that it does not have
    assert (told(session, outbox, f"{early.reference}.{suffix}", "Vol."), early.state) == (0, "queued")
    session.commit()
    letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    assert letter_receipts.take_in(session.get_bind(), outbox, lambda: MONDAY_MORNING) == 1
    session.expire_all()
    assert early.state == state
    assert [path.name for path in (outbox / "receipts").iterdir()] == [".taken"]


def test_a_receipt_of_a_copy_that_comes_early_waits_too(work, session, letter, outbox, monkeypatch):
    second = with_a_copy_to(work, session, letter.facts["recipient"]["gp_id"], "Kade")
    (copy,) = of_letter(session, second.id)
    name = f"{second.reference}-A{copy.standing_copy_id}.failed"
    session.commit()
    monkeypatch.setattr(copies, "write_down", lambda *_given: (_ for _ in ()).throw(NotNow("vol")))
    letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    monkeypatch.undo()
    assert (told(session, outbox, name, "Vol."), copy.state, second.state) == (0, "queued", "sent")
    session.commit()
    letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    assert letter_receipts.take_in(session.get_bind(), outbox, lambda: MONDAY_MORNING) == 1
    session.expire_all()
    assert (copy.state, copy.failure, second.state) == ("failed", "Vol.", "sent")


def test_what_is_not_known_is_put_aside_with_a_word_and_what_is_no_receipt_stays(session, outbox, caplog):
    assert told(session, outbox, "B2026-999999.failed") == 0
    assert caplog.messages == ["a receipt is of no letter that is known"]
    assert told(session, outbox, "notes.txt") == 0
    assert sorted(path.name for path in (outbox / "receipts").iterdir()) == [".taken", "notes.txt"]
    letter_receipts.put_aside(outbox / "receipts" / "gone.failed")  # another worker was quicker


def test_a_receipt_that_cannot_be_read_keeps_no_other_waiting(work, session, letter, outbox, monkeypatch, caplog):
    other = sign(work("doctor"), drafted(work("nurse"), name="Kade", channel="secure_mail"))
    assert sent(work("secretary"), other, outbox.parent).sent
    (outbox / "receipts" / f"{letter.reference}.failed").mkdir()
    assert told(session, outbox, f"{other.reference}.delivered") == 1
    assert (other.state, letter.state) == ("delivered", "sent")
    assert caplog.messages == ["a receipt stays: IsADirectoryError"]
    assert sorted(path.name for path in (outbox / "receipts").iterdir()) == [".taken", f"{letter.reference}.failed"]


def test_without_the_database_no_receipt_is_read(session, letter, outbox, monkeypatch):
    def away(*_given):
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(letter_receipts, "count", away)
    with pytest.raises(OperationalError):
        told(session, outbox, f"{letter.reference}.delivered")
    assert (outbox / "receipts" / f"{letter.reference}.delivered").exists()


def test_a_restored_register_that_nobody_looked_at_reads_no_receipts(session, letter, outbox):
    session.add(Restore(restored_at=MONDAY_MORNING + timedelta(1), taken_at=MONDAY_MORNING, letters_settled=[],
                        letters_unknown=[]))  # fmt: skip
    assert (told(session, outbox, f"{letter.reference}.delivered"), letter.state) == (0, "sent")


def test_the_table_of_states_itself_refuses_who_may_not(work, session):
    letter = session.get_one(Letter, drafted(work("nurse")).id)
    with pytest.raises(RuleBroken, match="letter_state"):
        letter_states.move(work("doctor"), letter, "sent", "letter.sent")
    with pytest.raises(NotAllowed):
        letter_states.move(work("secretary"), letter, "to_authorise", "letter.edited")
    for step in MOVES:
        kind = next(iter(step.only), "gp")
        assert allowed(step.state, step.to, Role.DOCTOR, kind)
        assert step.may is None or not allowed(step.state, step.to, Role.MANAGER, kind) or any(
            other.may is None for other in MOVES if (other.state, other.to) == (step.state, step.to)
        )  # fmt: skip
    made = [kind for kind in ("gp", "patient.result", *INVITES) if allowed("draft", "authorised", Role.SECRETARY, kind)]
    assert made == list(INVITES)
