"""From a record to the facts of a letter: plain, frozen with it, and all that its sentences may draw on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from clinic.domain import bone
from clinic.domain.facts import Facts
from clinic.domain.protocol import Protocol
from clinic.domain.record import Course as KnownCourse
from clinic.domain.record import Record
from clinic.domain.treatment import open_pause, planned_end
from clinic.domain.vocabulary import LetterAbout, Symptom
from clinic.letters.dutch import within
from clinic.letters.handover import as_left, handover, items, left, recorded_end
from clinic.letters.kinds import kinds_of
from clinic.letters.results import labs, plain, scan
from clinic.letters.sentences import WORDS
from clinic.letters.stops import ended
from clinic.store.appointments import Appointment
from clinic.store.base import Json
from clinic.store.controls import INTAKE, Agreement, Control
from clinic.store.patients import Glucocorticoid
from clinic.store.reviews import Review
from clinic.store.scans import Fracture, Lab, Scan, SpineImage
from clinic.store.treatments import Course, CourseStop, Pause, row_of

TENTH = Decimal("0.1")
ALWAYS_ASKED = (Symptom.SWALLOWING_OR_RETROSTERNAL, Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a patient that stand."""

    courses: Sequence[Course] = ()
    stops: Sequence[CourseStop] = ()
    pauses: Sequence[Pause] = ()
    controls: Sequence[Control] = ()
    scans: Sequence[Scan] = ()
    images: Sequence[SpineImage] = ()
    fractures: Sequence[Fracture] = ()
    labs: Sequence[Lab] = ()
    glucocorticoids: Sequence[Glucocorticoid] = ()
    reviews: Sequence[Review] = ()
    agreements: Sequence[Agreement] = ()
    missed: Sequence[Appointment] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter is made from; `patient`, `recipient`, `clinic`, `people` and `replaces` are ready to be frozen."""

    on: date
    record: Record
    rows: Rows
    subjects: Sequence[tuple[LetterAbout, date, int | None]]
    patient: Json
    recipient: Json | None
    clinic: Json
    people: Json
    replaces: Sequence[Json] = field(default=())
    added: str = ""
    named: Sequence[Json] = field(default=())
    """What she still needed when she left, as far as somebody chose to say so in the letter."""
    edited: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, Json] = field(default_factory=dict)
    """The clinic's own words that hold, by kind of letter."""


def compose(told: Told, protocol: Protocol) -> Json:
    """The facts of the letter, as JSON can hold them; the same record gives the same facts.

    Of somebody who is no longer followed the treatment is that of the day on which she left.
    """
    facts = Facts(told.record, told.on)
    leaving = as_left(told.record, told.on)
    treated = leaving or facts
    found = {
        "words": WORDS,
        "on": told.on.isoformat(),
        "protocol": protocol.name,
        "patient": told.patient | {"prescriber": prescriber(told, treated)},
        "recipient": told.recipient,
        "clinic": told.clinic,
        "people": told.people,
        "replaces": list(told.replaces),
        "added": told.added,
        "edited": dict(told.edited),
        "controls": [control(row, told.rows, facts, protocol) for row in about(told, LetterAbout.CONTROL)],
        "scans": [scan(row, facts, protocol) for row in about(told, LetterAbout.DXA)],
        "reviews": [review(row, told.rows) for row in about(told, LetterAbout.REVIEW)],
        "starts": [started(row, told.rows) for row in about(told, LetterAbout.START)],
        "stops": [ended(row, told.rows.courses) for row in about(told, LetterAbout.STOP)],
        "no_shows": [no_show(row) for row in about(told, LetterAbout.NO_SHOW)],
        "ended": any(kind == LetterAbout.END for kind, _on, _id in told.subjects),
        "left": left(told.record),
        "named": list(told.named),
        "course": course(told.rows, treated, protocol),
        "stopped": stopped(told.rows, treated),
        "fractures": [fracture(row) for row in known(told.rows.fractures, told.on)],
        "image": latest(image(row) for row in known(told.rows.images, told.on)),
        "glucocorticoids": [gc(row) for row in told.rows.glucocorticoids if running(row, told.on)],
        "labs": labs(known(told.rows.labs, told.on)),
        "renal_limit": renal_limit(treated, protocol),
        "items": items(facts, protocol),
        "handover": handover(leaving, protocol),
        "untold": untold(told),
    }
    return found | {"blocks": [told.blocks[kind.code] for kind in kinds_of(found) if kind.code in told.blocks]}


