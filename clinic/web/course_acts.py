"""The buttons at a course: what this reader may do with this drug, running, paused or stopped."""

from __future__ import annotations

from collections.abc import Iterable

from flask import url_for

from clinic.domain.protocol import ORAL
from clinic.domain.vocabulary import Drug
from clinic.security.permissions import May
from clinic.services.record import PatientRecord
from clinic.store.treatments import Course, Pause
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.record_page import Act


def course_acts(course: Course, pauses: Iterable[Pause], runs: bool) -> tuple[Act, ...]:
    """Dose, pause, switch, stop; a stopped denosumab is still given until another drug starts (S6)."""
    drug = Drug(course.drug)
    takes_doses = drug not in ORAL and (runs or drug is Drug.DENOSUMAB)
    interrupts = runs and may(May.INTERRUPT_COURSE)
    return (
        *at(course, "dose", _("Record a dose"), "droplet", takes_doses and may(May.RECORD_DOSE)),
        *pause_acts(course, pauses, interrupts and drug is not Drug.DENOSUMAB),
        *at(course, "switch", _("Switch"), "arrow-left-right", runs and may(May.PROPOSE_COURSE)),
        *at(course, "stop", _("Stop"), "stop-circle", interrupts),
        *at(course, "edit", _("Correct"), "pencil", may(May.PROPOSE_COURSE)),
    )


def bar_acts(course: Course, pauses: Iterable[Pause], runs: bool) -> tuple[Act, ...]:
    """The buttons at the treatment bar: those of the course, and a new one when none runs."""
    acts = course_acts(course, pauses, runs)
    if runs or not may(May.PROPOSE_COURSE):
        return acts
    return (*acts, Act(_("New treatment"), url_for("courses.new", patient_id=course.patient_id), "plus-lg"))


def item_acts(found: PatientRecord, code: str) -> tuple[Act, ...]:
    """What to do about a due item of the treatment: give, end the pause, close, or start another drug."""
    last = found.facts.last
    row = found.row_of(last) if last else None
    if row is None:
        return ()
    if code.startswith("dose."):
        return tuple(at(row, "dose", _("Record a dose"), "droplet", may(May.RECORD_DOSE)))
    if code == "pause.check":
        return tuple(pause_acts(row, (p for p in found.rows[Pause] if p.stands), may(May.INTERRUPT_COURSE)))
    if code == "course.close":
        return (
            *at(row, "stop", _("Stop"), "stop-circle", may(May.INTERRUPT_COURSE)),
            *at(row, "switch", _("Switch"), "arrow-left-right", may(May.PROPOSE_COURSE)),
        )
    return ()


def at(course: Course, name: str, text: str, icon: str, offered: bool) -> list[Act]:
    """The button of one page, when it is offered."""
    url = url_for(f"courses.{name}", patient_id=course.patient_id, course_id=course.id)
    return [Act(text, url, icon)] if offered else []


def pause_acts(course: Course, pauses: Iterable[Pause], offered: bool) -> list[Act]:
    """Interrupt, or take up again what is interrupted."""
    going = next((pause for pause in pauses if pause.course_id == course.id and pause.until_on is None), None)
    if going is None or not offered:
        return at(course, "pause", _("Interrupt"), "pause-circle", offered)
    url = url_for("courses.edit_pause", patient_id=course.patient_id, pause_id=going.id)
    return [Act(_("End the pause"), url, "play-circle")]
