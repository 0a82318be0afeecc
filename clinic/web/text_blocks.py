"""The clinic's own words for letters: by kind, in versions, tried on a real and on made-up letters while typed."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField

from clinic.domain.errors import RuleBroken
from clinic.letters import blocks, samples
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import text_blocks
from clinic.services.text_blocks import Tried
from clinic.services.work import Work
from clinic.web import to_patient
from clinic.web.errors import show_on_form
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.settings_form import tabs
from clinic.web.units import reading, writing

bp = Blueprint("text_blocks", __name__, url_prefix="/settings/texts")
CODES = {code.replace(".", "-").replace("_", "-"): code for code in samples.CODES}
KIND = f"<any({', '.join(repr(slug) for slug in CODES)}):kind>"

SENTENCES |= {
    "block_long": lambda: _("Use at most %(most)s characters."),
    "block_place": lambda: _("Between braces only these names may stand: %(places)s."),
    "block_control": lambda: _("The text holds signs that cannot be printed."),
    "block_sign": lambda: _("These signs cannot stand on the page: %(signs)s. Write it otherwise."),
    "block_not_on_latest": lambda: _("The latest real letter cannot be set on a page with this text."),
    "block_not_on_page": lambda: _("With this text a letter cannot be set on a page."),
}


class BlockForm(FlaskForm):
    """The words."""

    form_token = HiddenField()
    words = TextAreaField(_l("Words for these letters"))


def names() -> dict[str, str]:
    """What each kind of letter is called."""
    told = {
        "start": _("Start of treatment"), "control": _("Control"), "dxa": _("DXA result"),
        "continue": _("Decision: continue"), "stop": _("Decision: stop"), "switch": _("Decision: other drug"),
        "postpone": _("Decision: postponed"), "no_show": _("Did not come"), "end": _("End of the controls"),
        "correction": _("Correction"),
    }  # fmt: skip
    hers = {f"patient.{code}": f"{_('To the patient')}: {name}" for code, name in to_patient.names().items()}
    return told | hers


@bp.get("")
@needs(May.EDIT_SETTINGS)
def index() -> ResponseReturnValue:
    """Every kind, with the words that hold."""
    with reading() as work:
        held = text_blocks.overview(work)
    rows = [(slug, names()[code], held[code]) for slug, code in CODES.items()]
    return render_template("settings/texts.html", rows=rows, tabs=tabs("text_blocks.index"))


@bp.get(f"/{KIND}")
@needs(May.EDIT_SETTINGS)
def edit(kind: str) -> ResponseReturnValue:
    """The words that hold, or those of a version, in the form; beside them the letters they make."""
    with reading() as work:
        versions = text_blocks.versions(work, CODES[kind])
        wanted = request.args.get("version", type=key)
        held = text_blocks.overview(work)[CODES[kind]]
        shown = next((row for row in versions if row.number == wanted), held)
        form = BlockForm(formdata=None, form_token=secrets.token_hex(16), words=shown.words if shown else "")
        return page(work, kind, form)


def page(work: Work, kind: str, form: BlockForm) -> str:
    """The form, the versions, and the letters with the words as typed when they can be used."""
    code = CODES[kind]
    held = text_blocks.overview(work)[code]
    return render_template(
        "settings/text.html", form=form, kind=kind, name=names()[code], versions=text_blocks.versions(work, code),
        held=held.number if held else None, letters=letters(work, code, form), places=list(blocks.PLACES),
        most=blocks.LONGEST, record_names=record_names(), tabs=tabs("text_blocks.index"),
    )  # fmt: skip


def letters(work: Work, code: str, form: BlockForm) -> list[Tried]:
    """The letters with the words as typed; none, and why not at the field, when they cannot be used."""
    words = form.words.data or ""
    try:
        made_up = text_blocks.tried(work, code, words)
    except RuleBroken as broken:
        show_on_form(form, broken)
        return []
    try:
        return [*text_blocks.on_real(work, code, words), *made_up]
    except RuleBroken as broken:  # one letter says more than a page holds: the others are read all the same
        show_on_form(form, broken)
        return made_up


def record_names() -> dict[str, str]:
    """What the records are."""
    return {
        "real": _("The latest letter of this kind, without its person"), "plain": _("A plain record"),
        "worst": _("The most that a record can hold"),
    }  # fmt: skip


@bp.post(f"/{KIND}/try")
@needs(May.EDIT_SETTINGS)
def attempt(kind: str) -> ResponseReturnValue:
    """The letters with the words as typed; nothing is kept. For a script only the letters."""
    form = BlockForm()
    with reading() as work:
        if "live" in request.args:
            found = letters(work, CODES[kind], form)
            return render_template("settings/_tried.html", form=form, letters=found, record_names=record_names())
        return page(work, kind, form)


@bp.post(f"/{KIND}")
@needs(May.EDIT_SETTINGS)
def save(kind: str) -> ResponseReturnValue:
    """Keep a version, not used yet."""
    form = BlockForm()
    with writing() as work:
        try:
            token = form.form_token.data or secrets.token_hex(16)
            number = text_blocks.save(work, CODES[kind], form.words.data or "", token)
        except RuleBroken:
            work.session.rollback()
            return page(work, kind, form), 422
    flash(_("Version %(number)s is kept. It is not in letters until you use it.", number=number), "ok")
    return redirect(url_for("text_blocks.edit", kind=kind, version=number), 303)


@bp.post(f"/{KIND}/<int:number>/use")
@needs(May.EDIT_SETTINGS)
def use(kind: str, number: int) -> ResponseReturnValue:
    """Let a version hold from now on."""
    with writing() as work:
        try:
            text_blocks.use(work, CODES[kind], number)
        except LookupError:
            abort(404)
    flash(_("Letters that are authorised or made from now on carry version %(number)s.", number=number), "ok")
    return redirect(url_for("text_blocks.edit", kind=kind), 303)
