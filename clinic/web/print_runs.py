"""The morning run: what is ready and what is kept by what; the file for the printer, and what came of it."""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import letter_queue, letter_sending, print_runs
from clinic.services.print_runs import Morning
from clinic.services.work import Stale, Work
from clinic.store.print_runs import PrintRun, of_run, open_runs
from clinic.web import background, letter_rows, presenters
from clinic.web.keys import key
from clinic.web.language import current
from clinic.web.language import gettext as _
from clinic.web.letter_failures import on_top
from clinic.web.letters import outbox, report
from clinic.web.messages import SENTENCES, sentence
from clinic.web.units import reading, writing

bp = Blueprint("print_runs", __name__, url_prefix="/letters")
LOOK_AGAIN_SECONDS = 2
NAMED = 50  # of what is blocked; who mends these sees the next
SENTENCES |= {
    "letter_overtaken": lambda: _("What this letter tells changed since: it was held back before it left."),
    "letter_earlier_in_queue": lambda: _(
        "An earlier letter about this is still in the queue: authorise this one when that has left or was held back."
    ),
    "letter_on_printer": lambda: _(
        "This letter lies on the printer: first say in the morning run whether it was printed."
    ),
    "letter_earlier_on_printer": lambda: _(
        "An earlier letter about this lies on the printer: first say in the morning run whether it was printed."
    ),
}


@bp.get("/morning")
@needs(May.SEND_LETTER)
def morning() -> ResponseReturnValue:
    """Everything that is ready, in one look."""
    with reading() as work:
        found = print_runs.morning(work)
        named = found.blocked[:NAMED]
        shown = sorted({parcel.patient.id for parcel in (*found.post, *found.mailed, *named)})
        if shown:
            work.note(Action.PATIENT_LISTED, subject="letters:morning", shown=shown)
        going = letter_queue.leaving(work)
        answer = make_response(render_template(
            "letters/morning.html", said=said(found), failures=on_top(work), going=going, pressed=max(going, pressed()),
            token=secrets.token_urlsafe(16), runs=open_runs(work.session),
            post=[letter_rows.parcel_row(parcel, current()) for parcel in found.post],
            mailed=[letter_rows.parcel_row(parcel, current()) for parcel in found.mailed],
            kept_by=[(sentence(RuleBroken("state", code)), count) for code, count in sorted(found.counted.items())],
            blocked=[letter_rows.parcel_row(parcel, current()) for parcel in named],
            unnamed=len(found.blocked) - len(named),
        ))  # fmt: skip
    if going and pressed():
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


def pressed() -> int:
    """How many letters were let go in one act, for the words that say how far it is."""
    return request.args.get("pressed", 0, type=key)


@bp.post("/morning")
@needs(May.SEND_LETTER)
def send_all() -> ResponseReturnValue:
    """Let everything go that leaves by itself, with the envelopes that were shown; the page says how far it is."""
    chosen = request.form.getlist("letter", type=key)[: print_runs.MOST]
    seals = {letter_id: request.form.get(f"seal-{letter_id}", "") for letter_id in chosen}
    with writing() as work:
        kept = letter_sending.queue_all(work, seals)
        going = letter_queue.leaving(work)
    for problem, count in sorted(Counter(outcome.problem for outcome in kept).items()):
        why = sentence(RuleBroken("state", problem))
        flash(ngettext("%(num)d letter stays: %(why)s", "%(num)d letters stay: %(why)s", count, why=why), "late")
    if going:
        background.start("letters", "send", "--once")
    return redirect(url_for("print_runs.morning", pressed=going or None), 303)


def said(found: Morning) -> str:
    """37 klaar, 3 tegengehouden."""
    ready, kept = len(found.post) + len(found.mailed), len(found.blocked)
    return str(_("%(ready)s ready, %(kept)s blocked", ready=ready, kept=kept))


