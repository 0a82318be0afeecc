"""The log is only added to, sealed afterwards without holding anybody up, and whatever is done to it is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from clinic.security import chain
from clinic.security.audit import Action, Purpose, action_code, outcome_code, purpose, type_code
from clinic.security.permissions import Role
from clinic.services import sealing
from clinic.services.anchors import Anchors, WentBack
from clinic.services.work import Work
from clinic.store import seals
from clinic.store.audit import AuditEntry
from clinic.store.seals import LINES, SEALS
from tests.conftest import MONDAY_MORNING

KEY = b"k" * 32
LATER = MONDAY_MORNING + timedelta(hours=3)
Told = list[tuple[str, int]]


def add_lines(engine: Engine, count: int) -> None:
    """So many looks."""
    lines = [
        {"at": MONDAY_MORNING + timedelta(seconds=n), "action": "patient.listed", "shown": [n, n + 1],
         "details": {"how": "naam é"}, "outcome": "done"}
        for n in range(count)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(LINES), lines)


def seal(engine: Engine, anchors: Anchors | None = None) -> int:
    return sealing.seal(engine, KEY, MONDAY_MORNING, anchors)


def verified(engine: Engine, anchors: Anchors | None = None, key: bytes = KEY) -> Told:
    report = sealing.verify(engine, key, anchors)
    assert len(report.problems) == min(report.wrong, sealing.MOST_TOLD)
    return [(problem.what, problem.number) for problem in report.problems]


@contextmanager
def by_hand(engine: Engine) -> Iterator[Connection]:
    """Somebody at the database itself, who may do anything."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            triggers = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for name in triggers:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection


@pytest.mark.parametrize("table", ["audit_entries", "audit_seals"])
@pytest.mark.parametrize("order", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_log_and_its_seals_are_only_added_to(database: Engine, table: str, order: str) -> None:
    add_lines(database, 1)
    seal(database)
    column = "action" if table == "audit_entries" else "head"
    with pytest.raises(DBAPIError, match="only added to"), database.begin() as connection:
        connection.execute(text(order.format(table, column, "'x'")))


@pytest.mark.parametrize("table", ["audit_entries", "audit_seals"])
def test_no_line_and_no_seal_is_replaced(database: Engine, table: str) -> None:
    add_lines(database, 1)
    seal(database)
    if database.dialect.name != "sqlite":
        return
    with pytest.raises(DBAPIError, match="only added to"), database.begin() as connection:
        connection.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))
    assert verified(database) == []


