"""The queue: tried again, cancelled, confirmed, come back; and each letter leaves once, whoever is stopped when."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.interop import edifact, medspe
from clinic.letters import cause
from clinic.letters import outbox as boxes
from clinic.letters.render import CannotSet
from clinic.security.permissions import Role
from clinic.services import copies, copy_failures, letter_post, letter_queue, letter_sending, letter_states, next_try
from clinic.services.copies import AddCopy
from clinic.services.letter_moves import MOVES, picture
from clinic.store.audit import AuditEntry
from clinic.store.copies import of_letter
from clinic.store.due import DueItem
from clinic.store.letters import STATES, Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp
from clinic.store.settings import ClinicSettings
from clinic.store.users import User
from tests.conftest import MONDAY_MORNING
from tests.letter_makers import drafted, seen_anew, sent, sign

OWED = select(DueItem.code).where(DueItem.code == "letter.after_control")


@pytest.fixture
def clinic(session):
    """A clinic with a mailbox of its own."""
    session.add(ClinicSettings(id=1, hospital="Ziekenhuis Oudeterp", department="Interne geneeskunde",
                               mailbox="500000101"))  # fmt: skip
    session.commit()


def signed(work, channel="secure_mail"):
    """A letter that can leave."""
    return sign(work("doctor"), drafted(work("nurse"), channel=channel))


def queued(work, channel="secure_mail"):
    """A letter whose envelope was frozen when the power went."""
    letter = signed(work, channel)
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    return letter


def run(session: Session, outbox: Path, minutes: float = 0):
    """The worker, once, so many minutes after the morning began; the letters are then as they are stored."""
    session.commit()  # SQLite has one writer
    outcomes = letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING + timedelta(minutes=minutes))
    session.expire_all()
    return outcomes


def left(outbox):
    """What the hospital finds."""
    return sorted(path.name for path in outbox.glob("[!.]*/*") if path.parent.name != "epd")


def test_the_table_names_each_state_and_its_picture_in_the_docs_is_current():
    assert {state for move in MOVES for state in (move.state, move.to)} == set(STATES)
    assert Path("docs/letter-states.md").read_text() == picture()


def test_an_edifact_letter_reads_back_from_the_outbox_with_the_patient_as_she_is_written(work, session, clinic, outbox):
    session.commit()
    letter = drafted(work("nurse"), channel="edifact")
    patient = session.get(Patient, letter.patient_id)
    patient.own_name = '#read("x") *b* <b>+:?\''
    session.commit()
    sign(work("doctor"), letter)
    assert sent(work("secretary"), letter, outbox.parent).sent
    found = edifact.read((outbox / "edifact" / letter.reference / f"{letter.reference}.edi").read_bytes())
    assert medspe.faults(found) == []
    assert medspe.text_of(found) == [edifact.carried(line) for line in letter.text.splitlines()]
    [about] = [part for part in found if part.tag == "PID"]
    assert about.at(2, 2) == patient.own_name
    assert [part.at(0) for part in found if part.tag == "REF"] == [letter.reference]


@pytest.mark.parametrize(
    ("frozen", "day", "time"),
    [
        pytest.param(datetime(2026, 11, 23, 23, 30), "2026-11-24", "0030", id="winter, half past midnight"),  # noqa: DTZ001
        pytest.param(datetime(2026, 7, 1, 22, 5), "2026-07-02", "0005", id="summer, five past midnight"),  # noqa: DTZ001
    ],
)
def test_a_message_and_the_index_of_the_record_name_the_clinics_day_and_hour(work, clinic, outbox, frozen, day, time):
    letter = drafted(work("nurse"), channel="edifact")
    secretary = work("secretary")
    assert sent(secretary, sign(work("doctor"), letter), outbox.parent / "earlier").sent
    letter.queued_at = frozen
    letter_post.leave(secretary, letter, b"", outbox)
    parts = edifact.read((outbox / "edifact" / letter.reference / f"{letter.reference}.edi").read_bytes())
    [first] = [(part.at(3), part.at(3, 1)) for part in parts if part.tag == "UNB"]
    assert first == (f"{day[2:4]}{day[5:7]}{day[8:]}", time)
    index = (outbox / "epd" / letter.reference / f"{letter.reference}.csv").read_text()
    assert index.split(";")[3] == day


def test_a_message_that_lacks_something_has_failed_and_says_what(work, session, outbox):
    letter = signed(work, "edifact")
    outcome = sent(work("secretary"), letter, outbox.parent)
    assert outcome.problem == "letter_failed"
    assert cause.read(letter.failure).code == "message_own_mailbox"
    assert left(outbox) == []


def test_a_folder_that_cannot_be_written_is_tried_again_each_time_later_and_at_last_fails(work, session, outbox):
    letter = queued(work)
    outbox.write_text("a file where the folder should be")
    assert run(session, outbox)[0].problem == "letter_waits"
    assert run(session, outbox) == []
    minutes = 0
    for wait in next_try.WAITS:
        minutes += wait.total_seconds() / 60
        run(session, outbox, minutes)
    assert (letter.state, letter.next_try_at) == ("failed", None)
    assert cause.read(letter.failure).code == "outbox_unwritable"
    outbox.unlink()
    assert sent(work("secretary"), letter, outbox.parent).sent


def test_a_letter_that_left_just_before_the_program_was_stopped_is_settled_and_not_sent_twice(
    work, session, outbox, monkeypatch
):
    letter = queued(work)
    monkeypatch.setattr(letter_sending, "settle", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(session, outbox)
    monkeypatch.undo()
    for taken in (outbox / "secure_mail").iterdir():
        taken.rename(outbox.parent / "taken")  # the hospital empties its side meanwhile
    assert [outcome.sent for outcome in run(session, outbox)] == [True]
    assert (session.get_one(Letter, letter.id).state, left(outbox)) == ("sent", [])


def stopped(*_given):
    """The power goes."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("moment", ["put", "kept", "let_go"])
