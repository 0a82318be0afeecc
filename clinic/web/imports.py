"""Import: a file and its mapping, what they would change, and the receipt; counts, never names."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField
from wtforms.validators import InputRequired, Regexp

from clinic.domain.errors import RuleBroken
from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.interop.reader import REFUSED
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import imports
from clinic.services.import_rows import Told
from clinic.web import language, messages
from clinic.web.errors import show_on_form
from clinic.web.units import now, reading, writing
from clinic.wording.complaints import say, tell
from clinic.wording.labels import due_label

bp = Blueprint("imports", __name__, url_prefix="/imports")
KEPT_HOURS = 8
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
    content, told = form.file.data.read(), form.mapping.data.read()
    try:
        command = read(content, told, form.file.data.filename or "")
    except tables.UnreadableFile as problem:
        at = form.mapping if problem.code.startswith(("mapping", "column_missing")) else form.file
        at.errors = [say(problem.code, problem.params, language.current())]
        return page(form, 422)
    with writing() as work:
        outcome = imports.try_out(work, command)
    token = keep(content, told, command.file_name)
    return render_template(
        "imports/preview.html", outcome=outcome, complaints=worded(outcome.complaints), shown=SHOWN,
        late=labelled(outcome.late), told=said(outcome.told), file_name=command.file_name,
        form=CommitForm(formdata=None, token=token),
    )  # fmt: skip


@bp.post("/commit")
@needs(May.IMPORT)
def commit() -> ResponseReturnValue:
    """Bring in the file that was tried out, once."""
    form = CommitForm()
    folder = kept(form.token.data) if form.validate_on_submit() else None
    if folder is None:
        empty = FileForm(formdata=None)
        empty.file.errors = [_("This file is no longer kept. Choose it again.")]
        return page(empty, 422)
    name = json.loads((folder / "name").read_text(encoding="utf-8"))
    command = read((folder / "file").read_bytes(), (folder / "mapping").read_bytes(), name)
    try:
        with writing() as work:
            outcome = imports.commit(work, command)
    except RuleBroken as broken:
        failed = FileForm(formdata=None)
        show_on_form(failed, broken)
        return page(failed, 422)
    drop(folder)
    return redirect(url_for("import_receipts.show", receipt_id=outcome.receipt_id), 303)


def read(content: bytes, told: bytes, name: str) -> imports.Import:
    """The file by its mapping."""
    parsed = interop.parse(tables.read(content, name), mapping.parse(told, interop.FIELDS))
    return imports.Import(parsed, Path(name).name, hashlib.sha256(content).hexdigest())


def worded(complaints: Any) -> list[dict[str, Any]]:
    """Complaints with their sentence in the reader's language."""
    return [
        {"row": c.row, "column": c.column, "refused": c.level == REFUSED,
         "text": say(c.code, c.params, language.current())}
        for c in complaints[:SHOWN]
    ]  # fmt: skip


def said(told: Sequence[Told]) -> list[dict[str, Any]]:
    """What changes for each patient, in the reader's language."""
    return [
        {"row": t.row, "number": t.number, "text": tell(t.code, t.params, language.current())} for t in told[:SHOWN]
    ]


def labelled(late: Mapping[str, int]) -> dict[str, int]:
    """How many are late by the name of the item."""
    return {due_label(code, language.current()): number for code, number in late.items()}


def shelf() -> Path:
    """Where tried-out files of this person wait, readable by the program alone."""
    folder: Path = current_app.config["SETTINGS"].instance_dir / "imports" / str(current_user.id)
    return folder


def keep(content: bytes, told: bytes, name: str) -> str:
    """Put a tried-out file aside for the commit; what waited too long goes."""
    token = secrets.token_hex(16)
    folder = shelf() / token
    folder.mkdir(parents=True, mode=0o700)
    (folder / "file").write_bytes(content)
    (folder / "mapping").write_bytes(told)
    (folder / "name").write_text(json.dumps(name), encoding="utf-8")
    oldest = (now() - timedelta(hours=KEPT_HOURS)).isoformat()
    (folder / "at").write_text(now().isoformat(), encoding="ascii")
    for other in shelf().iterdir():
        at = other / "at"
        if at.exists() and at.read_text(encoding="ascii") < oldest:
            drop(other)
    return token


def kept(token: str) -> Path | None:
    """The file that waits under this token, of this person only."""
    folder = shelf() / token
    return folder if (folder / "at").exists() else None


def drop(folder: Path) -> None:
    """A file that came in, or waited too long, is not kept."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
