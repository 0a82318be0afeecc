"""What somebody who means harm types, and every name under which the app takes something in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flask_wtf import FlaskForm

from tests.laws.house import ROOT

MARK = "<x-evil onx=1>"
SCRIPT = f"\"'>{MARK}</textarea></title><script>alert(1)</script>"
VALUES = (
    "", "1", "2", "0", "-1", "on", "x", "null", "[]", "{}", "NaN", "1e999", "-0", "9" * 30, "٣", "１２", "165,5",
    "1.655,0",    "2026-11-23", "23-11-2026", "30-02-2026", "31-12-9999", "01-01-0001", "29-02-2027", "23:59", "25:61",
    "9999-12-31", "0001-01-01", "9999-12", "12-9999", "9999",
    "' OR 1=1--", "(select 1)", "name; DROP TABLE patients", "%", "_", "\\", SCRIPT, "{{7*7}}", "{% raw %}", "${7*7}",
    "../../etc/passwd", "/etc/passwd", "%2e%2e%2f", "\x00", "a\x00b", "\r\nSet-Cookie: a=b", "=1+1", "\t=1+1", "@x",
    "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "file:///etc/passwd",
    "\u202eabc", "é😀", "a" * 5000, "true",
    "999990019", "patients", "id", "\ufffe", "1;2", "1,2,3",
)  # fmt: skip
OTHERS = (
    "id",
    "role",
    "authorised_by",
    "recorded_by",
    "patient_id",
    "user_id",
    "state",
    "sort",
    "order",
    "limit",
    "debug",
)
"""Names that no page asks for, and that a careless program would take in."""
READS = {"get", "getlist", "pop"}


def names() -> list[str]:
    """Every field of a form, and every name that a page asks of an address or of a form."""
    return sorted({*OTHERS, *form_fields(FlaskForm), *asked()})


def form_fields(kind: type) -> Iterator[str]:
    """The fields of all forms made of this one."""
    for form in kind.__subclasses__():
        yield from (name for name in dir(form) if hasattr(getattr(form, name), "field_class"))
        yield from form_fields(form)


def asked() -> Iterator[str]:
    """`request.args.get("list")` and its like, wherever the pages are made."""
    for path in (ROOT / "clinic" / "web").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS:
                of = ast.unparse(node.func.value)
                if of in ("request.args", "request.form") and node.args and isinstance(node.args[0], ast.Constant):
                    yield str(node.args[0].value)
