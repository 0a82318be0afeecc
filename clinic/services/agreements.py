"""What a doctor agrees or requests holds at once: of one day the later date would stand (protocol K6)."""

from __future__ import annotations

from sqlalchemy import select

from clinic.services.facts import correct, stamp, void
from clinic.services.said import newest
from clinic.services.work import Work
from clinic.store.base import Fact
from clinic.store.controls import Agreement, Control
from clinic.store.reviews import Review

OTHERWISE = "later die dag anders afgesproken"
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
    said = {name: getattr(agreement, name) for name in ("what", "on_date", "made_on", "why")}
    for name, table in SOURCES.items():
        if (number := getattr(agreement, name)) is not None:
            source = newest(work, work.session.get_one(table, number))
            if not source.stands:
                return False
            said[name] = source.id
    stamp(work, Agreement(**said), agreement.patient_id)
    return True
