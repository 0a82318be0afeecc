"""The end of a treatment that was recorded by itself, without a signed review: its facts and its words."""

from __future__ import annotations

from collections.abc import Sequence

from clinic.domain.vocabulary import StopReason
from clinic.letters.asked import capital, lies_ahead, stop_reason
from clinic.letters.dutch import drug_name, since_about, within
from clinic.letters.results import plain
from clinic.store.base import Json
from clinic.store.treatments import Course, CourseStop


def ended(row: CourseStop, courses: Sequence[Course]) -> Json:
    """The drug, when and why it ends, of a switch what begins in its place, and whether the same was begun again."""
    drug = next(x.drug for x in courses if x.id == row.course_id)
    later = [x for x in courses if x.started_on >= row.stopped_on and x.id != row.course_id]
    switched = row.reason == StopReason.SWITCH
    after = min(later, key=lambda x: x.started_on, default=None) if switched else None
    told = {
        "drug": drug,
        "on": row.stopped_on.isoformat(),
        "precision": row.stop_precision,
        "reason": row.reason,
        "explanation": within(row.explanation),
        "next_drug": after.drug if after else None,
        "next_on": after.started_on.isoformat() if after else None,
        "next_years": plain(after.planned_years) if after else None,
    }
    return told | ({"again": True} if any(x.drug == drug for x in later) else {})


def decision(stop: Json, facts: Json) -> str:
    """What ended or will end and why, or what it gives way to."""
    when, drug = since_about(stop["on"], stop["precision"]), drug_name(stop["drug"])
    if stop["next_drug"]:
        verb = "wordt {} vervangen door {}" if lies_ahead(stop, facts) else "is {} vervangen door {}"
        why = f" ({stop['explanation']})" if stop["explanation"] else ""
        return f"{capital(when)} {verb.format(drug, drug_name(stop['next_drug']))}{why}."
    verb = "wordt gestopt" if lies_ahead(stop, facts) else "is gestopt"
    return f"{capital(drug)} {verb} {when} ({stop_reason(stop)})."


def told_here(stopped: Json, facts: Json) -> bool:
    """Whether the letter itself is about the end of her last treatment, which need not be said again."""
    told = ((stop["drug"], stop["on"]) for stop in facts.get("stops", ()))
    return (stopped["drug"], stopped["stopped_on"]) in told
