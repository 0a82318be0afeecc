"""Drafts of the clinic's protocol: a copy of the version in force or of a file, other numbers within their bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.domain.numbers import ALL, Values, values
from clinic.domain.protocol import Protocol
from clinic.domain.settings import Setting
from clinic.interop import protocols as toml
from clinic.security.guard import needs, signed_in
from clinic.security.permissions import May
from clinic.services import protocols
from clinic.services.protocols import BadNumbers, ChangeDraft, NewVersion
from clinic.services.work import Stale, Work
from clinic.store.protocols import ProtocolVersion
from clinic.web import language
from clinic.web.errors import show_on_form
from clinic.web.keys import key_or
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.protocol_form import NewVersionForm, NumbersForm, bounds
from clinic.web.units import reading, writing
from clinic.wording import protocol as words

bp = Blueprint("protocol_versions", __name__, url_prefix="/protocol/versions")
MOST_BYTES = 200_000

SENTENCES |= {
    "protocol_name_taken": lambda: _("There is a version with this name already."),
    "protocol_no_draft": lambda: _("This version is no draft any more and cannot be changed."),
}


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Every version but withdrawn drafts."""
    with reading() as work:
        now, versions = protocols.in_force(work.session), protocols.listed(work.session)
        return render_template("protocol/versions.html", now=now, versions=versions, states=states())


@bp.get("/<int:protocol_id>")
@signed_in
def show(protocol_id: int) -> ResponseReturnValue:
    """A version beside the one in force."""
    with reading() as work:
        row = opened(work, protocol_id)
        now = protocols.in_force(work.session).protocol
        tables = table_rows(protocols.protocol_of(row), now)
        return render_template("protocol/show.html", row=row, state=states()[row.state], now=now, tables=tables)


@bp.get("/<int:protocol_id>/protocol.toml")
@signed_in
def export(protocol_id: int) -> ResponseReturnValue:
    """A version as a file."""
    with reading() as work:
        row = opened(work, protocol_id)
    headers = {"Content-Disposition": f'attachment; filename="{row.name}.toml"'}
    return Response(row.toml, mimetype="application/toml", headers=headers)


@bp.get("/new")
@needs(May.EDIT_SETTINGS)
def new() -> ResponseReturnValue:
    """The form for a draft."""
    return new_page(NewVersionForm(formdata=None))


@bp.post("")
@needs(May.EDIT_SETTINGS)
def create() -> ResponseReturnValue:
    """Keep a draft and go on to its numbers."""
    form = NewVersionForm()
    with writing() as work:
        good = form.validate_on_submit()
        protocol = given(work, form)
        if good and protocol is not None:
            try:
                command = NewVersion(form.reason.data or "", protocol, form.form_token.data or "")
                protocol_id = protocols.make(work, command)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except BadNumbers as bad:
                form.file.errors = [f"{wrong.key}: {words.wrong(wrong, language.current())}" for wrong in bad.wrongs]
            else:
                flash(_("The draft is made. Nothing changes for patients until it is activated."), "ok")
                return redirect(url_for("protocol_versions.edit", protocol_id=protocol_id), 303)
        return new_page(form), 422


@bp.get("/<int:protocol_id>/edit")
@needs(May.EDIT_SETTINGS)
def edit(protocol_id: int) -> ResponseReturnValue:
    """Every number of a draft; what is no draft is only shown."""
    with reading() as work:
        row = opened(work, protocol_id)
        if row.state != "draft":
            return redirect(url_for("protocol_versions.show", protocol_id=protocol_id))
        form = NumbersForm(formdata=None)
        form.load(values(protocols.protocol_of(row)))
        form.reason.data, form.version.data = row.reason, str(row.version)
        return edit_page(work, row, form)


@bp.post("/<int:protocol_id>")
@needs(May.EDIT_SETTINGS)
def change(protocol_id: int) -> ResponseReturnValue:
    """Keep other numbers."""
    form, status = NumbersForm(), 422
    with writing() as work:
        opened(work, protocol_id)
        if form.validate_on_submit():
            seen = key_or(form.version.data, 0)
            try:
                protocols.change(work, ChangeDraft(protocol_id, seen, form.reason.data, form.numbers()))
            except BadNumbers as bad:
                form.tell(bad.wrongs)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except Stale:
                status = 409
                form.form_errors.append(_("Somebody else changed this draft meanwhile: what stands now is beside each "
                                          "number. Save once more to put yours in its place."))  # fmt: skip
            else:
                flash(_("The draft is saved. Nothing changes for patients until it is activated."), "ok")
                return redirect(url_for("protocol_versions.show", protocol_id=protocol_id), 303)
        else:
            form.tell(form.out_of_bounds())
        work.session.rollback()
        return edit_page(work, opened(work, protocol_id), form, stale=status == 409), status


