"""One's own second factor: since when, another app, new codes on paper."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import Field, PasswordField, StringField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security import factors
from clinic.security.guard import signed_in
from clinic.services import own_factor
from clinic.services.own_factor import Both
from clinic.services.work import Work, local_day
from clinic.store.users import User
from clinic.web.door import server_key
from clinic.web.errors import show_on_form
from clinic.web.kept_typed import NOTHING
from clinic.web.second_factor import CODE_KEYS, FactorForm, app_of
from clinic.web.units import reading, writing

bp = Blueprint("own_factor", __name__, url_prefix="/account/second-factor")


class PasswordHere(InputRequired):
    """Her password, unless she comes in by the hospital's account and shows there that it is she."""

    def __call__(self, form: BaseForm, field: Field) -> None:
        if not current_user.by_provider:
            super().__call__(form, field)


class BothForm(FactorForm):
    """The password and a code once more, so that nobody does this at a screen that was left open."""

    code = StringField(_l("Code"), render_kw=CODE_KEYS)  # an account of the made-up clinic may have no app to ask of

    current_password = PasswordField(
        _l("Current password"),
        validators=[PasswordHere(_l("Fill in your password."))],
        render_kw={"autocomplete": "current-password"},
    )

    def both(self) -> Both:
        """What was typed."""
        return Both(self.current_password.data or "", self.code.data or "", current_user.token, server_key())


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """How it stands."""
    return page(BothForm(formdata=None))


def page(form: BothForm) -> str:
    """Since when there is an app, how many codes are left, and what can be done."""
    with reading() as work:
        user = work.session.get_one(User, work.actor.id)
        since = user.factor_since and local_day(user.factor_since)
        left = factors.recovery_left(work.session, user)
    return render_template("second_factor/own.html", form=form, since=since, left=left)


@bp.post("")
@signed_in
def begin() -> ResponseReturnValue:
    """Start setting up another app."""
    form = BothForm()
    if form.validate_on_submit():
        try:
            with writing() as work:
                own_factor.begin(work, form.both())
            return redirect(url_for("own_factor.new_app"), 303)
        except RuleBroken as broken:
            show_on_form(form, broken)
    return page(form), 422


@bp.get("/new-app")
@signed_in
def new_app() -> ResponseReturnValue:
    """The QR code of the other app."""
    with reading() as work:
        return app_page(work, FactorForm(formdata=None))


def app_page(work: Work, form: FactorForm) -> str:
    """The QR code, or 404 when nothing is being set up in this session."""
    seed = own_factor.new_seed_of(work, current_user.token)
    if seed is None:
        abort(404)
    user = work.session.get_one(User, work.actor.id)
    return render_template("second_factor/new_app.html", form=form, **app_of(seed, user.username))


@bp.post("/new-app")
@signed_in
def finish() -> ResponseReturnValue:
    """The first code of the other app; then the codes on paper, once."""
    form = FactorForm()
    with writing() as work:
        if form.validate_on_submit():
            try:
                codes = own_factor.finish(work, current_user.token, form.code.data, server_key())
                return render_template("second_factor/codes.html", codes=codes, kept=NOTHING)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except LookupError:
                abort(404)
        return app_page(work, form), 422


@bp.post("/recovery-codes")
@signed_in
def recovery_codes() -> ResponseReturnValue:
    """Ten other codes on paper."""
    form = BothForm()
    if form.validate_on_submit():
        try:
            with writing() as work:
                codes = own_factor.new_codes(work, form.both())
            return render_template("second_factor/codes.html", codes=codes, kept=NOTHING)
        except RuleBroken as broken:
            show_on_form(form, broken)
    return page(form), 422
