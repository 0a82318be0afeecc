"""What is asked of the program and of the floor: each page that is measured, as a function of its turn."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

from flask import Flask

from tests.bench.register import Register
from tests.bench.served import Answer, Served

WARM, BLOCK, TIMES = 5, 10, 60
SAVED_BEFORE = 2 * (WARM + TIMES)  # patients whose control was not saved by another measurement
NAMES = ("jan", "de vri", "bakk", "visser", "mei", "berg")
Ask = Callable[[int], Answer]
# what a nurse types in a plain control
TYPED = {
    "kind": "clinic", "height_1": "162,4", "weight": "66,2", "missed_doses": "0", "confirm": "y",
    "symptom_swallowing_or_retrosternal": "no", "symptom_thigh_or_groin_pain": "no", "symptom_jaw_or_mouth": "no",
    "confirmed": "height_unusual=1624,height_changed=1624,weight_unusual=66200,weight_changed=66200",
}  # fmt: skip


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


def of_program(app: Flask, nurse: Served, doctor: Served, register: Register) -> dict[str, Ask]:
    """The pages of the program, each asked as whoever does that job; the save comes before the list after it."""
    with app.test_request_context():
        worklist, search = app.url_for("worklists.index"), app.url_for("patients.search")
        record = app.url_for("patients.record", patient_id=register.ten_years)
        review = app.url_for("reviews.new", patient_id=register.ten_years)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', nurse.ask("GET", "/").body)
    sent = {"csrf_token": token[1] if token else ""}

    def relisted(number: int) -> Answer:
        """The worklist right after a control was saved, when nothing that was read for it before holds any more."""
        save(app, nurse, register.seen[number + SAVED_BEFORE])
        return nurse.ask("GET", worklist)

    return {
        "worklist": lambda _number: nurse.ask("GET", worklist),
        "search": lambda number: nurse.ask("POST", search, sent | {"q": NAMES[number % len(NAMES)]}),
        "record": lambda _number: nurse.ask("GET", record),
        "review": lambda _number: doctor.ask("GET", review),
        "save": lambda number: save(app, nurse, register.seen[number]),
        "relisted": relisted,
    }


def save(app: Flask, nurse: Served, patient: int) -> Answer:
    """Saving a control: the form is fetched first and not timed; each time for another patient."""
    with app.test_request_context():
        form = app.url_for("controls.new", patient_id=patient)
        action = app.url_for("controls.save", patient_id=patient)
    reader = FormReader(action)
    reader.feed(nurse.ask("GET", form).body)
    return nurse.ask("POST", action, reader.fields | TYPED)


def of_floor(floor: Served, register: Register) -> dict[str, Ask]:
    """The same on the floor: a review rests on the facts of the record."""
    record = f"/record/{register.ten_years}"
    return {
        "worklist": lambda _number: floor.ask("GET", "/worklist"),
        "search": lambda number: floor.ask("POST", "/search", {"q": NAMES[number % len(NAMES)]}),
        "record": lambda _number: floor.ask("GET", record),
        "review": lambda _number: floor.ask("GET", record),
        "save": lambda number: floor.ask("POST", f"/save/{register.seen[-1 - number]}"),
        "relisted": lambda _number: floor.ask("GET", "/worklist"),
    }
