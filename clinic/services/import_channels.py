"""How letters travel, from a file: channel and mailbox of many practices at once, each by its AGB code."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from clinic.interop.channel_rows import ChannelRow
from clinic.security.audit import Action
from clinic.services.import_rows import Effect, chunks, plain
from clinic.services.work import Work
from clinic.store.practices import Practice


def apply(work: Work, rows: Sequence[ChannelRow]) -> Effect:
    """Bring the channels in."""
    effect = Effect()
    for chunk in chunks(rows):
        query = select(Practice).where(Practice.agb.in_([row.agb for row in chunk])).order_by(Practice.id)
        practices = work.session.scalars(query).all()
        for row in chunk:
            one(work, row, [practice for practice in practices if practice.agb == row.agb], effect)
    work.session.flush()
    return effect


def one(work: Work, row: ChannelRow, practices: Sequence[Practice], effect: Effect) -> None:
    """One row; a code that stands at several addresses goes for each of them."""
    if not practices:
        return effect.refuse(row.row, "agb", "practice_not_here", typed=row.agb)
    changed = [practice for practice in practices if other_way(work, practice, row)]
    for practice in changed:
        effect.tell(row.row, practice.name, f"channel_{row.channel}", mailbox=row.mailbox or "–")
    return effect.count(False, bool(changed))


def other_way(work: Work, practice: Practice, row: ChannelRow) -> bool:
    """Let letters for a practice travel another way; whether that changes anything."""
    told = {"channel": row.channel, "mailbox": row.mailbox}
    changes = {name: [plain(getattr(practice, name)), new] for name, new in told.items()
               if getattr(practice, name) != new}  # fmt: skip
    for name in changes:
        setattr(practice, name, told[name])
    if changes:
        work.note(Action.PRACTICE_SAVED, subject=f"practice:{practice.id}", details={"changes": changes})
    return bool(changes)
