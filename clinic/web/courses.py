"""A treatment from start to stop: the pages ask, the services decide, and what changes is shown before it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from clinic.domain.vocabulary import Drug, LetterAbout, StopReason
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import letter_begin, treatments
from clinic.services.proposals import may_void
from clinic.services.treatments import courses_of, stop_of
from clinic.services.work import Work
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from clinic.web import course_history as history
from clinic.web import language, letter_rows, patient_letters, presenters, proposals, stop_decided, who
from clinic.web.course_acts import course_acts
from clinic.web.course_events import CORRECTION, bp, here
from clinic.web.course_form import CourseForm, StopForm, SwitchForm, shown_stop
from clinic.web.course_pages import Group, Groups, Job, deciders, drug_name, serve, standing, summary
from clinic.web.language import gettext as _
from clinic.web.record_page import Act
from clinic.web.units import reading
from clinic.wording.labels import label

HOW: Group = (_l("Dose and duration"), (
    "regimen", "dose_other", "schedule_other", "years", "years_other", "planned_years_reason",
))  # fmt: skip
COURSE: Groups = (
    (_l("Start"), ("started_on", "start_source", "indication")),
    HOW,
    (_l("Who"), ("controls_by", "doctor_id")),
)
STOP: Groups = ((_l("The end"), ("stopped_on", "stop_reason")), (_l("Who"), ("explanation", "doctor_id")))
SWITCH: Groups = (
    (_l("The old drug"), ("stopped_on", "explanation", "doctor_id")),
    (_l("The new drug"), ("started_on", "start_source", "indication", "controls_by")),
    HOW,
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A course on the page of all courses, with what happened to it."""

    row: Course
    text: str
    by: str
    years: str
    stop: CourseStop | None
    stop_text: str
    stop_when: str
    letter: Letter | None
    """The letter that tells the GP of the stop."""
    write: dict[str, str] | None
    """The one that can be begun when none does."""
    pauses: list[Pause]
    doses: list[Dose]
    acts: tuple[Act, ...]


@bp.get("")
@needs(May.READ_PATIENT)
def index(patient_id: int) -> ResponseReturnValue:
    """Every course with what happened to it, each line with its way to be corrected."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        band = who.band(patient)
        known, rows = history.names(work), history.all_rows(work, patient_id)
        return render_template(
            "courses/index.html",
            band=band,
            patient_id=patient_id,
            courses=shown_courses(work, patient, rows, known),
            letter_states=letter_rows.state_labels(),
            proposed=proposals.of_patient(work, patient_id, language.current()),
            earlier=history.earlier(rows, known, language.current()),
        )


def shown_courses(work: Work, patient: Patient, rows: history.Rows, known: dict[int, str]) -> list[Shown]:
    """Every course that stands, the latest first, with what stands of its stop, pauses and doses."""
    lang = language.current()
    begins = {one.fact.id: one for one in letter_begin.offered(work, patient) if one.about == LetterAbout.STOP}
    found = []
    for course in sorted(standing_rows(rows[Course]), key=lambda row: row.started_on, reverse=True):
        end = next(iter(of(course, rows[CourseStop])), None)
        breaks = sorted(of(course, rows[Pause]), key=lambda row: row.from_on)
        years = course.planned_years
        found.append(
            Shown(
                row=course,
                text=summary(course, lang),
                by=history.recorded(course, known),
                years=presenters.plain(years) if years else "",
                stop=end,
                stop_text=label(StopReason(end.reason), lang) if end else "",
                stop_when=shown_stop(end) if end else "",
                letter=letter_begin.of_stop(work, end) if end else None,
                write=patient_letters.in_words(begins[end.id]) if end and end.id in begins else None,
                pauses=breaks,
                doses=sorted(of(course, rows[Dose]), key=lambda row: row.on_date, reverse=True),
                acts=course_acts(course, breaks, end is None),
            )
        )
    return found


def standing_rows(rows: list[Any]) -> list[Any]:
    """Those that stand."""
    return [row for row in rows if row.stands]


def of(course: Course, rows: list[Any]) -> list[Any]:
    """Those of a course that stand."""
    return [row for row in standing_rows(rows) if row.course_id == course.id]


def choose(patient_id: int, title: str, url: str) -> ResponseReturnValue:
    """The drugs of the protocol, each leading to its form."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        lang = language.current()
        band = who.band(patient)
        drugs = [(drug.value, drug_name(drug, lang)) for drug in Drug]
        return render_template("courses/choose.html", band=band, title=title, url=url, drugs=drugs)


def asked_drug() -> Drug | None:
    """The drug in the address."""
    text = request.args.get("drug", "")
    return Drug(text) if text in list(Drug) else None


@bp.route("/new", methods=["GET", "POST"])
@needs(May.PROPOSE_COURSE)
def new(patient_id: int) -> ResponseReturnValue:
    """First the drug, then the form with its choices."""
    drug = asked_drug()
    if drug is None:
        return choose(patient_id, _("New treatment"), here("new", patient_id))

    def make(work: Work) -> Job:
        form = CourseForm()
        form.prepare(drug, work.protocol, language.current(), deciders(work))
        return Job(
            form=form,
            title=_("New treatment: %(drug)s", drug=drug_name(drug, language.current())),
            button=_("Save the treatment"),
            action=here("new", patient_id, drug=drug.value),
            groups=COURSE,
            command=lambda: form.command(patient_id),
            keep=treatments.start,
            said=_("The treatment is saved. What is due next stands below."),
            running=next((course for course in courses_of(work, patient_id) if not stop_of(work, course)), None),
            other_drug=here("new", patient_id),
        )

    return serve(patient_id, make)


