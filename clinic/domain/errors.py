"""A broken rule: a field and a sentence's code, raised once, said once at the edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any


class RuleBroken(Exception):
    """What was asked breaks a rule; `field` names where, `code` and `params` which sentence."""

    def __init__(self, field: str, code: str, **params: Any) -> None:
        super().__init__(field, code, params)
        self.field = field
        self.code = code
        self.params = params
        self.others: tuple[RuleBroken, ...] = ()
        """What else was found wrong at the same look, so that a form tells all of it at one press."""


def broken_by(check_one: Callable[..., None], *what: object) -> Iterator[RuleBroken]:
    """The rule that a check finds broken, if it does."""
    try:
        check_one(*what)
    except RuleBroken as broken:
        yield broken


def refuse(found: Iterable[RuleBroken]) -> None:
    """Raise the first of what is wrong, with the others; nothing when nothing is."""
    wrong = list(found)
    if wrong:
        wrong[0].others = tuple(wrong[1:])
        raise wrong[0]
