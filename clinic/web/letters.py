"""Letters: the lists by state, a letter as text and as page, authorising, and the week's post."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from clinic.domain.errors import RuleBroken
from clinic.letters.sentences import MARKED
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import (
    copy_failures,
    four_eyes,
    letter_lists,
    letter_sending,
    letter_states,
    letter_text,
    to_patient,
)
from clinic.services.letter_failures import DID_NOT_ARRIVE
from clinic.services.letter_failures import failure as failed
from clinic.services.letter_post import gone
from clinic.services.letter_view import View, preview, view
from clinic.services.work import Stale, Work
from clinic.store.letters import OUT, STATES, Letter
from clinic.store.print_runs import runs_of
from clinic.web import (
    address_labels,
    copy_rows,
    language,
    letter_drafts,
    letter_export,
    letter_needs,
    letter_rows,
    letter_words,
    spreadsheet,
    who,
)
from clinic.web.causes import why
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.letter_failures import gp_gone, on_top
from clinic.web.letter_words import Remedy
from clinic.web.messages import SENTENCES, sentence
from clinic.web.page import may
from clinic.web.units import reading, writing

bp = Blueprint("letters", __name__, url_prefix="/letters")
bp.add_url_rule("/labels.pdf", "labels", address_labels.labels)
bp.add_url_rule("/export/<any(csv, xlsx):kind>", "export", letter_export.export)

MOST_AT_ONCE = 100
UNSAID = "letter_not_printed"
# what a person types on the page of a letter: never lost
TYPED = (*MARKED, "added", "remark", "reason", "read", "copy_id", "copy_reason")

SENTENCES |= {
    "letter_state": lambda: _("This letter has moved on meanwhile; look again."),
    "letter_incomplete": lambda: _("The letter does not carry yet what a letter of its kind must carry."),
    "letter_words_outdated": lambda: _("A paragraph in somebody's own words no longer says what is recorded: read it."),
    "letter_frozen": lambda: _("This letter is authorised: its words no longer change."),
    "letter_added_long": lambda: _("Use at most %(most)s characters."),
    "copy_ended": lambda: _("A copy that the letter names was ended; draft the letter anew."),
    "copy_sign": lambda: _("An address for a copy has signs that no page can show: write it otherwise."),
    "copy_no_address": lambda: _("Somebody who receives a copy has no address or channel."),
    "letter_alarm_needs_doctor": lambda: _("A letter that tells of an alarm symptom asks for a doctor."),
    "letter_no_mandate_control": lambda: _("No mandate for control letters stands today; a doctor authorises."),
    "letter_no_mandate_dxa": lambda: _("No mandate for DXA letters stands today; a doctor authorises."),
    "letter_no_mandate_end": lambda: _("No mandate for final letters stands today; a doctor authorises."),
    "letter_no_mandate_treatment": lambda: _("No mandate for treatment sheets stands today; a doctor authorises."),
    "letter_no_mandate": lambda: _("Authorising asks for a doctor, or a nurse with the clinic's mandate."),
    "letter_needs_doctor": lambda: _("This letter tells of a decision: a doctor authorises it."),
    "letter_kind_needs_doctor": lambda: _("No mandate can name this kind of letter: a doctor authorises it."),
    "letter_no_gp": lambda: _("No GP is known of this patient, so the letter cannot leave."),
    "letter_gp_stopped": lambda: _("This GP has stopped working: choose the successor first."),
    "letter_no_channel": lambda: _("The practice takes letters by no channel: choose one first."),
    "letter_no_mailbox": lambda: _("The practice takes letters by mail and has no mailbox: fill it in first."),
    "letter_no_agb": lambda: _("EDIFACT asks for the AGB code of the GP or the practice: fill it in first."),
    "letter_left": lambda: _("The letter has left; it can no longer be held back."),
    "letter_waits": lambda: _("The letter could not leave yet and is tried again by itself."),
    "letter_no_address": lambda: _("The practice has no address, so the letter cannot leave by post."),
    "letter_gp_changed": lambda: _("The GP or the address changed after authorising: draft the letter anew."),
    "letter_nothing_stands": lambda: _("Nothing that this letter told of still stands, so there is nothing to draft."),
    "letter_failed": lambda: _("The letter could not be handed over."),
}


@bp.get("")
@needs(May.READ_LISTS)
def index() -> ResponseReturnValue:
    """Picture 05: the letters in a state, the longest due first, with one of them as the GP sees it."""
    with reading() as work:
        state = request.args.get("state") or letter_rows.FIRST[work.actor.role]
        if state not in STATES:
            abort(404)
        own = "y" if request.args.get("own") == "y" else None
        page = letter_lists.show(work, state, letter_rows.place(request.args.get("after", "")), own=own is not None)
        left = four_eyes.own(work, [state]) if state == "to_authorise" else 0
        counted, overdue = letter_lists.counts(work)
        copies = copy_failures.count(work) if may(May.SEND_LETTER) else 0
        rows = [letter_rows.row_of(line, work.today, language.current(), state, work.protocol) for line in page.lines]
        failures = on_top(work) if state not in DID_NOT_ARRIVE else None
        days = work.protocol.letter_days
        shown = request.args.get("letter", type=key) or next((row["id"] for row in rows), None)
    return render_template(
        "letters/index.html", state=state, rows=rows, failures=failures, overdue=overdue, days=days,
        name=letter_rows.state_labels()[state], out=state in OUT,
        tabs=letter_rows.tabs(counted, state, copies), shown=next((row for row in rows if row["id"] == shown), None),
        next_url=letter_rows.next_url(state, page.after, own), own=own, left=left,
        first_url=letter_rows.list_url(state, own) if request.args.get("after") else None,
        exports=[url_for("letters.export", kind=kind, state=state, own=own) for kind in spreadsheet.KINDS],
    )  # fmt: skip


@bp.get("/<int:letter_id>")
@needs(May.READ_PATIENT)
def show(letter_id: int) -> ResponseReturnValue:
    """One letter: its words, its page, and what may be done with it."""
    with reading() as work:
        return page_of(work, seen(work, letter_id))


def seen(work: Work, letter_id: int) -> View:
    """A letter as it stands, written down as opened; 404 when there is none."""
    try:
        found = view(work, letter_id)
    except LookupError:
        abort(404)
    work.note(Action.LETTER_OPENED, found.patient.id, f"letter:{letter_id}")
    return found


def page_of(work: Work, found: View, error: str = "", typed: dict[str, str] | None = None) -> str:
    """The page of a letter; after a refusal with what was typed."""
    lang = language.current()
    band, out = who.band(found.patient), gone(found.letter, outbox())
    begun, draft_at, beside_other = letter_drafts.restored(work, found) if typed is None else ({}, "", False)
    return render_template(
        "letters/show.html", band=band, letter=found.letter, found=found,
        copies=copy_rows.rows(work, found.letter),
        waits=letter_words.waits(found.letter, found.letter.state),
        awaited_page=letter_words.awaited_page(found.letter),
        waiting=letter_words.waiting(found.letter, out), out=out, remedy=remedy_of(work, found),
        lapsed=letter_words.lapsed(found.letter, found.authoriser), sheets=len(preview(work, found, "svg")),
        error=error or (overtaken() if beside_other else ""), typed=typed or begun, draft_at=draft_at,
        about=letter_rows.about_line(found.about, lang),
        state_name=letter_rows.state_labels()[found.letter.state],
        blocked=sentence(RuleBroken("state", found.problem)) if found.problem else "",
        missing=letter_needs.lines(found), paragraph_names=letter_words.paragraph_names(),
        refused=sentence(RuleBroken("state", found.refused)) if found.refused else "",
        run_id=runs_of(work.session, [found.letter.id]).get(found.letter.id),
    )  # fmt: skip


def remedy_of(work: Work, found: View) -> Remedy | None:
    """Where a letter that came back leads."""
    failure = failed(work, found.letter, found.patient)
    return gp_gone(failure.gp, failure.with_gp) if failure.gp is not None else None


@bp.get("/<int:letter_id>/sheets/<int:number>.svg")
@needs(May.READ_PATIENT)
def sheet(letter_id: int, number: int) -> ResponseReturnValue:
    """One sheet of the letter for the screen."""
    with reading() as work:
        sheets = preview(work, seen(work, letter_id), "svg")
    if not 1 <= number <= len(sheets):
        abort(404)
    return Response(sheets[number - 1], mimetype="image/svg+xml")


def act(
    letter_id: int, done: str | Callable[[Any], str], how: Callable[[Work, int], Any], queue: bool = False
) -> ResponseReturnValue:
    """Do one thing to a letter and say so, with what came of it, going on to the list when `queue`.

    When refused or overtaken: the page as it stands now, with what was typed.
    """
    with writing() as work:
        try:
            came = how(work, request.form.get("version", -1, type=key))
            said = done(came) if callable(done) else done
        except LookupError:
            abort(404)
        except (RuleBroken, Stale) as problem:
            work.session.rollback()
            error = sentence(problem) if isinstance(problem, RuleBroken) else overtaken()
            typed = {name: request.form[name] for name in TYPED if name in request.form}
            return page_of(work, seen(work, letter_id), error, typed), 422
    flash(said, "ok")
    return redirect(url_for("letters.index") if queue else url_for("letters.show", letter_id=letter_id), 303)


def overtaken() -> str:
    """Somebody or some fact was first."""
    return str(_("The letter or the record changed after you opened this page. Read it once more; below is how it is."))


@bp.post("/<int:letter_id>/text")
@needs(May.WRITE_LETTER)
def edit(letter_id: int) -> ResponseReturnValue:
    """Marked paragraphs in one's own words, and more words beside them."""
    read = request.form.get("seen", "")
    return act(letter_id, _("The text is in the letter."),
               lambda w, v: letter_text.edit(w, letter_id, v, read, request.form))  # fmt: skip


