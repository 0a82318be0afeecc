"""What every door and every line of the program has to keep to, so that nobody comes in, takes along or lets run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, String, insert
from sqlalchemy.exc import IntegrityError, OperationalError

from clinic.security.guard import PUBLIC
from clinic.store.tables import Base
from tests.database import Copies
from tests.laws import hostile, register
from tests.laws.doors import DOORS, furnished, knock, somebody
from tests.laws.house import ROOT, program_files
from tests.laws.test_structure import dotted, name_of, tree
from tests.web_fixtures import session_token

PAGES = [door for door in DOORS if door.method == "GET"]
POSTS = [door for door in DOORS if door.method != "GET"]
SCRIPTS = sorted((ROOT / "clinic" / "web" / "static" / "js").glob("*.js"))
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
POLICY = ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'")
NEVER_SERVED = (
    "/.git/HEAD", "/.env", "/setup", "/install", "/console", "/debug", "/metrics", "/docs", "/admin", "/phpinfo.php",
    "/static/../config.py", "/static/%2e%2e/%2e%2e/config.py", "/static//etc/passwd", "/static/..%5c..%5cconfig.py",
    "/static/js/%00keys.js", "/bootstrap/static/../../../../etc/passwd",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(copies: Copies) -> Iterator[Flask]:
    """The app over a register with one of everything."""
    with furnished(copies) as app:
        yield app


def lacking(answer: Any) -> list[str]:
    """Which headers an answer lacks or has too many."""
    wrong = [name for name, value in ALWAYS.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    own = "sandbox" in policy  # a drawing that somebody sent has a stricter one
    wrong += [part for part in POLICY if part not in policy and not own]
    wrong += [name for name in ("Access-Control-Allow-Origin", "X-Powered-By") if name in answer.headers]
    if "unsafe" in policy and not own:
        wrong.append("unsafe")
    if answer.mimetype.startswith("text/") and "charset=utf-8" not in answer.content_type:
        wrong.append("charset")
    return wrong


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_every_answer_carries_the_headers(house: Flask, door: Any) -> None:
    """Also one that says no, to a page of another site, or of a patient who is not there."""
    answers = [
        knock(house, door, somebody(door)),
        knock(house, door, None),
        knock(house, door, somebody(door), patient_id=9),
    ]
    assert [lacking(answer) for answer in answers] == [[], [], []]


@pytest.mark.parametrize("path", NEVER_SERVED)
def test_what_no_clinic_serves_is_not_there(house: Flask, path: str) -> None:
    answer = house.test_client().get(path, headers={"Origin": "https://evil.example"})
    assert answer.status_code in (404, 308)
    assert [name for name in lacking(answer) if name != "Cache-Control"] == []
    assert "root:" not in answer.text


def test_over_https_a_browser_comes_back_over_https_alone(house: Flask) -> None:
    house.config["SESSION_COOKIE_SECURE"] = True
    told = house.test_client().get("/sign-in").headers["Strict-Transport-Security"]
    house.config["SESSION_COOKIE_SECURE"] = False
    assert told == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("door", POSTS, ids=str)
def test_a_change_without_the_pages_token_is_refused(house: Flask, door: Any) -> None:
    house.config["WTF_CSRF_ENABLED"] = True
    try:
        assert knock(house, door, somebody(door)).status_code == 400
    finally:
        house.config["WTF_CSRF_ENABLED"] = False


@pytest.mark.parametrize("door", [door for door in DOORS if door.needs != PUBLIC], ids=str)
def test_no_word_in_an_address_lets_anybody_in(house: Flask, door: Any) -> None:
    words = dict.fromkeys(("ignoreAuth", "auth", "debug", "skip_timeout_reset", "test", "admin"), "1") | {
        "role": "doctor"
    }
    answer = house.test_client().open(door.address(house), method=door.method, query_string=words)
    assert answer.status_code == 401


def test_only_the_methods_of_a_door_are_answered(house: Flask) -> None:
    asked = {rule: [door.method for door in DOORS if door.rule.rule == rule] for rule in {d.rule.rule for d in DOORS}}
    found = []
    for door in PAGES:
        for method in {"TRACE", "PUT", "DELETE", "PATCH"} - set(asked[door.rule.rule]):
            status = house.test_client().open(door.address(house), method=method).status_code
            found += [f"{method} {door}: {status}"] if status not in (404, 405) else []
    assert found == []


@pytest.mark.parametrize("kind", ["application/json", "application/xml", "text/xml"])
def test_what_is_no_form_is_taken_for_an_empty_one(house: Flask, kind: str) -> None:
    """Nothing but forms is read: a document of another kind fills no field, and no parser of it is started."""
    body = (
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
        if "xml" in kind
        else '{"id": 1, "role": "doctor"}'
    )
    found = []
    for door in POSTS:
        role, address = somebody(door), door.address(house)
        client = house.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = session_token(house.extensions["engine"], role)
        status = client.open(address, method=door.method, data=body, content_type=kind).status_code
        found += [f"{door}: {status}"] if status >= 500 else []
    assert found == []


def marked(connection: Connection) -> None:
    """A register in which every text that is no code carries a mark that would run."""
    closed = {(table.name, short.removesuffix("_known")) for table, short, _rule in register.rules()}
    for table in Base.metadata.sorted_tables:
        row = register.plain(table)
        free = [
            column.name
            for column in table.columns
            if isinstance(column.type, String)
            and not column.foreign_keys
            and (table.name, column.name) not in closed
            and column.name in FREE
        ]
        try:
            with connection.begin_nested():
                connection.execute(insert(table).values(**row | dict.fromkeys(free, hostile.SCRIPT)))
        except (IntegrityError, OperationalError):  # a rule of the database takes no script there
            connection.execute(insert(table).values(**row))
        if table.name in register.SECOND:
            second = register.SECOND[table.name] | dict.fromkeys({"own_name"} & set(row), hostile.SCRIPT)
            connection.execute(insert(table).values(**row | second))


FREE = {
    "own_name", "partner_name", "note", "town", "street", "planning_note", "comes_with", "needs_interpreter",
    "reason", "why", "change_reason", "void_reason", "caller", "words", "name", "function", "device", "place", "remark",
    "reason_text", "instruction", "prescriber", "regimen_note", "cancel_reason", "email", "file_name", "told_by",
    "text",
}  # fmt: skip


@pytest.fixture(scope="module")
def marked_house(copies: Copies) -> Iterator[Flask]:
    """The app over a register in which somebody typed scripts wherever text is taken."""
    with furnished(copies, fill=marked) as app:
        yield app


@pytest.mark.parametrize("door", PAGES, ids=str)
def test_what_somebody_typed_is_shown_and_never_run(marked_house: Flask, door: Any) -> None:
    answer = knock(marked_house, door, somebody(door))
    assert answer.status_code < 500
    if answer.mimetype in ("text/html", "image/svg+xml"):
        assert hostile.MARK not in answer.text


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, by its dotted name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def test_nothing_is_run_that_was_put_together() -> None:
    """No code, no shell and no object is made of text that came from outside."""
    wrong = re.compile(r"(^|\.)(eval|exec|system|popen|loads?)$")
    harmless = {"json.loads", "tomllib.loads"}
    found = [
        f"{name_of(path)}:{node.lineno} {name}"
        for path in program_files()
        for name, node in calls(path)
        if (wrong.search(name) and name.split(".")[0] in {"eval", "exec", "os", "pickle", "marshal", "yaml", "shelve"}
            and name not in harmless)
        or any(word.arg == "shell" for word in node.keywords)
    ]  # fmt: skip
    assert found == []


def test_no_sentence_to_the_database_is_put_together_from_text() -> None:
    """Outside the store nobody writes SQL; inside it a sentence is a whole one, or made of the program's own names."""
    pieced, writing = set(), set()
    for path in program_files():
        own = "sqlalchemy" in imported(path, "text")
        for name, node in calls(path):
            if name.rpartition(".")[2] == "exec_driver_sql" or (own and name == "text"):
                writing.add(path.parent.name)
                if not isinstance(node.args[0], ast.Constant | ast.Name):
                    pieced.add(name_of(path))
    assert writing == {"store", "demo"}
    assert pieced == OWN_NAMES


