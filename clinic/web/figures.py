"""How the clinic does: the figures of a period with their intervals, the patients behind each, and both as a file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from clinic.domain.calendar import add_months
from clinic.domain.figures import FEWEST, OF_THE_DAY, CaseState, Figure, Share
from clinic.domain.protocol import Protocol
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import figures
from clinic.services.figures import Counted, Period, Wanted
from clinic.services.work import Work, local_day
from clinic.store.figures import FigureCase, FigureRun
from clinic.store.patients import Patient
from clinic.web import language, presenters, spreadsheet
from clinic.web.fields import DateField
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import day, number
from clinic.web.results import local
from clinic.web.units import reading, writing
from clinic.wording import figures as words

bp = Blueprint("figures", __name__, url_prefix="/figures")
PROGRAM = "from clinic.cli import main; main()"
LOOK_AGAIN_SECONDS = 3
PAGE = 50


class PeriodForm(FlaskForm):
    """Which period; it stands in the address, so that a figure can be pointed at."""

    class Meta:
        """Nothing is changed by asking."""

        csrf = False

    since = DateField(_l("From"))
    until = DateField(_l("Until and including"))

    def period(self, run: FigureRun) -> Period | None:
        """What was asked for, else the last twelve months; None when the fields say why not."""
        whole = figures.year_before(run.on_date)
        if not self.validate():
            return None
        since, until = self.since.data or whole.since, self.until.data or whole.until
        self.since.data, self.until.data = since, until
        if until < since:
            self.until.errors = [_("The period ends before it begins.")]
        elif since < run.since_on:
            self.since.errors = [_("The figures go back to %(day)s.", day=day(run.since_on))]
        return None if self.errors else Period(since, until)


@bp.get("")
@needs(May.READ_FIGURES)
def index() -> ResponseReturnValue:
    """The table of a period."""
    form = PeriodForm(request.args)
    with reading() as work:
        run, busy = figures.latest(work.session), figures.busy(work.session, work.now)
        period = form.period(run) if run else None
        found = figures.counted(work.session, run, period) if run and period else []
        counted_by = figures.protocol_of(work.session, run) if run else work.protocol
        startable = figures.may_start(work.session, work.now)
    lang = language.current()
    page = render_template(
        "figures/index.html", form=form, run=run, busy=busy, startable=startable,
        computed=finished(run) if run else "", rows=[row_of(one, period, counted_by, lang) for one in found],
        absent=[(words.pick(what, lang), words.pick(why, lang)) for what, why in words.NOT_TO_BE_HAD],
        periods=recent(local_day(work.now)), fewest=FEWEST,
        exports=[url_for("figures.export", kind=kind, **asked(period)) for kind in spreadsheet.KINDS] if period else [],
    )  # fmt: skip
    answer = make_response(page, 422 if run and period is None else 200)
    if busy:
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


def finished(run: FigureRun) -> str:
    """When a run came to its end."""
    return local(run.finished_at) if run.finished_at else ""


def asked(period: Period | None) -> dict[str, Any]:
    """A period in an address."""
    return {"since": day(period.since), "until": day(period.until)} if period else {}


def recent(today: date) -> list[dict[str, str]]:
    """Periods one often asks for: this year, the year before, the last quarter that is over."""
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    last_quarter = Period(add_months(quarter, -3), date.fromordinal(quarter.toordinal() - 1))
    named = [
        (_("This year"), Period(date(today.year, 1, 1), today)),
        (_("Last year"), Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))),
        (_("Last quarter"), last_quarter),
    ]
    return [{"label": label, "href": url_for("figures.index", **asked(period))} for label, period in named]


def percent(share: Share) -> str:
    """83,2 %."""
    return f"{number(Decimal(share.tenths) / 10)} %" if share.tenths is not None else ""


def interval(share: Share) -> str:
    """78,1–87,4 %."""
    if share.low is None or share.high is None:
        return ""
    return f"{number(Decimal(share.low) / 10)}–{number(Decimal(share.high) / 10)} %"


def row_of(one: Counted, period: Period | None, protocol: Protocol, lang: str) -> dict[str, Any]:
    """One figure as the table says it; each number leads to its patients, for who may see lists."""
    few = one.share.n < FEWEST
    numbers = {CaseState.MET: one.share.met, CaseState.MISSED: one.share.n - one.share.met,
               CaseState.OPEN: one.still_open, CaseState.LEFT_OUT: one.left_out}  # fmt: skip
    return {
        "id": one.figure.value, "name": words.name(one.figure, lang),
        "counts": words.counts(one.figure, lang, protocol),
        "few": few, "n": one.share.n, "met": one.share.met, "percent": percent(one.share),
        "interval": interval(one.share), "of_the_day": one.figure in OF_THE_DAY,
        "behind": [
            {"words": words.state(one.figure, state, lang), "n": count, "href": patients_of(one.figure, state, period)}
            for state, count in numbers.items() if count and not few
        ],
    }  # fmt: skip


def patients_of(figure: Figure, state: CaseState, period: Period | None) -> str:
    """The list behind a number; nowhere for who sees no lists."""
    if not may(May.READ_LISTS):
        return ""
    return url_for("figures.patients", figure=figure.value, state=state.value, **asked(period))


@bp.get("/export/<any(csv, xlsx):kind>")
@needs(May.READ_FIGURES)
def export(kind: str) -> ResponseReturnValue:
    """The table as a file; counts alone, and none below ten."""
    lang = language.current()
    with reading() as work:
        run, period = asked_for(work)
        found = figures.counted(work.session, run, period)
        counted_by = figures.protocol_of(work.session, run)
    heads = [_("Figure"), _("From"), _("Until and including"), _("Met"), "n", "%", _("Interval from"), _("Interval to"),
             _("How it is counted")]  # fmt: skip
    return spreadsheet.answer(kind, f"{_('figures')}-{day(period.until)}", heads,
                              [[*cells_of(one, run, period, lang), words.counts(one.figure, lang, counted_by)]
                               for one in found])  # fmt: skip


def cells_of(one: Counted, run: FigureRun, period: Period, lang: str) -> list[spreadsheet.Cell]:
    """One figure as a row of a file, but for how it is counted."""
    share, few = one.share, one.share.n < FEWEST
    since, until = (run.on_date, run.on_date) if one.figure in OF_THE_DAY else (period.since, period.until)
    tenths = [None if part is None else Decimal(part).scaleb(-1) for part in (share.tenths, share.low, share.high)]
    counts = [None, f"<{FEWEST}"] if few else [share.met, share.n]
    return [words.name(one.figure, lang), since, until, *counts, *tenths]


def asked_for(work: Work) -> tuple[FigureRun, Period]:
    """The run and the period of the address, or 404: a link made by hand that says nothing."""
    run = figures.latest(work.session)
    period = PeriodForm(request.args).period(run) if run else None
    if run is None or period is None:
        abort(404)
    return run, period


def case_asked() -> tuple[Figure, CaseState]:
    """Which figure, and which of its cases."""
    try:
        return Figure(request.args.get("figure", "")), CaseState(request.args.get("state", ""))
    except ValueError:
        abort(404)


def of_a_number(
    work: Work, run: FigureRun, wanted: Wanted, after: int = 0, most: int | None = None
) -> Sequence[tuple[FigureCase, Patient]]:
    """The patients behind a number, or 404 when it is too small to be shown."""
    try:
        return figures.behind(work, run, wanted, after, most)
    except LookupError:
        abort(404)


@bp.get("/patients")
@needs(May.READ_LISTS)
def patients() -> ResponseReturnValue:
    """The patients behind a number, some at a time."""
    lang, (figure, state) = language.current(), case_asked()
    with reading() as work:
        run, period = asked_for(work)
        found = of_a_number(work, run, Wanted(figure, state, period), request.args.get("after", 0, type=key), PAGE + 1)
        shown = found[:PAGE]
        work.note(Action.PATIENT_LISTED, subject=f"list:figure_{figure}", shown=[patient.id for _, patient in shown])
        counted_by = figures.protocol_of(work.session, run)
    here: dict[str, Any] = {"figure": figure.value, "state": state.value, **asked(period)}
    return render_template(
        "figures/patients.html", name=words.name(figure, lang), state=words.state(figure, state, lang),
        counts=words.counts(figure, lang, counted_by), period=None if figure in OF_THE_DAY else period, on=run.on_date,
        rows=[patient_row(case, patient, lang) for case, patient in shown],
        back=url_for("figures.index", **asked(period)),
        more=url_for("figures.patients", **here, after=shown[-1][0].id) if len(found) > PAGE else None,
        exports=[url_for("figures.patients_export", kind=kind, **here) for kind in spreadsheet.KINDS],
    )  # fmt: skip


def patient_row(case: FigureCase, patient: Patient, lang: str) -> dict[str, Any]:
    """One patient with the day on which she counts."""
    return {
        "name": presenters.display_name(patient, lang), "number": patient.number,
        "href": url_for("patients.record", patient_id=patient.id), "on": day(case.on_date), "done": day(case.done_on),
    }  # fmt: skip


@bp.get("/patients/export/<any(csv, xlsx):kind>")
@needs(May.READ_LISTS)
def patients_export(kind: str) -> ResponseReturnValue:
    """The same list whole, as a file: by number and name, without the BSN."""
    lang, (figure, state) = language.current(), case_asked()
    with reading() as work:
        run, period = asked_for(work)
        found = of_a_number(work, run, Wanted(figure, state, period))
        shown = sorted({patient.id for _, patient in found})
        work.note(Action.LIST_EXPORTED, subject=f"list:figure_{figure}", shown=shown)
    heads = [_("Number"), _("Patient"), _("Date of birth"), _("Figure"), _("Counts on"), _("Done on"), _("State")]
    rows: list[list[spreadsheet.Cell]] = [
        [patient.number, presenters.display_name(patient, lang), presenters.born_cell(patient),
         words.name(figure, lang), case.on_date, case.done_on, words.state(figure, state, lang)]
        for case, patient in found
    ]  # fmt: skip
    named = spreadsheet.named(words.name(figure, lang), words.state(figure, state, lang), day(period.until))
    return spreadsheet.answer(kind, named, heads, rows)


@bp.post("/compute")
@needs(May.READ_FIGURES)
def compute() -> ResponseReturnValue:
    """Compute anew behind the page, at most once an hour."""
    with writing() as work:
        if figures.may_start(work.session, work.now):
            work.note(Action.FIGURES_COMPUTED)
            work.commit()
            in_background()
        else:
            flash(_("The figures were computed less than an hour ago, or are being computed."), "plan")
    return redirect(url_for("figures.index"), 303)


def in_background() -> None:
    """In a process of its own, so that it goes on when this worker ends."""
    command = [sys.executable, "-c", PROGRAM, "figures", "compute"]
    subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)  # noqa: S603 - our own words


def on_first_page(work: Work, lang: str) -> dict[str, Any] | None:
    """The four figures for the first page of who may read them."""
    if not may(May.READ_FIGURES):
        return None
    kept = figures.first_page(work)
    if kept is None:
        return {"computed": "", "entries": []}
    run, shares = kept
    period = figures.year_before(run.on_date)
    return {
        "computed": finished(run), "since": day(period.since), "until": day(period.until),
        "entries": [
            {
                "href": url_for("figures.index", _anchor=figure.value), "label": words.name(figure, lang),
                "count": percent(share) or "–",
                "sub": _("%(met)s of %(n)s, 95 %% interval %(interval)s", met=share.met, n=share.n,
                         interval=interval(share)) if share.tenths is not None else _("fewer than %(n)s", n=FEWEST),
            }
            for figure, share in shares
        ],
    }  # fmt: skip
