"""The patients of a GP who stopped, to move to the successor: who goes, and who does not."""

from __future__ import annotations

from typing import Any, cast

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from flask_wtf import FlaskForm

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import patients, succession
from clinic.services.work import Work
from clinic.store.patients import Patient
from clinic.store.practices import Gp
from clinic.web import language, spreadsheet
from clinic.web.errors import show_on_form
from clinic.web.keys import keys
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import born_cell, day, display_name, identity
from clinic.web.units import reading, writing

SENTENCES |= {
    "succession_changed": lambda: _("The list changed meanwhile: look at it once more."),
    "successor_stopped": lambda: _("The successor stopped too; choose another on the page of the GP."),
}


class MoveForm(FlaskForm):
    """Nothing but its token: who was shown and who stays come as numbers."""


@needs(May.EDIT_PATIENT)
def moving(practice_id: int, gp_id: int) -> ResponseReturnValue:
    """Who would move."""
    with reading() as work:
        return page(work, found(work, practice_id, gp_id), MoveForm(formdata=None))


@needs(May.EDIT_PATIENT)
def move(practice_id: int, gp_id: int) -> ResponseReturnValue:
    """Move them."""
    form = MoveForm()
    shown, stay = (set(keys(request.form.getlist(name))) for name in ("shown", "stay"))
    with writing() as work:
        gp = found(work, practice_id, gp_id)
        try:
            count = succession.move(work, gp, shown, stay)
        except RuleBroken as broken:
            show_on_form(form, broken)
            work.session.rollback()
            return page(work, found(work, practice_id, gp_id), form, stay), 422
    flash(ngettext("%(num)d patient has the successor now.", "%(num)d patients have the successor now.", count), "ok")
    return redirect(url_for("practices.edit", practice_id=practice_id), 303)


@needs(May.EDIT_PATIENT)
def export(practice_id: int, gp_id: int, kind: str) -> ResponseReturnValue:
    """Who would move, for a spreadsheet."""
    with reading() as work:
        gp = found(work, practice_id, gp_id)
        rows = succession.to_move(work, gp)
        work.note(Action.LIST_EXPORTED, subject=f"gp:{gp.id}", details={"patients": len(rows)})
        named = [display_name(cast(Patient, row), language.current()) for row in rows]
        name = f"{_('patients-to-move')}-{day(work.today)}"
    heads = [_("Number"), _("Patient"), _("Date of birth"), _("Town")]
    cells = [[row.number, who, born_cell(row), row.town] for row, who in zip(rows, named, strict=True)]
    return spreadsheet.answer(kind, name, heads, cells)


def found(work: Work, practice_id: int, gp_id: int) -> Gp:
    """The GP with a successor, or 404."""
    try:
        return succession.of(work, practice_id, gp_id)
    except LookupError:
        abort(404)


def page(work: Work, gp: Gp, form: MoveForm, stay: set[int] | None = None) -> str:
    """The list, everybody going unless ticked off."""
    rows: list[dict[str, Any]] = [
        {
            "id": row.id,
            "name": display_name(cast(Patient, row), language.current()),
            "about": identity(row, language.current()),
            "town": row.town or "",
            "stays": row.id in (stay or ()),
        }
        for row in succession.to_move(work, gp)
    ]
    successor = work.session.get_one(Gp, gp.successor_id)
    return render_template(
        "practices/succession.html", form=form, gp=gp, rows=rows, old=patients.gp_words(gp),
        exports=[url_for("practices.moving_export", practice_id=gp.practice_id, gp_id=gp.id, kind=kind)
                 for kind in spreadsheet.KINDS],
        new=patients.gp_words(successor), stopped=day(gp.stopped_on) if gp.stopped_on else "",
    )  # fmt: skip
