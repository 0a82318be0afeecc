"""House numbers: how long functions and files are; `make check` runs this as a gate."""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_IN_FUNCTION = 40
MOST_IN_FILE = 350


def program_files() -> list[Path]:
    """Every Python file of the program (tests and migrations are not counted)."""
    return [ROOT / "config.py", *sorted((ROOT / "clinic").rglob("*.py"))]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each function, decorators not counted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def file_lines(path: Path) -> int:
    """Lines of a file, blank ones included."""
    return len(path.read_text(encoding="utf-8").splitlines())


def complaints(files: list[Path]) -> list[str]:
    """What is over a gate, one sentence each."""
    found = [
        f"{path.relative_to(ROOT)} has {file_lines(path)} lines; {MOST_IN_FILE} is the most"
        for path in files
        if file_lines(path) > MOST_IN_FILE
    ]
    for path in files:
        found += [
            f"{path.relative_to(ROOT)}: {name} has {length} lines; {MOST_IN_FUNCTION} is the most"
            for name, length in functions(path)
            if length > MOST_IN_FUNCTION
        ]
    return found


def report(files: list[Path]) -> str:
    """Medians for the reader; no gate, so that nobody games them."""
    lengths = sorted(length for path in files for _, length in functions(path))
    sizes = [file_lines(path) for path in files]
    if len(lengths) < 2:
        return f"house: {len(files)} files, too few functions for medians"
    p90 = statistics.quantiles(lengths, n=10)[-1]
    return (
        f"house: {len(files)} files, median {statistics.median(sizes):.0f} lines; {len(lengths)} functions, "
        f"median {statistics.median(lengths):.0f}, p90 {p90:.0f}"
    )


def main() -> int:
    """Print the report and each complaint; 1 when there is one."""
    files = program_files()
    print(report(files))
    found = complaints(files)
    for sentence in found:
        print(sentence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
