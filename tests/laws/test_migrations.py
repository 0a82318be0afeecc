"""One line of migrations, and a schema that is what the models say."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Engine, event, func, inspect, select, text

from clinic.services.work import Work
from clinic.store.base import make_engine
from clinic.store.form_drafts import FormDraft
from clinic.store.schema import NewerSchema, alembic_config, let_tables_be_rebuilt, migrate
from clinic.store.tables import Base
from tests.factories import make_patient
from tests.laws import register

TABLES = Base.metadata.sorted_tables


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


@pytest.mark.both
def test_models_and_schema_agree(database: Engine) -> None:
    with database.connect() as connection:
        command.check(alembic_config(connection))


def test_every_check_is_that_of_its_model(database: Engine) -> None:
    """Alembic compares no CHECK; SQLite gives each back as it was written."""
    said = re.compile(r"\W+")
    for table in TABLES:
        held = inspect(database).get_check_constraints(table.name)
        asked = [one for one in table.constraints if isinstance(one, CheckConstraint)]
        assert {one["name"]: said.sub(" ", one["sqltext"]) for one in held} == {
            str(one.name): said.sub(" ", str(one.sqltext)) for one in asked
        }


def sorts(kind: object) -> str | None:
    """How text of this type is put in order; None as the server does."""
    return getattr(kind, "collation", None)


@pytest.mark.both
def test_what_sorts_by_bytes_is_what_its_model_says(database: Engine) -> None:
    """Alembic compares no collation."""
    for table in TABLES:
        held = {one["name"]: one["type"] for one in inspect(database).get_columns(table.name)}
        asked = {one.name: one.type.dialect_impl(database.dialect) for one in table.columns}
        assert {name: sorts(kind) for name, kind in held.items()} == {name: sorts(kind) for name, kind in asked.items()}


@pytest.mark.both
def test_migrating_again_keeps_what_is_there(database: Engine, database_url: str) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO sign_in_failures (id, key, at) VALUES (1, 'x', '2026-11-23 09:00:00')"))
    migrate(database_url)
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sign_in_failures")) == 1


@pytest.mark.both
def test_a_register_in_use_is_brought_up_to_date(database: Engine, database_url: str) -> None:
    with database.begin() as connection:
        register.fill(connection)
        before = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in TABLES}
    first = go_back(database_url, "0001")  # tables that came later went with the way back
    migrate(database_url)
    with database.connect() as connection:
        after = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in TABLES}
    assert {name: count for name, count in after.items() if name in first} == {
        name: count for name, count in before.items() if name in first
    }
    assert len(first) > 30


def go_back(database_url: str, revision: str) -> set[str]:
    """The schema of before; says which tables it had."""
    back = make_engine(database_url)
    if back.dialect.name == "sqlite":
        event.listen(back, "connect", let_tables_be_rebuilt)
    with back.begin() as connection:
        command.downgrade(alembic_config(connection), revision)
        first = set(inspect(connection).get_table_names())
    back.dispose()
    return first


@pytest.mark.both
def test_an_alarm_that_stood_in_the_draft_of_a_contact_reaches_the_doctor_since_its_last_keeping(
    database: Engine, database_url: str, work: Callable[..., Work]
) -> None:
    nurse = work("nurse")
    ticked, plain, left = (make_patient(nurse) for _ in range(3))
    left.status, left.status_on = "moved", nurse.today
    for patient, symptoms in ((ticked, ["ear_pain"]), (plain, []), (left, ["ear_pain"])):
        typed = {"symptoms": symptoms, "words": ["oorpijn"]}
        nurse.session.add(FormDraft(
            patient_id=patient.id, by=nurse.actor.id, form="contact", number=0, saved_at=nurse.now, typed=typed
        ))  # fmt: skip
    nurse.session.commit()
    go_back(database_url, "0087")
    migrate(database_url)
    with database.connect() as connection:
        rows = connection.execute(select(FormDraft.patient_id, FormDraft.alarm_at).order_by(FormDraft.id)).all()
    assert [tuple(row) for row in rows] == [(ticked.id, nurse.now), (plain.id, None), (left.id, None)]


@pytest.mark.both
def test_a_database_of_a_newer_program_is_left_alone(database: Engine, database_url: str) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema, match="9999"):
        migrate(database_url)
