"""Letters to authorise under each other: one's own patients, what alarms and what changed first; one confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, not_, select

from clinic.domain.calendar import working_days_between
from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services import four_eyes
from clinic.services.absences import queue
from clinic.services.letter_states import sign
from clinic.services.letter_view import View, view
from clinic.services.letters import OPEN
from clinic.services.work import Stale, Work, local_day
from clinic.store.base import Json
from clinic.store.letter_changes import changed_since
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.restrictions import closed_to

SERIES = 15
LOOKED_AT = 200  # of what waits longest, what alarms or may have changed is found without composing a letter
COMPOSED = 2 * SERIES
HERS = ("draft", "to_authorise", "returned")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that waits, as it would be frozen now."""

    view: View
    alarming: bool
    changed: bool
    theirs: bool
    """Her own doctor is another one, who is at work or has a deputy: hers to authorise first."""
    since: date
    waits: int
    """Working days since it was put before who may authorise, or drafted."""

    @property
    def ready(self) -> bool:
        """It can be authorised as it stands here."""
        return not (self.view.missing or self.view.problem or self.view.outdated)

    @property
    def ordinary(self) -> bool:
        """Nothing asks for a look of its own."""
        return self.ready and not (self.alarming or self.changed or self.theirs)


@dataclass(frozen=True, slots=True)
class Series:
    """The letters to read now, how many of those looked at ask for somebody else, and whether more wait."""

    shown: list[Waiting]
    for_others: int
    more: bool
    own: int
    """How many she wrote herself: a colleague has those in her series, a doctor once they are put before one."""


def series(work: Work) -> Series:
    """What this person can authorise, up to fifteen; each is written down as opened."""
    work.needs(May.AUTHORISE_LETTER)
    found = [waiting(work, view(work, letter_id)) for letter_id in candidates(work)]
    hers = sorted((one for one in found if one.view.refused is None), key=urgency)
    for one in hers[:SERIES]:
        work.note(Action.LETTER_OPENED, one.view.patient.id, f"letter:{one.view.letter.id}")
    more = len(hers) > SERIES or len(found) == COMPOSED
    return Series(hers[:SERIES], len(found) - len(hers), more, four_eyes.own(work, HERS))


def candidates(work: Work) -> list[int]:
    """What waits, alarms first; of a doctor those of her queue before those of her colleagues, as in the reviews."""
    theirs = exists().where(Patient.id == Letter.patient_id, Patient.regular_doctor_id.in_(queue(work).elsewhere))
    mine = of(work, ~theirs, COMPOSED)
    return mine if len(mine) == COMPOSED else [*mine, *of(work, theirs, COMPOSED - len(mine))]


def of(work: Work, whose: ColumnElement[bool], most: int) -> list[int]:
    """What waits of these: for a doctor what was put before one, for a nurse with the mandate drafts too."""
    states = ("to_authorise",) if work.actor.role is Role.DOCTOR else HERS
    hers = Letter.patient_id.not_in(closed_to(work.actor.id))  # a restricted record is read on its own page
    query = select(Letter.id, Letter.facts).where(Letter.state.in_(states), hers, whose)
    others = four_eyes.left_to_others(work)
    query = query if others is None else query.where(not_(others))
    rows = work.session.execute(query.order_by(Letter.due_on, Letter.id).limit(LOOKED_AT)).all()
    rows = sorted(rows, key=lambda row: not alarms(row.facts))
    return [row.id for row in [*rows[:SERIES], *changed_first(work, rows[SERIES:])]][:most]


def changed_first(work: Work, rows: Sequence[Any]) -> Sequence[Any]:
    """Of what waits behind the first, those that may say otherwise by now come before the others."""
    if not rows:
        return rows
    changed = changed_since(work.session, [row.id for row in rows])
    return sorted(rows, key=lambda row: row.id not in changed and not passed(row.facts, work.today.isoformat()))


def passed(facts: Json, today: str) -> bool:
    """Whether a date that a letter names as coming has passed since: it says so now."""
    return any(facts["on"] <= item["due_on"] < today for item in facts.get("items", ()))


def alarms(facts: Json) -> bool:
    """Whether a letter tells of an alarm symptom."""
    return any(control["symptoms"] for control in facts.get("controls", ()))


def urgency(one: Waiting) -> tuple[bool, bool, bool, date, int]:
    """Of her own queue first; what alarms, what changed, then what is due first."""
    letter = one.view.letter
    return one.theirs, not one.alarming, not one.changed, letter.due_on, letter.id


def waiting(work: Work, found: View) -> Waiting:
    """A letter with what makes somebody look twice at it."""
    letter = found.letter
    since = local_day(letter.offered_at or letter.drafted_at)
    return Waiting(
        view=found, alarming=alarms(found.facts), changed=bool(found.since or found.facts.get("replaces")),
        theirs=found.patient.regular_doctor_id in queue(work).elsewhere, since=since,
        waits=working_days_between(since, work.today, work.protocol.extra_holidays),
    )  # fmt: skip


def authorise_all(work: Work, seen: Mapping[int, tuple[int, str]]) -> tuple[int, dict[int, RuleBroken | Stale]]:
    """Authorise each letter as it was shown, and say how many were; what kept one does not keep the others.

    Pressed twice it is once; what somebody else authorised or withdrew meanwhile is not counted as done here.

    One confirmation is one commit: the disk is waited for once, not for each letter.
    """
    work.needs(May.AUTHORISE_LETTER)
    done, kept = 0, dict[int, RuleBroken | Stale]()
    mine = select(Letter.id).where(Letter.id.in_(seen), Letter.state.in_(OPEN)).order_by(Letter.patient_id, Letter.id)
    for letter_id in work.session.scalars(mine).all():  # in one order, so that two people never wait for each other
        noted = len(work.entries)
        try:
            with work.session.begin_nested():
                sign(work, letter_id, *seen[letter_id])
            done += 1
        except (RuleBroken, Stale) as why:
            del work.entries[noted:]
            kept[letter_id] = why
    if work.entries:
        work.commit()
    return done, kept