@bp.post("/<int:letter_id>/take-over")
@needs(May.WRITE_LETTER)
def take_over(letter_id: int) -> ResponseReturnValue:
    """What changed in the record since, into the draft."""
    return act(letter_id, _("The draft says what is recorded now."),
               lambda w, v: letter_text.take_over(w, letter_id, v))  # fmt: skip


@bp.post("/<int:letter_id>/offer")
@needs(May.WRITE_LETTER)
def offer(letter_id: int) -> ResponseReturnValue:
    """Put it before the doctor."""
    return act(letter_id, _("The letter waits for its authorisation."),
               lambda w, v: letter_states.offer(w, letter_id, v))  # fmt: skip


@bp.post("/<int:letter_id>/authorise")
@needs(May.AUTHORISE_LETTER)
def authorise(letter_id: int) -> ResponseReturnValue:
    """Freeze what was read."""
    read = request.form.get("seen", "")
    return act(letter_id, _("The letter is authorised and ready to be sent."),
               lambda w, v: letter_states.authorise(w, letter_id, v, read), queue=True)  # fmt: skip


@bp.post("/<int:letter_id>/return")
@needs(May.AUTHORISE_LETTER)
def give_back(letter_id: int) -> ResponseReturnValue:
    """Back to who wrote it."""
    remark = request.form.get("remark", "")
    return act(letter_id, _("The letter is back with who wrote it."),
               lambda w, v: letter_states.give_back(w, letter_id, v, remark))  # fmt: skip


