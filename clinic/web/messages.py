"""The sentence of a broken rule, in the reader's language: raised once in domain or service, said once here."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from clinic.domain.errors import RuleBroken

SENTENCES: dict[str, Callable[[], str]] = {
    "password_length": lambda: _("Use %(shortest)s to %(longest)s characters; a few words do well."),
    "password_common": lambda: _("This password is easy to guess. Choose another."),
    "reason_missing": lambda: _("Give a reason for the change."),
    "fact_changed_meanwhile": lambda: _("Somebody else changed this meanwhile; look again and save once more."),
}


def sentence(broken: RuleBroken) -> str:
    """What to tell a nurse; blueprints add their own sentences to SENTENCES."""
    text = SENTENCES[broken.code]()
    return text % broken.params if broken.params else text
