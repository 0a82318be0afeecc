"""GPs and practices from a file: a GP by import key, a practice by AGB code, address and channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from clinic.interop.imports import PracticeRow
from clinic.security.audit import Action
from clinic.services.import_rows import Effect, by, chunks, differing, plain
from clinic.services.work import Work
from clinic.store.practices import Gp, Practice

DOOR = ("name", "street", "house_number", "postcode", "town")
WHERE = ("agb", *DOOR, "channel")
Places = dict[tuple[Any, ...], list[Practice]]


def door(row: Any) -> tuple[Any, ...]:
    """Where a practice is: letters for two that differ in it would reach one of them."""
    return tuple(getattr(row, name) for name in DOOR)


def place(row: PracticeRow, gp: Gp | None, places: Places) -> Practice | None:
    """The practice that the row means: her own, or one behind the same door, unless a filled cell says otherwise."""
    told = {name: getattr(row, name) for name in WHERE}
    if gp is not None and not differing(gp.practice, told):
        return gp.practice
    return next((practice for practice in places[door(row)] if not differing(practice, told)), None)


def apply(work: Work, rows: Sequence[PracticeRow]) -> Effect:
    """Bring the GPs in."""
    effect = Effect()
    places: Places = defaultdict(list)
    for practice in work.session.scalars(select(Practice).order_by(Practice.id)):
        places[door(practice)].append(practice)
    for chunk in chunks(rows):
        gps = gps_by_key(work, [row.key for row in chunk])
        agb = by(work.session.scalars(select(Gp).where(Gp.agb.in_([row.gp_agb for row in chunk]))), "agb")
        for row in chunk:
            taken = agb.get(row.gp_agb) if row.gp_agb else None
            if taken is not None and taken.import_key != row.key:
                effect.refuse(row.row, "gp_agb", "agb_taken")
                continue
            agb[row.gp_agb] = one(work, row, gps.get(row.key), places, effect)
    work.session.flush()
    return effect


def gps_by_key(work: Work, keys: Sequence[str]) -> dict[Any, Gp]:
    """The GPs that came with an import before."""
    return by(work.session.scalars(select(Gp).where(Gp.import_key.in_(keys))), "import_key")


def one(work: Work, row: PracticeRow, gp: Gp | None, places: Places, effect: Effect) -> Gp:
    """One GP, as she comes in or as the row tells her otherwise."""
    practice = place(row, gp, places)
    if practice is None:
        told = {name: getattr(row, name) for name in WHERE} | {"channel": row.channel or "post"}
        practice = Practice(phone=row.phone, mailbox=row.mailbox, charset=row.charset, **told)
        places[door(row)].append(practice)
        work.session.add(practice)
    other_signs = reads(work, practice, row.charset)
    told = {"initials": row.initials, "prefix": row.prefix, "family_name": row.family_name, "agb": row.gp_agb}
    if gp is None:
        gp = Gp(practice=practice, import_key=row.key, kind="gp", **told)
        work.session.add(gp)
        effect.count(True, False)
        return gp
    changes = differing(gp, told)
    moved = gp.practice is not practice
    for name in changes:
        setattr(gp, name, told[name])
    if moved:
        told = {"gp": row.family_name, "was": where(gp.practice), "now": where(practice)}
        effect.tell(row.row, gp.practice.name, f"moves_{practice.channel}", **told)
        gp.practice = practice
    effect.count(False, bool(changes) or moved or other_signs)
    return gp


def where(practice: Practice) -> str:
    """A practice with its address, as the preview names it."""
    street = " ".join(filter(None, (practice.street, practice.house_number)))
    return ", ".join(filter(None, (practice.name, street, practice.town, practice.agb and f"AGB {practice.agb}")))


def reads(work: Work, practice: Practice, charset: str | None) -> bool:
    """Let a practice receive other signs in EDIFACT, when the file says which; whether that changes anything."""
    if charset is None or practice.charset == charset:
        return False
    changes = {"charset": [plain(practice.charset), charset]}
    practice.charset = charset
    work.session.flush()  # one that came with an earlier row of this file has no key yet
    work.note(Action.PRACTICE_SAVED, subject=f"practice:{practice.id}", details={"changes": changes})
    return True
