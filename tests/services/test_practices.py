"""Practices and GPs: kept once, changed with old and new in the log, stopped with a successor."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.services import practices
from clinic.services.practices import GP, PRACTICE, GpDetails, PracticeDetails
from clinic.services.work import NotAllowed, Stale
from clinic.store.audit import AuditEntry
from clinic.store.practices import Practice
from tests.factories import make_patient

LINDE = PracticeDetails("De Linde", "post", "01234567", "Dorpsstraat", "1", "8598 AB", "Oudeterp")


@pytest.fixture
def secretary(work):
    return work("secretary")


@pytest.fixture
def linde(secretary):
    return practices.save(secretary, LINDE)


def gp(work, practice, name="Bakker", row=None, **given):
    seen = practices.fingerprint(row, GP) if row else ""
    return practices.save_gp(work, GpDetails(practice.id, "gp", name, **given), row.id if row else None, seen)


def test_the_same_form_sent_twice_is_one_practice_and_one_gp(secretary, linde):
    assert practices.save(secretary, LINDE) is linde
    assert gp(secretary, linde, agb="01000001") is gp(secretary, linde, agb="01000001")


def test_a_change_is_logged_with_old_and_new(secretary, linde):
    changed = replace(LINDE, channel="secure_mail", mailbox="500000101")
    practices.save(secretary, changed, linde.id, practices.fingerprint(linde, PRACTICE))
    entry = secretary.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry.subject == f"practice:{linde.id}"
    assert entry.details["changes"] == {"channel": ["post", "secure_mail"], "mailbox": [None, "500000101"]}


def test_a_page_that_was_overtaken_names_who_was_first(secretary, linde, work):
    seen = practices.fingerprint(linde, PRACTICE)
    practices.save(work("manager"), replace(LINDE, town="Sneek"), linde.id, seen)
    with pytest.raises(Stale, match="Test manager"):
        practices.save(secretary, replace(LINDE, street="Kade"), linde.id, seen)


@pytest.mark.parametrize("agb", ["1234567", "123456789", "0123456a", "٠١٢٣٤٥٦٧"])
def test_an_agb_code_has_eight_digits(secretary, linde, agb):
    with pytest.raises(RuleBroken, match="agb_eight_digits"):
        practices.save(secretary, replace(LINDE, name="Anders", agb=agb))
    with pytest.raises(RuleBroken, match="agb_eight_digits"):
        gp(secretary, linde, agb=agb)


def test_a_second_practice_of_the_same_name_at_the_same_address_is_refused(secretary, linde):
    with pytest.raises(RuleBroken, match="practice_known"):
        practices.save(secretary, replace(LINDE, phone="+31513200037"))


def test_the_agb_code_of_a_gp_is_one_persons(secretary, linde):
    gp(secretary, linde, agb="01000001")
    with pytest.raises(RuleBroken, match="agb_taken_gp"):
        gp(secretary, linde, "Smit", agb="01000001")


def test_who_stopped_has_a_successor_and_is_offered_no_longer(secretary, linde):
    old, young = gp(secretary, linde), gp(secretary, linde, "Smit")
    gp(secretary, linde, row=old, stopped_on=date(2026, 11, 1), successor_id=young.id)
    assert old.successor_id == young.id
    assert practices.find_gps(secretary, "linde") == [young]


def test_a_successor_follows_somebody_who_stopped_and_is_somebody_else(secretary, linde):
    old, young = gp(secretary, linde), gp(secretary, linde, "Smit")
    with pytest.raises(RuleBroken, match="successor_without_stop"):
        gp(secretary, linde, row=old, successor_id=young.id)
    with pytest.raises(RuleBroken, match="successor_not_at_work"):
        gp(secretary, linde, row=old, stopped_on=date(2026, 11, 1), successor_id=old.id)


@pytest.mark.parametrize("text", ["linde", "OUDETERP", "01234567", "bakk"])
def test_a_practice_is_found_by_name_town_code_or_gp(secretary, linde, text):
    gp(secretary, linde)
    practices.save(secretary, replace(LINDE, name="Kade", agb=None, town="Sneek"))
    rows, more = practices.listed(secretary, text)
    assert (list(rows), more) == ([linde], None)


@pytest.mark.parametrize("text", ["Öztürk", "öztürk", "ozturk", "ÉTANG", "etang", "  Öz"])
def test_a_name_or_town_that_begins_with_a_marked_capital_is_found_in_any_letters(secretary, text):
    there = practices.save(secretary, replace(LINDE, town="Étang"))
    ozturk = gp(secretary, there, "Öztürk")
    practices.save(secretary, replace(LINDE, name="Kade", agb=None, town=None))
    assert practices.find_gps(secretary, text) == [ozturk]


def test_a_name_in_other_letters_is_found_and_a_sign_fits_nobody(secretary, linde):
    greek = gp(secretary, linde, "Ωμέγα")
    assert practices.find_gps(secretary, "ωμέγα") == [greek]
    assert practices.find_gps(secretary, "%") == []


def test_every_practice_is_on_one_page_of_the_list(secretary):
    secretary.session.add_all(Practice(name=f"Praktijk {number % 7}") for number in range(120))
    secretary.session.flush()
    seen, after = [], 0
    while after is not None:
        rows, after = practices.listed(secretary, "", after)
        seen += [row.id for row in rows]
    assert len(seen) == len(set(seen)) == 120


def test_the_gps_of_a_practice_come_with_how_many_patients(secretary, linde):
    bakker, smit = gp(secretary, linde), gp(secretary, linde, "Smit")
    make_patient(secretary, gp_id=bakker.id)
    assert practices.gps_of(secretary, linde.id) == [(bakker, 1), (smit, 0)]


def test_a_privacy_officer_changes_no_practice(work):
    with pytest.raises(NotAllowed):
        practices.save(work("privacy_officer"), LINDE)


def test_saving_what_stands_changes_nothing_and_a_practice_that_is_gone_is_not_found(secretary, linde):
    practices.save(secretary, LINDE, linde.id, practices.fingerprint(linde, PRACTICE))
    assert [entry.subject for entry in secretary.session.scalars(select(AuditEntry))] == [f"practice:{linde.id}"]
    with pytest.raises(LookupError):
        practices.save(secretary, LINDE, 999)


def test_of_two_who_enter_one_code_at_the_same_moment_one_is_told(secretary, linde, monkeypatch):
    gp(secretary, linde, agb="01000001")
    monkeypatch.setattr(practices, "check_gp", lambda *_looked_before_the_other_wrote: None)
    with pytest.raises(RuleBroken, match="agb_taken_gp"):
        gp(secretary, linde, name="Visser", agb="01000001")


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"channel": "secure_mail"}, "channel_needs_mailbox"),
        ({"channel": "edifact"}, "channel_needs_mailbox"),
        ({"channel": "edifact", "mailbox": "500000101", "agb": None}, "channel_needs_agb"),
    ],
)
def test_what_a_channel_needs_is_asked_with_the_practice(secretary, linde, given, refused):
    with pytest.raises(RuleBroken, match=refused):
        practices.save(secretary, replace(LINDE, **given), linde.id, practices.fingerprint(linde, PRACTICE))


def test_by_edifact_the_code_of_the_practice_or_of_each_gp_will_do(secretary, linde):
    told = replace(LINDE, channel="edifact", mailbox="500000101", agb=None)
    young = gp(secretary, linde, agb="01000001")
    old = gp(secretary, linde, "Smit", stopped_on=date(2026, 11, 1))
    practices.save(secretary, told, linde.id, practices.fingerprint(linde, PRACTICE))
    for row, name in ((None, "Mulder"), (young, "Bakker")):
        with pytest.raises(RuleBroken, match="channel_needs_agb_gp"):
            gp(secretary, linde, name, row)
    gp(secretary, linde, "Smit", old, stopped_on=date(2026, 11, 2))
    practices.save(secretary, replace(told, agb="01234567"), linde.id, practices.fingerprint(linde, PRACTICE))
    assert gp(secretary, linde, "Mulder").agb is None
