"""What was typed on a page whose session had closed; it travels through each step of signing in and is posted again.

Through the hospital's sign-in it does not travel: that is shown in a window beside, and the text waits where it stood.
So nothing of it is stored, and nothing passes the provider by which somebody could ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeSerializer

from clinic.services import locks
from clinic.web.back import is_local
from clinic.web.door import at_the_door, server_key
from clinic.web.language import gettext as _

PREFIX = "_kept_"  # of the fields a closed session could not save
BESIDE = "beside"
"""In the browser's session: she signs in in a window of its own, and what she typed waits in another."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Names and values, and the address they were meant for; no address when nothing was typed."""

    fields: tuple[tuple[str, str], ...] = ()
    path: str | None = None
    of: str = ""
    """Whose session it was in which this was typed, signed; empty when nobody knows."""


NOTHING = Kept()


def signer() -> URLSafeSerializer:
    """Of whose text it is."""
    return URLSafeSerializer(server_key(), salt="kept typed")


def typed_in(token: str, fields: tuple[tuple[str, str], ...], path: str) -> Kept:
    """What was typed in this session, open or not."""
    with at_the_door(writes=False) as door:
        owner = locks.whose(door, token)
    return Kept(fields, path, str(signer().dumps(owner)) if owner is not None else "")


def kept_typed() -> Kept:
    """What came along with this step; never for another site."""
    path = request.form.get("kept_path")
    if path is None or not is_local(path):
        return NOTHING
    fields = tuple(
        (name.removeprefix(PREFIX), value)
        for name, values in request.form.lists()
        if name.startswith(PREFIX)
        for value in values
    )
    return Kept(fields, path, request.form.get("kept_of", ""))


def is_hers(kept: Kept) -> bool:
    """Whether whoever is signed in now may see it: a colleague who came in at the same screen does not."""
    try:
        return not kept.of or bool(signer().loads(kept.of) == current_user.id)
    except BadSignature:
        return False


def for_her(kept: Kept) -> Kept:
    """What goes with her codes on paper, which are the page that she comes in by."""
    session.pop(BESIDE, None)
    return kept if is_hers(kept) else NOTHING


def resume(kept: Kept) -> ResponseReturnValue:
    """Home, or the page that offers to save what had been typed."""
    beside = session.pop(BESIDE, False)
    if kept.path is None:
        return render_template("auth/go_back.html") if beside else redirect(url_for("home.index"), 303)
    if not is_hers(kept):
        text = _("Somebody else typed what stood here, and it is not shown to you. She finds it by going back in this "
                 "window and signing in herself.")  # fmt: skip
        return render_template("auth/refused.html", text=text), 403
    return render_template("auth/resume.html", kept=kept)
