"""Address labels for the letters that were ticked: one for each envelope, in the order in which the letters lie."""

from __future__ import annotations

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from clinic.letters.print_file import envelope_order
from clinic.letters.render import sheets_pdf
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services.letter_sending import parcels
from clinic.web.keys import key
from clinic.web.units import reading

MOST = 500


@needs(May.SEND_LETTER)
def labels() -> ResponseReturnValue:
    """The sheet to print; letters that go to one address share a label as they share an envelope."""
    with reading() as work:
        found = [parcel for parcel in parcels(work, request.args.getlist("letter", type=key)[:MOST]) if parcel.lines]
        if not found:
            abort(404)
        work.note(Action.LIST_PRINTED, subject="letters:labels", shown=sorted({one.patient.id for one in found}))
        lines = sorted({tuple(parcel.lines) for parcel in found}, key=envelope_order)
        made = sheets_pdf({"title": "Etiketten", "labels": lines}, work.now, "sheets/labels-1")
    return Response(
        made, mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="etiketten.pdf"'}
    )
