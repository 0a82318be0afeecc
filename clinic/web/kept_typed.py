"""What was typed on a page whose session had closed; it travels through each step of signing in and is posted again."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.web.back import is_local

PREFIX = "_kept_"  # of the fields a closed session could not save


@dataclass(frozen=True, slots=True)
class Kept:
    """Names and values, and the address they were meant for; no address when nothing was typed."""

    fields: tuple[tuple[str, str], ...] = ()
    path: str | None = None


NOTHING = Kept()


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
    return Kept(fields, path)


def resume(kept: Kept) -> ResponseReturnValue:
    """Home, or the page that offers to save what had been typed."""
    if kept.path is None:
        return redirect(url_for("home.index"), 303)
    return render_template("auth/resume.html", kept=kept)
