"""What happens during a treatment: pauses and doses, and what should not have been recorded."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from clinic.domain.protocol import Protocol
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import doses, pauses, treatments
from clinic.services.work import Work
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from clinic.web import still_has
from clinic.web.course_form import DoseForm, PauseForm, VoidForm
from clinic.web.course_pages import Group, Groups, Job, serve, standing
from clinic.web.fields import iso_day
from clinic.web.language import gettext as _
from clinic.web.page import may

bp = Blueprint("courses", __name__, url_prefix="/patients/<int:patient_id>/courses")

PAUSE: Groups = ((_l("The pause"), ("from_on", "why", "check_on")), (_l("Its end"), ("until_on", "counts")))
DOSE: Groups = (
    (_l("The dose"), ("on", "given_where", "given_by")),
    (_l("Afterwards"), ("reaction", "confirmed_on", "confirmed_by")),
)
CORRECTION: Group = (_l("The correction"), ("reason",))
VOID: Groups = ((_l("Why"), ("void_reason",)),)
VOIDED: dict[str, type[Course] | type[CourseStop] | type[Pause]] = {
    "course": Course, "stop": CourseStop, "pause": Pause,
}  # fmt: skip


def here(name: str, patient_id: int, **keys: Any) -> str:
    """The address of one of these pages."""
    return url_for(f"courses.{name}", patient_id=patient_id, **keys)


def as_day(text: str) -> date | None:
    """A day that another page proposes; nonsense proposes nothing."""
    try:
        return iso_day(text)
    except ValueError:
        return None


@bp.route("/<int:course_id>/pause", methods=["GET", "POST"])
@needs(May.INTERRUPT_COURSE)
def pause(patient_id: int, course_id: int) -> ResponseReturnValue:
    """Interrupt a course: from when, why, when to look again."""

    def make(work: Work) -> Job:
        course = standing(work, Course, patient_id, course_id)
        form = PauseForm()
        form.prepare(may(May.DECIDE_COURSE))
        if request.method == "GET":
            form.from_on.data = as_day(request.args.get("from_on", ""))
        return Job(
            form=form,
            title=_("Interrupt the treatment"),
            button=_("Save the pause"),
            action=here("pause", patient_id, course_id=course.id),
            groups=PAUSE,
            command=lambda: form.command(patient_id, course_id),
            keep=pauses.pause,
            said=partial(pause_said, form, work.protocol),
            course=course,
        )

    return serve(patient_id, make)


@bp.route("/pauses/<int:pause_id>", methods=["GET", "POST"])
@needs(May.INTERRUPT_COURSE)
def edit_pause(patient_id: int, pause_id: int) -> ResponseReturnValue:
    """End a pause, or correct it with a reason."""

    def make(work: Work) -> Job:
        row = standing(work, Pause, patient_id, pause_id)
        form = PauseForm()
        form.prepare(may(May.DECIDE_COURSE))
        if request.method == "GET":
            form.fill(row)
        return Job(
            form=form,
            title=_("End or correct the pause"),
            button=_("Save the pause"),
            action=here("edit_pause", patient_id, pause_id=row.id),
            groups=(*PAUSE, CORRECTION),
            command=lambda: form.command(patient_id, row.course_id),
            keep=lambda work, command: pauses.correct_pause(work, pause_id, command, form.reason.data or ""),
            said=partial(pause_said, form, work.protocol),
            course=standing(work, Course, patient_id, row.course_id),
            void_url=here("void", patient_id, kind="pause", fact_id=row.id),
        )

    return serve(patient_id, make)


def pause_said(form: PauseForm, protocol: Protocol) -> str:
    """What was kept; a short pause is told apart, because it moves nothing (C2)."""
    start, until = form.from_on.data, form.until_on.data
    if start and until and (until - start).days <= protocol.pause_days:
        return str(
            _(
                "Saved as missed doses: %(days)s days is not more than %(limit)s, so no date moves.",
                days=(until - start).days,
                limit=protocol.pause_days,
            )
        )
    return str(_("The pause is saved. What is due next stands below."))


@bp.route("/<int:course_id>/dose", methods=["GET", "POST"])
@needs(May.RECORD_DOSE)
def dose(patient_id: int, course_id: int) -> ResponseReturnValue:
    """Record an infusion or injection."""

    def make(work: Work) -> Job:
        course = standing(work, Course, patient_id, course_id)
        form = DoseForm()
        return Job(
            form=form,
            title=_("Record a dose"),
            button=_("Save the dose"),
            action=here("dose", patient_id, course_id=course.id),
            groups=DOSE,
            command=lambda: form.command(patient_id, course_id),
            keep=doses.give,
            said=_("The dose is saved. What is due next stands below."),
            course=course,
        )

    return serve(patient_id, make)


@bp.route("/doses/<int:dose_id>", methods=["GET", "POST"])
@needs(May.RECORD_DOSE)
def edit_dose(patient_id: int, dose_id: int) -> ResponseReturnValue:
    """Correct a dose, with a reason."""

    def make(work: Work) -> Job:
        row = standing(work, Dose, patient_id, dose_id)
        form = DoseForm()
        if request.method == "GET":
            form.fill(row)
        return Job(
            form=form,
            title=_("Correct the dose"),
            button=_("Save the correction"),
            action=here("edit_dose", patient_id, dose_id=row.id),
            groups=(*DOSE, CORRECTION),
            command=lambda: form.command(patient_id, row.course_id),
            keep=lambda work, command: doses.correct_dose(work, dose_id, command, form.reason.data or ""),
            said=_("The correction is saved. What is due next stands below."),
            course=standing(work, Course, patient_id, row.course_id),
            void_url=here("void_dose", patient_id, dose_id=row.id),
        )

    return serve(patient_id, make)


@bp.route("/<any(course, stop, pause):kind>/<int:fact_id>/void", methods=["GET", "POST"])
@needs(May.INTERRUPT_COURSE)
def void(patient_id: int, kind: str, fact_id: int) -> ResponseReturnValue:
    """Let a course, stop or pause count nowhere, with a reason; it stays readable."""
    return voiding(patient_id, VOIDED[kind], fact_id, here("void", patient_id, kind=kind, fact_id=fact_id))


@bp.route("/doses/<int:dose_id>/void", methods=["GET", "POST"])
@needs(May.RECORD_DOSE)
def void_dose(patient_id: int, dose_id: int) -> ResponseReturnValue:
    """Let a dose count nowhere, with a reason; it stays readable."""
    return voiding(patient_id, Dose, dose_id, here("void_dose", patient_id, dose_id=dose_id))


def voiding(
    patient_id: int, table: type[Course] | type[CourseStop] | type[Pause] | type[Dose], fact_id: int, url: str
) -> ResponseReturnValue:
    """A page of its own, so that nothing is voided by a slip."""

    def make(work: Work) -> Job:
        row = standing(work, table, patient_id, fact_id)
        form = VoidForm()

        def keep(work: Work, reason: str) -> None:
            treatments.void_event(work, table, patient_id, row.id, reason)
            still_has.warn(work, patient_id)

        return Job(
            form=form,
            title=_("This should not be in the record"),
            button=_("Let it not count"),
            action=url,
            groups=VOID,
            command=lambda: form.void_reason.data or "",
            keep=keep,
            said=_("It counts no longer; it stays readable in the history."),
            course=row if isinstance(row, Course) else standing(work, Course, patient_id, row.course_id),
        )

    return serve(patient_id, make)
