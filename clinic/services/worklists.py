"""Who is due: the clinic's lists, one row per patient, each list shown written down once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from clinic.domain.calendar import add_months
from clinic.domain.forecast import Kind, kind_of
from clinic.security.audit import Action
from clinic.services.absences import queue
from clinic.services.work import Work
from clinic.store import counted, fact_lists, list_counts, lists
from clinic.store.fact_lists import WantedFacts
from clinic.store.list_counts import Standing
from clinic.store.lists import Place, Wanted

PAGE = 50
BOOKABLE = ("control", "dxa", "spine_image", "review", "dose", "lab", "agreed", "reassess")
REVIEWS = tuple(code for code in lists.CODES if kind_of(code) is Kind.REVIEW)
"""What a doctor decides on: the rules' reviews, a stop that is not carried out yet, and a review that was agreed."""
DUE_LISTS: dict[str, Wanted] = {
    "late": Wanted(ranks=(1, 2, 3), late=True),
    "to-plan": Wanted(ranks=(1, 2, 3, 4), unbooked=True),
    "to-book": Wanted(kinds=BOOKABLE, ranks=(1, 2, 3, 4), unbooked=True),
    "reviews": Wanted(codes=REVIEWS, ranks=(1, 2, 3, 4, 5)),
    "my-reviews": Wanted(codes=REVIEWS, ranks=(1, 2, 3, 4, 5)),
    "to-call": Wanted(kinds=BOOKABLE, ranks=(1, 2, 3), unbooked=True, calling=True),
    "denosumab": Wanted(code=lists.DENOSUMAB),
    "mine": Wanted(ranks=(1, 2, 3, 4, 5)),
    "backlog": Wanted(ranks=(1, 5), backlog=True),
    "upcoming": Wanted(ranks=(6,)),
}
INJECTIONS = tuple(code for code in lists.CODES if code.startswith("dose."))
TEN_YEARS = ("review.class_limit",)
FRACTURE = tuple(code for code in lists.CODES if code.endswith(".after_fracture"))
GROUPS: dict[str, tuple[str, ...]] = {
    "backlog-injections": INJECTIONS,
    "backlog-ten-years": TEN_YEARS,
    "backlog-fracture": FRACTURE,
    "backlog-rest": tuple(code for code in lists.CODES if code not in {*INJECTIONS, *TEN_YEARS, *FRACTURE}),
}
"""The backlog at start, the most pressing first; an item is in one group, a patient with several may be in more."""
DUE_LISTS |= {name: replace(DUE_LISTS["backlog"], codes=codes) for name, codes in GROUPS.items()}
MONTHLY = {f"month-{kind}": tuple(code for code in lists.CODES if kind_of(code) is kind) for kind in Kind}
"""The lists behind the forecast, of one month or of all before this one."""
DUE_LISTS |= {name: Wanted(codes=codes) for name, codes in MONTHLY.items()}
LISTS = (*DUE_LISTS, *fact_lists.NAMES)


@dataclass(frozen=True, slots=True)
class Ask:
    """A list by its name, narrowed to a drug, to a nurse's patients, or to the month that starts on a day."""

    name: str
    drug: str | None = None
    nurse_id: int | None = None
    month: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One patient on a list, with her items in working order, or the facts that put her there."""

    person: Any
    items: tuple[Any, ...]
    protocol: str = ""
    """The version of the rules in force, which gives these dates."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; when more follow `after` is the place of its last line, `beyond` one of those who do."""

    lines: list[Line]
    after: Place | None
    beyond: int | None = None

    def stays(self, before: Place | None, changed: Set[int], now: Collection[Place]) -> bool:
        """Whether it is the same although these patients were changed, who stand there now; it began after a place.

        So it is when none of them stood on it, or was who shows that more follow, and none comes to stand on it.
        """
        if changed & {self.beyond, *(line.person.id for line in self.lines)}:
            return False
        return not any(
            (before is None or place > before) and (self.after is None or place <= self.after) for place in now
        )


Lists = Mapping[Wanted | WantedFacts, Standing]
"""Who stands on some lists."""


@dataclass(frozen=True, slots=True)
class Among:
    """One page of a list and who stands on lists, as it was read; the list of the page is the first of them."""

    wanted: tuple[Wanted | WantedFacts, ...]
    page: Page
    lists: Lists


def due_list(work: Work, ask: Ask) -> Wanted:
    """A list of due items; "mine" are the patients of the person who asks, and of who is away with no other deputy."""
    nurses = (ask.nurse_id,) if ask.nurse_id else ()
    found = replace(DUE_LISTS[ask.name], drug=ask.drug, nurse_ids=nurses)
    if ask.name in MONTHLY:
        start = ask.month or work.today.replace(day=1)
        until = add_months(start, 1) if ask.month else start
        return replace(found, due=(ask.month, until))
    if ask.name == "mine":
        return replace(found, nurse_ids=(*queue(work).mine, *queue(work).shared))
    return replace(found, not_doctors=queue(work).elsewhere) if ask.name == "my-reviews" else found


