"""What tests ask for: a database, somebody's unit of work, the app, a browser."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.services.work import Actor, Work
from clinic.store.base import make_engine
from clinic.store.users import User
from tests.database import (
    KINDS,
    Copies,
    NoServer,
    PrivateServer,
    not_kept,
    private_server,
    statements_compiled_once,
)

pytest_plugins = ["tests.browser_fixtures", "tests.coverage_gate", "tests.demo_register", "tests.web_fixtures"]

MONDAY = date(2026, 11, 23)
MONDAY_MORNING = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - the store keeps UTC without a zone; 10:00 in Amsterdam
ON_BOTH = ("tests/store", "tests/services")
IN_CI = os.environ.get("CI") == "true"

hypothesis_settings.register_profile("quick", deadline=None, max_examples=100)
hypothesis_settings.register_profile("soak", deadline=None, max_examples=5000)
hypothesis_settings.load_profile("quick")


def folder_of(path: Path, root: Path) -> str:
    """tests/domain, tests/web, …"""
    return "/".join(path.relative_to(root).parts[:2])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Stores and services are tested on both databases, everything else on SQLite."""
    if "database_kind" not in metafunc.fixturenames:
        return
    folder = folder_of(metafunc.definition.path, metafunc.config.rootpath)
    kinds = KINDS if folder in ON_BOTH or metafunc.definition.get_closest_marker("both") else KINDS[:1]
    metafunc.parametrize("database_kind", kinds)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What the program and the tests are made of is no garbage: looking through it again and again took minutes."""
    gc.collect()
    gc.freeze()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a test often waits for a server, a browser or PostgreSQL."""
    return len(os.sched_getaffinity(0)) + 1


def cannot_run(config: pytest.Config, part: str, why: str) -> None:
    """Leave a part out loudly on a desk; in CI it fails."""
    message = f"{part} DID NOT RUN: {why}"
    if IN_CI:
        pytest.fail(message, pytrace=False)
    config.stash.setdefault(LEFT_OUT, set()).add(message)
    pytest.skip(message)


LEFT_OUT = pytest.StashKey[set[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say last, in red, which part did not run."""
    for message in sorted(config.stash.get(LEFT_OUT, set())):
        terminalreporter.write_line(message, red=True, bold=True)


@pytest.fixture(scope="session")
def postgresql(request: pytest.FixtureRequest) -> Iterator[PrivateServer]:
    """The private PostgreSQL of this run."""
    running = private_server()
    try:
        server = running.__enter__()
    except NoServer as why:
        cannot_run(request.config, "POSTGRESQL", str(why))
    yield server
    running.__exit__(None, None, None)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Each test's engine finds what another one compiled."""
    with statements_compiled_once():
        yield


@pytest.fixture(scope="session")
def copies() -> Iterator[Copies]:
    """Templates to copy databases from."""
    with not_kept("db-") as folder:
        yield Copies(folder)


@pytest.fixture
def database_url(database_kind: str, copies: Copies, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a migrated, empty database of this test alone."""
    if database_kind == "postgresql":
        copies.server = request.getfixturevalue("postgresql")
    with copies.fresh(database_kind) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on this test's database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    """A session that is rolled back at the end; what was committed goes with the database."""
    with Session(database, expire_on_commit=False) as session:
        yield session


def account(session: Session, role: Role) -> User:
    """The account of this role, made when it is not there yet; named after its role."""
    user = session.scalar(select(User).where(User.username == role.value))
    if user is None:
        user = User(
            username=role.value,
            name=f"Test {role.value}",
            function=role.value,
            role=role.value,
            may_authorise=role is Role.DOCTOR,
            density="comfortable",
            single_keys=True,
            active=True,
            created_at=MONDAY_MORNING,
        )
        session.add(user)
        session.commit()
    return user


@pytest.fixture
def work(session: Session) -> Callable[..., Work]:
    """`work("nurse")`: a unit of work of somebody with that role, on 23 November 2026 or another day."""

    def start(role: Role | str = Role.NURSE, today: date = MONDAY) -> Work:
        user = account(session, Role(role))
        actor = Actor(user.id, user.name, user.function, Role(user.role), user.may_authorise)
        now = datetime.combine(today, MONDAY_MORNING.time())
        return Work(session, actor, now, today)

    return start


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    """The folder where letters leave, which the hospital empties."""
    return tmp_path / "outbox"


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run that collected nothing is a failure, not a success."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        print("no test ran", file=sys.stderr)
        session.exitstatus = 1