@bp.route("/<int:course_id>/edit", methods=["GET", "POST"])
@needs(May.PROPOSE_COURSE)
def edit(patient_id: int, course_id: int) -> ResponseReturnValue:
    """Correct what is recorded of a course, with a reason; what stood there stays readable."""
    if request.args.get("drug") == "":
        with reading() as work:
            course_id = standing(work, Course, patient_id, course_id).id
        return choose(patient_id, _("Another drug"), here("edit", patient_id, course_id=course_id))

    def make(work: Work) -> Job:
        course = standing(work, Course, patient_id, course_id)
        drug = asked_drug() or Drug(course.drug)
        form = CourseForm()
        form.prepare(drug, work.protocol, language.current(), deciders(work))
        if request.method == "GET":
            form.fill(course)
        return Job(
            form=form,
            title=_("Correct the treatment: %(drug)s", drug=drug_name(drug, language.current())),
            button=_("Save the correction"),
            action=here("edit", patient_id, course_id=course.id, drug=drug.value),
            groups=(*COURSE, CORRECTION),
            command=lambda: form.command(patient_id),
            keep=lambda work, command: treatments.correct_course(work, course_id, command, form.reason.data or ""),
            said=_("The correction is saved. What is due next stands below."),
            course=course,
            other_drug=here("edit", patient_id, course_id=course.id, drug=""),
            void_url=here("void", patient_id, kind="course", fact_id=course.id) if may_void(work, course) else "",
        )

    return serve(patient_id, make)


@bp.route("/<int:course_id>/stop", methods=["GET", "POST"])
@needs(May.INTERRUPT_COURSE)
def stop(patient_id: int, course_id: int) -> ResponseReturnValue:
    """End a course: when, why, by whose decision; what that changes is shown first. A recorded end is corrected."""
    if request.method == "GET" and (stop_id := recorded_stop(patient_id, course_id)):
        return redirect(here("edit_stop", patient_id, stop_id=stop_id))

    def make(work: Work) -> Job:
        course = standing(work, Course, patient_id, course_id)
        form = StopForm()
        form.prepare(language.current(), deciders(work))
        return Job(
            form=form,
            title=_("Stop the treatment"),
            button=_("Record the stop"),
            action=here("stop", patient_id, course_id=course.id),
            groups=STOP,
            command=lambda: form.command(patient_id, course_id),
            keep=treatments.stop,
            rehearse=treatments.write_stop,
            said=lambda: with_letter(work, course, _("The treatment is stopped. What is due next stands below.")),
            course=course,
            decided=stop_decided.in_words(work, course),
        )

    return serve(patient_id, make)


def with_letter(work: Work, course: Course, done: str) -> str:
    """What was done to a treatment, and that the GP hears of its end; a signed review may have told it already."""
    end = stop_of(work, course)
    told = end is not None and letter_begin.of_stop(work, end) is not None
    return f"{done} {_('A letter to the GP about it is drafted.')}" if told else done


def recorded_stop(patient_id: int, course_id: int) -> int | None:
    """The end that a course has already, perhaps one that lies ahead."""
    with reading() as work:
        who.found(work, patient_id)
        row = stop_of(work, standing(work, Course, patient_id, course_id))
        return row.id if row else None


@bp.route("/stops/<int:stop_id>", methods=["GET", "POST"])
@needs(May.INTERRUPT_COURSE)
def edit_stop(patient_id: int, stop_id: int) -> ResponseReturnValue:
    """Correct the end of a course, with a reason."""

    def make(work: Work) -> Job:
        row = standing(work, CourseStop, patient_id, stop_id)
        course = standing(work, Course, patient_id, row.course_id)
        form = StopForm()
        form.prepare(language.current(), deciders(work), by_switch=row.reason == StopReason.SWITCH)
        if request.method == "GET":
            form.fill(row)
        return Job(
            form=form,
            title=_("Correct the stop"),
            button=_("Save the correction"),
            action=here("edit_stop", patient_id, stop_id=row.id),
            groups=(*STOP, CORRECTION),
            command=lambda: form.command(patient_id, row.course_id),
            keep=lambda work, command: treatments.correct_stop(work, stop_id, command, form.reason.data or ""),
            said=_("The correction is saved. What is due next stands below."),
            course=course,
            decided=stop_decided.in_words(work, course),
            void_url=here("void", patient_id, kind="stop", fact_id=row.id) if may_void(work, row) else "",
        )

    return serve(patient_id, make)


@bp.route("/<int:course_id>/switch", methods=["GET", "POST"])
@needs(May.PROPOSE_COURSE)
def switch(patient_id: int, course_id: int) -> ResponseReturnValue:
    """One drug ends and another starts, together or not at all; what that changes is shown first."""
    drug = asked_drug()
    if drug is None:
        with reading() as work:
            course = standing(work, Course, patient_id, course_id)
        return choose(patient_id, _("Switch to"), here("switch", patient_id, course_id=course.id))

    def make(work: Work) -> Job:
        course = standing(work, Course, patient_id, course_id)
        form = SwitchForm()
        form.prepare(drug, work.protocol, language.current(), deciders(work))
        return Job(
            form=form,
            title=_("Switch to %(drug)s", drug=drug_name(drug, language.current())),
            button=_("Record the switch"),
            action=here("switch", patient_id, course_id=course.id, drug=drug.value),
            groups=SWITCH,
            command=lambda: (form.ending(patient_id, course_id), form.command(patient_id)),
            keep=lambda work, both: treatments.switch(work, *both),
            rehearse=lambda work, both: treatments.write_switch(work, *both),
            said=lambda: with_letter(work, course, _("The switch is saved. What is due next stands below.")),
            course=course,
            decided=stop_decided.in_words(work, course),
            other_drug=here("switch", patient_id, course_id=course.id),
        )

    return serve(patient_id, make)
