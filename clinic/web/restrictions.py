"""The privacy officer's page: which records are restricted, and who opened one in an emergency."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.domain.restricted import EmergencyReason, EmergencyVerdict, RestrictionKind
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import restrictions
from clinic.services.restrictions import Restrict
from clinic.services.work import Work
from clinic.web import language, verdicts
from clinic.web.control_form import ChipsField
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.results import local
from clinic.web.units import reading, writing
from clinic.wording.labels import label

bp = Blueprint("restrictions", __name__, url_prefix="/restrictions")

SENTENCES |= {
    "restriction_unknown": lambda: _("Choose people who are at work here."),
    "emergency_remark": lambda: _("Say what was not right about it, and what is done."),
}


class RestrictForm(FlaskForm):
    """Which record, why, and who opens it besides the regular nurse and doctor."""

    number = StringField(_l("Patient number"), validators=[InputRequired(_l("Fill in the patient number."))])
    kind = RadioField(_l("Why"), validators=[InputRequired(_l("Choose why."))])
    admitted = ChipsField(_l("Who opens it too"), coerce=int)

    def prepare(self, work: Work) -> None:
        """What and whom one may choose."""
        lang = language.current()
        self.kind.choices = [SelectChoice(kind.value, label(kind, lang)) for kind in RestrictionKind]
        self.admitted.choices = [SelectChoice(user.id, user.name) for user in restrictions.colleagues(work)]

    def command(self) -> Restrict:
        """The form as the service takes it."""
        number = (self.number.data or "").strip()
        return Restrict(number, RestrictionKind(self.kind.data), tuple(self.admitted.data or ()))


class JudgeForm(FlaskForm):
    """What was found of an emergency."""

    verdict = RadioField(_l("Verdict"), validators=[InputRequired(_l("Choose what you found."))])
    remark = StringField(_l("Remark"), validators=[Length(max=1000)])

    def __init__(self, lang: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.verdict.choices = [SelectChoice(verdict.value, label(verdict, lang)) for verdict in EmergencyVerdict]


@bp.get("")
@needs(May.RESTRICT_RECORD)
def index() -> ResponseReturnValue:
    """Emergencies to look at, records that are restricted, and the form for another."""
    with reading() as work:
        return page(work, RestrictForm(formdata=None), JudgeForm(language.current(), formdata=None))


def page(work: Work, form: RestrictForm, judging: JudgeForm, wrong: int | None = None) -> str:
    """The page; what was typed about an emergency stands in its own row."""
    lang = language.current()
    form.prepare(work)
    return render_template(
        "restrictions/index.html", form=form, judging=judging, wrong=wrong,
        empty=JudgeForm(lang, formdata=None), openings=[opening(row, lang) for row in restrictions.openings(work)],
        restricted=[restricted(row, names, lang) for row, names in restrictions.listed(work)],
    )  # fmt: skip


def opening(row: Any, lang: str) -> dict[str, Any]:
    """An emergency: whose record, who, when, why, what was found."""
    one = row.EmergencyOpening
    return {
        "id": one.id,
        "number": row.number,
        "who": f"{row.name}, {row.function}",
        "opened": local(one.opened_at),
        "ended": local(one.ends_at),
        "reason": label(EmergencyReason(one.reason), lang),
        "words": one.words,
        "verdict": label(EmergencyVerdict(one.verdict), lang) if one.verdict else "",
        "justified": one.verdict == EmergencyVerdict.JUSTIFIED,
        "remark": one.remark or "",
    }


def restricted(row: Any, names: list[str], lang: str) -> dict[str, Any]:
    """A restricted record: its number, why, since when, by whom, who opens it too."""
    one = row.Restriction
    return {
        "id": one.id,
        "number": row.number,
        "kind": label(RestrictionKind(one.kind), lang),
        "since": local(one.marked_at),
        "by": row.name,
        "names": ", ".join(names),
    }


@bp.post("")
@needs(May.RESTRICT_RECORD)
def restrict() -> ResponseReturnValue:
    """Close a record to all but those who treat the patient."""
    form = RestrictForm()
    with writing() as work:
        form.prepare(work)
        if form.validate_on_submit():
            try:
                restrictions.restrict(work, form.command())
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(_("The record is restricted."), "ok")
                return redirect(url_for("restrictions.index"), 303)
        work.session.rollback()
    with reading() as work:
        return page(work, form, JudgeForm(language.current(), formdata=None)), 422


@bp.post("/<int:restriction_id>/lift")
@needs(May.RESTRICT_RECORD)
def lift(restriction_id: int) -> ResponseReturnValue:
    """Open the record again to whoever may open records."""
    with writing() as work:
        try:
            restrictions.lift(work, restriction_id)
        except LookupError:
            abort(404)
    flash(_("The restriction is lifted."), "ok")
    return redirect(url_for("restrictions.index"), 303)


@bp.post("/emergencies/<int:opening_id>")
@needs(May.RESTRICT_RECORD)
def judge(opening_id: int) -> ResponseReturnValue:
    """Keep what was found of an emergency."""
    form = JudgeForm(language.current())

    def act(work: Work) -> None:
        restrictions.judge(work, opening_id, EmergencyVerdict(form.verdict.data), form.remark.data or "")

    def again(work: Work) -> str:
        return page(work, RestrictForm(formdata=None), form, opening_id)

    return verdicts.keep(form, act, _("The verdict is kept."), url_for("restrictions.index"), again)
