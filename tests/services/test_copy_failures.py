"""Copies that did not arrive: found by name, mended and sent again under another name, or ended with a reason."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.permissions import Role
from clinic.services import copies, copy_failures, letter_queue, letter_receipts, letter_sending
from clinic.services.copies import AddCopy
from clinic.services.work import NotAllowed, Stale
from clinic.store.audit import AuditEntry
from clinic.store.copies import of_letter
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice
from tests.conftest import MONDAY_MORNING
from tests.letter_makers import TODAY, drafted, seen_anew, sign
from tests.letters.pages import words_of

BOUNCED = "Postbus bestaat niet meer."


@pytest.fixture
def outbox(tmp_path):
    """Where letters leave, and receipts lie."""
    (tmp_path / "outbox" / "receipts").mkdir(parents=True)
    return tmp_path / "outbox"


@pytest.fixture
def specialist(session):
    """A specialist at a nursing home, who receives copies by mail."""
    home = Practice(name="De Linden", street="Laan", house_number="1", postcode="7551 AB", town="Hengelo",
                    channel="secure_mail", mailbox="linden@zorg")  # fmt: skip
    found = Gp(practice=home, kind="elderly_care", initials="J.", prefix="de", family_name="Boer")
    session.add(found)
    session.commit()
    return found


def left(work, specialist_id, outbox):
    """A letter that left by mail with a copy for the specialist, or for the patient herself."""
    letter = drafted(work("nurse"), channel="secure_mail")
    patient = work().session.get_one(Patient, letter.patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Kade", "2", "7551 AB", "Hengelo"
    copies.add(work("secretary"), AddCopy(letter.patient_id, specialist_id, "medebehandelaar"))
    sign(work("doctor"), work().session.get_one(Letter, letter.id))
    again(work, letter, outbox)
    return letter


def again(work, letter, outbox):
    """The letter itself leaves, with the copies that should."""
    secretary = work("secretary")
    [parcel] = letter_sending.parcels(secretary, [letter.id])
    assert letter_sending.send(secretary, letter.id, parcel.confirmed, outbox).sent
    work().session.commit()


@pytest.fixture
def copy(work, specialist, outbox):
    """A copy that left with its letter."""
    return of_letter(work().session, left(work, specialist.id, outbox).id)[0]


@pytest.fixture
def letter(session, copy):
    """Its letter."""
    return session.get_one(Letter, copy.letter_id)


def told(session, outbox, name, words=""):
    """How many receipts told something new."""
    (outbox / "receipts" / name).write_text(words)
    session.commit()
    count = letter_receipts.take_in(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    session.expire_all()
    return count


@pytest.fixture
def bounced(session, copy, letter, outbox):
    """The copy after the gateway said that it did not arrive."""
    assert told(session, outbox, f"{letter.reference}-A{copy.standing_copy_id}.failed", BOUNCED) == 1
    return copy


def one(work):
    """The one copy on the list."""
    [found] = copy_failures.listed(work("secretary")).lines
    return found


def send(work, found, outbox, seen=None):
    """Send it again from the page as it was shown."""
    args = (found.letter.id, found.copy.standing_copy_id, seen or found.seen, outbox)
    return copy_failures.again(work("secretary"), *args)


def names(outbox):
    """What the hospital finds."""
    return sorted(path.name for path in (outbox / "secure_mail").iterdir())


def lines(session, action):
    """What the log says of copies."""
    return session.scalars(select(AuditEntry.details).where(AuditEntry.action == action)).all()


def test_a_receipt_of_a_copy_counts_for_that_copy_and_never_for_its_letter(session, copy, letter, outbox, caplog):
    key = f"{letter.reference}-A{copy.standing_copy_id}"
    assert (told(session, outbox, f"{key}.delivered"), copy.state, copy.sent_on) == (1, "delivered", TODAY)
    assert told(session, outbox, f"{key}.delivered") == 0
    assert caplog.messages == [f"a receipt says nothing new of a copy of letter {letter.id}, which is delivered"]
    assert (told(session, outbox, f"{key}.failed", BOUNCED), copy.state, copy.failure) == (1, "failed", BOUNCED)
    assert told(session, outbox, f"{letter.reference}-A99.failed") == 0  # a copy that nobody knows
    assert letter.state == "sent"
    assert [len(lines(session, f"copy.{what}")) for what in ("sent", "delivered", "failed")] == [1, 1, 1]
    assert told(session, outbox, f"{letter.reference}.delivered") == 1
    assert (letter.state, copy.state) == ("delivered", "failed")


def test_it_stands_on_the_list_by_name_with_its_reason_and_is_counted_there(work, session, bounced, letter):
    secretary = work("secretary")
    [found] = copy_failures.listed(secretary).lines
    assert (found.copy, found.letter, found.gp.family_name) == (bounced, letter, "Boer")
    assert (found.copy.failure, found.mended, found.problem) == (BOUNCED, False, None)
    assert copy_failures.count(secretary) == 1
    secretary.commit()
    [seen] = session.scalars(select(AuditEntry.shown).where(AuditEntry.subject == "letters:copies")).all()
    assert seen == [letter.patient_id]
    for step in (copy_failures.listed, copy_failures.count):
        with pytest.raises(NotAllowed):
            step(work(Role.NURSE))


def test_mended_it_is_sent_again_under_another_name_and_both_times_are_disclosures(
    work, session, bounced, specialist, outbox, letter
):
    specialist.practice.mailbox = "nieuw@zorg"
    session.commit()
    found = one(work)
    assert found.mended
    for _twice in range(2):
        assert send(work, found, outbox).state == "sent"
    key = f"{letter.reference}-A{bounced.standing_copy_id}"
    assert names(outbox) == [letter.reference, key, f"{key}-2"]
    told_to = json.loads((outbox / "secure_mail" / f"{key}-2" / "manifest.json").read_text())["envelope"]
    assert (told_to["mailbox"], bounced.envelope["mailbox"], bounced.failure) == ("nieuw@zorg", "nieuw@zorg", None)
    assert lines(session, "copy.sent") == [{"to": "J. de Boer", "channel": "secure_mail"}] * 2
    assert len(lines(session, "copy.readied")) == 1
    assert told(session, outbox, f"{key}.failed", BOUNCED) == 0  # of the first time
    assert (told(session, outbox, f"{key}-2.delivered"), bounced.state) == (1, "delivered")
    assert copy_failures.listed(work("secretary")).lines == []


def test_what_changed_since_the_page_was_opened_is_looked_at_first(work, session, bounced, specialist, outbox):
    before = one(work)
    specialist.practice.mailbox = "nieuw@zorg"
    session.commit()
    for step in (
        lambda: send(work, before, outbox),
        lambda: copy_failures.end(work("secretary"), bounced.letter_id, bounced.standing_copy_id, before.seen, "x"),
        lambda: copy_failures.came_back(work("secretary"), bounced.letter_id, bounced.standing_copy_id, "0-", "x"),
    ):
        with pytest.raises(Stale):
            step()
    session.rollback()
    assert (session.get_one(Letter, bounced.letter_id).state, bounced.state) == ("sent", "failed")


@pytest.mark.parametrize("why", ["copy_no_address", "copy_ended", "letter"])
def test_what_cannot_leave_is_not_sent_again(work, session, bounced, specialist, outbox, letter, why):
    found, code = one(work), why
    if why == "copy_no_address":
        specialist.practice.mailbox = None
    elif why == "copy_ended":
        copies.end(work("secretary"), letter.patient_id, bounced.standing_copy_id)
    else:
        letter_queue.came_back(work("secretary"), letter.id, letter.version, "Ook teruggekomen.")
        assert copy_failures.listed(work("secretary")).lines == []  # it goes along when its letter leaves again
        code = "copy_goes_along"
    session.commit()
    now = copy_failures.of_copy(work("secretary"), bounced, letter)
    with pytest.raises(RuleBroken, match=code):
        send(work, found, outbox, now.seen)
    session.rollback()
    copy_failures.end(work("secretary"), letter.id, bounced.standing_copy_id, now.seen, "Niet meer nodig.")
    assert bounced.state == "ended"


def test_ended_with_a_reason_it_leaves_the_list_and_never_goes_along_again(work, session, bounced, letter, outbox):
    secretary, found = work("secretary"), one(work)
    args = (letter.id, bounced.standing_copy_id, found.seen)
    with pytest.raises(RuleBroken, match="reason_missing"):
        copy_failures.end(secretary, *args, " ")
    for _twice in range(2):
        copy_failures.end(secretary, *args, " Opgenomen elders. ")
    assert (bounced.state, bounced.ended_because, bounced.sent_on) == ("ended", "Opgenomen elders.", None)
    assert (copy_failures.count(secretary), len(lines(session, "copy.ended"))) == (0, 1)
    with pytest.raises(Stale):
        send(work, found, outbox)
    session.rollback()
    letter_queue.came_back(work("secretary"), letter.id, letter.version, "Postbus vol.")
    again(work, letter, outbox)
    assert (bounced.state, names(outbox)[-1]) == ("ended", f"{letter.reference}-A{bounced.standing_copy_id}")


def test_on_paper_it_comes_back_by_hand_and_its_page_is_printed_for_the_new_address(work, session, outbox):
    letter = left(work, None, outbox)
    [copy] = of_letter(session, letter.id)
    args = (work("secretary"), letter.id, copy.standing_copy_id)
    seen = copy_failures.mark(copy, copy.envelope_sha256)
    with pytest.raises(RuleBroken, match="reason_missing"):
        copy_failures.came_back(*args, seen, "")
    before = copy_failures.printed(*args)
    copy_failures.came_back(*args, seen, "Verhuisd.")
    assert (copy.state, copy.failure, copy.came_back) == ("failed", "Verhuisd.", 1)
    session.get_one(Patient, letter.patient_id).street = "Nieuwe Gracht"
    session.commit()
    found = one(work)
    assert (found.gp, found.mended) == (None, True)
    assert copy_failures.printed(*args) != before
    assert send(work, found, outbox).state == "sent"
    assert copy.envelope["lines"][1] == "Nieuwe Gracht 2"
    letter.facts = letter.facts | {"copies": []}  # as of a letter of which the register no longer says whom it named
    copy_failures.bounce(args[0], copy, BOUNCED)
    assert copy_failures.of_copy(args[0], copy, letter).problem == "copy_ended"
    assert copy_failures.printed(*args) is None
    assert copy_failures.printed(args[0], letter.id, 99) is None


def test_held_back_with_its_letter_a_copy_that_came_back_keeps_its_next_name(work, session, bounced, letter, outbox):
    secretary = work("secretary")
    letter_queue.came_back(secretary, letter.id, letter.version, "Postbus vol.")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    assert bounced.state == "queued"
    letter_queue.cancel(secretary, letter.id, letter.version, outbox)
    assert (bounced.state, bounced.failure) == ("failed", BOUNCED)
    again(work, letter, outbox)
    assert f"{letter.reference}-A{bounced.standing_copy_id}-2" in names(outbox)


@pytest.mark.parametrize("moment", ["before it was handed over", "before that was kept"])
def test_stopped_at_any_moment_it_leaves_once(work, session, bounced, letter, outbox, monkeypatch, moment):
    def stopped(*_given):
        raise KeyboardInterrupt

    found = one(work)
    if moment == "before that was kept":
        monkeypatch.setattr(copies, "write_down", stopped)
    else:
        monkeypatch.setattr(copy_failures, "deliver", stopped)
    with pytest.raises(KeyboardInterrupt):
        send(work, found, outbox)
    monkeypatch.undo()
    session.rollback()
    key = f"{letter.reference}-A{bounced.standing_copy_id}-2"
    if moment == "before that was kept":
        (outbox / "secure_mail" / key).rename(outbox / "taken")  # the hospital empties its side meanwhile
    session.commit()
    letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    session.expire_all()
    assert (bounced.state, key in names(outbox)) == ("sent", moment == "before it was handed over")


def test_the_list_has_pages_and_holds_what_is_counted(work, session, specialist, outbox):
    secretary = work("secretary")
    for _each in range(3):
        [copy] = of_letter(session, left(work, specialist.id, outbox).id)
        copy_failures.bounce(secretary, copy, BOUNCED)
        secretary.commit()
    first = copy_failures.listed(secretary, most=2)
    second = copy_failures.listed(secretary, first.after, most=2)
    found = [line.letter.id for line in (*first.lines, *second.lines)]
    assert (len(set(found)), found, second.after) == (copy_failures.count(secretary), sorted(found), None)


def corrected_letter(work, session, letter, outbox):
    """The letter that comes in the place of one that left, gone too."""
    new = session.get_one(Letter, seen_anew(work("nurse"), session.get_one(Patient, letter.patient_id), weight_g=61000))
    session.commit()
    sign(work("doctor"), new)
    again(work, new, outbox)
    session.refresh(letter)
    return new


@pytest.mark.parametrize("state", ["queued", "failed"])
def test_a_copy_of_a_letter_that_another_replaced_does_not_leave_and_the_new_one_brings_its_own(
    work, session, letter, copy, outbox, state
):
    copy.state, copy.sent_on, copy.failure, copy.came_back = state, None, BOUNCED, 1
    session.commit()
    new = corrected_letter(work, session, letter, outbox)
    session.commit()
    letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)  # whether it left the outbox knows
    session.refresh(copy)
    assert (letter.state, copy.state, copy.ended_because) == ("replaced", "ended", copies.LAPSED)
    assert [one.state for one in of_letter(session, new.id)] == ["sent"]
    assert copy_failures.listed(work("secretary")).lines == []
    ended = select(AuditEntry).where(AuditEntry.action == "copy.ended", AuditEntry.subject == f"letter:{letter.id}")
    assert len(session.scalars(ended).all()) == 1


def test_a_copy_that_stayed_behind_ends_in_the_next_round_and_what_lay_in_the_post_left(
    work, session, letter, copy, outbox
):
    corrected_letter(work, session, letter, outbox)
    for channel, state in (("secure_mail", "ended"), ("post", "sent")):
        copy.state, copy.channel, copy.sent_on, copy.ended_because = "queued", channel, None, None
        copy.came_back = 1  # under this name it has not left
        session.commit()
        letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)
        session.refresh(copy)
        assert (copy.state, copy.sent_on) == (state, TODAY if state == "sent" else None)


def test_what_comes_back_of_a_replaced_letter_is_ended_and_its_page_says_so(work, session, letter, copy, outbox):
    new = corrected_letter(work, session, letter, outbox)
    assert "VERVALLEN" in words_of(copies.page(work("secretary"), letter, copy.envelope))
    secretary = work("secretary")
    copy_failures.came_back(
        secretary, letter.id, copy.standing_copy_id, copy_failures.mark(copy, copy.envelope_sha256), BOUNCED
    )
    [one] = copy_failures.listed(secretary).lines
    assert (one.problem, copy_failures.printed(secretary, letter.id, copy.standing_copy_id)) == ("copy_lapsed", None)
    with pytest.raises(RuleBroken, match="copy_lapsed"):
        copy_failures.again(secretary, letter.id, copy.standing_copy_id, one.seen, outbox)
    copy_failures.end(secretary, letter.id, copy.standing_copy_id, one.seen, "vervallen")
    assert (copy.state, new.state) == ("ended", "sent")
