"""Copies that did not arrive: the list of them, and each sent again, ended with a reason, or marked as come back."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import copies, copy_failures, letter_lists
from clinic.services.letter_lists import MOST_EXPORTED
from clinic.services.work import Work
from clinic.store.copies import LetterCopy, Place
from clinic.web import copy_rows, letter_rows, spreadsheet
from clinic.web.causes import why
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.letters import act, outbox
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.units import reading, writing

bp = Blueprint("letter_copies", __name__, url_prefix="/letters")
COPY = "/<int:letter_id>/copies/<int:copy_id>"

SENTENCES |= {
    "copy_lapsed": lambda: _("Another letter came in the place of this one and brought its own copies: end this copy."),
    "copy_goes_along": lambda: _("The letter itself is not out: the copy goes along when that is sent again."),
    "copy_failed": lambda: _("The copy could not leave: %(why)s"),
}


@bp.get("/copies")
@needs(May.SEND_LETTER)
def index() -> ResponseReturnValue:
    """Every copy that did not arrive, of the oldest letter first."""
    with reading() as work:
        page = copy_failures.listed(work, place(request.args.get("after", "")))
        rows = [copy_rows.failed_row(work, one) for one in page.lines]
        counted, _overdue = letter_lists.counts(work)
        tabs = letter_rows.tabs(counted, letter_rows.COPIES, copy_failures.count(work))
    after = page.after and "~".join(str(part) for part in page.after)
    return render_template(
        "letters/copies.html", rows=rows, tabs=tabs,
        next_url=url_for("letter_copies.index", after=after) if after else None,
        first_url=url_for("letter_copies.index") if request.args.get("after") else None,
        exports=[url_for("letter_copies.export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


@bp.get("/copies/export/<any(csv, xlsx):kind>")
@needs(May.SEND_LETTER)
def export(kind: str) -> ResponseReturnValue:
    """The whole list for a spreadsheet, a row a copy; never a BSN."""
    with reading() as work:
        lines = copy_failures.listed(work, most=MOST_EXPORTED).lines
        work.note(Action.LIST_EXPORTED, subject="letters:copies", details={"patients": len(lines)})
        rows = [copy_rows.cells_of(work, one) for one in lines]
        name = f"{_('copies')}-{day(work.today)}"
    heads = [_("Number"), _("Patient"), _("Date of birth"), _("Letter"), _("Sent on"), _("Copy for"), _("Channel"),
             _("Reason"), _("What to do")]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)


def place(text: str) -> Place | None:
    """Where the page before ended; nonsense is the first page."""
    try:
        letter_id, copy_id = text.split("~")
        return key(letter_id), key(copy_id)
    except ValueError:
        return None


@bp.post("/<int:letter_id>/copies")
@needs(May.SEND_LETTER)
def send_rest(letter_id: int) -> ResponseReturnValue:
    """The copies that did not leave with their letter, once more."""
    with writing() as work:
        try:
            copies.send_rest(work, letter_id, outbox())
        except LookupError:
            abort(404)
    return redirect(url_for("letters.show", letter_id=letter_id), 303)


@bp.post(f"{COPY}/again")
@needs(May.SEND_LETTER)
def again(letter_id: int, copy_id: int) -> ResponseReturnValue:
    """One that did not arrive, to the address that was shown."""
    return act(letter_id, what_came, lambda work, _version: sent_again(work, letter_id, copy_id))


def sent_again(work: Work, letter_id: int, copy_id: int) -> LetterCopy:
    """The copy as it is now; one that could not leave says why."""
    copy = copy_failures.again(work, letter_id, copy_id, request.form.get("seen", ""), outbox())
    if copy.state == "failed":
        raise RuleBroken("state", "copy_failed", why=why(copy.failure))
    return copy


def what_came(copy: LetterCopy) -> str:
    """Whether it left, or waits for a folder that cannot be written now."""
    if copy.state == "queued":
        return str(_("The copy could not leave yet and is tried again by itself."))
    return str(_("The copy is sent."))


@bp.post(f"{COPY}/end")
@needs(May.SEND_LETTER)
def end(letter_id: int, copy_id: int) -> ResponseReturnValue:
    """Not wanted any more."""
    seen, reason = request.form.get("seen", ""), request.form.get("copy_reason", "")
    return act(letter_id, str(_("The copy is ended; the reason is kept with it.")),
               lambda work, _version: copy_failures.end(work, letter_id, copy_id, seen, reason))  # fmt: skip


@bp.post(f"{COPY}/came-back")
@needs(May.SEND_LETTER)
def came_back(letter_id: int, copy_id: int) -> ResponseReturnValue:
    """It left and did not arrive."""
    seen, reason = request.form.get("seen", ""), request.form.get("copy_reason", "")
    return act(letter_id, str(_("The copy stands with what did not arrive.")),
               lambda work, _version: copy_failures.came_back(work, letter_id, copy_id, seen, reason))  # fmt: skip


@bp.get(f"{COPY}/page.pdf")
@needs(May.SEND_LETTER)
def page(letter_id: int, copy_id: int) -> ResponseReturnValue:
    """Its page for the printer."""
    with reading() as work:
        made = copy_failures.printed(work, letter_id, copy_id)
    if made is None:
        abort(404)
    name = {"Content-Disposition": 'inline; filename="afschrift.pdf"'}
    return Response(made, mimetype="application/pdf", headers=name)
