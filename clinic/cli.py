"""The `clinic` command: one subcommand per job outside the browser."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.exc import OperationalError

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


class Commands(click.Group):
    """Every command; a register that cannot be opened is said in one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except OperationalError as problem:
            reason = str(problem.orig).splitlines()[0].rstrip(".")
            raise click.ClickException(
                f"The register cannot be used: {reason}. Are CLINIC_INSTANCE and DATABASE_URL right? `clinic serve` "
                "makes a new one."
            ) from problem


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
