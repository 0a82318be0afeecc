"""`clinic user` and `clinic due`: what an operator does without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.security import accounts, factors
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.accounts import may_authorise
from clinic.services.clock import Watch
from clinic.services.operators import by_command
from clinic.services.work import local_day
from clinic.store.base import make_engine
from clinic.store.dumps import Unusable
from clinic.store.patients import Patient
from clinic.store.restores import unconfirmed_since
from clinic.store.schema import NewerSchema, migrate
from clinic.store.users import User
from clinic.web import clock
from clinic.web.units import now
from config import Settings, SettingsError

BATCH = 500
WRONG_CLOCK = {
    "nl": "Er is niets geschreven: de klok van deze machine loopt verkeerd ({wrong}). Zie docs/operate.md, de klok.",
    "en": "Nothing was written: the clock of this machine is wrong ({wrong}). See docs/operate.md, the clock.",
}
UNCONFIRMED = {
    "nl": "Er is niets geschreven: het register is teruggezet en nog niet bevestigd; zie `clinic restore --confirm`.",
    "en": "Nothing was written: the register was restored and is not confirmed yet; see `clinic restore --confirm`.",
}


def up_to_date() -> Settings:
    """The settings, after their register was brought to this program's version; else why not, in one sentence."""
    try:
        told = Settings.from_env()
        migrate(told.database_url, told.owner_url)
    except (SettingsError, Unusable) as problem:
        raise click.ClickException(str(problem)) from problem
    except NewerSchema as newer:
        raise click.ClickException(f"The database was written by a newer Botwacht (version {newer}).") from newer
    return told


@contextmanager
def register() -> Iterator[Session]:
    """A session on the register of the settings, brought up to date first; kept when nothing went wrong."""
    engine = make_engine(up_to_date().database_url)
    try:
        with Session(engine.execution_options(writes=True), expire_on_commit=False) as session:
            yield session
            session.commit()
    finally:
        engine.dispose()


def need_right_clock(engine: Engine, lang: str = "en") -> None:
    """Refuse in a sentence, with exit status 1, to write by a clock that cannot be believed."""
    if wrong := clock.found(engine, Watch()):
        raise click.ClickException(WRONG_CLOCK[lang].format(wrong=wrong.value))


@click.group("user")
def user() -> None:
    """Accounts."""


@user.command("add")
@click.argument("username")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", default=None, help="Name as letters and lists show it; else the user name.")
@click.option("--function", default=None, help="Function under a signature; else the role.")
def add_user(username: str, role: str, name: str | None, function: str | None) -> None:
    """Make an account and print its one-time code."""
    username = username.strip().lower()
    with register() as session:
        if session.scalar(select(User.id).where(User.username == username)):
            raise click.ClickException(f"There is an account {username} already.")
        person = User(
            username=username, name=name or username, function=function or role, role=role,
            may_authorise=may_authorise(Role(role), mandate=False), created_at=now(),
        )  # fmt: skip
        code = accounts.give_code(person, now())
        session.add(person)
        session.flush()
        note(session, Action.ACCOUNT_CHANGED, f"user:{person.id}")
    click.echo(f"{username}: one-time code {code}, for {accounts.CODE_LIFE.days} days, at /one-time-code")


@user.command("code")
@click.argument("username")
@click.option("--second-factor", is_flag=True, help="For a lost app in place of a lost password.")
def user_code(username: str, second_factor: bool) -> None:
    """Print a one-time code for an account whose owner lost her password or her app, when no manager can."""
    with register() as session:
        person = session.scalar(select(User).where(User.username == username.strip().lower(), User.active.is_(True)))
        if person is None:
            raise click.ClickException(f"There is no open account {username}.")
        if second_factor:
            code = accounts.new_code()
            factors.lose_app(session, person, now(), code)
        else:
            person.password_hash = None
            code = accounts.give_code(person, now())
        accounts.end_all_sessions(session, person.id, now(), "one-time code given")
        note(session, Action.ACCOUNT_CHANGED, f"user:{person.id}")
    where = "where the code of the app is asked" if second_factor else "at /one-time-code"
    click.echo(f"{person.username}: one-time code {code}, for {accounts.CODE_LIFE.days} days, {where}")


def note(session: Session, action: Action, subject: str | None, patient_id: int | None = None) -> None:
    """A line in the log of something done at the machine itself, where nobody signs in."""
    session.add(by_command(now(), action, patient_id=patient_id, subject=subject))


@click.command("due")
@click.option("--check", is_flag=True, help="Only compare; exit status 1 when something differs.")
def due(check: bool) -> None:
    """Rebuild every patient's due items and alerts from the facts, or compare with what is stored."""
    today = local_day(now())
    wrong: list[str] = []
    count = 0
    with register() as session:
        if not check and unconfirmed_since(session.connection()):
            raise click.ClickException(UNCONFIRMED["en"])
        for batch in batches(session, hold=not check):
            count += len(batch)
            ids = set(items.differences(session, batch, today))
            wrong += [patient.number for patient in batch if patient.id in ids]
            if not check:
                items.rebuild(session, batch, today)
                note(session, Action.ITEMS_REBUILT, None)
                session.commit()
    click.echo(f"{count} patients, {len(wrong)} differed")
    for number in wrong:
        click.echo(number)
    if check and wrong:
        raise SystemExit(1)


def batches(session: Session, hold: bool) -> Iterator[list[Patient]]:
    """All patients, some at a time, by key; locked when they are written, so that no save of meanwhile is undone."""
    last = 0
    while True:
        query = select(Patient).where(Patient.id > last).order_by(Patient.id).limit(BATCH)
        if hold:
            query = query.with_for_update(of=Patient).execution_options(populate_existing=True)
        found = list(session.scalars(query))
        if not found:
            return
        last = found[-1].id
        yield found
