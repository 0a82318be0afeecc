"""What a control or a dose says of the appointment it was recorded at: in that fact's own transaction, no commit."""

from __future__ import annotations

from datetime import date

from sqlalchemy import case, or_, select, update

from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.appointments import booked_again, came_after_all, settle
from clinic.services.results import versions
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.controls import Control
from clinic.store.treatments import Dose

# what stands goes before what somebody said she came to, and that before what was missed
NEAREST = case({"booked": 0, "attended": 1}, value=Appointment.state, else_=2)
FOR_A_DOSE = or_(Appointment.kind == "infusion", Appointment.item_code.like("dose.%"))


def settle_with_control(work: Work, appointment_id: int, control_id: int) -> bool:
    """She came, and this control was recorded; says whether this appointment was that visit.

    Also after somebody marked her as not come meanwhile: a control is the better witness. One that was moved or
    cancelled, or is of another day, stays as it is: a draft may be finished at a later visit than it was begun at.
    LookupError when appointment and control are not of one patient.
    """
    work.needs(May.PLAN_APPOINTMENT)
    row = work.session.get(Appointment, appointment_id)
    control = work.session.get(Control, control_id)
    if row is None or control is None or row.patient_id != control.patient_id:
        raise LookupError(appointment_id)
    if row.state in ("moved", "cancelled") or row.control_id is not None or row.on_date != control.on_date:
        return False
    row.control_id, before = control_id, row.state
    if before != "attended":  # the moment that somebody said so herself stays: leave_control goes by it
        settle(work, row, "attended", row.reason or "")
    if before == "no_show":
        came_after_all(work, row)
    note(work, row, "attended", control=control_id)
    return True


def settle_of_day(work: Work, control: Control) -> None:
    """A control that was begun from the record was the visit of that day, also one she seemed to have missed.

    One that stands goes first, then one she was said to have come to; an interim contact is no visit that was booked.
    """
    if control.kind == "interim":
        return
    kind = "phone" if control.kind == "phone" else "control"
    query = select(Appointment.id).where(
        Appointment.patient_id == control.patient_id, Appointment.state.in_(("booked", "attended", "no_show")),
        Appointment.kind == kind, Appointment.on_date == control.on_date,
    )  # fmt: skip
    taken = Appointment.control_id.is_not(None)  # by another control of that day: then this one was at no visit
    first = query.order_by(NEAREST, taken, Appointment.at_time, Appointment.id).limit(1)
    for appointment_id in work.session.scalars(first):
        settle_with_control(work, appointment_id, control.id)


def follow_control(work: Work, old_id: int, new_id: int) -> None:
    """After a correction the appointment leads to the version that stands."""
    work.session.execute(update(Appointment).where(Appointment.control_id == old_id).values(control_id=new_id))


def leave_control(work: Work, control: Control) -> None:
    """A control that was voided, or was of another day, says nothing of her visit: that is booked as before.

    Not when it was booked again; and one that somebody said herself that she came to stays as it is, as after a dose.
    """
    for row in work.session.scalars(select(Appointment).where(Appointment.control_id == control.id)).all():
        row.control_id = None
        if row.settled_at in {version.recorded_at for version in versions(work, Control, row.patient_id, control.id)}:
            stand_again(work, row)
        note(work, row, row.state, control=None)


def stand_again(work: Work, row: Appointment) -> None:
    """It is booked as before, unless its item was booked again."""
    if not booked_again(work, row):
        row.state, row.settled_at = "booked", None


def settle_with_dose(work: Work, patient_id: int, on: date) -> None:
    """She came for it that day, to what stands; else to what she seemed to have missed, unless she came to another."""
    query = select(Appointment).where(
        Appointment.patient_id == patient_id, Appointment.on_date == on, FOR_A_DOSE,
        Appointment.state.in_(("booked", "attended", "no_show")),
    )  # fmt: skip
    found = work.session.scalars(query.order_by(NEAREST, Appointment.at_time, Appointment.id)).all()
    booked = [row for row in found if row.state == "booked"]
    for row in booked or [row for row in found[:1] if row.state == "no_show"]:
        missed = row.state == "no_show"
        settle(work, row, "attended", row.reason or "")
        if missed:
            came_after_all(work, row)
        note(work, row, "attended")


def leave_dose(work: Work, dose: Dose) -> None:
    """A dose that was voided, or given on another day, says nothing of the visit it settled: that is booked as before.

    Which one that was is told by the moment: a visit that somebody said herself that she came to stays as it is. One
    at which a control was made too is that control's from then on.
    """
    told = {version.recorded_at for version in versions(work, Dose, dose.patient_id, dose.id)}
    query = select(Appointment).where(
        Appointment.patient_id == dose.patient_id, Appointment.on_date == dose.on_date, FOR_A_DOSE,
        Appointment.state == "attended", Appointment.settled_at.in_(told),
    )  # fmt: skip
    for row in work.session.scalars(query.order_by(Appointment.id)):
        if row.control_id is None:
            stand_again(work, row)
        else:
            row.settled_at = work.session.get_one(Control, row.control_id).recorded_at
        note(work, row, row.state)


def note(work: Work, row: Appointment, state: str, **details: int | None) -> None:
    """Write down what became of an appointment."""
    work.note(Action.APPOINTMENT_SETTLED, row.patient_id, f"appointment:{row.id}", {"state": state, **details})
