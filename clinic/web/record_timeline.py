"""The treatment bar and the timeline of a record, drawn by `charts` from the facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from flask import url_for
from flask_babel import ngettext
from markupsafe import Markup

from clinic.domain import bone
from clinic.domain import treatment as rules
from clinic.domain.calendar import add_days
from clinic.domain.facts import Facts, Measured
from clinic.domain.protocol import BISPHOSPHONATES, Protocol
from clinic.domain.record import Course
from clinic.domain.vocabulary import FractureSite, ScanSite, StopReason
from clinic.services.record import PatientRecord
from clinic.store.controls import Control
from clinic.store.scans import Fracture as FractureRow
from clinic.store.treatments import Course as CourseRow
from clinic.store.treatments import CourseStop, Pause
from clinic.web import charts
from clinic.web.course_acts import bar_acts, course_acts
from clinic.web.course_form import shown_stop
from clinic.web.language import gettext as _
from clinic.web.presenters import as_known, cm, day, kg, number, plain, signed
from clinic.web.record_page import Act, ScoreKey, TimelinePanel, TreatmentPanel
from clinic.wording.labels import label

DAYS_OF_A_YEAR = Decimal("365.25")
SERIES = {
    ScanSite.LUMBAR_SPINE: ("s-lwk", "dot"),
    ScanSite.FEMORAL_NECK: ("s-hals", "square"),
    ScanSite.TOTAL_HIP: ("s-heup", "tri"),
}
Scores = dict[ScanSite, list[tuple[date, Decimal]]]


def known_until(facts: Facts, on: date) -> date:
    """The last day that the record tells of: today, or the day on which she left."""
    left = facts.patient.status_on
    return on if facts.active or left is None else min(on, left)


def drawn(course: Course, facts: Facts, protocol: Protocol, lang: str, on: date) -> charts.Course:
    """A course as the charts know it; who left has no planned end (S8)."""
    runs = facts.active and course is facts.current
    end = rules.planned_end(facts, course, protocol).on if runs else None
    until = course.stopped_on or known_until(facts, on)
    pauses = tuple(
        charts.Span(
            p.from_on, p.until_on or until, _("Pause %(days)s d", days=((p.until_on or until) - p.from_on).days)
        )
        for p in rules.pauses(course)
        if p.from_on <= until
    )
    name = label(course.drug, lang).capitalize()
    end_text = _("end %(month)s", month=end.strftime("%m-%Y")) if end else ""
    return charts.Course(name, course.started_on, until, end, end_text, pauses)


def treatment(found: PatientRecord, lang: str, on: date) -> TreatmentPanel | None:
    """The course that runs, or ran last, with its facts said in words."""
    facts = found.facts
    course = facts.current or facts.last
    if course is None:
        return None
    row = found.row_of(course)
    dose = " ".join(text for text in (row.dose, row.schedule) if text) if row else ""
    shape = drawn(course, facts, found.protocol, lang, on)
    words = bar_words(found, course, on)
    return TreatmentPanel(
        title=" ".join(part for part in (shape.drug, dose) if part),
        facts=tuple(words),
        bar=charts.treatment_bar(bar(found, course, shape, on, ", ".join(words), lang)),
        href=url_for("courses.index", patient_id=found.patient.id),
        acts=acts(found, course, row) if row else (),
    )


def acts(found: PatientRecord, course: Course, row: CourseRow) -> tuple[Act, ...]:
    """The buttons at the bar; at who is no longer followed only what corrects."""
    pauses = [pause for pause in found.rows[Pause] if pause.stands]
    if not found.facts.active:
        return course_acts(row, pauses, False)
    return bar_acts(row, pauses, course is found.facts.current)


def bar(found: PatientRecord, course: Course, shape: charts.Course, on: date, aria: str, lang: str) -> charts.Bar:
    """The bar of a course: until today, or until she left."""
    facts = found.facts
    until = known_until(facts, on)
    ten = rules.ten_years_on(facts, found.protocol) if facts.active and course.drug in BISPHOSPHONATES else None
    set_by = rules.planned_end(facts, course, found.protocol).set_by
    years = _("%(years)s years", years=plain(rules.years(course, found.protocol)))
    runs = facts.active and course.stopped_on is None
    return charts.Bar(
        course=replace(shape, end_text=_("End") if set_by else years),
        today=until,
        start_text=_("Start"),
        now_text=_("Today") if facts.active else label(facts.status, lang),
        now_more=elapsed(course.started_on, shape.until_on) if runs else "",
        aria=aria,
        far_on=ten if ten and ten > max(until, shape.end_on or until) else None,
        far_text=_("%(years)s years", years=10),
        far_more=_("on bisphosphonates"),
        start_on=as_known(course.started_on, course.start_precision),
    )


def elapsed(start: date, until: date) -> str:
    """Years and months between two days."""
    months = (until.year - start.year) * 12 + until.month - start.month - (until.day < start.day)
    years = ngettext("%(num)s year", "%(num)s years", months // 12)
    return str(
        _("%(years)s and %(months)s", years=years, months=ngettext("%(num)s month", "%(num)s months", months % 12))
    )


def bar_words(found: PatientRecord, course: Course, on: date) -> list[str]:
    """What the bar shows, in words: duration, pauses that moved the end, net exposure, ten years."""
    facts = found.facts
    said = [start_words(course)]
    if course.planned_years is None:
        said.append(_("duration not recorded before referral"))
    else:
        said.append(_("planned for %(years)s years", years=plain(course.planned_years)))
    if course.stopped_on is not None:
        said.append(_("stopped %(day)s", day=stop_day(found, course)))
    elif not facts.active:
        said.append(_("followed until %(day)s", day=day(known_until(facts, on))))
    else:
        said.extend(end_words(found, course))
    if course.drug in BISPHOSPHONATES:
        days = sum(rules.exposure(facts, found.protocol).values())
        said.append(_("net %(years)s years on bisphosphonates in all (%(days)s days)", years=in_years(days), days=days))
        ten = rules.ten_years_on(facts, found.protocol)
        if ten is not None and facts.active:
            said.append(_("10 years reached on %(day)s", day=day(ten)))
    return said


def start_words(course: Course) -> str:
    """When it started, as well as that is known, and from which day it is counted (D3)."""
    shown = as_known(course.started_on, course.start_precision)
    if not rules.is_estimated(course):
        return str(_("started %(day)s", day=shown))
    return str(_("started %(start)s; day not known, counted from %(day)s", start=shown, day=day(course.started_on)))


def stop_day(found: PatientRecord, course: Course) -> str:
    """When a course that ended was stopped, as well as that is known."""
    row = found.row_of(course)
    return shown_stop(next(x for x in found.rows[CourseStop] if x.stands and row and x.course_id == row.id))


def end_words(found: PatientRecord, course: Course) -> list[str]:
    """When a course that runs ends, and what moved that."""
    end = rules.planned_end(found.facts, course, found.protocol)
    said = [_("planned end %(day)s", day=day(end.on)), *ahead_words(found, course)]
    shift = rules.shift_days(course, found.protocol)
    if end.set_by is not None:  # C3: the decision takes the place of what pauses added
        said.append(_("by the decision of %(day)s", day=day(end.set_by.on)))
    elif shift:
        said.append(_("%(days)s days of pauses not counted, end that much later", days=shift))
    if rules.open_pause(course) is not None:
        said.append(_("paused now, so the end is provisional"))
    return said


def ahead_words(found: PatientRecord, course: Course) -> Iterator[str]:
    """That it stops, or makes way for another drug, on a day to come that is recorded already."""
    recorded = next(one for one in found.facts.record.courses if (one.drug, one.started_on) == key_of(course))
    if recorded.stopped_on is None:
        return
    switched = recorded.stop_reason == StopReason.SWITCH
    text = _("switches on %(day)s") if switched else _("stops on %(day)s")
    yield text % {"day": day(recorded.stopped_on)}


def key_of(course: Course) -> tuple[str, date]:
    """What tells a course from the others of a patient."""
    return course.drug, course.started_on


def in_years(days: int) -> str:
    """Days as years with one decimal: 4,9."""
    return number(Decimal(days) / DAYS_OF_A_YEAR, 1)


def timeline(found: PatientRecord, lang: str, on: date) -> TimelinePanel | None:
    """Treatment, T-scores, height, weight and events over one axis; the same as a table."""
    facts = found.facts
    heights, weights = bone.heights(facts), bone.weights(facts)
    scores = {site: scored(facts, site) for site in SERIES}
    events = [charts.Event(f.on, label(FractureSite(f.site), lang)) for f in facts.fractures]
    events += [charts.Event(on, text, "dot", "e-fall", f"{number}×") for on, number, text in falls(found)]
    days = [m.on for m in (*heights, *weights)] + [e.on for e in events] + [d for s in scores.values() for d, _v in s]
    if not days and not facts.courses:
        return None
    axis = charts.frame(
        on, days or [add_days(on, -365)], [drawn(c, facts, found.protocol, lang, on) for c in facts.courses]
    )
    series = [
        charts.Series(label(site, lang), tuple((d, float(v)) for d, v in scores[site]), css, shape)
        for site, (css, shape) in SERIES.items()
        if scores[site]
    ]
    keys, one_day = score_keys(scores, lang)
    loss = bone.height_loss(facts, found.protocol)
    lowered = loss is not None and loss.loss_mm >= found.protocol.height_amber_mm
    return TimelinePanel(
        axis=charts.axis_row(axis, _("Years")),
        courses=charts.course_row(axis, _("Treatment")),
        scores=charts.lines_row(axis, series, _("T-score (DXA)"), least=1.0, limit=-2.5),
        heights=measured(axis, heights, 10, _("Height"), " cm"),
        weights=measured(axis, weights, 1000, _("Weight"), " kg"),
        events=charts.events_row(axis, events, _("Fractures, falls")),
        keys=keys,
        scores_on=one_day,
        height=f"{cm(heights[-1].value)} cm" if heights else "",
        height_note=_("−%(cm)s cm since %(day)s", cm=cm(loss.loss_mm), day=day(loss.reference.on))
        if loss and lowered
        else "",
        height_kind="late" if loss and loss.loss_mm >= found.protocol.height_red_mm else "soon",
        weight=f"{kg(weights[-1].value)} kg" if weights else "",
        bmi=f"BMI {number(bone.bmi(weights[-1].value, heights[-1].value))}" if heights and weights else "",
        table=table(found, scores, lang),
    )  # fmt: skip


def score_keys(scores: Scores, lang: str) -> tuple[tuple[ScoreKey, ...], str]:
    """The legend of the T-scores, and the day of which all of them are; each has its own when they are of several."""
    latest = {site: values[-1] for site, values in scores.items() if values}
    days = {on for on, _score in latest.values()}
    keys = tuple(
        ScoreKey(label(site, lang), signed(score), *SERIES[site], on=day(on) if len(days) > 1 else "")
        for site, (on, score) in latest.items()
    )
    return keys, day(days.pop()) if len(days) == 1 else ""


def falls(found: PatientRecord) -> list[tuple[date, int, str]]:
    """The controls at which a patient told of falls, with how many in the twelve months before."""
    rows = [row for row in found.rows[Control] if row.stands and row.falls and row.on_date <= found.facts.on]
    return [
        (row.on_date, row.falls, ngettext("%(num)d fall in 12 months", "%(num)d falls in 12 months", row.falls))
        for row in rows
    ]


def scored(facts: Facts, site: ScanSite) -> list[tuple[date, Decimal]]:
    """T-scores of a site by day."""
    return [(s.on, v.t_score) for s in facts.received if (v := s.sites.get(site)) and v.t_score is not None]


def measured(axis: charts.Frame, values: list[Measured], scale: int, name: str, unit: str) -> Markup:
    """One line of measurements."""
    points = tuple((m.on, m.value / scale) for m in values)
    return charts.lines_row(axis, [charts.Series(name, points)] if points else [], name, unit=unit)


def table(found: PatientRecord, scores: Scores, lang: str) -> tuple[tuple[str, str, str], ...]:
    """The timeline as rows of date, what and value, latest first."""
    facts = found.facts
    rows = list(treatment_rows(found, lang))
    rows += [(m.on, day(m.on), _("Height"), f"{cm(m.value)} cm") for m in bone.heights(facts)]
    rows += [(m.on, day(m.on), _("Weight"), f"{kg(m.value)} kg") for m in bone.weights(facts)]
    rows += [(d, day(d), f"T {label(site, lang)}", signed(v)) for site, values in scores.items() for d, v in values]
    for broken in (row for row in found.rows[FractureRow] if row.stands and row.on_date <= facts.on):
        shown = as_known(broken.on_date, broken.precision)
        rows.append((broken.on_date, shown, _("Fracture"), label(FractureSite(broken.site), lang)))
    rows += [(on, day(on), _("Falls"), text) for on, _number, text in falls(found)]
    return tuple(row[1:] for row in sorted(rows, key=lambda row: row[0], reverse=True))


def treatment_rows(found: PatientRecord, lang: str) -> Iterator[tuple[date, str, str, str]]:
    """Each course and pause of the chart, as rows of day, date as it is known, what and value."""
    for course in found.facts.courses:
        drug = label(course.drug, lang)
        shown = as_known(course.started_on, course.start_precision)
        yield course.started_on, shown, _("Treatment"), _("Start: %(drug)s", drug=drug)
        if course.stopped_on is not None:
            yield course.stopped_on, stop_day(found, course), _("Treatment"), _("Stop: %(drug)s", drug=drug)
        for pause in rules.pauses(course):
            until = _("until %(day)s", day=day(pause.until_on)) if pause.until_on else _("still open")
            yield pause.from_on, day(pause.from_on), _("Pause"), until
