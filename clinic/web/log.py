"""The privacy officer's log, and who looked in one record; a patient is named by her number alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import log, settings
from clinic.services.work import Work
from clinic.store.log import Line
from clinic.store.patients import Patient
from clinic.web import language, log_file, spreadsheet
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField, iso_day
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.log_rows import Row, row_of
from clinic.web.messages import SENTENCES
from clinic.web.units import reading
from clinic.wording import log as words

bp = Blueprint("log", __name__, url_prefix="/log")

SENTENCES |= {
    "log_number_unknown": lambda: _("There is no patient with this number."),
    "log_period": lambda: _("The period ends before it begins."),
}
GROUPS: dict[str, tuple[Action, ...]] = {
    "refused": (Action.REFUSED, Action.SIGN_IN_FAILED),
    "exports": (Action.LIST_EXPORTED, Action.LIST_PRINTED, Action.PAPER_WRITTEN),
    "bsn": (Action.BSN_SHOWN,),
    "accounts": (Action.ACCOUNT_CHANGED, Action.SETTINGS_CHANGED, Action.PROTOCOL_CHANGED),
}


def group_labels() -> dict[str, str]:
    """What each group of actions is called; all of them first."""
    return {
        "": _("Everything"),
        "refused": _("Refused and failed"),
        "exports": _("Exports"),
        "bsn": _("BSN shown"),
        "accounts": _("Accounts and settings"),
    }


class LogForm(FlaskForm):
    """What to look for; posted, because somebody may type a BSN where a number is asked."""

    number = StringField(_l("Patient number"), validators=[Length(max=20)], render_kw={"autocomplete": "off"})
    user = SelectField(_l("Who"), coerce=int)
    action = SelectField(_l("What"))
    first = DateField(_l("From"))
    last = DateField(_l("Until and including"))
    shown = BooleanField(_l("Also lists on which this patient only stood"))

    def prepare(self, work: Work) -> None:
        """The choices."""
        named = [SelectChoice(user.id, f"{user.name} ({user.username})") for user in log.people(work)]
        self.user.choices = [SelectChoice(0, _("everybody")), *named]
        lang = language.current()
        actions = sorted((words.said(words.ACTIONS, action, lang), action.value) for action in Action)
        groups = [SelectChoice(code, said) for code, said in group_labels().items()]
        self.action.choices = [*groups, *(SelectChoice(code, said) for said, code in actions)]


def asked() -> log.Asked:
    """What the address asks for; what makes no sense there is left out."""
    get = request.args.get
    return log.Asked(
        patient_id=get("patient", type=key_of),
        user_id=get("user", type=key_of),
        actions=actions_of(get("action", "")),
        first=get("first", type=iso_day),
        last=get("last", type=iso_day),
        shown=get("shown") == "1",
    )


def actions_of(code: str) -> tuple[str, ...]:
    """A group's actions, or one; nothing is everything."""
    if code in GROUPS:
        return tuple(action.value for action in GROUPS[code])
    return (code,) if code in set(Action) else ()


def key_of(text: str) -> int:
    """A key that a table can hold; ValueError lets the address go without it."""
    if (found := key(text)) <= 0:
        raise ValueError(text)
    return found


def address(endpoint: str = "log.index", **changed: Any) -> str:
    """The same question with something changed."""
    kept = {name: value for name, value in request.args.items() if name != "after"} | changed
    return url_for(endpoint, **{name: value for name, value in kept.items() if value not in (None, "")})


@bp.get("")
@needs(May.READ_LOG)
def index() -> ResponseReturnValue:
    """One page of the log."""
    question = asked()
    with reading() as work:
        found = log.show(work, question, request.args.get("after", type=key_of))
        form = LogForm(
            formdata=None, number=number_of(work, question.patient_id), user=question.user_id or 0,
            action=request.args.get("action", ""), first=question.first, last=question.last, shown=question.shown,
        )  # fmt: skip
        form.prepare(work)
        return page(work, form, found)


def number_of(work: Work, patient_id: int | None) -> str:
    """The number of the patient asked for."""
    patient = work.session.get(Patient, patient_id) if patient_id is not None else None
    return patient.number if patient else ""


def page(work: Work, form: LogForm, found: log.Page) -> str:
    """The form and the lines."""
    current = request.args.get("action", "")
    tabs = [
        {"href": address(action=code), "label": said, "current": code == current}
        for code, said in group_labels().items()
    ]
    return render_template(
        "log/index.html", form=form, tabs=tabs, rows=rows_of(work, found.lines), most=log.MOST_EXPORTED,
        next_url=address(after=found.after) if found.after else None,
        first_url=address() if request.args.get("after") else None,
        exports=[address("log.export", kind=kind) for kind in spreadsheet.KINDS], looks_url=looks_of(form),
    )  # fmt: skip


def looks_of(form: LogForm) -> str | None:
    """The overview for the patient who was asked for, of the same days; none of whom the register does not know."""
    question = asked()
    if question.patient_id is None or not form.number.data:
        return None
    return url_for("patients.looks", patient_id=question.patient_id, first=question.first, last=question.last)


def rows_of(work: Work, lines: Iterable[Line]) -> list[Row]:
    """The lines in words."""
    names, lang = log.names(work), language.current()
    return [row_of(line, names, lang) for line in lines]


@bp.post("")
@needs(May.READ_LOG)
def ask() -> ResponseReturnValue:
    """Turn what was typed into an address without a number of a patient in it."""
    form = LogForm()
    with reading() as work:
        form.prepare(work)
        if form.validate_on_submit():
            try:
                return redirect(typed(work, form), 303)
            except RuleBroken as broken:
                show_on_form(form, broken)
        return page(work, form, log.Page([], None)), 422


def typed(work: Work, form: LogForm) -> str:
    """The address of the question; RuleBroken when it asks for nothing that can be."""
    if form.first.data and form.last.data and form.last.data < form.first.data:
        raise RuleBroken("last", "log_period")
    number = form.number.data.strip()
    parts: dict[str, Any] = {
        "patient": log.patient_numbered(work, number) if number else None,
        "user": form.user.data or None,
        "action": form.action.data or None,
        "first": form.first.data,
        "last": form.last.data,
        "shown": "1" if number and form.shown.data else None,
    }
    return url_for("log.index", **{name: value for name, value in parts.items() if value is not None})


@bp.get("/export/<any(csv, xlsx):kind>")
@needs(May.READ_LOG)
def export(kind: str) -> ResponseReturnValue:
    """The same lines for a spreadsheet: no BSN, no name of a patient, nothing that runs as a formula."""
    with reading() as work:
        lines, names, lang = log.export(work, asked()), log.names(work), language.current()
        name, hospital = f"log-{work.today.isoformat()}", settings.current(work.session).hospital
    rows = [log_file.cells(line, names, hospital, lang) for line in lines]
    return spreadsheet.answer(kind, name, log_file.heads(), rows)


def looked_in(work: Work, patient_id: int) -> dict[str, Any]:
    """What the page "who looked" of one record shows, for whoever may read it."""
    shown = request.args.get("shown") == "1"
    found = log.looks(work, patient_id, shown, request.args.get("after", type=key_of))
    here: dict[str, Any] = {"patient_id": patient_id, "shown": "1" if shown else None}
    return {
        "rows": rows_of(work, found.lines),
        "shown": shown,
        "patient_id": patient_id,
        "other_url": url_for("patients.looked", patient_id=patient_id, shown=None if shown else "1"),
        "next_url": url_for("patients.looked", **here, after=found.after) if found.after else None,
        "first_url": url_for("patients.looked", **here) if request.args.get("after") else None,
    }
