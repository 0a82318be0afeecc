"""Build the registers, measure, print the table, write instance/bench.json."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

from clinic.app import create_app
from tests.bench import letters, measure
from tests.bench.measure import Figure
from tests.bench.register import Register, build

SIZES = (1_000, 10_000, 100_000)
TO_REACH = {"worklist": 5.0, "relisted": 5.0, "search": 5.0, "record": 8.0, "save": 8.0}
GROWTH_TO_REACH = 1.3


def sizes() -> tuple[int, ...]:
    """BENCH_QUICK=1 leaves the large ones out, BENCH_FULL=1 adds a million."""
    if os.environ.get("BENCH_QUICK") == "1":
        return SIZES[:2]
    return (*SIZES, 1_000_000) if os.environ.get("BENCH_FULL") == "1" else SIZES


def growth(figures: list[Figure]) -> dict[str, float]:
    """How much slower each page is on the largest register than on the smallest."""
    by_page: dict[str, list[Figure]] = {}
    for figure in figures:
        by_page.setdefault(figure.page, []).append(figure)
    return {page: found[-1].median / found[0].median for page, found in by_page.items()}


def table(figures: list[Figure]) -> None:
    """One line a page and size."""
    heads = ("median ms", "p95", "floor", "p95", "ratio", "at most")
    print(f"\n{'page':<10}{'patients':>10}" + "".join(f"{head:>10}" for head in heads) + f"{'rows':>6}")
    for f in figures:
        numbers = (f.median, f.p95, f.floor, f.floor_p95, f.ratio, TO_REACH[f.page])
        print(f"{f.page:<10}{f.patients:>10}" + "".join(f"{number:>10.1f}" for number in numbers) + f"{f.rows:>6}")


def run(folder: Path) -> dict[str, object]:
    """Everything that is measured."""
    figures: list[Figure] = []
    peaks: dict[int, float] = {}
    built: dict[int, float] = {}
    queries: dict[str, int] = {}
    register: Register | None = None
    for patients in sizes():
        began = time.perf_counter()
        register = build(folder, patients)
        built[patients] = round(time.perf_counter() - began, 1)
        print(f"{patients} patients built in {built[patients]} s", flush=True)
        queries = measure.queries(register)
        found, peaks[patients] = measure.measure(register)
        figures += found
    assert register is not None
    absent = measure.missing(create_app(measure.settings(register)))
    table(figures)
    for page in absent:
        print(f"{page}: NOT MEASURED, the program does not serve it")
    print("growth, smallest to largest:", {page: round(value, 2) for page, value in growth(figures).items()},
          f"at most {GROWTH_TO_REACH}")  # fmt: skip
    print("queries a request:", queries)
    print("peak memory of the worker, MB:", {size: round(value) for size, value in peaks.items()})
    return {
        "letters": letters.run(folder),
        "figures": [figure.told() for figure in figures], "growth": growth(figures), "queries": queries,
        "peak_mb": peaks, "built_s": built, "not_measured": absent,
    }  # fmt: skip


def main() -> None:
    """Measure in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        told = run(Path(folder))
    target = Path("instance") / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"written to {target}")


if __name__ == "__main__":
    main()
