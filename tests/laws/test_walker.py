"""Any role walks through every door with anything in her hands: no fault, no foreign data, no unseen look."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.interop import selftest
from clinic.security.permissions import Role
from clinic.store.audit import AuditEntry
from tests.laws import hostile, register
from tests.laws.doors import DOORS, furnished
from tests.web_fixtures import session_token

REQUESTS = int(os.environ.get("REQUESTS", "200"))  # `make soak` takes 200,000
KIND = os.environ.get("WALK_ON", "sqlite")
BOTH_PATIENTS = ("merges.", "reported.")  # pages that lay two numbers side by side
NEVER = {"auth.sign_out"}  # it would only end the walk
NAMES = hostile.names()
SHORT = st.sampled_from([value for value in hostile.VALUES if len(value) < 300])  # for four hundred names at once
SIGNS = st.characters(exclude_categories=("C", "Zl", "Zp"))
HARM = st.one_of(st.sampled_from(hostile.VALUES), st.text(SIGNS, max_size=40))
TYPED = st.dictionaries(st.sampled_from(NAMES), HARM, max_size=12)
KEYS = st.sampled_from([1, 1, 1, 2, 999_999])


@dataclass
class Walker:
    """The app, and who is signed in to it."""

    app: object
    tokens: dict[Role, str] = field(default_factory=dict)

    def come(self, door, role, keys, typed, in_all):
        """One request; what every name says when `in_all` is given, and besides what was typed."""
        client = self.app.test_client()
        if role not in self.tokens:
            self.tokens[role] = session_token(self.app.extensions["engine"], role)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = self.tokens[role]
        fields = typed if in_all is None else dict.fromkeys(NAMES, in_all) | typed
        sent = {"query_string": fields} if door.method == "GET" else {"data": fields}
        answer = client.open(door.address(self.app, **keys), method=door.method, **sent)
        if answer.status_code == 401:
            self.tokens.pop(role)
        return answer

    def last_line(self):
        """The newest line of the log."""
        with Session(self.app.extensions["engine"]) as session:
            return session.scalar(select(func.max(AuditEntry.id))) or 0

    def seen_since(self, line):
        """The patients of whom the log says since that line that somebody opened them, or saw them on a list."""
        with Session(self.app.extensions["engine"]) as session:
            lines = session.scalars(select(AuditEntry).where(AuditEntry.id > line)).all()
        return {entry.patient_id for entry in lines}, {one for entry in lines for one in entry.shown or ()}


@pytest.fixture(scope="module")
def walker(copies, request):
    if KIND == "postgresql":
        copies.server = request.getfixturevalue("postgresql")
    # what a page starts in a process of its own is tried elsewhere; a few of the named cases are as good as all here
    some = selftest.cases()[:3]
    with pytest.MonkeyPatch.context() as patch, furnished(copies, KIND) as app:
        patch.setattr(selftest, "cases", lambda: some)
        patch.setattr(subprocess, "Popen", lambda *words, **more: None)
        app.config.update(PROPAGATE_EXCEPTIONS=False)
        yield Walker(app)


def around(page):
    """Where her name stands on a page."""
    at = page.index(register.NAME)
    return " ".join(page[max(0, at - 300) : at + 100].split())


def wrong(walker, door, role, keys, answer, line):
    """Everything about an answer that must not be, in words."""
    html = answer.mimetype == "text/html"
    shows = html and register.NAME in answer.text
    if answer.status_code >= 500:
        yield f"{answer.status_code}"
    if not door.admits(role) and (answer.status_code not in (401, 403) or shows):
        yield f"let in: {answer.status_code}"
    if html and hostile.MARK in answer.text:
        yield "runs what was typed"
    opened, listed = walker.seen_since(line) if shows else (set(), set())
    asked = keys["patient_id"] if "patient_id" in door.rule.arguments else 1  # the first is the one who has facts
    # a list beside a record is none: whom to see next stands on the record that was just closed, and in the log
    if shows and asked != 1 and 1 not in listed and not door.endpoint.startswith(BOTH_PATIENTS):
        yield f"shows another patient: {around(answer.text)}"
    if shows and 1 not in opened | listed:
        yield "shows a patient and does not say so in the log"
    if answer.headers.get("Content-Security-Policy") is None or urlsplit(answer.headers.get("Location", "")).netloc:
        yield "headers"


@settings(
    max_examples=REQUESTS, deadline=None, phases=[Phase.generate], derandomize=REQUESTS <= 200, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    st.sampled_from([door for door in DOORS if door.endpoint not in NEVER]), st.sampled_from(Role), KEYS, KEYS, TYPED,
    st.none() | SHORT,
)  # fmt: skip
def test_nothing_breaks_nothing_leaks_and_every_look_is_written_down(walker, door, role, patient, child, typed, in_all):
    keys = {name: child for name in door.rule.arguments if name.endswith("_id")} | {"patient_id": patient}
    line = walker.last_line()
    answer = walker.come(door, role, keys, typed, in_all)
    assert list(wrong(walker, door, role, keys, answer, line)) == [], f"{door} as {role}"


@pytest.mark.parametrize("harm", [hostile.SCRIPT, "1"])
def test_every_door_is_tried_with_every_name_at_once(walker, harm):
    """What is random above may miss a door; this opens each, as somebody whom it admits."""
    found = []
    for door in DOORS:
        if door.endpoint in NEVER:
            continue
        role = next(role for role in Role if door.admits(role))
        keys, line = dict.fromkeys(door.rule.arguments, 1), walker.last_line()
        keys = {name: one for name, one in keys.items() if name.endswith("_id")}
        answer = walker.come(door, role, keys, {}, harm)
        found += [f"{door}: {what}" for what in wrong(walker, door, role, keys, answer, line)]
    assert found == [], "\n".join(found)
