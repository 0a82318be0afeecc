"""`clinic import watch`: whatever was delivered in the inbox, brought in by the mapping of its folder."""

from __future__ import annotations

from pathlib import Path
from time import sleep

import click
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from clinic import commands_import
from clinic.commands_admin import UNCONFIRMED, WRONG_CLOCK
from clinic.domain.errors import RuleBroken
from clinic.interop import inbox, tables
from clinic.services import imports, work
from clinic.services.clock import Watch
from clinic.store.base import make_engine
from clinic.store.restores import Unconfirmed
from clinic.web import clock
from clinic.web.units import now
from clinic.wording.complaints import say
from config import Settings, SettingsError

PAUSE_SECONDS = 60
AWAY = {
    "nl": "De database is bezet of onbereikbaar; de bestanden blijven staan.",
    "en": "The database is busy or away; the files stay where they are.",
}


@click.command("watch")
@click.option("--once", is_flag=True, help="Look once and end, for cron or a timer; otherwise look every minute.")
@click.option("--commit/--dry-run", default=False, help="Write, and move the files; the default only tells.")
@click.option("--as", "username", default=None, help="The manager's account on whose name it is written.")
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", help="Language of the answers and receipts.")
def command(once: bool, commit: bool, username: str | None, lang: str) -> None:
    """Bring in what rests in the folders of CLINIC_INBOX; fails when a file failed."""
    try:
        settings = Settings.from_env()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem
    if settings.inbox is None or not settings.inbox.is_dir():
        raise click.ClickException("CLINIC_INBOX has to name a folder that exists.")
    engine, watch = make_engine(settings.database_url), Watch()
    while True:
        failed = tried(engine, settings.inbox, username, commit, lang, watch)
        if once:
            raise SystemExit(1 if failed else 0)
        sleep(PAUSE_SECONDS)


def tried(engine: Engine, folder: Path, username: str | None, commit: bool, lang: str, watch: Watch) -> int:
    """Look once; a database busy, away or restored, or a wrong clock, is one failure: the files stay for next time."""
    try:
        actor = commands_import.manager(engine, username)
        if wrong := clock.found(engine, watch) if commit else None:
            click.echo(WRONG_CLOCK[lang].format(wrong=wrong.value), err=True)
            return 1
        return look(engine, folder, actor, commit, lang)
    except Unconfirmed:
        click.echo(UNCONFIRMED[lang], err=True)
        return 1
    except OperationalError as problem:
        click.echo(f"{AWAY[lang]} ({problem.orig})", err=True)
        return 1


def look(engine: Engine, folder: Path, actor: work.Actor, commit: bool, lang: str) -> int:
    """Every file once; how many failed."""
    failed = 0
    for file in inbox.delivered(folder, now()):
        text, good = bring_in(engine, actor, file, commit, lang)
        failed += not good
        click.echo(f"{file.path.parent.name}/{file.path.name}\n{text}")
        if commit:
            inbox.put_away(file.path, inbox.DONE if good else inbox.FAILED, text, now())
    return failed


def bring_in(engine: Engine, actor: work.Actor, file: inbox.Delivered, commit: bool, lang: str) -> tuple[str, bool]:
    """What became of a file, in words, and whether it came in."""
    try:
        read = commands_import.read(file.content, file.path.name, file.mapping)
        with work.begin(engine, actor, now()) as unit:
            outcome = (imports.commit if commit else imports.try_out)(unit, read)
    except tables.UnreadableFile as problem:
        return say(problem.code, problem.params, lang), False
    except RuleBroken:
        why = commands_import.complaints(read.parsed.complaints, lang)
        return "\n".join([commands_import.NOTHING[lang], *why]), False
    return "\n".join(commands_import.lines(outcome, lang)), True
