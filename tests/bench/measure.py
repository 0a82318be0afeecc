"""What is measured: each page beside its floor, queries a request, growth."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from html.parser import HTMLParser

from flask import Flask
from sqlalchemy import Engine, event

from clinic.app import create_app
from clinic.security.permissions import Role
from config import Settings
from tests.bench.register import Register
from tests.bench.served import Answer, Served, serve, signed_in

WARM, TIMES = 5, 60
SAVED_BEFORE = 2 * (WARM + TIMES)  # patients whose control was not saved by another measurement
NAMES = ("jan", "de vri", "bakk", "visser", "mei", "berg")
ENDPOINTS = {
    "worklist": "worklists.index", "search": "patients.search", "record": "patients.record", "save": "controls.save",
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """Milliseconds of one page and of its floor."""

    page: str
    patients: int
    median: float
    p95: float
    floor: float
    floor_p95: float
    rows: int

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.median / self.floor

    def told(self) -> dict[str, float | int | str]:
        """For the file."""
        return asdict(self) | {"ratio": round(self.ratio, 2)}


class FormReader(HTMLParser):
    """The fields of the form that saves, with what stands in them."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.fields = action, False, dict[str, str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = told.get("action", "").split("?")[0] == self.action
        kind = told.get("type", "text")
        if self.inside and tag == "input" and told.get("name") and kind not in ("radio", "checkbox", "submit"):
            self.fields[told["name"]] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def missing(app: Flask) -> list[str]:
    """Pages that this program does not serve."""
    return [page for page, endpoint in ENDPOINTS.items() if endpoint not in app.view_functions]


def settings(register: Register) -> Settings:
    """The program's settings over a register."""
    return Settings(register.url, "bench" * 8, register.path.parent, secure_cookies=False)


def paths(app: Flask, register: Register) -> dict[str, str]:
    """Where each page is."""
    with app.test_request_context():
        build = app.url_for
        found = {"worklist": lambda: build("worklists.index"), "search": lambda: build("patients.search"),
                 "record": lambda: build("patients.record", patient_id=register.ten_years)}  # fmt: skip
        return {page: path() for page, path in found.items() if page not in missing(app)}


def timed(ask: Callable[[int], Answer], accept: tuple[int, ...] = (200,)) -> tuple[float, float, int]:
    """Median and 95th percentile in milliseconds, after a warm-up, and the rows of the last page."""
    for number in range(WARM):
        ask(number)
    answers = [ask(number + WARM) for number in range(TIMES)]
    wrong = [answer for answer in answers if answer.status not in accept]
    if wrong:
        raise SystemExit(f"A measured page answered {wrong[0].status}: {wrong[0].body[:400]}")
    times = sorted(answer.ms for answer in answers)
    rows = len(re.findall(r"<tr", answers[-1].body))
    return statistics.median(times), times[int(len(times) * 0.95)], rows


def measure(register: Register) -> tuple[list[Figure], float]:
    """Every page of a register beside its floor, and the worker's peak memory in MB."""
    app = create_app(settings(register))
    environment = {
        "CLINIC_SECRET_KEY": settings(register).secret_key, "DATABASE_URL": register.url, "CLINIC_DEMO": "0",
        "CLINIC_INSTANCE": str(register.path.parent), "CLINIC_SECURE_COOKIES": "0",
    }  # fmt: skip
    figures = []
    with (
        serve("clinic.wsgi:application()", **environment) as clinic,
        serve("tests.bench.floor:application()", BENCH_FLOOR=str(register.path)) as floor,
    ):
        clinic.cookie = signed_in(app, register.url, Role.NURSE)
        asks = app_asks(app, clinic, register) | save_ask(app, clinic, register)
        asks |= relisted(asks)
        bare = floor_asks(floor, register)
        for page, ask in asks.items():
            median, p95, rows = timed(ask, (303, 302) if page == "save" else (200, 303))
            floor_median, floor_p95, _ = timed(bare[page])
            figures.append(Figure(page, register.patients, median, p95, floor_median, floor_p95, rows))
        peak = clinic.peak_mb()
    app.extensions["engine"].dispose()
    return figures, peak


