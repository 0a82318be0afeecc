"""`clinic figures compute`: how the clinic does, over the whole register; for the night."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from clinic.commands_trial import address
from clinic.services import figures
from clinic.store.base import make_engine
from clinic.store.schema import migrate
from clinic.web.units import now


@click.group("figures")
def group() -> None:
    """How the clinic does."""


@group.command("compute")
def compute() -> None:
    """Compute the figures over the whole register, at most once an hour."""
    url = address()
    migrate(url)
    engine = make_engine(url)
    try:
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
