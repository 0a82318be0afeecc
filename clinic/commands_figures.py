"""`clinic figures compute`: how the clinic does, over the whole register; for the night."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from clinic.commands_admin import need_right_clock, up_to_date
from clinic.services import figures
from clinic.store.base import make_engine
from clinic.web.units import now


@click.group("figures")
def group() -> None:
    """How the clinic does."""


@group.command("compute")
def compute() -> None:
    """Compute the figures over the whole register, at most once an hour."""
    engine = make_engine(up_to_date().database_url)
    try:
        need_right_clock(engine)
        with Session(engine.execution_options(writes=False)) as session:
            wanted = figures.may_start(session, now())
        if not wanted:
            click.echo("The figures were computed less than an hour ago, are being computed, or wait until a "
                       "restore is confirmed: nothing was done.")  # fmt: skip
            return
        run = figures.run(engine, now)
        click.echo(f"{run.done} patients, {run.since_on} to {run.on_date}")
    finally:
        engine.dispose()
