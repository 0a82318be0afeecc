"""Which language a page is in: the person's own, else the one chosen before signing in, else the browser's."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, request, session
from flask_babel import Babel, get_locale
from flask_login import current_user

TRANSLATIONS = Path(__file__).parent.parent / "translations"
LANGUAGES = ("nl", "en")


def chosen() -> str:
    """nl or en."""
    if current_user and current_user.is_authenticated and current_user.language:
        return str(current_user.language)
    if session.get("language") in LANGUAGES:
        return str(session["language"])
    return request.accept_languages.best_match(LANGUAGES, "nl") or "nl"


def current() -> str:
    """The language of this request, for words that come from `clinic.wording`."""
    return str(get_locale() or "nl")


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
