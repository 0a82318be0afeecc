"""People who sign in: accounts, their sessions on the server."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.security.permissions import Role
from clinic.store.base import Base, one_of


class User(Base):
    """An account. Either a password or a one-time code lets its owner in; a code is used once."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("role", Role),
        one_of("language", ("nl", "en"), nullable=True),
        one_of("theme", ("light", "dark"), nullable=True),
        one_of("density", ("comfortable", "compact")),
        CheckConstraint("username = lower(username)", name="username_is_lower"),
        CheckConstraint("(code_hash IS NULL) = (code_until IS NULL)", name="code_has_end"),
        CheckConstraint("(factor_seed IS NULL) = (factor_since IS NULL)", name="factor_has_start"),
        CheckConstraint("(factor_code_hash IS NULL) = (factor_code_until IS NULL)", name="factor_code_has_end"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    function: Mapped[str]
    role: Mapped[str]
    may_authorise: Mapped[bool] = mapped_column(default=False)
    """A doctor by profession; a nurse by the clinic's mandate, for the kinds of letter that `mandates` names."""
    subject: Mapped[str | None] = mapped_column(unique=True)
    """Issuer and number at the hospital's identity provider, for whoever comes in by it."""
    password_hash: Mapped[str | None]
    code_hash: Mapped[str | None]
    code_until: Mapped[datetime | None]
    factor_seed: Mapped[str | None]
    """What the secret of her authenticator app is made of, together with the server's key; useless without it."""
    factor_since: Mapped[datetime | None]
    factor_step: Mapped[int | None]
    """The last half minute whose code was used: a code opens once."""
    factor_code_hash: Mapped[str | None]
    factor_code_until: Mapped[datetime | None]
    """Of the code with which a manager lets a lost app be replaced; it stays asked for after it ended."""
    demo: Mapped[bool] = mapped_column(default=False)
    """An account of the made-up clinic: no second factor is asked of it while the demo runs."""
    language: Mapped[str | None]
    theme: Mapped[str | None]
    density: Mapped[str] = mapped_column(default="comfortable")
    single_keys: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class UserSession(Base):
    """A session lives on the server: ending it here ends it everywhere at once."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_open", "user_id", "ended_at"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    whole: Mapped[bool] = mapped_column(default=True)
    """Whether both factors were shown; until then it opens nothing but the second step."""
    new_seed: Mapped[str | None]
    """Of an authenticator app that is being set up in this session."""
    confirmed_at: Mapped[datetime | None]
    """When it was shown at the identity provider, once more, that it is she who signs."""
    address: Mapped[str | None]
    agent: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class RecoveryCode(Base):
    """A code on paper for the day that the authenticator app is not at hand; each opens once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    code_hash: Mapped[str]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A failed sign-in, kept to slow down guessing per account and address."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    at: Mapped[datetime]


def at_work(session: Session, role: Role) -> list[tuple[int, str]]:
    """Who has an account of this role, by name."""
    return [(row[0], row[1]) for row in session.execute(AT_WORK, {"role": role.value})]


AT_WORK = (
    select(User.id, User.name)
    .where(User.role == bindparam("role", type_=String), User.active.is_(True))
    .order_by(User.name, User.id)
)
