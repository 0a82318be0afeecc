"""What others knew: the list of before, an agenda that dropped an appointment, a death that nobody checked yet."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from clinic.demo.stage import Stage
from clinic.interop.agenda_rows import AgendaRow
from clinic.interop.change_rows import ChangeRow
from clinic.interop.history import HistoryRow, PastFact
from clinic.interop.imports import Parsed
from clinic.services import imports
from clinic.services.work import Actor
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient

FEED = "agenda-"
NUMBERED = 6  # bookings of the coming weeks that the hospital's agenda knows
DROPPED = 1  # the place of the one that it no longer shows


def send(stage: Stage, manager: Actor) -> None:
    """Yesterday's export knows some of the bookings, today's one less; and somebody is said to have died."""
    rows = numbered(stage)
    for days_ago, known in ((1, rows), (0, rows[:DROPPED] + rows[DROPPED + 1 :])):
        named = frozenset(row.key for row in known)
        bring_in(stage, manager, days_ago, Parsed("appointments", tuple(known), (), named, feed=FEED))
    last = select(Patient).where(Patient.status == "active", Patient.gp_id.is_not(None)).order_by(Patient.id.desc())
    patient = stage.work.session.scalars(last.limit(1)).first()
    if patient is not None:
        died = stage.today - timedelta(days=11)
        row = ChangeRow(2, patient.number, patient.birth_date, died_on=died, source="gegevens van het ziekenhuis")
        bring_in(stage, manager, 0, Parsed("changes", (row,), ()))


def old_list(stage: Stage, manager: Actor) -> None:
    """The list of before the register knew of a letter to the GP."""
    patient = stage.work.session.scalars(select(Patient).order_by(Patient.id).limit(1)).one()
    left = patient.registered_on - timedelta(days=30)
    told = PastFact("letter", "BRIEF", left, {"sent_on": left, "about": None, "about_on": None})
    row = HistoryRow(2, patient.number, (told,), patient.birth_date)
    bring_in(stage, manager, 0, Parsed("history", (row,), ()))


def numbered(stage: Stage) -> list[AgendaRow]:
    """The first bookings after today, as the hospital's agenda shows them."""
    query = (
        select(Appointment, Patient.number)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(Appointment.state == "booked", Appointment.on_date > stage.today)
        .order_by(Appointment.on_date, Appointment.id)
        .limit(NUMBERED)
    )
    return [
        AgendaRow(place, f"{FEED}{88000 + place}", number, row.on_date, row.kind, row.at_time, row.minutes)
        for place, (row, number) in enumerate(stage.work.session.execute(query), start=2)
    ]


def bring_in(stage: Stage, manager: Actor, days_ago: int, parsed: Parsed) -> None:
    """One file, committed by the manager."""
    if parsed.rows:
        work = stage.on(stage.today - timedelta(days=days_ago), manager)
        imports.commit(work, imports.Import(parsed, f"{parsed.kind}.csv", "0" * 64))
