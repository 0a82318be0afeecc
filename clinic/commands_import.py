"""`clinic import`: a file into the register from the command line; without --commit it only says what would happen."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.interop import imports as interop
from clinic.interop import mapping as mappings
from clinic.interop import tables
from clinic.security.permissions import Role
from clinic.services import imports, work
from clinic.store.base import make_engine
from clinic.store.users import User
from clinic.web.units import now
from clinic.wording.complaints import say, tell
from config import Settings, SettingsError

SHOWN_COMPLAINTS = 200
existing = click.Path(exists=True, dir_okay=False, path_type=Path)
WORDS = {
    "nl": ("toegevoegd", "gewijzigd", "ongewijzigd", "geweigerd", "rij", "Te laat op dag van import",
           "niets gepland", "Niets geschreven; met --commit wel.", "Ingevoerd; ontvangstbewijs"),
    "en": ("added", "changed", "unchanged", "refused", "row", "Late on the day of the import",
           "nothing planned", "Nothing was written; use --commit.", "Brought in; receipt"),
}  # fmt: skip


@click.command("import")
@click.argument("kind", type=click.Choice(mappings.KINDS))
@click.argument("file", type=existing)
@click.option("--mapping", type=existing, required=True, help="Which column fills which field (TOML).")
@click.option("--commit/--dry-run", default=False, help="Write it; the default only says what would happen.")
@click.option("--as", "username", default=None, help="The manager's account on whose name it is written.")
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", help="Language of the answer.")
def command(kind: str, file: Path, mapping: Path, commit: bool, username: str | None, lang: str) -> None:
    """Bring practices, patients, courses or the agenda in from a CSV or Excel FILE."""
    try:
        engine = make_engine(Settings.from_env().database_url)
        read = read_file(kind, file, mapping)
        outcome = run(engine, manager(engine, username), read, commit)
    except tables.UnreadableFile as problem:
        raise click.ClickException(say(problem.code, problem.params, lang)) from problem
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem
    except RuleBroken as problem:
        raise click.ClickException("No row can come in." if lang == "en" else "Geen rij kan binnenkomen.") from problem
    answer(outcome, lang)


def read_file(kind: str, file: Path, mapping: Path) -> imports.Import:
    """The file by its mapping, which has to be of the kind that was asked for."""
    content = file.read_bytes()
    told = mappings.parse(mapping.read_bytes(), interop.FIELDS)
    if told.kind != kind:
        raise tables.UnreadableFile("mapping_kind", typed=told.kind)
    parsed = interop.parse(tables.read(content, file.name), told)
    return imports.Import(parsed, file.name, hashlib.sha256(content).hexdigest())


def manager(engine: Engine, username: str | None) -> work.Actor:
    """The manager's account; the only one, unless it is named."""
    query = select(User).where(User.role == Role.MANAGER.value, User.active.is_(True)).order_by(User.id)
    with Session(engine) as session:
        found = session.scalars(query.where(User.username == username) if username else query).first()
    if found is None:
        raise click.ClickException("No active manager's account; make one with `clinic user add --role manager`.")
    return work.Actor(found.id, found.name, found.function, Role.MANAGER)


def run(engine: Engine, actor: work.Actor, command: imports.Import, commit: bool) -> imports.Outcome:
    """Bring it in or try it out, with a progress bar."""
    with (
        work.begin(engine, actor, now()) as unit,
        click.progressbar(length=len(command.parsed.rows), label=command.file_name) as bar,
    ):

        def progress(done: int, _of: int) -> None:
            bar.update(done - bar.pos)

        outcome = (imports.commit if commit else imports.try_out)(unit, command, progress)
        bar.update(len(command.parsed.rows) - bar.pos)
    return outcome


def answer(outcome: imports.Outcome, lang: str) -> None:
    """Counts, what is late, and each complaint by row and column."""
    added, changed, unchanged, refused, row, late, idle, dry, done = WORDS[lang]
    click.echo(f"{outcome.added} {added}, {outcome.changed} {changed}, {outcome.unchanged} {unchanged}, "
               f"{outcome.refused} {refused}")  # fmt: skip
    for told in outcome.told:
        click.echo(f"  {told.number}: {tell(told.code, told.params, lang)}")
    for complaint in outcome.complaints[:SHOWN_COMPLAINTS]:
        click.echo(f"  {row} {complaint.row}, {complaint.column}: {say(complaint.code, complaint.params, lang)}")
    if outcome.late:
        click.echo(f"{late}: " + ", ".join(f"{code} {number}" for code, number in outcome.late.items()))
    if outcome.nothing_planned:
        click.echo(f"{outcome.nothing_planned} {idle}")
    click.echo(dry if outcome.receipt_id is None else f"{done} {outcome.receipt_id}")
