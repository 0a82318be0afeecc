"""Which new password does: long enough, and neither well known nor a well-known one with something stuck on."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from clinic.domain.errors import RuleBroken

SHORTEST, LONGEST = 12, 128
FEWEST_SIGNS = 5
OURS = Path(__file__).with_name("known_passwords.txt")
AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """The 30,000 passwords most met in breaches, and the words that a Dutch clinic would think of."""
    lines = OURS.read_text(encoding="utf-8").splitlines()
    return frozenset(FREQUENCY_LISTS["passwords"]) | {line for line in lines if line and not line.startswith("#")}


def is_known(password: str) -> bool:
    """Whether it is on the lists, as it is, without what was stuck around it, or as one word said several times."""
    plain = password.lower()
    core = AROUND.sub("", plain)
    return bool({plain, core, said_once(plain), said_once(core)} & known())


def said_once(text: str) -> str:
    """The shortest word that gives the text when it is repeated."""
    return text[: (text + text).find(text, 1)] if text else ""


def check_new_password(password: str, username: str) -> None:
    """Length 12 to 128, not well known, not the user's own name (ASVS 6.2); no rules on kinds of signs."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise RuleBroken("password", "password_length", shortest=SHORTEST, longest=LONGEST)
    if username.lower() in password.lower() or len(set(password)) < FEWEST_SIGNS or is_known(password):
        raise RuleBroken("password", "password_common")
