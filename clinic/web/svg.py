"""The few SVG shapes charts are made of: x in per cent, y in pixels, classes only, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from markupsafe import Markup, escape

from clinic.web.presenters import number

SHAPES = {
    "dot": '<circle r="4"/>',
    "square": '<path d="M-3.7-3.7h7.4v7.4h-7.4z"/>',
    "tri": '<path d="M0-4.8 4.6 3.6h-9.2z"/>',
    "diamond": '<path d="M0-5.6 5.6 0 0 5.6-5.6 0z"/>',
    "ring": '<circle r="4.5" class="hollow"/>',
}


def svg(height: int, body: Iterable[str], label: str, role: str = "img") -> Markup:
    """One drawing that has a name for those who do not see it; a group when parts of it lead somewhere."""
    head = f'<svg class="plot" width="100%" height="{height}" role="{role}" aria-label="{escape(label)}">'
    return Markup(head + "".join(body) + "</svg>")  # noqa: S704  every text in the body went through escape


def mark(shape: str, x: str, y: float, title: str, css: str) -> str:
    """A point with its date and value as title."""
    return (
        f'<svg class="mark {css}" x="{x}" y="{y:.1f}" overflow="visible">'
        f"<title>{escape(title)}</title>{SHAPES[shape]}</svg>"
    )


def box(css: str, x: str, width: str, y: float, height: float, title: str = "") -> str:
    """A rectangle, with words for those who point at it."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect class="{css}" x="{x}" width="{width}" y="{y:.1f}" height="{height:.1f}">{inside}</rect>'


def pointed(href: str, inside: str) -> str:
    """A part that leads somewhere for who points at it; who walks by keyboard finds the same link in the table."""
    return f'<a href="{escape(href)}" tabindex="-1" aria-hidden="true">{inside}</a>' if href else inside


def words(css: str, x: str, y: float, text: str, dx: int = 0, anchor: str = "") -> str:
    """A text at a place."""
    at = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{css}" x="{x}" dx="{dx}" y="{y:.1f}"{at}>{escape(text)}</text>'


def upright(css: str, x: str, top: float, bottom: float) -> str:
    """A vertical line."""
    return f'<line class="{css}" x1="{x}" x2="{x}" y1="{top:.1f}" y2="{bottom:.1f}"/>'


def level(css: str, y: float) -> str:
    """A horizontal line over the whole width."""
    return f'<line class="{css}" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'


def number_of(value: float, places: int = 1) -> str:
    """A Dutch number from a float that came from a whole number or a decimal."""
    return number(Decimal(str(value)), places)


def dated(x: str, y: int, text: str, on: str, anchor: str, *, more: str = "", keep: bool = False) -> str:
    """Words in bold and their date; a phone has no room for `more` words, and only `keep` keeps the date."""
    css = "" if keep else ' class="wide"'
    beside = f'<tspan class="wide"> {escape(more)}</tspan>' if more else ""
    return (
        f'<text class="b-date" x="{x}" text-anchor="{anchor}" y="{y}">'
        f'<tspan class="strong">{escape(text)}{beside}</tspan><tspan{css}> {escape(on)}</tspan></text>'
    )
