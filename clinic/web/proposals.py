"""What a nurse entered in a doctor's name: shown until a doctor confirms it, or sends it back with a remark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import Length

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, ProposalState, StopReason
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import proposals, restrictions
from clinic.services.work import Work, local_day
from clinic.store.proposals import Found
from clinic.web import language, who
from clinic.web.back import back_or, back_path
from clinic.web.course_form import shown_stop
from clinic.web.course_pages import drug_name, summary
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day, display_name, identity, plain
from clinic.web.units import reading, writing
from clinic.wording.labels import label

bp = Blueprint("proposals", __name__, url_prefix="/patients/<int:patient_id>/proposals")

SENTENCES |= {
    "proposal_confirmed": lambda: _("This was confirmed already; correct the treatment itself."),
    "proposal_gone": lambda: _("What was proposed was changed meanwhile; look at the treatment again."),
    "remark_missing": lambda: _("Say what should be looked at again."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A proposal in words; `remark` is empty while it waits."""

    id: int
    patient_id: int
    name: str
    about: str
    what: tuple[str, ...]
    by: str
    state: str
    remark: str
    course_id: int | None
    stop_id: int | None


class RemarkForm(FlaskForm):
    """What should be looked at again."""

    remark = TextAreaField(_l("Remark"), validators=[Length(max=2000)])


@bp.get("/<int:proposal_id>")
@needs(May.DECIDE_COURSE)
def show(patient_id: int, proposal_id: int) -> ResponseReturnValue:
    """What is proposed, with both answers."""
    with reading() as work:
        who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, patient_id, proposal_id, RemarkForm(formdata=None))


@bp.post("/<int:proposal_id>")
@needs(May.DECIDE_COURSE)
def confirm(patient_id: int, proposal_id: int) -> ResponseReturnValue:
    """A doctor makes it her decision."""
    said = _("Confirmed: it stands as your decision.")
    return answer(patient_id, proposal_id, said, lambda work, _form: proposals.confirm(work, patient_id, proposal_id))


@bp.post("/<int:proposal_id>/return")
@needs(May.DECIDE_COURSE)
def send_back(patient_id: int, proposal_id: int) -> ResponseReturnValue:
    """A doctor asks for another look, and says why."""
    return answer(
        patient_id,
        proposal_id,
        _("Sent back: it stands on the nurses' first page with your remark."),
        lambda work, form: proposals.send_back(work, patient_id, proposal_id, form.remark.data or ""),
    )


def answer(
    patient_id: int, proposal_id: int, said: str, act: Callable[[Work, RemarkForm], None]
) -> ResponseReturnValue:
    """Keep an answer, or say why it cannot be kept beside what was typed."""
    form = RemarkForm()
    with writing() as work:
        who.found(work, patient_id)
        if form.validate_on_submit():
            try:
                act(work, form)
            except LookupError:
                abort(404)
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(said, "ok")
                return redirect(back_or(url_for("courses.index", patient_id=patient_id)), 303)
        work.session.rollback()
        return page(work, patient_id, proposal_id, form), 422


def page(work: Work, patient_id: int, proposal_id: int, form: RemarkForm) -> str:
    """What is proposed and by whom; nothing when it was decided or changed meanwhile."""
    patient = who.found(work, patient_id)
    try:
        proposals.own(work, patient_id, proposal_id)
    except LookupError:
        abort(404)
    line = next((line for line in of_patient(work, patient_id, language.current()) if line.id == proposal_id), None)
    return render_template(
        "proposals/show.html", form=form, band=who.band(patient), patient_id=patient_id, line=line, back=back_path()
    )


def to_do(work: Work, lang: str) -> list[Line]:
    """What waits for the person who asks."""
    found = proposals.to_do(work)
    closed = restrictions.closed_among(work, {one.patient.id for one in found})
    return [shut(line) if line.patient_id in closed else line for line in (line_of(one, lang) for one in found)]


def shut(line: Line) -> Line:
    """A proposal in a record that is closed to whoever looks: that there is one, and not what."""
    return replace(line, what=(_("Restricted record"),), remark="")


def of_patient(work: Work, patient_id: int, lang: str) -> list[Line]:
    """What of her treatment no doctor has confirmed yet."""
    return [line_of(found, lang) for found in proposals.of_patient(work, patient_id)]


def line_of(found: Found, lang: str) -> Line:
    """A proposal in words."""
    row = found.proposal
    on = day(local_day(row.proposed_at))
    return Line(
        id=row.id,
        patient_id=row.patient_id,
        name=display_name(found.patient, lang),
        about=identity(found.patient, lang),
        what=tuple(proposed(found, lang)),
        by=_("proposed by %(nurse)s on %(day)s, waits for %(doctor)s", nurse=found.nurse, day=on, doctor=found.doctor),
        state=label(ProposalState(row.state), lang),
        remark=row.remark or "" if row.state == ProposalState.RETURNED else "",
        course_id=found.course.id if found.course else None,
        stop_id=found.stop.id if found.stop else None,
    )


def proposed(found: Found, lang: str) -> Iterator[str]:
    """What ends, with its reason, and what starts."""
    if found.stop is not None:
        reason = label(StopReason(found.stop.reason), lang)
        why = f"{reason}: {found.stop.explanation}" if found.stop.explanation else reason
        drug = drug_name(Drug(found.drug), lang)
        yield str(_("Stop %(drug)s on %(day)s (%(why)s)", drug=drug, day=shown_stop(found.stop), why=why))
    if found.course is not None:
        years = found.course.planned_years
        text = summary(found.course, lang)
        yield (_("%(course)s, planned for %(years)s years", course=text, years=plain(years)) if years else text)
