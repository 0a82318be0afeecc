"""Requests of patients with their dates: answered, extended, or, when it is destruction, weighed and carried out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import RequestKind, RequestState
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import destruction, restrictions, rights
from clinic.services.destruction import Destroy
from clinic.services.rights import Settle
from clinic.services.work import Stale, Work, local_time
from clinic.store.rights import RightsRequest, Tombstone
from clinic.store.users import User
from clinic.web import language
from clinic.web.errors import show_on_form
from clinic.web.keys import key_or
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.units import reading, writing
from clinic.wording.labels import label

bp = Blueprint("requests", __name__, url_prefix="/requests")
SETTLED = (RequestState.GRANTED, RequestState.REFUSED, RequestState.WITHDRAWN)

SENTENCES |= {
    "request_unchosen": lambda: _("Choose what was answered."),
    "request_answer": lambda: _("Say what she was told."),
    "request_destruction": lambda: _("Destruction is granted by carrying it out, below."),
    "request_extended": lambda: _("The date was moved already; it moves once."),
    "request_because": lambda: _("Give the reason that she is told."),
    "destruction_ground": lambda: _("Say why nothing stands in the way."),
    "destruction_undecided": lambda: _("A doctor has to weigh the request first."),
    "destruction_two_people": lambda: _("You weighed this request yourself; somebody else carries it out."),
    "destruction_number": lambda: _("This is not the number of the patient who asked."),
    "destruction_journal": lambda: _(
        "Nothing is destroyed: the journal beside the outbox cannot be written. Tell whoever runs the system."
    ),
    "destruction_letter": lambda: _("A letter of hers is signed and has not left. Send it or withdraw it first."),
}


class SettleForm(FlaskForm):
    """What was answered."""

    state = RadioField(_l("Answer"), validators=[InputRequired(_l("Choose what was answered."))])
    answer = TextAreaField(_l("What she was told"), validators=[Length(max=1000)], render_kw={"rows": 2})
    seen = HiddenField()

    def __init__(self, lang: str, kind: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        offered = [one for one in SETTLED if kind != RequestKind.DESTRUCTION or one is not RequestState.GRANTED]
        self.state.choices = [SelectChoice(one.value, label(one, lang)) for one in offered]


class ExtendForm(FlaskForm):
    """Why two months more."""

    because = StringField(_l("Reason that she is told"), validators=[Length(max=500)])
    seen = HiddenField()


class DecideForm(FlaskForm):
    """Why nothing stands in the way."""

    ground = TextAreaField(_l("Why nothing stands in the way"), validators=[Length(max=1000)], render_kw={"rows": 2})
    seen = HiddenField()


class DestroyForm(FlaskForm):
    """Which patient, typed, and what she is told."""

    number = StringField(_l("Patient number"), validators=[Length(max=20)], render_kw={"autocomplete": "off"})
    answer = TextAreaField(_l("What she was told"), validators=[Length(max=1000)], render_kw={"rows": 2})
    seen = HiddenField()


class ReleaseForm(FlaskForm):
    """Why the number is used again."""

    because = StringField(_l("Why the number is used again"), validators=[Length(max=500)])
    seen = HiddenField()


Forms = dict[str, FlaskForm]


def forms_of(row: RightsRequest, lang: str, **sent: FlaskForm) -> Forms:
    """The forms of a request; one that was sent keeps what was typed, and all see the version of now."""
    empty: Forms = {
        "settle": SettleForm(lang, row.kind, formdata=None, prefix="settle-"),
        "extend": ExtendForm(formdata=None, prefix="extend-"),
        "decide": DecideForm(formdata=None, prefix="decide-"),
        "destroy": DestroyForm(formdata=None, prefix="destroy-"),
        "release": ReleaseForm(formdata=None, prefix="release-"),
    }
    found = empty | sent
    for form in found.values():
        form.seen.data = str(row.version)
        form.seen.raw_data = None
    return found


@bp.get("")
@needs(May.READ_REQUESTS)
def index() -> ResponseReturnValue:
    """Every request, the open ones first."""
    with reading() as work:
        lang = language.current()
        found = rights.listed(work)
        closed = restrictions.closed_among(work, {row.RightsRequest.patient_id for row in found})
        rows = [
            in_words(row.RightsRequest, row.name, work.today, lang)
            | ({"note": ""} if row.RightsRequest.patient_id in closed else {})
            for row in found
        ]
    return render_template("requests/index.html", rows=rows)


def in_words(row: RightsRequest, by: str, today: date, lang: str) -> dict[str, Any]:
    """A request: whose number, what, until when, what was answered."""
    left = (row.due_on - today).days
    return {
        "id": row.id, "number": row.number, "kind": label(RequestKind(row.kind), lang), "by": by,
        "received": day(row.received_on), "due": day(row.due_on), "note": row.note or "",
        "open": row.state == RequestState.OPEN, "state": label(RequestState(row.state), lang),
        "answer": row.answer or "", "settled": day(row.settled_at and local_time(row.settled_at).date()),
        "left": ngettext("%(num)d day left", "%(num)d days left", left) if left >= 0 else _("the date has passed"),
        "sign": "late" if left < 0 else "soon" if left <= rights.SOON else "plan",
        "extended": row.extended_because or "",
    }  # fmt: skip


@bp.get("/past-term")
@needs(May.READ_LOG)
def past_term() -> ResponseReturnValue:
    """Records in which nothing changed for twenty years; nothing happens to them by itself."""
    with reading() as work:
        rows = [
            {"number": row.number, "last": day(date.fromisoformat(str(row.last)))}
            for row in destruction.past_term(work)
        ]
    return render_template("requests/past_term.html", rows=rows)


@bp.get("/<int:request_id>")
@needs(May.READ_REQUESTS)
def show(request_id: int) -> ResponseReturnValue:
    """One request with what can be done."""
    with reading() as work:
        row = rights.one(work, request_id)
        if row is None:
            abort(404)
        return page(work, row, forms_of(row, language.current()))


def page(work: Work, row: RightsRequest, forms: Forms, stale: bool = False) -> str:
    """The request, who weighed it, and the forms that its state and the person's role allow."""
    lang = language.current()
    names = {user_id: name_of(work, user_id) for user_id in (row.recorded_by, row.decided_by, row.settled_by)}
    return render_template(
        "requests/show.html", request_=row, row=in_words(row, names[row.recorded_by], work.today, lang), stale=stale,
        decided_by=names[row.decided_by], settled_by=names[row.settled_by], **forms,
        decided=day(row.decided_at and local_time(row.decided_at).date()),
        released=released(work, row),
        destruction=row.kind == RequestKind.DESTRUCTION, asks_looks=row.kind == RequestKind.LOOKS,
    )  # fmt: skip


