"""The `clinic` command: one subcommand per job outside the browser."""

from __future__ import annotations

from sqlite3 import SQLITE_ERROR
from typing import Any

import click
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from clinic import (
    commands_admin,
    commands_audit,
    commands_demo,
    commands_figures,
    commands_import,
    commands_keep,
    commands_letters,
    commands_metrics,
    commands_paper,
    commands_plan,
    commands_protocol,
    commands_watch,
)
from clinic.serve import serve
from config import HALF_RESTORED, RESTORING, instance_folder

NEEDS_NO_REGISTER = ("plan", "restore")
NO_TABLE = "42P01"  # PostgreSQL's own code
WHERE = " Are CLINIC_INSTANCE and DATABASE_URL right? `clinic serve` makes a new one."


class Commands(click.Group):
    """Every command; a register that is not there, busy or full is said in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the program asked wrongly of the database keeps its traceback."""
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as problem:
            absent = is_absent(problem)
            if not absent and asked_wrongly(problem):
                raise
            reason = str(problem.orig).partition("\n")[0].rstrip(".") or type(problem.orig).__name__
            raise click.ClickException(f"The register cannot be used: {reason}.{WHERE if absent else ''}") from problem


def is_absent(problem: DBAPIError) -> bool:
    """Whether no register stands there: no file, no server that answers, or no tables."""
    state = getattr(problem.orig, "sqlstate", "")  # None when PostgreSQL said nothing itself
    unanswered = state is None and isinstance(problem, OperationalError)
    return unanswered or state == NO_TABLE or str(problem.orig).startswith(("unable to open", "no such table"))


def asked_wrongly(problem: DBAPIError) -> bool:
    """Whether the fault is the program's; SQLite calls that operational too, as "no such column"."""
    return isinstance(problem, ProgrammingError) or getattr(problem.orig, "sqlite_errorcode", None) == SQLITE_ERROR


@click.group(cls=Commands)
@click.pass_context
def main(context: click.Context) -> None:
    """Botwacht: follow-up of people on bisphosphonates."""
    if context.invoked_subcommand not in NEEDS_NO_REGISTER and (instance_folder() / RESTORING).exists():
        raise click.ClickException(HALF_RESTORED)


@main.command("serve")
def serve_command() -> None:
    """Serve the clinic on HOST and PORT."""
    serve()


for command in (
    commands_plan.command,
    commands_demo.command,
    commands_metrics.command,
    commands_keep.backup,
    commands_keep.restore,
    commands_keep.doctor,
    commands_keep.migrate,
    commands_keep.clock,
):
    main.add_command(command)
commands_import.group.add_command(commands_watch.command)
for group in (
    commands_import.group,
    commands_admin.user,
    commands_admin.due,
    commands_audit.audit,
    commands_figures.group,
    commands_paper.paper_commands,
    commands_letters.group,
    commands_protocol.group,
):
    main.add_command(group)
