"""A protocol version from TOML: only known names, only numbers of the right kind."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from clinic.domain.protocol import DEFAULT, Protocol


class BadProtocol(Exception):
    """A TOML file that is no protocol; says which line or name and why."""


def load(text: str) -> Protocol:
    """The default with the file's numbers in place; tables and lists of windows are not set by file yet."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadProtocol(str(problem)) from None
    known = {field.name: getattr(DEFAULT, field.name) for field in fields(Protocol)}
    return replace(DEFAULT, **{name: checked(name, value, known) for name, value in given.items()})


def checked(name: str, value: Any, known: dict[str, Any]) -> Any:
    """A value of the kind the default has."""
    if name not in known:
        raise BadProtocol(f"{name}: no such setting")
    default = known[name]
    if name == "name" and isinstance(value, str) and value:
        return value
    if name == "low_bmi" and isinstance(value, int | float | str):
        return Decimal(str(value))
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if whole and (default is None or isinstance(default, int)):
        return value
    raise BadProtocol(f"{name}: expected {type(default).__name__}")
