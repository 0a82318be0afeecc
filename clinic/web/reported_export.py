"""What the hospital's files left to decide, for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator

from flask.typing import ResponseReturnValue

from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import reported
from clinic.services.reported import Waiting
from clinic.services.work import local_day
from clinic.store.patients import Patient
from clinic.web import language, spreadsheet
from clinic.web.appointment_words import kind_labels
from clinic.web.language import gettext as _
from clinic.web.presenters import born_cell, day, display_name
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading


@needs(May.READ_LISTS)
def export(kind: str) -> ResponseReturnValue:
    """Deaths to record or reject, then bookings to cancel or keep."""
    lang = language.current()
    with reading() as work:
        found = reported.waiting(work)
        rows = list(cells(found, lang))
        work.note(Action.LIST_EXPORTED, subject="list:reported", details={"patients": len(rows)})
        name = f"{_('reported')}-{day(work.today)}"
    heads = [_("Number"), _("Patient"), _("Date of birth"), _("What"), _("Date"), _("Received on")]
    return spreadsheet.answer(kind, name, heads, rows)


def cells(found: Waiting, lang: str) -> Iterator[list[Cell]]:
    """A row for each thing to decide."""
    for report, patient in found.deaths:
        yield [*whom(patient, lang), _("Death reported"), report.died_on, local_day(report.reported_at)]
    for booking, patient in found.missing:
        since = local_day(booking.missing_since) if booking.missing_since else None
        yield [*whom(patient, lang), kind_labels()[booking.kind], booking.on_date, since]


def whom(patient: Patient, lang: str) -> list[Cell]:
    """Number, name and birth date; never a BSN."""
    return [patient.number, display_name(patient, lang), born_cell(patient)]
