"""A session lasts while somebody works; a screen that is left alone lets nobody in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.store.users import UserSession


def seen_at(database: Engine) -> datetime:
    """When the person was last at work, as far as it is kept."""
    with Session(database) as session:
        return session.scalars(select(UserSession.seen_at)).one()


def test_who_works_on_stays_signed_in_and_the_clock_is_written_once_a_minute(
    database: Engine, sign_in: Callable[[Role], FlaskClient], clock: time_machine.Traveller
) -> None:
    client = sign_in(Role.NURSE)
    began = seen_at(database)
    clock.shift(30)
    client.get("/")
    assert seen_at(database) == began
    for _ in range(2):
        clock.shift(timedelta(minutes=10))
        assert client.get("/").status_code == 200
    assert seen_at(database) > began + timedelta(minutes=20)


def test_a_first_page_that_asks_for_alarms_by_itself_keeps_nobody_signed_in(
    sign_in: Callable[[Role], FlaskClient], clock: time_machine.Traveller
) -> None:
    client = sign_in(Role.NURSE)
    for _minute in range(15):
        assert client.get("/alarms").status_code == 200
        clock.shift(timedelta(minutes=1))
    clock.shift(timedelta(seconds=1))
    assert client.get("/alarms").status_code == 401


def test_a_screen_left_alone_for_a_quarter_of_an_hour_asks_to_sign_in(
    sign_in: Callable[[Role], FlaskClient], clock: time_machine.Traveller
) -> None:
    client = sign_in(Role.NURSE)
    clock.shift(timedelta(minutes=15, seconds=1))
    assert client.get("/").status_code == 401