@bp.post("/<int:letter_id>/withdraw")
@needs(May.AUTHORISE_LETTER)
def withdraw(letter_id: int) -> ResponseReturnValue:
    """Not to be sent."""
    reason = request.form.get("reason", "")
    return act(letter_id, _("The letter is withdrawn."), lambda w, v: letter_states.stop(w, letter_id, v, reason))


@bp.post("/<int:letter_id>/redraft")
@needs(May.SEND_LETTER)
def redraft(letter_id: int) -> ResponseReturnValue:
    """Anew, because the page no longer holds."""
    reason = request.form.get("reason", "")
    return act(letter_id, letter_words.begun_anew, lambda w, v: to_patient.redraft(w, letter_id, v, reason), queue=True)


def chosen() -> list[int]:
    """The letters that were ticked."""
    return list(dict.fromkeys(request.values.getlist("letter", type=key)))[:MOST_AT_ONCE]


@bp.get("/check")
@needs(May.SEND_LETTER)
def check() -> ResponseReturnValue:
    """Before sending: each letter with the recipient, address and channel it would get now."""
    with reading() as work:
        return check_page(work, chosen())


def check_page(work: Work, letter_ids: list[int]) -> str:
    """The chosen letters, those that can leave ticked, the others with why not and the way out."""
    parcels = letter_sending.parcels(work, letter_ids)
    if parcels:
        shown = sorted({parcel.patient.id for parcel in parcels})
        work.note(Action.PATIENT_LISTED, subject="letters:check", shown=shown)
    rows = [letter_rows.parcel_row(parcel, language.current()) for parcel in parcels]
    ready = [row for row in rows if not row["problem"]]
    return render_template(
        "letters/check.html", rows=rows, ready=ready, token=secrets.token_urlsafe(16),
        paper=[row for row in ready if row["post"]], unsaid=request.args.get("unsaid") == "y",
    )  # fmt: skip


