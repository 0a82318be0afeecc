"""Sealing the log afterwards, and finding whatever was changed, removed, added, swapped or cut off since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain as joined
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from clinic.security import chain
from clinic.security.audit import Action
from clinic.services.anchors import Anchor, Anchors, WentBack
from clinic.store import seals

SEGMENT = 1_000
MOST_TOLD = 100
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, by a word for it and the line or seal it is about."""

    what: str
    number: int


@dataclass(slots=True)
class Report:
    """What was looked at and what is wrong with it."""

    lines: int = 0
    sealed: int = 0
    seals: int = 0
    anchors: int = 0
    left_behind: int = 0
    """Heads of a register that a restore took the place of."""
    wrong: int = 0
    problems: list[Problem] = field(default_factory=list)
    signed: set[WentBack] = field(default_factory=set)
    """Restores as they were written down elsewhere."""
    restores: list[WentBack] = field(default_factory=list)
    """Those of them that a sealed line of the log tells, too."""
    unsigned: list[tuple[int, WentBack]] = field(default_factory=list)
    """Restores that such a line tells and nobody wrote down elsewhere, with its number."""
    in_doubt: set[int] = field(default_factory=set)
    """The lines of those that would explain a head without its seal, if somebody did restore then."""

    def add(self, what: str, number: int) -> None:
        """Count a problem; the first hundred are told."""
        self.wrong += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(Problem(what, number))


def seal(engine: Engine, key: bytes, now: datetime, anchors: Anchors | None = None) -> int:
    """Seal whatever is settled and not sealed yet; how many lines that were. Nobody who writes waits for it."""
    with engine.connect() as bare:
        until = seals.settled(bare.execution_options(writes=False))
    count = 0
    while until and (lines := next_segment(engine, key, now, until)):
        count += lines
    if anchors is not None:
        anchor(engine, anchors)
    return count


def next_segment(engine: Engine, key: bytes, now: datetime, until: int) -> int:
    """Seal one segment; 0 when there is none, or another process is doing the same."""
    with engine.connect() as bare:
        connection = bare.execution_options(writes=False)
        last = seals.newest(connection)
        after = last.last_id if last else 0
        lines = seals.segment(connection, after, until, SEGMENT)
    if not lines:
        return 0
    bounds = (after, lines[-1]["id"])
    packed = chain.pack((line["id"], chain.mark(key, line)) for line in lines)
    number, previous = (last.number + 1, last.head) if last else (1, "")
    made = {
        "number": number, "after_id": after, "last_id": bounds[1], "marks": packed, "previous": previous,
        "head": chain.head(key, number, previous, bounds, packed), "key_name": chain.key_name(key), "sealed_at": now,
    }  # fmt: skip
    return len(lines) if kept(engine, made) else 0


def kept(engine: Engine, made: dict[str, Any]) -> bool:
    """Store a seal, unless somebody else did."""
    with engine.connect() as bare:
        connection = bare.execution_options(writes=True)
        try:
            seals.add(connection, made)
        except IntegrityError:
            return False
        connection.commit()
    return True


def anchor(engine: Engine, anchors: Anchors) -> None:
    """Write the newest head down elsewhere, when it is not there yet."""
    with engine.connect() as bare:
        last = seals.newest(bare.execution_options(writes=False))
    if last is not None:
        anchors.keep(Anchor(last.number, last.last_id, last.head, last.sealed_at))


def verify(engine: Engine, key: bytes, anchors: Anchors | None = None) -> Report:
    """Walk the whole log beside its seals and the anchors; the report names the first hundred faults.

    People go on working: the walk ends at the seal that is the newest when it begins; the lines are opened after that.
    """
    report = Report(signed=anchors.restores(key) if anchors else set())
    held, unreadable = anchors.read() if anchors else ({}, [])
    for number in unreadable:
        report.add("anchor_unreadable", number)
    report.anchors = sum(len(heads) for heads in held.values())
    with engine.connect() as bare:
        last = seals.newest(bare.execution_options(writes=False))
    missed = walk(engine, key, report, held, last.number if last else 0)
    missed += [("seal_cut_off", heads[-1]) for heads in held.values()]
    check_missed(report, missed)
    return report


def walk(
    engine: Engine, key: bytes, report: Report, held: dict[int, list[Anchor]], until: int
) -> list[tuple[str, Anchor]]:
    """Every line beside its seal; the heads that have another seal, and those without one stay in `held`."""
    missed: list[tuple[str, Anchor]] = []
    last_id, number, head = 0, 0, ""
    waiting: list[Line] = []
    with engine.connect() as sealed, engine.connect() as written:
        lines = seals.every_line(written.execution_options(writes=False))
        for one in seals.every_seal(sealed.execution_options(writes=False), until):
            check_seal(report, one, key, (number + 1, last_id, head))
            missed += [("anchor_differs", anchor) for anchor in held.pop(one.number, []) if anchor.head != one.head]
            waiting = check_lines(report, one, key, waiting, lines)
            last_id, number, head = one.last_id, one.number, one.head
        report.lines += len(waiting) + sum(1 for _line in lines)
    return missed


def check_missed(report: Report, missed: list[tuple[str, Anchor]]) -> None:
    """Heads without their seal: a restore that was written down explains those of before it, nothing the others."""
    for what, anchor in missed:
        if any(one.explains(anchor) for one in report.restores):
            report.left_behind += 1
        else:
            report.add(what, anchor.number)
            report.in_doubt |= {line for line, told in report.unsigned if told.explains(anchor)}


def check_seal(report: Report, one: Any, key: bytes, expected: tuple[int, int, str]) -> None:
    """Whether a seal follows the one before it and is whole."""
    report.seals += 1
    if (one.number, one.after_id, one.previous) != expected:
        report.add("seal_does_not_follow", one.number)
    if one.key_name != chain.key_name(key):
        report.add("other_key", one.number)
    elif one.head != chain.head(key, one.number, one.previous, (one.after_id, one.last_id), one.marks):
        report.add("seal_changed", one.number)


def check_lines(report: Report, one: Any, key: bytes, waiting: list[Line], lines: Iterator[Line]) -> list[Line]:
    """Compare a segment with its marks; the line that was read of the next one is handed back, to wait for its seal."""
    expected = dict(chain.unpack(one.marks))
    after: list[Line] = []
    for line in joined(waiting, lines):
        if line["id"] > one.last_id:
            after = [line]
            break
        report.lines += 1
        report.sealed += 1
        mark = expected.pop(line["id"], None)
        if mark is None:
            report.add("line_added", line["id"])
        elif one.key_name != chain.key_name(key):
            continue
        elif mark != chain.mark(key, line):
            report.add("line_changed", line["id"])
        elif line["action"] == Action.RESTORED:
            told = WentBack((line["details"] or {}).get("seals", 0), line["at"])
            if told in report.signed:
                report.restores.append(told)
            else:
                report.unsigned.append((line["id"], told))
    for lost in expected:
        report.add("line_removed", lost)
    return after
