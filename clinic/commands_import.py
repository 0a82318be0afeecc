"""`clinic import`: a file into the register from the command line; without --commit it only says what would happen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.commands_admin import UNCONFIRMED, need_right_clock, up_to_date
from clinic.domain.errors import RuleBroken
from clinic.interop import imports as interop
from clinic.interop import mapping as mappings
from clinic.interop import tables
from clinic.interop.reader import Complaint
from clinic.security.permissions import Role
from clinic.services import imports, operators, work
from clinic.store.base import make_engine
from clinic.store.restores import Unconfirmed
from clinic.store.users import User
from clinic.web.units import now
from clinic.wording.complaints import say, tell
from clinic.wording.labels import due_label

SHOWN_COMPLAINTS = 200
NOTHING = {"nl": "Geen rij kan binnenkomen.", "en": "No row can come in."}
existing = click.Path(exists=True, dir_okay=False, path_type=Path)
WORDS = {
    "nl": ("toegevoegd", "gewijzigd", "ongewijzigd", "geweigerd", "rij", "Te laat op dag van import",
           "zonder vervolg", "Niets geschreven; met --commit wel.", "Ingevoerd; ontvangstbewijs"),
    "en": ("added", "changed", "unchanged", "refused", "row", "Late on the day of the import",
           "nothing planned", "Nothing was written; use --commit.", "Brought in; receipt"),
}  # fmt: skip


@click.group("import")
def group() -> None:
    """Files into the register: each kind by itself, or whatever was delivered in the watched folder."""


def command_for(kind: str) -> click.Command:
    """The command that brings in one kind of file."""

    @click.command(kind, help=f"Bring {kind} in from a CSV or Excel FILE.")
    @click.argument("file", type=existing)
    @click.option("--mapping", type=existing, required=True, help="Which column fills which field (TOML).")
    @click.option("--commit/--dry-run", default=False, help="Write it; the default only says what would happen.")
    @click.option("--as", "username", default=None, help="The manager's account on whose name it is written.")
    @click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", help="Language of the answer.")
    def command(file: Path, mapping: Path, commit: bool, username: str | None, lang: str) -> None:
        bring_in(kind, file, mapping, commit, username, lang)

    return command


for known in mappings.KINDS:
    group.add_command(command_for(known))


def bring_in(kind: str, file: Path, mapping: Path, commit: bool, username: str | None, lang: str) -> None:
    """Bring a file in, or say what that would do."""
    try:
        engine = make_engine(up_to_date().database_url)
        if commit:
            need_right_clock(engine, lang=lang)
        command = read(file.read_bytes(), file.name, mapping.read_bytes(), kind)
        outcome = run(engine, manager(engine, username), command, commit)
    except tables.UnreadableFile as problem:
        raise click.ClickException(say(problem.code, problem.params, lang)) from problem
    except Unconfirmed as problem:
        raise click.ClickException(UNCONFIRMED[lang]) from problem
    except RuleBroken as problem:
        raise click.ClickException(NOTHING[lang]) from problem
    click.echo("\n".join(lines(outcome, lang)))


def read(content: bytes, name: str, mapping: bytes, kind: str | None = None) -> imports.Import:
    """A file by its mapping, which has to be of the kind that was asked for."""
    told = mappings.parse(mapping, interop.FIELDS)
    if kind is not None and told.kind != kind:
        raise tables.UnreadableFile("mapping_kind", typed=told.kind)
    return imports.Import(interop.parse(tables.read(content, name), told), name, hashlib.sha256(content).hexdigest())


def manager(engine: Engine, username: str | None) -> work.Actor:
    """The manager's account; the only one, unless it is named."""
    query = select(User).where(User.role == Role.MANAGER.value, User.active.is_(True)).order_by(User.id)
    with Session(engine) as session:
        found = session.scalars(query.where(User.username == username) if username else query).first()
    if found is None:
        raise click.ClickException("No active manager's account; make one with `clinic user add --role manager`.")
    return work.Actor(found.id, found.name, found.function, Role.MANAGER, source=operators.source())


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


def lines(outcome: imports.Outcome, lang: str) -> list[str]:
    """Counts, what changes for whom, each complaint by row and column, and what is late."""
    added, changed, unchanged, refused, _row, late, idle, dry, done = WORDS[lang]
    counts = ((outcome.added, added), (outcome.changed, changed), (outcome.unchanged, unchanged),
              (outcome.refused, refused))  # fmt: skip
    told = [", ".join(f"{number} {word}" for number, word in counts)]
    told += [f"  {change.number}: {tell(change.code, change.params, lang)}" for change in outcome.told]
    told += complaints(outcome.complaints, lang)
    if outcome.late:
        told.append(
            f"{late}: " + ", ".join(f"{due_label(code, lang)} {number}" for code, number in outcome.late.items())
        )
    if outcome.nothing_planned:
        told.append(f"{outcome.nothing_planned} {idle}")
    return [*told, dry if outcome.receipt_id is None else f"{done} {outcome.receipt_id}"]


def complaints(found: Sequence[Complaint], lang: str) -> list[str]:
    """Each complaint at its row and column."""
    row = WORDS[lang][4]
    return [f"  {row} {c.row}, {c.column}: {say(c.code, c.params, lang)}" for c in found[:SHOWN_COMPLAINTS]]
