"""Today's full agenda, the bookings of the next weeks, and a control that was begun and not finished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy import select

from clinic.demo.stage import Stage, surely
from clinic.services import appointments, control_drafts
from clinic.services.appointment_checks import ItemKey, Slot
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from clinic.store.patients import Patient

KIND = {
    "control": "control", "pause": "phone", "agreed": "phone", "dose": "infusion", "review": "review",
    "reassess": "review", "dxa": "dxa",
}  # fmt: skip
TODAY, LATER = 14, 20
FIRST = time(8, 40)
BOOKED = timedelta(days=21)  # so long ago the secretary made the bookings
MISSED = 1  # the place of who did not come


def book(stage: Stage) -> None:
    """Book the patients whose turn it is: a day full today, the others spread over the next weeks."""
    for place, item in enumerate(turns(stage)):
        work = stage.on(stage.today - BOOKED, stage.cast.secretary)
        key = ItemKey(item.code, item.subject)
        booking = appointments.Book(item.patient_id, slot(stage, item, place), f"demo-booking-{place}", key)
        row_id = surely(appointments.book, work, booking)
        if place == MISSED:
            row = work.session.get_one(Appointment, row_id)
            of = appointments.Of(row.patient_id, row.id, row.version)
            appointments.missed(stage.on(stage.today, stage.cast.secretary), of, 1, "")
    draft(stage)


def turns(stage: Stage) -> Iterator[DueItem]:
    """One item each of those who are followed; every third patient stays for the secretary to book."""
    query = (
        select(DueItem)
        .join(Patient, Patient.id == DueItem.patient_id)
        .where(
            Patient.status == "active", DueItem.opens_on <= stage.today, DueItem.code.not_like("letter.%"),
            DueItem.code.not_like("spine%"), DueItem.patient_id % 3 != 0,
        )
        .order_by(DueItem.due_on, DueItem.patient_id)
    )  # fmt: skip
    found: dict[int, DueItem] = {}
    for item in stage.work.session.scalars(query):
        if kind(item) is not None:
            found.setdefault(item.patient_id, item)
    return iter(list(found.values())[: TODAY + LATER])


def kind(item: DueItem) -> str | None:
    """The kind of appointment an item asks for."""
    return KIND.get(item.code.split(".")[0])


def slot(stage: Stage, item: DueItem, place: int) -> Slot:
    """The place-th hour; the first fourteen are today's."""
    days, number = (0, place) if place < TODAY else (3 + place, place % 8)
    at = (datetime.combine(stage.today, FIRST) + timedelta(minutes=25 * number)).time()
    what = kind(item) or ""
    where = "" if what == "phone" else "Polikliniek route 42"
    staff = stage.cast.doctor if what == "review" else stage.cast.nurse
    return Slot(what, stage.today + timedelta(days=days), at, where, staff.id)


def draft(stage: Stage) -> None:
    """A control of yesterday that is not finished yet, of somebody who has no booking today."""
    late = select(DueItem.patient_id).where(
        DueItem.code == "control.yearly", DueItem.late_after < stage.today,
        DueItem.patient_id.not_in(select(Appointment.patient_id)),
    )  # fmt: skip
    patient_id = stage.work.session.scalar(late.order_by(DueItem.patient_id).limit(1))
    if patient_id is not None:
        yesterday = stage.today - timedelta(days=1)
        typed = {"on": [f"{yesterday:%d-%m-%Y}"], "kind": ["clinic"], "weight": ["64,2"]}
        work = stage.on(yesterday, stage.cast.nurse)
        control_drafts.keep(work, patient_id, f"demo-draft-{patient_id}", typed)
