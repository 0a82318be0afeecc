"""What became of a letter in words: what it waits for, and where what keeps it is put right."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from clinic.services.letter_sending import WAITS
from clinic.services.work import Work, local_time
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp


def waiting(letter: Letter) -> str:
    """Until when a queued letter can be held back."""
    if letter.state != "queued":
        return ""
    if letter.next_try_at is None or not letter.tries:
        return str(_("This letter is about to leave. Until it has left it can be held back."))
    at = f"{local_time(letter.next_try_at):%H:%M}"
    return str(_("Try %(number)s of %(most)s failed; the next one is at %(at)s. Until it has left it can be held back.",
                 number=letter.tries, most=len(WAITS) + 1, at=at))  # fmt: skip


def gp_way_out(work: Work, letter: Letter) -> tuple[str, str] | None:
    """Of a letter that came back: how many have this GP, and the page where they get another."""
    gp = work.session.get(Gp, (letter.envelope or {}).get("gp_id") or 0)
    if gp is None or not letter.came_back or letter.state not in ("failed", "returned_by_post"):
        return None
    query = select(func.count()).select_from(Patient).where(Patient.gp_id == gp.id, Patient.status == "active")
    count = work.session.scalar(query) or 0
    words = ngettext("%(num)d patient is with this GP: give her another.",
                     "%(num)d patients are with this GP: give them another.", count)  # fmt: skip
    return str(words), url_for("practices.moving", practice_id=gp.practice_id, gp_id=gp.id)


def lapsed(letter: Letter, authoriser: str) -> str:
    """Of a letter that was authorised and never sent: that its authorisation ended with it."""
    if letter.state != "withdrawn" or letter.authorised_at is None:
        return ""
    return str(_("This letter was authorised by %(name)s and never left as it stands here: that authorisation has "
                 "lapsed, and its words never open again.", name=authoriser))  # fmt: skip
