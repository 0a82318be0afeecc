"""The practices file read again: what people put right stays, and what the file changes is told and written down."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from clinic.interop.imports import Parsed, PracticeRow
from clinic.services import imports, practices
from clinic.services.imports import Import
from clinic.services.practices import GpDetails, PracticeDetails
from clinic.store.audit import AuditEntry
from clinic.store.practices import Gp, Practice
from clinic.wording.complaints import say, tell

NAMED = frozenset(("initials", "prefix", "family_name", "street", "house_number", "postcode", "town", "channel"))
ROW = PracticeRow(
    2, "p-1", "De Linde", "Berg", prefix="van den", gp_agb="01999001", street="Weg", house_number="1",
    postcode="7600 AA", town="Almelo", channel="post", named=NAMED,
)  # fmt: skip
OTHER = replace(ROW, row=3, key="p-2", family_name="Smit", prefix=None, gp_agb="01999002")


@pytest.fixture
def bring(work):
    """The manager brings these rows in."""

    def start(*rows):
        return imports.commit(work("manager"), Import(Parsed("practices", rows, ()), "gps.csv", "0" * 64))

    return start


def gp(session, key="p-1"):
    """As she stands in the register now."""
    session.expire_all()
    return session.scalars(select(Gp).where(Gp.import_key == key)).one()


def mend(work, **told):
    """The secretary puts a GP right."""
    secretary = work("secretary")
    row = gp(secretary.session)
    details = {name: getattr(row, name) for name in practices.GP} | told
    practices.save_gp(secretary, GpDetails(**details), row.id, practices.fingerprint(row, practices.GP))


def mend_practice(work, **told):
    """The secretary puts her practice right."""
    secretary = work("secretary")
    row = gp(secretary.session).practice
    details = {name: getattr(row, name) for name in practices.PRACTICE} | told
    practices.save(secretary, PracticeDetails(**details), row.id, practices.fingerprint(row, practices.PRACTICE))


def complaints(outcome):
    return [(one.row, one.column, one.code, one.params["typed"]) for one in outcome.complaints]


def test_the_same_file_undoes_nothing_of_what_people_put_right(bring, work, session):
    bring(ROW, OTHER)
    mend(work, family_name="Jansen", prefix=None, agb="01999009")
    mend_practice(work, street="Laan", channel="secure_mail", mailbox="linde@zorgmail.nl")
    again = bring(ROW, OTHER)
    assert (again.changed, again.unchanged, again.told) == (0, 2, ())
    assert complaints(again) == [
        (2, "street", "person_wrote_practice", "Weg"), (2, "channel", "person_wrote_practice", "post"),
        (2, "prefix", "person_wrote_practice", "van den"), (2, "family_name", "person_wrote_practice", "Berg"),
        (2, "gp_agb", "person_wrote_practice", "01999001"),
        (3, "street", "person_wrote_practice", "Weg"), (3, "channel", "person_wrote_practice", "post"),
    ]  # fmt: skip
    assert say("person_wrote_practice", {"typed": "Weg"}, "nl").endswith("wijzig het bij de praktijk")
    here = gp(session)
    assert (here.prefix, here.family_name, here.agb) == (None, "Jansen", "01999009")
    assert (here.practice.street, here.practice.channel, here.practice.mailbox) == (
        "Laan", "secure_mail", "linde@zorgmail.nl",
    )  # fmt: skip
    assert len(session.scalars(select(Practice)).all()) == 1


def test_half_an_address_that_a_person_wrote_keeps_the_whole(bring, work, session):
    bring(ROW)
    mend_practice(work, street="Laan")
    again = bring(replace(ROW, street="Laan", town="Borne"))
    assert complaints(again) == [(2, "town", "person_wrote_practice", "Borne")]
    assert gp(session).practice.town == "Almelo"


def test_what_was_said_of_one_address_does_not_hold_a_gp_who_goes_to_another(bring, work, session):
    bring(ROW)
    mend_practice(work, channel="secure_mail", mailbox="linde@zorgmail.nl")
    moved = bring(replace(ROW, street="Plein", house_number="3"))
    assert [told.code for told in moved.told] == ["moves_post"]
    assert gp(session).practice.street == "Plein"
    line = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"gp:{gp(session).id}")).one()
    assert line.details == {"changes": {"practice_id": ["1", "2"]}, "source": "practices file"}


def test_a_gp_whom_a_person_put_at_another_practice_stays_there(bring, work, session):
    bring(ROW)
    secretary = work("secretary")
    elsewhere = practices.save(secretary, PracticeDetails("De Es", "post", street="Es", town="Borne"))
    mend(work, practice_id=elsewhere.id)
    again = bring(ROW)
    assert {one.code for one in again.complaints} == {"person_wrote_practice"}
    assert gp(session).practice.name == "De Es"


def test_a_practice_that_a_person_only_made_lets_its_gp_go(bring, work, session):
    told = {name: getattr(ROW, name) for name in ("name", "channel", "street", "house_number", "postcode", "town")}
    practices.save(work("secretary"), PracticeDetails(**told))
    bring(ROW)
    assert [told.code for told in bring(replace(ROW, town="Borne")).told] == ["moves_post"]


def test_what_the_file_changes_of_a_gp_is_told_and_noted_and_the_prefix_goes_with_its_name(bring, session):
    bring(ROW)
    outcome = bring(replace(ROW, family_name="Jansen", prefix=None, gp_agb="01999003"))
    assert (outcome.changed, gp(session).prefix, gp(session).family_name) == (1, None, "Jansen")
    assert {tell(told.code, told.params, "nl") for told in outcome.told} == {
        "huisarts Berg: achternaam wordt Jansen", "huisarts Berg: voorvoegsel wordt leeggemaakt",
        "huisarts Berg: AGB-code wordt 01999003",
    }  # fmt: skip
    line = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"gp:{gp(session).id}")).one()
    assert line.details["changes"] == {
        "family_name": ["Berg", "Jansen"], "prefix": ["van den", None], "agb": ["01999001", "01999003"],
    }  # fmt: skip


def test_what_the_file_changed_last_follows_the_file(bring, session):
    for name in ("Berg", "Jansen", "Smit"):
        outcome = bring(replace(ROW, family_name=name))
        assert outcome.complaints == ()
    assert gp(session).family_name == "Smit"


def test_a_name_that_a_person_wrote_keeps_its_prefix(bring, work, session):
    bring(ROW)
    mend(work, prefix="ten")
    outcome = bring(replace(ROW, family_name="Jansen", prefix=None))
    assert complaints(outcome) == [(2, "family_name", "person_wrote_practice", "Jansen")]
    assert (gp(session).prefix, gp(session).family_name) == ("ten", "Berg")


def test_the_signs_that_a_person_chose_for_a_practice_stay(bring, work, session):
    bring(replace(ROW, charset="latin_1"))
    mend_practice(work, charset="ascii")
    assert complaints(bring(replace(ROW, charset="latin_1"))) == [(2, "charset", "person_wrote_practice", "latin_1")]
    assert gp(session).practice.charset == "ascii"
