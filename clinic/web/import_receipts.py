"""The receipt of an import: what it did, what was built on it since, and taking it back."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.interop.reader import Complaint
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import import_undo
from clinic.services.import_rows import Told
from clinic.services.import_undo import UndoImport
from clinic.services.work import Work
from clinic.store.settings import ImportReceipt
from clinic.store.users import User
from clinic.web.errors import show_on_form
from clinic.web.imports import SHOWN, labelled, said, worded
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.units import reading, writing

bp = Blueprint("import_receipts", __name__, url_prefix="/imports")
SENTENCES |= {
    "import_changes_in_place": lambda: _("This kind of import changes what was there and cannot be taken back whole."),
    "import_built_on": lambda: _("Something was built on this import; it stands below. Take that back first."),
}


class UndoForm(FlaskForm):
    """Why an import is taken back."""

    reason = StringField(_l("Why it is taken back"), validators=[InputRequired(_l("Say why.")), Length(max=500)])


@bp.get("/<int:receipt_id>")
@needs(May.IMPORT)
def show(receipt_id: int) -> ResponseReturnValue:
    """What one import did."""
    return page(receipt_id, UndoForm(formdata=None))


@bp.post("/<int:receipt_id>/undo")
@needs(May.IMPORT)
def undo(receipt_id: int) -> ResponseReturnValue:
    """Take a whole import back."""
    form = UndoForm()
    if not form.validate_on_submit():
        return page(receipt_id, form, 422)
    try:
        with writing() as work:
            import_undo.undo(work, UndoImport(receipt_id, form.reason.data or ""))
    except RuleBroken as broken:
        show_on_form(form, broken)
        return page(receipt_id, form, 422)
    except LookupError:
        abort(404)
    flash(_("The import is taken back; what it wrote stays readable and counts nowhere."))
    return redirect(url_for("import_receipts.show", receipt_id=receipt_id), 303)


def page(receipt_id: int, form: UndoForm, status: int = 200) -> ResponseReturnValue:
    """What one import did, what hangs on it, and how to take it back."""
    with reading() as work:
        row = work.session.get(ImportReceipt, receipt_id)
        if row is None:
            abort(404)
        undoable = row.kind in import_undo.UNDOABLE and row.undone_at is None
        hanging = import_undo.hanging_on(work, row, SHOWN)
        told = [Complaint(*entry) for entry in row.complaints.get("rows", [])]
        return render_template(
            "imports/receipt.html", receipt=row, complaints=worded(told), shown=SHOWN,
            late=labelled(row.complaints.get("late", {})),
            told=said([Told(*entry) for entry in row.complaints.get("told", [])]), form=form,
            mended=row.complaints.get("mended", []), undoable=undoable,
            hanging=[(number, built_words()[code]) for number, code in hanging],
            undone_by=name_of(work, row.undone_by),
        ), status  # fmt: skip


def built_words() -> dict[str, str]:
    """What can hang on an import."""
    return {
        "built_corrected": _("a fact of the import was corrected"), "built_course_stops": _("a stop"),
        "built_courses": _("a course that would run beside another"),
        "built_pauses": _("a pause"), "built_doses": _("a dose"), "built_reviews": _("a review"),
        "built_agreements": _("an agreement"), "built_proposals": _("a start, stop or switch"),
        "built_appointments": _("an appointment"), "built_letters": _("a letter"),
        "built_signed": _("something that a doctor signed since"),
    }  # fmt: skip


def name_of(work: Work, user_id: int | None) -> str:
    """Who it was."""
    user = work.session.get(User, user_id) if user_id else None
    return user.name if user else ""
