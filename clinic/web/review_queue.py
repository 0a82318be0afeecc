"""The doctor's queue of reviews, and passing one over for today."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import MissingFact, ReviewOutcome
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import decision_changes, restrictions, review_queue, review_requests, worklists
from clinic.services.notes import NOTABLE
from clinic.services.review_queue import PAGE, Waiting
from clinic.services.work import Stale, Work
from clinic.services.worklists import Ask
from clinic.web import grounds, language, moved_dates, spreadsheet, who
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.presenters import count_text, day, display_name
from clinic.web.units import reading, writing
from clinic.web.worklist_rows import booked, row_of
from clinic.wording.labels import label

bp = Blueprint("review_queue", __name__)
ALARMS = Ask("alarms")

SENTENCES |= {"skip_reason_missing": lambda: _("Say why the review is passed over.")}


@bp.get("/reviews")
@needs(May.SIGN_REVIEW)
def index() -> ResponseReturnValue:
    """Alarm symptoms first, then whose review waits, with what is missing of each."""
    with reading() as work:
        return page(work, max(0, request.args.get("page", 1, type=key) - 1))


def page(work: Work, number: int = 0, kept: tuple[int, str] | None = None) -> str:
    """The queue from a page on; `kept` is a change that became another while its reason was typed, and that reason."""
    lang = language.current()
    alarms = worklists.show(work, ALARMS, None, PAGE)
    waiting, ordered = review_queue.show(work, number)
    count = review_queue.count(work, ordered)
    urgent = [alarm(line, work.today, lang) for line in alarms.lines]
    rows = [told(each, work.today, lang) for each in waiting]
    found = decision_changes.waiting(work)
    closed = restrictions.closed_among(work, {row.Patient.id for row in found})
    dates, moved_count = moved_dates.reopened(work, lang)
    nothing: dict[str, Any] = {"what": [], "seen": ""}  # of a closed record nothing is shown, so nothing is settled
    changed = [in_words(work, row, lang) | (nothing if row.Patient.id in closed else {}) for row in found]
    after = url_for("review_queue.index", page=number + 2) if (number + 1) * PAGE < ordered else None
    before = url_for("review_queue.index", page=number) if number else None
    return render_template(
        "reviews/queue.html", alarms=urgent, more_alarms=alarms.after is not None, rows=rows,
        count=count_text(count), rest=count > ordered, next_url=after, prev_url=before, first=number * PAGE + 1,
        changed=changed, kept=kept, dates=dates, moved_count=moved_count,
        exports=[url_for("worklists.export", kind=kind, list=review_queue.MINE.name) for kind in spreadsheet.KINDS],
    )  # fmt: skip


def alarm(line: worklists.Line, today: date, lang: str) -> dict[str, Any]:
    """A patient's red alerts in words, each with what ends it: a note, or for a fracture or injection her record."""
    row, here = row_of(ALARMS.name, line, today, lang), url_for("review_queue.index")
    for told_of, found in zip(row["items"], line.items, strict=True):
        if found.code in NOTABLE:
            told_of["note"] = url_for("alerts.note", patient_id=row["id"], code=found.code, back=here)
    return row


def told(waiting: Waiting, today: date, lang: str) -> dict[str, Any]:
    """One patient in words."""
    row = row_of(review_queue.MINE.name, waiting.line, today, lang)
    missing = [lacking(fact, waiting, lang) for fact in waiting.missing]
    open_ones = [fact for fact in waiting.missing if fact not in waiting.requested and fact not in waiting.booked]
    gone = sorted({waiting.gives_way[fact] for fact in open_ones if fact in waiting.gives_way})
    to_request = [label(fact, lang) for fact in open_ones]
    return row | {"missing": missing, "to_request": to_request, "gives_way": gone, "skipped": waiting.skipped}


def lacking(fact: MissingFact, waiting: Waiting, lang: str) -> str:
    """A missing fact, with the day of the appointment it comes of, or on which it was asked for."""
    name = label(fact, lang)
    if fact in waiting.booked:
        return f"{name} ({booked(waiting.booked[fact], None)})"
    if fact in waiting.requested:
        return str(_("%(fact)s (requested %(day)s)", fact=name, day=day(waiting.requested[fact])))
    return name


def in_words(work: Work, row: Any, lang: str) -> dict[str, Any]:
    """A decision whose grounds became others: each criterion as it was answered and as it is answered now."""
    rules = decision_changes.signed_under(work, row.Review)
    what = [
        grounds.changed(code, (was, now), (*values,) or (None, None), rules, lang)
        for code, (was, now, *values) in row.DecisionChange.what.items()
    ]
    signed = row.Review
    return {
        "id": row.DecisionChange.id, "patient_id": row.Patient.id, "name": display_name(row.Patient, lang),
        "decision": label(ReviewOutcome(signed.outcome), lang), "on": day(signed.on_date), "review_id": signed.id,
        "what": what, "seen": decision_changes.digest(row.DecisionChange.what),
    }  # fmt: skip


@bp.post("/patients/<int:patient_id>/reviews/changed/<int:change_id>")
@needs(May.SIGN_REVIEW)
def stands(patient_id: int, change_id: int) -> ResponseReturnValue:
    """The decision stands after all, because; what became another meanwhile is shown before it is settled."""
    reason = request.form.get("reason", "")[:200]
    with writing() as work:
        who.found(work, patient_id)
        try:
            decision_changes.stands(work, patient_id, change_id, reason, request.form.get("seen", ""))
        except LookupError:
            abort(404)
        except Stale:
            kept = change_id, reason
        except RuleBroken as broken:
            flash(sentence(broken), "late")
            return redirect(url_for("review_queue.index"), 303)
        else:
            flash(_("The decision stands; why is kept."), "ok")
            return redirect(url_for("review_queue.index"), 303)
    with reading() as work:
        return page(work, kept=kept), 409


@bp.post("/patients/<int:patient_id>/reviews/skip")
@needs(May.SIGN_REVIEW)
def skip(patient_id: int) -> ResponseReturnValue:
    """Pass her over for today, and go on with the next."""
    with writing() as work:
        who.found(work, patient_id)
        try:
            after = review_queue.skip(work, patient_id, request.form.get("skip_reason", "")[:200])
        except RuleBroken as broken:
            flash(sentence(broken), "late")
            return redirect(url_for("reviews.new", patient_id=patient_id, _anchor="skip"), 303)
    flash(_("Passed over for today; the reason stands in the queue."), "ok")
    return onward(after)


@bp.post("/patients/<int:patient_id>/reviews/request")
@needs(May.SIGN_REVIEW)
def ask(patient_id: int) -> ResponseReturnValue:
    """Request whatever of hers is missing, in one press."""
    with writing() as work:
        who.found(work, patient_id)
        review_requests.ask_all(work, patient_id)
    flash(_("What was missing is requested."), "ok")
    return redirect(url_for("review_queue.index", _anchor=f"patient-{patient_id}"), 303)


def onward(after: int | None) -> ResponseReturnValue:
    """To the review of the next patient; after the last to the queue."""
    if after is None:
        return redirect(url_for("review_queue.index"), 303)
    return redirect(url_for("reviews.new", patient_id=after), 303)
