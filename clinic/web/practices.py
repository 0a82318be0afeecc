"""Practices and GPs: a list with search, a form for each, and who took over from whom."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import patients, practices
from clinic.services.import_rows import plain
from clinic.services.work import Stale, Work
from clinic.store.practices import Gp, Practice
from clinic.web import practice_export, spreadsheet, succession
from clinic.web.errors import show_on_form
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.practice_form import GpForm, PracticeForm, channel_words, kind_words
from clinic.web.presenters import day
from clinic.web.units import reading, writing

bp = Blueprint("practices", __name__, url_prefix="/practices")
MOVING = "/<int:practice_id>/gps/<int:gp_id>/patients"
bp.add_url_rule(MOVING, "moving", succession.moving)
bp.add_url_rule(MOVING, "move", succession.move, methods=["POST"])
bp.add_url_rule(f"{MOVING}/export/<any(csv, xlsx):kind>", "moving_export", succession.export)
bp.add_url_rule("/export/<any(csv, xlsx):kind>", "export", practice_export.export)

SENTENCES |= {
    "practice_known": lambda: _("There is a practice with this name at this address already."),
    "agb_eight_digits": lambda: _("An AGB code has eight digits, zeros in front included."),
    "channel_needs_mailbox": lambda: _("Letters by ZorgMail or EDIFACT need the mailbox of the practice."),
    "channel_needs_agb": lambda: _("EDIFACT needs an AGB code: of the practice, or of each GP who works there."),
    "channel_needs_agb_gp": lambda: _("Letters to this practice go by EDIFACT: fill in the AGB code of this GP."),
    "agb_taken_gp": lambda: _("This AGB code is registered for another GP already."),
    "successor_without_stop": lambda: _("Fill in when this GP stopped; a successor follows."),
    "successor_not_at_work": lambda: _("Choose a successor who is at work."),
}


@bp.get("")
@needs(May.EDIT_PRACTICE)
def index() -> ResponseReturnValue:
    """A page of practices."""
    text, after = request.args.get("q", "")[:80], request.args.get("after", 0, type=key)
    with reading() as work:
        rows, last = practices.listed(work, text, after)
    here = url_for("practices.index", q=text or None)
    return render_template(
        "practices/index.html", rows=rows, text=text, channels=channel_words(),
        next_url=url_for("practices.index", q=text or None, after=last) if last else None,
        first_url=here if after else None,
        exports=[url_for("practices.export", kind=kind, q=text or None) for kind in spreadsheet.KINDS],
    )  # fmt: skip


@bp.get("/new")
@needs(May.EDIT_PRACTICE)
def new() -> ResponseReturnValue:
    """An empty form."""
    with reading() as work:
        return practice_page(work, PracticeForm(formdata=None), None)


@bp.post("")
@needs(May.EDIT_PRACTICE)
def create() -> ResponseReturnValue:
    """A practice more."""
    return kept(None)


@bp.get("/<int:practice_id>")
@needs(May.EDIT_PRACTICE)
def edit(practice_id: int) -> ResponseReturnValue:
    """A practice as it stands, with its GPs."""
    with reading() as work:
        row = one(work, Practice, practice_id)
        form = PracticeForm(formdata=None, obj=row, seen=practices.fingerprint(row, practices.PRACTICE))
        return practice_page(work, form, row)


@bp.post("/<int:practice_id>")
@needs(May.EDIT_PRACTICE)
def save(practice_id: int) -> ResponseReturnValue:
    """Keep what changed."""
    return kept(practice_id)


def one(work: Work, table: type[Any], row_id: int) -> Any:
    """The row, or 404."""
    row = work.session.get(table, row_id)
    if row is None:
        abort(404)
    return row


def kept(practice_id: int | None) -> ResponseReturnValue:
    """Keep a practice, or say why not."""
    form = PracticeForm()
    with writing() as work:
        row = one(work, Practice, practice_id) if practice_id else None
        if not form.validate_on_submit():
            return practice_page(work, form, row), 422
        try:
            saved = practices.save(work, form.details(), practice_id, form.seen.data or "")
        except RuleBroken as broken:
            show_on_form(form, broken)
            return practice_page(work, form, row), 422
        except Stale as stale:
            work.session.rollback()
            row = one(work, Practice, practice_id or 0)
            form.seen.data = practices.fingerprint(row, practices.PRACTICE)
            return practice_page(work, form, row, stale=told(stale, row, form.details(), practices.PRACTICE)), 422
    flash(_("The practice is saved."), "ok")
    return redirect(url_for("practices.edit", practice_id=saved.id), 303)


def told(stale: Stale, row: Practice | Gp, typed: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    """Who was first, and what stands now where something else was typed."""
    now = practices.state(row, columns)
    values = typed.values()
    return {"who": str(stale), "stands": {name: now[name] or "–" for name in columns
                                          if now[name] != plain(values[name])}}  # fmt: skip


def practice_page(work: Work, form: PracticeForm, row: Practice | None, **more: Any) -> str:
    """The form, and the GPs of a practice that is there."""
    gps = [gp_row(gp, count) for gp, count in practices.gps_of(work, row.id)] if row else []
    return render_template("practices/form.html", form=form, practice=row, gps=gps, **more)


def gp_row(gp: Gp, count: int) -> dict[str, Any]:
    """A GP on the page of a practice."""
    name = " ".join(part for part in (gp.initials, gp.prefix, gp.family_name) if part)
    stopped = str(_("stopped on %(day)s", day=day(gp.stopped_on))) if gp.stopped_on else ""
    return {"id": gp.id, "name": name, "kind": kind_words()[gp.kind], "agb": gp.agb, "patients": count,
            "stopped": stopped, "successor_id": gp.successor_id}  # fmt: skip


@bp.get("/<int:practice_id>/gps/new")
@needs(May.EDIT_PRACTICE)
def new_gp(practice_id: int) -> ResponseReturnValue:
    """An empty form."""
    with reading() as work:
        practice = one(work, Practice, practice_id)
        return gp_page(GpForm(work, practice, formdata=None, successor_id=0, kind="gp"), practice, None)


@bp.post("/<int:practice_id>/gps")
@needs(May.EDIT_PRACTICE)
def create_gp(practice_id: int) -> ResponseReturnValue:
    """A GP more."""
    return kept_gp(practice_id, None)


@bp.get("/<int:practice_id>/gps/<int:gp_id>")
@needs(May.EDIT_PRACTICE)
def edit_gp(practice_id: int, gp_id: int) -> ResponseReturnValue:
    """A GP as she stands."""
    with reading() as work:
        practice, gp = at(work, practice_id, gp_id)
        form = GpForm(work, practice, gp, formdata=None, obj=gp, seen=practices.fingerprint(gp, practices.GP))
        form.sex.data, form.successor_id.data = gp.sex or "", gp.successor_id or 0
        return gp_page(form, practice, gp)


@bp.post("/<int:practice_id>/gps/<int:gp_id>")
@needs(May.EDIT_PRACTICE)
def save_gp(practice_id: int, gp_id: int) -> ResponseReturnValue:
    """Keep what changed."""
    return kept_gp(practice_id, gp_id)


def at(work: Work, practice_id: int, gp_id: int) -> tuple[Practice, Gp]:
    """A GP of this practice, or 404."""
    practice, gp = one(work, Practice, practice_id), one(work, Gp, gp_id)
    if gp.practice_id != practice_id:
        abort(404)
    return practice, gp


def kept_gp(practice_id: int, gp_id: int | None) -> ResponseReturnValue:
    """Keep a GP, or say why not."""
    with writing() as work:
        practice, gp = at(work, practice_id, gp_id) if gp_id else (one(work, Practice, practice_id), None)
        form = GpForm(work, practice, gp)
        if form.look.data:
            return gp_page(form, practice, gp)
        if not form.validate_on_submit():
            return gp_page(form, practice, gp), 422
        try:
            practices.save_gp(work, form.details(practice_id), gp_id, form.seen.data or "")
        except RuleBroken as broken:
            show_on_form(form, broken)
            return gp_page(form, practice, gp), 422
        except Stale as stale:
            work.session.rollback()
            practice, gp = at(work, practice_id, gp_id or 0)
            form.seen.data = practices.fingerprint(gp, practices.GP)
            return gp_page(form, practice, gp, stale=told(stale, gp, form.details(practice_id), practices.GP)), 422
    flash(_("The GP is saved."), "ok")
    return redirect(url_for("practices.edit", practice_id=practice_id), 303)


def gp_page(form: GpForm, practice: Practice, gp: Gp | None, **more: Any) -> str:
    """The form of a GP."""
    return render_template("practices/gp.html", form=form, practice=practice, gp=gp,
                           title=patients.gp_words(gp) or _("New GP"), **more)  # fmt: skip
