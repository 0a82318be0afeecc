"""Which language a page is in: the person's own, else the one chosen before signing in, else the browser's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from babel.support import NullTranslations
from flask import Flask, g, request, session
from flask_babel import Babel, force_locale, get_locale, get_translations
from flask_login import current_user
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

TRANSLATIONS = Path(__file__).parent.parent / "translations"
LANGUAGES = ("nl", "en")
LOOKED_UP = ("catalogue", "said_in")
"""What a request looks up once, because a page asks for it a hundred times."""


def chosen() -> str:
    """nl or en."""
    if current_user and current_user.is_authenticated and current_user.language:
        return str(current_user.language)
    if session.get("language") in LANGUAGES:
        return str(session["language"])
    return request.accept_languages.best_match(LANGUAGES, "nl") or "nl"


def current() -> str:
    """The language of this request, for words that come from `clinic.wording`; looked up once, as the catalogue is."""
    try:
        held = g._get_current_object()  # itself: the proxy would find it anew at each mention, and a page asks often
    except RuntimeError:  # outside a request
        return "nl"
    found: str | None = held.get("said_in")
    if found is None:
        found = held.said_in = str(get_locale() or "nl")
    return found


def decimal(text: str) -> str:
    """A number written with a point, with the decimal sign of this request's language."""
    return text.replace(".", ",") if current() == "nl" else text


def catalogue() -> NullTranslations:
    """The words of this request's language."""
    held = g._get_current_object()
    found: NullTranslations | None = held.get("catalogue")
    if found is None:
        found = held.catalogue = get_translations()
    return found


def gettext(text: str, /, **values: object) -> str:
    """A sentence in this request's language; within `spoken`, and never `force_locale`, in another."""
    said = str(catalogue().ugettext(text))
    return said % values if values else said


@contextmanager
def spoken(lang: str) -> Iterator[None]:
    """Within, everything is said in this language, whatever the request's is: for a paper that somebody else reads."""
    before = {name: g.pop(name) for name in LOOKED_UP if name in g}
    try:
        with force_locale(lang):
            yield
    finally:
        for name in LOOKED_UP:
            g.pop(name, None)
        for name, found in before.items():
            setattr(g, name, found)


def register(app: Flask) -> None:
    """One catalogue per area, all read together; English is in the source."""
    areas = sorted(path.stem for path in TRANSLATIONS.glob("nl/LC_MESSAGES/*.po")) or ["messages"]
    Babel(
        app,
        default_locale="en",
        locale_selector=chosen,
        default_translation_directories=";".join(str(TRANSLATIONS) for _ in areas),
        default_domain=";".join(areas),
    )
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined] # the i18n extension adds it
        gettext=lambda text: catalogue().ugettext(text),
        ngettext=lambda one, many, number: catalogue().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"] = in_page


@pass_eval_context
def in_page(page: EvalContext, text: str, /, **values: object) -> str:
    """A sentence in a template: what Jinja's own `_` gives, less the looking up of the catalogue each time."""
    said = sentence(current(), text)
    return said % values if page.autoescape else str(said) % values


@lru_cache(maxsize=8192)
def sentence(_lang: str, text: str) -> Markup:
    """Kept by language: a page has a hundred of them, and they are the same all day."""
    return Markup(get_translations().ugettext(text))  # noqa: S704 - our own words, not what somebody typed
