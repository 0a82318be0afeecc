"""A doctor lays the facts side by side, decides and signs; a decision can be corrected and voided."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from clinic.domain import decision
from clinic.domain import review as weighed
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AgreementWhat, Drug, MissingFact, ReviewOutcome, StopKind
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import review_drafts, review_queue, review_requests, reviews
from clinic.services.record import PatientRecord, open_facts
from clinic.services.reviews import Consequences, SignReview
from clinic.services.work import Stale, Work
from clinic.store.review_drafts import ReviewDraft
from clinic.store.reviews import Review
from clinic.web import language, presenters, review_page, signed, who
from clinic.web import review_queue as queue_page
from clinic.web.drafts import kept_at, quiet
from clinic.web.errors import show_on_form
from clinic.web.fields import iso_day
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.messages import sentence
from clinic.web.own_passkeys import sure_who_signs
from clinic.web.results import local, overtaken
from clinic.web.review_form import ReviewForm
from clinic.web.signed import Line, Signed
from clinic.web.units import reading, writing
from clinic.wording.labels import label
from clinic.wording.log import ACTIONS, said

bp = Blueprint("reviews", __name__, url_prefix="/patients/<int:patient_id>/reviews")
# Of the page, not of the doctor, and shown anew: a token is of one act; a password is never kept.
LAPSE = "lapse-"  # before the code and day of an item, names the field of why it may lapse
NOT_TYPED = ("csrf_token", "form_token", "version", "protocol", "answers", "seen", "password", "passkey")


@bp.get("/new")
@needs(May.SIGN_REVIEW)
def new(patient_id: int) -> ResponseReturnValue:
    """The facts, and the form without a decision."""
    with reading() as work:
        record = opened(work, patient_id)
        draft = review_drafts.of(work, patient_id, None)
        form = ReviewForm(formdata=MultiDict(draft.typed) if draft else None)
        if draft is None:
            form.prescriber.data = record.patient.prescriber
        return page(work, record, form, None, draft=draft)


@bp.post("")
@needs(May.SIGN_REVIEW)
def sign(patient_id: int) -> ResponseReturnValue:
    """Sign a decision."""
    with writing() as work:
        return attempt(work, patient_id, None)


@bp.get("/<int:fact_id>/edit")
@needs(May.SIGN_REVIEW)
def edit(patient_id: int, fact_id: int) -> ResponseReturnValue:
    """The form with the version that stands; what no longer stands is only shown."""
    with reading() as work:
        record = opened(work, patient_id)
        row = signed.chain(KIND, work, patient_id, fact_id)[0]
        if row.id != fact_id or not row.stands:
            return redirect(url_for("reviews.show", patient_id=patient_id, fact_id=row.id))
        draft = review_drafts.of(work, patient_id, fact_id)
        if draft is not None:
            return page(work, record, ReviewForm(formdata=MultiDict(draft.typed)), row, draft=draft)
        form = ReviewForm(formdata=None)
        agreed = {what: found.on_date for what, found in reviews.agreed_at(work, row).items()}
        form.load(row, agreed.get(AgreementWhat.CONTROL), agreed.get(AgreementWhat.DXA))
        return page(work, record, form, row)


@bp.post("/<int:fact_id>")
@needs(May.SIGN_REVIEW)
def correct(patient_id: int, fact_id: int) -> ResponseReturnValue:
    """Sign a new version of a decision."""
    with writing() as work:
        opened(work, patient_id)
        return attempt(work, patient_id, signed.own(KIND, work, patient_id, fact_id))


@bp.post("/draft")
@needs(May.SIGN_REVIEW)
def draft(patient_id: int) -> ResponseReturnValue:
    """Keep what was typed and do what the button says.

    Request what is missing or go there and back, let something lapse, on to another review, or to the record.
    """
    typed = {name: values for name, values in request.form.to_dict(flat=False).items()
             if name not in NOT_TYPED and not name.startswith(LAPSE)}  # fmt: skip
    fact_id = request.args.get("fact", type=key)
    to = request.args.get("to", "")
    by_itself = request.form.get("form_token", "") if quiet() else ""
    with writing() as work:
        who.found(work, patient_id)
        if fact_id is not None:
            signed.own(KIND, work, patient_id, fact_id)
        other = request.args.get("on", type=key)
        try:
            if other is None or says_something(work, patient_id, fact_id, typed):
                review_drafts.keep(work, patient_id, fact_id, typed, by_itself)
        except RuleBroken as broken:
            return (sentence(broken), 409) if quiet() else redirect(form_url(patient_id, fact_id), 303)
        if quiet():
            return kept_at(work.now)
        if other is not None:
            return redirect(url_for("reviews.new", patient_id=other), 303)
        if to in set(MissingFact) and "ask" in request.args:
            review_requests.ask(work, patient_id, [MissingFact(to)])
            return redirect(form_url(patient_id, fact_id), 303)
        if "lapse" in request.args:
            return let_lapse(work, patient_id, request.args["lapse"])
    if to not in set(MissingFact):
        flash(_("What you typed is kept; it counts when it is signed."), "ok")
        return redirect(url_for("patients.record", patient_id=patient_id), 303)
    back = form_url(patient_id, fact_id)
    return redirect(url_for(review_page.REQUEST[MissingFact(to)], patient_id=patient_id, back=back), 303)


@bp.post("/draft/discard")
@needs(May.SIGN_REVIEW)
def discard(patient_id: int) -> ResponseReturnValue:
    """Throw away what was typed."""
    with writing() as work:
        who.found(work, patient_id)
        review_drafts.discard(work, patient_id, request.args.get("fact", type=key))
    flash(_("The draft is thrown away."), "ok")
    return redirect(url_for("patients.record", patient_id=patient_id), 303)


@bp.post("/<int:fact_id>/undo")
@needs(May.SIGN_REVIEW)
def undo(patient_id: int, fact_id: int) -> ResponseReturnValue:
    """Take back what was just signed."""
    with writing() as work:
        who.found(work, patient_id)
        signed.own(KIND, work, patient_id, fact_id)
        try:
            reviews.undo_review(work, patient_id, fact_id)
        except RuleBroken as broken:
            flash(sentence(broken), "late")
            return redirect(url_for("reviews.show", patient_id=patient_id, fact_id=fact_id), 303)
    flash(_("The decision is undone: it stays readable and counts nowhere."), "ok")
    return redirect(url_for("patients.record", patient_id=patient_id), 303)


def says_something(work: Work, patient_id: int, fact_id: int | None, typed: dict[str, list[str]]) -> bool:
    """Whether a form holds more than the page put in it, or there is a draft to which it belongs."""
    given = {name for name, values in typed.items() if any(value.strip() for value in values)}
    prescriber = who.found(work, patient_id).prescriber or ""
    if typed.get("prescriber", [""]) == [prescriber]:
        given -= {"prescriber"}
    return bool(given) or review_drafts.of(work, patient_id, fact_id) is not None


def let_lapse(work: Work, patient_id: int, item: str) -> ResponseReturnValue:
    """Let an item lapse for the reason that was typed beside it; after a review's own item on to the next patient."""
    code, _sign, on = item.partition(" ")
    turn = review_queue.turn(work, patient_id)
    try:
        review_requests.lapse(work, patient_id, code, read_day(on), request.form.get(f"{LAPSE}{item}", ""))
    except RuleBroken as broken:
        flash(sentence(broken), "late")
        return redirect(url_for("reviews.new", patient_id=patient_id), 303)
    flash(_("It lapses; the reason stands on the record."), "ok")
    if turn and review_queue.turn(work, patient_id) is None:
        return queue_page.onward(turn.after)
    return redirect(url_for("reviews.new", patient_id=patient_id), 303)


