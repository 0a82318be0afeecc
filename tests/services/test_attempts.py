"""Guessing is slowed down, and no stranger who guesses keeps a nurse out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.security import accounts, attempts, factors
from clinic.security.permissions import Role
from clinic.services import sign_in
from clinic.services.sign_in import Door
from clinic.store.audit import AuditEntry
from clinic.store.users import User, UserSession
from tests import apps
from tests.conftest import MONDAY_MORNING, account

PASSWORD, HERS, KEY = "klaver en boterbloem", "her browser", "k" * 32


@pytest.fixture
def nurse(session: Session) -> User:
    """A nurse with a password."""
    user = account(session, Role.NURSE)
    accounts.set_password(user, PASSWORD)
    session.commit()
    return user


@pytest.fixture
def door(session: Session) -> Door:
    """The clinic's address on Monday morning, in a browser that nobody knows."""
    return Door(session, MONDAY_MORNING, KEY, "10.0.0.1")


def guess(door: Door, times: int, name: str = "nurse") -> None:
    """A stranger guesses at a password."""
    for _ in range(times):
        with pytest.raises(RuleBroken, match="sign_in_wrong"):
            sign_in.with_password(door, name, "geraden wachtwoord")


def waits(door: Door, name: str = "nurse") -> bool:
    """Whether the password alone is not even looked at here."""
    try:
        sign_in.with_password(door, name, PASSWORD)
    except RuleBroken as broken:
        return broken.code == "sign_in_both"
    return False


def test_ten_guesses_close_this_account_at_this_address_for_ten_minutes(door: Door, nurse: User) -> None:
    guess(door, attempts.TRIES)
    assert waits(door)
    assert not waits(replace(door, address="10.0.0.2"))
    assert not waits(replace(door, now=door.now + attempts.WITHIN))


