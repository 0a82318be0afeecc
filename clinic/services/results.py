"""What every result has in common: kept once per form, corrected by a new version, voided with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import inspect, select

from clinic.domain import limits
from clinic.domain.errors import RuleBroken, broken_by, refuse
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import agreements, background_letters, items
from clinic.services.facts import correct, lock_patient, stamp, void
from clinic.services.work import Stale, Work
from clinic.store.base import Fact
from clinic.store.patients import Patient
from clinic.store.scans import Fracture, Lab, Scan, SpineImage

F = TypeVar("F", bound=Fact)
SUBJECTS: dict[type[Fact], str] = {Scan: "scan", SpineImage: "spine_image", Fracture: "fracture", Lab: "lab"}
FILLED_IN = "filled_in"  # the reason of a version that only adds what was not known yet
ENVELOPE = {*Fact.__annotations__, "patient_id", "supersedes_id", "form_token"}
OF_REQUEST = {"requested_on", "booked_on"}
MADE: dict[type[Fact], str] = {Scan: "made_on", SpineImage: "on_date"}  # what is requested before it is made
Told = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What comes with any result: whose, from which form, in the place of which version, and what was confirmed."""

    patient_id: int
    form_token: str
    corrects: int | None = None
    reason: str = ""
    confirmed: tuple[str, ...] = ()


def keep(work: Work, patient: Patient, command: Result, row: F) -> tuple[F, F | None]:
    """The row, stamped as new or in the place of the version it corrects; items follow. The caller commits."""
    old = None
    action = Action.FACT_SAVED
    if command.corrects is None:
        stamp(work, row, patient.id)
    else:
        old = standing(work, type(row), patient.id, command.corrects)
        reason = command.reason.strip() or (FILLED_IN if only_adds(old, row) else "")
        correct(work, old, row, reason)
        action = Action.FACT_CORRECTED
        if isinstance(old, Lab) and isinstance(row, Lab) and old.on_date != row.on_date:
            agreements.not_done(work, old)
    row.form_token = command.form_token  # type: ignore[attr-defined]
    if old is not None and isinstance(row, background_letters.BACKGROUND):
        background_letters.take_back(work, patient)
    known = items.refresh(work, patient)
    if isinstance(row, Lab) and old is None:
        agreements.done_that_day(work, patient, known, row)
    work.note(action, patient.id, f"{SUBJECTS[type(row)]}:{row.id}")
    return row, old


def begin(work: Work, command: Result, row: Fact) -> tuple[Patient, int | None]:
    """The patient, locked, and what this form became when it was sent before; Stale when its version is gone."""
    patient = lock_patient(work, command.patient_id)
    done = already(work, command, row)
    if done is None and command.corrects is not None:
        standing(work, type(row), patient.id, command.corrects)
    return patient, done


def save(work: Work, patient: Patient, command: Result, row: F) -> int:
    """Keep a checked result and say its id; a version like the last is none."""
    same = unchanged(work, command, row)
    if same is not None:
        return same
    kept, _old = keep(work, patient, command, row)
    work.commit()
    return kept.id


def already(work: Work, command: Result, row: Fact) -> int | None:
    """The id of what this form became when it was sent before; Stale when that counts no more or it says another thing.

    What answered a request has the days of that one, and what was not said otherwise as it stood there.
    """
    table = type(row)
    token: Any = table.form_token  # type: ignore[attr-defined]
    known = work.session.scalar(select(table).where(token == command.form_token))
    if known is None:
        return None
    if known.patient_id != command.patient_id:
        raise LookupError(command.form_token)
    kept, said = (contents(one) for one in (known, row))
    differ = {name for name in kept.keys() | said.keys() if kept.get(name) != said.get(name)}
    if command.corrects is None and known.supersedes_id is not None:
        asked = contents(work.session.get_one(table, known.supersedes_id))
        differ -= OF_REQUEST | {name for name in asked.keys() - said.keys() if kept.get(name) == asked[name]}
    if not known.stands or differ:
        raise Stale(known.id)
    return known.id


def unchanged(work: Work, command: Result, row: Fact) -> int | None:
    """The id of the version that already says this."""
    if command.corrects is None:
        return None
    old = standing(work, type(row), command.patient_id, command.corrects)
    return old.id if contents(old) == contents(row) else None


def of_patient(work: Work, table: type[F], patient_id: int, result_id: int) -> F:
    """This patient's result in any version; LookupError when it is not hers."""
    row = work.session.get(table, result_id)
    if row is None or row.patient_id != patient_id:
        raise LookupError(result_id)
    return row


