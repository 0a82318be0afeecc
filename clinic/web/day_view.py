"""The appointments of a day as the first page shows them: who comes, what each still needs, who is busy with whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, cast

from flask_babel import ngettext

from clinic.domain.vocabulary import Drug
from clinic.services import appointments
from clinic.services.appointments import item_of
from clinic.services.work import Work, local_day
from clinic.store import day_facts
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from clinic.web.agenda_view import line
from clinic.web.appointment_words import clock, item_label, state_words
from clinic.web.language import gettext as _
from clinic.web.presenters import age, day, display_name, identity, particulars, plain
from clinic.web.worklist_rows import days_late
from clinic.wording.labels import alert_label, label

HEIGHT_MONTHS = 12  # older than a year: measured at every yearly control (protocol K1)
CONTROLS = ("control", "phone")
ORDER = ("alert", "item", "awaited", "height", "pause", "letter")


@dataclass(frozen=True, slots=True)
class Where:
    """Which appointments of the day are asked for: those in a place, or with somebody."""

    place: str = ""
    staff: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """The rows that are asked for, and what one can choose from."""

    rows: list[dict[str, Any]]
    places: list[str]
    staff: list[str]
    where: Where


def of_today(work: Work, lang: str, where: Where) -> Day:
    """The appointments of the day in order of time; whose control can start and who waits longest is `next`."""
    found = appointments.day(work)
    asked = [row for row in found if where.place in ("", row.Appointment.place) and where.staff in ("", row.staff)]
    ids = sorted({row.Appointment.patient_id for row in asked})
    known = known_of(work, ids)
    rows = [day_line(row, work, known, lang) for row in asked]
    free = [row for row in rows if row["arrived"] and row["is_control"] and not row["busy"]]
    waiting = min(free, key=lambda row: row["arrived"], default=None)
    return Day(
        [{**row, "next": row is waiting} for row in rows],
        sorted({row.Appointment.place for row in found if row.Appointment.place}),
        sorted({row.staff for row in found if row.staff}),
        where,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What was read about the patients of the day, by patient."""

    facts: dict[int, list[Any]]
    courses: dict[int, Any]
    drafts: dict[int, Any]


def known_of(work: Work, ids: Sequence[int]) -> Known:
    """Three questions for the whole day."""
    facts = sorted(day_facts.facts(work.session, ids, work.today), key=lambda row: row.patient_id)
    by_patient = {patient_id: list(rows) for patient_id, rows in groupby(facts, key=lambda row: row.patient_id)}
    return Known(by_patient, day_facts.courses(work.session, ids, work.today), day_facts.drafts(work.session, ids))


def day_line(found: Any, work: Work, known: Known, lang: str) -> dict[str, Any]:
    """One appointment of the day: who, when, what, and what to know before she comes in."""
    row: Appointment = found.Appointment
    key = item_of(row)
    facts = known.facts.get(row.patient_id, [])
    is_control = row.kind in CONTROLS
    return {
        **line(row, found.staff, {key} if key else (), lang),
        "patient_id": row.patient_id,
        "version": row.version,
        "name": display_name(cast(Patient, found), lang),
        "about": identity(found, lang, work.today),
        "treatment": treatment(known.courses.get(row.patient_id), work.today, lang),
        "particulars": particulars(found, lang),
        "needs": needs(facts, row, work.today, lang) if row.state != "attended" else written(facts, lang),
        "arrived": row.arrived_at if row.state == "booked" else None,
        "busy": busy(known.drafts.get(row.patient_id), work),
        "phone": row.kind == "phone",
        "missed": row.state == "no_show",
        "ended": f"{state_words()[row.state]} {clock(row.settled_at) if row.settled_at else ''}".strip(),
        "is_control": is_control,
    }


