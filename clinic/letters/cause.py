"""Why something did not leave: kept as a code with what it names, and said in the reader's language at the edge.

What the post, a gateway or a person said stands in the same place in its own words, as does what was kept as a Dutch
sentence before there were codes: those are shown as they are.
"""

from __future__ import annotations

import json
from typing import NamedTuple


class Cause(NamedTuple):
    """A code, and what it names; one of these may be a cause in itself."""

    code: str
    told: dict[str, str]


def kept(code: str, **told: str) -> str:
    """As it is kept beside what did not leave."""
    return json.dumps({"cause": code, **told}, ensure_ascii=False)


def read(text: str) -> Cause | None:
    """A cause that was kept; None for words."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("cause"), str):
        return None
    return Cause(found["cause"], {name: str(value) for name, value in found.items() if name != "cause"})
