"""What a person chooses for herself: language, theme, density, single-letter keys."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.security.guard import public, signed_in
from clinic.store.users import User
from clinic.web.units import engine

bp = Blueprint("account", __name__, url_prefix="/account")
CHOICES = {"language": ("nl", "en"), "theme": ("light", "dark", ""), "density": ("comfortable", "compact")}


@bp.post("/language")
@public
def language() -> ResponseReturnValue:
    """Dutch or English, also before signing in."""
    choice = request.form.get("language", "")
    if choice in CHOICES["language"]:
        session["language"] = choice
        if current_user.is_authenticated:
            choose("language", choice)
    return redirect(back(), 303)


@bp.post("/appearance")
@signed_in
def appearance() -> ResponseReturnValue:
    """Theme, density, single-letter keys."""
    for name in ("theme", "density"):
        choice = request.form.get(name)
        if choice in CHOICES[name]:
            choose(name, choice or None)
    if "single_keys" in request.form:
        choose("single_keys", request.form["single_keys"] == "1")
    return redirect(back(), 303)


def choose(name: str, value: str | bool | None) -> None:
    """Store one choice of the person herself."""
    with Session(engine().execution_options(writes=True)) as store:
        store.execute(update(User).where(User.id == current_user.id).values({name: value}))
        store.commit()


def back() -> str:
    """The page the choice was made on, never another site."""
    path = request.form.get("next", "")
    if path.startswith("/") and not path.startswith(("//", "/\\")):
        return path
    return url_for("home.index")
