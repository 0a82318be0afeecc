"""EDIFACT text: segments to text, and back by pydifact's tokeniser; what it lets pass is checked by `medspe`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydifact.exceptions import EDISyntaxError
from pydifact.token import Token
from pydifact.tokenizer import Tokenizer

CHARSET = "latin-1"  # a text without accents is the same in it
LATIN_1, ASCII = "latin_1", "ascii"
ROOM = {LATIN_1: 256, ASCII: 128}
"""What a receiver's system reads: é and ë as they are, or e alone (domain/environment.md 2.4)."""
RELEASED = str.maketrans({mark: f"?{mark}" for mark in "?'+:"})
CARRIED = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "…": "...", "€": "EUR",
     "≥": ">=", "≤": "<="}
)  # fmt: skip
SPELLED = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "±": "+/-", "×": "x", "÷": "/", "·": "-",
    "°": "gr", "µ": "u", "½": "1/2", "¼": "1/4", "¾": "3/4", "§": "par. ", "«": '"', "»": '"', "´": "'", "¨": '"',
    "¡": "!", "¿": "?", "£": "GBP", "\u00ad": "",
}  # fmt: skip
"""Signs that are no plain letter with a mark, in the letters that stand for them."""


class Unreadable(Exception):
    """This is no EDIFACT text, or its words cannot travel as one: what is wrong as a code, with what it names."""

    def __init__(self, code: str, **told: str) -> None:
        super().__init__(code, told)
        self.code, self.told = code, told


class Segment(NamedTuple):
    """A tag with its elements, each of one component or more."""

    tag: str
    elements: tuple[tuple[str, ...], ...]

    def at(self, element: int, component: int = 0) -> str:
        """What stands there, or nothing."""
        parts = self.elements[element] if element < len(self.elements) else ()
        return parts[component] if component < len(parts) else ""


def segment(tag: str, *elements: str | tuple[str, ...]) -> Segment:
    """A segment; empty components and elements at an end are left out, as writers of EDIFACT do."""
    parts = [shortened((each,) if isinstance(each, str) else each) for each in elements]
    while parts and parts[-1] == ("",):
        parts.pop()
    return Segment(tag, tuple(parts))


def shortened(parts: tuple[str, ...]) -> tuple[str, ...]:
    """An element without the empty components at its end; one is always left."""
    kept = list(parts)
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return tuple(kept)


def write(segments: Iterable[Segment]) -> bytes:
    """The text of segments, each mark of the syntax released; Unreadable when a character cannot travel."""
    text = "".join(
        "+".join((part.tag, *(":".join(word.translate(RELEASED) for word in each) for each in part.elements))) + "'"
        for part in segments
    )
    return text.encode(CHARSET)


def carried(text: str, charset: str = LATIN_1) -> str:
    """Words as the character set carries them: a letter it lacks loses its mark, a sign gets its plain twin.

    Unreadable when nothing plain stands for it: a name that cannot be written is not sent half.
    """
    room = ROOM[charset]
    plain = "".join(one(char, room) for char in text.translate(CARRIED))
    unwritten = sorted({char for char in plain if ord(char) >= room or unicodedata.category(char) == "Cc"})
    if unwritten:
        raise Unreadable("message_sign", sign=ascii(unwritten[0]))
    return plain


def one(char: str, room: int) -> str:
    """A character, or what it is without its mark."""
    if ord(char) < room:
        return char
    plain = SPELLED.get(char, unicodedata.normalize("NFKD", char))
    return "".join(part for part in plain if not unicodedata.combining(part))


def read(content: bytes) -> list[Segment]:
    """The segments of a text; Unreadable when it is none."""
    try:
        tokens = list(Tokenizer().get_tokens(content.decode(CHARSET)))
    except (EDISyntaxError, AssertionError) as problem:  # the tokeniser asserts where a text ends in the middle
        raise Unreadable("message_torn") from problem
    return list(gathered(tokens))


def gathered(tokens: Iterable[Token]) -> Iterator[Segment]:
    """Tokens as segments, empty elements and components kept in their place."""
    elements: list[list[str]] = [[""]]
    for token in tokens:
        if token.type == Token.Type.CONTENT:
            elements[-1][-1] = token.value
        elif token.type == Token.Type.COMPONENT_SEPARATOR:
            elements[-1].append("")
        elif token.type == Token.Type.DATA_SEPARATOR:
            elements.append([""])
        else:
            yield Segment(elements[0][0], tuple(tuple(each) for each in elements[1:]))
            elements = [[""]]
