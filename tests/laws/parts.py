"""Of which packages the program is made, by name, release and hash (CycloneDX); `make check` writes it and looks."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.laws.house import ROOT

PROGRAM = "botwacht"
LOCK = ROOT / "requirements.lock"
HOLES = Path(__file__).with_name("known-holes.toml")
LISTED = ROOT / ".venv" / "parts.cdx.json"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Part:
    """A package as the lock file names it, with the hash of each file it may be installed from."""

    name: str
    release: str
    hashes: tuple[str, ...]

    def listed(self) -> dict[str, Any]:
        """As CycloneDX says it."""
        files = [{"type": "distribution", "url": f"pkg:pypi/{self.name}@{self.release}",
                  "hashes": [{"alg": "SHA-256", "content": one}]} for one in self.hashes]  # fmt: skip
        return {
            "type": "library",
            "name": self.name,
            "version": self.release,
            "purl": f"pkg:pypi/{self.name}@{self.release}",
            "externalReferences": files,
        }


def parts(text: str) -> list[Part]:
    """Every package of a lock file."""
    found = list(PINNED.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return [Part(one[1].lower(), one[2], tuple(HASH.findall(text[one.end() : end])))
            for one, end in zip(found, ends, strict=True)]  # fmt: skip


def ordered(release: str) -> tuple[int, ...]:
    """A release by its numbers; what follows them is left out."""
    return tuple(int(number) for number in re.match(r"[0-9.]*[0-9]", release)[0].split("."))  # type: ignore[index]


def listing(found: list[Part]) -> dict[str, Any]:
    """The whole list; the same lock gives the same bytes."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "botwacht", "version": version(PROGRAM)}},
        "components": [part.listed() for part in found],
    }


@dataclass(frozen=True, slots=True)
class Holes:
    """What is known of packages: the release below which one has a hole, or the day on which nobody knew of one."""

    floors: dict[str, list[str]]
    none_known: dict[str, date]

    @property
    def names(self) -> set[str]:
        """Every package that was looked at."""
        return {*self.floors, *self.none_known}


def known_holes() -> Holes:
    """As the file says."""
    told = tomllib.loads(HOLES.read_text(encoding="utf-8"))
    return Holes(told["floors"], told["none-known"])


def at_run_time(name: str = PROGRAM, extras: frozenset[str] = frozenset()) -> set[str]:
    """Every package that the program needs to run here, and those that they need; what is for developing is none."""
    found: dict[tuple[str, frozenset[str]], None] = {}
    waiting = [(name, extras)]
    while waiting:
        who, asked = waiting.pop()
        needed = [Requirement(text) for text in requires(who) or ()]
        here = [one for one in needed if applies(one, asked)]
        new = {(canonicalize_name(one.name), frozenset(one.extras)) for one in here} - found.keys()
        found |= dict.fromkeys(new)
        waiting += new
    return {needed for needed, _extras in found}


def applies(needed: Requirement, extras: frozenset[str]) -> bool:
    """Whether a package is asked for on this system, with these extras."""
    return needed.marker is None or any(needed.marker.evaluate({"extra": one}) for one in extras | {""})


def unlooked(running: set[str], holes: Holes) -> list[str]:
    """Packages that nobody looked at, one sentence each; one in both lists is none the wiser."""
    said = [f"{name} has neither a floor nor a day without known holes in {HOLES.name}"
            for name in sorted(running - holes.names)]  # fmt: skip
    return said + [f"{name} has a floor and a day without known holes"
                   for name in sorted(holes.floors.keys() & holes.none_known.keys())]  # fmt: skip


def complaints(found: list[Part], floors: dict[str, list[str]]) -> list[str]:
    """Packages without a hash, with a known hole, or installed in another release; one sentence each."""
    said = [f"{part.name} {part.release} has no hash" for part in found if not part.hashes]
    for part in found:
        least, number = floors.get(part.name, ["0", ""])
        if ordered(part.release) < ordered(least):
            said.append(f"{part.name} {part.release} has {number}; {least} is the least")
        if (here := installed(part.name)) not in (None, part.release):
            said.append(f"{part.name} is installed as {here} and locked as {part.release}")
    return said


def installed(name: str) -> str | None:
    """The release in this environment; None when it is for another system."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def main() -> int:
    """Write the list, say what is wrong; 1 when something is."""
    found = parts(LOCK.read_text(encoding="utf-8"))
    holes = known_holes()
    said = complaints(found, holes.floors) + unlooked(at_run_time(), holes)
    LISTED.write_text(json.dumps(listing(found), indent=1) + "\n", encoding="utf-8")
    print(f"parts: {len(found)} packages, listed in {LISTED.relative_to(ROOT)}")
    for sentence in said:
        print(sentence)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
