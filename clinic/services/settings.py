"""How letters and screens name the clinic: one row that the manager keeps; each change is told with old and new."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services.accounts import differences
from clinic.services.letter_logo import fingerprint, keep_logo
from clinic.services.logo import sanitised
from clinic.services.work import Stale, Work
from clinic.store.audit import AuditEntry
from clinic.store.settings import ClinicSettings
from clinic.store.users import User


class Span(NamedTuple):
    """From and up to, both allowed, in mm."""

    low: int
    high: int


# A4 folded in three (99 mm) in an envelope of 220 x 110 mm: windows left and right that suppliers sell; the clinic's
# own envelope decides, by a test print
WINDOW = {
    "window_x_mm": Span(10, 120),
    "window_y_mm": Span(40, 70),
    "window_w_mm": Span(70, 100),
    "window_h_mm": Span(20, 45),
}
CLINIC, USERS = cast(Table, ClinicSettings.__table__), cast(Table, User.__table__)
ONE = select(literal(1).label("id")).subquery()  # a clinic that has no settings yet has a letterhead too, of nothing
# asked by each letter, so put together once
LETTERHEAD = select(
    *(CLINIC.c[name] for name in ("hospital", "department", "street", "postcode_town", "phone", "phone_hours", "email",
                                  "logo_svg", "window_x_mm", "window_y_mm", "window_w_mm", "window_h_mm")),
    USERS.c.name.label("doctor"), USERS.c.function.label("doctors_function"),
).select_from(
    ONE.outerjoin(CLINIC, CLINIC.c.id == ONE.c.id).outerjoin(USERS, USERS.c.id == CLINIC.c.responsible_doctor_id)
)  # fmt: skip
PAPER_MM, EDGE_MM, FOLD_MM = Span(210, 297), 10, 99


@dataclass(frozen=True, slots=True)
class ClinicDetails:
    """What the manager typed."""

    hospital: str
    department: str
    street: str
    postcode_town: str
    phone: str
    phone_hours: str
    email: str
    window_x_mm: int
    window_y_mm: int
    window_w_mm: int
    window_h_mm: int
    responsible_doctor_id: int | None
    mailbox: str = ""
    charset: str = "latin_1"

    def values(self) -> dict[str, Any]:
        """By column."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def current(session: Session) -> ClinicSettings:
    """The clinic's settings; of a clinic that has none yet, an empty row that is not stored."""
    return session.get(ClinicSettings, 1) or ClinicSettings(
        id=1, hospital="", department="", street="", postcode_town="", phone="", phone_hours="", email="", mailbox="",
        charset="latin_1", authorise_own=False,
        window_x_mm=25, window_y_mm=60, window_w_mm=85, window_h_mm=35, version=0,
    )  # fmt: skip


def letterhead(session: Session) -> Any:
    """What letters say of the clinic now, and of the doctor who is responsible: a bare row."""
    return session.execute(LETTERHEAD).one()


def doctors(session: Session) -> list[User]:
    """Who can be the responsible doctor."""
    active = select(User).where(User.role == Role.DOCTOR.value, User.active.is_(True))
    return list(session.scalars(active.order_by(User.name, User.id)))


def save(work: Work, details: ClinicDetails, version: int) -> None:
    """Keep the clinic's details; Stale when somebody else was first."""
    work.needs(May.EDIT_SETTINGS)
    check_window(details)
    if details.responsible_doctor_id not in {None, *(doctor.id for doctor in doctors(work.session))}:
        raise RuleBroken("responsible_doctor_id", "doctor_unknown")
    row = opened(work, version)
    before = {name: getattr(row, name) for name in details.values()}
    for name, value in details.values().items():
        setattr(row, name, value)
    keep(work, differences(before, details.values()))


def check_window(details: ClinicDetails) -> None:
    """Refuse a window that no envelope has or that runs off the paper or over the fold."""
    for name, span in WINDOW.items():
        if not span.low <= getattr(details, name) <= span.high:
            raise RuleBroken(name, "window_limits", low=span.low, high=span.high)
    if details.window_x_mm + details.window_w_mm > PAPER_MM.low - EDGE_MM:
        raise RuleBroken("window_w_mm", "window_off_paper", most=PAPER_MM.low - EDGE_MM)
    if details.window_y_mm + details.window_h_mm > FOLD_MM:
        raise RuleBroken("window_h_mm", "window_over_fold", most=FOLD_MM)


def save_logo(work: Work, content: bytes | None, version: int) -> None:
    """Another logo, or none; the log keeps its fingerprint."""
    work.needs(May.EDIT_SETTINGS)
    clean = sanitised(content) if content is not None else None
    if clean is not None:
        keep_logo(work, clean)
    row = opened(work, version)
    before, row.logo_svg = row.logo_svg, clean
    keep(work, differences({"logo": fingerprint(before)}, {"logo": fingerprint(clean)}))


def opened(work: Work, version: int) -> ClinicSettings:
    """The row to change, unless it is no longer the one that the page showed."""
    row = current(work.session)
    if row.version != version:
        raise Stale(changed_by(work.session))
    work.session.add(row)
    return row


def keep(work: Work, changes: dict[str, Any]) -> None:
    """Write down what changed and keep it; of two at the same moment one is told."""
    if not changes:
        return
    work.note(Action.SETTINGS_CHANGED, subject="settings:1", details={"changes": changes})
    try:
        work.commit()
    except (StaleDataError, IntegrityError):
        work.session.rollback()
        raise Stale(changed_by(work.session)) from None


def changed_by(session: Session) -> str:
    """Who changed the settings last."""
    entries = select(User.name).join(AuditEntry, AuditEntry.actor_id == User.id)
    last = entries.where(AuditEntry.action == Action.SETTINGS_CHANGED.value).order_by(AuditEntry.id.desc()).limit(1)
    return session.scalar(last) or ""
