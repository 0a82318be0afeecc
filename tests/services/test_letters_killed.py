"""Two workers of the queue are killed at random moments; every letter leaves with its copy, and none twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from multiprocessing import get_context

from sqlalchemy import func, select

from clinic.services import copies, letter_queue, letter_sending
from clinic.services.copies import AddCopy
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from clinic.store.copies import LetterCopy
from clinic.store.letters import Letter
from tests.conftest import MONDAY_MORNING
from tests.letter_makers import drafted, sign, with_gp

KILLS = int(os.environ.get("KILLS", "6"))  # `make soak` takes 200
SEED = os.environ.get("SEED")  # the moments of an earlier run once more; by chance without one
SLOWEST = 0.12  # seconds; about six letters


def worker(url, outbox):
    """One worker, in a process of its own."""
    engine = make_engine(url)
    letter_queue.run(engine, outbox, lambda: MONDAY_MORNING)


def emptied(outbox, taken):
    """The hospital takes what is whole; a name that comes twice is a letter sent twice."""
    for folder in (outbox / "secure_mail").glob("*"):
        assert sorted(path.suffix for path in folder.iterdir()) == [".eml", ".json", ".pdf"]
        taken[folder.name] += 1
        folder.rename(outbox.parent / f"{folder.name}.{taken[folder.name]}")


def test_every_letter_leaves_once_whenever_the_workers_are_killed(work, session, database_url, tmp_path):
    doctor, secretary, outbox = work("doctor"), work("secretary"), tmp_path / "outbox"
    other = with_gp(work("nurse"), name="De Linden", channel="secure_mail").gp
    for number in range(KILLS * 2):
        letter = drafted(work("nurse"), name=f"Praktijk {number}", channel="secure_mail")
        copies.add(secretary, AddCopy(letter.patient_id, other.id, "medebehandelaar"))
        sign(doctor, letter)
        letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    taken, chance, fork = Counter(), random.Random(SEED), get_context("fork")
    for _moment in range(KILLS):
        pair = [fork.Process(target=worker, args=(database_url, outbox)) for _one in range(2)]
        for process in pair:
            process.start()
        time.sleep(chance.uniform(0, SLOWEST))
        for process in pair:
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        emptied(outbox, taken)
    session.commit()
    letter_queue.run(session.get_bind(), outbox, lambda: MONDAY_MORNING)
    emptied(outbox, taken)
    for table in (Letter, LetterCopy):
        assert session.scalar(select(func.count()).where(table.state == "sent")) == KILLS * 2
    assert (len(taken), set(taken.values())) == (KILLS * 4, {1})
    told = select(func.count()).where(AuditEntry.action == "copy.sent")
    assert session.scalar(told) == KILLS * 2
    assert len(list((outbox / "epd").iterdir())) == KILLS * 2
