"""One made-up patient of the large clinic, as rows and as the record the rules see, from the same facts."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from clinic.demo.people import Person
from clinic.demo.stage import Cast
from clinic.demo.story import SITES
from clinic.domain import record as domain
from clinic.domain.calendar import add_months, add_working_days
from clinic.domain.vocabulary import Drug, LetterAbout, ScanSite, Sex
from clinic.letters.render import TO_GP
from clinic.services.names import keys, sort_key
from clinic.store.patients import Patient

Row = dict[str, Any]
DRUGS = (Drug.ALENDRONIC_ACID, Drug.RISEDRONIC_ACID, Drug.IBANDRONIC_ACID_ORAL)
ENVELOPE: Row = {
    "on_behalf_of": None, "change_reason": None, "voided_at": None, "voided_by": None, "void_reason": None,
    "stands": True, "supersedes_id": None,
}  # fmt: skip
ANSWERS: Row = {
    "kind": "clinic", "intake_fasting": True, "intake_water": True, "intake_wait": True, "intake_upright": True,
    "doubts": False, "side_effects": {}, "symptoms": {}, "falls": 0, "note_in_letter": False,
}  # fmt: skip
ANSWERED = domain.Intake(fasting=True, water=True, upright=True)
DEVICE = "Hologic Horizon A"


@dataclass(slots=True)
class Maker:
    """Where numbers come from, and the rows by table."""

    today: date
    cast: Cast
    gps: list[int]
    next_id: Callable[[str], int]
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, row: Row) -> Row:
        """A row for the next insert."""
        self.rows.setdefault(table, []).append(row)
        return row

    def fact(self, table: str, patient_id: int, day: date, **columns: Any) -> int:
        """A fact with the envelope of the day it was recorded; its id."""
        number = self.next_id(table)
        at = datetime.combine(day, time(9))
        row = {"id": number, "patient_id": patient_id, "recorded_at": at, "recorded_by": self.cast.nurse.id}
        self.add(table, row | ENVELOPE | columns)
        return number


def patient(maker: Maker, rng: random.Random, who: Person, number: str, bsn: str | None) -> tuple[int, domain.Record]:
    """A woman or man of five years' history; the id and the record."""
    start = maker.today - timedelta(days=rng.randint(20, 5 * 365 + 120))
    patient_id = register(maker, rng, who, number, bsn, start - timedelta(days=14))
    drug, years = rng.choices(DRUGS, (7, 3, 1))[0], Decimal(rng.choices((5, 10), (4, 1))[0])
    maker.fact(
        "courses", patient_id, start, drug=drug.value, dose=None, schedule=None, started_on=start,
        start_precision="day", start_source=None, planned_years=years, planned_years_reason=None, indication=None,
        controls_by="clinic",
    )  # fmt: skip
    scan = dxa(maker, rng, patient_id, start - timedelta(days=30))
    told = controls(maker, rng, patient_id, who, start)
    person = domain.Patient(Sex(who.sex), who.birth_date, start - timedelta(days=14))
    course = domain.Course(drug, start, years)
    letters = tuple(letter(maker, patient_id, control.on, row) for control, row in told)
    return patient_id, domain.Record(
        person, courses=(course,), controls=tuple(control for control, _ in told), scans=(scan,), letters=letters
    )


def register(maker: Maker, rng: random.Random, who: Person, number: str, bsn: str | None, day: date) -> int:
    """The row of a person, with search keys."""
    name = {slot: getattr(who, slot) for slot in who.__slots__}
    as_row = Patient(**name)
    patient_id = maker.next_id("patients")
    maker.add(
        "patients",
        name
        | {
            "id": patient_id, "number": number, "bsn": bsn, "no_bsn_because": None if bsn else "Testnummers op",
            "sort_key": sort_key(as_row), "birth_precision": "day", "gp_id": rng.choice(maker.gps),
            "status": "active", "registered_on": day, "needs_wheelchair": False, "hard_of_hearing": False,
            "nothing_planned": False, "facts_version": 1, "version": 1,
        },
    )  # fmt: skip
    for key in keys(as_row):
        maker.add("patient_names", {"patient_id": patient_id, "key": key})
    return patient_id


