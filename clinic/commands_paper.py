"""`clinic paper nightly`: the coming week as a PDF in a folder of the clinic's choice, for when the system is down."""

from __future__ import annotations

import re
from pathlib import Path

import click
from sqlalchemy.orm import Session

from clinic.commands_admin import need_right_clock, register
from clinic.letters.render import sheets_pdf
from clinic.security.audit import Action
from clinic.services import items, paper
from clinic.services.operators import by_command
from clinic.services.work import local_day
from clinic.store.durable import put
from clinic.web.paper import week_ahead
from clinic.web.units import now
from config import Settings, SettingsError

NAME = re.compile(r"noodlijst-\d{4}-\d\d-\d\d\.pdf\Z")
KEPT = 14


@click.group("paper")
def paper_commands() -> None:
    """Lists on paper."""


@paper_commands.command("nightly")
def nightly() -> None:
    """Write the coming week to CLINIC_PAPER_FOLDER; the newest 14 lists are kept there."""
    folder = chosen_folder()
    with register() as session:
        need_right_clock(session.get_bind().engine)
        path = folder / f"noodlijst-{local_day(now())}.pdf"
        page = made(session, path.name)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            put(path, page)
            forget_old(folder)
        except OSError as problem:
            raise click.ClickException(f"The folder {folder} cannot be written: {problem.strerror}.") from problem
    click.echo(f"{path}: {len(page) // 1000} kB")


def chosen_folder() -> Path:
    """The folder of the settings."""
    try:
        folder = Settings.from_env().paper_folder
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem
    if folder is None:
        raise click.ClickException("CLINIC_PAPER_FOLDER names no folder: nothing is written.")
    return folder


def made(session: Session, name: str) -> bytes:
    """The list of this moment, items brought up to the day first (D5); who is on it is written down."""
    at = now()
    if items.refresh_due_today(session, local_day(at)):
        session.add(by_command(at, Action.ITEMS_REBUILT))  # a line that is no look: lists that are kept are made anew
    ahead = paper.ahead(session, local_day(at))
    shown = ahead.patient_ids()
    session.add(by_command(at, Action.PAPER_WRITTEN, {"file": name}, subject="list:ahead", shown=shown))
    return sheets_pdf(week_ahead(ahead, at, "nl"), at)


def forget_old(folder: Path) -> None:
    """Remove all but the newest; files of another name are not ours."""
    ours = sorted(path for path in folder.iterdir() if NAME.match(path.name))
    for path in ours[:-KEPT]:
        path.unlink()
