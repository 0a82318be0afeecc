"""The monthly review of the log and one employee's visits to records: by number, each with the reason that is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from clinic.domain.calendar import add_months
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LogSignal, LogVerdict
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import log, log_reviews
from clinic.services.log_reviews import Judged, Visit
from clinic.services.looks import Why
from clinic.services.work import Stale, Work
from clinic.store import log_reviews as store
from clinic.store.log_reviews import LogFinding, LogReview
from clinic.web import language
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField, iso_day
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.units import reading, writing
from clinic.wording.labels import label

bp = Blueprint("log_reviews", __name__, url_prefix="/log-reviews")
MONTHS, DAYS = 12, 30
REMARK = 500

SENTENCES |= {
    "review_month_open": lambda: _("This month has not ended yet."),
    "review_not_whole": lambda: _("Not everything was looked at yet; choose an answer at each line."),
    "review_remark": lambda: _("Say at each line that is not in order what is done about it."),
    "review_conclusion": lambda: _("Write down the conclusion of this month."),
}


class ReviewForm(FlaskForm):
    """What came of the month; the lines are read by their numbers."""

    conclusion = TextAreaField(_l("Conclusion"), validators=[Length(max=2000)], render_kw={"rows": 3})
    seen = HiddenField()


class PersonForm(FlaskForm):
    """Whose visits, of which days; asked by address."""

    class Meta:
        csrf = False

    user = SelectField(_l("Who"), coerce=int)
    first = DateField(_l("From"))
    last = DateField(_l("Until and including"))


def why_words(why: Why | None) -> str:
    """A reason in a few words."""
    return str(
        {
            None: _("no appointment or task known"), Why.EMERGENCY: _("emergency access, with a reason"),
            Why.APPOINTMENT: _("appointment on that day"), Why.RECORDED: _("recorded something"),
            Why.ON_A_LIST: _("stood on a list of work before"),
        }[why]
    )  # fmt: skip


@bp.get("")
@needs(May.READ_LOG)
def index() -> ResponseReturnValue:
    """The months: signed, begun, to begin."""
    with reading() as work:
        begun = {row.LogReview.month: row for row in store.reviews(work.session)}
        months = [add_months(work.today.replace(day=1), -back) for back in range(1, MONTHS + 1)]
        rows = [month_words(month, begun.get(month)) for month in months]
    return render_template("log_reviews/index.html", rows=rows)


def month_words(month: date, row: Any) -> dict[str, Any]:
    """A month as a line."""
    review: LogReview | None = row.LogReview if row else None
    return {
        "month": month.strftime("%m-%Y"), "value": month.isoformat(), "id": review.id if review else None,
        "by": row.name if row else "",
        "signed": day(review.signed_at if review else None),
        "conclusion": review.conclusion or "" if review else "",
    }  # fmt: skip


@bp.post("")
@needs(May.READ_LOG)
def begin() -> ResponseReturnValue:
    """Lay a month out."""
    try:
        month = iso_day(request.form.get("month", ""))
        with writing() as work:
            review_id = log_reviews.begin(work, month).id
    except (ValueError, RuleBroken, Stale):
        flash(_("This month cannot be reviewed; choose one of the list."), "late")
        return redirect(url_for("log_reviews.index"), 303)
    return redirect(url_for("log_reviews.show", review_id=review_id), 303)


@bp.get("/<int:review_id>")
@needs(May.READ_LOG)
def show(review_id: int) -> ResponseReturnValue:
    """A month with its samples and signals."""
    with reading() as work:
        review = work.session.get(LogReview, review_id)
        if review is None:
            abort(404)
        return page(work, review, ReviewForm(formdata=None, conclusion=review.conclusion))


def page(work: Work, review: LogReview, form: ReviewForm, stale: bool = False, typed: Judged | None = None) -> str:
    """The lines by signal, with what was chosen and what was typed."""
    form.seen.data, form.seen.raw_data = str(review.version), None
    lang = language.current()
    rows = log_reviews.laid_out(work, review)
    numbers, names = store.numbers_of(work.session, {row.patient_id for row in rows}), log.names(work)
    opened = log_reviews.in_an_emergency(work, review.month)
    called = log_reviews.called(work, review.month, rows)
    shown = [
        finding_words(
            row,
            numbers,
            called.get((row.on_date, row.actor_id)) or (names.get(row.actor_id, ""), ""),
            (typed or {}).get(row.id),
        )
        | {"emergency": (row.on_date, row.actor_id, row.patient_id) in opened}
        for row in rows
    ]
    every = review.signalled or {}
    groups = [
        (label(signal, lang), [row for row in shown if row["signal"] == signal], every.get(signal.value, 0))
        for signal in LogSignal
    ]
    return render_template(
        "log_reviews/show.html", review=review, month=review.month.strftime("%m-%Y"), form=form, stale=stale,
        groups=[group for group in groups if group[1]], signed_by=names.get(review.signed_by or 0, ""),
        verdicts=[(verdict.value, label(verdict, lang)) for verdict in LogVerdict],
        signed=day(review.signed_at),
    )  # fmt: skip


def finding_words(
    row: LogFinding, numbers: dict[int | None, str], who: tuple[str, str], typed: tuple[LogVerdict | None, str] | None
) -> dict[str, Any]:
    """One line: who, as she was called and was then, when, whose record, how often, and a way to the log's lines."""
    chosen = typed[0] if typed else row.verdict
    asked: dict[str, Any] = {"user": row.actor_id, "first": row.on_date, "last": row.on_date}
    if row.patient_id is not None:
        asked["patient"] = row.patient_id
    return {
        "id": row.id, "signal": row.signal, "on": day(row.on_date), "who": who[0], "function": who[1],
        "number": numbers.get(row.patient_id, ""), "counted": counted(row), "verdict": chosen or "",
        "remark": (typed[1] if typed else row.remark) or "",
        "href": url_for("log.index", **asked),
    }  # fmt: skip


