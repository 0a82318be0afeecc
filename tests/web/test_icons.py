"""Every icon a template asks for is in the sprite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPRITE = set(re.findall(r'id="([\w-]+)"', (ROOT / "clinic/web/static/img/icons.svg").read_text(encoding="utf-8")))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_its_icons_are_in_the_sprite(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    asked = set(re.findall(r"""icon\(['"]([\w-]+)['"]""", text)) | set(re.findall(r'"([\w-]+-fill)"', text))
    assert asked <= SPRITE
