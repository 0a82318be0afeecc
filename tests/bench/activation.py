"""A version tried on a large register and put in force while somebody goes on saving.

`python -m tests.bench.activation [patients]`; apart from `make bench`, which it would make longer.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.domain.protocol import DEFAULT
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import activation_run, activations, items, protocols, trial_run, trials
from clinic.services.activations import Approve, Offer
from clinic.services.facts import lock_patient
from clinic.services.protocols import NewVersion
from clinic.services.trials import StartTrial
from clinic.services.work import begin
from clinic.store.activations import Activation
from clinic.store.base import make_engine
from clinic.store.patients import Patient
from clinic.web.units import now
from tests.bench.register import actor, build

PATIENTS = 100_000
PAUSE_SECONDS = 0.1


def main() -> None:
    """Measure in a folder that is gone afterwards."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        url = build(Path(folder), patients).url
        engine = make_engine(url)
        protocol_id = draft(engine)
        began = time.perf_counter()
        trial_run.run(url, start(engine, protocol_id), now)
        told("what-if", patients, time.perf_counter() - began, "60 s for 100,000")
        print(f"  peak memory, largest process: {peak_mb():.0f} MB, of three; at most 500 MB")
        approve(engine, protocol_id)
        carry(url, engine)


def draft(engine: Engine) -> int:
    """A version that moves a date of nearly everybody."""
    with begin(engine, person(engine, Role.MANAGER), now()) as work:
        version = NewVersion("measured", replace(DEFAULT, name="2027.1", yearly_months=13), token_urlsafe())
        return protocols.make(work, version)


def start(engine: Engine, protocol_id: int) -> int:
    """A trial of it."""
    with begin(engine, person(engine, Role.MANAGER), now()) as work:
        return trials.start(work, StartTrial(protocol_id, token_urlsafe()))


def approve(engine: Engine, protocol_id: int) -> None:
    """Offered and signed for today."""
    with begin(engine, person(engine, Role.MANAGER), now()) as work:
        activation_id = activations.offer(work, Offer(protocol_id, token_urlsafe()))
    with begin(engine, person(engine, Role.DOCTOR), now()) as work:
        activations.approve(work, Approve(activation_id, work.today))


def carry(url: str, engine: Engine) -> None:
    """Carry it through the register, and save a patient ten times a second meanwhile."""
    context = get_context("spawn")
    done, waits = context.Event(), context.Queue()
    saver = context.Process(target=save_on, args=(url, done, waits))
    saver.start()
    began = time.perf_counter()
    activation_run.run(url, now)
    seconds = time.perf_counter() - began
    done.set()
    took = sorted(waits.get())
    saver.join()
    with Session(engine) as session:
        row = session.scalars(select(Activation)).one()
        told("activation, changed patients", row.changed, seconds, "1,000 a second")
    median, longest = took[len(took) // 2], took[-1]
    print(f"  {len(took)} saves meanwhile: median {median:.0f} ms, longest {longest:.0f} ms; at most 250")


def save_on(url: str, done: Any, waits: Any) -> None:
    """Somebody whose saves rebuild a patient, until told to stop; how long each took, in ms."""
    engine, took = make_engine(url), []
    who = person(engine, Role.NURSE)
    with Session(engine) as session:
        ids = list(session.scalars(select(Patient.id).order_by(Patient.id.desc()).limit(500)))
    while not done.is_set():
        patient_id, began = ids[len(took) % len(ids)], time.perf_counter()
        with begin(engine, who, now()) as work:
            items.refresh(work, lock_patient(work, patient_id))
            work.note(Action.ITEMS_REBUILT, patient_id)
            work.commit()
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE_SECONDS)
    waits.put(took)


def person(engine: Engine, role: Role) -> Any:
    """The demo's account of this role."""
    with Session(engine) as session:
        return actor(session, role)


def told(what: str, number: int, seconds: float, reach: str) -> None:
    """One line."""
    print(f"{what}: {number} in {seconds:.1f} s, {number / seconds:.0f} a second; to reach {reach}", flush=True)


def peak_mb() -> float:
    """The largest of this process and those it started."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) / 1024


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
