"""What the pages of a treatment share: asked, tried, kept or refused; and what they say of a course."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.domain.items import DueItem
from clinic.domain.vocabulary import Drug
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import said
from clinic.services.effects import Effects, tried
from clinic.services.work import Work
from clinic.store.base import Fact
from clinic.store.patients import Patient
from clinic.store.treatments import Course
from clinic.store.users import User
from clinic.web import language, presenters, who
from clinic.web.back import back_or
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.page import may
from clinic.web.units import reading, writing
from clinic.wording import why as words
from clinic.wording.labels import due_label, label

F = TypeVar("F", bound=Fact)
Group = tuple[Any, tuple[str, ...]]  # what it is called, and the names of its fields
Groups = tuple[Group, ...]

SENTENCES |= {
    "doctor_settles": lambda: _("Choose the doctor who settles this."),
    "doctor_voids": lambda: _("A doctor decided this. Ask a doctor to let it not count."),
    "doctor_missing": lambda: _("Choose the doctor whose decision this is."),
    "date_far_ahead": lambda: _("This is more than a year ahead; the last day that can be entered is %(last)s."),
    "start_before_birth": lambda: _("The start lies before the birth date."),
    "years_not_possible": lambda: _("Type whole or half years, from 0.5 to 10."),
    "years_reason_missing": lambda: _("Another duration than the usual needs a reason."),
    "course_runs": lambda: _("The course that started on %(day)s runs on these days. Stop it first, or switch."),
    "courses_overlap": lambda: _("This overlaps the course that started on %(day)s."),
    "start_before_stop": lambda: _("The new drug cannot start before the old one ends."),
    "start_after_stop": lambda: _("The course was stopped on %(day)s; it cannot start after that."),
    "stop_before_start": lambda: _("The course started on %(day)s; it cannot end before that."),
    "already_stopped": lambda: _("The course was stopped on %(day)s already. Correct that stop if it is wrong."),
    "explanation_missing": lambda: _("Say in a few words why."),
    "break_was_decided": lambda: _(
        "On %(day)s a stop for a treatment break was signed. Choose that, or what happened, or let a doctor correct "
        "the decision first."
    ),
    "end_was_decided": lambda: _(
        "On %(day)s the end of the treatment was signed, not a treatment break. Choose another reason, or let a doctor "
        "correct the decision first."
    ),
    "events_before": lambda: _("A pause or dose of %(day)s would lie before the start. Correct that first."),
    "events_after": lambda: _("A pause or dose of %(day)s would lie after the end. Correct that first."),
    "no_pauses": lambda: _("The rules know no pause of denosumab. Record a stop, or the next injection."),
    "pause_before_start": lambda: _("The course started on %(day)s."),
    "pause_after_stop": lambda: _("The course was stopped on %(day)s."),
    "before_pause": lambda: _("This lies before the first day of the pause."),
    "pause_reason_missing": lambda: _("Say why it is interrupted."),
    "pauses_overlap": lambda: _("This overlaps the pause from %(day)s. End or correct that one first."),
    "no_doses": lambda: _("Tablets are not recorded dose by dose; ask about intake at the control."),
    "dose_in_future": lambda: _("A dose cannot be given in the future; book an appointment instead."),
    "dose_before_start": lambda: _("The course started on %(day)s; a dose cannot be earlier."),
    "dose_after_stop": lambda: _("The course ended on %(day)s; a dose cannot be later."),
    "confirmed_when_and_by_whom": lambda: _("Fill in both the day and who confirmed it."),
    "confirmed_after_it_was_given": lambda: _("Confirmed on a day from the dose until today."),
    "dose_recorded_already": lambda: _("A dose of this day is recorded already."),
}


@dataclass(frozen=True, slots=True)
class Job:
    """One form: what stands on it, what is kept when it is right, and what can be rehearsed beforehand."""

    form: Any
    title: str
    button: str
    action: str
    groups: Groups
    command: Callable[[], Any]
    keep: Callable[[Work, Any], object]
    said: str | Callable[[], str]
    rehearse: Callable[[Work, Any], object] | None = None
    course: Course | None = None
    running: Course | None = None
    decided: str = ""
    other_drug: str = ""
    void_url: str = ""


def serve(patient_id: int, make: Callable[[Work], Job]) -> ResponseReturnValue:
    """A form's page: empty on GET, kept on a right POST, shown again with what was typed on a wrong one."""
    if request.method == "GET":
        with reading() as work:
            patient = who.found(work, patient_id)
            work.note(Action.PATIENT_OPENED, patient_id)
            return page(patient, make(work))
    with writing() as work:
        who.found(work, patient_id)
        job = make(work)
        effects: Effects | None = None
        if job.form.validate_on_submit():
            try:
                command = job.command()
                effects = rehearsal(work, patient_id, job, command)
                if effects is None:
                    job.keep(work, command)
                    flash(job.said if isinstance(job.said, str) else job.said(), "ok")
                    return redirect(back_or(url_for("patients.record", patient_id=patient_id)), 303)
            except RuleBroken as broken:
                show_on_form(job.form, broken)
        work.session.rollback()
        return page(who.found(work, patient_id), job, effects), 200 if effects else 422


