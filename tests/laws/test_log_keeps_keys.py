"""The log outlives a record that is destroyed: it keeps keys and codes, and never what somebody typed of a patient."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CLINIC = Path(__file__).parents[2] / "clinic"
NOTES = {"note", "noted", "done", "ask", "tell", "AuditEntry", "refuse"}
TYPED = {
    "reason", "change_reason", "void_reason", "split_reason", "undone_because", "remark", "words", "text", "answer",
    "ground", "note", "explanation", "conclusion", "because", "why",
}  # fmt: skip
"""What a form calls the words that somebody types."""
OF_SIGNING_IN = {"accounts.py", "own_passkeys.py", "provider_sign_in.py", "sign_in.py"}
"""Where a `because` is one of the program's own codes; nobody typed it, and no patient is near."""
MODULES = sorted(
    (path for part in ("services", "web") for path in (CLINIC / part).glob("*.py")), key=lambda path: path.name
)


def calls(module: ast.AST) -> Iterator[tuple[ast.Call, list[ast.Dict]]]:
    """Each note for the log with the details it is given, also by way of a name."""
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef):
            continue
        named = {
            target.id: node.value
            for node in ast.walk(function) if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
            for target in node.targets if isinstance(target, ast.Name)
        }  # fmt: skip
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and name_of(node.func) in NOTES:
                given = [*node.args, *(word.value for word in node.keywords)]
                told = [named.get(one.id) if isinstance(one, ast.Name) else one for one in given]
                yield (
                    node,
                    [one for part in told if part is not None for one in ast.walk(part) if isinstance(one, ast.Dict)],
                )


def name_of(function: ast.expr) -> str:
    """What is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def typed_in(value: ast.expr) -> bool:
    """Whether a value is what somebody typed: stripped, or by its name; a word of a closed list, or whether, is not."""
    if isinstance(value, ast.Attribute) and value.attr == "value":
        return False
    if isinstance(value, ast.Call):
        return name_of(value.func) == "strip" or (
            name_of(value.func) not in ("bool", "len") and any(map(typed_in, value.args))
        )
    if isinstance(value, ast.Attribute | ast.Name):
        return name_of(value) in TYPED
    return any(typed_in(one) for one in ast.iter_child_nodes(value) if isinstance(one, ast.expr))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_line_of_the_log_holds_what_was_typed(path: Path) -> None:
    allowed = {"because"} if path.name in OF_SIGNING_IN else set()
    wrong = [
        f"{path.name}:{call.lineno} {ast.unparse(value)}"
        for call, dicts in calls(ast.parse(path.read_text(encoding="utf-8")))
        for told in dicts
        for value in told.values
        if typed_in(value) and ast.unparse(value).rpartition(".")[2] not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize(("line", "typed"), [
    ('work.note(A, 1, "labs:3", {"reason": reason.strip()})', True),
    ('details = {"because": row.reason}\n    work.note(A, details=details)', True),
    ('work.note(A, details={"text": text[:80]})', True),
    ('work.note(A, details={"changes": {"x": [None, command.remark]}})', True),
    ('work.note(A, details={"reason": command.reason.value})', False),
    ('work.note(A, details={"added": bool(row.text), "of": len(row.words)})', False),
])  # fmt: skip
def test_the_law_sees_what_was_typed_and_lets_codes_be(line: str, typed: bool) -> None:
    [(_call, dicts)] = calls(ast.parse(f"def act(work):\n    {line}"))
    assert any(typed_in(value) for told in dicts for value in told.values) == typed
