"""The way to the hospital's identity provider and back (OpenID Connect), to come in and to sign."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.oidc.core import UserInfo
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from joserfc.errors import JoseError
from requests import RequestException

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import public, signed_in
from clinic.security.permissions import Role
from clinic.services import provider_sign_in
from clinic.services.provider_sign_in import Identity
from clinic.web import second_factor
from clinic.web.door import at_the_door
from clinic.web.kept_typed import BESIDE, NOTHING, kept_typed, resume
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from config import Provider

bp = Blueprint("provider", __name__, url_prefix="/hospital")
CONFIRMING = "confirming"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the store keeps UTC without a zone
LONGEST_WAIT = 10  # seconds for an answer of the provider

SENTENCES |= {
    "provider_no_role": lambda: _("The hospital's account has no role here. Ask the service desk for one."),
    "provider_one_factor": lambda: _("The hospital let you in by a password alone; here a second factor is needed."),
    "provider_closed": lambda: _("This account is closed here. Ask the manager."),
    "provider_name_taken": lambda: _("Somebody else has this user name here. Ask the manager."),
    "provider_restored": lambda: _(
        "The register was restored, and no account is made or changed before that is confirmed. Ask the administrator."
    ),
    "provider_somebody_else": lambda: _("Somebody else signed in at the hospital; you are still signed in here."),
    "provider_not_asked": lambda: _("The hospital did not ask who you are just now. Try once more."),
    "password_elsewhere": lambda: _("You sign in with the hospital's account; its password is changed there."),
    "confirm_first": lambda: _("First show at the hospital's sign-in that it is you; then sign within five minutes."),
}


def settings() -> Provider:
    """The provider of this clinic; nothing is here without one."""
    found: Provider | None = current_app.config["SETTINGS"].provider
    if found is None:
        abort(404)
    return found


def client() -> Any:
    """Who speaks with it; what it publishes of itself is read once."""
    if "provider" not in current_app.extensions:
        asked = settings()
        current_app.extensions["provider"] = OAuth(current_app).register(
            "hospital",
            client_id=asked.client_id,
            client_secret=asked.client_secret,
            server_metadata_url=f"{asked.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile", "code_challenge_method": "S256", "default_timeout": LONGEST_WAIT,
            },
        )  # fmt: skip
    return current_app.extensions["provider"]


def go(**more: Any) -> ResponseReturnValue:
    """To the provider, which sends back."""
    asked = settings()
    if asked.second_factor:
        more["acr_values"] = asked.second_factor
    try:
        there: ResponseReturnValue = client().authorize_redirect(url_for("provider.back", _external=True), **more)
    except (OAuthError, RequestException):
        return unreachable()
    return there


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Come in by the hospital's account; what was typed waits in the window that she came from."""
    session.pop(CONFIRMING, None)
    session[BESIDE] = "beside" in request.args
    return go()


@bp.post("/kept")
@public
def kept() -> ResponseReturnValue:
    """What waited while she signed in beside it; until she has, it waits on."""
    settings()
    if current_user.is_authenticated:
        return resume(kept_typed())
    flash(_("You are not signed in yet: do that in the new window first."), "soon")
    return second_factor.begin_again(kept_typed())


@bp.get("/confirm")
@signed_in
def confirm() -> ResponseReturnValue:
    """Show there once more that it is she who will sign; the page she came from stays as it is."""
    session[CONFIRMING] = True
    return go(prompt="login", max_age=0)


@bp.get("/back")
@public
def back() -> ResponseReturnValue:
    """What the provider says, checked: its signature, for whom, of which moment, and the answer to which question."""
    settings()
    try:
        claims = client().authorize_access_token()["userinfo"]
    except (OAuthError, JoseError, RequestException, KeyError) as problem:
        current_app.logger.warning("sign-in at the provider failed: %s", type(problem).__name__)
        return unreachable()
    confirming = session.pop(CONFIRMING, False)
    try:
        return confirmed(claims) if confirming else come_in(claims)
    except RuleBroken as broken:
        return said(sentence(broken), 403)


def come_in(claims: UserInfo) -> ResponseReturnValue:
    """In, or on to the second step."""
    with at_the_door() as door:
        step = provider_sign_in.enter(door, identity(claims))
    return second_factor.go_on(step, NOTHING)


def confirmed(claims: UserInfo) -> ResponseReturnValue:
    """It is she; what she was about to sign stands in the window she came from."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.sign_in_page"), 303)
    shown_at = EPOCH + timedelta(seconds=int(claims.get("auth_time", 0)))
    with at_the_door() as door:
        provider_sign_in.confirm(door, current_user.token, current_user.id, identity(claims), shown_at)
    return render_template("auth/confirmed.html")


def identity(claims: UserInfo) -> Identity:
    """What the token says, as the clinic reads it."""
    asked = settings()
    given = claims.get(asked.role_claim) or []
    names = {given} if isinstance(given, str) else {str(name) for name in given}
    role = next((Role(role) for name, role in asked.roles if name in names), None)
    username = str(claims.get("preferred_username") or claims["sub"]).lower()[:40]
    two = claims.get("acr") == asked.second_factor if asked.second_factor else None
    return Identity(f"{claims['iss']} {claims['sub']}", username, str(claims.get("name") or username)[:80], role, two)


def unreachable() -> ResponseReturnValue:
    """The provider did not answer, or its answer was not one to what was asked here."""
    with at_the_door() as door:
        door.note(Action.SIGN_IN_FAILED, None, {"because": "provider"})
        door.session.commit()
    return said(_("The hospital's sign-in gave no usable answer. Try again, or call the service desk."), 502)


def said(text: str, status: int) -> ResponseReturnValue:
    """Why somebody is not let in by the provider, with the way to begin again."""
    return render_template("auth/refused.html", text=text), status