def rehearsal(work: Work, patient_id: int, job: Job, command: Any) -> Effects | None:
    """What the act would change, when that was not shown yet for just this command; None lets it happen."""
    if job.rehearse is None:
        return None
    mark = hashlib.sha256(repr(command).encode()).hexdigest()[:16]
    if job.form.seen.data == mark:
        return None
    rehearse = job.rehearse
    effects = tried(work, patient_id, lambda: rehearse(work, command))
    job.form.seen.data = mark
    return effects


def page(patient: Patient, job: Job, effects: Effects | None = None) -> str:
    """The form, with what is recorded now above it."""
    lang = language.current()
    url = back_or(url_for("patients.record", patient_id=patient.id))
    band = who.band(patient)
    return render_template(
        "courses/form.html",
        job=job,
        form=job.form,
        band=band,
        back=url,
        patient_id=patient.id,
        course=summary(job.course, lang) if job.course else "",
        running=summary(job.running, lang) if job.running else "",
        hints=hints(),
        effects=effects,
        changes=changes(effects, lang) if effects else [],
    )


def hints() -> dict[str, str]:
    """What helps at a field."""
    return {
        "started_on": _("a day, a month or a year: 12-11-2020, 11-2020, autumn 2020 or 2020"),
        "stopped_on": _("a day, a month or a year, as far as it is known"),
        "start_source": _("for example the patient, the pharmacy, a letter"),
        "years_other": _("whole or half years"),
        "doctor_id": _("when she stopped herself: who settles it; empty: her regular doctor")
        if request.endpoint in ("courses.stop", "courses.edit_stop")
        else _("whose decision this is"),
        "check_on": _("resume or stop? empty: 3 months after the first day"),
        "until_on": _("empty while it lasts; 30 days or less are missed doses and move nothing"),
        "counts": _("by the protocol they do not count, and the planned end moves"),
        "given_where": _("for example the clinic, the GP, at home"),
    }


def changes(effects: Effects, lang: str) -> list[tuple[str, str, list[dict[str, str]]]]:
    """What comes, stays and goes, each with its sign; a kind without items is left out."""
    kinds = (
        (_("Comes on the list"), "plus-lg", effects.appear),
        (_("Stays on the list"), "calendar-check", effects.stay),
        (_("Goes from the list"), "dash-circle", effects.go),
    )
    return [(title, icon, [told(item, lang) for item in items]) for title, icon, items in kinds if items]


def told(item: DueItem, lang: str) -> dict[str, str]:
    """A due item as a line: what, when, why."""
    return {
        "what": due_label(item.code, lang),
        "when": presenters.day(item.due_on),
        "why": words.sentence(item.why.code, item.why.params, lang),
    }


def summary(course: Course, lang: str) -> str:
    """Alendroninezuur 70 mg, 1× per week, since 03-2021."""
    name = presenters.drug_text(course.drug, course.dose, course.schedule, lang)
    start = presenters.as_known(course.started_on, course.start_precision)
    return str(_("%(drug)s, since %(start)s", drug=name, start=start))


def drug_name(drug: Drug, lang: str) -> str:
    """A drug with a capital."""
    name = label(drug, lang)
    return name[:1].upper() + name[1:]


def standing(work: Work, table: type[F], patient_id: int, fact_id: int) -> F:
    """The version of this fact that stands; 404 when it is not hers, "changed meanwhile" when it counts nowhere."""
    try:
        fact = said.newest(work, said.own(work, table, patient_id, fact_id))
    except LookupError:
        abort(404)
    if not fact.stands:
        abort(409)
    return fact


def deciders(work: Work) -> list[User] | None:
    """The doctors to choose from; None when the person decides herself."""
    return None if may(May.DECIDE_COURSE) else said.doctors(work)
