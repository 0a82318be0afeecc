"""What stands before every route: who is signed in, and whether the table grants it; silence is refusal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from flask import abort
from flask_login import UserMixin, current_user
from sqlalchemy import Engine, Row, Table, bindparam, exists, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.security.accounts import hashed
from clinic.security.permissions import May, Role, allows
from clinic.store import restores
from clinic.store.passkeys import Passkey
from clinic.store.users import User, UserSession
from config import Settings

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed in"
SEEN_EVERY_SECONDS = 60
ASKED_BY_ITSELF = frozenset({"alarm_watch.look"})
"""What an open page asks without anybody there; the idle clock runs on."""


@dataclass(frozen=True, slots=True)
class SignedIn(UserMixin):
    """The person behind a request, read once from the server-side session and detached from it."""

    id: int
    token: str
    name: str
    function: str
    role: Role
    may_authorise: bool
    language: str | None
    theme: str | None
    density: str
    single_keys: bool
    by_provider: bool = False
    """She comes in by the hospital's identity provider, and has no password here."""
    has_passkey: bool = False
    confirmed_at: datetime | None = None
    restored_from: datetime | None = None
    """When the backup was made from which the register came back, while nobody confirmed that."""

    def get_id(self) -> str:
        """Flask-Login keeps this in the cookie: the session's token, never the account's number."""
        return self.token


def needs(act: May) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare the permission a route needs; refuse with 401 or 403 when it is not granted."""

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                abort(401)
            if not allows(current_user.role, act):
                abort(403)
            return view(*args, **kwargs)

        guarded.needs = act  # type: ignore[attr-defined]
        return guarded

    return declare


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that anybody with an account may come here."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not current_user.is_authenticated:
            abort(401)
        return view(*args, **kwargs)

    guarded.needs = SIGNED_IN  # type: ignore[attr-defined]
    return guarded


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a route is open to everybody."""
    view.needs = PUBLIC  # type: ignore[attr-defined]
    return view


SESSIONS, USERS = cast(Table, UserSession.__table__), cast(Table, User.__table__)
# asked by every page, so put together once; whether anything may be written since a restore is asked along
OPEN_SESSION = (
    select(
        SESSIONS.c.seen_at, SESSIONS.c.confirmed_at,
        *(USERS.c[name] for name in ("id", "name", "function", "role", "may_authorise", "language", "theme", "density",
                                     "single_keys", "subject", "password_hash")),
        exists().where(Passkey.user_id == USERS.c.id).label("has_passkey"),
        restores.OPEN.with_only_columns(restores.Restore.taken_at).scalar_subquery().label("restored_from"),
    )
    .join_from(SESSIONS, USERS, USERS.c.id == SESSIONS.c.user_id)
    .where(
        SESSIONS.c.token_hash == bindparam("token_hash"),
        SESSIONS.c.ended_at.is_(None),
        SESSIONS.c.whole.is_(True),
        SESSIONS.c.seen_at > bindparam("idle"),
        SESSIONS.c.created_at > bindparam("absolute"),
        USERS.c.active.is_(True),
    )
)  # fmt: skip


def load_user(
    engine: Engine, settings: Settings, token: str, now: datetime, endpoint: str | None = None
) -> SignedIn | None:
    """The person of a session that is neither ended, idle nor too old, on an active account."""
    limits = {"idle": now - settings.idle_end, "absolute": now - settings.absolute_end}
    with engine.connect() as bare:  # no session of the ORM: every page pays for this
        connection = bare.execution_options(writes=False)
        row = connection.execute(OPEN_SESSION, {"token_hash": hashed(token)} | limits).one_or_none()
    if row is None:
        return None
    if endpoint not in ASKED_BY_ITSELF and (now - row.seen_at).total_seconds() > SEEN_EVERY_SECONDS:
        with suppress(DBAPIError):  # a database that takes nothing in may still be read
            mark_seen(engine, token, now)
    return as_signed_in(row, token)


def as_signed_in(user: User | Row[*tuple[Any, ...]], token: str) -> SignedIn:
    """The account, detached."""
    return SignedIn(
        id=user.id,
        token=token,
        name=user.name,
        function=user.function,
        role=Role(user.role),
        may_authorise=user.may_authorise,
        language=user.language,
        theme=user.theme,
        density=user.density,
        single_keys=user.single_keys,
        by_provider=user.subject is not None and user.password_hash is None,
        has_passkey=getattr(user, "has_passkey", False),
        confirmed_at=getattr(user, "confirmed_at", None),
        restored_from=getattr(user, "restored_from", None),
    )


def mark_seen(engine: Engine, token: str, now: datetime) -> None:
    """Move the idle clock, at most once a minute, so that reading pages seldom writes."""
    with Session(engine.execution_options(writes=True)) as session:
        session.execute(update(UserSession).where(UserSession.token_hash == hashed(token)).values(seen_at=now))
        session.commit()
