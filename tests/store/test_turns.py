"""Who waits for the one lock of SQLite gets it when it is free, and is told when that takes too long."""

from sqlite3 import SQLITE_BUSY_RECOVERY
from time import monotonic

import pytest
from sqlalchemy.exc import OperationalError

from clinic.store import base
from clinic.store.base import make_engine


@pytest.fixture
def engine(tmp_path):
    """A file with one table."""
    engine = make_engine(f"sqlite:///{tmp_path}/turns.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (name TEXT)")
    yield engine
    engine.dispose()


def names(engine):
    with engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT name FROM kept")]


def test_who_waits_asks_again_until_the_lock_is_free(engine, monkeypatch):
    holder, asked, ask = engine.connect(), [], base.began
    holder.exec_driver_sql("INSERT INTO kept VALUES ('first')")

    def counted(connection):
        if len(asked) == 3:
            holder.commit()
        asked.append(ask(connection))
        return asked[-1]

    monkeypatch.setattr(base, "began", counted)
    with engine.begin() as waiting:
        waiting.exec_driver_sql("INSERT INTO kept VALUES ('second')")
        assert waiting.exec_driver_sql("PRAGMA busy_timeout").scalar() == base.PATIENCE_MS
    holder.close()
    assert asked == [False, False, False, True]
    monkeypatch.undo()
    assert names(engine) == ["first", "second"]


def test_who_waits_too_long_is_told_that_the_database_is_busy(engine, monkeypatch):
    monkeypatch.setattr(base, "PATIENCE_MS", 1)
    with engine.connect() as holder:
        holder.exec_driver_sql("INSERT INTO kept VALUES ('first')")
        with engine.connect() as waiting, pytest.raises(OperationalError, match="locked"):
            waiting.exec_driver_sql("INSERT INTO kept VALUES ('second')")
        with engine.execution_options(writes=False).connect() as reading:  # who only reads waits for nobody
            assert reading.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 0


def test_what_is_wrong_otherwise_is_not_asked_again(engine, monkeypatch):
    asked, ask = [], base.began
    monkeypatch.setattr(base, "began", lambda connection: asked.append(ask(connection)) or asked[-1])
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.execute("BEGIN")
        assert base.in_turn(driver) is False
        assert asked == [None]
        driver.execute("ROLLBACK")


def test_who_waited_too_long_is_told_at_once(engine, monkeypatch):
    monkeypatch.setattr(base, "in_turn", lambda _driver: False)  # the five seconds are over
    with engine.connect() as holder:
        holder.exec_driver_sql("INSERT INTO kept VALUES ('first')")
        with engine.connect() as waiting:
            asked = monotonic()
            with pytest.raises(OperationalError, match="locked"):
                waiting.exec_driver_sql("INSERT INTO kept VALUES ('second')")
            assert monotonic() - asked < base.PATIENCE_MS / 2000
            driver = waiting.connection.driver_connection
            assert driver.execute("PRAGMA busy_timeout").fetchone() == (base.PATIENCE_MS,)


def test_who_meets_another_who_mends_after_a_power_cut_waits_for_her():
    class Mending:
        def execute(self, _words):
            busy = base.OperationalError("database is locked")
            busy.sqlite_errorcode = SQLITE_BUSY_RECOVERY
            raise busy

    assert base.began(Mending()) is False
