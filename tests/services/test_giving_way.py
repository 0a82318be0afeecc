"""Long work writes in short parts: half as much after one that took long, twice as much after a quick one."""

import pytest

from clinic.services import giving_way
from clinic.services.giving_way import LONGEST_REST, Pace


@pytest.fixture
def machine(monkeypatch):
    """A clock that a test moves on, and how long was rested."""
    told = {"at": 0.0, "rests": []}
    monkeypatch.setattr(giving_way, "perf_counter", lambda: told["at"])
    monkeypatch.setattr(giving_way, "sleep", told["rests"].append)
    return told


def written(machine, rows, most, seconds_a_row):
    """The sizes of the parts when every row takes so long."""
    sizes = []
    for part in Pace(most).parts(range(rows)):
        machine["at"] += len(part) * seconds_a_row
        sizes.append(len(part))
    return sizes


@pytest.mark.parametrize(
    ("seconds_a_row", "sizes"),
    [
        (0.0005, [100, 100, 100]),  # 50 ms
        (0.001, [100, 50, 50, 50, 50]),  # 100, then 50 ms
        (0.03, [100, 50, 25, 12, 6, 3, 1, 1, 1]),  # less than one at once there is not
    ],
)
def test_a_part_takes_as_long_as_others_may_wait(machine, seconds_a_row, sizes):
    found = written(machine, 300, 100, seconds_a_row)
    assert found[: len(sizes)] == sizes[: len(found)]
    assert sum(found) == 300


def test_after_each_part_it_rests_as_long_as_it_wrote_and_no_longer_than_a_blink(machine):
    written(machine, 30, 10, 0.001)
    assert machine["rests"] == pytest.approx([0.01, 0.01, 0.01])
    written(machine, 10, 10, 0.1)
    assert machine["rests"][-1] == LONGEST_REST


def test_a_slow_hour_is_forgotten(machine):
    pace = Pace(100)
    for seconds in (0.1, 0.1, 0.02, 0.04, 0.02, 0.02):
        pace.took(seconds)
    assert pace.size == 100
    for _ in range(9):
        pace.took(1)
    assert pace.size == 1
