"""A broken rule: a field and a sentence's code, raised once, said once at the edge."""

from __future__ import annotations

from typing import Any


class RuleBroken(Exception):
    """What was asked breaks a rule; `field` names where, `code` and `params` which sentence."""

    def __init__(self, field: str, code: str, **params: Any) -> None:
        super().__init__(field, code, params)
        self.field = field
        self.code = code
        self.params = params
