"""What a letter still lacks, in words, each with the page where it is put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flask import url_for

from clinic.domain.vocabulary import LetterAbout
from clinic.security.permissions import May
from clinic.services.letter_view import View
from clinic.web.language import gettext as _
from clinic.web.page import may

WORDS: dict[str, Callable[[], str]] = {
    "fact": lambda: _("What this letter was begun for no longer stands in the record."),
    "planned_end": lambda: _("The planned end of the treatment is not recorded."),
    "prescriber": lambda: _("Who prescribes is not recorded."),
    "next_visit": lambda: _("No next control or decision is planned."),
    "dose": lambda: _("Dose and schedule of the treatment that began are not recorded."),
    "handover": lambda: _("The record says that she is followed here: there is nothing to hand over."),
    "values": lambda: _("The DXA has no T-score."),
}


FIELDS = {"planned_end": "years", "dose": "regimen"}


class Line(NamedTuple):
    """One thing that is lacking."""

    text: str
    href: str


def lines(found: View) -> list[Line]:
    """What keeps the letter from being authorised, each with the field where it is put right."""
    return [Line(str(WORDS[need.code]()), way(need.code, found)) for need in found.missing]


def way(code: str, found: View) -> str:
    """The field where something is put right, for who may; or else the record."""
    patient_id = found.patient.id
    if code == "prescriber":
        return url_for("patients.edit", patient_id=patient_id, _anchor="prescriber")
    if code in FIELDS and may(May.PROPOSE_COURSE) and (course_id := told_course(found)):
        return url_for("courses.edit", patient_id=patient_id, course_id=course_id, _anchor=FIELDS[code])
    if code == "values":
        scan_id = next(told.fact_id for told in found.subjects if told.about == LetterAbout.DXA)
        return url_for("scans.edit", patient_id=patient_id, result_id=scan_id)
    return url_for("patients.record", patient_id=patient_id)


def told_course(found: View) -> int | None:
    """The treatment that the letter is about: the one that began, or else the one that runs."""
    begun = [told.fact_id for told in found.subjects if told.about == LetterAbout.START]
    return next(iter(begun), (found.facts["course"] or {}).get("id"))
