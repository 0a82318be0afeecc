"""What the privacy officer found of one thing on a list: kept, or the list again with what was typed in its row."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from clinic.domain.errors import RuleBroken
from clinic.services.work import Stale, Work
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.units import reading, writing


def keep(
    form: FlaskForm, act: Callable[[Work], None], said: str, back: str, again: Callable[[Work], str]
) -> ResponseReturnValue:
    """Do it and go `back` to the list; else show it `again`."""
    with writing() as work:
        if form.validate_on_submit():
            try:
                act(work)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except Stale:
                form.form_errors.append(_("Somebody else decided this meanwhile; it stands below."))
            except LookupError:
                abort(404)
            else:
                flash(said, "ok")
                return redirect(back, 303)
        work.session.rollback()
    with reading() as work:
        return again(work), 422
