"""What stands beside the questions of a control: the latest answer to each, in words, with its own day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from clinic.services.control_history import ASKED, GIVEN, LAB, TAKEN, Earlier, Latest
from clinic.web import control_text
from clinic.web.language import gettext as _
from clinic.web.presenters import cm, day

TOLD = ("lifestyle_changes", "dental", "note")  # in somebody's own words, which may be many


class Words(NamedTuple):
    """What was written, and on which day."""

    text: str
    on: str


def symptom(answer: dict[str, Any]) -> str:
    """Whether an alarm symptom was there, on which side and for how long."""
    return ", ".join([control_text.yes_no(answer["present"]), *control_text.about_symptom(answer)])


def plain(value: bool | int | str) -> str:
    """Yes or no, a number, or a few words."""
    return control_text.yes_no(value) if isinstance(value, bool) else str(value)


SAID: dict[str, Callable[[Any], str]] = {
    "side_effects": control_text.effects,
    "occiput_wall_mm": lambda mm: f"{cm(mm)} cm",
}


def answers(earlier: Earlier) -> dict[str, str]:
    """By field: the latest answer and its day; a question that was never answered says nothing."""
    found = {}
    for name, latest in earlier.latest.items():
        if name in GIVEN or (name in ASKED and name not in TOLD):
            found[name.removeprefix("intake_") if name in TAKEN else name] = said(latest, SAID.get(name, plain))
        elif name.startswith("symptom_"):
            found[name] = said(latest, symptom)
    return found


def vitamin_d(earlier: Earlier) -> str:
    """The last 25-OH-D of the laboratory, with its day."""
    found = earlier.latest.get(LAB)
    return f"{found.value} nmol/l, {day(found.on)}" if found else ""


def said(latest: Latest, words: Callable[[Any], str]) -> str:
    """An answer of before, not to be read as one of today."""
    return str(_("previous %(value)s, %(day)s", value=words(latest.value), day=day(latest.on)))


def written(earlier: Earlier) -> dict[str, Words]:
    """By field: what was written last, and when."""
    return {name: Words(latest.value, day(latest.on)) for name, latest in earlier.latest.items() if name in TOLD}
