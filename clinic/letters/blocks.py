"""Text blocks: the clinic's own words for a kind of letter, with a closed list of named places; never code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from clinic.store.base import Json

LONGEST = 800
PLACE = re.compile(r"\{([^{}\n]*)\}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def of_the_clinic(name: str) -> Callable[[Json], str]:
    """What the clinic says of itself, or dots where nothing is filled in."""
    return lambda facts: facts["clinic"][name] or "…"


PLACES: Mapping[str, Callable[[Json], str]] = MappingProxyType(
    {
        "ziekenhuis": of_the_clinic("hospital"),
        "poli": of_the_clinic("department"),
        "telefoon": of_the_clinic("phone"),
        "bereikbaar": of_the_clinic("phone_hours"),
        "e-mail": of_the_clinic("email"),
    }
)
"""What may stand between braces, by name: what it is replaced by is never read again."""


def faults(words: str) -> list[str]:
    """Why these words cannot be used, as codes; none when they can."""
    unknown = [name for name in PLACE.findall(words) if name not in PLACES]
    found = ["block_long"] if len(words) > LONGEST else []
    found += ["block_place"] if unknown or re.search(r"[{}]", PLACE.sub("", words)) else []
    return [*found, "block_control"] if CONTROL.search(words.replace("\r\n", "\n")) else found


def filled(words: str, facts: Json) -> str:
    """The words with what the named places stand for."""
    return PLACE.sub(lambda found: PLACES[found[1]](facts) if found[1] in PLACES else found[0], words)