def standing(work: Work, table: type[F], patient_id: int, result_id: int) -> F:
    """This version, when it still stands; Stale when another took its place or it was voided."""
    row = of_patient(work, table, patient_id, result_id)
    if not row.stands:
        raise Stale(result_id)
    return row


def versions(work: Work, table: type[F], patient_id: int, result_id: int) -> list[F]:
    """Every version of a result, the newest first, from any of them."""
    of_patient(work, table, patient_id, result_id)
    rows = {row.id: row for row in work.session.scalars(select(table).where(table.patient_id == patient_id))}
    after = {row.supersedes_id: row for row in rows.values() if row.supersedes_id is not None}
    newest = rows[result_id]
    while newest.id in after:
        newest = after[newest.id]
    chain = [newest]
    while chain[-1].supersedes_id is not None:
        chain.append(rows[chain[-1].supersedes_id])
    return chain


def contents(row: Fact) -> Told:
    """What a version says, without its envelope."""
    told: Told = {
        column.key: getattr(row, column.key) for column in inspect(type(row)).columns if column.key not in ENVELOPE
    }
    if isinstance(row, Scan):
        told |= {f"{value.site}.{name}": getattr(value, name)
                 for value in row.sites for name in ("bmd_mg_cm2", "t_score", "z_score")}  # fmt: skip
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def only_adds(old: Fact, new: Fact) -> bool:
    """Everything that was known stays as it was."""
    now = contents(new)
    return all(name in now and now[name] == value for name, value in contents(old).items())


def void_result(work: Work, table: type[F], patient_id: int, result_id: int, reason: str) -> F:
    """Let a result count nowhere ("wrong patient"); it stays readable. The caller commits."""
    work.needs(May.RECORD_RESULT)
    patient = lock_patient(work, patient_id)
    row = standing(work, table, patient_id, result_id)
    void(work, row, reason)
    ask_again(work, row)
    agreements.not_done(work, row)
    if isinstance(row, background_letters.BACKGROUND):
        background_letters.take_back(work, patient)
    items.refresh(work, patient)
    work.note(Action.FACT_VOIDED, patient_id, f"{SUBJECTS[table]}:{result_id}")
    return row


def ask_again(work: Work, row: Fact) -> None:
    """What was requested and then made is requested again as a new fact, when what was made counts nowhere."""
    made = MADE.get(type(row))
    if made is None or getattr(row, made) is None:
        return
    for old in versions(work, type(row), row.patient_id, row.id)[1:]:
        days = {name: day for name, day in contents(old).items() if name in OF_REQUEST}
        if getattr(old, made) is None and "requested_on" in days:
            stamp(work, type(row)(**days), row.patient_id)
            return


def request_for(work: Work, table: type[F], command: Result, on: date | None) -> F | None:
    """The oldest request that a new DXA or image of a day answers: it takes the place of it, and nobody waits on."""
    if command.corrects is not None or on is None:
        return None
    made: Any = getattr(table, MADE[table])
    asked: Any = table.requested_on  # type: ignore[attr-defined]
    query = select(table).where(table.patient_id == command.patient_id, table.stands.is_(True), made.is_(None))
    return work.session.scalar(query.where(asked <= on).order_by(asked, table.id).limit(1))


def check_day(work: Work, patient: Patient, field: str, on: date | None) -> None:
    """A result is of a day she lived, up to today."""
    check_lived(work.today, patient.birth_date, field, on)


def check_lived(today: date, born: date, field: str, on: date | None) -> None:
    """A day between her birth and today; either may be known to the year alone."""
    if on is not None and on > today:
        raise RuleBroken(field, "result_in_future")
    if on is not None and on.year < born.year:
        raise RuleBroken(field, "before_birth")


def check_values(
    values: dict[str, tuple[str, int | Decimal | None]], confirmed: tuple[str, ...], also: Sequence[str] = ()
) -> None:
    """Refuse all that cannot be; ask once for what is unusual, by field, limit and value. Values in stored units.

    `also` is what is asked besides: all of it is asked at once.
    """
    refuse(
        wrong for field, (name, value) in values.items() for wrong in broken_by(limits.check_hard, field, name, value)
    )
    unusual = [
        limits.question(field, name, value)
        for field, (name, value) in values.items()
        if limits.is_unusual(name, value) or (name == "score" and value is not None and value > 0)
    ]
    ask([*also, *unusual], confirmed)


def ask(questions: list[str], confirmed: tuple[str, ...]) -> None:
    """Stop until every question was answered with "it is right"; another value is another question."""
    if set(questions) - set(confirmed):
        raise RuleBroken("confirm", "confirm", questions=questions)
