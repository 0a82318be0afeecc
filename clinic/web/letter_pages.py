"""The page of a letter as PDF: as it stands now, and of one that was replaced also as it was sent."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services.lapsed import page_now
from clinic.services.letter_states import frozen_page
from clinic.services.letter_view import preview
from clinic.web.letters import seen
from clinic.web.units import reading

bp = Blueprint("letter_pages", __name__, url_prefix="/letters/<int:letter_id>")


@bp.get("/page.pdf")
@needs(May.READ_PATIENT)
def page(letter_id: int) -> ResponseReturnValue:
    """Frozen bytes once authorised, else a preview that says it is a draft; one that was replaced is marked."""
    with reading() as work:
        found = seen(work, letter_id)
        made = page_now(work, found.letter) if found.frozen else preview(work, found, "pdf")[0]
        name = found.letter.reference or f"{letter_id}"
    return pdf(made, f"{name}-vervallen" if found.lapsed else name)


@bp.get("/as-sent.pdf")
@needs(May.READ_PATIENT)
def as_sent(letter_id: int) -> ResponseReturnValue:
    """The frozen bytes of a letter that was replaced, as they left and as their hash says; 404 of any other."""
    with reading() as work:
        found = seen(work, letter_id)
        made = frozen_page(work, found.letter) if found.lapsed else None
        name = found.letter.reference or f"{letter_id}"
    return pdf(made, f"{name}-zoals-verstuurd")


def pdf(made: bytes | None, name: str) -> Response:
    """The file, or 404 when none was kept."""
    if made is None:
        abort(404)
    return Response(made, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}.pdf"'})