def read_day(text: str) -> date:
    """The day in an address that a page made; RuleBroken for one made by hand."""
    try:
        return iso_day(text)
    except ValueError:
        raise RuleBroken("item", "item_gone") from None


def form_url(patient_id: int, fact_id: int | None) -> str:
    """The form of a new decision, or of the correction of one."""
    if fact_id is None:
        return url_for("reviews.new", patient_id=patient_id)
    return url_for("reviews.edit", patient_id=patient_id, fact_id=fact_id)


def attempt(work: Work, patient_id: int, old: Review | None) -> ResponseReturnValue:
    """Bind, show what would follow, and sign when just that was seen; else the page again with everything typed."""
    record, form, status = opened(work, patient_id), ReviewForm(), 422
    prepare(work, record, form, old)
    follows: Consequences | None = None
    if form.validate_on_submit():
        command, why = form.command(patient_id), (form.change_reason.data or "") if old else ""
        try:
            if form.seen.data == form.mark(command) or reviews.already(work, command):
                return put_name_to(work, command, form, old, why)
            follows, status = reviews.consequences(work, command, old, why), 200
            form.seen.data = form.mark(command)
        except RuleBroken as broken:
            work.session.rollback()
            if broken.code == "decided_today":
                return as_correction(work, patient_id, broken), 422
            show_on_form(form, broken)
            follows = reviews.consequences(work, command, old, why) if broken.field == "password" else None
        except LookupError:
            abort(404)
        except Stale:
            status = 409
    work.session.rollback()
    latest = signed.chain(KIND, work, patient_id, old.id)[0] if old else None
    if old and overtaken(latest, old.id):
        follows, status = None, 409
    return page(work, opened(work, patient_id), form, latest, stale=status == 409, follows=follows), status


def as_correction(work: Work, patient_id: int, broken: RuleBroken) -> str:
    """A second decision of one day as the correction of the first: what was typed is not typed again."""
    record, old = opened(work, patient_id), work.session.get_one(Review, broken.params["review_id"])
    review_drafts.corrects(work, patient_id, old.id)
    form = ReviewForm()
    prepare(work, record, form, old)
    form.seen.data = ""
    show_on_form(form, broken)
    return page(work, record, form, old)


