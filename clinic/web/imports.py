"""Import: a file and its mapping, what they would change, and the receipt; counts, never names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField
from wtforms.validators import InputRequired, Regexp

from clinic.domain.errors import RuleBroken
from clinic.interop import mended, tables
from clinic.interop.reader import REFUSED
from clinic.interop.tables import Table
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import imports
from clinic.services.import_rows import Told
from clinic.web import import_shelf, language, messages
from clinic.web.errors import show_on_form
from clinic.web.keys import key_or
from clinic.web.language import gettext as _
from clinic.web.units import reading, writing
from clinic.wording.complaints import say, tell
from clinic.wording.labels import due_label

bp = Blueprint("imports", __name__, url_prefix="/imports")
LONGEST_CELL = 500
SHOWN = 200
messages.SENTENCES["import_nothing"] = lambda: _("No row of this file can come in.")


class FileForm(FlaskForm):
    """The file and how to read it."""

    file = FileField(_l("File (CSV or Excel)"), validators=[FileRequired(_l("Choose a file."))])
    mapping = FileField(_l("Mapping (TOML)"), validators=[FileRequired(_l("Choose a mapping."))])


class CommitForm(FlaskForm):
    """Which tried-out file to bring in."""

    token = HiddenField(validators=[InputRequired(), Regexp(r"^[0-9a-f]{32}$")])


@bp.get("/")
@needs(May.IMPORT)
def index() -> ResponseReturnValue:
    """Choose a file; what came in before."""
    return page(FileForm())


def page(form: FileForm, status: int = 200) -> ResponseReturnValue:
    """The form and the receipts."""
    with reading() as work:
        return render_template("imports/index.html", form=form, receipts=imports.receipts(work)), status


@bp.post("/preview")
@needs(May.IMPORT)
def preview() -> ResponseReturnValue:
    """What would be added, changed and late; nothing is written to the register."""
    form = FileForm()
    if not form.validate_on_submit():
        return page(form, 422)
    content, told, name = form.file.data.read(), form.mapping.data.read(), form.file.data.filename or ""
    try:
        found = import_shelf.read(content, told, name, {})
    except tables.UnreadableFile as problem:
        at = form.mapping if problem.code.startswith(("mapping", "column_missing")) else form.file
        at.errors = [say(problem.code, problem.params, language.current())]
        return page(form, 422)
    return tried_page(import_shelf.keep(content, told, name), found)


def tried_page(token: str, found: import_shelf.Read) -> ResponseReturnValue:
    """What this file would do, and its cells to correct."""
    command, table = found
    with writing() as work:
        outcome = imports.try_out(work, command)
    return render_template(
        "imports/preview.html", outcome=outcome, complaints=mendable(worded(outcome.complaints), table), shown=SHOWN,
        late=labelled(outcome.late), told=said(outcome.told), file_name=command.file_name,
        mended=[(cell.row, cell.column, cell.was, cell.now) for cell in command.mended],
        form=CommitForm(formdata=None, token=token),
    )  # fmt: skip


@bp.get("/tried")
@needs(May.IMPORT)
def tried() -> ResponseReturnValue:
    """A file that was tried out, looked at again."""
    token = request.args.get("token", "")
    folder = import_shelf.kept(token)
    if folder is None or import_shelf.finished(folder) is not None:
        return gone()
    return tried_page(token, import_shelf.take(folder))


@bp.post("/mend")
@needs(May.IMPORT)
def mend() -> ResponseReturnValue:
    """Correct cells of a file that was tried out, and look again."""
    form = CommitForm()
    folder = import_shelf.kept(form.token.data) if form.validate_on_submit() else None
    if folder is None or import_shelf.finished(folder) is not None:
        return gone()
    _command, table = import_shelf.take(folder)
    told = {}
    for name, text in request.form.items():
        start, number, column = (*name.split(":", 2), "", "")[:3]
        if start == "cell" and (row := key_or(number, 0)) > 0:
            told[row, column] = text[:LONGEST_CELL]
    changed = mended.typed(table, told)
    import_shelf.correct(folder, changed)
    cells = sum(len(row) for row in changed.values())
    flash(ngettext("%(num)s cell corrected.", "%(num)s cells corrected.", cells))
    return redirect(url_for("imports.tried", token=form.token.data), 303)


def gone() -> ResponseReturnValue:
    """The file waited too long, or came in already."""
    empty = FileForm(formdata=None)
    empty.file.errors = [_("This file is no longer kept. Choose it again.")]
    return page(empty, 422)


@bp.post("/commit")
@needs(May.IMPORT)
def commit() -> ResponseReturnValue:
    """Bring in the file that was tried out, once: a second press leads to the receipt of the first."""
    form = CommitForm()
    folder = import_shelf.kept(form.token.data) if form.validate_on_submit() else None
    if folder is None:
        return gone()
    receipt_id = import_shelf.finished(folder)
    if receipt_id is not None:
        return redirect(url_for("import_receipts.show", receipt_id=receipt_id), 303)
    try:
        command, _table = import_shelf.take(folder)
        with writing() as work:
            outcome = imports.commit(work, command)
    except RuleBroken as broken:
        failed = FileForm(formdata=None)
        show_on_form(failed, broken)
        return page(failed, 422)
    import_shelf.finish(folder, outcome.receipt_id or 0)
    return redirect(url_for("import_receipts.show", receipt_id=outcome.receipt_id), 303)


def worded(complaints: Any) -> list[dict[str, Any]]:
    """Complaints with their sentence in the reader's language; the rows that stay out come first."""
    first = sorted(complaints, key=lambda c: c.level != REFUSED)
    return [
        {"row": c.row, "column": c.column, "refused": c.level == REFUSED,
         "text": say(c.code, c.params, language.current())}
        for c in first[:SHOWN]
    ]  # fmt: skip


def said(told: Sequence[Told]) -> list[dict[str, Any]]:
    """What changes for each patient, in the reader's language."""
    return [
        {"row": t.row, "number": t.number, "text": tell(t.code, t.params, language.current())} for t in told[:SHOWN]
    ]


def labelled(late: Mapping[str, int]) -> dict[str, int]:
    """How many are late by the name of the item."""
    return {due_label(code, language.current()): number for code, number in late.items()}


def mendable(lines: list[dict[str, Any]], table: Table) -> list[dict[str, Any]]:
    """Complaints with what their cell says, each cell once; a complaint of no column of the file has none."""
    rows, seen = dict(table.rows), set()
    for line in lines:
        place = (line["row"], line["column"])
        if place[0] in rows and place[1] in table.columns and place not in seen:
            line["cell"] = mended.shown(rows[place[0]].get(place[1], ""))
            seen.add(place)
    return lines
