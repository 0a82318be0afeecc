"""A fact beside a review, and the panel that holds those of one kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: what, something more in small print, its value, where it is read."""

    what: str
    more: str = ""
    value: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Facts of one kind; without lines `none` says so."""

    name: str
    title: str
    lines: tuple[Line, ...]
    none: str
    sub: str = ""
