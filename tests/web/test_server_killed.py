"""The server is killed at random moments while eight nurses save controls: what was said to be saved is there, once."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.security import accounts
from clinic.services import items, sealing
from clinic.services.anchors import Anchors
from clinic.services.work import local_day
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.patients import Patient
from clinic.store.users import User
from clinic.web.units import now
from tests.factories import make_course, make_patient
from tests.killed_server import PATIENCE, KilledServer, settings_for

KILLS = int(os.environ.get("KILLS", "3"))  # `make soak` takes 1,000
CLIENTS, PATIENTS = 8, 40
SHORTEST, LONGEST = 0.1, 1.2  # seconds from one kill to the next; a worker answers after about 0.3


class Nurse(threading.Thread):
    """Saves one control after another; without an answer she presses the button again, as people do."""

    def __init__(self, server, cookie, number, patients, ended):
        super().__init__()
        self.server, self.cookie, self.number, self.patients, self.ended = server, cookie, number, patients, ended
        self.saved, self.refused = [], Counter()

    def run(self):
        chance, made = random.Random(self.number), 0
        while not self.ended.is_set():
            token, made = f"{self.number}-{made}", made + 1
            on = now().date() - timedelta(days=chance.randrange(1, 600))
            form = {
                "form_token": token, "on": f"{on:%d-%m-%Y}", "kind": "clinic", "height_1": "158,6", "weight": "58,3",
                "symptom_thigh_or_groin_pain": "no", "symptom_jaw_or_mouth": "no",
                "symptom_swallowing_or_retrosternal": "no", "note": f"gesprek {token}",
                "confirmed": f"day_known={on}", "confirm": "y",
            }  # fmt: skip
            self.press(f"/patients/{chance.choice(self.patients)}/controls", form)

    def press(self, path, form):
        """Until somebody answers, or the day is over."""
        while not self.ended.is_set():
            status = self.server.post(path, self.cookie, form)
            if status == 303:
                self.saved.append(form["form_token"])
            elif status is not None:
                self.refused[status] += 1
            if status not in (None, 503):
                return


def open_sessions(session):
    """A session on the server for each nurse."""
    user = session.scalars(select(User).where(User.role == "nurse")).one()
    tokens = [accounts.open_session(session, user, now()) for _client in range(CLIENTS)]
    session.commit()
    return tokens


def kill_again_and_again(server, nurses, ended):
    """Start, wait a moment, kill; the last one lives until each nurse heard from it."""
    chance = random.Random()
    for _kill in range(KILLS):
        server.start()
        time.sleep(chance.uniform(SHORTEST, LONGEST))
        server.kill()
    before = [len(nurse.saved) for nurse in nurses]
    server.start()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and any(len(one.saved) < had + 2 for one, had in zip(nurses, before, strict=True)):
        time.sleep(0.05)
    ended.set()


@pytest.mark.both
def test_every_control_that_was_said_to_be_saved_is_there_once(work, session, database_url, tmp_path):
    begun = work("nurse")
    patients = [make_patient(begun) for _one in range(PATIENTS)]
    for patient in patients:
        make_course(begun, patient)
    items.refresh_all(begun, patients)
    session.commit()
    settings, ended = settings_for(database_url, tmp_path), threading.Event()
    server = KilledServer(settings)
    nurses = [Nurse(server, server.cookie(token), number, [patient.id for patient in patients], ended)
              for number, token in enumerate(open_sessions(session))]  # fmt: skip
    for nurse in nurses:
        nurse.start()
    kill_again_and_again(server, nurses, ended)
    for nurse in nurses:
        nurse.join()
    server.kill()
    server.listening.close()

    saved = [token for nurse in nurses for token in nurse.saved]
    assert len(saved) >= CLIENTS * 2
    assert sum((nurse.refused for nurse in nurses), Counter()).keys() <= {503}
    engine, key = session.get_bind(), settings.audit_key.encode()
    with Session(engine) as after:
        stored = Counter(after.scalars(select(Control.form_token)))
        told = Counter(after.scalars(select(AuditEntry.subject).where(AuditEntry.action == "control.saved")))
        ids = set(after.scalars(select(Control.id)))
        assert set(saved) <= set(stored), "a control that was said to be saved is lost"
        assert set(stored.values()) == {1}
        assert told == Counter(f"control:{one}" for one in ids), "each control has one line in the log"
        everybody = list(after.scalars(select(Patient)))
        assert items.differences(after, everybody, local_day(now())) == []
    sealing.seal(engine, key, now(), Anchors(tmp_path))
    report = sealing.verify(engine, key, Anchors(tmp_path))
    assert (report.problems, report.lines >= len(saved)) == ([], True)
    print(f"{KILLS} kills, {len(saved)} acknowledged, {sum(stored.values())} stored")
