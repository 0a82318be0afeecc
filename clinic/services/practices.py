"""Practices and their GPs: where letters go, by which channel, and who took over from whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Select, func, literal, or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from clinic.domain.errors import RuleBroken
from clinic.security.accounts import hashed
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.accounts import differences
from clinic.services.import_rows import plain
from clinic.services.letter_facts import MAILED
from clinic.services.names import normalised
from clinic.services.work import Stale, Work
from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice
from clinic.store.users import User

PAGE = 50
MOST_GPS = 20
AGB = re.compile(r"\d{8}", re.ASCII)
R = TypeVar("R", Practice, Gp)


@dataclass(frozen=True, slots=True)
class Details:
    """What a form says of a row."""

    def values(self) -> dict[str, Any]:
        """By column."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class PracticeDetails(Details):
    """Where it is and how its letters travel."""

    name: str
    channel: str
    agb: str | None = None
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    town: str | None = None
    phone: str | None = None
    mailbox: str | None = None
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class GpDetails(Details):
    """A GP or another recipient at a practice; who stopped may have a successor."""

    practice_id: int
    kind: str
    family_name: str
    initials: str | None = None
    prefix: str | None = None
    sex: str | None = None
    agb: str | None = None
    stopped_on: date | None = None
    successor_id: int | None = None


PRACTICE = tuple(field.name for field in fields(PracticeDetails))
GP = tuple(field.name for field in fields(GpDetails))


def listed(work: Work, text: str, after: int = 0) -> tuple[Sequence[Practice], int | None]:
    """A page of practices by name that fit the text, and the last of it when there are more."""
    work.needs(May.EDIT_PRACTICE)
    query = fitting(work, text).order_by(Practice.name, Practice.id).limit(PAGE + 1)
    last = work.session.get(Practice, after)
    if last is not None:
        query = query.where(tuple_(Practice.name, Practice.id) > tuple_(last.name, last.id))
    rows = work.session.scalars(query).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def whole(work: Work, text: str) -> Sequence[Any]:
    """Every practice that fits the text with each of its GPs, for a file."""
    work.needs(May.EDIT_PRACTICE)
    rows = fitting(work, text).add_columns(Gp).outerjoin(Gp, Gp.practice_id == Practice.id)
    return work.session.execute(rows.order_by(Practice.name, Practice.id, Gp.family_name, Gp.id)).all()


def fitting(work: Work, text: str) -> Select[Practice]:
    """Practices by their name, town or code, or by a GP's.

    They are few, so they are read here: SQLite knows no capitals but those of ASCII, so that Öztürk was not öztürk.
    """
    text = text.strip()
    if not text:
        return select(Practice)
    practices = select(Practice.id, Practice.agb, Practice.name, Practice.town)
    rows = work.session.execute(practices.union_all(select(Gp.practice_id, Gp.agb, Gp.family_name, literal(""))))
    fit = {row[0] for row in rows if row.agb == text or has(row.name, text) or has(row.town or "", text)}
    return select(Practice).where(Practice.id.in_(fit))


def has(name: str, text: str) -> bool:
    """Whether a name has the text in it, with or without capitals and accents; not every script is of these letters."""
    key = normalised(text)
    return text.casefold() in name.casefold() or (key != "" and key in normalised(name))


def find_gps(work: Work, text: str) -> Sequence[Gp]:
    """Who can be a patient's GP: those at work whose own or practice's name, town or code fits."""
    if not text.strip():
        return []
    at_work = or_(Gp.stopped_on.is_(None), Gp.stopped_on > work.today)
    at = fitting(work, text).with_only_columns(Practice.id)
    query = select(Gp).where(at_work, Gp.practice_id.in_(at)).order_by(Gp.family_name, Gp.id)
    return work.session.scalars(query.limit(MOST_GPS)).all()


def save(work: Work, details: PracticeDetails, practice_id: int | None = None, seen: str = "") -> Practice:
    """A new practice, or what changed of one; the same form sent twice is one practice."""
    work.needs(May.EDIT_PRACTICE)
    if practice_id is None:
        known = said_already(work, Practice, details)
        if known is not None:
            return known
    row = held(work, Practice, practice_id) if practice_id else Practice()
    keep(work, row, details, PRACTICE, seen, check_practice)
    return row


def said_already(work: Work, table: type[R], details: Details) -> R | None:
    """The row that says exactly this: the same form sent twice."""
    same = [getattr(table, name) == value for name, value in details.values().items()]
    return work.session.scalars(select(table).where(*same)).first()


def check_practice(work: Work, row: Practice, details: PracticeDetails) -> None:
    """A code has eight digits and belongs to one practice at one address; a mailbox is needed to send to it."""
    check_agb(details.agb)
    other = select(Practice.id).where(Practice.name == details.name, Practice.town == details.town)
    if work.session.scalar(other.where(Practice.id != (row.id or 0), Practice.street == details.street)):
        raise RuleBroken("name", "practice_known")
    check_channel(work, row, details)