def test_stopped_while_it_was_written_it_leaves_whole_later(work, session, outbox, monkeypatch, moment):
    letter = queued(work)
    monkeypatch.setattr(boxes, moment, stopped)
    with pytest.raises(KeyboardInterrupt):
        run(session, outbox)
    monkeypatch.undo()
    assert left(outbox) == []
    assert run(session, outbox)[0].sent
    assert left(outbox) == [letter.reference]


def test_a_letter_is_held_back_until_it_has_left(work, session, outbox, monkeypatch):
    secretary, letter = work("secretary"), queued(work)
    assert letter_queue.cancel(secretary, letter.id, letter.version, outbox)
    assert (letter.state, letter.envelope, run(session, outbox)) == ("authorised", None, [])
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    monkeypatch.setattr(letter_sending, "settle", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(session, outbox)
    letter = session.get_one(Letter, letter.id)
    with pytest.raises(RuleBroken, match="letter_left"):
        letter_queue.cancel(work("secretary"), letter.id, letter.version, outbox)


def test_what_was_printed_and_sent_is_not_held_back_and_printed_once_more(work, session, outbox):
    letter = queued(work, "post")
    with pytest.raises(RuleBroken, match="letter_left"):
        letter_queue.cancel(work("secretary"), letter.id, letter.version, outbox)
    assert [outcome.sent for outcome in run(session, outbox)] == [True]


LATER = (1, 6, 21, 81, 321, 561)  # minutes: the last wait is that between all further tries


def keep_out(outbox, place):
    """The hospital's share, or the folder of the journal, cannot be written; which it is is handed back."""
    shut = outbox / "epd" if place == "record" else outbox.parent / boxes.JOURNAL
    shut.parent.mkdir(parents=True, exist_ok=True)
    shut.touch() if place == "record" else shut.mkdir()
    return shut


@pytest.mark.parametrize("place", ["record", "journal"])
@pytest.mark.parametrize("channel", ["secure_mail", "post"])
def test_a_letter_that_has_left_never_fails_however_long_its_record_is_away(work, session, outbox, channel, place):
    letter, shut = queued(work, channel), keep_out(outbox, place)
    for minutes in (0, *LATER):
        assert [outcome.problem for outcome in run(session, outbox, minutes)] == ["letter_waits"]
    assert (letter.state, letter.tries, cause.read(letter.failure).code) == ("queued", 7, "left_already")
    with pytest.raises(RuleBroken, match="letter_left"):
        letter_queue.cancel(work("secretary"), letter.id, letter.version, outbox)
    with pytest.raises(RuleBroken, match="letter_state"):
        letter_states.redraft(work("secretary"), letter.id, letter.version, "Nog eens.")
    shut.unlink() if place == "record" else shut.rmdir()
    assert [outcome.sent for outcome in run(session, outbox, 1000)] == [True]
    assert (letter.state, letter.failure, left(outbox)) == ("sent", None, [letter.reference][: channel != "post"])


def test_a_letter_that_has_left_stays_in_the_queue_also_when_its_page_is_damaged_or_a_fault_was_not_foreseen(
    work, session, outbox, monkeypatch
):
    letter, shut = queued(work), keep_out(outbox, "record")
    run(session, outbox)
    shut.unlink()
    monkeypatch.setattr(letter_sending, "frozen_page", lambda *_given: None)
    for minutes in LATER[:3]:
        run(session, outbox, minutes)
    monkeypatch.setattr(letter_sending, "frozen_page", lambda *_given: {}["x"])
    for minutes in LATER[3:]:
        run(session, outbox, minutes)
    assert (letter.state, letter.tries, "KeyError" in letter.failure) == ("queued", 7, True)


def test_a_draft_is_not_authorised_by_holding_it_back(work, session, outbox):
    letter = drafted(work("nurse"))
    with pytest.raises(RuleBroken, match="letter_state"):
        letter_queue.cancel(work("secretary"), letter.id, letter.version, outbox)
    assert session.get_one(Letter, letter.id).state == "draft"


def test_a_held_back_letter_takes_its_copies_along(work, session, outbox):
    letter = drafted(work("nurse"), channel="secure_mail")
    patient = session.get(Patient, letter.patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Kade", "2", "7551 AB", "Hengelo"
    copies.add(work("secretary"), AddCopy(letter.patient_id, None, "op haar verzoek"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    assert len(of_letter(session, letter.id)) == 1
    letter_queue.cancel(secretary, letter.id, letter.version, outbox)
    assert of_letter(session, letter.id) == []


def test_copies_that_stayed_behind_when_the_program_was_stopped_leave_later(work, session, outbox, monkeypatch):
    letter = drafted(work("nurse"))
    patient = session.get(Patient, letter.patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Kade", "2", "7551 AB", "Hengelo"
    copies.add(work("secretary"), AddCopy(letter.patient_id, None, "op haar verzoek"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    monkeypatch.setattr(copies, "deliver", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(session, outbox)
    monkeypatch.undo()
    session.expire_all()
    assert [copy.state for copy in of_letter(session, letter.id)] == ["queued"]
    run(session, outbox)
    assert [copy.state for copy in of_letter(session, letter.id)] == ["sent"]
    assert run(session, outbox) == []


def with_a_copy_to(work, session, gp_id, name):
    """A letter in the queue, with a copy to another GP by mail."""
    letter = drafted(work("nurse"), name=name, channel="secure_mail")
    copies.add(work("secretary"), AddCopy(letter.patient_id, gp_id, "medebehandelaar"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    letter_sending.queue(work("secretary"), letter_sending.parcel(work("secretary"), letter))
    return letter


def test_copies_leave_whoever_sent_them_became_and_hold_up_nobody_behind_them(work, session, outbox, monkeypatch):
    first = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    behind = queued(work)
    monkeypatch.setattr(copies, "deliver", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(session, outbox)
    monkeypatch.undo()
    session.get_one(User, work("secretary").actor.id).role = Role.MANAGER.value
    assert [outcome.sent for outcome in run(session, outbox)] == [True, True]
    assert [copy.state for copy in of_letter(session, first.id)] == ["sent"]
    assert session.get_one(Letter, behind.id).state == "sent"


def test_a_copy_that_cannot_be_set_is_tried_once_and_waits_for_a_person(work, session, outbox, monkeypatch):
    letter = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")

    def damaged(*_given):
        raise CannotSet("unknown font")

    monkeypatch.setattr(copies, "page", damaged)
    for _twice in range(2):
        run(session, outbox)
    assert [copy.state for copy in of_letter(session, letter.id)] == ["failed"]
    failures = select(AuditEntry.id).where(AuditEntry.action == "copy.failed")
    assert len(session.scalars(failures).all()) == 1


def test_a_fault_keeps_its_own_letter_alone_and_is_told_without_its_words(work, session, outbox, monkeypatch, caplog):
    letter, other, whole = queued(work), queued(work), letter_sending.leave
    its_id = letter.id

    def leave(unit, which, *given):
        if which.id == its_id:
            raise KeyError("J. Smit")
        whole(unit, which, *given)

    monkeypatch.setattr(letter_sending, "leave", leave)
    stays, went = run(session, outbox)
    assert (stays.problem, went.sent) == ("letter_waits", True)
    assert [session.get_one(Letter, one.id).state for one in (letter, other)] == ["queued", "sent"]
    assert caplog.messages == [f"letter {letter.id} stays in the queue: KeyError"]
    for minutes in (1, 6, 21, 81, 321):  # each time later, and at last where a person sees it
        assert run(session, outbox, minutes - 0.5) == []
        run(session, outbox, minutes)
    assert (letter.state, "KeyError" in letter.failure, "Smit" in letter.failure) == ("failed", True, False)


def test_a_fault_with_a_copy_leaves_its_letter_sent_and_is_tried_again_before_it_waits_for_a_person(
    work, session, outbox, monkeypatch, caplog
):
    letter = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    monkeypatch.setattr(copies, "leave", lambda *_given: {}["J. Smit"])
    assert [outcome.sent for outcome in run(session, outbox)] == [True]
    assert run(session, outbox) == []
    [copy] = of_letter(session, letter.id)
    assert (copy.state, copy.tries) == ("queued", 1)
    for minutes in (1, 6, 21, 81, 321):  # as its letter: each time later
        assert copy.state == "queued"
        assert run(session, outbox, minutes - 0.5) == []
        run(session, outbox, minutes)
        session.expire_all()
    assert (copy.state, cause.read(copy.failure)) == ("failed", ("unforeseen", {"fault": "KeyError"}))
    assert session.get_one(Letter, letter.id).state == "sent"
    assert copy_failures.count(work("secretary")) == 1
    assert set(caplog.messages) == {"a copy of a letter is not handed over: KeyError"}
    tries = select(AuditEntry.details).where(AuditEntry.action == "copy.failed").order_by(AuditEntry.id)
    assert [told.get("try") for told in session.scalars(tries)] == [1, 2, 3, 4, 5, None]


def test_a_copy_that_a_fault_kept_leaves_when_it_is_over_or_when_somebody_asks(work, session, outbox, monkeypatch):
    letter = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    with monkeypatch.context() as broken:
        broken.setattr(copies, "leave", lambda *_given: {}["J. Smit"])
        run(session, outbox)
    [copy] = of_letter(session, letter.id)
    copies.deliver(work("secretary"), letter, outbox)
    assert copy.state == "queued"  # not its turn yet
    copies.send_rest(work("secretary"), letter.id, outbox)
    session.expire_all()
    assert (copy.state, copy.failure, copy.next_try_at) == ("sent", None, None)


def test_a_copy_that_left_is_never_given_up_for_a_fault_after_it(work, session, outbox, monkeypatch):
    letter = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    whole = copies.write_down

    def written(folder, told):
        if "copy" in told:
            raise KeyError("J. Smit")
        whole(folder, told)

    monkeypatch.setattr(copies, "write_down", written)
    for minutes in (0, 1, 6, 21, 81, 321, 561):
        run(session, outbox, minutes)
        session.expire_all()
    [copy] = of_letter(session, letter.id)
    assert (copy.state, cause.read(copy.failure)[0]) == ("queued", "left_already")
    monkeypatch.undo()
    run(session, outbox, 900)
    session.expire_all()
    assert copy.state == "sent"


def test_a_fault_after_a_letter_left_leaves_it_sent(work, session, outbox, monkeypatch):
    letter = queued(work)
    monkeypatch.setattr(copies, "deliver", lambda *_given: {}["J. Smit"])
    assert [outcome.problem for outcome in run(session, outbox)] == ["letter_waits"]
    assert session.get_one(Letter, letter.id).state == "sent"


def away(*_given):
    """The database is not there."""
    raise OperationalError("", {}, Exception())


def test_without_the_database_a_copy_stays_in_the_queue(work, session, outbox, monkeypatch):
    letter = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    monkeypatch.setattr(copies, "leave", away)
    with pytest.raises(OperationalError):
        run(session, outbox)
    session.rollback()
    assert [copy.state for copy in of_letter(session, letter.id)] == ["queued"]


def test_a_copy_that_somebody_else_let_go_while_it_had_a_fault_stays_as_it_is(work, session, outbox, monkeypatch):
    letter = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    answers = iter((True, False))
    monkeypatch.setattr(copies, "waits", lambda *_given: next(answers))
    monkeypatch.setattr(copies, "leave", lambda *_given: {}["J. Smit"])
    run(session, outbox)
    assert [copy.state for copy in of_letter(session, letter.id)] == ["queued"]


def another_gp(session, letter):
    patient = session.get_one(Patient, letter.patient_id)
    other = Gp(practice_id=patient.gp.practice_id, family_name="Smit", kind="gp")
    session.add(other)
    session.flush()
    patient.gp_id = other.id


def another_mailbox(session, letter):
    session.get_one(Patient, letter.patient_id).gp.practice.mailbox = "500000999"


def by_post_from_now_on(session, letter):
    session.get_one(Patient, letter.patient_id).gp.practice.channel = "post"


@pytest.mark.parametrize("change", [another_gp, another_mailbox, by_post_from_now_on])
def test_a_letter_in_the_queue_is_not_handed_to_a_gp_or_a_mailbox_of_before(work, session, outbox, change):
    letter = queued(work)
    outbox.write_text("a file where the folder should be")
    assert run(session, outbox)[0].problem == "letter_waits"
    outbox.unlink()
    change(session, letter)
    assert [outcome.problem for outcome in run(session, outbox, 2)] == ["letter_failed"]
    assert (letter.state, cause.read(letter.failure).code, left(outbox)) == ("failed", "readdressed", [])


def test_what_has_left_is_not_called_back_by_another_mailbox(work, session, outbox):
    letter, shut = queued(work), keep_out(outbox, "record")
    run(session, outbox)
    another_mailbox(session, letter)
    shut.unlink()
    assert [outcome.sent for outcome in run(session, outbox, 2)] == [True]


def test_a_copy_that_was_ended_while_it_waited_does_not_leave(work, session, outbox):
    letter = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    [copy] = of_letter(session, letter.id)
    copies.end(work("secretary"), letter.patient_id, copy.standing_copy_id)
    assert [outcome.sent for outcome in run(session, outbox)] == [True]
    [copy] = of_letter(session, letter.id)
    assert (copy.state, cause.read(copy.ended_because).code) == ("ended", "copy_stopped")
    assert left(outbox) == [letter.reference]
    assert len(session.scalars(select(AuditEntry.id).where(AuditEntry.action == "copy.ended")).all()) == 1


def test_a_copy_that_had_left_before_it_was_ended_is_a_disclosure(work, session, outbox):
    letter = with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    [copy] = of_letter(session, letter.id)
    copies.end(work("secretary"), letter.patient_id, copy.standing_copy_id)
    mark = outbox / ".left" / copy.channel / copies.key_of(letter, copy)
    mark.parent.mkdir(parents=True)
    mark.touch()  # handed over, and stopped before that was kept
    run(session, outbox)
    assert [copy.state for copy in of_letter(session, letter.id)] == ["sent"]


def test_without_the_database_the_round_ends(work, session, outbox, monkeypatch):
    queued(work)
    monkeypatch.setattr(letter_sending, "leave", away)
    with pytest.raises(OperationalError):
        run(session, outbox)


def plans_of(session, ask):
    """How the database goes about each question that is asked; PostgreSQL as if the register were large."""
    bind, asked = session.get_bind(), []

    def heard(_connection, _cursor, statement, given, *_rest):
        asked.append((statement, given))

    event.listen(bind, "before_cursor_execute", heard)
    ask()
    event.remove(bind, "before_cursor_execute", heard)
    connection, lite = session.connection(), bind.dialect.name == "sqlite"
    if not lite:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    said = [connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN' if lite else ''} {words}", given).all()
            for words, given in asked if words.startswith("SELECT")]  # fmt: skip
    return ["\n".join(str(line[-1]) for line in plan) for plan in said]


def test_what_is_due_is_found_without_all_that_was_ever_sent(work, session, outbox):
    sent(work("secretary"), signed(work), outbox.parent)
    letter, copied = queued(work), with_a_copy_to(work, session, signed(work).facts["recipient"]["gp_id"], "Kade")
    for sent_already in (letter, copied):
        letter_sending.settle(work("secretary"), session.get_one(Letter, sent_already.id))
    last = queued(work)
    found = []
    mine, stayed = plans_of(session, lambda: found.extend(letter_queue.due(session, MONDAY_MORNING)))
    assert found == [last.id, copied.id]
    assert "ix_letters_state_due" in mine
    assert "ix_letter_copies_waiting" in stayed
    assert "ix_letters_state_due" not in stayed


@pytest.mark.parametrize("delivered", [False, True])
@pytest.mark.parametrize(("channel", "state"), [("post", "returned_by_post"), ("secure_mail", "failed")])
def test_a_letter_that_came_back_is_owed_again_and_leaves_under_another_name(
    work, session, outbox, channel, state, delivered
):  # fmt: skip
    letter, secretary = signed(work, channel), work("secretary")
    assert sent(secretary, letter, outbox.parent).sent
    assert session.scalars(OWED).all() == []
    if delivered:
        letter_queue.confirm(secretary, letter.id, letter.version)
    with pytest.raises(RuleBroken, match="reason"):
        letter_queue.came_back(secretary, letter.id, letter.version, " ")
    letter_queue.came_back(secretary, letter.id, letter.version, "Postbus bestaat niet meer.")
    assert (letter.state, letter.sent_on) == (state, None)
    assert session.scalars(OWED).all() == ["letter.after_control"]
    if channel == "post":
        assert letter_states.redraft(secretary, letter.id, letter.version, "nieuw adres") > letter.id
        assert letter.state == "withdrawn"
    else:
        assert sent(secretary, letter, outbox.parent).sent
        assert left(outbox) == [letter.reference, f"{letter.reference}-2"]


def test_a_letter_that_arrived_is_told_of_and_replaced_by_what_corrects_it(work, session, outbox):
    letter, secretary = signed(work), work("secretary")
    sent(secretary, letter, outbox.parent)
    letter_queue.confirm(secretary, letter.id, letter.version)
    assert (letter.state, session.scalars(OWED).all()) == ("delivered", [])
    patient = session.get_one(Patient, letter.patient_id)
    again = session.get_one(Letter, seen_anew(work("nurse"), patient, weight_g=61000))
    work("nurse").session.commit()
    sign(work("doctor"), again)
    assert sent(secretary, again, outbox.parent).sent
    session.refresh(letter)
    assert (letter.state, again.state) == ("replaced", "sent")
