"""Every pair of colours that is used has enough contrast, in light and in dark (WCAG 2.2 AA)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "clinic" / "web" / "static" / "css" / "botwacht.css"
STATUS = ("late", "soon", "ok", "plan", "hold", "wait")
GROUNDS = ("page", "surface", "inset", "accent-soft")
TEXT = [(ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in GROUNDS]
TEXT += [("on-accent", "accent"), ("on-fill", "fill"), ("on-late", "late-solid"), ("bar-ink", "bar")]
TEXT += [("bar-ink-2", "bar"), ("late", "accent-soft"), ("ink", "late-soft"), ("ink", "wait-soft")]
TEXT += [("ink", "plan-soft"), ("ink", "soon-soft"), ("ink", "ok-soft"), ("accent", "late-soft")]
TEXT += [(status, ground) for status in STATUS for ground in (f"{status}-soft", "surface")]
CONTROLS = [("edge", ground) for ground in GROUNDS]
CONTROLS += [("accent", "surface"), ("fill", "surface"), ("focus", "surface"), ("focus", "page")]
CONTROLS += [("focus", "accent-soft"), ("bone", "bar"), ("late-solid", "surface"), ("soon", "wait-soft")]
CONTROLS += [("late", "wait-soft")]


def tokens() -> dict[str, tuple[str, str]]:
    """Each colour of the stylesheet, light and dark."""
    css = CSS.read_text(encoding="utf-8")
    found = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", css)}
    found |= {name: (same, same) for name, same in re.findall(r"--([\w-]+): (#\w+);", css)}
    return found | {"wait": found["ink-2"]}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(ink: str, ground: str, theme: int) -> None:
    colours = tokens()
    assert contrast(colours[ink][theme], colours[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), CONTROLS)
def test_controls_and_focus_can_be_seen(mark: str, ground: str, theme: int) -> None:
    colours = tokens()
    assert contrast(colours[mark][theme], colours[ground][theme]) >= 3
