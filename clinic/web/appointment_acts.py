"""What a due item on the record says of its booking, and the link to book it or to open that booking."""

from __future__ import annotations

from flask import url_for

from clinic.domain.items import DueItem
from clinic.domain.vocabulary import PatientStatus
from clinic.security.permissions import May
from clinic.services.appointment_checks import stays_owed
from clinic.services.items import NO_SUBJECT
from clinic.services.record import WholeRecord
from clinic.services.worklists import BOOKABLE
from clinic.store.appointments import Appointment
from clinic.web.back import to_record
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import day
from clinic.web.record_page import Act


def booking_of(found: WholeRecord, item: DueItem) -> Appointment | None:
    """The appointment that stands for this item, by its key, as the lists have it."""
    key = (item.code, item.subject or NO_SUBJECT)
    coming = (row for row in found.booked if row.on_date >= found.facts.on)
    return next((row for row in coming if (row.item_code, row.item_subject) == key), None)


def booking(found: WholeRecord, item: DueItem) -> str:
    """The appointment for this item in words; one past the late date says so."""
    row = booking_of(found, item)
    if row is None:
        return ""
    on = f"{day(row.on_date)} {row.at_time:%H:%M}" if row.at_time else day(row.on_date)
    text = _("booked for %(day)s", day=on)
    return str(_("%(booked)s, after the late date", booked=text) if row.on_date > item.late_after else text)


def book_acts(found: WholeRecord, item: DueItem) -> tuple[Act, ...]:
    """Book this item, or open the appointment it has; nothing for what needs no visit."""
    if not may(May.PLAN_APPOINTMENT) or item.code.partition(".")[0] not in (*BOOKABLE, "pause"):
        return ()
    row, patient_id = booking_of(found, item), found.patient.id
    back = to_record(patient_id)
    if row is not None:
        url = url_for("appointments.settle", patient_id=patient_id, appointment_id=row.id, back=back)
        return (Act(_("Appointment"), url, "calendar-check"),)
    if found.patient.status != PatientStatus.ACTIVE and not stays_owed(found.patient, item.code):
        return ()
    subject = item.subject or NO_SUBJECT
    url = url_for("appointments.book", patient_id=patient_id, item=item.code, subject=subject, back=back)
    return (Act(_("Book"), url, "calendar-plus"),)