def dxa(maker: Maker, rng: random.Random, patient_id: int, day: date) -> domain.Scan:
    """A DXA before the start."""
    score = Decimal(rng.randint(-34, -15)) / 10
    scan_id = maker.fact(
        "scans", patient_id, day, requested_on=day, booked_on=None, made_on=day, received_on=day, discussed_on=day,
        device=DEVICE,
    )  # fmt: skip
    sites = {}
    for site, normal in SITES.items():
        bmd = normal + int(score * 120)
        maker.add("scan_values", {"scan_id": scan_id, "site": site, "bmd_mg_cm2": bmd, "t_score": score})
        sites[ScanSite(site)] = domain.ScanSiteValue(bmd, score)
    return domain.Scan(day, day, DEVICE, sites)


def controls(
    maker: Maker, rng: random.Random, patient_id: int, who: Person, start: date
) -> list[tuple[domain.Control, int]]:
    """The early control and one a year, a little late or missed now and then; heights in mm, weights in g."""
    height, weight = (1720 if who.sex == "male" else 1620) + rng.randint(-80, 80), rng.randint(520, 880) * 100
    told = []
    day, years = add_months(start, 3), 0
    while day <= maker.today:
        seen = day + timedelta(days=rng.randint(0, 20))
        if seen <= maker.today and rng.random() > 0.06:
            weight, height = weight + rng.randint(-12, 12) * 100, height - rng.choice((0, 0, 0, 1, 2))
            missed = rng.choice((0, 0, 0, 1, 1, 2))
            row = maker.fact(
                "controls", patient_id, seen, on_date=seen, heights_mm=[height], height_mm=height, weight_g=weight,
                missed_doses=missed, form_token=f"demo-bulk-{patient_id}-{years}", **ANSWERS,
            )  # fmt: skip
            control = domain.Control(seen, height_mm=height, weight_g=weight, missed_doses=missed, intake=ANSWERED)
            told.append((control, row))
        years += 1
        day = add_months(start, 12 * years)
    return told


def letter(maker: Maker, patient_id: int, day: date, fact_id: int) -> domain.Letter:
    """The letter about a control: sent with facts and hash, without a page; one of the last days still waits."""
    letter_id = maker.next_id("letters")
    sent_on = min(day + timedelta(days=2), maker.today)
    body = f"Controle {day:%d-%m-%Y}, brief {letter_id}."
    at = datetime.combine(sent_on, time(9))
    maker.add(
        "letters",
        {
            "id": letter_id, "reference": f"B{day:%Y}-{letter_id:07d}", "patient_id": patient_id, "kind": "gp",
            "state": "sent", "due_on": add_working_days(day, 5), "template": TO_GP,
            "facts": {"on": day.isoformat()}, "text": body, "text_sha256": digest(body), "drafted_at": at,
            "drafted_by": maker.cast.nurse.id, "authorised_at": at, "authorised_by": maker.cast.doctor.id,
            "channel": "post", "envelope": {"to": "huisarts"}, "envelope_sha256": digest("huisarts"),
            "queued_at": at, "sent_on": sent_on, "sent_at": at, "version": 1,
        },
    )  # fmt: skip
    maker.add(
        "letter_subjects",
        {"letter_id": letter_id, "about": "control", "about_on": day, "fact_id": fact_id, "patient_id": patient_id},
    )
    return domain.Letter(LetterAbout.CONTROL, day, sent_on)


def digest(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain_person(who: Person, number: int) -> Person:
    """In a clinic of a hundred thousand the initials tell people apart."""
    return replace(who, initials=f"{who.initials}{chr(65 + number % 26)}.")
