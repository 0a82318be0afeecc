"""The register of possible data breaches for a spreadsheet, as AVG article 33(5) asks it to be kept."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from clinic.domain.vocabulary import BreachState
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import corrections
from clinic.services.work import local_day
from clinic.web import language, spreadsheet
from clinic.web.language import gettext as _
from clinic.web.presenters import day
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading
from clinic.wording.labels import label


@needs(May.READ_LOG)
def export(kind: str) -> ResponseReturnValue:
    """Every task, the open ones first; by patient number alone."""
    lang = language.current()
    with reading() as work:
        found = corrections.open_tasks(work, only_open=False)
        shown = sorted({row.BreachTask.patient_id for row in found})
        work.note(Action.LIST_EXPORTED, subject="list:breaches", shown=shown)
        rows = [cells_of(row, lang) for row in found]
        name = f"{_('data-breaches')}-{day(work.today)}"
    heads = [_("Patient number"), _("Letter"), _("Sent on"), _("Found on"), _("By"), _("Reason"), _("Decision"),
             _("Remark"), _("Decided on")]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)


def cells_of(row: Any, lang: str) -> list[Cell]:
    """A task as cells."""
    task = row.BreachTask
    settled = local_day(task.settled_at) if task.settled_at else None
    return [row.number, row.reference, corrections.left_on(row), local_day(task.found_at), row.name, task.reason,
            label(BreachState(task.state), lang), task.remark, settled]  # fmt: skip
