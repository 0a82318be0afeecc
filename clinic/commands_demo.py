"""`clinic demo`: a made-up clinic in an empty register, small through the stories or large in bulk."""

from __future__ import annotations

import click

from clinic import demo
from clinic.demo.large import load as load_large
from clinic.store.base import make_engine
from clinic.store.schema import migrate
from config import Settings, SettingsError


@click.command("demo")
@click.option("--patients", default=demo.PATIENTS, type=click.IntRange(1, 1_000_000), help="How many patients.")
def command(patients: int) -> None:
    """Load the demo clinic into an empty register."""
    try:
        settings = Settings.from_env()
        settings.instance_dir.mkdir(parents=True, exist_ok=True)
        migrate(settings.database_url, settings.owner_url)
        engine = make_engine(settings.owner_url or settings.database_url)  # to set counters is the owner's
        if patients > demo.MOST_STORIES:
            load_large(engine, patients, report=click.echo)
        else:
            demo.load(engine, patients)
    except (demo.NotEmpty, SettingsError) as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(demo.sign_ins())
