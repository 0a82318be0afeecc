"""A clinic's own version of the protocol: a draft with other numbers, and nothing of it counts yet."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from clinic.domain.errors import RuleBroken
from clinic.domain.numbers import values
from clinic.domain.protocol import BREAK_MONTHS, DEFAULT, DURATIONS, WINDOWS, Window
from clinic.domain.vocabulary import Drug
from clinic.services import protocols
from clinic.services.protocols import BadNumbers, ChangeDraft, NewVersion
from clinic.services.work import NotAllowed, Stale

YEARLY_15 = replace(DEFAULT, name="2027.1", yearly_months=15)
NEW = NewVersion("yearly control after 15 months", YEARLY_15, "token-1")


def row(manager, protocol_id):
    manager.session.expire_all()
    return protocols.found(manager.session, protocol_id)


def listed(manager):
    return [(one.row.name, one.made_by) for one in protocols.listed(manager.session)]


def change(made, **numbers):
    return ChangeDraft(made.id, made.version, made.reason, numbers)


def test_a_draft_has_its_own_numbers_and_is_not_in_force(work):
    manager = work("manager")
    made = row(manager, protocols.make(manager, NEW))
    assert protocols.protocol_of(made) == YEARLY_15
    assert protocols.in_force(manager.session) == (DEFAULT, None, None)
    assert listed(manager) == [("2027.1", "Test manager"), ("default-2026.1", None)]


def test_a_form_sent_twice_makes_one_draft(work):
    manager = work("manager")
    assert protocols.make(manager, NEW) == protocols.make(manager, NEW)


@pytest.mark.parametrize("name", ["2027.1", "default-2026.1"])
def test_a_name_belongs_to_one_version(work, name):
    manager = work("manager")
    protocols.make(manager, NEW)
    with pytest.raises(RuleBroken, match="protocol_name_taken"):
        protocols.make(manager, replace(NEW, protocol=replace(DEFAULT, name=name), form_token="token-2"))


def test_fractions_come_back_as_they_were(work):
    manager = work("manager")
    made = row(manager, protocols.make(manager, NEW))
    protocols.change(manager, change(made, low_bmi=Decimal("19.5"), mid_course_months=24))
    found = values(protocols.protocol_of(row(manager, made.id)))
    assert (found["low_bmi"], found["mid_course_months"], found["yearly_months"]) == (Decimal("19.5"), 24, 15)


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ({"yearly_months": 36}, "setting_bounds"),
        ({"yearly_months": Decimal("12.5")}, "setting_whole"),
        ({"yearly_months": None}, "setting_missing"),
        ({"credit_percent": 20}, "setting_credit"),
        ({"durations.denosumab.first": Decimal("2.3")}, "setting_half_years"),
        ({"height_amber_mm": 20}, "setting_order"),
        ({"windows.control.yearly.late_days": 100}, "setting_order"),
        ({"fracture_days": 42, "windows.dxa.after_fracture.opens_days": 41}, "setting_most"),
        ({"before_review_days": 29, "before_review_opens_months": 1}, "setting_most"),
    ],
)
def test_a_number_that_is_not_safe_is_refused(work, numbers, code):
    manager = work("manager")
    made = row(manager, protocols.make(manager, NEW))
    with pytest.raises(BadNumbers) as refused:
        protocols.change(manager, change(made, **numbers))
    assert [wrong.code for wrong in refused.value.wrongs] == [code]


@pytest.mark.parametrize(
    ("protocol", "key"),
    [
        (
            replace(YEARLY_15, windows={**WINDOWS, "course.close": Window(14, 1, 14, 90)}),
            "windows.course.close.opens_months",
        ),
        (replace(YEARLY_15, durations={**DURATIONS, Drug.DENOSUMAB: (Decimal(3), Decimal(6))}), "durations.denosumab"),
        (replace(YEARLY_15, break_months={**BREAK_MONTHS, Drug.ZOLEDRONIC_ACID: 1}), "break_months.zoledronic_acid"),
    ],
)
def test_a_file_with_unsafe_numbers_makes_no_draft(work, protocol, key):
    manager = work("manager")
    with pytest.raises(BadNumbers) as refused:
        protocols.make(manager, replace(NEW, protocol=protocol))
    assert [wrong.key for wrong in refused.value.wrongs] == [key]


def test_the_second_of_two_who_change_a_draft_is_told(work):
    manager = work("manager")
    made = row(manager, protocols.make(manager, NEW))
    old = change(made, yearly_months=14)
    protocols.change(manager, change(made, yearly_months=13))
    with pytest.raises(Stale):
        protocols.change(manager, old)


def test_a_change_that_changes_nothing_is_not_written_down(work):
    manager = work("manager")
    made = row(manager, protocols.make(manager, NEW))
    protocols.change(manager, change(made, yearly_months=15))
    assert row(manager, made.id).version == 1


def test_a_withdrawn_draft_is_off_the_list_and_stays_as_it_was(work):
    manager = work("manager")
    made = row(manager, protocols.make(manager, NEW))
    protocols.withdraw(manager, made.id)
    protocols.withdraw(manager, made.id)
    assert listed(manager) == [("default-2026.1", None)]
    with pytest.raises(RuleBroken, match="protocol_no_draft"):
        protocols.change(manager, change(made, yearly_months=13))


def test_a_version_that_is_not_there_is_not_found(work):
    with pytest.raises(LookupError):
        protocols.withdraw(work("manager"), 1)
    with pytest.raises(LookupError):
        protocols.change(work("manager"), ChangeDraft(1, 1, "nooit gemaakt", {"yearly_months": 13}))


def test_an_approved_version_that_is_active_is_in_force_with_who_approved_it(work):
    manager, doctor = work("manager"), work("doctor")
    protocols.active_row(manager.session).state = "retired"
    manager.session.flush()
    made = row(manager, protocols.make(manager, NEW))
    made.state, made.approved_by, made.approved_at = "active", doctor.actor.id, manager.now
    made.active_from = manager.today
    manager.session.flush()
    assert protocols.in_force(manager.session) == (YEARLY_15, manager.today, "Test doctor")


@pytest.mark.parametrize("role", ["nurse", "doctor", "secretary", "privacy_officer"])
def test_only_the_manager_makes_drafts(work, role):
    with pytest.raises(NotAllowed):
        protocols.make(work(role), NEW)
