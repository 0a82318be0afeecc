"""The logo on letters: kept by its fingerprint, so that a frozen letter shows the one it was frozen with."""

from __future__ import annotations

import hashlib

from clinic.domain.errors import RuleBroken
from clinic.letters.render import CannotSet, logo_page
from clinic.services.work import Work
from clinic.store.base import Json
from clinic.store.settings import Logo


def fingerprint(logo: bytes | None) -> str | None:
    """By which a logo is known again."""
    return hashlib.sha256(logo).hexdigest()[:16] if logo is not None else None


def keep_logo(work: Work, logo: bytes) -> None:
    """Keep a logo for the letters that will show it; refused when no letter could be set with it."""
    try:
        logo_page(logo)
    except CannotSet:
        raise RuleBroken("logo", "logo_not_on_page") from None
    mark = fingerprint(logo)
    if work.session.get(Logo, mark) is None:
        work.session.add(Logo(fingerprint=mark, svg=logo))


def logo_of(work: Work, facts: Json) -> bytes | None:
    """The logo that the facts of a letter name; none when the clinic had none."""
    mark = facts["clinic"].get("logo")
    kept = work.session.get(Logo, mark) if mark else None
    return kept.svg if kept else None
