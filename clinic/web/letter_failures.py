"""Letters and copies that did not arrive, by name, each with the page on which that is put right."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import url_for
from flask_babel import ngettext

from clinic.security.permissions import May
from clinic.services import copy_failures, letter_failures
from clinic.services.letter_failures import Failure
from clinic.services.work import Work
from clinic.store.practices import Gp
from clinic.web import copy_rows, language, letter_rows
from clinic.web.causes import why
from clinic.web.language import gettext as _
from clinic.web.letter_words import Remedy
from clinic.web.page import may
from clinic.web.presenters import display_name, identity


def on_top(work: Work) -> dict[str, Any]:
    """The first of them for who sends letters, and the lists on which there are more."""
    if not may(May.SEND_LETTER):
        return {"rows": [], "copies": [], "more": []}
    found, copies = letter_failures.failures(work), copy_failures.listed(work, most=letter_failures.SHOWN)
    return {
        "rows": [row_of(work, one) for one in found.shown],
        "copies": [copy_rows.failed_row(work, one) for one in copies.lines],
        "more": more(work, found.more, len(copies.lines) if copies.after else None),
    }


def more(work: Work, letters: Counter[str], copies: int | None) -> list[Remedy]:
    """The lists with more than is shown, each with how many more it holds; `copies` are shown when more follow."""
    names = letter_rows.state_labels()
    words = [(url_for("letters.index", state=state), names[state], count) for state, count in letters.items()]
    if copies is not None:
        words.append((url_for("letter_copies.index"), str(_("Copies")), copy_failures.count(work) - copies))
    return [Remedy(f"{name}: {more_text(count)}", href) for href, name, count in words if count > 0]


def more_text(count: int) -> str:
    """So many more."""
    return str(ngettext("%(num)d more", "%(num)d more", count))


def row_of(work: Work, one: Failure) -> dict[str, Any]:
    """A letter that did not arrive."""
    return {
        "id": one.letter.id,
        "name": display_name(one.patient, language.current()),
        "about": identity(one.patient, language.current()),
        "why": why(one.letter.failure),
        "remedy": remedy(work, one),
    }


def remedy(work: Work, one: Failure) -> Remedy:
    """What is stuck on its way, the GP who is not there any more, what the register lacks, or simply once more."""
    if one.letter.state == "queued":
        return Remedy(str(_("Look at it and finish sending")), url_for("letters.show", letter_id=one.letter.id))
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
