"""`clinic letters send`: the worker of the queue; it may be stopped at any moment and run more than once."""

from __future__ import annotations

from time import sleep

import click
from sqlalchemy import Engine

from clinic import postman
from clinic.letters import cause
from clinic.services import print_runs, work
from clinic.store.base import make_engine
from clinic.web.units import now
from config import Settings, SettingsError

PAUSE_SECONDS = 60


@click.group("letters")
def group() -> None:
    """Letters that wait to leave."""


@group.command("send")
@click.option("--once", is_flag=True, help="Try once what is due and end, for cron or a timer; otherwise every minute.")
def send(once: bool) -> None:
    """Hand over the letters whose turn it is; fails when one could not leave."""
    try:
        settings = Settings.from_env()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem
    engine = make_engine(settings.database_url)
    while True:
        kept = tried(engine, settings)
        if once:
            raise SystemExit(1 if kept else 0)
        sleep(PAUSE_SECONDS)


@group.command("make-run", hidden=True)
@click.argument("run_id", type=int)
def make_run(run_id: int) -> None:
    """Make the file of a print run that was put down on a page."""
    try:
        settings = Settings.from_env()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem
    engine = make_engine(settings.database_url)
    with work.begin(engine, print_runs.maker(engine, run_id), now()) as unit:
        print_runs.make(unit, run_id)


def told(words: str) -> str:
    """Why one stayed, as an administrator looks it up: the code of the cause with what it names."""
    found = cause.read(words)
    return words if found is None else " ".join((found.code, *found.told.values()))


def tried(engine: Engine, settings: Settings) -> int:
    """The postman's round, told by count and never by name; how many stayed. A busy database is a round that failed."""
    outcomes = postman.tour(engine, settings)
    if outcomes is None:
        click.echo(
            "The database is busy, it or the outbox is away, or the clock is wrong; the letters stay in the queue.",
            err=True,
        )
        return 1
    for outcome in outcomes:
        if not outcome.sent:
            click.echo(f"letter {outcome.letter_id}: {told(outcome.words) or outcome.problem}", err=True)
    left = sum(outcome.sent for outcome in outcomes)
    click.echo(f"{left} left, {len(outcomes) - left} stayed")
    return len(outcomes) - left
