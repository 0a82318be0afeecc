"""`clinic audit`: the log printed, sealed, verified, and the emergency log brought in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.commands_admin import note, register
from clinic.security.audit import Action
from clinic.services import sealing
from clinic.services.anchors import Anchors
from clinic.services.emergency import EmergencyLog
from clinic.services.log import Asked
from clinic.store import log
from clinic.store.base import make_engine
from clinic.store.patients import Patient
from clinic.store.users import User
from clinic.web.units import now
from config import Settings

TOLD = {
    "line_changed": "line {} was changed",
    "line_removed": "line {} was removed",
    "line_added": "line {} was added between sealed ones",
    "seal_changed": "seal {} was changed",
    "seal_does_not_follow": "seal {} does not follow the one before it",
    "seal_cut_off": "seal {} is gone: the end of the log was cut off",
    "anchor_differs": "seal {} is not the one that was written down elsewhere",
    "anchor_unreadable": "line {} of the file with heads cannot be read",
    "other_key": "seal {} was made with another key",
}
IN_DOUBT = (
    "line {} tells of a restore that is not written down beside the heads, and would explain some of this: it was made "
    "by a Botwacht that did not write it down yet, or somebody made it up; see docs/operate.md, the log"
)


@click.group("audit", invoke_without_command=True)
@click.option("--patient", "number", default=None, help="Only about the patient with this number.")
@click.option("--user", "username", default=None, help="Only what this account did.")
@click.option("--action", type=click.Choice([action.value for action in Action]), default=None, help="Only this.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Only from this day (Amsterdam).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Only up to and including this day.")
@click.option("--last", type=click.IntRange(1), default=200, help="How many lines, the newest.")
@click.pass_context
def audit(
    context: click.Context, number: str | None, username: str | None, action: str | None,
    since: datetime | None, until: datetime | None, last: int,
) -> None:  # fmt: skip
    """Print the log, oldest first, times in UTC, patients by number; that it was read is written down too."""
    if context.invoked_subcommand:
        return
    with register() as session:
        asked = Asked(
            patient_id=key_of(session, Patient.id, Patient.number, "patient with number", number),
            user_id=key_of(session, User.id, User.username, "account", username),
            actions=(action,) if action else (),
            first=since.date() if since else None,
            last=until.date() if until else None,
        )
        lines = log.lines(session, asked.wanted(), last)
        note(session, Action.LOG_READ, None, asked.patient_id)
    for line in reversed(lines):
        entry = line.entry
        who = line.username or entry.actor_name or "-"
        about = [f"patient:{line.number}" if line.number else "", entry.subject or "", entry.outcome]
        click.echo("\t".join([entry.at.isoformat(" ", "seconds"), who, entry.action, *about]))


def key_of(session: Session, key: Any, column: Any, what: str, given: str | None) -> int | None:
    """The key of the row that was named; a name that nobody has is said."""
    if given is None:
        return None
    found: int | None = session.scalar(select(key).where(column == given))
    if found is None:
        raise click.ClickException(f"There is no {what} {given}.")
    return found


@contextmanager
def keyed() -> Iterator[tuple[Engine, Settings]]:
    """The register, up to date, and settings that hold a key."""
    with register():
        settings = Settings.from_env()
    if not settings.audit_key:
        raise click.ClickException("CLINIC_AUDIT_KEY is not set, and the instance folder holds no file audit-key.")
    engine = make_engine(settings.database_url)
    try:
        yield engine, settings
    finally:
        engine.dispose()


@audit.command("seal")
def seal() -> None:
    """Seal every line that is settled, and write the newest head down."""
    with keyed() as (engine, settings):
        count = sealing.seal(engine, settings.audit_key.encode(), now(), Anchors(settings.anchors_dir))
    click.echo(f"{count} lines sealed")


@audit.command("verify")
def verify() -> None:
    """Walk the whole log beside its seals and the heads written down; exit status 1 when anything is wrong."""
    with keyed() as (engine, settings):
        report = sealing.verify(engine, settings.audit_key.encode(), Anchors(settings.anchors_dir))
    waiting = report.lines - report.sealed
    click.echo(f"{report.lines} lines, {waiting} not sealed yet, {report.seals} seals, {report.anchors} heads")
    if report.left_behind:
        click.echo(f"{report.left_behind} heads are of a register that a restore took the place of")
    for problem in report.problems:
        click.echo(TOLD[problem.what].format(problem.number))
    if report.wrong > len(report.problems):
        click.echo(f"and {report.wrong - len(report.problems)} more")
    for number in sorted(report.in_doubt):
        click.echo(IN_DOUBT.format(number))
    if report.wrong:
        raise SystemExit(1)
    click.echo("nothing is wrong")


@audit.command("merge")
def merge() -> None:
    """Bring the emergency log into the log; exit status 1 when a line is not as it was written, or is refused."""
    with keyed() as (engine, settings):
        merged = EmergencyLog(settings.instance_dir, settings.audit_key.encode()).merge(engine, now(), typed=True)
    click.echo(f"{merged.lines - merged.refused} lines brought in, {merged.broken} not as they were written")
    if merged.refused:
        click.echo(f"{merged.refused} REFUSED by the log: see {settings.instance_dir}/*.refused", err=True)
    if merged.broken or merged.refused:
        raise SystemExit(1)
