"""The disk is full or read only, the database goes and comes back: what was typed is kept, nothing is half saved."""

from __future__ import annotations

import errno
import logging
import re
import sqlite3
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.orm import Session

from clinic.store.base import make_engine
from clinic.store.controls import Control
from clinic.web import import_shelf, units
from tests.factories import make_patient

SAID = "viel over de hond </textarea><b>" + "—" * 1900  # more bytes than a page of SQLite has left
CALL = {"caller": "dochter", "words": SAID, "form_token": "f" * 32}


@contextmanager
def sqlite_setting(engine, pragma):
    """Every connection opened from here on has this limit."""

    def limit(connection, _record):
        connection.execute(f"PRAGMA {pragma}")

    engine.dispose()
    event.listen(engine, "connect", limit)
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


def full(engine):
    """No page more fits on the disk; the migrations left some free ones."""
    if engine.dialect.name == "postgresql":
        return read_only(engine)  # it tells a full disk by the same class as any other trouble of its own
    with closing(sqlite3.connect(engine.url.database)) as bare:
        bare.execute("VACUUM")
    return sqlite_setting(engine, "max_page_count=1")


def read_only(engine):
    """The disk takes nothing in."""
    if engine.dialect.name == "sqlite":
        return sqlite_setting(engine, "query_only=ON")
    return on_the_server(engine, "SET default_transaction_read_only = on", "RESET default_transaction_read_only")


@contextmanager
def on_the_server(engine, before, after):
    """Said of this database to its server, which then ends every connection to it."""
    name = engine.url.database
    server = make_engine(engine.url.set(database="postgres").render_as_string(hide_password=False))
    at_once = server.execution_options(isolation_level="AUTOCOMMIT")

    def tell(words):
        with at_once.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} {words}"))
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ended), {"name": name})

    tell(before)
    yield
    tell(after)
    server.dispose()


@contextmanager
def gone(engine):
    """The server takes nobody in; or the file is moved away while it is held open."""
    if engine.dialect.name == "postgresql":
        with on_the_server(engine, "ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true"):
            yield
        return
    path = Path(engine.url.database)
    path.rename(path.with_suffix(".elsewhere"))
    yield
    assert not path.exists(), "an empty register was made in its place"
    path.with_suffix(".elsewhere").rename(path)


@pytest.fixture
def nurse(app, sign_in):
    """As the clinic runs: a fault becomes a page."""
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    return sign_in("nurse")


@pytest.fixture
def calls(work, database):
    """The address of a patient's calls, and how many were kept."""
    begun = work("nurse")
    patient = make_patient(begun)
    begun.session.commit()

    def kept():
        with Session(database) as session:
            return session.scalar(select(func.count()).select_from(Control))

    return f"/patients/{patient.id}/contacts", kept


def sent_again(page):
    """Press "Try again": the hidden fields of the page's own form."""
    form = re.search(r'<form method="post" action="([^"]+)" class="form-actions">(.*?)</form>', page, re.S)
    fields = re.findall(r'<textarea hidden name="(\w+)">\n(.*?)</textarea>', form[2], re.S)
    return unescape(form[1]), {name: unescape(value) for name, value in fields}


@pytest.mark.both
@pytest.mark.parametrize("fault", [full, read_only, gone])
def test_what_was_typed_outlives_the_fault_and_is_saved_once_by_the_button(nurse, app, calls, fault):
    engine = app.extensions["engine"]
    address, kept = calls
    with fault(engine):
        answer = nurse.post(address, data=CALL)
        assert answer.status_code == 503
        assert "viel over de hond" in answer.text
        assert "</textarea><b>" not in answer.text
        for inside in ("sqlite", "psycopg", "INSERT", "Traceback", ".db"):
            assert inside not in answer.text
    assert kept() == 0
    again, fields = sent_again(answer.text)
    for _press in range(2):
        assert nurse.post(again, data=fields).status_code == 303
    assert kept() == 1
    with Session(engine) as session:
        assert session.scalars(select(Control.note)).one() == SAID


@pytest.mark.both
def test_a_page_says_that_the_register_is_away_and_opens_again_by_itself(nurse, app, calls):
    address, _kept = calls
    with gone(app.extensions["engine"]):
        answer = nurse.get(address + "/new")
        assert answer.status_code == 503
        assert "niets verloren" in answer.text
    assert nurse.get(address + "/new").status_code == 200


def test_a_file_that_was_moved_and_replaced_is_read_where_it_stands_now(app):
    engine = app.extensions["engine"]
    path = Path(engine.url.database)
    with engine.connect() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    path.rename(path.with_suffix(".moved"))
    path.write_bytes(path.with_suffix(".moved").read_bytes())
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == version
        assert Path(connection.exec_driver_sql("PRAGMA database_list").one()[2]) == path
    path.with_suffix(".moved").unlink()


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/srv/geheim"), 503),
        (OSError(errno.EROFS, "Read-only file system"), 503),
        (NoneFree("QueuePool limit"), 503),
        (OperationalError("SELECT 1", {}, Exception("server closed the connection")), 503),
        (OSError(errno.ENOENT, "No such file", "/srv/geheim"), 500),
        (ProgrammingError("SELEC 1", {}, Exception("syntax error at Jansen")), 500),
        (ValueError("Jansen 999990019"), 500),
    ],
)
def test_a_fault_of_disk_or_database_is_told_apart_from_one_of_the_program(nurse, calls, monkeypatch, problem, status):
    def fail():
        raise problem

    monkeypatch.setattr(units, "actor", fail)
    answer = nurse.post(calls[0], data=CALL)
    assert answer.status_code == status
    assert "viel over de hond" in answer.text
    assert "geheim" not in answer.text


def test_a_file_to_import_meets_a_full_disk_and_the_page_says_so(app, sign_in, monkeypatch):
    def fail(*_told):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(import_shelf, "shelf", fail)
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    answer = sign_in("manager").post("/imports/commit", data={"token": "a" * 32})
    assert answer.status_code == 503


@pytest.mark.both
def test_the_technical_log_names_the_fault_and_nothing_of_the_patient(nurse, app, calls, caplog):
    with caplog.at_level(logging.DEBUG), read_only(app.extensions["engine"]):
        nurse.post(calls[0], data=CALL)
    assert "nothing can be saved" in caplog.text
    assert "hond" not in caplog.text
