"""What docs say of security and harm is shown by tests that exist, row by row."""

from __future__ import annotations

import ast
import json
import re
from datetime import date
from pathlib import Path

import pytest

from tests.laws import parts
from tests.laws.house import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))
PROVEN = {"security.md": 90, "threats.md": 20, "hazards.md": 20}
"""Pages of which each row names its test, and how many rows there are at least."""
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FLAWS = 56  # in comparable systems, of those that were read
NOT_MET = "## Not met"


def functions(path: Path) -> set[str]:
    """Every test of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def rows(name: str) -> list[str]:
    """The rows of a page's tables, heads left out; what is not met needs no test."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8").partition(NOT_MET)[0]
    lines = text.splitlines()
    heads = {number - 1 for number, line in enumerate(lines) if line.startswith("|---")}
    return [line for number, line in enumerate(lines)
            if line.startswith("| ") and number not in heads]  # fmt: skip


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    named = set(NAMED.findall(page.read_text(encoding="utf-8")))
    lost = [f"{path}::{test}" for path, test in sorted(named)
            if not (ROOT / path).exists() or test not in functions(ROOT / path)]  # fmt: skip
    assert lost == []


@pytest.mark.parametrize("name", PROVEN)
def test_no_row_is_without_its_test(name: str) -> None:
    found = rows(name)
    assert len(found) >= PROVEN[name]
    assert [row[:60] for row in found if not NAMED.search(row)] == []


def test_every_flaw_that_others_had_is_answered() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    numbers = re.findall(r"CVE-\d{4}-\d+|PYSEC-\d{4}-\d+|openemr#\d+", text.partition(NOT_MET)[0])
    assert len(set(numbers)) == len(numbers) >= FLAWS


def test_every_package_is_named_with_its_hashes_and_none_has_a_known_hole() -> None:
    found = parts.parts(parts.LOCK.read_text(encoding="utf-8"))
    holes = parts.known_holes()
    assert parts.complaints(found, holes.floors) == []
    assert holes.names <= {part.name for part in found}, "something is said of a package that is gone"
    listed = json.dumps(parts.listing(found))
    assert all(part.name in listed and part.hashes for part in found)


def test_every_package_that_the_program_runs_with_was_looked_at() -> None:
    running = parts.at_run_time()
    assert {"authlib", "cryptography", "urllib3", "pyasn1"} <= running, "also what others bring along"
    assert "pytest" not in running
    assert parts.unlooked(running, parts.known_holes()) == []
    numbers = [number for _least, number in parts.known_holes().floors.values()]
    assert [one for one in numbers if not re.fullmatch(r"(CVE|GHSA|PYSEC|SNYK)-[\w-]+", one)] == []


def test_a_package_that_nobody_looked_at_is_told() -> None:
    holes = parts.Holes({"flask": ["3.1.1", "CVE-2025-47278"]}, {"flask": date(2026, 11, 30)})
    assert parts.unlooked({"flask", "new-here"}, holes) == [
        "new-here has neither a floor nor a day without known holes in known-holes.toml",
        "flask has a floor and a day without known holes",
    ]


def test_a_release_with_a_hole_and_a_package_without_hash_are_told() -> None:
    found = parts.parts("flask==3.1.0 \\\n    --hash=sha256:" + "a" * 64 + "\nnothing-like-it==1.0\n")
    said = " ".join(parts.complaints(found, {"flask": ["3.1.1", "CVE-2025-47278"]}))
    assert "flask 3.1.0 has CVE-2025-47278; 3.1.1 is the least" in said
    assert "nothing-like-it 1.0 has no hash" in said