def token_of(body: str) -> str:
    """The token against forged forms of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', body)
    return found[1] if found else ""


def app_asks(app: Flask, clinic: Served, register: Register) -> dict[str, Callable[[int], Answer]]:
    """The pages that read."""
    where = paths(app, register)
    token = token_of(clinic.ask("GET", "/").body)
    asks: dict[str, Callable[[int], Answer]] = {}
    if "worklist" in where:
        asks["worklist"] = lambda _number: clinic.ask("GET", where["worklist"])
    if "search" in where:
        asks["search"] = lambda number: clinic.ask(
            "POST", where["search"], {"q": NAMES[number % len(NAMES)], "csrf_token": token}
        )
    if "record" in where:
        asks["record"] = lambda _number: clinic.ask("GET", where["record"])
    return asks


def save_ask(app: Flask, clinic: Served, register: Register) -> dict[str, Callable[[int], Answer]]:
    """Saving a control: the form is fetched first and not timed; each time for another patient."""
    if "save" in missing(app):
        return {}

    def ask(number: int) -> Answer:
        patient = register.seen[number]
        with app.test_request_context():
            form = app.url_for("controls.new", patient_id=patient)
            action = app.url_for("controls.save", patient_id=patient)
        reader = FormReader(action)
        reader.feed(clinic.ask("GET", form).body)
        return clinic.ask("POST", action, reader.fields | answers())

    return {"save": ask}


def relisted(asks: dict[str, Callable[[int], Answer]]) -> dict[str, Callable[[int], Answer]]:
    """The worklist right after a control was saved, when nothing that was read for the page before holds any more."""

    def ask(number: int) -> Answer:
        asks["save"](number + SAVED_BEFORE)
        return asks["worklist"](number)

    return {"relisted": ask} if asks.keys() >= {"save", "worklist"} else {}


def answers() -> dict[str, str]:
    """What a nurse types in a plain control."""
    told = {
        "kind": "clinic", "height_1": "162,4", "weight": "66,2", "missed_doses": "0", "confirm": "y",
        "symptom_swallowing_or_retrosternal": "no", "symptom_thigh_or_groin_pain": "no", "symptom_jaw_or_mouth": "no",
        "confirmed": "height_unusual,height_changed,weight_unusual,weight_changed",
    }  # fmt: skip
    return told


def floor_asks(floor: Served, register: Register) -> dict[str, Callable[[int], Answer]]:
    """The same on the floor."""
    return {
        "worklist": lambda _number: floor.ask("GET", "/worklist"),
        "relisted": lambda _number: floor.ask("GET", "/worklist"),
        "search": lambda number: floor.ask("POST", "/search", {"q": NAMES[number % len(NAMES)]}),
        "record": lambda _number: floor.ask("GET", f"/record/{register.ten_years}"),
        "save": lambda number: floor.ask("POST", f"/save/{register.seen[-1 - number]}"),
    }


def queries(register: Register) -> dict[str, int]:
    """Statements a request, with one control and with two hundred on the record."""
    app = create_app(settings(register))
    engine: Engine = app.extensions["engine"]
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            counted.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    client = app.test_client()
    name, value = signed_in(app, register.url, Role.NURSE).split("=", 1)
    client.set_cookie(name, value, domain="localhost")
    found = {}
    where = paths(app, register)
    wanted = {"worklist": where.get("worklist")}
    if "record" in where:
        with app.test_request_context():
            wanted |= {
                f"record, {controls} controls": app.url_for("patients.record", patient_id=patient)
                for controls, patient in ((1, register.one_control), (200, register.many_controls))
            }
    for page, path in wanted.items():
        if path is not None:
            client.get(path)
            counted.clear()
            client.get(path)
            found[page] = len(counted)
    engine.dispose()
    return found
