"""Possible data breaches for the privacy officer: how many hours are left, and what was decided."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.vocabulary import BreachState
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import corrections
from clinic.services.still_has import holder
from clinic.services.work import Work
from clinic.web import breach_export, language, spreadsheet, still_has, verdicts
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.results import local
from clinic.web.units import reading
from clinic.wording.labels import label

bp = Blueprint("breaches", __name__, url_prefix="/breaches")
bp.add_url_rule("/export/<any(csv, xlsx):kind>", "export", breach_export.export)
SETTLED = (BreachState.REPORTED, BreachState.NOT_REPORTABLE)

SENTENCES |= {
    "breach_remark": lambda: _("Say what was done, or why there is no duty to report."),
    "breach_unchosen": lambda: _("Choose what was decided."),
}


class SettleForm(FlaskForm):
    """What was decided, and why."""

    state = RadioField(_l("Decision"), validators=[InputRequired(_l("Choose what was decided."))])
    remark = StringField(_l("What was done, or why not"), validators=[Length(max=1000)])

    def __init__(self, lang: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state.choices = [SelectChoice(state.value, label(state, lang)) for state in SETTLED]


@bp.get("")
@needs(May.READ_LOG)
def index() -> ResponseReturnValue:
    """Every task, the open ones first."""
    with reading() as work:
        return page(work, SettleForm(language.current(), formdata=None))


@bp.post("/<int:breach_id>")
@needs(May.READ_LOG)
def settle(breach_id: int) -> ResponseReturnValue:
    """Keep what was decided."""
    form = SettleForm(language.current())

    def act(work: Work) -> None:
        corrections.settle(work, breach_id, BreachState(form.state.data), form.remark.data or "")

    return verdicts.keep(
        form, act, _("The decision is kept."), url_for("breaches.index"), lambda work: page(work, form, breach_id)
    )


def page(work: Work, form: SettleForm, wrong: int | None = None) -> str:
    """The list; what was typed stands in its own row."""
    rows = [in_words(row, work, language.current()) for row in corrections.open_tasks(work, only_open=False)]
    empty = SettleForm(language.current(), formdata=None)
    exports = [url_for("breaches.export", kind=kind) for kind in spreadsheet.KINDS]
    return render_template("breaches/index.html", rows=rows, form=form, wrong=wrong, empty=empty, exports=exports)


def in_words(row: Any, work: Work, lang: str) -> dict[str, Any]:
    """A task: whose number, which letter, since when, how long is left, what was decided."""
    task = row.BreachTask
    left = corrections.hours_left(task.found_at, work.now)
    has = holder(work, task.letter_id) if task.state == BreachState.OPEN else None
    return {
        "id": task.id,
        "number": row.number,
        "letter": row.reference or "",
        "sent": day(corrections.left_on(row)),
        "found": local(task.found_at),
        "by": row.name,
        "reason": task.reason,
        "open": task.state == BreachState.OPEN,
        "state": label(BreachState(task.state), lang),
        "remark": task.remark or "",
        "settled": local(task.settled_at) if task.settled_at else "",
        "hours": left,
        "has": still_has.in_words(has) if has is not None else "",
        "kind": "late" if left < corrections.SOON.total_seconds() // 3600 else "soon",
    }
