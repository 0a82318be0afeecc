"""What comes in with a request, in a form or an address: without characters that nobody sees; the page says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Request, flash, request, session
from werkzeug.datastructures import ImmutableMultiDict, iter_multi_items

from clinic.interop.text import visible
from clinic.web.language import gettext as _


class Typed(ImmutableMultiDict[str, Any]):
    """Names and values as they were typed, less control characters; `left_out` when there were any."""

    def __init__(self, given: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        came = list(iter_multi_items(given or ()))
        kept = [(visible(name), visible(value) if isinstance(value, str) else value) for name, value in came]
        super().__init__(kept)
        self.left_out = kept != came


class TypedRequest(Request):
    """Every form and address of the app is read as `Typed`."""

    parameter_storage_class = Typed


def register(app: Flask) -> None:
    """Let every page read what was typed in this way."""
    app.request_class = TypedRequest

    @app.before_request
    def say_what_was_left_out() -> None:
        if isinstance(request.form, Typed) and request.form.left_out:
            say_once(_("Characters that cannot be seen were left out of what you typed. Please check it."))


def say_once(said: str) -> None:
    """On the next page; a draft with such text may be kept many times before it."""
    if said not in {text for _kind, text in session.get("_flashes", [])}:
        flash(said, "soon")
