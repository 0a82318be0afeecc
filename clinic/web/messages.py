"""The sentence of a broken rule, in the reader's language: raised once in domain or service, said once here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from clinic.domain.errors import RuleBroken
from clinic.domain.limits import LIMITS
from clinic.web import language
from clinic.web.language import gettext as _

DECIMAL = re.compile(r"−?[0-9]+,[0-9]+")

SENTENCES: dict[str, Callable[[], str]] = {
    "password_length": lambda: _("Use %(shortest)s to %(longest)s characters; a few words do well."),
    "password_common": lambda: _("This password is easy to guess. Choose another."),
    "reason_missing": lambda: _("Give a reason for the change."),
    "fact_changed_meanwhile": lambda: _("Somebody else changed this meanwhile; look again and save once more."),
}


def sentence(broken: RuleBroken) -> str:
    """What to tell a nurse; blueprints add their own sentences to SENTENCES."""
    text = SENTENCES[broken.code]()
    return text % {name: shown(value) for name, value in broken.params.items()} if broken.params else text


def shown(value: Any) -> Any:
    """A number that a rule writes with a comma, as the page writes it; anything else as it is."""
    is_decimal = isinstance(value, str) and DECIMAL.fullmatch(value)
    return language.decimal(value.replace(",", ".")) if is_decimal else value


def unusual(name: str) -> str:
    """That a value lies outside what is usual, and what is."""
    usual = {side: shown(text) for side, text in LIMITS[name].soft.items()}
    return str(_("Unusual: mostly between %(low)s and %(high)s %(unit)s.", **usual))
