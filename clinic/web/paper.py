"""Lists on paper in words: the day sheet and the week ahead, as tables that Typst sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, cast

from babel.dates import format_date

from clinic.services.dose_list import DueDose
from clinic.services.paper import Ahead, Visit
from clinic.services.work import local_time
from clinic.store.base import Json
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.web.appointment_words import item_label
from clinic.web.presenters import day, display_name, identity, particulars, phone
from clinic.wording import why
from clinic.wording.agenda import STATES, kind_label, one_of, paper
from clinic.wording.labels import due_label

Cell = list[str]  # the lines of a cell
Columns = Sequence[tuple[str, int | None, bool]]  # word, mm (else what is left), whether its first line stands out
OF_VISIT: Columns = (
    ("hour", 16, True), ("patient", 58, True), ("why", None, True), ("phone", 34, False), ("where", 40, False),
    ("notes", 40, False),
)  # fmt: skip
OF_DOSE: Columns = (
    ("patient", 62, True), ("what", None, True), ("due", 24, True), ("booked", 46, False), ("last", 44, False),
    ("phone", 38, False),
)  # fmt: skip
OF_DUTY: Columns = (("days", 60, False), ("doctor", 80, True), ("phone", None, True))


def day_sheet(visits: list[Visit], on: date, at: datetime, lang: str) -> Json:
    """One day: when, who, what for and why, and room to write."""
    about = paper("keep", lang)
    return sheets(f"{paper('day', lang)} {in_full(on, lang)}", about, [visits_of(visits, "", lang)], at, lang)


def week_ahead(ahead: Ahead, at: datetime, lang: str) -> Json:
    """The coming week: each day, the doses, and the doctors on duty."""
    first, last = min(ahead.days), max(ahead.days)
    span = paper("until", lang, first=in_full(first, lang), last=in_full(last, lang))
    duties = [[[f"{day(row.Duty.from_on)} – {day(row.Duty.until_on)}"], [row.name], [phone(row.Duty.phone) or "–"]]
              for row in ahead.duties]  # fmt: skip
    sections = [section("duties", "no_duties", OF_DUTY, duties, lang)]
    sections += [visits_of(visits, in_full(on, lang), lang) for on, visits in ahead.days.items()]
    doses = [dose_row(dose, last, lang) for dose in ahead.doses]
    sections.append(section("doses", "no_doses", OF_DOSE, doses, lang, last=day(last)))
    return sheets(f"{paper('ahead', lang)} {span}", paper("keep", lang), sections, at, lang)


def sheets(title: str, about: str, sections: list[Json], at: datetime, lang: str) -> Json:
    """What the template takes; when it was made stands on every page."""
    made = paper("made", lang, at=local_time(at).strftime("%d-%m-%Y %H:%M"))
    return {"lang": lang, "title": title, "about": about, "sections": sections, "footer": f"{title} · {made}",
            "page": paper("page", lang)}  # fmt: skip


def section(heading: str, none: str, columns: Columns, rows: list[list[Cell]], lang: str, **params: str) -> Json:
    """A table under its heading, or the sentence that there is nothing."""
    return table(paper(heading, lang, **params), paper(none, lang), columns, rows, lang)


def table(heading: str, none: str, columns: Columns, rows: list[list[Cell]], lang: str) -> Json:
    """A table with its columns in words."""
    named = [{"name": paper(code, lang), "mm": mm, "strong": strong} for code, mm, strong in columns]
    return {"heading": heading, "none": none, "columns": named, "rows": rows}


def visits_of(visits: list[Visit], heading: str, lang: str) -> Json:
    """The visits of a day."""
    return table(heading, paper("nobody", lang), OF_VISIT, [visit_row(visit, lang) for visit in visits], lang)


def visit_row(visit: Visit, lang: str) -> list[Cell]:
    """One visit."""
    found, row = visit.found, visit.found.Appointment
    dropped = row.state == "booked" and row.missing_since is not None and row.arrived_at is None
    state = "missing" if dropped else row.state
    hour = row.at_time.strftime("%H:%M") if row.at_time else "–"
    known = ", ".join(particulars(found, lang))
    patient = who(found, row.on_date, lang) + ([known] if known else [])
    where = [text for text in (row.place, found.staff) if text]
    said = [one_of(STATES[state], lang)] if state in STATES else []
    return [[hour, *said], patient, reasons(visit, lang), phones(found, lang), where, []]


def who(person: Any, on: date, lang: str) -> Cell:
    """Name, birth date and number: two of them are asked before anything is done."""
    return [display_name(cast(Patient, person), lang), identity(person, lang, on)]


def reasons(visit: Visit, lang: str) -> Cell:
    """What she comes for, and why each thing is due."""
    kind = kind_label(visit.found.Appointment.kind, lang)
    return [kind, *(f"{item_label(item.code, lang)} ({day(item.due_on)}): {reason(item, lang)}" for item in visit.due)]


def reason(item: DueItem, lang: str) -> str:
    """Why it is due."""
    return why.sentence(item.why["code"], item.why["params"], lang)


def phones(person: Any, lang: str) -> Cell:
    """Her numbers, or that there is none."""
    return numbers(person) or [paper("no_phone", lang)]


def numbers(person: Any) -> Cell:
    """Where she can be reached."""
    return [phone(number) for number in (person.phone, person.phone_other) if number]


def dose_row(dose: DueDose, on: date, lang: str) -> list[Cell]:
    """One injection or infusion."""
    item, last = dose.item, dose.last
    hour = item.booked_at.strftime("%H:%M") if item.booked_at else ""
    booked = [f"{day(item.booked_on)} {hour}".strip(), *filter(None, [item.booked_where])] if item.booked_on else ["–"]
    given = [text for text in (day(last.on_date), last.place, last.given_by) if text] if last else ["–"]
    return [who(item, on, lang), [due_label(item.code, lang)], [day(item.due_on)], booked, given, phones(item, lang)]


def in_full(on: date, lang: str) -> str:
    """Monday 23 November 2026."""
    return format_date(on, "EEEE d MMMM y", locale=lang)
