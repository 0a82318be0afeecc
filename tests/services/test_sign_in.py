"""Nobody comes in by a password alone: the second factor, its codes on paper, and what happens when the app is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.security import accounts, attempts, factors
from clinic.security.passwords import check_new_password, is_known
from clinic.services import own_factor, sign_in
from clinic.services.own_factor import Both
from clinic.services.sign_in import HALF_WAY, Door, NotHalfWay
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.users import User, UserSession
from tests import apps
from tests.conftest import MONDAY_MORNING

Start = Callable[..., Work]
PASSWORD, KEY, SEED = "klaver en boterbloem", "k" * 32, "5eed" * 10
LATER = timedelta(seconds=30)


@pytest.fixture
def nurse(work: Start) -> User:
    """A nurse with a password and no app yet."""
    start = work("nurse")
    user = start.session.get_one(User, start.actor.id)
    accounts.set_password(user, PASSWORD)
    start.session.commit()
    return user


@pytest.fixture
def door(session: Session) -> Door:
    """The door on Monday morning."""
    return Door(session, MONDAY_MORNING, KEY, "10.0.0.1", "Firefox")


def code(door: Door, seed: str = SEED, later: int = 0) -> str:
    """What the app shows at this door's hour."""
    return apps.shows_for(factors.secret_of(seed, KEY), door.now, later)


def with_app(door: Door, user: User) -> list[str]:
    """Set up the app of SEED an hour ago; gives the codes on paper."""
    before = replace(door, now=door.now - timedelta(hours=1))
    codes = factors.keep_app(door.session, user, SEED, code(before), KEY, before.now)
    door.session.commit()
    return codes


def half(door: Door) -> str:
    """The token after the password."""
    return sign_in.with_password(door, "nurse", PASSWORD).token


def said(door: Door) -> list[tuple[str, object]]:
    """What the log tells."""
    lines = door.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(line.action, line.details) for line in lines]


def test_a_password_alone_opens_nothing(door: Door, nurse: User) -> None:
    with_app(door, nurse)
    step = sign_in.with_password(door, " Nurse ", PASSWORD)
    row = door.session.get_one(UserSession, accounts.hashed(step.token))
    assert (step.whole, row.whole) == (False, False)
    assert said(door) == []
    with pytest.raises(NotHalfWay):
        sign_in.set_up(door, step.token, code(door))


def test_the_code_of_the_app_opens_once(door: Door, nurse: User) -> None:
    with_app(door, nurse)
    token = half(door)
    step = sign_in.with_factor(door, token, f" {code(door)[:3]} {code(door)[3:]}")
    row = door.session.get_one(UserSession, accounts.hashed(step.token))
    assert (step.whole, row.whole, row.address, row.agent) == (True, True, "10.0.0.1", "Firefox")
    assert step.token != token
    assert said(door)[-1] == ("session.signed_in", {"second_factor": "app"})
    for used in (code(door), code(door, later=-1)):
        with pytest.raises(RuleBroken, match="factor_wrong"):
            sign_in.with_factor(door, half(door), used)
    with pytest.raises(NotHalfWay):
        sign_in.with_factor(door, token, code(door, later=1))