def counted(row: LogFinding) -> str:
    """What was more than usual, where it is about many records."""
    if row.signal == LogSignal.MANY_OUT:
        return str(ngettext("%(num)d patient on that day", "%(num)d patients on that day", row.count))
    return str(ngettext("%(num)d record in an hour", "%(num)d records in an hour", row.count))


def judged(rows: Sequence[LogFinding]) -> Judged:
    """What was chosen and typed at each line; a word that is no answer is none."""
    known = {verdict.value: verdict for verdict in LogVerdict}
    sent = request.form
    return {
        row.id: (known.get(sent[f"verdict-{row.id}"]), sent.get(f"remark-{row.id}", "")[:REMARK])
        for row in rows
        if f"verdict-{row.id}" in sent
    }


@bp.post("/<int:review_id>")
@needs(May.READ_LOG)
def keep(review_id: int) -> ResponseReturnValue:
    """Keep what was found, and sign the month when that was asked."""
    form = ReviewForm()
    with writing() as work:
        review = work.session.get(LogReview, review_id)
        if review is None:
            abort(404)
        typed, stale = judged(store.findings(work.session, review_id)), False
        signing = "sign" in request.form
        if form.validate_on_submit():
            try:
                said, seen = form.conclusion.data or "", key(form.seen.data or "0")
                log_reviews.keep(work, review_id, typed, said, seen, signing=signing)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except (Stale, ValueError):
                stale = True
            else:
                flash(_("The month is signed.") if signing else _("What was found is kept."), "ok")
                return redirect(url_for("log_reviews.show", review_id=review_id), 303)
        work.session.rollback()
    with reading() as work:
        return page(work, work.session.get_one(LogReview, review_id), form, stale, typed), 422


@bp.get("/person")
@needs(May.READ_LOG)
def person() -> ResponseReturnValue:
    """What one employee did at records, day by day, with the reason that is known."""
    form = PersonForm(formdata=request.args)
    with reading() as work:
        form.user.choices = [SelectChoice(0, "–")]
        form.user.choices += [SelectChoice(user.id, f"{user.name} ({user.username})") for user in log.people(work)]
        status, rows = 200, None
        if request.args:
            status, rows = (200, visits_of(work, form)) if form.validate() else (422, None)
    return render_template("log_reviews/person.html", form=form, rows=rows), status


def visits_of(work: Work, form: PersonForm) -> list[dict[str, Any]]:
    """The visits of the period that was asked for; thirty days when none was."""
    form.last.data = form.last.data or work.today
    form.first.data = form.first.data or form.last.data - timedelta(DAYS)
    form.first.raw_data = form.last.raw_data = None
    visits = log_reviews.of_person(work, form.user.data, form.first.data, form.last.data)
    numbers = store.numbers_of(work.session, {one.patient_id for one in visits})
    return [visit_words(one, numbers.get(one.patient_id, "")) for one in visits]


def visit_words(one: Visit, number: str) -> dict[str, Any]:
    """One record on one day."""
    asked: dict[str, Any] = {"user": one.actor_id, "patient": one.patient_id, "first": one.day, "last": one.day}
    return {"on": day(one.day), "number": number, "why": why_words(one.why),
            "none": one.why is None and one.opened, "href": url_for("log.index", **asked)}  # fmt: skip
