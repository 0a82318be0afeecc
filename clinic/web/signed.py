"""What a doctor signed, as its own page: every version of it, other words with a reason, voided with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import notes, results, said
from clinic.services.work import Stale, Work
from clinic.store.reviews import TAKEN_OVER
from clinic.store.users import User
from clinic.web import language, still_has, who
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.results import Version, VoidForm, local, overtaken, voided
from clinic.web.units import reading, writing

SENTENCES |= {"words_missing": lambda: _("Write what you sign.")}
Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Signed:
    """A kind of signed fact; `words` names the one text that can be written anew, empty when there is a whole form."""

    name: str
    title: Any
    table: Any
    act: May
    read: May
    lines: Callable[[Work, Any, str], list[Line]]
    void: Callable[[Work, int, int, str], None]
    words: Any = ""
    undo: Callable[[Work, Any], bool] = lambda _work, _row: False


class WordsForm(FlaskForm):
    """The signed words, and why they change."""

    words = TextAreaField(validators=[Length(max=2000)])
    change_reason = StringField(_l("Reason for the change"), validators=[Length(max=200)])


def signer(row: Any, name: str) -> str:
    """Who signed; of a decision that came with an old list nobody here did."""
    if getattr(row, "signed_function", "") != TAKEN_OVER:
        return name
    return str(_("a doctor, says the old list that %(name)s brought in", name=name))


def ways(bp: Blueprint, kind: Signed, prefix: str = "") -> None:
    """The ways in to what was signed: shown, voided and, when it is one text, written anew."""
    at = f"{prefix}/<int:fact_id>"
    bp.add_url_rule(at, "show", needs(kind.read)(partial(show, kind)), methods=["GET"])
    bp.add_url_rule(f"{at}/void", "void", needs(kind.act)(partial(void, kind)), methods=["POST"])
    if kind.words:
        bp.add_url_rule(f"{at}/edit", "edit", needs(kind.act)(partial(edit, kind)), methods=["GET"])
        bp.add_url_rule(at, "correct", needs(kind.act)(partial(correct, kind)), methods=["POST"])


def show(kind: Signed, patient_id: int, fact_id: int) -> ResponseReturnValue:
    """What stands, and every version before it."""
    with reading() as work:
        who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return shown(kind, work, patient_id, fact_id, VoidForm(formdata=None))


def void(kind: Signed, patient_id: int, fact_id: int) -> ResponseReturnValue:
    """Let it count nowhere, with a reason."""
    form = VoidForm()
    with writing() as work:
        who.found(work, patient_id)
        own(kind, work, patient_id, fact_id)
        if form.validate_on_submit():
            try:
                kind.void(work, patient_id, fact_id, form.reason.data or "")
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(_("It is voided: it stays readable and counts nowhere."), "ok")
                still_has.warn(work, patient_id)
                return redirect(url_for("patients.record", patient_id=patient_id), 303)
        work.session.rollback()
        return shown(kind, work, patient_id, fact_id, form), 422


def edit(kind: Signed, patient_id: int, fact_id: int) -> ResponseReturnValue:
    """The words that stand; what no longer stands is only shown."""
    with reading() as work:
        who.found(work, patient_id)
        row = chain(kind, work, patient_id, fact_id)[0]
        if row.id != fact_id or not row.stands:
            return redirect(url_for(f"{kind.name}.show", patient_id=patient_id, fact_id=row.id))
        work.note(Action.PATIENT_OPENED, patient_id)
        form = WordsForm(formdata=None)
        form.words.data = notes.words_of(row)
        return rewritten(kind, work, patient_id, row, form)


def correct(kind: Signed, patient_id: int, fact_id: int) -> ResponseReturnValue:
    """Sign other words."""
    form, stale = WordsForm(), False
    form.words.label.text = kind.words
    with writing() as work:
        who.found(work, patient_id)
        own(kind, work, patient_id, fact_id)
        if form.validate_on_submit():
            words, why = form.words.data or "", form.change_reason.data or ""
            try:
                notes.correct_words(work, kind.table, patient_id, fact_id, words, why)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except Stale:
                stale = True
            else:
                flash(_("The correction is saved. What is due next stands below."), "ok")
                return redirect(url_for("patients.record", patient_id=patient_id), 303)
        work.session.rollback()
        latest = chain(kind, work, patient_id, fact_id)[0]
        stale = stale or overtaken(latest, fact_id)
        return rewritten(kind, work, patient_id, latest, form, stale), 409 if stale else 422


def rewritten(kind: Signed, work: Work, patient_id: int, row: Any, form: WordsForm, stale: bool = False) -> str:
    """The page on which words are written anew; what stands now is above them."""
    form.words.label.text = kind.words
    return render_template(
        "reviews/words.html", kind=kind, form=form, band=who.band(who.found(work, patient_id)), patient_id=patient_id,
        row=row, version=versions(kind, work, [row])[0], stale=stale,
    )  # fmt: skip


def shown(kind: Signed, work: Work, patient_id: int, fact_id: int, form: VoidForm) -> str:
    """The page of what was signed."""
    rows = chain(kind, work, patient_id, fact_id)
    return render_template(
        "reviews/show.html", kind=kind, form=form, band=who.band(who.found(work, patient_id)), patient_id=patient_id,
        row=rows[0], versions=versions(kind, work, rows), undo=kind.undo(work, rows[0]),
    )  # fmt: skip


def own(kind: Signed, work: Work, patient_id: int, fact_id: int) -> Any:
    """This patient's fact in any version, or 404."""
    try:
        return said.own(work, kind.table, patient_id, fact_id)
    except LookupError:
        abort(404)


def chain(kind: Signed, work: Work, patient_id: int, fact_id: int) -> list[Any]:
    """Every version, the newest first, or 404."""
    own(kind, work, patient_id, fact_id)
    return results.versions(work, kind.table, patient_id, fact_id)


def versions(kind: Signed, work: Work, rows: list[Any]) -> list[Version]:
    """Versions in words."""
    people = {who for row in rows for who in (row.recorded_by, row.voided_by) if who is not None}
    names = dict(work.session.execute(select(User.id, User.name).where(User.id.in_(people))).all())
    return [
        Version(
            id=row.id,
            lines=kind.lines(work, row, language.current()),
            by=signer(row, names.get(row.recorded_by, "")),
            at=local(row.recorded_at),
            reason=row.change_reason or "",
            voided=voided(row, names),
        )
        for row in rows
    ]
