"""The logo: an SVG of which only plain shapes are kept; whatever could run, load or call is refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from clinic.domain.errors import RuleBroken

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
MOST_BYTES, MOST_ELEMENTS, DEEPEST = 200_000, 3000, 40


def words(text: str) -> frozenset[str]:
    """A list of names."""
    return frozenset(text.split())


# no <use> or <mask>: a few lines of them that refer to each other keep a browser busy for ever
SHAPES = words(
    "svg g defs path rect circle ellipse line polyline polygon text tspan title desc "
    "linearGradient radialGradient stop clipPath"
)
PAINT = words(
    "fill fill-opacity fill-rule clip-path clip-rule color opacity stroke stroke-width stroke-opacity "
    "stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset stop-color stop-opacity "
    "display visibility font-family font-size font-weight font-style text-anchor letter-spacing"
)
PLACE = words(
    "id x y x1 y1 x2 y2 cx cy r rx ry fx fy width height d points dx dy offset transform viewBox version "
    "preserveAspectRatio gradientUnits gradientTransform spreadMethod clipPathUnits pathLength"
)
INSIDE = re.compile(r"#[\w.\-]+")
REFERENCE = re.compile(r"url\(\s*['\"]?(?!#[\w.\-]+['\"]?\s*\))", re.IGNORECASE)
CALLS = re.compile(r"\\|(?:javascript|vbscript|data|https?|file|ftp):|expression\(|@import", re.IGNORECASE)


def sanitised(content: bytes) -> bytes:
    """The same drawing with nothing but shapes; RuleBroken says what was in the way."""
    root = parsed(content)
    if root.tag != f"{SVG}svg":
        raise RuleBroken("logo", "logo_no_svg")
    if "viewBox" not in root.attrib and not {"width", "height"} <= set(root.attrib):
        raise RuleBroken("logo", "logo_no_size")
    clean = copied(root)
    ET.register_namespace("", SVG[1:-1])
    ET.register_namespace("xlink", XLINK[1:-1])
    return ET.tostring(clean, encoding="unicode").encode()


def parsed(content: bytes) -> ET.Element:
    """The tree of a small UTF-8 file without document type: no entity can swell, no file can be pulled in."""
    if len(content) > MOST_BYTES:
        raise RuleBroken("logo", "logo_too_large", most=MOST_BYTES // 1000)
    try:
        text = content.decode("utf-8-sig")
        if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
            raise RuleBroken("logo", "logo_forbidden", what="<!DOCTYPE>")
        return ET.fromstring(text)  # noqa: S314  see above
    except (UnicodeDecodeError, ET.ParseError):
        raise RuleBroken("logo", "logo_no_svg") from None


def copied(root: ET.Element) -> ET.Element:
    """A new tree of allowed elements; what an editor left of its own (other namespaces) is dropped."""
    top = element(root)
    waiting = [(root, top, 1)]
    count = 0
    while waiting:
        old, new, depth = waiting.pop()
        new.text, count = old.text, count + 1
        if count > MOST_ELEMENTS or depth > DEEPEST:
            raise RuleBroken("logo", "logo_too_complex")
        for child in old:
            if not foreign(child.tag):
                kept = element(child)
                kept.tail = child.tail
                new.append(kept)
                waiting.append((child, kept, depth + 1))
    return top


def foreign(tag: str) -> bool:
    """Whether an element tells of the drawing and is no part of it."""
    return tag == f"{SVG}metadata" or (tag.startswith("{") and not tag.startswith(SVG))


def element(old: ET.Element) -> ET.Element:
    """One element with its allowed attributes."""
    name = old.tag.removeprefix(SVG)
    if name not in SHAPES or not old.tag.startswith(SVG):
        raise RuleBroken("logo", "logo_forbidden", what=f"<{name}>")
    return ET.Element(old.tag, dict(attributes(old)))


def attributes(old: ET.Element) -> Iterator[tuple[str, str]]:
    """The attributes that place and paint; style is unfolded into them."""
    for name, value in old.attrib.items():
        if name.lower().startswith("on"):
            raise RuleBroken("logo", "logo_forbidden", what=name)
        if name in ("href", f"{XLINK}href"):
            if INSIDE.fullmatch(value.strip()) is None:
                raise RuleBroken("logo", "logo_external", what=value[:40])
            yield name, value.strip()
        elif name == "style":
            yield from painted(value)
        elif name in PAINT or name in PLACE:
            yield name, harmless(value)


def painted(style: str) -> Iterator[tuple[str, str]]:
    """`fill:#0a5;stroke:none` as attributes: the strict policy of the page lets no style through."""
    for part in style.split(";"):
        name, _colon, value = part.partition(":")
        if name.strip() in PAINT:
            yield name.strip(), harmless(value.strip())


def harmless(value: str) -> str:
    """A value that refers to nothing outside the drawing."""
    if REFERENCE.search(value) or CALLS.search(value):
        raise RuleBroken("logo", "logo_external", what=value[:40])
    return value
