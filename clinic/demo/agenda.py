"""Today's full agenda, the bookings of the next weeks, and a control that was begun and not finished."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.demo.story import Cast
from clinic.store.appointments import Appointment
from clinic.store.controls import ControlDraft
from clinic.store.due import DueItem

KIND = {
    "control": "control", "pause": "phone", "agreed": "phone", "dose": "infusion", "review": "review",
    "reassess": "review", "dxa": "dxa",
}  # fmt: skip
TODAY, LATER = 14, 20
FIRST = time(8, 40)


def book(session: Session, cast: Cast, moment: datetime, today: date) -> None:
    """Book the patients whose turn it is: a day full today, the others spread over the next weeks."""
    query = (
        select(DueItem)
        .where(DueItem.opens_on <= today, DueItem.code.not_like("letter.%"), DueItem.code.not_like("spine%"))
        .order_by(DueItem.due_on, DueItem.patient_id)
    )
    seen: set[int] = set()
    for item in session.scalars(query):
        kind = KIND.get(item.code.split(".")[0])
        # every third stays for the secretary to book
        if kind is None or item.patient_id in seen or item.patient_id % 3 == 0:
            continue
        seen.add(item.patient_id)
        place = len(seen) - 1
        if place >= TODAY + LATER:
            break
        session.add(booking(item, kind, place, cast, moment, today))
    session.flush()
    drafts(session, cast, moment, today)


def booking(item: DueItem, kind: str, place: int, cast: Cast, moment: datetime, today: date) -> Appointment:
    """The place-th booking; the first fourteen are today's, the very first two have been."""
    days, slot = (0, place) if place < TODAY else (3 + place, place % 8)
    at = (datetime.combine(today, FIRST) + timedelta(minutes=25 * slot)).time()
    row = Appointment(
        patient_id=item.patient_id, kind=kind, on_date=today + timedelta(days=days), at_time=at,
        place="Polikliniek route 42" if kind != "phone" else None,
        staff_id=cast.doctor.id if kind == "review" else cast.nurse.id, item_code=item.code,
        item_subject=item.subject, state="booked", attempts=0, form_token=f"demo-booking-{place}",
        booked_at=moment - timedelta(days=21), booked_by=cast.secretary.id,
    )  # fmt: skip
    if place == 1:
        row.state, row.settled_at, row.attempts = "no_show", moment, 1
    return row


def drafts(session: Session, cast: Cast, moment: datetime, today: date) -> None:
    """A control of yesterday afternoon that is not finished yet."""
    patient_id = session.scalar(
        select(DueItem.patient_id).where(DueItem.code == "control.yearly", DueItem.late_after < today).limit(1)
    )
    if patient_id is not None:
        began = moment - timedelta(hours=18)
        session.add(
            ControlDraft(
                patient_id=patient_id,
                by=cast.nurse.id,
                started_at=began,
                saved_at=began,
                form_token=f"demo-draft-{patient_id}",
                typed={"on_date": (today - timedelta(days=1)).isoformat(), "kind": "clinic", "weight": "64,2"},
            )
        )
