"""What trust costs: the line of the log for a look, sealing, and the two steps of coming in."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.security import accounts
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import sealing, sign_in
from clinic.services.sign_in import Door
from clinic.services.work import begin, keep_looks
from clinic.store.base import make_engine
from clinic.store.users import User
from clinic.web.units import now
from tests import apps
from tests.bench.register import Register, actor

LOOKS, SIGN_INS = 200, 10
KEY = "bench" * 8
PASSWORD = "botten blijven heel lang sterk"  # of an account that is gone afterwards
T = TypeVar("T")
LINE = "INSERT INTO audit_entries (at, action, patient_id, outcome) VALUES (?, 'patient.opened', 1, 'done')"


def run(register: Register) -> dict[str, float]:
    """Measure and print the three lines."""
    engine = make_engine(register.url)
    found = looks(engine, register) | sealed(engine) | coming_in(engine)
    engine.dispose()
    print(
        f"the log: a look is kept in {found['look_ms']:.2f} ms; the same row by hand in {found['look_floor_ms']:.2f}\n"
        f"sealing: {found['sealed_lines']:.0f} lines, {found['sealed_a_second']:.0f} a second\n"
        f"coming in: password {found['password_ms']:.0f} ms, second factor {found['factor_ms']:.1f} ms more"
    )
    return found


def timed(act: Callable[..., T], *words: object) -> tuple[T, float]:
    """What it gives, and how many milliseconds it takes."""
    began = time.perf_counter()
    given = act(*words)
    return given, (time.perf_counter() - began) * 1000


def looks(engine: Engine, register: Register) -> dict[str, float]:
    """Keeping one look as a page does, in turns with the same row by hand."""
    with Session(engine) as session:
        nurse = actor(session, Role.NURSE)
    bare = sqlite3.connect(register.path, isolation_level=None)
    for pragma in ("synchronous=FULL", "cache_size=-32000", "busy_timeout=5000"):
        bare.execute(f"PRAGMA {pragma}")

    def by_hand() -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute(LINE, (str(now()),))
        bare.execute("COMMIT")

    pairs = []
    for _ in range(LOOKS):
        with begin(engine, nurse, now(), writes=False) as work:
            work.note(Action.PATIENT_OPENED, register.ten_years)
        pairs.append((timed(keep_looks, engine, work.entries)[1], timed(by_hand)[1]))
    bare.close()
    kept, floor = (statistics.median(times) for times in zip(*pairs, strict=True))
    return {"look_ms": kept, "look_floor_ms": floor}


def sealed(engine: Engine) -> dict[str, float]:
    """Sealing what the measuring left in the log."""
    lines, took = timed(sealing.seal, engine, KEY.encode(), now())
    assert lines
    return {"sealed_lines": lines, "sealed_a_second": lines / took * 1000}


def coming_in(engine: Engine) -> dict[str, float]:
    """A password, then the app's code; each half minute has another, so the clock is moved on."""
    with Session(engine) as session:
        user = session.scalars(select(User).where(User.role == Role.DOCTOR.value).limit(1)).one()
        username = user.username
        user.demo = False  # she works here for real: an account of the made-up clinic is let in nowhere else
        accounts.set_password(user, PASSWORD)
        apps.give(user)
        session.commit()
    first, second = [], []
    for number in range(SIGN_INS):
        moment = now() + timedelta(seconds=30 * (number + 1))
        code = apps.shows(KEY, later=number + 1)
        with Session(engine, expire_on_commit=False) as session:
            door = Door(session, moment, KEY, "127.0.0.1")
            half_way, took = timed(sign_in.with_password, door, username, PASSWORD)
            first.append(took)
            whole, took = timed(sign_in.with_factor, door, half_way.token, code)
            second.append(took)
            assert whole.whole
    return {"password_ms": statistics.median(first), "factor_ms": statistics.median(second)}