def test_while_people_go_on_the_walk_ends_where_it_began(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SEGMENT", 1)
    add_lines(database, 60)
    seal(database)
    checked = sealing.check_seal

    def meanwhile(report: sealing.Report, one: Any, *more: Any) -> None:
        checked(report, one, *more)
        if one.number == 2:
            add_lines(database, 3)
            assert seal(database) == 3

    monkeypatch.setattr(sealing, "check_seal", meanwhile)
    assert verified(database) == []


def test_a_head_that_stands_there_is_not_written_again_by_every_look(database: Engine, tmp_path: Path) -> None:
    anchors = Anchors(tmp_path)
    add_lines(database, 1)
    for seconds in range(3):
        now = MONDAY_MORNING + timedelta(seconds=5 * seconds, microseconds=123_456)
        sealing.seal(database, KEY, now, anchors)
    assert len(anchors.lines()) == 1
    add_lines(database, 1)
    sealing.seal(database, KEY, now, anchors)
    assert (len(anchors.lines()), verified(database, anchors)) == (2, [])


def cut_off(engine: Engine, after: int, told: dict[str, Any]) -> None:
    """The end of the log goes, and a line says that a restore did it; the clinic itself seals that line."""
    with by_hand(engine) as connection:
        for order in ("DELETE FROM audit_entries WHERE id > :after", "DELETE FROM audit_seals WHERE number > :after"):
            connection.execute(text(order), {"after": after})
        line = {"id": after + 1, "at": LATER, "action": "register.restored", "outcome": "done", "details": told}
        connection.execute(insert(LINES), line)


def test_a_line_about_a_restore_that_nobody_signed_explains_no_end_that_was_cut_off(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "SEGMENT", 1)
    anchors = Anchors(tmp_path)
    for _ in range(3):
        add_lines(database, 1)
        seal(database, anchors)
    cut_off(database, 1, {"seals": 1})
    with anchors.path.open("a") as file:
        file.write(WentBack(1, LATER).line(b"another key"))
        file.write("back\tmany\n")
    sealing.seal(database, KEY, LATER, anchors)
    assert verified(database, anchors) == [("anchor_differs", 2), ("seal_cut_off", 3)]
    assert sealing.verify(database, KEY, anchors).in_doubt == {2}
    anchors.went_back(WentBack(1, LATER), KEY)
    report = sealing.verify(database, KEY, anchors)
    assert (report.wrong, report.left_behind, report.in_doubt) == (0, 2, set())


def test_a_line_about_a_restore_that_explains_nothing_is_not_named(database: Engine, tmp_path: Path) -> None:
    anchors = Anchors(tmp_path)
    add_lines(database, 1)
    seal(database, anchors)
    cut_off(database, 0, {"seals": 5})
    sealing.seal(database, KEY, LATER, anchors)
    report = sealing.verify(database, KEY, anchors)
    assert (report.problems[0].what, report.in_doubt) == ("anchor_differs", set())


def test_a_log_that_nobody_touched_is_whole(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SEGMENT", 3)
    anchors = Anchors(tmp_path / "elsewhere")
    assert seal(database, anchors) == 0
    add_lines(database, 7)
    assert (seal(database, anchors), seal(database, anchors)) == (7, 0)
    add_lines(database, 2)
    report = sealing.verify(database, KEY, anchors)
    assert (report.lines, report.sealed, report.seals, report.anchors, report.wrong) == (9, 7, 3, 1, 0)


OLD = {
    "id": 7, "at": MONDAY_MORNING, "action": "patient.opened", "actor_id": 1, "role": "nurse", "on_behalf_of": None,
    "patient_id": 12, "shown": None, "subject": "letter:9", "details": {"how": "naam é"}, "address": "10.0.0.1",
    "outcome": "done", "actor_name": "Test nurse", "purpose": "TREAT", "trace": "00ff00ff00ff00ff",
    "source": "botwacht 0.1.0",
}  # fmt: skip
OF_BEFORE = "f3c5efd438fec7b408f8766bd27a139a"
"""Its mark, as it was sealed when a line had no function and no name of whom somebody acted for."""


def test_a_line_that_was_sealed_before_it_had_more_fields_goes_on_being_whole(
    database: Engine, work: Callable[..., Work]
) -> None:
    work("nurse").session.commit()
    with database.begin() as connection:
        connection.execute(insert(LINES), OLD)
    with database.connect() as connection:
        [line] = seals.every_line(connection)
    assert {name for name in line if name not in OLD} == {"actor_function", "on_behalf_name"}
    assert chain.mark(KEY, line).hex() == OF_BEFORE


CHANGED = {
    "a function": "UPDATE audit_entries SET actor_function = 'arts' WHERE id = 4",
    "for whom": "UPDATE audit_entries SET on_behalf_name = 'A. Bakker' WHERE id = 4",
    "a name": "UPDATE audit_entries SET action = 'patient.opened' WHERE id = 4",
    "a patient": "UPDATE audit_entries SET patient_id = 9 WHERE id = 4",
    "who was shown": "UPDATE audit_entries SET shown = '[3, 5]' WHERE id = 4",
    "a time": "UPDATE audit_entries SET at = '2026-11-23 09:00:04.000000' WHERE id = 4",
    "nothing for something": "UPDATE audit_entries SET details = NULL WHERE id = 4",
}
TAMPERED: dict[str, tuple[list[str], Told]] = {
    **{name: ([order], [("line_changed", 4)]) for name, order in CHANGED.items()},
    "removed": (["DELETE FROM audit_entries WHERE id = 4"], [("line_removed", 4)]),
    "swapped": (
        ["UPDATE audit_entries SET id = 99 WHERE id = 4", "UPDATE audit_entries SET id = 4 WHERE id = 5",
         "UPDATE audit_entries SET id = 5 WHERE id = 99"],
        [("line_changed", 4), ("line_changed", 5)],
    ),
    "moved over": (
        ["UPDATE audit_entries SET id = 0 WHERE id = 4"], [("line_added", 0), ("line_removed", 4)],
    ),
    "cut off": (["DELETE FROM audit_entries WHERE id > 5"], [("line_removed", 6), ("line_removed", 7)]),
    "cut off with its seals": (
        ["DELETE FROM audit_entries WHERE id > 3", "DELETE FROM audit_seals WHERE number > 1"],
        [("seal_cut_off", 3)],
    ),
    "a seal out of the middle": (
        ["DELETE FROM audit_seals WHERE number = 2"],
        [("seal_does_not_follow", 3), ("line_added", 4), ("line_added", 5), ("line_added", 6)],
    ),
    "a seal made over": (
        ["UPDATE audit_seals SET head = 'x' WHERE number = 3"], [("seal_changed", 3), ("anchor_differs", 3)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_done_to_the_log_is_found(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(sealing, "SEGMENT", 3)
    anchors = Anchors(tmp_path)
    add_lines(database, 7)
    seal(database, anchors)
    orders, told = TAMPERED[what]
    with by_hand(database) as connection:
        for order in orders:
            connection.execute(text(order))
    assert verified(database, anchors) == told


def test_another_key_is_said_once_for_each_seal_and_not_for_each_line(database: Engine) -> None:
    add_lines(database, 5)
    seal(database)
    assert verified(database, key=b"x" * 32) == [("other_key", 1)]


def test_of_very_many_faults_the_first_hundred_are_told(database: Engine) -> None:
    add_lines(database, 150)
    seal(database)
    with by_hand(database) as connection:
        connection.execute(text("UPDATE audit_entries SET outcome = 'refused'"))
    report = sealing.verify(database, KEY)
    assert (report.wrong, len(report.problems)) == (150, 100)


class OneAfterTheOther:
    """What itertools.chain does, as steps that Python counts: of thousands within each other it says so."""

    def __init__(self, *parts: Iterable[Any]) -> None:
        self.parts = [iter(part) for part in parts]

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        for part in self.parts:
            for one in part:
                return one
        raise StopIteration


def test_thousands_of_seals_are_walked_without_going_deeper(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinic that seals every few seconds has so many within a day."""
    monkeypatch.setattr(sealing, "joined", OneAfterTheOther)
    add_lines(database, 4_000)
    head, made = "", []
    with database.connect() as connection:
        lines = seals.segment(connection, 0, 4_000, 4_000)
    for number, line in enumerate(lines, start=1):
        marks = chain.pack([(number, chain.mark(KEY, line))])
        previous, head = head, chain.head(KEY, number, head, (number - 1, number), marks)
        made.append({
            "number": number, "after_id": number - 1, "last_id": number, "marks": marks, "previous": previous,
            "head": head, "key_name": chain.key_name(KEY), "sealed_at": MONDAY_MORNING,
        })  # fmt: skip
    with database.begin() as connection:
        connection.execute(insert(SEALS), made)
    assert verified(database) == []


def test_heads_that_cannot_be_read_are_told(database: Engine, tmp_path: Path) -> None:
    anchors = Anchors(tmp_path)
    anchors.path.write_text("")
    add_lines(database, 1)
    seal(database, anchors)
    with anchors.path.open("a") as file:
        file.write("torn\n")
    assert verified(database, anchors) == [("anchor_unreadable", 2)]
    assert anchors.newest() is None


def test_a_head_torn_off_swallows_no_head_after_it(database: Engine, tmp_path: Path) -> None:
    anchors = Anchors(tmp_path)
    anchors.path.write_text("1\t1\tab")
    add_lines(database, 1)
    seal(database, anchors)
    held, unreadable = anchors.read()
    assert (list(held), unreadable) == ([1], [1])


def test_two_who_seal_at_once_seal_once(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    add_lines(database, 2)
    seen = sealing.seals.segment

    def other_first(connection: Connection, after: int, until: int, most: int) -> list[dict[str, object]]:
        lines = seen(connection, after, until, most)
        monkeypatch.setattr(sealing.seals, "segment", seen)
        assert seal(database) == 2
        return lines

    monkeypatch.setattr(sealing.seals, "segment", other_first)
    assert seal(database) == 0
    assert verified(database) == []


def test_a_number_given_out_and_never_used_is_no_fault(database: Engine) -> None:
    add_lines(database, 1)
    with database.connect() as connection:
        connection.execute(insert(LINES), {"at": MONDAY_MORNING, "action": "x", "outcome": "done"})
        connection.rollback()
    add_lines(database, 1)
    assert seal(database) == 2
    assert verified(database) == []


@pytest.mark.parametrize("ends", [True, False])
def test_a_line_that_is_kept_late_is_waited_for_and_nobody_waits_for_the_seal(database: Engine, ends: bool) -> None:
    if database.dialect.name == "sqlite":
        add_lines(database, 2)
        with database.connect() as connection:
            assert seals.settled(connection) == 2
        return
    with database.connect() as slow, database.connect() as sealer:
        slow.execute(insert(LINES), {"at": MONDAY_MORNING, "action": "slow", "outcome": "done"})
        add_lines(database, 1)

        def rest(_seconds: float) -> None:
            add_lines(database, 1)
            if ends:
                slow.commit()

        assert seals.settled(sealer, rest) == (2 if ends else None)


def test_a_line_says_who_for_what_and_by_which_program(work: Callable[..., Work]) -> None:
    officer = work("privacy_officer")
    officer.note(Action.LOG_READ)
    officer.commit()
    line = officer.session.scalars(select(AuditEntry)).one()
    assert (line.actor_name, line.purpose, line.outcome) == ("Test privacy_officer", "AUDIT", "done")
    assert (line.actor_function, line.role) == (officer.actor.function, "privacy_officer")
    assert line.source is not None
    assert line.source.startswith("botwacht ")
    assert officer.session.scalar(select(func.count()).select_from(SEALS)) == 0


@pytest.mark.parametrize(("action", "role", "why", "code"), [
    (Action.PATIENT_OPENED, Role.NURSE, Purpose.TREATMENT, "R"),
    (Action.PATIENT_REGISTERED, Role.SECRETARY, Purpose.TREATMENT, "C"),
    (Action.PATIENT_CHANGED, Role.DOCTOR, Purpose.TREATMENT, "U"),
    (Action.FACT_VOIDED, Role.NURSE, Purpose.TREATMENT, "D"),
    (Action.SETTINGS_CHANGED, Role.MANAGER, Purpose.ADMINISTRATION, "U"),
    (Action.SIGNED_IN, Role.PRIVACY_OFFICER, Purpose.AUDIT, "E"),
    (Action.LOG_READ, Role.NURSE, Purpose.AUDIT, "R"),
    (Action.SIGN_IN_FAILED, None, Purpose.ADMINISTRATION, "E"),
])  # fmt: skip
def test_codes_of_the_norm(action: Action, role: Role | None, why: Purpose, code: str) -> None:
    assert (purpose(action, role), action_code(action)) == (why, code)


@pytest.mark.parametrize(("action", "outcome", "code"), [
    ("patient.opened", "done", "0"), ("access.refused", "refused", "8"), ("session.sign_in_failed", "done", "8"),
])  # fmt: skip
def test_the_outcome_by_the_norm(action: str, outcome: str, code: str) -> None:
    assert outcome_code(action, outcome) == code


@pytest.mark.parametrize(("action", "code"), [
    (Action.SIGNED_IN, "login"), (Action.PATIENT_SEARCHED, "search"), (Action.LIST_EXPORTED, "export"),
    (Action.RECORD_COPIED, "export"), (Action.PAPER_WRITTEN, "print"), (Action.EMERGENCY_OPENED, "breakglass"),
    (Action.REFUSED, "refusal"), (Action.LOG_READ, "audit"), (Action.PATIENT_OPENED, "screen"),
])  # fmt: skip
def test_the_kind_of_event_by_the_norm(action: str, code: str) -> None:
    assert type_code(action) == code


def test_a_line_with_what_has_no_one_text_is_not_sealed() -> None:
    with pytest.raises(TypeError, match="object"):
        chain.mark(KEY, {"id": 1, "details": object()})
