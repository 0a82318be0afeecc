"""Translations: every sentence of code and templates stands, filled, in some Dutch catalogue."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUES = ROOT / "clinic" / "translations" / "nl" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def extracted() -> Iterator[tuple[str, tuple[str | None, str | tuple[str, ...]]]]:
    """Where a sentence stands, its context and its msgid (with plural), from code and templates."""
    for folder, method in (("clinic", "python"), ("templates", "jinja2.ext.babel_extract")):
        pattern = "**.py" if method == "python" else "**.html"
        found = extract_from_dir(ROOT / folder, [(pattern, method)], {}, keywords=KEYWORDS)
        for name, line, msgid, _comments, context in found:
            yield f"{folder}/{name}:{line}", (context, msgid)


def catalogues() -> dict[str, Catalog]:
    """The Dutch catalogues by area."""
    found = {}
    for path in sorted(CATALOGUES.glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = read_po(file, locale="nl", abort_invalid=True)
    return found


def is_filled(message: Message) -> bool:
    """Every form of the translation has text, and it is not marked as doubtful."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(forms) and not message.fuzzy


def same_placeholders(message: Message) -> bool:
    """Every form names only parameters that the sentence has, and a single form names all of them."""
    if message.pluralizable:
        known = {name for form in message.id for name in PLACEHOLDER.findall(form)}
        return all(set(PLACEHOLDER.findall(form)) <= known for form in message.string)
    return set(PLACEHOLDER.findall(message.id)) == set(PLACEHOLDER.findall(str(message.string)))


def complaints() -> list[str]:
    """What is missing, empty, wrong in its parameters, or said in two ways."""
    known = catalogues()
    said: dict[tuple[str | None, str], tuple[str, Message]] = {}
    found = []
    for area, catalogue in known.items():
        for message in catalogue:
            if not message.id:
                continue
            first = message.id if isinstance(message.id, str) else message.id[0]
            if not is_filled(message):
                found.append(f"{area}.po: no translation of {first!r}")
            elif not same_placeholders(message):
                found.append(f"{area}.po: other parameters in the translation of {first!r}")
            other = said.setdefault((message.context, first), (area, message))
            if other[1].string != message.string:
                found.append(f"{area}.po and {other[0]}.po translate {first!r} differently")
    for place, (context, msgid) in extracted():
        first = msgid if isinstance(msgid, str) else msgid[0]
        if (context, first) not in said:
            found.append(f"{place}: {first!r} stands in no Dutch catalogue")
    return found


def main() -> int:
    """Print each complaint; 1 when there is one."""
    found = complaints()
    for sentence in found:
        print(sentence)
    print(f"translations: {len(list(extracted()))} uses, {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