def released(work: Work, row: RightsRequest) -> str | None:
    """Since when and why the number of a destroyed record may be used again; nothing said while it may not."""
    stone = work.session.get(Tombstone, row.patient_id) if row.state == RequestState.GRANTED else None
    if stone is None:
        return None
    return f"{day(local_time(stone.released_at).date())}: {stone.released_because}" if stone.released_at else ""


def name_of(work: Work, user_id: int | None) -> str:
    """What an account is called."""
    return work.session.get_one(User, user_id).name if user_id is not None else ""


@bp.post("/<int:request_id>/settle")
@needs(May.SETTLE_REQUEST)
def settle(request_id: int) -> ResponseReturnValue:
    """Keep the answer."""

    def act(work: Work, form: FlaskForm) -> None:
        chosen = RequestState(form.state.data)
        rights.settle(work, Settle(request_id, chosen, form.answer.data or "", seen(form)))

    return done(request_id, "settle", act, lambda: _("The answer is kept."))


@bp.post("/<int:request_id>/extend")
@needs(May.SETTLE_REQUEST)
def extend(request_id: int) -> ResponseReturnValue:
    """Two months more."""

    def act(work: Work, form: FlaskForm) -> None:
        rights.extend(work, request_id, form.because.data or "", seen(form))

    return done(request_id, "extend", act, lambda: _("The date is two months later."))


@bp.post("/<int:request_id>/decide")
@needs(May.DECIDE_DESTRUCTION)
def decide(request_id: int) -> ResponseReturnValue:
    """A doctor weighs."""

    def act(work: Work, form: FlaskForm) -> None:
        destruction.decide(work, request_id, form.ground.data or "", seen(form))

    return done(request_id, "decide", act, lambda: _("The privacy officer can carry it out."))


@bp.post("/<int:request_id>/destroy")
@needs(May.DESTROY_RECORD)
def destroy(request_id: int) -> ResponseReturnValue:
    """The privacy officer carries out."""

    def act(work: Work, form: FlaskForm) -> None:
        told = Destroy(request_id, form.number.data or "", form.answer.data or "", seen(form))
        destruction.destroy(work, told, current_app.config["SETTINGS"].instance_dir)

    return done(request_id, "destroy", act, lambda: _("The record is destroyed."))


@bp.post("/<int:request_id>/release")
@needs(May.DESTROY_RECORD)
def release(request_id: int) -> ResponseReturnValue:
    """The number of a destroyed record may be registered again."""

    def act(work: Work, form: FlaskForm) -> None:
        destruction.release(work, request_id, form.because.data or "")

    return done(request_id, "release", act, lambda: _("The number can be registered again."))


def seen(form: FlaskForm) -> int:
    """The version that the page showed; none that exists when it was left out."""
    return key_or(form.seen.data, 0)


FORMS: dict[str, Callable[[str, str], FlaskForm]] = {
    "settle": lambda lang, kind: SettleForm(lang, kind, prefix="settle-"),
    "extend": lambda _lang, _kind: ExtendForm(prefix="extend-"),
    "decide": lambda _lang, _kind: DecideForm(prefix="decide-"),
    "destroy": lambda _lang, _kind: DestroyForm(prefix="destroy-"),
    "release": lambda _lang, _kind: ReleaseForm(prefix="release-"),
}


def done(
    request_id: int, name: str, act: Callable[[Work, FlaskForm], None], said: Callable[[], str]
) -> ResponseReturnValue:
    """Do it, or show the request as it stands with what was typed and what is wrong."""
    lang, stale = language.current(), False
    with writing() as work:
        row = work.session.get(RightsRequest, request_id)
        if row is None:
            abort(404)
        form = FORMS[name](lang, row.kind)
        if form.validate_on_submit():
            try:
                act(work, form)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except LookupError:
                abort(404)
            except Stale:
                stale = True
            else:
                flash(said(), "ok")
                return redirect(url_for("requests.show", request_id=request_id), 303)
        work.session.rollback()
    with reading() as work:
        row = work.session.get_one(RightsRequest, request_id)
        return page(work, row, forms_of(row, lang, **{name: form}), stale), 422
