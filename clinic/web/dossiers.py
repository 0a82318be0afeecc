"""The whole record for the patient: one file with a PDF in words, the same as data, and her letters as they left."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from flask import Response, abort
from flask.typing import ResponseReturnValue

from clinic.letters.render import sheets_pdf
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import dossiers
from clinic.services.dossiers import Dossier
from clinic.services.patients import PatientDetails
from clinic.services.work import local_time
from clinic.store.base import Json
from clinic.store.controls import Agreement, Control
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.web import control_text, language, to_patient
from clinic.web.agenda_view import lines
from clinic.web.language import gettext as _
from clinic.web.patient_words import field_label, in_words
from clinic.web.presenters import day, display_name
from clinic.web.record_history import letter_states, lines_of
from clinic.web.units import reading

Rows = Iterable[Iterable[Iterable[str]]]
NOT_TOLD = frozenset(("gp_id", "regular_nurse_id", "regular_doctor_id"))


@needs(May.COPY_RECORD)
def copy(patient_id: int) -> ResponseReturnValue:
    """The file."""
    with reading() as work:
        found = dossiers.complete(work, patient_id)
        if found is None:
            abort(404)
        lang = found.found.patient.language or "nl"
        with language.spoken(lang):
            made = sheets_pdf(sheet(found, local_time(work.now).strftime("%d-%m-%Y %H:%M"), lang), work.now)
        name = f"dossier-{day(work.today)}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(packed(found, made), mimetype="application/zip", headers=headers)


def packed(found: Dossier, made: bytes) -> bytes:
    """The record twice, to read and as data, and each letter."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr("record.pdf", made)
        zipped.writestr("record.json", json.dumps(found.data, ensure_ascii=False, indent=1))
        for name, page in found.pages:
            zipped.writestr(f"letters/{name}", page)
    return file.getvalue()


def sheet(found: Dossier, at: str, lang: str) -> Json:
    """The record in words, as the template of lists takes it."""
    patient = found.found.patient
    title = str(_("Record of %(who)s", who=display_name(patient, lang)))
    about = _("Born %(day)s, patient number %(number)s. What was corrected or voided stands in record.json too.",
              day=day(patient.birth_date), number=patient.number)  # fmt: skip
    sections = [
        table(_("Your data"), ((_("What"), 60), (_("Recorded"), None)), person(patient, found, lang)),
        table(_("Your statement"), ((_("Date"), 30), (_("Your words"), None)),
              ([[day(row.on_date)], row.text.splitlines()] for row in found.statements)),
        table(_("Course of years"), ((_("Date"), 30), (_("What"), 80), (_("Recorded"), None)), history(found, lang)),
        *(control(row, found, lang) for row in found.found.rows[Control]),
        table(_("Appointments"), ((_("Date"), 40), (_("What"), 90), (_("Where and with whom"), None)),
              appointments(found, lang)),
        *(letter(row) for row in found.found.letters),
    ]  # fmt: skip
    return {"lang": lang, "title": title, "about": about, "sections": [one for one in sections if one["rows"]],
            "footer": f"{title} · {_('made %(at)s', at=at)}", "page": _("page")}  # fmt: skip


def table(heading: str, columns: Iterable[tuple[str, int | None]], rows: Rows) -> Json:
    """A table under its heading."""
    named = [{"name": name, "mm": mm, "strong": False} for name, mm in columns]
    return {"heading": heading, "none": "", "columns": named, "rows": [[list(cell) for cell in row] for row in rows]}


def person(patient: Patient, found: Dossier, lang: str) -> Rows:
    """What is written of her, by the words of its form."""
    for column in fields(PatientDetails):
        value = getattr(patient, column.name)
        if value not in (None, False, "") and column.name not in NOT_TOLD:
            text = value.isoformat() if isinstance(value, date) else str(value)
            yield [field_label(column.name)], [in_words(column.name, text, lang)]
    for contact in found.contacts:
        yield [str(_("Contact person"))], [", ".join(filter(None, (contact.name, contact.relation, contact.phone)))]


def history(found: Dossier, lang: str) -> Rows:
    """Everything that happened, the latest first."""
    for on, _kind, entry in sorted(lines_of(found.found, lang), key=lambda line: line[0], reverse=True):
        voided = [str(_("Voided: %(why)s", why=entry.voided))] if entry.voided else []
        yield [day(on)], [entry.what], [text for text in (entry.summary, *voided) if text]


def control(row: Control, found: Dossier, lang: str) -> Json:
    """A control, line by line."""
    agreed = [one for one in found.found.rows[Agreement] if one.control_id == row.id]
    told = control_text.lines(row, agreed, None, lang)
    heading = str(_("Control of %(day)s", day=day(row.on_date)))
    if row.void_reason:
        heading += f" · {_('Voided: %(why)s', why=row.void_reason)}"
    return table(heading, ((_("What"), 60), (_("Recorded"), None)), ([[name], [text]] for name, text in told))


def appointments(found: Dossier, lang: str) -> Rows:
    """Her appointments, the latest first."""
    for line in lines(found.found.agenda, (), lang):
        told = [text for text in (line["kind"], line["item"], line["state"], line["reason"]) if text]
        yield [line["on"], line["at"]], told, [line["where"]]


def letter(row: Letter) -> Json:
    """A letter as text; a draft has none yet."""
    heading = to_patient.names()[row.to_patient] if row.hers else str(_("GP letter"))
    told = ", ".join(part for part in (row.reference or "", letter_states()[row.state], day(row.sent_on)) if part)
    rows: list[Any] = [[(row.text or "").splitlines()]] if row.text else []
    return table(f"{heading} {told}", ((_("Text"), None),), rows)
