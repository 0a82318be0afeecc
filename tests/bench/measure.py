"""What is measured: each page beside its floor, queries a request, growth."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from flask import Flask
from sqlalchemy import Engine, event

from clinic.app import create_app
from clinic.security.permissions import Role
from config import Settings
from tests.bench.asks import BLOCK, TIMES, WARM, Ask, of_floor, of_program
from tests.bench.register import Register
from tests.bench.served import Answer, Served, serve, signed_in

SAVED = ("save",)


@dataclass(frozen=True)
class Figure:
    """Milliseconds of one page and of its floor, by the clock and by the processor."""

    page: str
    patients: int
    median: float
    p95: float
    floor: float
    floor_p95: float
    cpu: float
    floor_cpu: float
    rows: int

    @property
    def ratio(self) -> float:
        """How many times the floor, by the clock."""
        return self.median / self.floor

    @property
    def cpu_ratio(self) -> float:
        """How many times the floor, by the processor: what a busy machine does not change."""
        return self.cpu / self.floor_cpu

    def told(self) -> dict[str, float | int | str]:
        """For the file."""
        return asdict(self) | {"ratio": round(self.ratio, 2), "cpu_ratio": round(self.cpu_ratio, 2)}


def settings(register: Register) -> Settings:
    """The program's settings over a register."""
    return Settings(register.url, "bench" * 8, register.path.parent, secure_cookies=False)


def figure(page: str, patients: int, ask: Ask, bare: Ask) -> Figure:
    """Medians and 95th percentiles after a warm-up.

    Page and floor take turns of ten, so that load troubles both alike and neither begins cold each time.
    """
    for one in (ask, bare):
        for number in range(WARM):
            one(number)
    answers: list[Answer] = []
    floors: list[Answer] = []
    for first in range(WARM, WARM + TIMES, BLOCK):
        for one, kept in ((ask, answers), (bare, floors)):
            kept.extend(one(number) for number in range(first, first + BLOCK))
    refused = [one for one in answers if one.status not in ((302, 303) if page in SAVED else (200, 303))]
    if refused:
        raise SystemExit(f"{page} answered {refused[0].status}: {refused[0].body[:400]}")
    return Figure(
        page, patients, *spread([one.ms for one in answers]), *spread([one.ms for one in floors]),
        middle(answers), middle(floors), len(re.findall(r"<tr", answers[-1].body)),
    )  # fmt: skip


def spread(times: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(times), sorted(times)[int(len(times) * 0.95)]


def middle(answers: Sequence[Answer]) -> float:
    """Median of what the processor spent."""
    return statistics.median(one.cpu_ms for one in answers)


@contextmanager
def served(app: Flask, register: Register) -> Iterator[Served]:
    """The program over a register, with one worker, asked by a nurse."""
    environment = {
        "CLINIC_SECRET_KEY": settings(register).secret_key, "DATABASE_URL": register.url, "CLINIC_DEMO": "0",
        "CLINIC_INSTANCE": str(register.path.parent), "CLINIC_SECURE_COOKIES": "0", "CLINIC_MOST_A_MINUTE": "0",
    }  # fmt: skip
    with serve("clinic.wsgi:application()", **environment) as clinic:
        clinic.cookie = signed_in(app, register.url, Role.NURSE)
        yield clinic


def measure(register: Register) -> tuple[list[Figure], float]:
    """Every page of a register beside its floor, and the worker's peak memory in MB."""
    app = create_app(settings(register))
    with (
        served(app, register) as nurse,
        serve("tests.bench.floor:application()", BENCH_FLOOR=str(register.path)) as floor,
    ):
        doctor = nurse.beside(signed_in(app, register.url, Role.DOCTOR))
        bare = of_floor(floor, register)
        figures = [
            figure(page, register.patients, ask, bare[page])
            for page, ask in of_program(app, nurse, doctor, register).items()
        ]
        peak = nurse.peak_mb()
    app.extensions["engine"].dispose()
    return figures, peak


def queries(register: Register) -> dict[str, int]:
    """Statements a request, with one control and with two hundred on the record."""
    app = create_app(settings(register))
    engine: Engine = app.extensions["engine"]
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            counted.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    with app.test_request_context():
        wanted = {"worklist": (Role.NURSE, app.url_for("worklists.index"))}
        for controls, patient in ((1, register.one_control), (200, register.many_controls)):
            wanted[f"record, {controls} controls"] = (Role.NURSE, app.url_for("patients.record", patient_id=patient))
            wanted[f"review, {controls} controls"] = (Role.DOCTOR, app.url_for("reviews.new", patient_id=patient))
    found = {}
    for page, (role, path) in wanted.items():
        client = app.test_client()
        name, value = signed_in(app, register.url, role).split("=", 1)
        client.set_cookie(name, value, domain="localhost")
        client.get(path)
        counted.clear()
        assert client.get(path).status_code == 200
        found[page] = len(counted)
    engine.dispose()
    return found