@bp.post("/send")
@needs(May.SEND_LETTER)
def send() -> ResponseReturnValue:
    """Send what was ticked, each by itself; one that fails does not hold up the others."""
    printed = request.form.get("printed") == "y"
    with writing() as work:
        outcomes = [
            letter_sending.send(work, letter_id, request.form.get(f"seal-{letter_id}", ""), outbox(), printed)
            for letter_id in chosen()
            if work.session.get(Letter, letter_id) is not None
        ]
        return report(work, outcomes)


@bp.post("/<int:letter_id>/finish")
@needs(May.SEND_LETTER)
def finish(letter_id: int) -> ResponseReturnValue:
    """Take up a letter that was left on its way."""
    with writing() as work:
        if work.session.get(Letter, letter_id) is None:
            abort(404)
        return report(work, [letter_sending.finish(work, letter_id, outbox())])


def report(work: Work, outcomes: list[letter_sending.Outcome]) -> ResponseReturnValue:
    """How many left, and of each other why not."""
    gone = sum(outcome.sent for outcome in outcomes)
    if gone:
        flash(ngettext("%(num)d letter sent.", "%(num)d letters sent.", gone), "ok")
    unsaid = [outcome.letter_id for outcome in outcomes if outcome.problem == UNSAID]
    if unsaid:
        flash(ngettext("%(num)d letter by post was not sent: print it first, or say below that it is printed.",
                       "%(num)d letters by post were not sent: print them first, or say below that they are printed.",
                       len(unsaid)), "late")  # fmt: skip
    for outcome in outcomes:
        if not outcome.sent and outcome.problem != UNSAID:
            words = why(outcome.words) or sentence(RuleBroken("state", outcome.problem))
            name = letter_rows.name_of(work, outcome.letter_id)
            flash(_("The letter of %(name)s was not sent: %(why)s", name=name, why=words), "late")
    if not outcomes:
        flash(_("No letter was ticked."), "late")
    paper = [x.letter_id for x in outcomes if x.problem in ("letter_on_printer", UNSAID)]
    if paper:  # there it is said in which print run, and the way leads there; or that it is printed
        return redirect(url_for("letters.check", letter=paper, unsaid="y" if unsaid else None), 303)
    return redirect(url_for("letters.index", state="authorised"), 303)


def outbox() -> Path:
    """The folders that the hospital's gateways empty."""
    folder: Path = current_app.config["SETTINGS"].outbox
    return folder
