"""When what could not be handed over is tried again by itself, a letter and a copy alike."""

from __future__ import annotations

from datetime import datetime, timedelta

from clinic.letters import cause
from clinic.store.copies import LetterCopy
from clinic.store.letters import Letter

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""How long it waits for its next try, each time longer."""


def put_off(what: Letter | LetterCopy, now: datetime, why: str, out: bool) -> bool:
    """Let it wait for another try, and say whether it may: after the last it failed, unless it is out already.

    Of what is out the hospital's record or the journal is still to follow, however long that takes.
    """
    if what.tries >= len(WAITS) and not out:
        return False
    what.next_try_at = now + WAITS[min(what.tries, len(WAITS) - 1)]
    what.failure = cause.kept("left_already", why=why) if out else why
    what.tries += 1
    return True
