"""The log as a file, with the fields of NEN 7513: docs/nen-7513.md says of each where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from clinic.security.audit import action_code, outcome_code, type_code
from clinic.services.work import local_time
from clinic.store.audit import AuditEntry
from clinic.store.log import Line
from clinic.web.language import gettext as _
from clinic.web.log_rows import Row, row_of

IP_ADDRESS = "2"
"""NetworkAccessPointTypeCode: an address of the network and no name or number."""


class Told(NamedTuple):
    """A line as the page says it, with what it holds, the names of accounts, and whose log it is."""

    row: Row
    line: Line
    names: Mapping[int, str]
    hospital: str

    @property
    def entry(self) -> AuditEntry:
        """What was stored."""
        return self.line.entry


class Column(NamedTuple):
    """A column of the file: its head, and what it says of a line."""

    head: Callable[[], str]
    value: Callable[[Told], object]


COLUMNS = (
    Column(lambda: _("When"), lambda told: told.row.when),
    Column(lambda: _("Who"), lambda told: told.row.who),
    Column(lambda: _("Function"), lambda told: told.row.function),
    Column(lambda: _("What"), lambda told: told.row.what),
    Column(lambda: _("About"), lambda told: told.row.about),
    Column(lambda: _("Patient number"), lambda told: told.row.number),
    Column(lambda: _("Refused"), lambda told: _("yes") if told.row.refused else ""),
    Column(lambda: _("From address"), lambda told: told.row.address),
    Column(lambda: _("On behalf of"), lambda told: on_behalf(told)),
    Column(lambda: _("Purpose"), lambda told: told.entry.purpose),
    Column(lambda: _("Time in UTC"), lambda told: in_utc(told.entry)),
    Column(lambda: _("Clock of the clinic"), lambda told: f"UTC{local_time(told.entry.at).isoformat()[-6:]}"),
    Column(lambda: _("Event"), lambda told: told.entry.action),
    Column(lambda: _("Kind of event"), lambda told: type_code(told.entry.action)),
    Column(lambda: _("Action code"), lambda told: action_code(told.entry.action)),
    Column(lambda: _("Outcome code"), lambda told: outcome_code(told.entry.action, told.entry.outcome)),
    Column(lambda: _("Account number"), lambda told: told.entry.actor_id),
    Column(lambda: _("User name"), lambda told: told.line.username),
    Column(lambda: _("Role"), lambda told: told.entry.role),
    Column(lambda: _("Kind of address"), lambda told: IP_ADDRESS if told.entry.address else ""),
    Column(lambda: _("Object"), lambda told: told.entry.subject),
    Column(lambda: _("Fields changed"), lambda told: ", ".join((told.entry.details or {}).get("changes", ()))),
    Column(lambda: _("Source"), lambda told: told.entry.source),
    Column(lambda: _("Hospital"), lambda told: told.hospital),
    Column(lambda: _("Trace"), lambda told: told.entry.trace),
    Column(lambda: _("Line of the log"), lambda told: told.entry.id),
)


def heads() -> list[str]:
    """What the columns are called."""
    return [column.head() for column in COLUMNS]


def cells(line: Line, names: Mapping[int, str], hospital: str, lang: str) -> list[str]:
    """A line of the log as cells."""
    told = Told(row_of(line, names, lang), line, names, hospital)
    return ["" if (cell := column.value(told)) is None else str(cell) for column in COLUMNS]


def in_utc(entry: AuditEntry) -> str:
    """EventDateTime: to the millisecond, and that it is UTC."""
    return f"{entry.at.isoformat(timespec='milliseconds')}Z"


def on_behalf(told: Told) -> str:
    """The doctor for whom she acted, as she was called then; of before that was kept as she is called today."""
    entry = told.entry
    return entry.on_behalf_name or told.names.get(entry.on_behalf_of or 0, "")
