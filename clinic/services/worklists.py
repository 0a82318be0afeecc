"""Who is due: the clinic's lists, one row per patient, each list shown written down once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from clinic.security.audit import Action
from clinic.services.work import Work
from clinic.store import counted, lists
from clinic.store.lists import Place, Wanted

PAGE = 50
BOOKABLE = ("control", "dxa", "spine_image", "review", "dose", "lab", "agreed", "reassess")
REVIEWS = ("review", "reassess", "course")
LISTS: dict[str, Wanted] = {
    "late": Wanted(ranks=(1, 2, 3)),
    "to-plan": Wanted(ranks=(1, 2, 3, 4), unbooked=True),
    "to-book": Wanted(kinds=BOOKABLE, ranks=(1, 2, 3, 4), unbooked=True),
    "reviews": Wanted(kinds=REVIEWS, ranks=(1, 2, 3, 4, 5)),
    "denosumab": Wanted(code=lists.DENOSUMAB),
    "mine": Wanted(ranks=(1, 2, 3, 4, 5)),
    "backlog": Wanted(ranks=(5,)),
    "upcoming": Wanted(ranks=(6,)),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One patient on a list, with her items in working order."""

    person: Any
    items: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `after` is the place of its last line when more follow."""

    lines: list[Line]
    after: Place | None


def wanted(work: Work, name: str, drug: str | None, nurse_id: int | None) -> Wanted:
    """The list of this name, narrowed; "mine" are the patients of the person who asks."""
    found = LISTS[name]
    return replace(found, drug=drug, nurse_id=work.actor.id if name == "mine" else nurse_id)


def show(work: Work, name: str, asked: Wanted, after: Place | None = None, most: int = PAGE) -> Page:
    """One page of a list, and one line of the log with who was on it."""
    found = lists.places(work.session, asked, work.today, after, most + 1)
    here = found[:most]
    lines = lines_of(work, asked, [place[3] for place in here])
    if lines:
        work.note(Action.PATIENT_LISTED, subject=f"list:{name}", shown=[line.person.id for line in lines])
    return Page(lines, here[-1] if len(found) > most else None)


def lines_of(work: Work, asked: Wanted, ids: Sequence[int]) -> list[Line]:
    """The patients in this order, each with her items."""
    if not ids:
        return []
    people = lists.people(work.session, ids)
    rows = lists.items_of(work.session, ids, asked, work.today)
    items = {patient_id: list(group) for patient_id, group in groupby(rows, lambda row: row.patient_id)}
    return [Line(people[patient_id], items.get(patient_id, [])) for patient_id in ids]


def count(work: Work, names: Sequence[str], drug: str | None = None, nurse_id: int | None = None) -> dict[str, int]:
    """How many patients each list has, under the same filters; 1001 stands for more than 1000."""
    asked = tuple(wanted(work, name, drug, nurse_id) for name in names)
    return dict(zip(names, counted.of(work.session, asked, work.today), strict=True))


def alarms(work: Work, most: int = PAGE) -> list[tuple[Any, Any]]:
    """Who has a red alert today, the oldest first, and one line of the log."""
    found = lists.red_alerts(work.session, work.today, most)
    people = lists.people(work.session, [alert.patient_id for alert in found]) if found else {}
    if people:
        work.note(Action.PATIENT_LISTED, subject="list:alarms", shown=people)
    return [(people[alert.patient_id], alert) for alert in found]
