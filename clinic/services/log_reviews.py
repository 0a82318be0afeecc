"""The monthly review of the log (NEN 7510, NEN 7513): samples and signals, each with what was found, signed off.

A hospital was fined because one sample in a year was no review (AP, Haga 2019). A signal is a question and no reproach:
whoever has the patient's name may be her nurse, and a record opened without an appointment may be a question by phone.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from secrets import SystemRandom
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic.domain.calendar import add_months
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LogSignal, LogVerdict
from clinic.security.audit import Action, Purpose
from clinic.security.permissions import May
from clinic.services.log import midnight
from clinic.services.looks import AN_ACT, Why
from clinic.services.names import normalised
from clinic.services.work import Stale, Work, local_day
from clinic.store import log_reviews
from clinic.store.log_reviews import LogFinding, LogReview
from clinic.store.users import User

SAMPLES = 20
MOST = 50
"""So many of one signal, drawn from the whole month, one of each person at the least; the rest stands in the log."""
MANY = 40
"""So many different records opened by one person within any hour; a nurse who records sees six."""
HOUR = timedelta(hours=1)
MANY_OUT = 200
"""So many patients in the files and on the prints of one person in a day; a morning's letters with labels are fewer."""
SHORTEST_NAME = 3
OPENS = frozenset((Action.PATIENT_OPENED.value, Action.LETTER_OPENED.value, Action.BSN_SHOWN.value))
OUT = frozenset((Action.LIST_EXPORTED.value, Action.LIST_PRINTED.value))
NO_TASK = frozenset((None, "list:recent"))
"""What an answer to a search is called, and the list of whom somebody opened before: neither says why she was there."""
BY_FILE = frozenset((Action.IMPORTED.value, Action.IMPORT_UNDONE.value))
"""What a file did to all of whom it tells: among their thousands nobody's visit would be drawn."""
RANDOM = SystemRandom()