def prescriber(told: Told, facts: Facts) -> str | None:
    """Who prescribes what she uses, as the last decision about it says, or else the record."""
    course = facts.last
    named = [
        review
        for review in told.rows.reviews
        if review.prescriber and course and (review.on_date >= course.started_on or review.next_drug == course.drug)
    ]
    last = max(named, key=lambda review: (review.on_date, review.id), default=None)
    return last.prescriber if last else told.patient["prescriber"]


def about(told: Told, kind: LetterAbout) -> list[Any]:
    """The rows of this kind that the letter tells of, oldest first."""
    wanted = [fact_id for found, _on, fact_id in told.subjects if found == kind]
    return [row for fact_id in wanted for row in tables(told.rows)[kind] if row.id == fact_id]


def tables(rows: Rows) -> dict[LetterAbout, Sequence[Any]]:
    """Where the facts are that a letter can tell of; of an end it is the patient herself."""
    return {
        LetterAbout.CONTROL: rows.controls,
        LetterAbout.DXA: rows.scans,
        LetterAbout.REVIEW: rows.reviews,
        LetterAbout.START: rows.courses,
        LetterAbout.STOP: rows.stops,
        LetterAbout.NO_SHOW: rows.missed,
    }


def untold(told: Told) -> list[str]:
    """The kinds of fact that this letter was begun for and that no longer stand."""
    standing = {(kind, row.id) for kind, rows in tables(told.rows).items() for row in rows}
    return [
        str(kind) for kind, _on, fact_id in told.subjects if kind != LetterAbout.END and (kind, fact_id) not in standing
    ]


def known(rows: Iterable[Any], on: date) -> list[Any]:
    """The facts of a day or before, oldest first; an image that was only asked for is none."""
    return sorted((row for row in rows if row.on_date and row.on_date <= on), key=lambda row: (row.on_date, row.id))


def latest(found: Iterable[Json]) -> Json | None:
    """The last of them, if any."""
    return next(reversed(list(found)), None)


def running(row: Glucocorticoid, on: date) -> bool:
    """Whether the period holds that day."""
    return row.from_on <= on and (row.until_on is None or row.until_on >= on)


def control(row: Control, rows: Rows, facts: Facts, protocol: Protocol) -> Json:
    """What was measured, answered and agreed at a control."""
    bmi = bone.bmi(row.weight_g, row.height_mm) if row.weight_g and row.height_mm else None
    used = Facts(facts.record, row.on_date).current
    return {
        "on": row.on_date.isoformat(),
        "kind": row.kind,
        "drug": str(used.drug) if used else None,
        "height_mm": row.height_mm,
        "height_not_measured": row.height_not_measured,
        "height_loss": height_loss(row, facts, protocol),
        "weight_g": row.weight_g,
        "weight_not_measured": row.weight_not_measured,
        "bmi": str(bmi.quantize(TENTH, ROUND_HALF_UP)) if bmi else None,
        "intake": {name: getattr(row, f"intake_{name}") for name in INTAKE},
        "missed_doses": row.missed_doses,
        "doubts": row.doubts,
        "side_effects": dict(row.side_effects),
        "symptoms": [{"code": code, **answer} for code, answer in row.symptoms.items() if answer.get("present")],
        "symptoms_denied": all(denied(row, symptom) for symptom in ALWAYS_ASKED),
        "unanswerable": row.unanswerable,
        "new_back_pain": row.new_back_pain,
        "percussion_pain": row.percussion_pain,
        "falls": row.falls,
        "note": row.note if row.note_in_letter else None,
        "agreed": [
            {"what": agreed.what, "on": agreed.on_date.isoformat(), "why": agreed.why}
            for agreed in rows.agreements
            if agreed.control_id == row.id
        ],
    }


def denied(row: Control, symptom: Symptom) -> bool:
    """Asked, and answered no."""
    answer = row.symptoms.get(str(symptom), {}).get("present")
    return answer is False


def height_loss(row: Control, facts: Facts, protocol: Protocol) -> Json | None:
    """Loss since the reference when this control has the last height and the loss is worth an alert."""
    loss = bone.height_loss(facts, protocol)
    if loss is None or loss.latest.on != row.on_date or loss.loss_mm < protocol.height_amber_mm:
        return None
    return {"mm": loss.loss_mm, "since": loss.reference.on.isoformat(), "limit_mm": protocol.height_red_mm}


def review(row: Review, rows: Rows) -> Json:
    """What a doctor decided and why."""
    return {
        "drug": decided_about(row, rows),
        "on": row.on_date.isoformat(),
        "outcome": row.outcome,
        "until": row.until_on.isoformat() if row.until_on else None,
        "effective": row.effective_on.isoformat() if row.effective_on else None,
        "stop_kind": row.stop_kind,
        "next_drug": row.next_drug,
        "next_years": plain(row.next_years),
        "reason": row.reason,
        "prescriber": row.prescriber,
    }


