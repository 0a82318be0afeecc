"""Both languages are complete: sentences, broken rules, and the words for codes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from clinic.web import blueprints, messages
from tests.laws import catalogues
from tests.laws.house import ROOT, program_files


def broken_rules() -> Iterator[tuple[str, str]]:
    """Where a rule is broken, and the code of its sentence."""
    for path in program_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RuleBroken":
                code = node.args[1] if len(node.args) > 1 else None
                if isinstance(code, ast.Constant):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(code.value)


def test_every_sentence_has_its_dutch() -> None:
    assert len(list(catalogues.extracted())) > 20
    assert catalogues.complaints() == []


def test_every_broken_rule_has_its_sentence() -> None:
    assert blueprints.register  # the jobs add their sentences when they are imported
    broken = list(broken_rules())
    assert broken
    assert [f"{place}: {code}" for place, code in broken if code not in messages.SENTENCES] == []