Mine = tuple[date, int]
"""A day and a person."""
Key = tuple[date, int, int]
"""A day, a person and a patient."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at one record on one day: how many lines, and why as far as the register knows."""

    day: date
    actor_id: int
    patient_id: int
    lines: int
    opened: bool
    why: Why | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A period: the visits, who opened how many records within an hour, and who took how many patients out in a day."""

    visits: list[Visit]
    many: dict[Mine, int]
    out: dict[Mine, int]


@dataclass(slots=True)
class Tally:
    """The lines of a period as they are read, the oldest first: what each person did at each record on each day."""

    at: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    emergencies: set[Key] = field(default_factory=set)
    listed: dict[Mine, set[int]] = field(default_factory=lambda: defaultdict(set))
    tasks: set[Key] = field(default_factory=set)
    """Whose record somebody came to from a list of work."""
    opened: dict[int, deque[tuple[datetime, int]]] = field(default_factory=lambda: defaultdict(deque))
    many: Counter[Mine] = field(default_factory=Counter)
    out: Counter[Mine] = field(default_factory=Counter)

    def take(self, row: Any) -> None:
        """One line more."""
        mine = (local_day(row.at), row.actor_id)
        if row.action in OUT:
            self.out[mine] += carried(row)
        if row.shown is not None and row.subject not in NO_TASK:
            self.listed[mine].update(row.shown)
        if row.patient_id is not None and row.action not in BY_FILE:
            self.visit((*mine, row.patient_id), row)

    def visit(self, key: Key, row: Any) -> None:
        """One line more at a record; a list that is asked for after it explains nothing."""
        if key not in self.at and key[2] in self.listed[key[:2]]:
            self.tasks.add(key)
        self.at[key].append(row.action)
        if row.purpose == Purpose.EMERGENCY:
            self.emergencies.add(key)
        if row.action in OPENS:
            self.open(key, row.at)

    def open(self, key: Key, at: datetime) -> None:
        """One opening more: how many different records lie within the hour that ends with it."""
        last = self.opened[key[1]]
        last.append((at, key[2]))
        while last[0][0] <= at - HOUR:
            last.popleft()
        self.many[key[:2]] = max(self.many[key[:2]], len({patient for _at, patient in last}))


def carried(row: Any) -> int:
    """How many patients a file or a print held."""
    return max(len(row.shown or ()), int((row.details or {}).get("patients", 0)))


def look_over(work: Work, first: date, last: date, actor_id: int | None = None) -> Seen:
    """Everybody's visits of a period, or one person's."""
    tally = Tally()
    for row in log_reviews.lines(work.session, midnight(first), midnight(last + timedelta(1)), OUT, actor_id):
        tally.take(row)
    came = log_reviews.came(work.session, first, last)
    visits = []
    for key, actions in tally.at.items():
        day, actor, patient = key
        why = reason(actions, key in tally.emergencies, (patient, day) in came, key in tally.tasks)
        visits.append(Visit(day, actor, patient, len(actions), not OPENS.isdisjoint(actions), why))
    return Seen(visits, above(MANY, tally.many), above(MANY_OUT, tally.out))


def above(most: int, counted: Counter[Mine]) -> dict[Mine, int]:
    """What is more than so many."""
    return {mine: count for mine, count in counted.items() if count > most}


def reason(actions: Iterable[str], emergency: bool, came: bool, on_list: bool) -> Why | None:
    """Why somebody was there, the strongest first; None when the register knows nothing. A search is no reason."""
    if emergency:
        return Why.EMERGENCY
    if came:
        return Why.APPOINTMENT
    if not AN_ACT.isdisjoint(actions):
        return Why.RECORDED
    return Why.ON_A_LIST if on_list else None


def of_person(work: Work, user_id: int, first: date, last: date) -> list[Visit]:
    """What one employee did at records in a period, the latest day first; that it was asked is written down."""
    work.needs(May.READ_LOG)
    work.note(Action.LOG_READ, subject=f"user:{user_id}", details={"first": str(first), "last": str(last)})
    return sorted(look_over(work, first, last, user_id).visits, key=lambda one: one.day, reverse=True)


def begin(work: Work, month: date) -> LogReview:
    """Lay a month before the privacy officer; one that was begun stays as it was found then."""
    work.needs(May.READ_LOG)
    first = month.replace(day=1)
    if add_months(first, 1) > work.today:
        raise RuleBroken("month", "review_month_open")
    known = work.session.scalar(select(LogReview).where(LogReview.month == first))
    if known is not None:
        return known
    seen = look_over(work, first, add_months(first, 1) - timedelta(1))
    rows, signalled = found(work, seen)
    review = LogReview(month=first, begun_at=work.now, begun_by=work.actor.id, visits=len(seen.visits),
                       signalled=signalled)  # fmt: skip
    work.session.add(review)
    try:
        work.session.flush()
    except IntegrityError:
        raise Stale(month) from None
    for row in rows:
        row.review_id = review.id
    work.session.add_all(rows)
    work.note(Action.LOG_REVIEWED, subject=f"log_review:{review.id}", details={"month": str(first)})
    work.commit()
    return review


def found(work: Work, seen: Seen) -> tuple[list[LogFinding], dict[str, int]]:
    """The samples and the signals of a month, and how many of each signal there were; a signal is no sample too."""
    without = [one for one in seen.visits if one.opened and one.why is None]
    every = {LogSignal.OWN_NAME: own_name(work, seen.visits), LogSignal.NO_REASON: without}
    signals = [(signal, one) for signal, visits in every.items() for one in drawn(visits)]
    known = {id(one) for _signal, one in signals}
    rest = [one for one in seen.visits if id(one) not in known]
    signals += [(LogSignal.SAMPLE, one) for one in RANDOM.sample(rest, min(SAMPLES, len(rest)))]
    rows = [finding(signal, one.day, one.actor_id, one.patient_id, one.lines) for signal, one in signals]
    for signal, counted in ((LogSignal.MANY, seen.many), (LogSignal.MANY_OUT, seen.out)):
        rows += [finding(signal, day, actor, None, count) for (day, actor), count in counted.items()]
    return rows, {signal.value: len(visits) for signal, visits in every.items()}


def drawn(visits: Sequence[Visit]) -> list[Visit]:
    """So many by chance, nobody passed over: who looks at the month's end is seen as well as who looks at its start."""
    shuffled = RANDOM.sample(visits, len(visits))
    first = {one.actor_id: one for one in reversed(shuffled)}
    others = [one for one in shuffled if first[one.actor_id] is not one]
    return [*first.values(), *others][: max(MOST, len(first))]


def finding(signal: LogSignal, day: date, actor_id: int, patient_id: int | None, count: int) -> LogFinding:
    """One row."""
    return LogFinding(signal=signal.value, on_date=day, actor_id=actor_id, patient_id=patient_id, count=count)


