"""The first sheet of a letter, drawn to scale: where the address stands, where the envelope has its window and fold."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from clinic.services.settings import FOLD_MM, PAPER_MM

LINE_MM = 5
BORDER = 'fill="none" stroke="currentColor" stroke-width="0.6"'


def sheet(window: tuple[int, int, int, int], lines: Sequence[str], label: str) -> Markup:
    """The sheet in mm with its window (from left, from top, width, height) and the address in it."""
    left, top, width, height = window
    drawn = [
        f'<rect x="0.5" y="0.5" width="{PAPER_MM.low - 1}" height="{PAPER_MM.high - 1}" {BORDER}/>',
        *(fold(mm) for mm in range(FOLD_MM, PAPER_MM.high, FOLD_MM)),
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="2" {BORDER} stroke-dasharray="3 2"/>',
        *(word(left + 3, top + 2 + LINE_MM * at, text) for at, text in enumerate(lines, 1) if LINE_MM * at < height),
        *(blank(mm) for mm in range(FOLD_MM + 10, 270, 8)),
    ]
    head = f'<svg width="100%" viewBox="0 0 {PAPER_MM.low} {PAPER_MM.high}" role="img" aria-label="{escape(label)}">'
    return Markup(head + "".join(drawn) + "</svg>")  # noqa: S704  numbers, and texts that went through escape


def fold(mm: int) -> str:
    """Where the paper is folded, with its height."""
    mark = f'<path d="M0 {mm}h8M{PAPER_MM.low} {mm}h-8" {BORDER}/>'
    return mark + word(10, mm + 1.5, f"{mm} mm")


def word(x: float, y: float, text: str) -> str:
    """A text on the sheet."""
    return f'<text x="{x}" y="{y}" font-size="4.4" fill="currentColor">{escape(text)}</text>'


def blank(mm: int) -> str:
    """A line of the letter itself."""
    return f'<path d="M25 {mm}H185" {BORDER} opacity="0.25"/>'