def treatment(course: Any, on: date, lang: str) -> tuple[str, str]:
    """The drug with its dose, and the year of how many; empty when none runs."""
    if course is None:
        return "", ""
    year = age(course.started_on, on) + 1
    planned = plain(course.planned_years) if course.planned_years else ""
    years = _("year %(year)s of %(planned)s", year=year, planned=planned) if planned else _("year %(year)s", year=year)
    return " ".join(part for part in (label(Drug(course.drug), lang), course.dose) if part), str(years)


def busy(draft: Any, work: Work) -> dict[str, Any] | None:
    """Who is writing a control of her, since when; a draft of another day says so."""
    if draft is None:
        return None
    old = local_day(draft.started_at) < work.today
    since = f"{day(local_day(draft.started_at))} {clock(draft.started_at)}" if old else clock(draft.started_at)
    return {"id": draft.id, "who": draft.name, "since": since, "mine": draft.by == work.actor.id, "old": old}


def needs(facts: Sequence[Any], row: Appointment, today: date, lang: str) -> list[tuple[str, str]]:
    """What to see to when she comes, the gravest first: the look of the sign and its words."""
    asked = [fact for fact in facts if (fact.what, fact.code) != ("item", row.item_code)]
    found = [need(fact, today, lang) for fact in sorted(asked, key=lambda fact: ORDER.index(fact.what))]
    if row.kind == "control":
        found.extend(height([fact.on_date for fact in facts if fact.what == "height"], today))
    return [shown for shown in found if shown is not None]


def written(facts: Sequence[Any], lang: str) -> list[tuple[str, str]]:
    """After the visit: the red alerts that stay, and where the letter stands."""
    alerts = [("flag", alert_label(fact.code, lang)) for fact in facts if fact.what == "alert"]
    letter = [("wait", str(_("Letter not authorised yet"))) for fact in facts if fact.what == "letter"]
    return alerts + letter[:1]


def need(fact: Any, today: date, lang: str) -> tuple[str, str] | None:
    """One fact as a sign."""
    if fact.what == "alert":
        return "flag", alert_label(fact.code, lang)
    if fact.what == "item":
        return item_need(fact, today, lang)
    if fact.what == "awaited":
        return "wait", str(_("DXA result not in"))
    if fact.what == "pause":
        return "hold", str(_("Interrupted since %(day)s", day=day(fact.on_date)))
    return None


def item_need(fact: Any, today: date, lang: str) -> tuple[str, str]:
    """A due item besides the one she comes for."""
    what = str(_("Creatinine missing")) if fact.code == "lab.before_infusion" else item_label(fact.code, lang)
    if fact.late_after < today:
        return "late", f"{what}, {days_late((today - fact.on_date).days, lang)}"
    return "soon", what


def height(days: Sequence[date], today: date) -> Iterator[tuple[str, str]]:
    """Whether the last height is older than a year."""
    if not days:
        yield "soon", str(_("No height recorded"))
        return
    months = (today.year - days[0].year) * 12 + today.month - days[0].month - (today.day < days[0].day)
    if months > HEIGHT_MONTHS:
        yield "soon", str(ngettext("Height %(num)d month old", "Height %(num)d months old", months))


def after(work: Work, patient_id: int, lang: str) -> dict[str, Any] | None:
    """Whom to see after this patient: who waits longest, else the next who is expected.

    Without a control or call that is left: how many other appointments there are; None when nobody else is booked.
    """
    booked = [row for row in appointments.day(work) if row.Appointment.state == "booked"]
    others = [row for row in booked if row.Appointment.patient_id != patient_id]
    left = [row for row in others if row.Appointment.kind in CONTROLS]
    left.sort(key=lambda row: (row.Appointment.arrived_at is None, row.Appointment.arrived_at or work.now))
    if not left:
        return {"left": 0, "others": len(others)} if others else None
    row = left[0].Appointment
    return {
        "patient_id": row.patient_id,
        "appointment_id": row.id,
        "name": display_name(cast(Patient, left[0]), lang),
        "at": row.at_time.strftime("%H:%M") if row.at_time else "",
        "arrived": clock(row.arrived_at) if row.arrived_at else "",
        "left": len(left),
    }
