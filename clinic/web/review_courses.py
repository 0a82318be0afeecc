"""Every treatment as a review needs it: from when to when, why it ended, what was interrupted, the days that count."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from clinic.domain import treatment as rules
from clinic.domain.protocol import BISPHOSPHONATES
from clinic.domain.record import Course
from clinic.domain.vocabulary import StopReason
from clinic.services.record import PatientRecord
from clinic.store.treatments import Course as CourseRow
from clinic.web.language import gettext as _
from clinic.web.presenters import as_known, day
from clinic.web.record_timeline import in_years, stop_day
from clinic.web.review_line import Line, Panel
from clinic.wording.labels import label


def treatments(found: PatientRecord, lang: str) -> Panel:
    """The treatments, latest first, with the net time on each bisphosphonate and on all of them."""
    exposed = rules.exposure(found.facts, found.protocol)
    by_drug = [f"{label(drug, lang)} {in_years(days)}" for drug, days in exposed.items()]
    sub = _("net years: %(parts)s", parts=", ".join(by_drug)) if by_drug else ""
    return Panel("treatments", _("Treatments"), tuple(lines(found, lang)), _("No course is recorded."), sub)


def lines(found: PatientRecord, lang: str) -> Iterator[Line]:
    """A line for each course."""
    rows = {row.started_on: row for row in found.rows[CourseRow] if row.stands}
    for course in reversed(found.facts.courses):
        row = rows[course.started_on]
        name = " ".join(part for part in (label(course.drug, lang), row.dose, row.schedule) if part)
        start = as_known(course.started_on, course.start_precision)
        until = stop_day(found, course) if course.stopped_on else _("still used")
        more = ", ".join(part for part in details(found, course, row, lang) if part)
        here = url_for("courses.index", patient_id=found.patient.id)
        yield Line(name[:1].upper() + name[1:], more, f"{start} – {until}", here)


def details(found: PatientRecord, course: Course, row: CourseRow, lang: str) -> Iterator[str]:
    """Why it ended, what it was for, the interruptions, and the days that count towards ten years."""
    if course.stop_reason is not None:
        yield label(StopReason(course.stop_reason), lang)
    yield row.indication or ""
    for pause in rules.pauses(course):
        until = day(pause.until_on) if pause.until_on else _("still open")
        counted = _("counted") if pause.counts else _("not counted")
        if pause.until_on is not None and (pause.until_on - pause.from_on).days <= found.protocol.pause_days:
            counted = _("missed doses")
        yield str(_("interrupted %(start)s – %(until)s (%(how)s)", start=day(pause.from_on), until=until, how=counted))
    if course.drug in BISPHOSPHONATES:
        days = rules.active_days(course, found.facts.on, found.protocol)
        yield str(_("net %(days)s days", days=days))
