"""`clinic protocol what-if` and `activate`: a version tried on the whole register, and carried through it."""

from __future__ import annotations

from secrets import token_urlsafe

import click
from sqlalchemy import select

from clinic import commands_import
from clinic.commands_admin import need_right_clock, up_to_date
from clinic.services import activation_run, trial_run, trials, work
from clinic.services.trials import StartTrial
from clinic.store.base import make_engine
from clinic.store.protocols import ProtocolVersion
from clinic.web.units import now
from clinic.wording.protocol import effect_label, item_label
from config import Settings, SettingsError


def address() -> str:
    """Where the register is."""
    try:
        return Settings.from_env().database_url
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem


@click.command("what-if")
@click.argument("name")
@click.option("--as", "username", default=None, help="The manager's account on whose name it is tried.")
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", help="Dutch or English.")
def what_if(name: str, username: str | None, lang: str) -> None:
    """Try the version NAME on the whole register: what would become due, late, or due no longer. Nothing changes."""
    url = up_to_date().database_url
    engine = make_engine(url)
    try:
        with work.begin(engine, commands_import.manager(engine, username), now()) as unit:
            version = unit.session.scalar(select(ProtocolVersion.id).where(ProtocolVersion.name == name))
            if version is None:
                raise click.ClickException(f"There is no protocol version {name}.")
            trial_id = trials.start(unit, StartTrial(version, token_urlsafe(16)))
        trial_run.run(url, trial_id, now)
        with work.begin(engine, unit.actor, now(), writes=False) as unit:
            for found in trials.summary(unit.session, trial_id):
                what = f"{item_label(found.code, lang)}\t{effect_label(found.effect, lang)}"
                click.echo(f"{what}\t{found.items}\t{found.patients}")
    finally:
        engine.dispose()


@click.command("run-trial", hidden=True)
@click.argument("trial_id", type=int)
def run_trial(trial_id: int) -> None:
    """Run a trial that was put down on a page."""
    trial_run.run(address(), trial_id, now)


@click.command("activate")
def activate() -> None:
    """Put the approved version in force whose day has come, or go on where that stopped; for a timer too."""
    url = up_to_date().database_url
    engine = make_engine(url)
    try:
        need_right_clock(engine)
    finally:
        engine.dispose()
    carried = activation_run.run(url, now)
    if carried is None:
        click.echo("Nothing waits: no approved version whose day has come, it is being carried out, or a restore is "
                   "not confirmed.")  # fmt: skip
    else:
        click.echo(f"{carried.done} patients looked at, {carried.changed} changed")