def put_name_to(work: Work, command: SignReview, form: ReviewForm, old: Review | None, why: str) -> ResponseReturnValue:
    """Sign, once it is sure who does; then to the record, which says what is next, or on to the next review."""
    turn = review_queue.turn(work, command.patient_id) if "onward" in request.form else None
    if not reviews.already(work, command):
        sure_who_signs(work, form.password.data)
    if old is None:
        reviews.sign(work, command)
    else:
        reviews.correct_review(work, old.id, command, why)
    told = _("The decision is signed. What is due next stands below.")
    if old is None:
        told += " " + _("It can be undone for 30 minutes: open the decision.")
    flash(told, "ok")
    if "onward" in request.form:
        return queue_page.onward(turn.after if turn else None)
    return redirect(url_for("patients.record", patient_id=command.patient_id), 303)


def opened(work: Work, patient_id: int) -> PatientRecord:
    """The record, or 404."""
    record = open_facts(work, patient_id)
    if record is None:
        abort(404)
    return record


def prepare(work: Work, record: PatientRecord, form: ReviewForm, old: Review | None) -> None:
    """The choices of the day of the decision."""
    facts = reviews.known(work, record.facts.record, old)
    running = facts.current.drug if facts.current else None
    missing = weighed.missing_of(facts, work.protocol)
    form.prepare(decision.possible(facts, work.protocol), running, missing, language.current())
    if "until_offered" in form:
        form.offer(decision.offered(facts, work.protocol))
    if old is None and "change_reason" in form:
        del form.change_reason


def page(
    work: Work,
    record: PatientRecord,
    form: ReviewForm,
    old: Review | None,
    stale: bool = False,
    draft: ReviewDraft | None = None,
    follows: Consequences | None = None,
) -> str:
    """The facts beside the form; after a change by somebody else what it was, and which answers became others."""
    lang = language.current()
    prepare(work, record, form, old)
    facts = reviews.known(work, record.facts.record, old)
    booked = review_requests.booked(work, [record.patient.id])[record.patient.id]
    beside = review_page.build(record, facts, lang, booked.items, form.answers.data or "" if stale else "")
    if stale or form.version.data is None:
        form.version.data, form.protocol.data = str(record.patient.facts_version), work.protocol.name
        form.answers.data = beside.answers
    if stale:
        form.renew()
    return render_template(
        "reviews/form.html", form=form, page=beside, band=who.band(record.patient), patient_id=record.patient.id,
        old=old, changed=changed(work, record.patient.id, lang) if stale else "",
        draft_at=local(draft.saved_at) if draft else "",
        follows=review_page.in_words(follows, lang) if follows else None,
        requested=review_requests.requested(work, [record.patient.id])[record.patient.id],
        gives_way=review_requests.gives_way(work, [record.patient.id])[record.patient.id],
        booked=booked.facts, turn=None if old else review_queue.turn(work, record.patient.id),
    )  # fmt: skip


def changed(work: Work, patient_id: int, lang: str) -> str:
    """Who changed the record last, when, and what."""
    found = reviews.last_change(work, patient_id)
    if found is None:
        return str(_("The record was changed meanwhile; look again and sign once more."))
    at, name, action = found
    what = said(ACTIONS, action, lang)
    return str(
        _("Changed by %(name)s, %(at)s: %(what)s. Look again and sign once more.", name=name, at=local(at), what=what)
    )


def lines(work: Work, row: Review, lang: str) -> list[Line]:
    """What was signed, as it is read."""
    agreed = {what: presenters.day(found.on_date) for what, found in reviews.agreed_at(work, row).items()}
    told = (
        (_("Decision"), label(ReviewOutcome(row.outcome), lang)),
        (_("Signed on"), presenters.day(row.on_date)),
        (_("Until when"), presenters.day(row.until_on)),
        (_("From"), presenters.day(row.effective_on)),
        (_("What begins with the stop"), label(StopKind(row.stop_kind), lang) if row.stop_kind else ""),
        (_("Next drug"), label(Drug(row.next_drug), lang) if row.next_drug else ""),
        (_("Planned for, years"), presenters.plain(row.next_years)),
        (_("Reason"), row.reason),
        (_("Who prescribes"), row.prescriber or ""),
        (_("Next control"), agreed.get(AgreementWhat.CONTROL, "")),
        (_("Next DXA"), agreed.get(AgreementWhat.DXA, "")),
        (_("Function"), row.signed_function),
        (_("Protocol"), str(row.seen.get("protocol", ""))),
    )
    return [(str(name), value) for name, value in told if value]


KIND = Signed(
    name="reviews",
    title=_l("Decision on treatment duration"),
    table=Review,
    act=May.SIGN_REVIEW,
    read=May.READ_PATIENT,
    lines=lines,
    void=reviews.void_review,
    undo=reviews.may_undo,
)
signed.ways(bp, KIND)
