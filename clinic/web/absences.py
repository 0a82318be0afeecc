"""Who is away and who takes her place: a nurse or doctor enters her own absence, secretary and manager anybody's."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May, allows
from clinic.services import absences
from clinic.services.absences import GoAway
from clinic.services.work import Work
from clinic.web import planning_export, spreadsheet
from clinic.web.course_form import typed
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.settings_form import tabs
from clinic.web.units import reading, writing

bp = Blueprint("absences", __name__, url_prefix="/absences")
bp.add_url_rule("/export/<any(csv, xlsx):kind>", "export", planning_export.away)
SENTENCES |= {
    "absence_not_yours": lambda: _("You enter your own absence; the secretary or the manager enters somebody else's."),
    "absence_nobody": lambda: _("Choose a doctor or a nurse from the list."),
    "absence_overlaps": lambda: _("Some of these days are in an absence that stands already; take that back first."),
    "absence_on_duty": lambda: _("On duty from %(since)s to %(until)s: put somebody else on duty first."),
    "deputy_other": lambda: _("Choose a colleague with the same role, or nobody."),
    "deputy_away": lambda: _("This colleague is away too, until %(until)s."),
}


class AbsenceForm(FlaskForm):
    """Who is away, from when to when, and who takes her place."""

    user_id = SelectField(_l("Who is away"), validators=[InputRequired(_l("Choose who is away."))])
    deputy_id = SelectField(_l("Deputy"), coerce=int)
    from_on = DateField(_l("First day"), validators=[InputRequired(_l("Fill in the date."))])
    until_on = DateField(_l("Last day"), validators=[InputRequired(_l("Fill in the date."))])

    def prepare(self, work: Work) -> None:
        """Whom one may choose; nobody is chosen beforehand but oneself."""
        known = absences.colleagues(work)
        mine = [user for user in known if absences.everybodys(work) or user.id == work.actor.id]
        self.user_id.choices = [SelectChoice(str(user.id), user.name) for user in mine]
        if absences.everybodys(work):
            self.user_id.choices.insert(0, SelectChoice("", "–"))
        others = [user for user in known if absences.everybodys(work) or user.role == work.actor.role]
        deputies = [SelectChoice(user.id, user.name) for user in others if user.id != work.actor.id]
        self.deputy_id.choices = [SelectChoice(0, _("nobody: everybody sees the work")), *deputies]

    def command(self) -> GoAway:
        """The form as the service takes it."""
        deputy = self.deputy_id.data or None
        return GoAway(int(self.user_id.data), deputy, typed(self.from_on), typed(self.until_on))


@bp.get("")
@needs(May.ENTER_ABSENCE)
def index() -> ResponseReturnValue:
    """Who is away now or soon, and the form for more."""
    with reading() as work:
        return page(work, AbsenceForm(formdata=None))


def page(work: Work, form: AbsenceForm) -> str:
    """The absences that are not over."""
    form.prepare(work)
    rows = [in_words(row, work.today, work) for row in absences.coming(work)]
    settings = tabs("absences.index") if allows(work.actor.role, May.EDIT_SETTINGS) else []
    exports = [url_for("absences.export", kind=kind) for kind in spreadsheet.KINDS]
    return render_template("absences/index.html", form=form, absences=rows, tabs=settings, exports=exports)


def in_words(row: Any, today: date, work: Work) -> dict[str, Any]:
    """An absence as the page shows it."""
    found = row.Absence
    return {
        "id": found.id, "name": row.name, "deputy": row.deputy, "now": found.from_on <= today,
        "days": f"{day(found.from_on)} – {day(found.until_on)}",
        "mine": absences.everybodys(work) or found.user_id == work.actor.id,
    }  # fmt: skip


@bp.post("")
@needs(May.ENTER_ABSENCE)
def put() -> ResponseReturnValue:
    """Keep an absence."""
    form = AbsenceForm()
    with writing() as work:
        form.prepare(work)
        if form.validate_on_submit():
            try:
                absences.put(work, form.command())
                flash(_("The absence is saved."), "ok")
                return redirect(url_for("absences.index"), 303)
            except RuleBroken as broken:
                show_on_form(form, broken)
        return page(work, form), 422


@bp.post("/<int:absence_id>/withdraw")
@needs(May.ENTER_ABSENCE)
def withdraw(absence_id: int) -> ResponseReturnValue:
    """She is there after all."""
    with writing() as work:
        try:
            absences.withdraw(work, absence_id)
        except LookupError:
            abort(404)
    flash(_("The absence is taken back."), "ok")
    return redirect(url_for("absences.index"), 303)


def stood_in_for(work: Work) -> list[dict[str, str]]:
    """For whom the person who asks stands in today, and until when."""
    if absences.everybodys(work):
        return []
    return [{"name": row.name, "until": day(row.Absence.until_on)} for row in absences.queue(work).for_]
