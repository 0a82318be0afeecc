"""`clinic letters send`: the queue worked through at the machine itself."""

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import InterfaceError

from clinic import commands_letters
from clinic.cli import main
from clinic.services import letter_queue, letter_sending
from tests.letter_makers import drafted, sign


@pytest.fixture
def type_in(monkeypatch, database_url, tmp_path):
    """`type_in("send", …)`: `clinic letters` at a terminal of the clinic."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLINIC_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    return lambda *words: CliRunner().invoke(main, ["letters", *words])


def queued(work, channel):
    """A letter in the queue."""
    letter = sign(work("doctor"), drafted(work("nurse"), name=channel, channel=channel))
    letter_sending.queue(work("secretary"), letter_sending.parcel(work("secretary"), letter))
    work().session.commit()
    return letter


def test_what_can_leave_leaves_and_what_cannot_is_told_without_a_name(type_in, work, tmp_path):
    letter, other = queued(work, "secure_mail"), queued(work, "edifact")  # the clinic has no mailbox of its own
    done = type_in("send", "--once")
    assert (done.exit_code, "1 left, 1 stayed" in done.output) == (1, True)
    assert f"letter {other.id}: message_own_mailbox UNB 2" in done.output
    assert "Jansen" not in done.output
    assert [path.name for path in (tmp_path / "outbox" / "secure_mail").iterdir()] == [letter.reference]
    assert type_in("send", "--once").exit_code == 0


def test_it_goes_on_every_minute_until_it_is_stopped(type_in, work, monkeypatch):
    paused = []

    def sleep(seconds):
        paused.append(seconds)
        if len(paused) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(commands_letters, "sleep", sleep)
    type_in("send")
    assert paused == [60, 60]


def test_without_settings_or_database_nothing_leaves(type_in, monkeypatch, database_url):
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all.db")
    assert type_in("send", "--once").exit_code == 1
    monkeypatch.setenv("CLINIC_SECRET_KEY", "")
    assert type_in("send", "--once").exit_code == 1


@pytest.mark.parametrize("fault", [InterfaceError("", {}, Exception("J. Smit")), PermissionError("J. Smit")])
def test_whatever_is_away_the_letters_stay_in_the_queue_until_the_next_round(type_in, session, monkeypatch, fault):
    def away(*_given):
        raise fault

    monkeypatch.setattr(letter_queue, "run", away)
    done = type_in("send", "--once")
    assert (done.exit_code, "the letters stay in the queue" in done.output) == (1, True)
    assert "Smit" not in done.output
