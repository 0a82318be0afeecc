"""A PostgreSQL database that was used is the next test's new one, unless more than rows was changed."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.store.base import make_engine
from tests.conftest import account


@pytest.fixture
def server(copies, postgresql):
    copies.server = postgresql
    return copies


def used(copies, sentence):
    """The database that a test gets, the number of its first account and its protocols; it leaves a sentence behind."""
    with copies.fresh("postgresql") as url:
        engine = make_engine(url)
        with Session(engine) as session:
            number = account(session, Role.NURSE).id
            protocols = session.execute(text("SELECT * FROM protocols")).all()
            session.execute(text(sentence))
            session.commit()
        engine.dispose()
    return url, number, protocols


def test_what_one_test_filled_and_emptied_the_next_finds_as_it_was(server):
    first = used(server, "DELETE FROM protocols")
    assert (first[1], len(first[2])) == (1, 1)
    assert used(server, "SELECT 1") == first


@pytest.mark.parametrize(
    "sentence",
    [
        "ALTER TABLE users DROP COLUMN density",
        "ALTER TABLE users ALTER COLUMN density DROP NOT NULL",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
        "GRANT SELECT ON users TO PUBLIC",
        "GRANT SELECT (name) ON users TO PUBLIC",
        "CREATE SCHEMA another",
    ],
)
def test_one_whose_tables_or_rights_were_changed_is_not_used_again(server, sentence):
    changed, *_rest = used(server, sentence)
    assert used(server, "SELECT 1")[0] != changed
