"""What became of a letter in words: what it waits for, and what ended."""

from __future__ import annotations

from flask_babel import gettext as _

from clinic.services.letter_sending import WAITS
from clinic.services.work import local_time
from clinic.store.letters import Letter


def waiting(letter: Letter) -> str:
    """Until when a queued letter can be held back."""
    if letter.state != "queued":
        return ""
    if letter.next_try_at is None or not letter.tries:
        return str(_("This letter is about to leave. Until it has left it can be held back."))
    at = f"{local_time(letter.next_try_at):%H:%M}"
    return str(_("Try %(number)s of %(most)s failed; the next one is at %(at)s. Until it has left it can be held back.",
                 number=letter.tries, most=len(WAITS) + 1, at=at))  # fmt: skip


def lapsed(letter: Letter, authoriser: str) -> str:
    """Of a letter that was authorised and never sent: that its authorisation ended with it."""
    if letter.state != "withdrawn" or letter.authorised_at is None:
        return ""
    return str(_("This letter was authorised by %(name)s and never left as it stands here: that authorisation has "
                 "lapsed, and its words never open again.", name=authoriser))  # fmt: skip
