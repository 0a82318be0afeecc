"""Coming in by a passkey: what the browser is asked, alone or after the password, and what it answers."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, abort, current_app, render_template, request, session
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.security.guard import public
from clinic.security.passkeys import Site
from clinic.services import passkey_sign_in
from clinic.services.sign_in import NotHalfWay
from clinic.web import second_factor
from clinic.web.door import at_the_door, place, server_key
from clinic.web.errors import show_on_form
from clinic.web.kept_typed import kept_typed
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES

bp = Blueprint("passkeys", __name__)
AT_THE_DOOR = "passkey"
"""Names in the cookie what a browser was asked in which nobody has signed in."""

SENTENCES |= {
    "passkey_wrong": lambda: _("This passkey is not accepted. Try once more, or go on without it."),
}


def site() -> Site:
    """Where passkeys of this clinic are made and shown; there are none without its address."""
    address: str = current_app.config["SETTINGS"].address
    if not address:
        abort(404)
    return Site(address, server_key())


def answer() -> str:
    """What the script put into the form: the browser's answer as JSON."""
    return request.form.get("passkey", "")


def as_json(options: str) -> Response:
    """For the script of the page."""
    return Response(options, content_type="application/json")


@bp.post("/sign-in/passkey/ask")
@public
def ask() -> ResponseReturnValue:
    """What the browser is asked of somebody who has not said who she is."""
    here = site()
    session[AT_THE_DOOR] = secrets.token_urlsafe(32)
    with at_the_door() as door:
        return as_json(passkey_sign_in.ask_anybody(door, session[AT_THE_DOOR], here))


@bp.post("/sign-in/passkey")
@public
def sign_in() -> ResponseReturnValue:
    """In by a passkey alone, or no without saying why."""
    from clinic.web.auth import SignInForm

    here, kept = site(), kept_typed()
    try:
        with at_the_door() as door:
            step = passkey_sign_in.alone(door, session.pop(AT_THE_DOOR, ""), here, answer())
    except RuleBroken as broken:
        form = SignInForm(formdata=None)
        show_on_form(form, broken)
        return render_template("auth/sign_in.html", form=form, kept=kept), 422
    return second_factor.go_on(step, kept)


@bp.post("/second-factor/passkey/ask")
@public
def ask_half_way() -> ResponseReturnValue:
    """What the browser is asked after the password."""
    here = site()
    try:
        with at_the_door() as door:
            return as_json(passkey_sign_in.ask_half_way(door, place(), here))
    except NotHalfWay:
        abort(404)


@bp.post("/second-factor/passkey")
@public
def second_step() -> ResponseReturnValue:
    """In by a passkey after the password, or the second step once more."""
    here, kept, form = site(), kept_typed(), second_factor.FactorForm(formdata=None)
    try:
        with at_the_door() as door:
            try:
                return second_factor.go_on(passkey_sign_in.second_step(door, place(), here, answer()), kept)
            except RuleBroken as broken:
                show_on_form(form, broken)
            return second_factor.page(door, place(), form, kept), 422
    except NotHalfWay:
        return second_factor.begin_again(kept)
