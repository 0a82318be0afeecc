"""`clinic backup`, `clinic restore`, `clinic clock` and `clinic doctor`: nothing is lost, and somebody would know."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
import pyrage
from sqlalchemy import make_url

from clinic.commands_admin import note, register, up_to_date
from clinic.security.audit import Action
from clinic.services import backups, checkup, restores, sealing
from clinic.services.anchors import Anchors, WentBack
from clinic.services.restores import Restored
from clinic.store import schema
from clinic.store.base import make_engine
from clinic.store.dumps import Unusable
from clinic.web.units import now
from config import HALF_RESTORED, RESTORING, SERVING, Settings, SettingsError, instance_folder

KEEP = 30
SIGNS = {True: "ok", False: "WRONG", None: "-"}


def settings() -> Settings:
    """Those of the environment, or one sentence."""
    try:
        return Settings.from_env()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """What cannot be done is said to the operator in a sentence, and ends with exit status 1.

    Who is told to stop (systemd, a machine going down) tidies up first: what lies open in between must not stay.
    """
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except Unusable as problem:
        raise click.ClickException(str(problem)) from problem
    except OSError as problem:
        raise click.ClickException(f"{problem.filename or 'A file'}: {problem.strerror}.") from problem
    finally:
        signal.signal(signal.SIGTERM, before)


def stop(number: int, _frame: object) -> None:
    """The end that a signal asks for, as one that tidies up."""
    raise SystemExit(128 + number)


@click.command("backup")
@click.option("--keep", type=click.IntRange(1), default=KEEP, show_default=True, help="How many are kept.")
def backup(keep: int) -> None:
    """Write the whole register to CLINIC_BACKUP_FOLDER while the clinic works on, locked with CLINIC_BACKUP_KEYS."""
    told = settings()
    if told.backup_folder is None or not told.backup_keys:
        raise click.ClickException("CLINIC_BACKUP_FOLDER and CLINIC_BACKUP_KEYS name no folder or no key.")
    with in_one_sentence():
        path, manifest = backups.take(
            told.database_url, told.backup_folder, told.backup_keys, now(), told.instance_dir
        )  # fmt: skip
        gone = backups.forget_old(told.backup_folder, keep, now())
    with register() as session:
        note(session, Action.BACKED_UP, f"backup:{path.stem}")
    size, count = path.stat().st_size / 1e6, manifest.rows["patients"]
    click.echo(f"{path}: {size:.1f} MB, {count} patients, opened and whole; {len(gone)} old removed")


@click.command("restore")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File with the private key.")
@click.option("--confirm", is_flag=True, help="Say that what was restored may be written again.")
def restore(path: Path | None, key: Path | None, confirm: bool) -> None:
    """Put a backup in the place of the register; it is read only until `clinic restore --confirm`."""
    if confirm:
        confirm_restore()
        return
    if path is None or key is None:
        raise click.UsageError("Name the backup, and with --key the file with the private key.")
    told = settings()
    with in_one_sentence(), alone(told.instance_dir):
        done = restores.restore(
            told.database_url, path, private_key(key), now(), told.instance_dir, written_down(told), told.owner_url
        )  # fmt: skip
        if told.audit_key:
            seal(told)
    say(done)


def written_down(told: Settings) -> Callable[[WentBack], None]:
    """How a restore is written down beside the heads of the log, signed with its key."""
    if not told.audit_key:
        return restores.nowhere
    return partial(Anchors(told.anchors_dir).went_back, key=told.audit_key.encode())


def seal(told: Settings) -> None:
    """That the register went back stands sealed, else the heads of before say that the log was cut off."""
    engine = make_engine(told.database_url)
    try:
        sealing.seal(engine, told.audit_key.encode(), now(), Anchors(told.anchors_dir))
    finally:
        engine.dispose()


def confirm_restore() -> None:
    """The register is written again."""
    if (instance_folder() / RESTORING).exists():
        raise click.ClickException(HALF_RESTORED)
    told = settings()
    with in_one_sentence():
        backups.need_register(told.database_url)
        with register() as session:
            done = restores.confirm(session, now(), told.instance_dir)
    click.echo("The register can be written again." if done else "There was no restore to confirm.")


def private_key(path: Path) -> pyrage.x25519.Identity:
    """The key in a file as `age-keygen` writes it."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("AGE-SECRET-KEY-")]
    try:
        return pyrage.x25519.Identity.from_str(lines[0])
    except (IndexError, pyrage.IdentityError) as problem:
        raise Unusable(f"{path.name} holds no private key of age.") from problem


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """Nobody serves from this folder while we are at it."""
    instance.mkdir(parents=True, exist_ok=True)
    handle = os.open(instance / SERVING, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as problem:
        raise Unusable("The clinic is running from this folder; stop it first.") from problem
    finally:
        os.close(handle)


def say(done: Restored) -> None:
    """What came back, and what a person has to do now."""
    count = done.manifest.rows["patients"]
    click.echo(f"Restored as of {done.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {count} patients.")
    click.echo(f"The register is {make_url(settings().database_url).render_as_string(hide_password=True)}")
    if done.old is not None:
        click.echo(f"What stood here is kept as {done.old}.")
    click.echo(f"Letters that had left since and are marked as sent: {', '.join(done.settled) or 'none'}")
    click.echo(f"Letters that had left since and are NOT in this register: {', '.join(done.unknown) or 'none'}")
    if done.destroyed:
        click.echo(restores.BACK_AGAIN.format(", ".join(done.destroyed)))
    click.echo("Read only until you look and say: clinic restore --confirm")


@click.command("migrate")
def migrate() -> None:
    """Bring the database up to date; with CLINIC_OWNER_DATABASE_URL the program's account gets exactly its rights."""
    up_to_date()
    click.echo(f"The database has version {schema.newest()}.")


@click.command("clock")
@click.option("--confirm", is_flag=True, required=True, help="Say that this machine's clock is right.")
def clock(confirm: bool) -> None:
    """After the clock was wrong: lines dated later than now, or a long pause, no longer keep the clinic from saving."""
    with register() as session:
        note(session, Action.CLOCK_CONFIRMED, None)
    click.echo(f"It is {now():%Y-%m-%d %H:%M:%S} UTC; the clinic saves again.")


@click.command("doctor")
def doctor() -> None:
    """Look everything over; exit status 1 when something is wrong."""
    told = settings()
    wrong = False
    with in_one_sentence():
        backups.need_place(told.database_url)
    engine = make_engine(told.database_url)
    try:
        for finding in checkup.look_over(engine, now(), told):
            click.echo(f"{SIGNS[finding.fine]:6}{finding.name}: {finding.words}")
            wrong = wrong or finding.fine is False
    finally:
        engine.dispose()
    if wrong:
        raise SystemExit(1)
