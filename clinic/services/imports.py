"""Bring a file into the register in one transaction, or only say what that would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.interop.imports import Parsed
from clinic.interop.mended import Mended
from clinic.interop.reader import Complaint
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import (
    import_appointments,
    import_changes,
    import_channels,
    import_courses,
    import_history,
    import_letters,
    import_patients,
    import_practices,
    items,
)
from clinic.services.import_rows import Effect, Told
from clinic.services.work import Work
from clinic.store import restores
from clinic.store.base import Fact
from clinic.store.due import DueItem
from clinic.store.imports import ImportedFact
from clinic.store.settings import ImportReceipt

Progress = Callable[[int, int], None]
BATCH = 200
KEPT_COMPLAINTS = 1000
APPLY: dict[str, Callable[[Work, Any], Effect]] = {
    "practices": import_practices.apply,
    "patients": import_patients.apply,
    "courses": import_courses.apply,
    "appointments": import_appointments.apply,
    "changes": import_changes.apply,
    "history": import_history.apply,
    "channels": import_channels.apply,
}
# what the file as a whole says besides its rows
WHOLE: dict[str, Callable[[Work, Parsed, Effect], None]] = {"appointments": import_appointments.vanished}


@dataclass(frozen=True, slots=True)
class Import:
    """A file that was read, as it is brought in or tried."""

    parsed: Parsed
    file_name: str
    sha256: str
    mended: tuple[Mended, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do: counts, never names."""

    kind: str
    added: int
    changed: int
    unchanged: int
    refused: int
    complaints: tuple[Complaint, ...]
    late: dict[str, int]
    """Code of a due item to how many would be late on the day of the import, over the patients it touches."""
    planned: int
    nothing_planned: int
    told: tuple[Told, ...] = ()
    receipt_id: int | None = None
    written: tuple[Fact, ...] = ()
    touched: tuple[int, ...] = ()
    """Of whom something came in or changed."""


def silent(_done: int, _of: int) -> None:
    """Nobody watches."""


def try_out(work: Work, command: Import, progress: Progress = silent) -> Outcome:
    """Do everything and keep nothing: what the import would change, and what would become late by it."""
    work.needs(May.IMPORT)
    try:
        return bring_in(work, command, progress)
    finally:
        work.session.rollback()


def commit(work: Work, command: Import, progress: Progress = silent) -> Outcome:
    """Bring the file in, with a receipt; all of it or nothing. Raises Unconfirmed after a restore nobody confirmed."""
    work.needs(May.IMPORT)
    restores.need_confirmed(work.session.connection())
    outcome = bring_in(work, command, progress)
    if not outcome.added + outcome.changed + outcome.unchanged:
        raise RuleBroken("file", "import_nothing")
    receipt = ImportReceipt(
        kind=outcome.kind, file_name=command.file_name, file_sha256=command.sha256, at=work.now, by=work.actor.id,
        added=outcome.added, changed=outcome.changed, unchanged=outcome.unchanged, refused=outcome.refused,
        complaints={
            "rows": [
                [c.row, c.column, c.level, c.code, c.params] for c in outcome.complaints[:KEPT_COMPLAINTS]
            ],
            "late": outcome.late,
            "mended": [[m.row, m.column, m.was, m.now] for m in command.mended],
            "told": [[t.row, t.number, t.code, t.params] for t in outcome.told[:KEPT_COMPLAINTS]],
        },
    )  # fmt: skip
    work.session.add(receipt)
    work.session.flush()
    work.session.add_all(
        ImportedFact(kind=fact.__tablename__, fact_id=fact.id, receipt_id=receipt.id)  # type: ignore[attr-defined]
        for fact in outcome.written
    )
    told = f"import:{receipt.id}"
    work.note(Action.IMPORTED, subject=told, details={"kind": outcome.kind, "added": outcome.added})
    for patient_id in outcome.touched:
        work.note(Action.IMPORTED, patient_id, told)
    work.commit()
    return replace(outcome, receipt_id=receipt.id, written=(), touched=())


def bring_in(work: Work, command: Import, progress: Progress) -> Outcome:
    """Write the rows and build the items of everybody they touch."""
    parsed = command.parsed
    effect = APPLY[parsed.kind](work, parsed.rows)
    work.session.flush()
    if parsed.kind in WHOLE:
        WHOLE[parsed.kind](work, parsed, effect)
    patients = [effect.touched[patient_id] for patient_id in sorted(effect.touched)]  # `grow` locks them in one order
    for start in range(0, len(patients), BATCH):
        batch = patients[start : start + BATCH]
        items.refresh_all(work, batch)
        progress(start + len(batch), len(patients))
    if effect.written:
        import_letters.follow(work, patients, effect.decided, effect.ended)
    work.session.flush()
    late, idle = standing_late(work, list(effect.touched)), sum(patient.nothing_planned for patient in patients)
    told = (replace(found, column=parsed.columns.get(found.column, found.column)) for found in effect.complaints)
    complaints = sorted((*parsed.complaints, *told), key=lambda complaint: complaint.row)
    return Outcome(
        parsed.kind, effect.added, effect.changed, effect.unchanged, parsed.refused + len(effect.refused_rows),
        tuple(complaints), late, len(patients) - idle, idle, tuple(sorted(effect.told, key=lambda told: told.row)),
        written=tuple(effect.written), touched=tuple(patient.id for patient in patients),
    )  # fmt: skip


def standing_late(work: Work, ids: list[int]) -> dict[str, int]:
    """How many items of these patients are late today, by code."""
    found: Counter[str] = Counter()
    for start in range(0, len(ids), BATCH):
        query = (
            select(DueItem.code, func.count())
            .where(DueItem.patient_id.in_(ids[start : start + BATCH]), DueItem.late_after < work.today)
            .group_by(DueItem.code)
        )
        for code, number in work.session.execute(query):
            found[code] += number
    return dict(sorted(found.items()))


def receipts(work: Work, most: int = 50) -> list[ImportReceipt]:
    """What was brought in before, newest first."""
    return list(work.session.scalars(select(ImportReceipt).order_by(ImportReceipt.id.desc()).limit(most)))
