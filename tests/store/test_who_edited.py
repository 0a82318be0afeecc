"""A register of before four eyes: the log says who put words of her own in a letter that nobody authorised yet."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import event, select, update

from clinic.services import letter_states, letter_text
from clinic.services.addressed import facts_of
from clinic.store.base import make_engine
from clinic.store.letters import Letter
from clinic.store.schema import alembic_config, let_tables_be_rebuilt, migrate
from tests.letter_makers import drafted, sign


@pytest.mark.both
def test_who_edited_an_open_letter_is_found_in_the_log(work, session, database, database_url):
    nurse, doctor = work("nurse"), work("doctor")
    edited, plain, signed = (drafted(nurse) for _letter in range(3))
    for unit, letter in ((nurse, edited), (doctor, edited), (doctor, signed)):
        seen = letter_states.digest(facts_of(unit, letter))
        letter_text.edit(unit, letter.id, letter.version, seen, {"added": f"Aangevuld door {unit.actor.name}."})
    sign(doctor, signed)
    session.execute(update(Letter).values(edited_by=None))
    session.commit()
    ids, who = (edited.id, plain.id, signed.id), doctor.actor.id
    session.close()
    back = make_engine(database_url)
    if back.dialect.name == "sqlite":
        event.listen(back, "connect", let_tables_be_rebuilt)
    with back.begin() as connection:
        command.downgrade(alembic_config(connection), "0073")
    back.dispose()
    migrate(database_url)
    with database.connect() as connection:
        found = dict(connection.execute(select(Letter.id, Letter.edited_by)).all())
    assert [found[letter_id] for letter_id in ids] == [who, None, None]
