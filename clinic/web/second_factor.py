"""The second step of signing in: a code of the app or on paper, or the first app with its QR code."""

from __future__ import annotations

import segno
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security import factors
from clinic.security.guard import public
from clinic.services import sign_in
from clinic.services.sign_in import Door, NotHalfWay, Step
from clinic.store.passkeys import has_any
from clinic.web.door import at_the_door, keep_place, place, server_key
from clinic.web.errors import show_on_form
from clinic.web.kept_typed import NOTHING, Kept, for_her, kept_typed, resume
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES

bp = Blueprint("second_factor", __name__, url_prefix="/second-factor")
FEW_CODES = 3
CODE_KEYS = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}

SENTENCES |= {
    "factor_wrong": lambda: _("This code is not right, or was used before. Wait for the next one in the app."),
    "factor_not_set_up": lambda: _(
        "This is not the code that the app shows for this key. Look at the clock of the phone."
    ),
}


class FactorForm(FlaskForm):
    """One code."""

    code = StringField(
        _l("Code"),
        validators=[InputRequired(_l("Fill in the code."))],
        render_kw=CODE_KEYS,
    )


def go_on(step: Step, kept: Kept) -> ResponseReturnValue:
    """From the first step to the second, or in; what had been typed goes along."""
    keep_place(step)
    if step.whole:
        return resume(kept)
    if kept.path is None:
        return redirect(url_for("second_factor.ask"), 303)
    with at_the_door(writes=False) as door:
        return page(door, step.token, FactorForm(formdata=None), kept)


@bp.get("")
@public
def ask() -> ResponseReturnValue:
    """The code, or the QR code of somebody who has no app yet."""
    try:
        with at_the_door(writes=False) as door:
            return page(door, place(), FactorForm(formdata=None), NOTHING)
    except NotHalfWay:
        return begin_again(NOTHING)


def page(door: Door, token: str, form: FactorForm, kept: Kept) -> str:
    """The page of the second step for whoever stands there."""
    row, user = sign_in.waiting(door, token)
    if row.new_seed is None:
        return render_template(
            "second_factor/ask.html", form=form, kept=kept, has_passkey=has_any(door.session, user.id)
        )
    return render_template("second_factor/set_up.html", form=form, kept=kept, **app_of(row.new_seed, user.username))


def app_of(seed: str, username: str) -> dict[str, str]:
    """What a phone scans, and the same to type in by hand."""
    secret = factors.secret_of(seed, server_key())
    code = segno.make(factors.address_of(secret, username), micro=False)
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    return {"qr": code.svg_data_uri(scale=5, border=4, light="#fff"), "secret": " ".join(groups)}


@bp.post("")
@public
def show() -> ResponseReturnValue:
    """Let in with the right code."""
    form, kept = FactorForm(), kept_typed()
    try:
        with at_the_door() as door:
            if form.validate_on_submit():
                try:
                    step = sign_in.with_factor(door, place(), form.code.data)
                    warn_of_few(door, step)
                    return go_on(step, kept)
                except RuleBroken as broken:
                    show_on_form(form, broken)
            return page(door, place(), form, kept), 422
    except NotHalfWay:
        return begin_again(kept)


def warn_of_few(door: Door, step: Step) -> None:
    """Whoever came in and runs out of codes on paper hears it in time."""
    if step.whole and (left := factors.recovery_left(door.session, step.user)) <= FEW_CODES:
        said = ngettext("You have %(num)d recovery code left.", "You have %(num)d recovery codes left.", left)
        flash(f"{said} {_('Make new ones under My account.')}", "soon")


@bp.post("/set-up")
@public
def set_up() -> ResponseReturnValue:
    """The app's first code; then the codes on paper, once."""
    form, kept = FactorForm(), kept_typed()
    try:
        with at_the_door() as door:
            if form.validate_on_submit():
                try:
                    step, codes = sign_in.set_up(door, place(), form.code.data)
                    keep_place(step)
                    return render_template("second_factor/codes.html", codes=codes, kept=for_her(kept))
                except RuleBroken as broken:
                    show_on_form(form, broken)
            return page(door, place(), form, kept), 422
    except NotHalfWay:
        return begin_again(kept)


def begin_again(kept: Kept, status: int = 401) -> ResponseReturnValue:
    """Ten minutes have gone by, or no password was given: the first step once more, with what had been typed."""
    if kept.path is None and status == 401:
        return redirect(url_for("auth.sign_in_page"), 303)
    from clinic.web.auth import SignInForm

    return render_template("auth/sign_in.html", form=SignInForm(formdata=None), kept=kept), status
