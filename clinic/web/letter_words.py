"""What became of a letter in words: what it waits for, and what ended."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import url_for

from clinic.security.permissions import May
from clinic.services.next_try import WAITS
from clinic.services.work import local_time
from clinic.store.copies import LetterCopy
from clinic.store.letters import Letter
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import day


class Remedy(NamedTuple):
    """What to do about what did not arrive, and where; nowhere for who may not."""

    words: str
    href: str


def waiting(letter: Letter, out: bool) -> str:
    """Until when a queued letter can be held back; of one that is out, that this is only still to be kept."""
    if letter.state != "queued":
        return ""
    if out:
        return str(_("This letter has left; that is still to be written down, and it can no longer be held back."))
    if letter.next_try_at is None or not letter.tries:
        return str(_("This letter is about to leave. Until it has left it can be held back."))
    at = f"{local_time(letter.next_try_at):%H:%M}"
    return str(_("Try %(number)s of %(most)s failed; the next one is at %(at)s. Until it has left it can be held back.",
                 number=letter.tries, most=len(WAITS) + 1, at=at))  # fmt: skip


def tried(copy: LetterCopy) -> str:
    """When a copy that could not be handed over is tried again by itself."""
    if copy.state != "queued" or copy.next_try_at is None:
        return ""
    at = f"{local_time(copy.next_try_at):%H:%M}"
    return str(_("Try %(number)s of %(most)s failed; the next one is at %(at)s.",
                 number=copy.tries, most=len(WAITS) + 1, at=at))  # fmt: skip


def lapsed(letter: Letter, authoriser: str) -> str:
    """Of a letter that was authorised and never sent: that its authorisation ended with it."""
    if letter.state != "withdrawn" or letter.authorised_at is None:
        return ""
    return str(_("This letter was authorised by %(name)s and never left as it stands here: that authorisation has "
                 "lapsed, and its words never open again.", name=authoriser))  # fmt: skip


def paragraph_names() -> dict[str, str]:
    """What each paragraph is called that may be put in other words."""
    return {
        "opening": _("Why this letter"),
        "findings": _("Findings"),
        "background": _("Background"),
        "following": _("What follows"),
    }


def awaited() -> dict[str, str]:
    """What a letter can wait for."""
    return {
        "decision": _("the decision on the duration of treatment"),
        "dxa": _("the result of a DXA"),
        "other": _("something else"),
    }


def waits(letter: Any, state: str) -> str:
    """For what a letter waits, and until which day at most."""
    if state != "waits":
        return ""
    return str(_("Waits for %(what)s, until %(day)s at most.", what=awaited()[letter.waits_for],
                 day=day(letter.waits_until)))  # fmt: skip


def awaited_page(letter: Letter) -> str | None:
    """Where what a letter waits for is entered, for who may enter it."""
    if letter.waits_for == "decision" and not may(May.SIGN_REVIEW):
        return None
    page = {"decision": "reviews.new", "dxa": "scans.new"}.get(letter.waits_for or "")
    return url_for(page, patient_id=letter.patient_id) if page else None


def begun_anew(new: Letter | None) -> str:
    """What came of drafting a letter anew."""
    if new is None:
        return str(_("This letter is withdrawn; nothing is left to tell her."))
    if new.state == "authorised":
        return str(_("This letter is withdrawn; the new one is ready to be sent."))
    return str(_("This letter is withdrawn; a new draft waits to be authorised."))


def copy_signs() -> dict[str, tuple[str, str]]:
    """What became of a copy: a kind of sign and its words."""
    return {
        "queued": ("late", _("has not left")),
        "failed": ("late", _("did not arrive")),
        "sent": ("ok", _("sent")),
        "delivered": ("ok", _("delivered")),
        "ended": ("hold", _("ended")),
    }
