"""GPs and practices from a file: a GP by import key, a practice by AGB code, address and channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from clinic.interop.imports import PracticeRow
from clinic.security.audit import Action
from clinic.services.import_rows import Effect, by, chunks, differing, plain
from clinic.services.work import Work
from clinic.store.practices import Gp, Practice

WHERE = ("agb", "name", "street", "house_number", "postcode", "town", "channel")


def place(row: Any) -> tuple[Any, ...]:
    """What makes two practices one: letters for both leave by the same channel to the same door."""
    return tuple(getattr(row, name) for name in WHERE)


def apply(work: Work, rows: Sequence[PracticeRow]) -> Effect:
    """Bring the GPs in."""
    effect = Effect()
    places = {place(practice): practice for practice in work.session.scalars(select(Practice))}
    for chunk in chunks(rows):
        gps = gps_by_key(work, [row.key for row in chunk])
        agb = by(work.session.scalars(select(Gp).where(Gp.agb.in_([row.gp_agb for row in chunk]))), "agb")
        for row in chunk:
            taken = agb.get(row.gp_agb) if row.gp_agb else None
            if taken is not None and taken.import_key != row.key:
                effect.refuse(row.row, "gp_agb", "agb_taken")
                continue
            one(work, row, gps.get(row.key), places, effect)
    work.session.flush()
    return effect


def gps_by_key(work: Work, keys: Sequence[str]) -> dict[Any, Gp]:
    """The GPs that came with an import before."""
    return by(work.session.scalars(select(Gp).where(Gp.import_key.in_(keys))), "import_key")


def one(work: Work, row: PracticeRow, gp: Gp | None, places: dict[tuple[Any, ...], Practice], effect: Effect) -> None:
    """One GP."""
    practice = places.get(place(row))
    if practice is None:
        told = {name: getattr(row, name) for name in WHERE}
        practice = Practice(phone=row.phone, mailbox=row.mailbox, charset=row.charset, **told)
        places[place(row)] = practice
        work.session.add(practice)
    other_signs = reads(work, practice, row.charset)
    told = {"initials": row.initials, "prefix": row.prefix, "family_name": row.family_name, "agb": row.gp_agb}
    if gp is None:
        work.session.add(Gp(practice=practice, import_key=row.key, kind="gp", **told))
        return effect.count(True, False)
    changes = differing(gp, told)
    moved = gp.practice is not practice
    for name in changes:
        setattr(gp, name, told[name])
    if moved:
        gp.practice = practice
    return effect.count(False, bool(changes) or moved or other_signs)


def reads(work: Work, practice: Practice, charset: str | None) -> bool:
    """Let a practice receive other signs in EDIFACT, when the file says which; whether that changes anything."""
    if charset is None or practice.charset == charset:
        return False
    changes = {"charset": [plain(practice.charset), charset]}
    practice.charset = charset
    work.session.flush()  # one that came with an earlier row of this file has no key yet
    work.note(Action.PRACTICE_SAVED, subject=f"practice:{practice.id}", details={"changes": changes})
    return True
