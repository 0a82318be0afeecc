"""The manager makes, changes and closes accounts; a person changes her own password."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, select

from clinic.domain.errors import RuleBroken
from clinic.security import accounts as doors
from clinic.security import attempts, factors
from clinic.security.permissions import Role
from clinic.services import accounts
from clinic.services.work import Actor, NotAllowed, Stale, Work, begin
from clinic.store.audit import AuditEntry
from clinic.store.users import User, UserSession
from tests import apps

Start = Callable[..., Work]
CODE = "0a1b-2c3d-4e5f-6071"


def code_of(seed: str, at: datetime) -> str:
    """What the app of this seed shows."""
    return apps.shows_for(factors.secret_of(seed, "key"), at)


def bakker(**given: object) -> accounts.NewAccount:
    """A nurse to be."""
    fields = {"username": "bakker", "name": "J. Bakker", "function": "verpleegkundige", "role": Role.NURSE,
              "mandate": False, "code": CODE} | given  # fmt: skip
    return accounts.NewAccount(**fields)  # type: ignore[arg-type]


def as_it_is(user: User, **given: object) -> accounts.ChangeAccount:
    """A form on which nothing was changed yet."""
    fields = {"user_id": user.id, "name": user.name, "function": user.function, "role": Role(user.role),
              "mandate": user.may_authorise, "seen": accounts.fingerprint(user)} | given  # fmt: skip
    return accounts.ChangeAccount(**fields)  # type: ignore[arg-type]


def last_noted(work: Work) -> AuditEntry:
    entry = work.session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))
    assert entry is not None
    return entry


def open_sessions(work: Work, user: User) -> int:
    return len(work.session.scalars(select(UserSession).where(
        UserSession.user_id == user.id, UserSession.ended_at.is_(None))).all())  # fmt: skip


def test_a_new_account_opens_with_its_code_and_has_no_password(work: Start) -> None:
    manager = work("manager")
    user = accounts.add(manager, bakker(username=" Bakker "))
    assert (user.username, user.active, user.password_hash) == ("bakker", True, None)
    assert doors.code_fits(user, CODE, manager.now)
    assert not doors.code_fits(user, CODE, manager.now + doors.CODE_LIFE + timedelta(seconds=1))
    assert last_noted(manager).details == {"changes": {"account": [None, "bakker"], "role": [None, "nurse"]}}
    assert CODE not in str(last_noted(manager).details)


def test_the_same_form_twice_is_one_account(work: Start) -> None:
    manager = work("manager")
    assert accounts.add(manager, bakker()).id == accounts.add(manager, bakker()).id
    with pytest.raises(RuleBroken, match="username_taken"):
        accounts.add(manager, bakker(code="another"))


@pytest.mark.parametrize("username", ["", "a", "1bakker", "bakker jan", "bakker|x", "bäkker", "b" * 41])
def test_a_user_name_is_plain(work: Start, username: str) -> None:
    with pytest.raises(RuleBroken, match="username_form"):
        accounts.add(work("manager"), bakker(username=username))


@pytest.mark.parametrize(("role", "mandate", "may"), [
    ("doctor", False, True), ("nurse", True, True), ("nurse", False, False), ("secretary", True, False),
])  # fmt: skip
def test_a_doctor_authorises_by_profession_and_a_nurse_by_mandate(
    work: Start, role: str, mandate: bool, may: bool
) -> None:
    assert accounts.add(work("manager"), bakker(role=Role(role), mandate=mandate)).may_authorise is may


def test_another_role_asks_and_ends_the_sessions(work: Start) -> None:
    manager = work("manager")
    user = accounts.add(manager, bakker())
    doors.open_session(manager.session, user, manager.now)
    with pytest.raises(RuleBroken, match="role_confirm"):
        accounts.change(manager, as_it_is(user, role=Role.DOCTOR))
    manager.session.rollback()
    doors.open_session(manager.session, user, manager.now)
    accounts.change(manager, as_it_is(user, role=Role.DOCTOR, role_confirmed=True))
    assert user.role == "doctor"
    assert open_sessions(manager, user) == 0
    assert last_noted(manager).details == {"changes": {"role": ["nurse", "doctor"], "may_authorise": [False, True]}}


def test_a_change_on_an_old_page_is_refused(work: Start) -> None:
    manager = work("manager")
    user = accounts.add(manager, bakker())
    old = as_it_is(user, name="J. Bakker-Smit")
    accounts.change(manager, as_it_is(user, function="regieverpleegkundige"))
    with pytest.raises(Stale):
        accounts.change(manager, old)


def test_a_closed_account_lets_nobody_in_from_that_moment(work: Start) -> None:
    manager = work("manager")
    user = accounts.add(manager, bakker())
    doors.open_session(manager.session, user, manager.now)
    accounts.deactivate(manager, user.id)
    assert (user.active, open_sessions(manager, user)) == (False, 0)
    assert not doors.code_fits(user, CODE, manager.now)
    accounts.reactivate(manager, user.id, "another-code")
    assert user.active
    assert doors.code_fits(user, "another-code", manager.now)


def test_a_code_takes_the_place_of_the_password(work: Start) -> None:
    manager = work("manager")
    user = accounts.add(manager, bakker())
    doors.set_password(user, "fietsen over de dijk")
    doors.open_session(manager.session, user, manager.now)
    accounts.new_code(manager, user.id, "another-code")
    before = last_noted(manager).id
    accounts.new_code(manager, user.id, "another-code")
    assert last_noted(manager).id == before
    assert not doors.password_fits(user, "fietsen over de dijk")
    assert open_sessions(manager, user) == 0


def test_a_manager_does_not_shut_herself_out(work: Start) -> None:
    manager = work("manager")
    own = manager.session.get_one(User, manager.actor.id)
    for act in (
        lambda: accounts.deactivate(manager, own.id),
        lambda: accounts.new_code(manager, own.id, CODE),
        lambda: accounts.change(manager, as_it_is(own, role=Role.NURSE, role_confirmed=True)),
    ):
        with pytest.raises(RuleBroken, match="own_account"):
            act()


def test_the_last_manager_stays(work: Start) -> None:
    first = work("manager")
    other = accounts.add(first, bakker(role=Role.MANAGER))
    first.session.get_one(User, first.actor.id).active = False  # closed by the other one a moment ago
    first.session.flush()
    with pytest.raises(RuleBroken, match="last_manager"):
        accounts.deactivate(first, other.id)


def test_who_failed_too_often_can_be_let_in_at_once(work: Start) -> None:
    manager = work("manager")
    user = accounts.add(manager, bakker())
    other = accounts.add(manager, bakker(username="bakker2"))
    for _ in range(attempts.TRIES):
        for somebody in (user, other):
            attempts.remember(manager.session, attempts.at_the_door(somebody.username, "10.0.0.1"), manager.now)
    assert [row.waits for row in accounts.listed(manager) if row.user.id == user.id] == [True]
    accounts.unlock(manager, user.id)
    waits = {row.user.username: row.waits for row in accounts.listed(manager)}
    assert (waits["bakker"], waits["bakker2"]) == (False, True)


def test_the_list_has_active_accounts_first(work: Start) -> None:
    manager = work("manager")
    closed = accounts.add(manager, bakker(name="A. Aarts"))
    accounts.deactivate(manager, closed.id)
    assert [row.user.active for row in accounts.listed(manager)] == [True, False]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MANAGER])
def test_only_a_manager_keeps_accounts(work: Start, role: Role) -> None:
    somebody = work(role)
    for act in (
        lambda: accounts.listed(somebody),
        lambda: accounts.add(somebody, bakker()),
        lambda: accounts.deactivate(somebody, 1),
        lambda: accounts.new_code(somebody, 1, CODE),
        lambda: accounts.unlock(somebody, 1),
        lambda: accounts.rename(somebody, 1, "x", "x", "x"),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_person_changes_her_own_password_and_only_this_session_stays(work: Start) -> None:
    nurse = work("nurse")
    user = nurse.session.get_one(User, nurse.actor.id)
    doors.set_password(user, "klaver en boterbloem")
    here = doors.open_session(nurse.session, user, nurse.now)
    doors.open_session(nurse.session, user, nurse.now)
    nurse.session.commit()
    with pytest.raises(RuleBroken, match="password_wrong"):
        accounts.change_password(nurse, "niet dit wachtwoord", "een heel ander woord", here)
    with pytest.raises(RuleBroken, match="password_length"):
        accounts.change_password(nurse, "klaver en boterbloem", "kort", here)
    nurse.session.rollback()
    accounts.change_password(nurse, "klaver en boterbloem", "een heel ander woord", here)
    assert doors.password_fits(user, "een heel ander woord")
    left = nurse.session.scalars(select(UserSession.token_hash).where(UserSession.ended_at.is_(None))).all()
    assert left == [doors.hashed(here)]
    assert not re.search("heel ander|boterbloem", str(last_noted(nurse).details))


def test_who_comes_in_by_the_hospitals_account_has_no_password_here(work: Start) -> None:
    nurse = work("nurse")
    user = nurse.session.get_one(User, nurse.actor.id)
    user.subject, user.password_hash = "a number at the hospital", None
    nurse.actor = replace(nurse.actor, confirmed_at=nurse.now)
    with pytest.raises(RuleBroken, match="password_elsewhere"):
        accounts.change_password(nurse, "", "een heel ander woord", "")
    assert user.password_hash is None


def test_guessing_at_the_own_password_has_to_wait_too(work: Start) -> None:
    nurse = work("nurse")
    for _ in range(attempts.TRIES):
        with pytest.raises(RuleBroken, match="password_wrong"):
            accounts.change_password(nurse, "niet dit wachtwoord", "een heel ander woord", "")
    with pytest.raises(RuleBroken, match="password_wait"):
        accounts.change_password(nurse, "niet dit wachtwoord", "een heel ander woord", "")
    told = last_noted(nurse)
    assert (told.action, told.actor_id, told.details) == (
        "session.sign_in_failed", nurse.actor.id, {"because": "password_wait"},
    )  # fmt: skip


def test_two_managers_who_close_each_other_at_the_same_moment(database: Engine, work: Start) -> None:
    first = work("manager")
    other = accounts.add(first, bakker(role=Role.MANAGER))
    pair = [first.actor, Actor(other.id, other.name, other.function, Role.MANAGER)]
    first.session.close()
    together = Barrier(2)

    def close(who: Actor, whom: Actor) -> None:
        together.wait()
        with begin(database, who, first.now) as own, suppress(RuleBroken):
            accounts.deactivate(own, whom.id)

    threads = [Thread(target=close, args=pair), Thread(target=close, args=pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = work("manager").session.scalars(accounts.managers()).all()
    assert len(left) == 1


def test_what_changes_nothing_is_not_noted(work: Start) -> None:
    manager = work("manager")
    user = accounts.add(manager, bakker())
    made = last_noted(manager).id
    accounts.change(manager, as_it_is(user))
    assert last_noted(manager).id == made
    for _press in range(2):
        accounts.deactivate(manager, user.id)
    assert last_noted(manager).id == made + 1


def test_a_lost_app_opens_nothing_and_a_code_replaces_it(work: Start) -> None:
    manager = work("manager")
    user = accounts.add(manager, bakker())
    factors.keep_app(manager.session, user, "aa" * 20, code_of("aa" * 20, manager.now), "key", manager.now)
    doors.open_session(manager.session, user, manager.now)
    assert factors.recovery_left(manager.session, user) == factors.RECOVERY_CODES
    accounts.new_factor_code(manager, user.id, "0a1b-2c3d-4e5f-0000")
    accounts.new_factor_code(manager, user.id, "0a1b-2c3d-4e5f-0000")
    assert (user.factor_seed, factors.recovery_left(manager.session, user), open_sessions(manager, user)) == (
        None,
        0,
        0,
    )
    assert last_noted(manager).details == {"changes": {"second_factor": [None, "one-time code"]}}
    with pytest.raises(RuleBroken, match="own_account"):
        accounts.new_factor_code(manager, manager.actor.id, "x")
    with pytest.raises(NotAllowed):
        accounts.new_factor_code(work("nurse"), user.id, "x")
