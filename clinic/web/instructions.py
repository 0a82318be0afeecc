"""The instructions of each role on one A4, to read on the ward or to hang up; one's own comes first."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from clinic.letters.instructions import LANGUAGES, sheet_pdf
from clinic.security.guard import signed_in
from clinic.security.permissions import Role
from clinic.web import language
from clinic.wording.people import role_label

bp = Blueprint("instructions", __name__, url_prefix="/instructions")
SHEET = f"/<any({','.join(Role)}):role>/<any({','.join(LANGUAGES)}):lang>.pdf"


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Every sheet: who manages the ward prints them all."""
    own, lang = current_user.role, language.current()
    roles = [own, *(role for role in Role if role is not own)]
    return render_template("instructions/index.html", roles=[(role.value, role_label(role, lang)) for role in roles])


@bp.get(SHEET)
@signed_in
def sheet(role: str, lang: str) -> ResponseReturnValue:
    """One sheet; nothing in it is of a patient, so nothing is written down."""
    name = {"Content-Disposition": f'inline; filename="botwacht-{role}-{lang}.pdf"'}
    return Response(sheet_pdf(Role(role), lang), mimetype="application/pdf", headers=name)
