"""A real letter without the person: what is recorded stays, who it is about and every free text is made up; pure.

The manager keeps the clinic's own words and may open no record (the grants), so the letter on which she tries them
says nobody's name, day of birth, number, address, GP or colleague, and nothing that somebody typed.
"""

from __future__ import annotations

import re
from typing import Any

from clinic.domain.vocabulary import StopReason
from clinic.letters.addressed import hers
from clinic.letters.samples import COURSE, PLAIN
from clinic.store.base import Json

TYPED = {"note", "unanswerable", "why", "reason", "explanation", "indication", "dose", "schedule", "place",
         "prescriber", "height_not_measured", "weight_not_measured"}  # fmt: skip
"""What a person typed, by the name of its fact."""
INSTEAD = {name: COURSE[name] for name in ("indication", "dose", "schedule")} | {"prescriber": "huisarts"}
WORDS = "…"
CODE = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)*|[CTL]h?\d{1,2}|[-+]?\d+(\.\d+)?|\d{4}-\d\d-\d\d|\d\d:\d\d")
"""A code of the vocabulary, a vertebra, a number, a day, a time: nothing else is taken over from the record."""
PERSONAL = ("clinic", "people", "added", "edited", "blocks", "replaces")
MAN = {"name": "dhr. A. de Vries", "her": "uw patiënt", "she": "patiënt", "greeting": "Geachte heer De Vries,"}


def without_name(facts: Json) -> Json:
    """The facts of a letter as nobody's: the year of birth is kept, its day is not."""
    kept = {name: safe(value, name) for name, value in facts.items() if name in PLAIN or name in ("to", "kind")}
    kept |= {name: PLAIN[name] for name in PERSONAL if name in PLAIN} | {"recipient": PLAIN["recipient"]}
    if facts.get("replaces"):
        kept["replaces"] = [{"reference": "B2026-000012", "sent_on": "2026-11-04"}]
    if hers(facts):
        kept["recipient"] = {"lines": ["A. de Vries", "Lange Laan 3", "8598 AB  OUDETERP"], "complete": True}
    return kept | {"patient": person(facts["patient"])}


def person(real: Json) -> Json:
    """A made-up patient of the same sex, year of birth and status."""
    man = real.get("she") == MAN["she"] or real.get("greeting", "").startswith("Geachte heer")
    born = {"born": f"{real['born'][:4]}-01-01"} if real.get("born") else {}
    status = {name: real[name] for name in ("status", "status_on") if name in real}
    made_up: Json = PLAIN["patient"]
    return made_up | (MAN if man else {}) | born | status


def safe(value: Any, name: str) -> Any:
    """What is recorded, without what was typed."""
    if isinstance(value, dict):
        return {key: safe(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [safe(one, name) for one in value]
    if not isinstance(value, str) or not value or value in set(StopReason):
        return value
    return INSTEAD.get(name, WORDS) if name in TYPED or not CODE.fullmatch(value) else value
