"""GPs and practices from a file: a GP by import key, a practice by AGB code, address and channel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from clinic.interop.imports import PracticeRow
from clinic.security.audit import Action
from clinic.services.import_rows import Changes, Effect, by, chunks, differing, otherwise, plain, together
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.practices import Gp, Practice

DOOR = ("name", "street", "house_number", "postcode", "town")
WHERE = ("agb", *DOOR, "channel")
TOGETHER = (("prefix", "family_name"), ("street", "house_number", "postcode", "town"))
"""What is kept or written together: half an address is none."""
SOURCE = "practices file"
Places = dict[tuple[Any, ...], list[Practice]]
People = dict[str, set[str]]
"""By what the log calls a practice or GP, the fields that something else than this file changed last."""


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
    people = changed_by_people(work)
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
            agb[row.gp_agb] = one(work, row, gps.get(row.key), places, people, effect)
    work.session.flush()
    return effect


def gps_by_key(work: Work, keys: Sequence[str]) -> dict[Any, Gp]:
    """The GPs that came with an import before."""
    return by(work.session.scalars(select(Gp).where(Gp.import_key.in_(keys))), "import_key")


def subjects(gp: Gp) -> tuple[str, str]:
    """What the log calls her and her practice."""
    return f"gp:{gp.id}", f"practice:{gp.practice_id}"


def changed_by_people(work: Work) -> People:
    """The fields of each practice and GP that a person or a list of channels changed last; to make one is no change."""
    found: People = defaultdict(set)
    lines = select(AuditEntry).where(AuditEntry.action == Action.PRACTICE_SAVED, AuditEntry.details.is_not(None))
    for line in work.session.scalars(lines.order_by(AuditEntry.id)):
        told, theirs = line.details or {}, found[line.subject or ""]
        changes = told.get("changes", {})
        if changes.get("name", [""])[0] is not None:
            (theirs.difference_update if told.get("source") == SOURCE else theirs.update)(changes)
    return found


def one(work: Work, row: PracticeRow, gp: Gp | None, places: Places, people: People, effect: Effect) -> Gp:
    """One GP, as she comes in or as the row tells her otherwise."""
    practice = gp.practice if gp is not None and stays(row, gp, people, effect) else place(row, gp, places)
    if practice is None:
        told = {name: getattr(row, name) for name in WHERE} | {"channel": row.channel or "post"}
        practice = Practice(phone=row.phone, mailbox=row.mailbox, charset=row.charset, **told)
        places[door(row)].append(practice)
        work.session.add(practice)
    other_signs = reads(work, row, practice, people, effect)
    told = {"initials": row.initials, "prefix": row.prefix, "family_name": row.family_name, "agb": row.gp_agb}
    if gp is None:
        gp = Gp(practice=practice, import_key=row.key, kind="gp", **told)
        work.session.add(gp)
        effect.count(True, False)
        return gp
    changes = herself(row, gp, told, people, effect) | moves(work, row, gp, practice, effect)
    if changes:
        details = {"changes": changes, "source": SOURCE}
        work.note(Action.PRACTICE_SAVED, subject=f"gp:{gp.id}", details=details)
    effect.count(False, bool(changes) or other_signs)
    return gp


def stays(row: PracticeRow, gp: Gp, people: People, effect: Effect) -> bool:
    """Whether a person put her where she is, or her practice: then the row only says that it tells otherwise."""
    others = differing(gp.practice, {name: getattr(row, name) for name in WHERE})
    hers, theirs = (people[what] for what in subjects(gp))
    asked = others.keys() & {*DOOR} or others.keys()  # behind another door nothing holds of what was said of this one
    if "practice_id" not in hers and not any(theirs.intersection(together(name, TOGETHER)) for name in asked):
        return False
    for name, (_was, now) in others.items():
        effect.check(row.row, name, "person_wrote_practice", typed=now)
    return True


def herself(row: PracticeRow, gp: Gp, told: dict[str, Any], people: People, effect: Effect) -> Changes:
    """What the row tells otherwise of the GP herself, and no person wrote."""
    changes, name = otherwise(gp, told, TOGETHER, row.named), gp.family_name
    for field, (_was, now) in list(changes.items()):
        if people[f"gp:{gp.id}"].intersection(together(field, TOGETHER)):
            del changes[field]
            if now is not None:  # what is emptied goes with what is said beside it
                effect.check(row.row, "gp_agb" if field == "agb" else field, "person_wrote_practice", typed=now)
        else:
            setattr(gp, field, told[field])
            code = "gp_field_becomes" if now is not None else "gp_field_emptied"
            effect.tell(row.row, gp.practice.name, code, gp=name, field=field, now=now)
    return changes


def moves(work: Work, row: PracticeRow, gp: Gp, practice: Practice, effect: Effect) -> Changes:
    """Let her go to another practice, when it is another."""
    if gp.practice is practice:
        return {}
    told = {"gp": row.family_name, "was": where(gp.practice), "now": where(practice)}
    effect.tell(row.row, gp.practice.name, f"moves_{practice.channel}", **told)
    work.session.flush()  # a new one has no key yet
    changes: Changes = {"practice_id": [plain(gp.practice.id), plain(practice.id)]}
    gp.practice = practice
    return changes


def where(practice: Practice) -> str:
    """A practice with its address, as the preview names it."""
    street = " ".join(filter(None, (practice.street, practice.house_number)))
    return ", ".join(filter(None, (practice.name, street, practice.town, practice.agb and f"AGB {practice.agb}")))


def reads(work: Work, row: PracticeRow, practice: Practice, people: People, effect: Effect) -> bool:
    """Let a practice receive other signs in EDIFACT, when the file says which; whether that changes anything."""
    if row.charset is None or practice.charset == row.charset:
        return False
    work.session.flush()  # one that came with an earlier row of this file has no key yet
    if "charset" in people[f"practice:{practice.id}"]:
        effect.check(row.row, "charset", "person_wrote_practice", typed=row.charset)
        return False
    changes = {"charset": [plain(practice.charset), row.charset]}
    practice.charset = row.charset
    details = {"changes": changes, "source": SOURCE}
    work.note(Action.PRACTICE_SAVED, subject=f"practice:{practice.id}", details=details)
    return True