def test_a_stranger_with_many_addresses_has_fifty_guesses_at_one_account(door: Door, nurse: User) -> None:
    for number in range(attempts.MOST_STRANGERS // attempts.TRIES):
        guess(replace(door, address=f"203.0.113.{number}"), attempts.TRIES)
    assert waits(replace(door, address="203.0.113.99"))
    assert attempts.waiting(door.session, door.now) == {"nurse"}


def test_her_own_browser_lets_her_in_whatever_strangers_do_from_her_address(door: Door, nurse: User) -> None:
    hers = replace(door, device=HERS, knows=frozenset({nurse.id}))
    for number in range(attempts.MOST_STRANGERS // attempts.TRIES):
        guess(replace(door, address=f"10.0.0.{number}"), attempts.TRIES)
    assert waits(door)
    assert not waits(hers)
    guess(hers, attempts.TRIES)
    assert waits(hers)  # who sits at her computer guesses no more than anybody
    attempts.forget(door.session, "nurse")
    assert not waits(hers)


def test_a_browser_that_knows_somebody_else_is_a_strangers(door: Door, nurse: User) -> None:
    theirs = replace(door, device=HERS, knows=frozenset({nurse.id + 1}))
    guess(theirs, attempts.TRIES)
    assert waits(theirs)


def test_an_address_that_tries_every_name_waits_too(door: Door, nurse: User) -> None:
    for number in range(attempts.MOST_AT_ADDRESS // attempts.TRIES):
        guess(door, attempts.TRIES, f"name{number}")
    assert waits(door)
    assert not waits(replace(door, address="10.0.0.2"))


def test_a_name_of_any_length_is_counted_and_kept_short(door: Door, nurse: User) -> None:
    guess(door, attempts.TRIES, "x" * 5000)
    with pytest.raises(RuleBroken, match="sign_in_both"):
        sign_in.with_password(door, "x" * 5000, "geraden wachtwoord")


def test_a_one_time_code_is_not_guessed_either(door: Door, nurse: User) -> None:
    accounts.give_code(nurse, door.now)
    door.session.commit()
    for _ in range(attempts.TRIES):
        with pytest.raises(RuleBroken, match="code_wrong"):
            sign_in.with_code(door, "nurse", "0000-0000-0000-0000", "een heel ander woord")
    with pytest.raises(RuleBroken, match="sign_in_wait"):
        sign_in.with_code(door, "nurse", "0000-0000-0000-0000", "een heel ander woord")


STRANGERS = {
    "at her name from her address": lambda door: guess(door, attempts.TRIES),
    "at her name from everywhere": lambda door: [
        guess(replace(door, address=f"203.0.113.{number}"), attempts.TRIES) for number in range(5)
    ],
    "at every name from her address": lambda door: [
        guess(door, attempts.TRIES, f"name{number}") for number in range(20)
    ],
    "at her name with guessed codes": lambda door: [
        guess(door, attempts.TRIES),
        *(together(door, "geraden wachtwoord", "000000") for _ in range(attempts.MOST_AT_ADDRESS)),
    ],
}
"""What a stranger may do who wants to keep the nurse out."""


def together(door: Door, password: str, code: str, name: str = "nurse") -> str:
    """How it ends when password and code are given at once."""
    try:
        step = sign_in.with_both(door, name, password, code)
    except RuleBroken as broken:
        return broken.code
    row = door.session.get_one(UserSession, accounts.hashed(step.token))
    assert row.whole == step.whole
    return "in" if step.whole else "sets up an app" if row.new_seed else "half way"


def with_app(door: Door, nurse: User) -> tuple[str, list[str]]:
    """Her app's code of now, and her codes on paper."""
    paper = factors.new_recovery_codes(door.session, nurse, KEY, door.now)
    nurse.factor_seed, nurse.factor_since = apps.SEED, door.now
    door.session.commit()
    return apps.shows_for(factors.secret_of(apps.SEED, KEY), door.now), paper


@pytest.mark.parametrize("what", STRANGERS)
def test_no_stranger_keeps_her_out_of_a_browser_that_nobody_knows(door: Door, nurse: User, what: str) -> None:
    code, (paper, *_more) = with_app(door, nurse)
    STRANGERS[what](door)
    assert waits(door)
    assert together(door, PASSWORD, code) == "in"
    assert together(door, PASSWORD, code) == "both_wrong"  # a code opens once
    assert together(door, PASSWORD, paper) == "in"
    code_of_manager = accounts.give_code(nurse, door.now)
    door.session.commit()
    assert not sign_in.with_code(door, "nurse", code_of_manager, PASSWORD + "en").whole  # and the factor stays asked
    factors.lose_app(door.session, nurse, door.now, accounts.hashed("hers")[:8])
    door.session.commit()
    assert together(door, PASSWORD + "en", accounts.hashed("hers")[:8]) == "sets up an app"


def test_who_gives_both_and_fails_learns_nothing(door: Door, nurse: User) -> None:
    code, (paper, *_more) = with_app(door, nurse)
    tried = [("nurse", "geraden", code), ("nurse", "geraden", paper), ("nurse", PASSWORD, "000000"),
             ("nurse", "geraden", "000000"), ("nobody", PASSWORD, code)]  # fmt: skip
    for name, password, given in tried:
        assert together(door, password, given, name) == "both_wrong"
    lines = door.session.query(AuditEntry).order_by(AuditEntry.id).all()
    assert [(line.action, line.details, line.actor_id) for line in lines] == [
        ("session.sign_in_failed", None, nurse.id)] * 4 + [("session.sign_in_failed", None, None)]  # fmt: skip
    assert together(door, PASSWORD, code) == "in"  # what was right and led nowhere is not spent
    assert together(door, PASSWORD, paper) == "in"


def test_who_has_her_password_guesses_at_codes_no_faster_than_at_the_second_step(door: Door, nurse: User) -> None:
    code, _paper = with_app(door, nurse)
    token = sign_in.with_password(door, "nurse", PASSWORD).token
    for _ in range(attempts.TRIES):
        assert together(door, PASSWORD, "000000") == "both_wrong"
    assert together(door, PASSWORD, code) == "both_wrong"  # and does not hear that the password was right
    with pytest.raises(RuleBroken, match="sign_in_wait"):
        sign_in.with_factor(door, token, code)
    hers = replace(door, device=HERS, knows=frozenset({nurse.id}))
    assert sign_in.with_factor(hers, token, code).whole
