"""What may be told of one made-up patient: each method adds a fact with the envelope of the day it was recorded."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.orm import Session

from clinic.domain.calendar import add_months
from clinic.services import facts
from clinic.services.work import Actor, Work
from clinic.store.base import Fact
from clinic.store.controls import Agreement, Control
from clinic.store.patients import Glucocorticoid, Patient
from clinic.store.reviews import AlertNote, Review, Waiver
from clinic.store.scans import Fracture, Lab, Scan, ScanValue, SpineImage
from clinic.store.treatments import Course, CourseStop, Dose, Pause

F = TypeVar("F", bound=Fact)
TABLETS = ("alendronic_acid", "risedronic_acid", "ibandronic_acid_oral")
SITES = {"lumbar_spine": 1047, "total_hip": 942, "femoral_neck": 858}


@dataclass
class Cast:
    """Who acts in the stories."""

    nurse: Actor
    doctor: Actor
    secretary: Actor
    works: dict[int, Work] = field(default_factory=dict, init=False)
    """One unit of work for each: every new one would listen to the session's flushes."""


class Asked(NamedTuple):
    """A letter that the story asks for."""

    day: date
    about: str
    about_on: date
    fact_id: int
    state: str


@dataclass
class Story:
    """One patient and the clinic's dates around her; `height` in mm, `weight` in g."""

    session: Session
    patient: Patient
    cast: Cast
    rng: random.Random
    today: date
    height: int = 1640
    weight: int = 66000
    tokens: int = 0
    running: Course | None = field(default=None)
    letters: list[Asked] = field(default_factory=list)

    def on(self, day: date, who: Actor) -> Work:
        """A unit of work of that day, at ten in the morning."""
        day = min(day, self.today)
        work = self.cast.works.get(who.id) or Work(self.session, who, datetime.combine(day, time(9)), day)
        work.now, work.today = datetime.combine(day, time(9)), day
        self.cast.works[who.id] = work
        return work

    def ago(self, months: int, days: int = 0) -> date:
        """The day so many months and days before today."""
        return add_months(self.today, -months) - timedelta(days=days)

    def tell(self, fact: F, day: date, who: Actor | None = None) -> F:
        """Record a fact on the day it became known."""
        facts.stamp(self.on(day, who or self.cast.nurse), fact, self.patient.id)
        return fact

    def token(self) -> str:
        """One form is one fact."""
        self.tokens += 1
        return f"demo-{self.patient.number}-{self.tokens}"

    def course(self, drug: str, start: date, years: str | None = "5", **more: Any) -> Course:
        """A course from that day."""
        planned = Decimal(years) if years else None
        self.patient.prescriber = "huisarts" if drug in TABLETS else "internist"
        more.setdefault("indication", "osteoporose")
        row = Course(drug=drug, started_on=start, planned_years=planned, **more)
        row.start_precision = more.get("start_precision", "day")
        row.controls_by = more.get("controls_by", "clinic")
        self.running = self.tell(row, start, self.cast.doctor)
        self.session.flush()
        return row

    def current(self) -> Course:
        """The course the story is at."""
        assert self.running is not None
        return self.running

    def stop(self, day: date, reason: str) -> None:
        """The course ends."""
        self.tell(CourseStop(course_id=self.current().id, stopped_on=day, reason=reason), day, self.cast.doctor)

    def pause(self, start: date, until: date | None, why: str) -> None:
        """The course is interrupted."""
        row = Pause(course_id=self.current().id, from_on=start, until_on=until, counts=False, reason=why)
        self.tell(row, until or start)

    def dose(self, day: date, place: str = "Dagbehandeling") -> None:
        """An infusion or injection."""
        self.tell(Dose(course_id=self.current().id, on_date=day, place=place, given_by="verpleegkundige"), day)

    def control(self, day: date, letter: str | None = "sent", **more: Any) -> Control:
        """A control with the usual answers; `letter` is the state of the letter about it."""
        self.weight += self.rng.randint(-6, 6) * 100
        answers: dict[str, Any] = {
            "kind": "clinic", "heights_mm": [self.height] * 3, "height_mm": self.height, "weight_g": self.weight,
            "intake_fasting": True, "intake_water": True, "intake_wait": True, "intake_upright": True,
            "missed_doses": self.rng.choice((0, 0, 0, 1, 1, 2)), "doubts": False, "symptoms": {}, "side_effects": {},
            "falls": self.rng.choice((0, 0, 0, 1)), "note_in_letter": False, "form_token": self.token(),
        } | more  # fmt: skip
        row = self.tell(Control(on_date=day, **answers), day)
        if letter and day >= self.patient.registered_on:
            self.session.flush()
            self.letter("control", day, letter, row.id)
        return row

    def yearly(self, start: date, last: date | None = None) -> None:
        """The early control and a control each year up to `last`, on time."""
        day, years = add_months(start, 3), 0
        while day <= (last or self.today):
            self.control(day + timedelta(days=self.rng.randint(0, 5)))
            years += 1
            day = add_months(start, 12 * years)

    def scan(
        self, day: date, t: str, device: str = "Hologic Horizon A", received: int | None = 10, **more: str
    ) -> None:
        """A DXA with the same T-score at three sites unless told otherwise; received after so many days."""
        arrived = None if received is None else day + timedelta(days=received)
        row = Scan(requested_on=day - timedelta(days=30), made_on=day, received_on=arrived, device=device)
        if arrived is not None:
            row.discussed_on = arrived
            for site, normal in SITES.items():
                score = Decimal(more.get(site, t))
                bmd = normal + int(score * 120)
                row.sites.append(ScanValue(site=site, bmd_mg_cm2=bmd, t_score=score))
        self.tell(row, arrived or day)
        if arrived is not None and arrived >= self.patient.registered_on:
            self.session.flush()
            self.letter("dxa", arrived, "sent", row.id, about_on=day)

    def image(self, day: date, findings: list[dict[str, Any]] | None = None) -> None:
        """A spine image."""
        self.tell(SpineImage(on_date=day, technique="vfa", new_fracture=bool(findings), findings=findings or []), day)

    def fracture(self, day: date, site: str, known: date | None = None) -> None:
        """A fracture from a fall at standing height."""
        self.tell(Fracture(on_date=day, precision="day", site=site, low_energy=True), known or day)

    def lab(self, day: date, creatinine: int = 74) -> None:
        """Blood results."""
        self.tell(
            Lab(on_date=day, creatinine_umol_l=creatinine, calcium_mmol_l=Decimal("2.36"), vitamin_d_nmol_l=68), day
        )

    def prednisone(self, start: date, mg: str) -> None:
        """Glucocorticoids since then."""
        self.tell(Glucocorticoid(from_on=start, until_on=None, mg_per_day=Decimal(mg)), start)

    def agree(self, what: str, day: date, made: date, why: str) -> None:
        """Something agreed with the patient."""
        self.tell(Agreement(what=what, on_date=day, made_on=made, why=why), made)

    def review(self, day: date, outcome: str, **more: Any) -> None:
        """A signed review."""
        row = Review(
            on_date=day, course_id=self.running.id if self.running else None, outcome=outcome,
            reason=more.pop("reason", "Besproken met patiënt."), signed_function="internist",
            prescriber="internist", seen={}, form_token=self.token(), **more,
        )  # fmt: skip
        self.tell(row, day, self.cast.doctor)
        self.session.flush()
        self.letter("review", day, "sent", row.id)

    def note(self, alert: str, day: date, text: str) -> None:
        """A doctor's note on an alert."""
        self.tell(AlertNote(alert=alert, on_date=day, text=text), day, self.cast.doctor)

    def waive(self, code: str, due: date, day: date, reason: str) -> None:
        """A doctor lets an item lapse."""
        self.tell(Waiver(code=code, due_on=due, on_date=day, reason=reason), day, self.cast.doctor)

    def letter(self, about: str, day: date, state: str, fact: int, about_on: date | None = None) -> None:
        """The letter about a fact will be in that state."""
        self.letters.append(Asked(day, about, about_on or day, fact, state))