def decided_about(row: Review, rows: Rows) -> str | None:
    """The drug of a decision; when its course was corrected or voided since, the one that was used on that day."""
    if row.course_id is None:
        return None
    ended = {stop.course_id for stop in rows.stops if stop.stopped_on < row.on_date}
    used = [x for x in rows.courses if x.started_on < row.on_date and x.id not in ended]
    return next((x.drug for x in (*(x for x in rows.courses if x.id == row.course_id), *used)), None)


def started(row: Course, rows: Rows) -> Json:
    """The beginning of a treatment, and the drug that it took the place of on that day."""
    ended = [stop.course_id for stop in rows.stops if stop.stopped_on == row.started_on]
    return {
        "drug": row.drug,
        "dose": row.dose,
        "schedule": row.schedule,
        "on": row.started_on.isoformat(),
        "precision": row.start_precision,
        "years": plain(row.planned_years),
        "after": next((x.drug for x in rows.courses if x.id in ended and x.id != row.id), None),
    }


def no_show(row: Appointment) -> Json:
    """An appointment to which she did not come, and how often she was called since."""
    return {"on": row.on_date.isoformat(), "kind": row.kind, "attempts": row.attempts}


def course(rows: Rows, facts: Facts, protocol: Protocol) -> Json | None:
    """The drug that is used, with its planned end, the day of a stop that lies ahead, and interruptions."""
    current = facts.current
    if current is None:
        return None
    row = known_row(current, rows)
    paused = open_pause(current)
    return {
        "id": row.id,
        "drug": row.drug,
        "dose": row.dose,
        "schedule": row.schedule,
        "started_on": row.started_on.isoformat(),
        "precision": row.start_precision,
        "years": plain(row.planned_years),
        "end": planned_end(facts, current, protocol).on.isoformat(),
        "recorded_end": recorded_end(facts, current, protocol),
        "stops_on": next((x.stopped_on.isoformat() for x in rows.stops if x.course_id == row.id), None),
        "indication": row.indication,
        "controls_by": row.controls_by,
        "paused_since": paused.from_on.isoformat() if paused else None,
        "pauses": [pause(x) for x in rows.pauses if x.course_id == row.id and x.until_on is not None],
    }


def known_row(course: KnownCourse, rows: Rows) -> Course:
    """The row of a course that the rules know."""
    row = row_of(course, rows.courses, rows.stops)
    assert row is not None  # the rules' record is made of these rows
    return row


def pause(row: Pause) -> Json:
    """An interruption that has ended."""
    until = row.until_on or row.from_on
    return {
        "from": row.from_on.isoformat(),
        "until": until.isoformat(),
        "reason": within(row.reason),
        "counts": row.counts,
    }


def stopped(rows: Rows, facts: Facts) -> Json | None:
    """The last course when none is running: what it was, when and why it ended."""
    last = facts.last
    if facts.current is not None or last is None or last.stopped_on is None:
        return None
    row = known_row(last, rows)
    stop = next((x for x in rows.stops if x.course_id == row.id), None)
    return {
        "drug": row.drug,
        "started_on": row.started_on.isoformat(),
        "stopped_on": last.stopped_on.isoformat(),
        "precision": stop.stop_precision if stop else "day",
        "reason": str(last.stop_reason),
        "explanation": within(stop.explanation) if stop else None,
        "indication": row.indication,
    }


def fracture(row: Fracture) -> Json:
    """A fracture, as exact as it was recorded."""
    return {
        "on": row.on_date.isoformat(), "precision": row.precision, "site": row.site, "level": row.level,
        "genant": row.genant, "low_energy": row.low_energy,
    }  # fmt: skip


def image(row: SpineImage) -> Json:
    """A spine image and what was seen on it."""
    findings = [{"level": seen.get("level"), "genant": seen.get("genant")} for seen in row.findings]
    return {
        "on": row.on_date and row.on_date.isoformat(), "technique": row.technique, "new_fracture": row.new_fracture,
        "findings": findings,
    }  # fmt: skip


def gc(row: Glucocorticoid) -> Json:
    """Glucocorticoids in use, in mg prednisone equivalent a day."""
    return {"since": row.from_on.isoformat(), "mg": plain(row.mg_per_day)}


def renal_limit(facts: Facts, protocol: Protocol) -> int | None:
    """The creatinine clearance below which the drug asks for attention, the higher of its two limits."""
    limits = protocol.renal.get(facts.current.drug) if facts.current else None
    return next((limit for limit in limits or () if limit is not None), None)