@pytest.mark.parametrize(("later", "opens"), [(-4, False), (-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phones_clock_may_be_half_a_minute_off(door: Door, nurse: User, later: int, opens: bool) -> None:
    with_app(door, nurse)
    token = half(door)
    if opens:
        assert sign_in.with_factor(door, token, code(door, later=later)).whole
    else:
        with pytest.raises(RuleBroken, match="factor_wrong"):
            sign_in.with_factor(door, token, code(door, later=later))


def test_each_code_on_paper_opens_once_and_in_any_case(door: Door, nurse: User) -> None:
    first, second, *_more = with_app(door, nurse)
    assert sign_in.with_factor(door, half(door), first.upper().replace("-", " ")).whole
    assert said(door)[-1] == ("session.signed_in", {"second_factor": "recovery"})
    with pytest.raises(RuleBroken, match="factor_wrong"):
        sign_in.with_factor(door, half(door), first)
    assert factors.recovery_left(door.session, nurse) == factors.RECOVERY_CODES - 1
    assert sign_in.with_factor(door, half(door), second).whole
    stored = door.session.connection().exec_driver_sql("SELECT code_hash FROM recovery_codes").scalars().all()
    assert not {first, first.replace("-", ""), accounts.hashed(first)} & set(stored)


def test_who_has_no_app_sets_one_up_before_anything_else(door: Door, nurse: User) -> None:
    token = half(door)
    row = door.session.get_one(UserSession, accounts.hashed(token))
    assert row.new_seed
    with pytest.raises(NotHalfWay):
        sign_in.with_factor(door, token, code(door, row.new_seed))
    with pytest.raises(RuleBroken, match="factor_not_set_up"):
        sign_in.set_up(door, token, "000000")
    step, codes = sign_in.set_up(door, token, code(door, row.new_seed))
    assert step.whole
    assert len(set(codes)) == factors.RECOVERY_CODES
    assert nurse.factor_seed == row.new_seed
    assert said(door)[0] == ("account.changed", {"changes": {"second_factor": [None, "set up"]}})


def test_a_lost_app_is_replaced_with_password_and_the_managers_code_together(door: Door, nurse: User) -> None:
    paper = with_app(door, nurse)
    factors.lose_app(door.session, nurse, door.now, "0a1b-2c3d-4e5f-6071")
    door.session.commit()
    token = half(door)
    for gone in (code(door), paper[0], "another"):
        with pytest.raises(RuleBroken, match="factor_wrong"):
            sign_in.with_factor(door, token, gone)
    assert not sign_in.with_factor(door, token, "0A1B-2C3D-4E5F-6071").whole
    row = door.session.get_one(UserSession, accounts.hashed(token))
    step, _codes = sign_in.set_up(door, token, code(door, row.new_seed or ""))
    assert step.whole
    with pytest.raises(RuleBroken, match="factor_wrong"):
        sign_in.with_factor(door, half(door), "0a1b-2c3d-4e5f-6071")


def test_a_set_up_that_was_left_asks_the_managers_code_again_until_an_app_stands(door: Door, nurse: User) -> None:
    given = "0a1b-2c3d-4e5f-6071"
    factors.lose_app(door.session, nurse, door.now, given)
    door.session.commit()
    left, *others = (half(door) for _tab in range(3))
    assert not sign_in.with_factor(door, left, given).whole
    stranger = half(door)
    assert door.session.get_one(UserSession, accounts.hashed(stranger)).new_seed is None
    with pytest.raises(RuleBroken, match="factor_wrong"):
        sign_in.with_factor(door, stranger, "000000")
    for token in others:
        assert not sign_in.with_factor(door, token, given).whole
    first, second = (door.session.get_one(UserSession, accounts.hashed(token)).new_seed or "" for token in others)
    assert sign_in.set_up(door, others[0], code(door, first))[0].whole
    with pytest.raises(NotHalfWay):
        sign_in.set_up(door, others[1], code(door, second))
    with pytest.raises(RuleBroken, match="factor_wrong"):
        sign_in.with_factor(door, half(door), given)


@pytest.mark.parametrize(
    "meanwhile", ["factor_seed = 'x', factor_since = :at", "factor_code_hash = 'x', factor_code_until = :at"]
)
def test_an_app_does_not_stand_beside_what_came_in_its_place_meanwhile(door: Door, nurse: User, meanwhile: str) -> None:
    assert nurse.factor_seed is None
    door.session.execute(text(f"UPDATE users SET {meanwhile} WHERE id = :id"), {"id": nurse.id, "at": door.now})
    with pytest.raises(RuleBroken, match="factor_not_set_up"):
        factors.keep_app(door.session, nurse, SEED, code(door), KEY, door.now)


def test_a_managers_code_that_ended_still_keeps_a_password_from_setting_up_an_app(door: Door, nurse: User) -> None:
    factors.lose_app(door.session, nurse, door.now, "0a1b-2c3d-4e5f-6071")
    door.session.commit()
    late = replace(door, now=door.now + accounts.CODE_LIFE + LATER)
    with pytest.raises(RuleBroken, match="factor_wrong"):
        sign_in.with_factor(late, half(late), "0a1b-2c3d-4e5f-6071")


def test_a_forgotten_password_is_chosen_anew_and_the_app_stays_asked(door: Door, nurse: User) -> None:
    with_app(door, nurse)
    given = accounts.give_code(nurse, door.now)
    open_one = sign_in.with_factor(door, half(door), code(door)).token
    with pytest.raises(RuleBroken, match="code_wrong"):
        sign_in.with_code(door, "nurse", "0000-0000-0000-0000", "een heel ander woord")
    step = sign_in.with_code(door, "nurse", given, "een heel ander woord")
    assert door.session.get_one(UserSession, accounts.hashed(open_one)).ended_at == door.now
    with pytest.raises(RuleBroken, match="factor_wrong"):
        sign_in.with_factor(door, step.token, "000000")
    later = replace(door, now=door.now + LATER)
    assert sign_in.with_factor(later, step.token, code(later)).whole


def test_the_second_step_waits_ten_minutes_and_no_longer(door: Door, nurse: User) -> None:
    with_app(door, nurse)
    token = half(door)
    late = replace(door, now=door.now + HALF_WAY + LATER)
    for wrong in (token, "nonsense"):
        with pytest.raises(NotHalfWay):
            sign_in.with_factor(late, wrong, code(late))


def test_a_wrong_password_and_an_unknown_name_are_told_alike(door: Door, nurse: User) -> None:
    for name in ("nurse", "nobody"):
        with pytest.raises(RuleBroken, match="sign_in_wrong"):
            sign_in.with_password(door, name, "niet dit wachtwoord")
    nurse.active = False
    door.session.commit()
    with pytest.raises(RuleBroken, match="sign_in_wrong"):
        sign_in.with_password(door, "nurse", PASSWORD)
    assert [action for action, _details in said(door)] == ["session.sign_in_failed"] * 3


def test_guessing_at_the_second_step_has_to_wait_from_any_address(door: Door, nurse: User) -> None:
    with_app(door, nurse)
    token = half(door)
    for number in range(attempts.TRIES):
        with pytest.raises(RuleBroken, match="factor_wrong"):
            sign_in.with_factor(replace(door, address=f"10.0.0.{number}"), token, "000000")
    with pytest.raises(RuleBroken, match="sign_in_wait"):
        sign_in.with_factor(door, token, code(door))
    later = replace(door, now=door.now + attempts.WITHIN + LATER)
    assert sign_in.with_factor(later, half(later), code(later)).whole


def test_only_a_made_up_account_in_a_running_demo_comes_in_without_a_code(door: Door, nurse: User) -> None:
    demo = replace(door, demo=True)
    assert not sign_in.with_password(demo, "nurse", PASSWORD).whole
    nurse.demo = True
    door.session.commit()
    assert sign_in.with_password(demo, "nurse", PASSWORD).whole
    assert said(door)[-1] == ("session.signed_in", {"second_factor": "demo"})


def test_an_account_of_the_made_up_clinic_opens_no_register_that_is_served_for_real(door: Door, nurse: User) -> None:
    with_app(door, nurse)
    nurse.demo = True
    accounts.give_code(nurse, door.now, "een-twee-drie")
    door.session.commit()
    with pytest.raises(RuleBroken, match="sign_in_wrong"):
        sign_in.with_password(door, "nurse", PASSWORD)
    with pytest.raises(RuleBroken, match="code_wrong"):
        sign_in.with_code(door, "nurse", "een-twee-drie", "een heel ander woord")
    with pytest.raises(RuleBroken, match="both_wrong"):
        sign_in.with_both(door, "nurse", PASSWORD, code(door))
    assert not sign_in.half_way(door, nurse).whole  # as who comes by the hospital's sign-in under such a name


def test_another_app_takes_the_place_of_the_old_one_after_both_factors(door: Door, nurse: User, work: Start) -> None:
    paper = with_app(door, nurse)
    token = sign_in.with_factor(door, half(door), paper[0]).token
    other = sign_in.with_factor(door, half(door), paper[1]).token
    own = work("nurse")
    with pytest.raises(RuleBroken, match="password_wrong"):
        own_factor.begin(own, Both("niet dit wachtwoord", paper[2], token, KEY))
    with pytest.raises(RuleBroken, match="factor_wrong"):
        own_factor.begin(own, Both(PASSWORD, "000000", token, KEY))
    with pytest.raises(LookupError):
        own_factor.finish(own, token, code(door), KEY)
    own_factor.begin(own, Both(PASSWORD, paper[2], token, KEY))
    assert nurse.factor_seed == SEED
    seed = own_factor.new_seed_of(own, token)
    assert seed
    codes = own_factor.finish(own, token, code(door, seed), KEY)
    assert nurse.factor_seed == seed
    assert door.session.get_one(UserSession, accounts.hashed(other), populate_existing=True).ended_at == door.now
    assert door.session.get_one(UserSession, accounts.hashed(token), populate_existing=True).ended_at is None
    fresh = own_factor.new_codes(own, Both(PASSWORD, codes[0], token, KEY))
    assert not set(fresh) & set(codes)
    assert factors.recovery_left(door.session, nurse) == factors.RECOVERY_CODES


def test_an_account_without_an_app_sets_one_up_with_its_password(door: Door, nurse: User, work: Start) -> None:
    token = accounts.open_session(door.session, nurse, door.now)
    own_factor.begin(work("nurse"), Both(PASSWORD, "", token, KEY))
    assert own_factor.new_seed_of(work("nurse"), token)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("elf tekens..", ""),
        ("elf tekens.", "password_length"),
        ("a b" * 42 + "cd", ""),
        ("a b" * 43, "password_length"),
        ("Welkom123456", "password_common"),
        ("Zomer2026!!!", "password_common"),
        ("wachtwoordwachtwoord", "password_common"),
        ("qwertyuiop12", "password_common"),
        ("correct horse battery staple", "password_common"),
        ("mijn-bakker-2026", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("123456789012", "password_common"),
        ("klaver en boterbloem", ""),
        ("ALLEEN HOOFDLETTERS", ""),
    ],
)
def test_a_new_password_is_long_and_not_one_that_anybody_would_try(password: str, said: str) -> None:
    if said:
        with pytest.raises(RuleBroken, match=said):
            check_new_password(password, "bakker")
    else:
        check_new_password(password, "bakker")


def test_a_password_counts_exactly_as_typed(work: Start) -> None:
    user = User(username="bakker")
    accounts.set_password(user, PASSWORD + " ")
    assert accounts.password_fits(user, PASSWORD + " ")
    assert not accounts.password_fits(user, PASSWORD)
    assert not accounts.password_fits(None, PASSWORD)
    assert str(user.password_hash).startswith("$argon2id$")
    assert not is_known("")
