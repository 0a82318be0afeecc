"""The letter as plain text, for the systems most letters travel through: 70 characters a line, no tables."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator

from clinic.letters.sentences import DECISION, Document, Section

WIDTH = 70
# characters that the older message formats of practices do not carry; a lost minus would change a T-score
PLAIN = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "·": "-", "’": "'"})


def text_of(document: Document) -> str:
    """The whole letter."""
    return "\n".join(lines(document)).translate(PLAIN).rstrip() + "\n"


def conclusion(document: Document) -> list[str]:
    """Those lines of it that hold what was concluded; none in a letter that tells of no decision."""
    decided = (section for section in document.core if section.heading == DECISION)
    return [line.translate(PLAIN) for section in decided for line in section_lines(section)]


def sha256(body: str | bytes) -> str:
    """The hash that is frozen with a body."""
    return hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest()


def lines(document: Document) -> Iterator[str]:
    """Sender, recipient, head, body, signatures."""
    for part in document.sender:
        yield from wrapped(part)
    yield from wrapped(document.footer)
    yield ""
    for part in document.recipient or ("Geadresseerde niet bekend",):
        yield from wrapped(part)
    yield ""
    for name, value in document.head:
        yield from wrapped(f"{name}: {value}", "  ")
    yield ""
    yield from wrapped(f"Betreft: {document.subject}", "  ")
    for part in document.about:
        yield from wrapped(part)
    yield ""
    yield document.salutation
    for section in (*document.core, *document.rest):
        yield ""
        yield from section_lines(section)
    yield from ("", "Met vriendelijke groet,", "")
    for part in document.signed:
        yield from wrapped(part)


def section_lines(section: Section) -> Iterator[str]:
    """Heading in capitals, numbered requests, paragraphs."""
    if section.heading:
        yield section.heading.upper()
    for number, request in enumerate(section.requests, 1):
        yield from wrapped(f"{number}. {request}", "   ")
    for paragraph in section.paragraphs:
        yield from wrapped(paragraph)


def wrapped(paragraph: str, indent: str = "") -> list[str]:
    """Lines of at most 70 characters; dates and double names are never broken at their hyphens."""
    if 0 < len(paragraph) <= WIDTH and paragraph.isprintable() and paragraph == paragraph.strip():
        return [paragraph]  # most lines of a letter: nothing to break
    return textwrap.wrap(paragraph, WIDTH, subsequent_indent=indent, break_on_hyphens=False, replace_whitespace=True)