@bp.post("/<int:protocol_id>/withdraw")
@needs(May.EDIT_SETTINGS)
def withdraw(protocol_id: int) -> ResponseReturnValue:
    """Put a draft away."""
    with writing() as work:
        opened(work, protocol_id)
        try:
            protocols.withdraw(work, protocol_id)
        except RuleBroken:
            flash(SENTENCES["protocol_no_draft"](), "late")
            return redirect(url_for("protocol_versions.show", protocol_id=protocol_id), 303)
    flash(_("The draft is withdrawn."), "ok")
    return redirect(url_for("protocol_versions.index"), 303)


def opened(work: Work, protocol_id: int) -> ProtocolVersion:
    """A version, or 404."""
    try:
        return protocols.found(work.session, protocol_id)
    except LookupError:
        abort(404)


def given(work: Work, form: NewVersionForm) -> Protocol | None:
    """The file's numbers or those in force, under the name that was typed; what is wrong stands at its field."""
    named = f'name = "{(form.name.data or "").strip()}"'
    try:
        typed = toml.load(named).name if form.name.data else None
    except toml.BadProtocol:
        form.name.errors = [_("Use lower-case letters, digits, points and hyphens; 40 at most.")]
        return None
    if form.file.data:
        found = from_file(form)
        return replace(found, name=typed or found.name) if found else None
    if typed is None:
        form.name.errors = [_("Give the version a name.")]
        return None
    return replace(protocols.in_force(work.session).protocol, name=typed)


def from_file(form: NewVersionForm) -> Protocol | None:
    """The protocol of the file; what is wrong with it stands at the field, with its line."""
    try:
        return toml.load(form.file.data.read(MOST_BYTES).decode())
    except UnicodeDecodeError:
        form.file.errors = [_("This is no text file in UTF-8.")]
    except toml.BadProtocol as bad:
        form.file.errors = [bad.in_words(language.current())]
    return None


def new_page(form: NewVersionForm) -> str:
    """The form for a draft."""
    form.prepare()
    return render_template("protocol/new.html", form=form)


def edit_page(work: Work, row: ProtocolVersion, form: Any, stale: bool = False) -> str:
    """The form; beside each number what is in force, or after a clash what stands now."""
    beside = protocols.protocol_of(row) if stale else protocols.in_force(work.session).protocol
    if stale:
        form.version.data = str(row.version)
    return render_template("protocol/edit.html", row=row, form=form, groups=fields(form, values(beside)), stale=stale)


def by_group(lang: str) -> list[tuple[str, list[Setting]]]:
    """The numbers by table, with what the table is called."""
    return [
        (
            words.pick(title, lang),
            [one for key, one in ALL.items() if key.rpartition(".")[0].partition(".")[0] == table],
        )
        for table, title in words.GROUPS
    ]


def fields(form: Any, beside: Values) -> list[dict[str, Any]]:
    """The fields by table, each with bounds, what it moves, and the number beside it."""
    lang = language.current()
    return [
        {"title": title, "fields": [field(form, one, beside, lang) for one in settings]}
        for title, settings in by_group(lang)
    ]


def field(form: Any, setting: Setting, beside: Values, lang: str) -> dict[str, Any]:
    """One number to fill in."""
    return {
        "field": form.of(setting),
        "unit": words.unit(setting, lang),
        "hint": f"{words.moves(setting, lang)} {bounds(setting, lang)}.",
        "beside": words.number(beside[setting.name], lang),
    }


def table_rows(protocol: Protocol, before: Protocol) -> list[dict[str, Any]]:
    """The numbers to read by table; `was` where the version in force has another."""
    now, then, lang = values(protocol), values(before), language.current()
    return [
        {"title": title, "rows": [row_of(one, now, then, lang) for one in settings]}
        for title, settings in by_group(lang)
    ]


def row_of(setting: Setting, now: Values, then: Values, lang: str) -> dict[str, str]:
    """One number to read."""
    number, was = now[setting.name], then[setting.name]
    return {
        "name": words.title(setting, lang),
        "moves": words.moves(setting, lang),
        "number": words.number(number, lang),
        "unit": words.unit(setting, lang) if number is not None else "",
        "was": words.number(was, lang) if was != number else "",
    }


def states() -> dict[str, str]:
    """What each state is called."""
    return {
        "draft": _("Draft"), "withdrawn": _("Withdrawn"), "active": _("In force"), "retired": _("Was in force"),
    }  # fmt: skip
