"""Looks that the database could not keep lie in a file, come in once afterwards, and are checked."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from clinic.services.emergency import EmergencyLog, Merged
from clinic.services.work import Work, as_rows
from clinic.store.audit import AuditEntry
from tests.conftest import MONDAY_MORNING


@pytest.fixture
def spare(tmp_path: Path) -> EmergencyLog:
    return EmergencyLog(tmp_path / "instance", b"k" * 32)


def look(patient_id: int, **given: Any) -> dict[str, Any]:
    [row] = as_rows([AuditEntry(at=MONDAY_MORNING, action="patient.opened", patient_id=patient_id, **given)])
    return row


def lines(database: Engine) -> list[AuditEntry]:
    with Session(database) as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_without_an_emergency_there_is_nothing_to_bring_in(database: Engine, spare: EmergencyLog) -> None:
    assert spare.merge(database, MONDAY_MORNING) == Merged(0, 0)
    assert lines(database) == []


def test_looks_come_in_whole_and_once(
    database: Engine, spare: EmergencyLog, work: Callable[..., Work], tmp_path: Path
) -> None:
    nurse = work("nurse").actor.id
    spare.add([look(1, actor_id=nurse), look(2, actor_id=nurse, details={"how": "é"}, shown=[1, 2])])
    spare.add([look(3)])
    before = spare.path.read_text()
    assert spare.merge(database, MONDAY_MORNING) == Merged(3, 0)
    first, second, third, told = lines(database)
    assert [line.patient_id for line in (first, second, third)] == [1, 2, 3]
    assert (second.at, second.actor_id, second.shown, second.outcome) == (MONDAY_MORNING, nurse, [1, 2], "done")
    assert second.details == {"how": "é", "emergency": "whole"}
    assert (told.action, told.details) == ("log.merged", {"lines": 3, "broken": 0})
    assert not spare.path.exists()
    assert [path.read_text() for path in spare.folder.glob("*.merged")] == [before]
    spare.path.write_text(before)  # the machine stopped before the file was put away
    assert spare.merge(database, MONDAY_MORNING) == Merged(3, 0)
    assert len(lines(database)) == 4


def test_a_line_goes_to_the_new_file_when_the_old_one_was_put_away_while_it_waited(
    spare: EmergencyLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare.add([look(1)])
    locks, away = fcntl.flock, spare.folder / "put.merged"

    def put_away(file: Any, how: int) -> None:
        if not away.exists():
            spare.path.rename(away)
        locks(file, how)

    monkeypatch.setattr(fcntl, "flock", put_away)
    spare.add([look(2)])
    assert [len(path.read_text().splitlines()) for path in (away, spare.path)] == [1, 1]


def changed(written: list[str]) -> list[str]:
    told = json.loads(written[0])
    return [json.dumps(told | {"line": told["line"].replace('"patient_id":1', '"patient_id":9')}), *written[1:]]


def listed(written: str) -> str:
    row = json.loads(json.loads(written)["line"]) | {"details": [1]}
    return json.dumps({"line": json.dumps(row), "mark": "?"})


@pytest.mark.parametrize(("harm", "patients", "broken"), [
    (changed, [9, 2, 3], 1),
    (lambda written: written[1:], [2, 3], 1),
    (lambda written: [written[1], written[0], written[2]], [2, 1, 3], 3),
    (lambda written: [written[0], "torn off", written[2]], [1, 3], 2),
    (lambda written: [*written[:2], "[]"], [1, 2], 1),
    (lambda written: [*written[:2], listed(written[2])], [1, 2], 1),
])  # fmt: skip
def test_a_line_that_is_not_as_it_was_written_is_told(
    database: Engine, spare: EmergencyLog, harm: Callable[[list[str]], list[str]], patients: list[int], broken: int
) -> None:
    spare.add([look(1), look(2), look(3)])
    spare.path.write_text("\n".join(harm(spare.path.read_text().splitlines())) + "\n")
    assert spare.merge(database, MONDAY_MORNING) == Merged(len(patients), broken)
    found = lines(database)
    assert [line.patient_id for line in found[:-1]] == patients
    assert found[-1].details == {"lines": len(patients), "broken": broken}


def test_a_look_of_an_account_that_a_restore_took_away_comes_in_with_its_number(
    database: Engine, spare: EmergencyLog, work: Callable[..., Work]
) -> None:
    nurse = work("nurse").actor.id
    work("nurse").session.commit()
    spare.add([look(1, actor_id=77, on_behalf_of=nurse), look(2, actor_id=nurse, on_behalf_of=78)])
    assert spare.merge(database, MONDAY_MORNING) == Merged(2, 0)
    first, second, _told = lines(database)
    assert (first.actor_id, first.on_behalf_of, first.details) == (None, nurse, {"emergency": "whole", "actor_id": 77})
    assert (second.actor_id, second.on_behalf_of, second.details) == (
        nurse, None, {"emergency": "whole", "on_behalf_of": 78},
    )  # fmt: skip


def test_a_line_that_the_log_refuses_stands_aside_and_the_others_come_in(database: Engine, spare: EmergencyLog) -> None:
    spare.add([look(1), look(2) | {"action": None}, look(3)])
    assert spare.merge(database, MONDAY_MORNING) == Merged(3, 0, 1)
    *came, told = lines(database)
    assert [line.patient_id for line in came] == [1, 3]
    assert told.details == {"lines": 3, "broken": 0, "refused": 1}
    [aside] = spare.folder.glob("*.refused")
    assert json.loads(aside.read_text())["patient_id"] == 2
    assert not spare.path.exists()


def test_a_database_that_is_away_refuses_no_line(database: Engine, spare: EmergencyLog) -> None:
    spare.add([look(1)])

    def away(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("INSERT INTO audit_entries"):
            raise OperationalError(statement, parameters, Exception("database or disk is full"))

    event.listen(database, "before_cursor_execute", away)
    with pytest.raises(OperationalError):
        spare.merge(database, MONDAY_MORNING)
    event.remove(database, "before_cursor_execute", away)
    assert spare.merge(database, MONDAY_MORNING) == Merged(1, 0)


def test_an_empty_file_is_left_and_a_torn_end_does_not_stop_the_next_look(
    database: Engine, spare: EmergencyLog
) -> None:
    spare.folder.mkdir()
    spare.path.touch()
    assert spare.merge(database, MONDAY_MORNING) == Merged(0, 0)
    spare.add([look(1)])
    with spare.path.open("a") as file:
        file.write('{"line": "torn\n')
    spare.add([look(2)])
    assert spare.merge(database, MONDAY_MORNING) == Merged(2, 2)


def test_a_line_torn_off_before_its_end_swallows_no_look_after_it(database: Engine, spare: EmergencyLog) -> None:
    spare.add([look(1)])
    with spare.path.open("a") as file:
        file.write('{"line": "to')
    spare.add([look(2)])
    assert spare.merge(database, MONDAY_MORNING).lines == 2
    assert [line.patient_id for line in lines(database)[:-1]] == [1, 2]
