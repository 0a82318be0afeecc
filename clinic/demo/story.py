"""What may be told of one made-up patient: each method is an act of a service, done on its day when she is told."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from clinic.demo import post
from clinic.demo.stage import Stage, surely
from clinic.domain.calendar import add_months
from clinic.domain.decision import Decision
from clinic.domain.protocol import DEFAULT, ORAL
from clinic.domain.vocabulary import (
    AgreementWhat,
    AlarmOutcome,
    AlertCode,
    ControlKind,
    ControlsBy,
    Drug,
    FractureSite,
    MissingFact,
    PatientStatus,
    ReviewOutcome,
    ScanSite,
    StartPrecision,
    StopReason,
    Symptom,
)
from clinic.security.audit import Action
from clinic.services import (
    controls,
    doses,
    findings,
    glucocorticoids,
    leaving,
    notes,
    overrides,
    patient_status,
    patients,
    pauses,
    reviews,
    scans,
    treatments,
)
from clinic.services.controls import ALWAYS_ASKED, Agreed, SaveControl
from clinic.services.leaving import CHOICES
from clinic.services.patients import PatientDetails
from clinic.services.scans import SaveScan, Site
from clinic.services.treatments import StartCourse, StopCourse
from clinic.services.work import Actor, Work
from clinic.store.patients import Patient

SITES = {ScanSite.LUMBAR_SPINE: 1047, ScanSite.TOTAL_HIP: 942, ScanSite.FEMORAL_NECK: 858}
INTAKE = {"fasting": True, "water": True, "wait": True, "upright": True}
NEXT_DXA = {ReviewOutcome.CONTINUE: 54, ReviewOutcome.POSTPONE: 1}  # months ahead; after any other outcome 24


class Act(NamedTuple):
    """Something that somebody does on a day; `number` keeps the order of the story within a day."""

    day: date
    number: int
    who: Actor
    run: Callable[[Work], object]


@dataclass
class Begun:
    """A course or pause that the story speaks of before it is told."""

    drug: str = ""
    id: int = 0


@dataclass
class Story:
    """One patient and the clinic's dates around her; `height` in mm, `weight` in g."""

    stage: Stage
    details: PatientDetails
    rng: random.Random
    height: int = 1640
    weight: int = 66000
    patient_id: int = 0
    tokens: int = 0
    running: Begun = field(default_factory=Begun)
    acts: list[Act] = field(default_factory=list)

    def tell(self) -> int:
        """Register her and let everything happen, day after day; her id."""
        referred = self.details.registered_on
        work = self.stage.on(referred, self.stage.cast.secretary)
        self.patient_id = patients.register(work, patients.Register(self.details, anyway=True)).id
        for act in sorted(self.acts):
            act.run(self.stage.on(max(act.day, referred), act.who))
        return self.patient_id

    def act(self, day: date, who: Actor, run: Callable[[Work], object]) -> None:
        """Something more to tell; what was before she was referred is told at her referral."""
        self.acts.append(Act(day, len(self.acts), who, run))

    @property
    def today(self) -> date:
        """The day on which the demo is loaded."""
        return self.stage.today

    def ago(self, months: int, days: int = 0) -> date:
        """The day so many months and days before today."""
        return add_months(self.today, -months) - timedelta(days=days)

    def token(self) -> str:
        """One form is one fact."""
        self.tokens += 1
        return f"demo-{self.details.number}-{self.tokens}"

    def describe(self, **fields: Any) -> None:
        """What is written of her at her registration."""
        self.details = replace(self.details, **fields)

    def redescribe(self, day: date, **fields: Any) -> None:
        """What is written of her changes on a day."""

        def run(work: Work) -> object:
            seen = patients.fingerprint(work, work.session.get_one(Patient, self.patient_id))
            details = replace(self.details, **fields)
            return patients.change(work, patients.Change(self.patient_id, details, seen))

        self.act(day, self.stage.cast.secretary, run)

    def course(self, drug: str, start: date, years: str | None = "5", **more: Any) -> None:
        """A course from that day."""
        begun = self.running = Begun(drug)
        precision = StartPrecision(more.pop("start_precision", "day"))
        controls_by = ControlsBy(more.pop("controls_by", "clinic"))
        cast, proposed = self.stage.cast, more.pop("proposed", False)
        more.setdefault("indication", "osteoporose")
        self.describe(prescriber="huisarts" if drug in ORAL else "internist")

        def run(work: Work) -> None:
            planned = Decimal(years) if years else None
            begun.id = treatments.start(
                work,
                StartCourse(
                    self.patient_id, Drug(drug), start, precision, planned_years=planned, controls_by=controls_by,
                    doctor_id=cast.doctor.id if proposed else None, **more,
                ),
            )  # fmt: skip

        self.act(start, cast.nurse if proposed else cast.doctor, run)

    def stop(self, day: date, reason: str) -> None:
        """The course ends, and the GP hears of it."""

        def run(work: Work, course: Begun = self.running) -> None:
            treatments.stop(work, StopCourse(self.patient_id, course.id, day, StopReason(reason)))
            post.write(self.stage, self.patient_id, day, "sent")

        self.act(day, self.stage.cast.doctor, run)

    def pause(self, start: date, until: date | None, why: str) -> None:
        """The course is interrupted, and taken up again."""
        course, begun = self.running, Begun()

        def interrupt(work: Work) -> None:
            begun.id = pauses.pause(work, pauses.PauseCourse(self.patient_id, course.id, start, why=why))

        def resume(work: Work) -> object:
            ended = pauses.PauseCourse(self.patient_id, course.id, start, until, why=why)
            return pauses.correct_pause(work, begun.id, ended, "")

        self.act(start, self.stage.cast.nurse, interrupt)
        if until is not None:
            self.act(until, self.stage.cast.nurse, resume)

    def looked_at(self, day: date) -> None:
        """A doctor opened the record."""

        def run(work: Work) -> None:
            work.note(Action.PATIENT_OPENED, self.patient_id)
            work.commit()

        self.act(day, self.stage.cast.doctor, run)

    def dose(self, day: date, place: str = "Dagbehandeling") -> None:
        """An infusion or injection."""
        course = self.running

        def run(work: Work) -> object:
            return doses.give(work, doses.GiveDose(self.patient_id, course.id, day, place, "verpleegkundige"))

        self.act(day, self.stage.cast.nurse, run)

    def control(self, day: date, letter: str = "sent", by: Actor | None = None, **more: Any) -> None:
        """A control with the usual answers; `letter` is the state of the letter about it."""
        self.weight += self.rng.randint(-6, 6) * 100
        missed = self.rng.choice((0, 0, 0, 1, 1, 2))
        falls = self.rng.choice((0, 0, 0, 1))
        swallowed = {"intake": INTAKE, "missed_doses": missed} if self.running.drug in ORAL else {}
        answers = {
            "heights_mm": (self.height,) * 3, "weight_g": self.weight, "doubts": False, **swallowed,
            "symptoms": dict.fromkeys(ALWAYS_ASKED, False), "told": {"falls": falls}, "form_token": self.token(),
        }  # fmt: skip
        self.saved(day, letter, {"kind": ControlKind.CLINIC} | answers | more, by)

    def saved(self, day: date, letter: str, answers: dict[str, Any], by: Actor | None = None) -> None:
        """A control or contact with these answers alone, by the nurse or her colleague."""

        def run(work: Work) -> None:
            surely(controls.save, work, SaveControl(self.patient_id, day, **answers))
            post.write(self.stage, self.patient_id, day, letter)

        self.act(day, by or self.stage.cast.nurse, run)

    def agree(self, what: str, day: date, made: date, why: str) -> None:
        """Something agreed with the patient, at a contact in between."""
        agreed = (Agreed(AgreementWhat(what), day, why),)
        self.saved(made, "draft", {"kind": ControlKind.INTERIM, "form_token": self.token(), "agreed": agreed})

    def yearly(self, start: date, last: date | None = None) -> None:
        """The early control and a control each year up to `last`, on time."""
        day, years = add_months(start, 3), 0
        while day <= (last or self.today):
            seen = day + timedelta(days=self.rng.randint(0, 5))
            if seen <= self.today:
                self.control(seen)
            years += 1
            day = add_months(start, 12 * years)

    def scan(
        self, day: date, t: str, device: str = "Hologic Horizon A", received: int | None = 10, letter: str = "sent"
    ) -> None:
        """A DXA with the same T-score at three sites; received after so many days."""
        arrived = None if received is None else day + timedelta(days=received)
        token = self.token()
        score = Decimal(t)
        read = SITES if arrived else {}

        def run(work: Work) -> None:
            sites = {site: Site(normal + int(score * 120), score) for site, normal in read.items()}
            made = SaveScan(
                patient_id=self.patient_id, form_token=token, requested_on=day - timedelta(days=30), made_on=day,
                received_on=arrived, discussed_on=arrived, device=device, sites=sites,
            )  # fmt: skip
            surely(scans.save_scan, work, made)
            if arrived is not None:
                post.write(self.stage, self.patient_id, arrived, letter)

        self.act(arrived or day, self.stage.cast.nurse, run)

    def image(self, day: date) -> None:
        """A spine image without a new fracture."""
        self.result(findings.save_image, findings.SaveImage, day, on=day, technique="vfa", new_fracture=False)

    def fracture(self, day: date, site: str, known: date | None = None) -> None:
        """A fracture from a fall at standing height."""
        self.result(
            findings.save_fracture, findings.SaveFracture, known or day, on=day, precision=StartPrecision.DAY,
            site=FractureSite(site), low_energy=True,
        )  # fmt: skip

    def lab(self, day: date, creatinine: int = 74) -> None:
        """Blood results."""
        self.result(
            findings.save_lab, findings.SaveLab, day, on=day, creatinine=creatinine, calcium=Decimal("2.36"),
            vitamin_d=68,
        )  # fmt: skip

    def result(self, save: Callable[[Work, Any], int], command: type[Any], known: date, **said: Any) -> None:
        """A result, typed in on the day it became known."""
        token = self.token()

        def run(work: Work) -> object:
            return surely(save, work, command(patient_id=self.patient_id, form_token=token, **said))

        self.act(known, self.stage.cast.nurse, run)

    def prednisone(self, start: date, mg: str) -> None:
        """Glucocorticoids since then."""

        def run(work: Work) -> object:
            return glucocorticoids.save(work, glucocorticoids.SavePeriod(self.patient_id, Decimal(mg), start, None))

        self.act(start, self.stage.cast.nurse, run)

    def review(
        self, day: date, outcome: str, reason: str = "Besproken met patiënt.", letter: str = "sent", **details: Any
    ) -> None:
        """A signed review."""
        decision, token = Decision(ReviewOutcome(outcome), **details), self.token()
        dxa = add_months(day, NEXT_DXA.get(decision.outcome, 24))

        def run(work: Work) -> None:
            version = work.session.get_one(Patient, self.patient_id).facts_version
            signed = reviews.SignReview(
                self.patient_id, token, version, DEFAULT.name, decision, reason, next_control=add_months(day, 12),
                next_dxa=dxa, prescriber="internist", suffices=frozenset(MissingFact),
            )  # fmt: skip
            reviews.sign(work, signed)
            post.write(self.stage, self.patient_id, day, letter)

        self.act(day, self.stage.cast.doctor, run)

    def note(self, alert: Symptom, day: date, text: str) -> None:
        """A doctor's note on an alert."""

        def run(work: Work) -> object:
            seen = AlarmOutcome.SEEN_NO_ACTION
            return notes.note_alert(work, notes.NoteAlert(self.patient_id, AlertCode(alert), text, seen))

        self.act(day, self.stage.cast.doctor, run)

    def waive(self, code: str, due: date, day: date, reason: str) -> None:
        """A doctor lets an item lapse."""

        def run(work: Work) -> object:
            return notes.waive(work, notes.WaiveItem(self.patient_id, code, due, reason))

        self.act(day, self.stage.cast.doctor, run)

    def move(self, code: str, day: date, to: date, reason: str) -> None:
        """A doctor moves one date to another day."""

        def run(work: Work) -> object:
            it = next(one for one in overrides.movable(work, self.patient_id) if one.code == code)
            return overrides.move(work, overrides.MoveItem(self.patient_id, code, it.subject, it.due_on, to, reason))

        self.act(day, self.stage.cast.doctor, run)

    def leave(self, status: str, day: date, source: str | None = None, letter: str = "draft") -> None:
        """The clinic follows her no longer; `letter` is the state of the letter about the end."""

        def run(work: Work) -> None:
            patient = work.session.get_one(Patient, self.patient_id)
            left = patient_status.SetStatus(
                patient_id=self.patient_id,
                status=PatientStatus(status),
                seen=patient_status.fingerprint(patient),
                on=day,
                source=source or "zelf, telefonisch",
                birth_date=patient.birth_date,
                chosen={one.key: CHOICES[one.kind][0] for one in leaving.hanging(work, patient)},
            )
            patient_status.set_status(work, left)
            post.write(self.stage, self.patient_id, day, letter)

        self.act(day, self.stage.cast.secretary, run)