@bp.post("/runs")
@needs(May.SEND_LETTER)
def begin() -> ResponseReturnValue:
    """Put the run down, and make its file in a process of its own: many pages at once take memory that returns."""
    with writing() as work:
        try:
            run_id = print_runs.begin(work, request.form.get("form_token", "") or secrets.token_urlsafe(16), ticked())
        except LookupError:
            flash(_("There is nothing to print."), "late")
            return redirect(url_for("print_runs.morning"), 303)
        run = work.session.get_one(PrintRun, run_id)
        fresh = print_runs.waits(run, work.now) and run.made_at == work.now
    if fresh:
        in_background(run_id)
    return redirect(url_for("print_runs.show", run_id=run_id), 303)


def ticked() -> list[int] | None:
    """The letters that were ticked where letters are checked; None for all that is ready."""
    return request.form.getlist("letter", type=key)[: print_runs.MOST] if "ticked" in request.form else None


def in_background(run_id: int) -> None:
    """Make it behind the page, so that it goes on when this worker ends."""
    background.start("letters", "make-run", str(run_id))


@bp.get("/runs/<int:run_id>")
@needs(May.SEND_LETTER)
def show(run_id: int) -> ResponseReturnValue:
    """How far it is; then the file, and the question whether everything was printed."""
    with reading() as work:
        run = found_run(work, run_id)
        rows = [row_of(letter, patient) for _row, letter, patient in of_run(work.session, run_id)]
        work.note(
            Action.PATIENT_LISTED, subject=f"print_run:{run_id}", shown=sorted({row["patient_id"] for row in rows})
        )
        waits = print_runs.waits(run, work.now)
        answer = make_response(render_template("letters/run.html", run=run, rows=rows, waits=waits))
        if waits:
            answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


def row_of(letter: Any, patient: Any) -> dict[str, Any]:
    """A letter of a run."""
    return {"id": letter.id, "patient_id": patient.id, "reference": letter.reference or "",
            "name": presenters.display_name(patient, current()), "state": letter_rows.state_labels()[letter.state],
            "to": ", ".join((letter.facts or {}).get("recipient", {}).get("lines", []))}  # fmt: skip


def found_run(work: Work, run_id: int) -> PrintRun:
    """A run; 404 when there is none."""
    run = work.session.get(PrintRun, run_id)
    if run is None:
        abort(404)
    return run


@bp.get("/runs/<int:run_id>/print.pdf")
@needs(May.SEND_LETTER)
def print_file(run_id: int) -> ResponseReturnValue:
    """The file as it was made, each time the same."""
    with reading() as work:
        made = print_runs.printed(work, run_id)
    if made is None:
        abort(404)
    name = {"Content-Disposition": f'inline; filename="printronde-{run_id}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=name)


@bp.post("/runs/<int:run_id>")
@needs(May.SEND_LETTER)
def settle(run_id: int) -> ResponseReturnValue:
    """Everything was printed, or all but those that were ticked."""
    missing = set(request.form.getlist("missing", type=key))
    with writing() as work:
        found_run(work, run_id)
        try:
            outcomes = print_runs.settle(work, run_id, missing, outbox())
        except Stale:
            return answered_before(run_id)
        if missing:
            said = ngettext("%(num)d letter was not printed and is ready again.",
                            "%(num)d letters were not printed and are ready again.", len(missing))  # fmt: skip
            flash(said, "late")
        return report(work, outcomes) if outcomes else redirect(url_for("print_runs.morning"), 303)


@bp.post("/runs/<int:run_id>/drop")
@needs(May.SEND_LETTER)
def drop(run_id: int) -> ResponseReturnValue:
    """Nothing of it was printed: the letters are ready as before."""
    with writing() as work:
        found_run(work, run_id)
        try:
            print_runs.drop(work, run_id)
        except Stale:
            return answered_before(run_id)
    flash(_("The print run is dropped; its letters are ready as before."), "ok")
    return redirect(url_for("print_runs.morning"), 303)


def answered_before(run_id: int) -> ResponseReturnValue:
    """Two people answered, or one pressed twice: the run says what each of its letters became."""
    flash(_("This print run was answered or dropped before: below stands what each of its letters became."), "late")
    return redirect(url_for("print_runs.show", run_id=run_id), 303)
