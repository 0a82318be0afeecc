"""What a doctor agrees or requests holds at once, and what is done on its own day is owed no more (protocol K6)."""

from __future__ import annotations

from sqlalchemy import select

from clinic.domain.vocabulary import AgreementWhat, ControlKind
from clinic.security.audit import Action
from clinic.services import items
from clinic.services.facts import correct, stamp, void
from clinic.services.said import newest
from clinic.services.work import Work
from clinic.store.base import Fact
from clinic.store.controls import Agreement, Control
from clinic.store.patients import Patient
from clinic.store.records import Known
from clinic.store.reviews import Review
from clinic.store.scans import Lab

OTHERWISE = "later die dag anders afgesproken"
DONE = "op de dag zelf gedaan"
SOURCES: dict[str, type[Fact]] = {"control_id": Control, "review_id": Review}


def agree(work: Work, patient_id: int, new: Agreement) -> None:
    """Keep what was agreed, in the place of a later date of that kind agreed the same day; the same once."""
    same = (Agreement.what == new.what, Agreement.made_on == new.made_on, Agreement.on_date >= new.on_date)
    query = select(Agreement).where(Agreement.patient_id == patient_id, Agreement.stands.is_(True), *same)
    known = work.session.scalars(query.order_by(Agreement.on_date.desc(), Agreement.id.desc())).all()
    later = [row for row in known if row.on_date > new.on_date]
    if later:
        correct(work, later[0], new, OTHERWISE)
    elif not known or new.review_id is not None:
        stamp(work, new, patient_id)
    for other in later[1:]:
        void(work, other, OTHERWISE)


def take_back(work: Work, agreement: Agreement, reason: str) -> None:
    """Void an agreement; what was agreed before it that day holds again, when that was said at what still stands."""
    void(work, agreement, reason)
    while agreement.supersedes_id is not None:
        why, agreement = agreement.change_reason, work.session.get_one(Agreement, agreement.supersedes_id)
        if why == OTHERWISE and again(work, agreement):
            return


def again(work: Work, agreement: Agreement) -> bool:
    """Let an agreement hold again as a new fact; False when what it was made at counts nowhere any more."""
    said = repeated(work, agreement)
    if said is not None:
        stamp(work, said, agreement.patient_id)
    return said is not None


def repeated(work: Work, agreement: Agreement) -> Agreement | None:
    """The same agreement as a new fact, not yet kept; None when what it was made at counts nowhere any more."""
    said = {name: getattr(agreement, name) for name in ("what", "on_date", "made_on", "why")}
    for name, table in SOURCES.items():
        if (number := getattr(agreement, name)) is not None:
            source = newest(work, work.session.get_one(table, number))
            if not source.stands:
                return None
            said[name] = source.id
    return Agreement(**said)


def kept_by(fact: Control | Lab, called_back: bool = False) -> tuple[AgreementWhat, ...]:
    """What was agreed is done by this fact.

    A call back only when somebody says so, for most contacts are people who phone us, and about something else. Blood
    is asked for its creatinine alone (`review_requests`).
    """
    if isinstance(fact, Lab):
        return (AgreementWhat.LAB,) if fact.creatinine_umol_l is not None else ()
    if fact.kind == ControlKind.INTERIM:
        return (AgreementWhat.CALL,) if called_back else ()
    return (AgreementWhat.CONTROL,)


def done_that_day(work: Work, patient: Patient, known: Known, fact: Control | Lab, called_back: bool = False) -> Known:
    """Take back as done what was agreed, before this new fact, on its very day for that day.

    K6 counts no fact of the day on which it was agreed, for most of those are what it was agreed at. What was read of
    her tells whether there is any, so nothing is asked for who has none; says what is read of her after it.
    """
    kinds, on = kept_by(fact, called_back), fact.on_date
    if not any(one.what in kinds and one.on == one.made_on == on for one in known.records[patient.id].agreements):
        return known
    standing = (Agreement.patient_id == patient.id, Agreement.stands.is_(True), Agreement.made_on == on)
    rows = work.session.scalars(select(Agreement).where(*standing, Agreement.what.in_(kinds))).all()
    here = {row.what for row in rows if is_of(row, fact)}
    for row in rows:
        if row.on_date != on or is_of(row, fact):
            continue
        if row.what in here:  # what is agreed now holds, not what was agreed before it
            void(work, row, DONE)
        else:
            take_back(work, row, DONE)
        work.note(Action.FACT_VOIDED, patient.id, f"agreement:{row.id}")
    return items.refresh(work, patient)


def is_of(agreement: Agreement, fact: Control | Lab) -> bool:
    """Whether it was agreed at this fact itself."""
    return isinstance(fact, Control) and agreement.control_id == fact.id


def not_done(work: Work, fact: Fact) -> None:
    """The fact counts nowhere or is of another day: what it had done of its day's agreements is owed again."""
    while fact.supersedes_id is not None:
        fact = work.session.get_one(type(fact), fact.supersedes_id)
    act = (Agreement.voided_at == fact.recorded_at, Agreement.voided_by == fact.recorded_by)
    query = select(Agreement).where(Agreement.patient_id == fact.patient_id, Agreement.void_reason == DONE, *act)
    for row in work.session.scalars(query).all():
        if (said := repeated(work, row)) is not None:
            agree(work, fact.patient_id, said)
