"""What a letter still lacks, in words, each with the page where it is put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _

from clinic.services.letter_view import View
from clinic.web.page import has_endpoint

PAGES = {"course": "courses.index", "patient": "patients.edit", "record": "patients.record", "scan": "patients.record"}
WORDS: dict[str, Callable[[], str]] = {
    "fact": lambda: _("What this letter was begun for no longer stands in the record."),
    "planned_end": lambda: _("The planned end of the treatment is not recorded."),
    "prescriber": lambda: _("Who prescribes is not recorded."),
    "next_visit": lambda: _("No next control or decision is planned."),
    "dose": lambda: _("Dose and schedule of the treatment that began are not recorded."),
    "values": lambda: _("The DXA has no T-score."),
}


class Line(NamedTuple):
    """One thing that is lacking."""

    text: str
    href: str | None


def lines(found: View) -> list[Line]:
    """What keeps the letter from being authorised, each with its page when the program serves it."""
    patient_id = found.patient.id
    return [
        Line(
            str(WORDS[need.code]()),
            url_for(PAGES[need.page], patient_id=patient_id) if has_endpoint(PAGES[need.page]) else None,
        )
        for need in found.missing
    ]