def fact_list(work: Work, ask: Ask) -> WantedFacts:
    """A list of facts."""
    closed = work.protocol.extra_holidays
    return WantedFacts(ask.name, work.today, work.actor.id, ask.drug, ask.nurse_id, closed)


def wanted_of(work: Work, ask: Ask) -> Wanted | WantedFacts:
    """A list of either kind."""
    return due_list(work, ask) if ask.name in DUE_LISTS else fact_list(work, ask)


def show(work: Work, ask: Ask, after: Place | None = None, most: int = PAGE) -> Page:
    """One page of a list, and one line of the log with who was on it."""
    return listed(work, ask, page_of(work, ask, after, most))


def show_among(work: Work, ask: Ask, others: Sequence[Ask], after: Place | None = None) -> tuple[Page, list[int]]:
    """One page of a list and how many patients stand on each of these, read once while nothing changes."""

    def anew() -> Among:
        wanted = tuple(wanted_of(work, one) for one in (ask, *others))
        return Among(wanted, page_of(work, ask, after, PAGE), standing(work, wanted))

    def again(was: Among, changed: Set[int]) -> Among:
        now = list_counts.here(work.session, was.lists, work.today, changed)
        lists = moved(was.lists, changed, now)
        if lists is None or not was.page.stays(after, changed, now[was.wanted[0]].values()):
            return anew()
        return replace(was, lists=lists)

    key = (work.today, work.actor.id, ask, tuple(others), after)
    found = counted.kept(work.session, key, anew, again)
    return listed(work, ask, found.page), [found.lists[wanted].counted for wanted in found.wanted[1:]]


def listed(work: Work, ask: Ask, page: Page) -> Page:
    """The page, and the line of the log with who was on it."""
    if page.lines:
        work.note(Action.PATIENT_LISTED, subject=f"list:{ask.name}", shown=[line.person.id for line in page.lines])
    return page


def page_of(work: Work, ask: Ask, after: Place | None, most: int) -> Page:
    """One page of a list."""
    found, items_of = (due_places if ask.name in DUE_LISTS else fact_places)(work, ask, after, most + 1)
    here = found[:most]
    lines = lines_of(work, [place[3] for place in here], items_of)
    more = len(found) > most
    return Page(lines, here[-1] if more else None, found[most][3] if more else None)


ItemsOf = Callable[[Sequence[int]], Sequence[Any]]


def due_places(work: Work, ask: Ask, after: Place | None, most: int) -> tuple[list[Place], ItemsOf]:
    """Where patients stand by their items, and how to read those."""
    wanted = due_list(work, ask)
    found = lists.places(work.session, wanted, work.today, after, most)
    return found, lambda ids: lists.items_of(work.session, ids, wanted, work.today)


def fact_places(work: Work, ask: Ask, after: Place | None, most: int) -> tuple[list[Place], ItemsOf]:
    """Where patients stand by their facts, and how to read those."""
    wanted = fact_list(work, ask)
    found = fact_lists.places(work.session, wanted, (after[1], after[3]) if after else None, most)
    return [(0, since, "", patient_id) for since, patient_id in found], lambda ids: fact_lists.facts_of(
        work.session, wanted, ids
    )


def lines_of(work: Work, ids: Sequence[int], items_of: ItemsOf) -> list[Line]:
    """The patients in this order, each with her items."""
    if not ids:
        return []
    people = lists.people(work.session, ids)
    items = {patient_id: tuple(group) for patient_id, group in groupby(items_of(ids), lambda row: row.patient_id)}
    version = work.protocol.name
    return [Line(people[patient_id], items.get(patient_id, ()), version) for patient_id in ids]


def whole(work: Work, ask: Ask, most: int = 1000) -> list[Line]:
    """The list to its end, page by page."""
    page = show(work, ask, None, most)
    lines = page.lines
    while page.after is not None:
        page = show(work, ask, page.after, most)
        lines = lines + page.lines
    return lines


def count(work: Work, asked: Sequence[Ask]) -> list[int]:
    """How many patients each list has; 1001 stands for more than 1000."""
    wanted = [wanted_of(work, ask) for ask in asked]
    found = standing(work, wanted)
    return [found[one].counted for one in wanted]


def standing(work: Work, wanted: Sequence[Wanted | WantedFacts]) -> Lists:
    """Who stands on each of these lists, read once while nothing changes."""

    def anew() -> Lists:
        return dict(zip(wanted, list_counts.read(work.session, wanted, work.today), strict=True))

    def again(was: Lists, changed: Set[int]) -> Lists:
        return moved(was, changed, list_counts.here(work.session, was, work.today, changed)) or anew()

    return counted.kept(work.session, (work.today, *wanted), anew, again)


def moved(lists: Lists, changed: Set[int], now: Mapping[Wanted | WantedFacts, Collection[int]]) -> Lists | None:
    """Who stands on each of these lists after some patients were changed; None when one of them must be read."""
    found = {}
    for one, was in lists.items():
        if (stands := was.moved(changed, now[one])) is None:
            return None
        found[one] = stands
    return found