def check_channel(work: Work, row: Practice, details: PracticeDetails) -> None:
    """What its letters need in order to travel is asked here, and not by the first letter that cannot leave."""
    if details.channel in MAILED and not details.mailbox:
        raise RuleBroken("mailbox", "channel_needs_mailbox")
    if details.channel == "edifact" and not details.agb and not each_gp_has_agb(work, row):
        raise RuleBroken("agb", "channel_needs_agb")


def each_gp_has_agb(work: Work, row: Practice) -> bool:
    """Whether every GP at work there can be named in EDIFACT by a code of her own."""
    codes = select(Gp.agb).where(Gp.practice_id == (row.id or 0), Gp.stopped_on.is_(None))
    found = work.session.scalars(codes).all()
    return bool(found) and all(found)


def save_gp(work: Work, details: GpDetails, gp_id: int | None = None, seen: str = "") -> Gp:
    """A new GP, or what changed of one."""
    work.needs(May.EDIT_PRACTICE)
    held(work, Practice, details.practice_id)
    if gp_id is None:
        known = said_already(work, Gp, details)
        if known is not None:
            return known
    row = held(work, Gp, gp_id) if gp_id else Gp()
    keep(work, row, details, GP, seen, check_gp)
    return row


def check_gp(work: Work, row: Gp, details: GpDetails) -> None:
    """A code is one person's; a successor follows somebody who stopped, and works."""
    check_agb(details.agb)
    taken = select(Gp.id).where(Gp.agb == details.agb, Gp.id != (row.id or 0))
    if details.agb and work.session.scalar(taken):
        raise RuleBroken("agb", "agb_taken_gp")
    where = work.session.get_one(Practice, details.practice_id)
    if where.channel == "edifact" and not (details.agb or where.agb or details.stopped_on):
        raise RuleBroken("agb", "channel_needs_agb_gp")
    if details.successor_id is None:
        return
    if details.stopped_on is None:
        raise RuleBroken("stopped_on", "successor_without_stop")
    successor = work.session.get(Gp, details.successor_id)
    if successor is None or successor.id == row.id or successor.stopped_on is not None:
        raise RuleBroken("successor_id", "successor_not_at_work")


def check_agb(agb: str | None) -> None:
    """No check digit is known of AGB codes: eight digits is all that can be asked."""
    if agb is not None and AGB.fullmatch(agb) is None:
        raise RuleBroken("agb", "agb_eight_digits")


def held(work: Work, table: type[Any], row_id: int) -> Any:
    """The row until the commit; LookupError when there is none."""
    row = work.session.get(table, row_id, with_for_update={"of": table})
    if row is None:
        raise LookupError(row_id)
    return row


def keep(work: Work, row: Any, details: Details, columns: tuple[str, ...], seen: str, check: Any) -> None:
    """Check, write and note old and new; Stale when the row is not what the page showed."""
    before = state(row, columns)
    changes = differences(before, {name: plain(value) for name, value in details.values().items()})
    if not changes:
        return
    if row.id is not None and seen != fingerprint(row, columns):
        raise Stale(changed_by(work, subject(row)))
    check(work, row, details)
    for name, value in details.values().items():
        setattr(row, name, value)
    work.session.add(row)
    try:
        work.session.flush()
    except IntegrityError as taken:
        work.session.rollback()
        raise RuleBroken("agb", "agb_taken_gp") from taken
    work.note(Action.PRACTICE_SAVED, subject=subject(row), details={"changes": changes})
    work.commit()


def state(row: Any, columns: tuple[str, ...]) -> dict[str, str | None]:
    """What stands, as the log keeps it."""
    return {name: plain(getattr(row, name)) for name in columns}


def fingerprint(row: Any, columns: tuple[str, ...]) -> str:
    """A row as a page showed it."""
    return hashed(repr(sorted(state(row, columns).items())))[:16]


def subject(row: Practice | Gp) -> str:
    """What the log calls it."""
    return f"{'practice' if isinstance(row, Practice) else 'gp'}:{row.id}"


def changed_by(work: Work, what: str) -> str:
    """Who changed it last."""
    entries = select(User.name).join(AuditEntry, AuditEntry.actor_id == User.id)
    mine = entries.where(AuditEntry.action == Action.PRACTICE_SAVED.value, AuditEntry.subject == what)
    return work.session.scalar(mine.order_by(AuditEntry.id.desc()).limit(1)) or ""


def gps_of(work: Work, practice_id: int) -> list[tuple[Gp, int]]:
    """The GPs of a practice, those at work first, each with how many patients of the clinic."""
    hers = (Patient.gp_id == Gp.id, Patient.merged_into_id.is_(None))
    count = select(func.count()).where(*hers).correlate(Gp).scalar_subquery()
    query = select(Gp, count).where(Gp.practice_id == practice_id)
    return [
        (gp, found) for gp, found in work.session.execute(query.order_by(Gp.stopped_on.is_not(None), Gp.family_name))
    ]
