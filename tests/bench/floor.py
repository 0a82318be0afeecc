"""The floor: bare Flask routes with hand-written SQL over the same file and rows, minimal Jinja, no sign-in."""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from datetime import date

from flask import Flask, request

LIST = """<!doctype html><table>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}{% endfor %}{% endfor %}</table>"""
WORKLIST = """
SELECT p.id, p.number, p.initials, p.own_prefix, p.own_name, p.birth_date, d.code, d.due_on, d.late_after, d.why
FROM due_items d JOIN patients p ON p.id = d.patient_id
WHERE d.backlog = 0 AND d.late_after < ? ORDER BY d.late_after LIMIT 50"""
SEARCH = """
SELECT DISTINCT p.id, p.number, p.initials, p.own_prefix, p.own_name, p.birth_date
FROM patient_names n JOIN patients p ON p.id = n.patient_id
WHERE n.key >= ? AND n.key < ? ORDER BY n.key, p.id LIMIT 50"""
LINE = """
INSERT INTO audit_entries
    (at, action, patient_id, subject, details, address, trace, actor_id, role, actor_name, purpose, source, outcome)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, 'nurse', 'A. Nurse', 'TREAT', 'the floor', 'done')"""
FACTS = (
    "courses", "course_stops", "pauses", "doses", "controls", "scans", "spine_images", "fractures", "labs",
    "glucocorticoids", "reviews", "agreements", "waivers", "alert_notes", "due_items", "alerts", "letters",
    "appointments",
)  # fmt: skip


def application() -> Flask:
    """The bare app over the file of BENCH_FLOOR."""
    app = Flask(__name__)
    page = app.jinja_env.from_string(LIST)
    # one worker, one request at a time, one connection for all of them
    db = sqlite3.connect(os.environ["BENCH_FLOOR"], isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32000"):
        db.execute(f"PRAGMA {pragma}")

    @app.get("/worklist")
    def worklist() -> str:
        return page.render(rows=db.execute(WORKLIST, (date.today().isoformat(),)).fetchall())  # noqa: DTZ011 - a bench

    @app.post("/search")
    def search() -> str:
        q = request.form["q"].lower()
        return page.render(rows=db.execute(SEARCH, (q, q + "\uffff")).fetchall())

    @app.get("/record/<int:patient>")
    def record(patient: int) -> str:
        rows = db.execute("SELECT * FROM patients WHERE id = ?", (patient,)).fetchall()
        for table in FACTS:
            rows += db.execute(f"SELECT * FROM {table} WHERE patient_id = ?", (patient,)).fetchall()
        return page.render(rows=rows)

    @app.post("/save/<int:patient>")
    def save(patient: int) -> str:
        return f"{written(db, patient)}"

    return app


def copied(db: sqlite3.Connection, table: str, where: str, key: int, **other: object) -> int:
    """Insert a row like one that is there, under a new id."""
    found = db.execute(f"SELECT * FROM {table} WHERE {where} = ? ORDER BY id DESC LIMIT 1", (key,))
    names = [column[0] for column in found.description]
    told = dict(zip(names, found.fetchone(), strict=True))
    row = {name: value for name, value in told.items() if name != "id"} | other
    holes = ", ".join("?" * len(row))
    done = db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({holes})", list(row.values()))
    return done.lastrowid or 0


def written(db: sqlite3.Connection, patient: int) -> int:
    """The rows of a saved control in one commit: control, items and alerts anew, letter, subject, two lines of log."""
    db.execute("BEGIN IMMEDIATE")
    token = uuid.uuid4().hex
    control = copied(db, "controls", "patient_id", patient, form_token=token)
    for table in ("due_items", "alerts"):
        rows = db.execute(f"SELECT * FROM {table} WHERE patient_id = ?", (patient,)).fetchall()
        db.execute(f"DELETE FROM {table} WHERE patient_id = ?", (patient,))
        for row in rows:
            db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    letter = copied(
        db, "letters", "patient_id", patient, reference=token, state="to_authorise", sent_on=None, sent_at=None
    )
    db.execute(
        "INSERT INTO letter_subjects (letter_id, about, about_on, fact_id, patient_id) VALUES (?, 'control', ?, ?, ?)",
        (letter, "2026-01-01", control, patient),
    )
    drafted = json.dumps({"about": "control", "on": "2026-01-01"})
    lines = (("control.saved", f"control:{control}", None), ("letter.drafted", f"letter:{letter}", drafted))
    for action, subject, details in lines:
        db.execute(LINE, ("2026-01-01 00:00:00", action, patient, subject, details, "127.0.0.1", token))
    db.execute("UPDATE patients SET facts_version = facts_version + 1, version = version + 1 WHERE id = ?", (patient,))
    db.execute("COMMIT")
    return control
