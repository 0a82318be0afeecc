"""A version tried on a large register and put in force while somebody goes on saving, and the figures computed.

`python -m tests.bench.activation [patients]` measures this alone.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.domain.protocol import DEFAULT
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import activation_run, activations, figures, items, protocols, trial_run, trials
from clinic.services.activations import Approve, Offer
from clinic.services.facts import lock_patient
from clinic.services.protocols import NewVersion
from clinic.services.trials import StartTrial
from clinic.services.work import begin
from clinic.store.activations import Activation
from clinic.store.base import make_engine
from clinic.store.patients import Patient
from clinic.web.units import now
from tests.bench.memory import most_of
from tests.bench.register import actor, build

PATIENTS = 100_000
PAUSE_SECONDS = 0.1
ALONE_SECONDS = 2
CORES = 2
WHAT_IF_SECONDS, WHAT_IF_MB, CHANGED_A_SECOND, WAIT_MS = 60, 500, 1_000, 250
Told = dict[str, float]


@dataclass
class Spent:
    """Seconds by the clock and by the processors, of this process and of those it started and saw end."""

    clock: float = 0.0
    cpu: float = 0.0

    @property
    def on_free_cores(self) -> float:
        """What two free cores need at least: a busy machine does not lengthen it."""
        return self.cpu / CORES


@contextmanager
def timed() -> Iterator[Spent]:
    """Count what is spent within."""
    found, clock, cpu = Spent(), time.perf_counter(), cpu_seconds()
    yield found
    found.clock, found.cpu = time.perf_counter() - clock, cpu_seconds() - cpu


def cpu_seconds() -> float:
    """Of this process and of those it started that ended."""
    each = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in each)


def run(url: str, patients: int) -> dict[str, Told]:
    """What-if, activation, figures: measured and printed."""
    engine = make_engine(url)
    protocol_id = draft(engine)
    told = {"what_if": what_if(url, engine, protocol_id, patients)}
    approve(engine, protocol_id)
    told["activation"] = carry(url, engine)
    told["figures"] = compute(url, engine, patients)
    engine.dispose()
    return told


def what_if(url: str, engine: Engine, protocol_id: int, patients: int) -> Told:
    """The version tried on the whole register."""
    trial_id = start(engine, protocol_id)
    with timed() as spent:
        peak = most_of(trial_run.run, url, trial_id, now)
    print(
        f"what-if over {patients} patients: {spent.clock:.1f} s, {spent.on_free_cores:.1f} s of two cores; at most "
        f"{WHAT_IF_SECONDS} for 100,000; its processes held {peak:.0f} MB together; under {WHAT_IF_MB}"
    )
    return {"seconds": spent.clock, "cpu_seconds": spent.cpu, "patients": patients, "peak_mb": peak}


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


def carry(url: str, engine: Engine) -> Told:
    """Carry it through the register, and save a patient ten times a second meanwhile."""
    with saving(url) as waits, timed() as spent:
        activation_run.run(url, now)
    with Session(engine) as session:
        changed = session.scalars(select(Activation)).one().changed
    print(
        f"activation: {changed} changed patients in {spent.clock:.1f} s, {changed / spent.clock:.0f} a second, "
        f"{changed / spent.on_free_cores:.0f} on two free cores; at least {CHANGED_A_SECOND}"
    )
    return {"changed": changed, "seconds": spent.clock, "cpu_seconds": spent.cpu} | waits.told()


def compute(url: str, engine: Engine, patients: int) -> Told:
    """The clinic's figures over the whole register, and the same saves meanwhile."""
    with saving(url) as waits, timed() as spent:
        figures.run(engine, now)
    print(f"figures over {patients} patients: {spent.clock:.1f} s")
    return {"seconds": spent.clock, "cpu_seconds": spent.cpu} | waits.told()


@dataclass
class Waits:
    """How long each save took, in ms: first alone, then while something else went on."""

    alone: list[float] = field(default_factory=list)
    meanwhile: list[float] = field(default_factory=list)

    def told(self) -> Told:
        """Print the line; for the file."""
        median, late, longest = (at(self.meanwhile, share) for share in (0.5, 0.99, 1.0))
        print(
            f"  {len(self.meanwhile)} saves meanwhile: median {median:.0f} ms (alone {at(self.alone, 0.5):.0f}), "
            f"99 of 100 within {late:.0f}, longest {longest:.0f} (alone {at(self.alone, 1.0):.0f}); at most {WAIT_MS}"
        )
        return {"save_ms": median, "save_p99_ms": late, "save_longest_ms": longest}


def at(times: list[float], share: float) -> float:
    """The time within which this share stayed."""
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


@contextmanager
def saving(url: str) -> Iterator[Waits]:
    """Somebody who saves, first alone and then beside what is done within."""
    context = get_context("spawn")
    begun, done, found = context.Event(), context.Event(), context.Queue()
    saver = context.Process(target=save_on, args=(url, begun, done, found))
    saver.start()
    begun.wait()
    waits = Waits()
    yield waits
    done.set()
    waits.alone, waits.meanwhile = found.get()
    saver.join()


def save_on(url: str, begun: Any, done: Any, found: Any) -> None:
    """Somebody whose saves rebuild a patient, until told to stop; how long each took, in ms."""
    engine = make_engine(url)
    who = person(engine, Role.NURSE)
    with Session(engine) as session:
        ids = list(session.scalars(select(Patient.id).order_by(Patient.id.desc()).limit(500)))

    def save_until(ended: Callable[[], bool]) -> list[float]:
        took: list[float] = []
        while not ended():
            patient_id, began = ids[len(took) % len(ids)], time.perf_counter()
            with begin(engine, who, now()) as work:
                items.refresh(work, lock_patient(work, patient_id))
                work.note(Action.ITEMS_REBUILT, patient_id)
                work.commit()
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(PAUSE_SECONDS)
        return took

    until = time.perf_counter() + ALONE_SECONDS
    alone = save_until(lambda: time.perf_counter() > until)
    begun.set()
    found.put((alone[1:], save_until(done.is_set)))


def person(engine: Engine, role: Role) -> Any:
    """The demo's account of this role."""
    with Session(engine) as session:
        return actor(session, role)


def main() -> None:
    """Measure in a folder that is gone afterwards."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        run(build(Path(folder), patients).url, patients)


if __name__ == "__main__":
    main()
