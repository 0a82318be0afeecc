"""Templates parse, say only translated words, and carry no inline script or style."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes

from tests.laws.house import ROOT

TEMPLATES = sorted(path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html"))
LANGUAGES = {"Nederlands", "English"}
# names and units that read the same in both languages
SAME_IN_BOTH = {"Botwacht", "DXA", "BSN", "PDF", "AGB", "BMI", "cm", "mm", "kg", "mg", "SD", "SHA", "CSV"} | LANGUAGES
SPOKEN_ATTRIBUTES = "alt|title|placeholder|aria-label|aria-description|aria-roledescription"


def spoken(source: str) -> list[str]:
    """Words of more than one letter in a piece of HTML that a person would read or hear."""
    text = re.sub(r"<(script|style|code|kbd|svg)\b.*?</\1>", " ", source, flags=re.S)
    said = re.findall(rf"\b(?:{SPOKEN_ATTRIBUTES})=\"([^\"]*)\"", text)
    said.append(re.sub(r"<!--.*?-->|<[^>]*>", " ", text, flags=re.S))
    words = re.findall(r"[A-Za-zÀ-ÿ]{2,}", re.sub(r"&#?\w+;", " ", " ".join(said)))
    return [word for word in words if word not in SAME_IN_BOTH]


def written(app: Flask, name: str) -> str:
    """What a template says by itself: its text, with a mark where an expression or tag stood."""
    source = (ROOT / "templates" / name).read_text(encoding="utf-8")
    tree = app.jinja_env.parse(source, name)
    return "\N{MIDDLE DOT}".join(node.data for node in tree.find_all(nodes.TemplateData))


@pytest.fixture(scope="module")
def plain_app() -> Flask:
    """An app to read templates with; it opens no database."""
    from clinic.app import create_app
    from config import Settings

    return create_app(Settings("sqlite://", "k" * 32, Path("instance"), secure_cookies=False))


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 3


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_parses(plain_app: Flask, name: str) -> None:
    plain_app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_on_a_page_goes_through_the_translations(plain_app: Flask, name: str) -> None:
    assert spoken(written(plain_app, name)) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_no_inline_script_style_or_handler(name: str) -> None:
    source = (ROOT / "templates" / name).read_text(encoding="utf-8")
    assert re.findall(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", source) == []
    assert [tag for tag in re.findall(r"<script\b[^>]*>", source) if "src=" not in tag] == []


def test_the_law_of_words_sees_a_word() -> None:
    assert spoken('<a title="Sluiten">x</a>') == ["Sluiten"]
    assert spoken("<p>Opslaan</p>") == ["Opslaan"]
    assert spoken("<p>·</p><!-- why --><i class='bi bi-x'></i> DXA") == []
