"""How letters travel to many practices comes from one file: tried first, by AGB code, and with its history."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.services import imports
from clinic.services.imports import Import
from clinic.store.audit import AuditEntry
from clinic.store.practices import Practice

MAPPING = mapping.parse(Path("docs/mappings/channels.toml").read_bytes(), interop.FIELDS)


@pytest.fixture
def bring(work, session):
    """Two addresses of one practice and another practice; `bring(row, …)` says the outcome."""
    session.add_all([
        Practice(name="De Brink", agb="01000001", street="A"), Practice(name="De Brink", agb="01000001", street="B"),
        Practice(name="De Es", agb="01000002", channel="secure_mail", mailbox="es@zorg"),
    ])  # fmt: skip
    session.commit()

    def start(*rows, tried=False):
        content = "\n".join(("AGB_PRAKTIJK;VERZENDWIJZE;POSTBUS", *rows)).encode()
        command = Import(interop.parse(tables.read(content, "list.csv"), MAPPING), "list.csv", "0" * 64)
        return (imports.try_out if tried else imports.commit)(work("manager"), command)

    return start


def ways(session):
    session.expire_all()
    return [(row.channel, row.mailbox) for row in session.scalars(select(Practice).order_by(Practice.id))]


def test_each_address_of_a_practice_gets_the_channel_and_nothing_changes_twice(bring, session):
    row = "01000001;secure_mail;brink@zorg"
    assert bring(row, tried=True).changed == 1
    assert ways(session)[0] == ("post", None)
    outcome = bring(row)
    assert [told.code for told in outcome.told] == ["channel_secure_mail"] * 2
    assert ways(session) == [("secure_mail", "brink@zorg")] * 2 + [("secure_mail", "es@zorg")]
    assert bring(row).unchanged == 1
    said = select(AuditEntry.details).where(AuditEntry.action == "practice.saved")
    assert session.scalars(said).first() == {
        "changes": {"channel": ["post", "secure_mail"], "mailbox": [None, "brink@zorg"]}
    }


def test_back_to_post_leaves_no_mailbox(bring, session):
    bring("01000002;post;")
    assert ways(session)[2] == ("post", None)


def test_the_codes_of_the_letter_service_are_named_where_the_mapping_says(bring, monkeypatch, session):
    told = Path("docs/mappings/channels.toml").read_text() + '[values.channel]\n"ZM" = "secure_mail"\n'
    assert "under [values.channel]" in told
    monkeypatch.setitem(globals(), "MAPPING", mapping.parse(told.encode(), interop.FIELDS))
    bring("01000001;ZM;brink@zorg")
    assert ways(session)[0] == ("secure_mail", "brink@zorg")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("1;post;", "agb_form"),
        ("01000001;fax;", "channel_unknown"),
        ("01000001;edifact;", "mailbox_missing"),
        ("01000009;post;", "practice_not_here"),
        (";post;", "empty"),
    ],
)
def test_a_row_that_cannot_be_stays_out_and_says_why(bring, row, code):
    outcome = bring(row, "01000002;post;")
    assert code in [complaint.code for complaint in outcome.complaints]
    assert outcome.changed == 1
