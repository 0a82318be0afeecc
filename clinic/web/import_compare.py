"""Compare with a list: which numbers stand only in the file, and which only here; nothing is written."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField

from clinic.interop import tables
from clinic.interop.tables import NoOutcome, UnreadableFile
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import import_compare
from clinic.services.import_compare import Compared
from clinic.web import language
from clinic.web.units import reading
from clinic.wording.complaints import say

bp = Blueprint("import_compare", __name__, url_prefix="/imports/compare")


class CompareForm(FlaskForm):
    """The list, and the column of the numbers."""

    file = FileField(_l("List (CSV or Excel)"), validators=[FileRequired(_l("Choose a file."))])
    column = StringField(_l("Column with the patient number"))


@bp.get("")
@needs(May.IMPORT)
def index() -> ResponseReturnValue:
    """Choose a list."""
    return page(CompareForm())


def page(form: CompareForm, compared: Compared | None = None, status: int = 200) -> ResponseReturnValue:
    """The form, and what came of it."""
    return render_template("imports/compare.html", form=form, compared=compared), status


@bp.post("")
@needs(May.IMPORT)
def compare() -> ResponseReturnValue:
    """Which numbers stand only there, and which only here."""
    form = CompareForm()
    if not form.validate_on_submit():
        return page(form, status=422)
    try:
        listed = numbers(form.file.data.read(), form.file.data.filename or "", (form.column.data or "").strip())
    except UnreadableFile as problem:
        at = form.column if problem.code == "no_column" else form.file
        at.errors = [say(problem.code, problem.params, language.current())]
        return page(form, status=422)
    with reading() as work:
        return page(form, import_compare.compare(work, listed))


def numbers(content: bytes, name: str, column: str) -> list[str]:
    """The cells of a column, the first when none is named; raises UnreadableFile when a number cannot be known."""
    table = tables.read(content, name)
    wanted = column or table.columns[0]
    if wanted not in table.columns:
        raise UnreadableFile("no_column", column=wanted, columns=", ".join(filter(None, table.columns)))
    for row, cells in table.rows:
        if isinstance(cells.get(wanted), NoOutcome):
            raise UnreadableFile("number_without_outcome", row=row, column=wanted)
    return [str(cells.get(wanted, "")) for _row, cells in table.rows]
