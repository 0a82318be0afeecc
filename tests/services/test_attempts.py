"""Guessing is slowed down, and no stranger who guesses keeps a nurse out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.security import accounts, attempts
from clinic.security.permissions import Role
from clinic.services import sign_in
from clinic.services.sign_in import Door
from clinic.store.users import User
from tests.conftest import MONDAY_MORNING, account

PASSWORD, HERS = "klaver en boterbloem", "her browser"


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
    return Door(session, MONDAY_MORNING, "k" * 32, "10.0.0.1")


def guess(door: Door, times: int, name: str = "nurse") -> None:
    """A stranger guesses at a password."""
    for _ in range(times):
        with pytest.raises(RuleBroken, match="sign_in_wrong"):
            sign_in.with_password(door, name, "geraden wachtwoord")


def waits(door: Door, name: str = "nurse") -> bool:
    """Whether somebody who knows the password is not even let try here."""
    try:
        sign_in.with_password(door, name, PASSWORD)
    except RuleBroken as broken:
        return broken.code == "sign_in_wait"
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
    with pytest.raises(RuleBroken, match="sign_in_wait"):
        sign_in.with_password(door, "x" * 5000, "geraden wachtwoord")


def test_a_one_time_code_is_not_guessed_either(door: Door, nurse: User) -> None:
    accounts.give_code(nurse, door.now)
    door.session.commit()
    for _ in range(attempts.TRIES):
        with pytest.raises(RuleBroken, match="code_wrong"):
            sign_in.with_code(door, "nurse", "0000-0000-0000-0000", "een heel ander woord")
    with pytest.raises(RuleBroken, match="sign_in_wait"):
        sign_in.with_code(door, "nurse", "0000-0000-0000-0000", "een heel ander woord")
