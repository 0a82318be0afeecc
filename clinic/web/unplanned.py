"""Why nothing is planned for a patient who is followed (S12): decided here for the list and for her record."""

from __future__ import annotations

from datetime import date

from clinic.domain.facts import Facts
from clinic.web.language import gettext as _
from clinic.web.presenters import day


def because(recorded: bool, runs: bool, starts_on: date | None) -> str:
    """The reason: what runs was let lapse, a course is yet to start, the last was stopped, or none is recorded."""
    if runs:
        return str(_("A course runs; what was due for it was let lapse, and nothing was agreed since."))
    if starts_on is not None:
        return str(_("The next course starts on %(day)s; nothing follows from it before that day.", day=day(starts_on)))
    if recorded:
        return str(_("The last course was stopped and nothing was agreed since."))
    return str(_("No course is recorded, so nothing follows from the protocol."))


def starts_on(facts: Facts) -> date | None:
    """The day on which a course begins that is recorded ahead, the first of several."""
    return min((one.started_on for one in facts.record.courses if one.started_on > facts.on), default=None)
