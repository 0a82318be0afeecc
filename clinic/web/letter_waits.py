"""A draft that waits for something: the form, and taking it up again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import letter_waits
from clinic.services.letter_view import View
from clinic.services.letter_waits import Wait
from clinic.services.work import Stale
from clinic.web import letter_words, who
from clinic.web.course_form import typed
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.keys import key_or
from clinic.web.language import gettext as _
from clinic.web.letters import act, overtaken, seen
from clinic.web.messages import SENTENCES
from clinic.web.units import reading, writing

bp = Blueprint("letter_waits", __name__, url_prefix="/letters/<int:letter_id>")

SENTENCES |= {
    "letter_wait_what": lambda: _("Choose what the letter waits for."),
    "letter_wait_until": lambda: _("Choose a day after today, at most %(weeks)s weeks ahead."),
}


class WaitForm(FlaskForm):
    """For what, until when, and why; nothing is chosen beforehand."""

    version = HiddenField()
    what = RadioField(_l("The letter waits for"), validators=[InputRequired(_l("Choose what the letter waits for."))])
    until = DateField(_l("Until at most"), validators=[InputRequired(_l("Fill in the date."))])
    why = StringField(_l("Why"), validators=[Length(max=200)])

    def prepare(self) -> None:
        """What a letter can wait for."""
        self.what.choices = [SelectChoice(code, said) for code, said in letter_words.awaited().items()]

    def command(self) -> Wait:
        """The form as the service takes it."""
        return Wait(self.what.data, typed(self.until), self.why.data or "")


@bp.get("/wait")
@needs(May.WRITE_LETTER)
def ask(letter_id: int) -> ResponseReturnValue:
    """The form."""
    with reading() as work:
        found = seen(work, letter_id)
        form = WaitForm(formdata=None, version=str(found.letter.version))
        form.prepare()
        return page(found, form)


def page(found: View, form: WaitForm) -> str:
    """The form with the letter it is about."""
    return render_template("letters/wait.html", form=form, letter=found.letter, band=who.band(found.patient))


@bp.post("/wait")
@needs(May.WRITE_LETTER)
def wait(letter_id: int) -> ResponseReturnValue:
    """Let it wait."""
    form = WaitForm()
    form.prepare()
    with writing() as work:
        found = seen(work, letter_id)
        if not form.validate_on_submit():
            return page(found, form), 422
        try:
            version = key_or(form.version.data, -1)
            letter_waits.wait(work, letter_id, version, form.command())
        except RuleBroken as broken:
            show_on_form(form, broken)
            return page(found, form), 422
        except Stale:
            work.session.rollback()
            flash(overtaken(), "late")
            found = seen(work, letter_id)
            form.version.data = str(found.letter.version)  # what was overtaken was said; the next press counts
            return page(found, form), 422
    flash(_("The letter waits, and comes back by itself."), "ok")
    return redirect(url_for("letters.show", letter_id=letter_id), 303)


@bp.post("/resume")
@needs(May.WRITE_LETTER)
def resume(letter_id: int) -> ResponseReturnValue:
    """Take it up again."""
    return act(letter_id, _("The letter is a draft again."), lambda w, v: letter_waits.resume(w, letter_id, v))
