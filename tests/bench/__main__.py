"""Build the registers, measure, print the table, write instance/bench.json."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

from tests.bench import activation, letters, measure, rules, trust
from tests.bench.measure import Figure
from tests.bench.register import Register, build

SIZES = (1_000, 10_000, 100_000)
TO_REACH = {"worklist": 5.0, "relisted": 5.0, "search": 5.0, "record": 8.0, "review": 10.0, "save": 8.0}
QUERIES_TO_REACH = {"worklist": 8, "record": 25}
MB_TO_REACH = 200
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
    """One line a page and size; the load says how busy others kept the machine meanwhile."""
    heads = ("median ms", "p95", "floor", "p95", "ratio", "at most", "cpu ms", "floor", "ratio")
    print(f"\n{'page':<10}{'patients':>10}" + "".join(f"{head:>10}" for head in heads) + f"{'rows':>6}")
    for f in figures:
        numbers = (f.median, f.p95, f.floor, f.floor_p95, f.ratio, TO_REACH[f.page], f.cpu, f.floor_cpu, f.cpu_ratio)
        print(f"{f.page:<10}{f.patients:>10}" + "".join(f"{number:>10.1f}" for number in numbers) + f"{f.rows:>6}")


def run(folder: Path) -> dict[str, object]:
    """Everything that is measured; the long works over the largest register but the one of a million."""
    figures: list[Figure] = []
    peaks: dict[int, float] = {}
    built: dict[int, float] = {}
    registers: list[Register] = []
    for patients in sizes():
        began = time.perf_counter()
        registers.append(build(folder, patients))
        built[patients] = round(time.perf_counter() - began, 1)
        print(f"{patients} patients built in {built[patients]} s", flush=True)
        found, peaks[patients] = measure.measure(registers[-1])
        figures += found
    queries = measure.queries(registers[-1])
    table(figures)
    tell(figures, queries, peaks)
    large = [register for register in registers if register.patients <= SIZES[-1]][-1]
    return {
        "rules": rules.run(), "letters": letters.run(folder), "trust": trust.run(large),
        "register": activation.run(large.url, large.patients), "load": os.getloadavg(),
        "figures": [figure.told() for figure in figures], "growth": growth(figures), "queries": queries,
        "peak_mb": peaks, "built_s": built,
    }  # fmt: skip


def tell(figures: list[Figure], queries: dict[str, int], peaks: dict[int, float]) -> None:
    """What follows from the table, each with what is to be reached."""
    grown = {page: round(value, 2) for page, value in growth(figures).items()}
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    print(f"growth, smallest to largest: {grown}; at most {GROWTH_TO_REACH}")
    print(f"queries a request: {queries}; at most {QUERIES_TO_REACH}")
    print(
        f"peak memory of the worker, MB: { {size: round(peak) for size, peak in peaks.items()} }; under {MB_TO_REACH}"
    )


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