def own_name(work: Work, visits: Sequence[Visit]) -> list[Visit]:
    """Visits to a record of somebody with the surname of whoever looked."""
    people = work.session.execute(select(User.id, User.name).where(User.id.in_({one.actor_id for one in visits})))
    parts = {row.id: set(name_parts(row.name)) for row in people}
    bearing = log_reviews.named(work.session, sorted(set().union(*parts.values())) if parts else [])
    return [one for one in visits if bearing.get(one.patient_id, set()) & parts[one.actor_id]]


def name_parts(name: str) -> Iterable[str]:
    """What may be a surname in the name of an account: "S. de Vries-Jansen" gives de vries, vries, jansen and more."""
    words = normalised(name).split()
    ends = {" ".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    return (part for part in ends if len(part) >= SHORTEST_NAME)


Judged = Mapping[int, tuple[LogVerdict | None, str]]


def keep(work: Work, review_id: int, judged: Judged, conclusion: str, seen: int, *, signing: bool) -> None:
    """Keep what was found and concluded so far; to sign the month asks that everything was looked at.

    Raises LookupError, Stale when somebody else went on with it, RuleBroken when it cannot be signed.
    """
    work.needs(May.READ_LOG)
    review = work.session.get(LogReview, review_id, with_for_update=True, populate_existing=True)
    if review is None:
        raise LookupError(review_id)
    if review.version != seen or review.signed_at is not None:
        raise Stale(review_id)
    rows = log_reviews.findings(work.session, review_id)
    for row in rows:
        if row.id in judged:  # what was emptied is empty; a line that the form did not have stays
            verdict, remark = judged[row.id]
            row.verdict, row.remark = verdict.value if verdict else None, remark.strip() or None
    review.kept_at, review.conclusion = work.now, conclusion.strip() or None
    if signing:
        sign(work, review, rows)
    work.note(Action.LOG_REVIEWED, subject=f"log_review:{review.id}", details={"signed": signing})
    work.commit()


def laid_out(work: Work, review: LogReview) -> Sequence[LogFinding]:
    """The samples and signals of a month; whose they are is written down as shown."""
    work.needs(May.READ_LOG)
    rows = log_reviews.findings(work.session, review.id)
    shown = sorted({row.patient_id for row in rows if row.patient_id is not None})
    work.note(Action.LOG_READ, subject="list:log_review", details={"month": str(review.month)}, shown=shown)
    return rows


def in_an_emergency(work: Work, month: date) -> set[tuple[date, int, int]]:
    """Of a month the day, person and record of each look that an emergency opened, so that a line says so."""
    rows = log_reviews.emergencies(work.session, midnight(month), midnight(add_months(month, 1)))
    return {(local_day(row.at), row.actor_id, row.patient_id) for row in rows}


def called(work: Work, month: date, rows: Sequence[LogFinding]) -> dict[Mine, tuple[str, str]]:
    """What each was called and was on the day of a line, as the log kept it; nothing of before it kept that.

    Of two that hold on a day, as on the day of a change, the one that came later.
    """
    actors = {row.actor_id for row in rows}
    held = log_reviews.called(work.session, midnight(month), midnight(add_months(month, 1)), actors)
    known = [(one, local_day(one.first), local_day(one.last)) for one in held]
    found: dict[Mine, tuple[str, str]] = {}
    for row in rows:
        for one, first, last in known:
            if one.actor_id == row.actor_id and first <= row.on_date <= last:
                found.setdefault((row.on_date, row.actor_id), (one.actor_name, one.actor_function or ""))
    return found


def sign(work: Work, review: LogReview, rows: Sequence[LogFinding]) -> None:
    """Everything was looked at, and this is what came of it."""
    if any(row.verdict is None for row in rows):
        raise RuleBroken("conclusion", "review_not_whole")
    if any(row.verdict != LogVerdict.FINE and not row.remark for row in rows):
        raise RuleBroken("conclusion", "review_remark")
    if review.conclusion is None:
        raise RuleBroken("conclusion", "review_conclusion")
    review.signed_at, review.signed_by = work.now, work.actor.id


def overdue(work: Work) -> date | None:
    """The last month that ended, when nobody has signed it off yet."""
    last = add_months(work.today.replace(day=1), -1)
    signed = select(LogReview.id).where(LogReview.month == last, LogReview.signed_at.is_not(None))
    return None if work.session.scalar(signed) else last
