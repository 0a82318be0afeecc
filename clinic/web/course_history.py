"""Who recorded what of a treatment, and what stood there before it was corrected or voided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from clinic.services.work import Work, local_day
from clinic.store.base import Fact
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from clinic.store.users import User
from clinic.web.course_form import shown_stop
from clinic.web.course_pages import summary
from clinic.web.language import gettext as _
from clinic.web.presenters import day

Kind = Course | CourseStop | Pause | Dose
Rows = dict[type[Any], list[Any]]
KINDS: tuple[type[Any], ...] = (Course, CourseStop, Pause, Dose)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A fact that no longer stands: what it said, what became of it, why, by whom."""

    at: datetime
    what: str
    became: str
    why: str
    by: str


def names(work: Work) -> dict[int, str]:
    """Everybody who has or had an account."""
    return dict(work.session.execute(select(User.id, User.name)).all())


def recorded(fact: Fact, known: dict[int, str]) -> str:
    """Who recorded a fact, when, and whose decision it was."""
    by = known.get(fact.recorded_by, "")
    on = day(local_day(fact.recorded_at))
    if fact.on_behalf_of is None:
        return str(_("recorded by %(name)s on %(day)s", name=by, day=on))
    doctor = known.get(fact.on_behalf_of, "")
    return str(_("recorded by %(name)s on behalf of %(doctor)s on %(day)s", name=by, doctor=doctor, day=on))


def all_rows(work: Work, patient_id: int) -> Rows:
    """Every version of everything about her treatments, in one query a kind."""
    return {
        kind: list(work.session.scalars(select(kind).where(kind.patient_id == patient_id).order_by(kind.id)))
        for kind in KINDS
    }


def earlier(rows: Rows, known: dict[int, str], lang: str) -> list[Earlier]:
    """Every version that no longer stands, the latest change first."""
    found = [line for kind in KINDS for line in earlier_of(rows[kind], known, lang)]
    return sorted(found, key=lambda line: line.at, reverse=True)


def earlier_of(rows: list[Any], known: dict[int, str], lang: str) -> list[Earlier]:
    """Those of one kind."""
    later = {row.supersedes_id: row for row in rows}
    found = []
    for row in rows:
        new = later.get(row.id)
        if row.voided_at is not None:
            by = known.get(row.voided_by, "")
            found.append(Earlier(row.voided_at, text(row, lang), _("does not count"), row.void_reason, by))
        elif new is not None:
            became = _("corrected to: %(what)s", what=text(new, lang))
            by = known.get(new.recorded_by, "")
            found.append(Earlier(new.recorded_at, text(row, lang), became, new.change_reason, by))
    return found


def text(row: Kind, lang: str) -> str:
    """What a fact says, in one line."""
    if isinstance(row, Course):
        return summary(row, lang)
    if isinstance(row, CourseStop):
        return str(_("Stopped on %(day)s", day=shown_stop(row)))
    if isinstance(row, Dose):
        return str(_("Dose given on %(day)s", day=day(row.on_date)))
    if row.until_on is None:
        return str(_("Pause since %(start)s", start=day(row.from_on)))
    return str(_("Pause from %(start)s to %(end)s", start=day(row.from_on), end=day(row.until_on)))
