"""Letters that did not arrive, by name, each with the page on which that is put right."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import url_for
from flask_babel import ngettext

from clinic.security.permissions import May
from clinic.services import letter_failures
from clinic.services.letter_failures import Failure
from clinic.services.work import Work
from clinic.store.practices import Gp
from clinic.web import language, letter_rows
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import day, display_name


class Remedy(NamedTuple):
    """What to do about it, and where; nowhere for who may not."""

    words: str
    href: str


def on_top(work: Work) -> dict[str, Any]:
    """The first of them for who sends letters, and how many more there are."""
    if not may(May.SEND_LETTER):
        return {"rows": [], "more": 0}
    found = letter_failures.failures(work)
    return {"rows": [row_of(work, one) for one in found.shown], "more": found.more}


def row_of(work: Work, one: Failure) -> dict[str, Any]:
    """A letter that did not arrive."""
    return {
        "id": one.letter.id,
        "name": display_name(one.patient, language.current()),
        "about": f"{day(one.patient.birth_date)} · {one.patient.number}",
        "why": one.letter.failure,
        "remedy": remedy(work, one),
    }


def remedy(work: Work, one: Failure) -> Remedy:
    """The GP who is not there any more, what the register lacks, or simply once more."""
    if one.gp is not None:
        return gp_gone(one.gp, one.with_gp)
    if one.problem:
        href = letter_rows.way_out(one.problem, one.patient.id) or url_for("letters.show", letter_id=one.letter.id)
        return Remedy(str(_("Put it right")), href)
    if one.letter.state == "returned_by_post":
        return Remedy(str(_("Draft this letter anew")), url_for("letters.show", letter_id=one.letter.id))
    return Remedy(str(_("Try once more")), url_for("letters.check", letter=one.letter.id))


def gp_gone(gp: Gp, count: int) -> Remedy:
    """The succession of a GP whose letters come back; first who succeeds her, when nobody said so."""
    if gp.successor_id is not None:
        words = ngettext("%(num)d patient is with this GP: give her another.",
                         "%(num)d patients are with this GP: give them another.", count)  # fmt: skip
        return Remedy(str(words), url_for("practices.moving", practice_id=gp.practice_id, gp_id=gp.id))
    words = ngettext("%(num)d patient is with this GP: fill in who succeeds this GP, or another mailbox.",
                     "%(num)d patients are with this GP: fill in who succeeds this GP, or another mailbox.",
                     count)  # fmt: skip
    return Remedy(str(words), url_for("practices.edit_gp", practice_id=gp.practice_id, gp_id=gp.id))