OWN_NAMES = {"clinic/store/soundness.py", "clinic/demo/large.py"}


def imported(path: Path, name: str) -> str:
    """From which module a file has a name."""
    return " ".join(node.module or "" for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)
                    and name in {alias.name for alias in node.names})  # fmt: skip


def test_text_counts_as_html_only_where_it_was_drawn() -> None:
    """Markup is made of our own sentences, and of drawings whose every text was escaped; no template trusts a value."""
    made = {name_of(path) for path in program_files() for name, _node in calls(path) if name.split(".")[-1] == "Markup"}
    trusting = [path.name for path in (ROOT / "templates").rglob("*.html")
                if re.search(r"\|\s*safe\b|autoescape false", path.read_text(encoding="utf-8"))]  # fmt: skip
    assert made <= DRAWN
    assert trusting == []


DRAWN = {
    "clinic/web/language.py", "clinic/web/svg.py", "clinic/web/charts.py", "clinic/web/sheet.py",
    "clinic/web/form_markup.py",  # attributes of fields: each name and value goes through escape
}  # fmt: skip


def test_security_takes_chance_from_the_system() -> None:
    found = [name_of(path) for path in program_files() if path.parent.name in ("security", "services", "web", "store")
             if re.search(r"^\s*(import random|from random)\b", path.read_text(encoding="utf-8"), re.M)]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_runs_no_text_and_keeps_nothing_in_the_browser(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    kept = re.findall(r"localStorage|sessionStorage|indexedDB|document\.cookie|\bcaches\b", source)
    run = re.findall(r"\beval\(|new Function|document\.write|outerHTML|insertAdjacentHTML|\.html\(", source)
    # what the server wrote for this place, every text of it escaped there
    own = len(re.findall(r"\.innerHTML = await reply\.text\(\)", source))
    assert (kept, run, len(re.findall(r"innerHTML", source)) - own) == ([], [], 0)
    assert re.findall(r"""["'](?:https?:)?//""", source) == []
    assert re.findall(r"onpaste|[\"']paste[\"']", source) == []
