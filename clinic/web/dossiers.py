"""The whole record for the patient: one file with a PDF in words, the same as data, and her letters as they left."""

from __future__ import annotations

import json
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from flask import Response, abort
from flask.typing import ResponseReturnValue

from clinic.letters.render import sheets_pdf
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import dossiers
from clinic.services.dossiers import Dossier
from clinic.web import language
from clinic.web.dossier_sheet import sheet
from clinic.web.presenters import day
from clinic.web.units import reading

LOOK = "sheets/record-1"


@needs(May.COPY_RECORD)
def copy(patient_id: int) -> ResponseReturnValue:
    """The file."""
    with reading() as work:
        found = dossiers.complete(work, patient_id)
        if found is None:
            abort(404)
        lang = found.patient.language or "nl"
        with language.spoken(lang):
            made = sheets_pdf(sheet(found, work.protocol, lang), work.now, LOOK)
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
