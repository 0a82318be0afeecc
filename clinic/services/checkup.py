"""What an operator wants to know every morning: is the register whole, up to date, true to its facts, and backed up."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from clinic.letters.text import sha256
from clinic.services import backups, items, sealing, tried_files
from clinic.services import clock as watched
from clinic.services.anchors import Anchors
from clinic.services.work import local_day
from clinic.store import dumps, grants, restores, schema, soundness
from clinic.store.audit import AuditEntry
from clinic.store.grants import Standing
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.users import User
from config import Settings

BATCH = 500
OLDEST_BACKUP = timedelta(hours=26)
CLOCK_SLACK = timedelta(seconds=5)
LEAST_FREE, LEAST_SHARE = 1_000_000_000, 0.05


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `fine` is None where there was nothing to look at."""

    name: str
    fine: bool | None
    words: str


def look_over(engine: Engine, now: datetime, told: Settings) -> Iterator[Finding]:
    """Every check, the database first: one that cannot be read makes the rest of them moot."""
    try:
        with Session(engine.execution_options(writes=False), expire_on_commit=False) as session:
            connection = session.connection()
            yield from account(grants.standing(connection), told.owner_url)
            yield integrity(connection)
            version = migrations(connection)
            yield version
            if version.fine:
                yield accounts(session)
                yield due(session, now)
                yield letters(session)
                yield clock(session, now)
                yield restored(connection)
            if told.backup_folder is not None and (said := dumps.other_programs(connection)):
                yield Finding("programs", False, f"{said}: have those of the server's version on the path")
        if version.fine:  # on connections of its own: people went on working since this one began to read
            yield log(engine, told)
    except DatabaseError as problem:
        yield Finding("integrity", False, f"the database cannot be read: {str(problem.orig).splitlines()[0]}")
    for folder in dict.fromkeys(filter(None, (told.instance_dir, told.backup_folder))):
        yield disk(folder)
    yield left_open(told)
    yield tried_out(told.instance_dir, now)
    yield backup(told.backup_folder, told.backup_keys, now)
    if told.backup_folder is not None and (count := backups.of_the_future(told.backup_folder, now)):
        said = (
            f"{count} in {told.backup_folder} named later than now: look whether a clock was wrong, and move them away"
        )
        yield Finding("backup names", False, said)


def account(standing: Standing | None, owner_url: str) -> Iterator[Finding]:
    """On PostgreSQL the program works under an account that owns nothing and holds exactly the rights it needs."""
    if standing is None:
        return
    name, wrong = standing.account, standing.wrong
    if standing.owner:
        able = f"{name} owns the register: whoever takes over the program can change the log"
        said = f"{able}; docs/operate.md tells how to give the program an account of its own"
        yield Finding("account", False if owner_url else None, said)
    elif wrong:
        said = f"{name} {', '.join(wrong[:5])}{', …' if len(wrong) > 5 else ''}"
        yield Finding("account", False, f"{said}; `clinic migrate` with CLINIC_OWNER_DATABASE_URL sets it right")
    else:
        yield Finding("account", True, f"{name} owns nothing and holds exactly its rights")


def integrity(connection: Connection) -> Finding:
    """Every page and every reference, or every row, can be read."""
    said = soundness.broken(connection)
    return Finding("integrity", said is None, said or "whole")


def migrations(connection: Connection) -> Finding:
    """The database has the version of this program."""
    here, ours = schema.version(connection), schema.newest()
    same = here == ours
    return Finding("migrations", same, here if same else f"the database has {here or 'none'}, the program {ours}")


def accounts(session: Session) -> Finding:
    """Somebody works here: an empty register that a wrong setting made looks as whole as a full one."""
    count = session.scalar(select(func.count()).select_from(User)) or 0
    return Finding("accounts", count > 0, f"{count}" if count else backups.NOBODY.format("the register"))


def due(session: Session, now: datetime) -> Finding:
    """Every patient's items are what her facts give."""
    last = count = 0
    wrong: list[str] = []
    while True:
        wanted = select(Patient).where(Patient.id > last).order_by(Patient.id).limit(BATCH)
        if not (batch := list(session.scalars(wanted))):
            break
        last, count = batch[-1].id, count + len(batch)
        differing = set(items.differences(session, batch, local_day(now)))
        wrong += [patient.number for patient in batch if patient.id in differing]
        session.expunge_all()
    said = f"{count} patients" + (f", {len(wrong)} differ: {', '.join(wrong[:5])}" if wrong else "")
    return Finding("due", not wrong, said)


def letters(session: Session) -> Finding:
    """The words of each letter that was authorised are those whose hash was kept."""
    wanted = select(Letter.id, Letter.text, Letter.text_sha256).where(Letter.text_sha256.is_not(None))
    count, wrong = 0, []
    for row in session.execute(wanted.execution_options(yield_per=BATCH)):
        count += 1
        if sha256(row.text or "") != row.text_sha256:
            wrong.append(row.id)
    said = f"{count} frozen" + (f", {len(wrong)} changed since, first {wrong[0]}" if wrong else "")
    return Finding("letters", not wrong, said)


def clock(session: Session, now: datetime) -> Finding:
    """This machine is not behind what was written already, nor beside the database's own clock."""
    known = watched.known_since(session)
    newest = session.scalar(select(func.max(AuditEntry.at)).where(AuditEntry.id > known))
    if newest and newest > now + CLOCK_SLACK:
        said = f"behind: the log was written until {newest:%Y-%m-%d %H:%M:%S} UTC"
        return Finding("clock", False, f"{said}; is this clock the right one: `clinic clock --confirm`")
    its = soundness.its_clock(session.connection())
    if its is not None and abs(its - now) > CLOCK_SLACK:
        return Finding("clock", False, f"the database's says {its:%Y-%m-%d %H:%M:%S} UTC")
    return Finding("clock", True, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def restored(connection: Connection) -> Finding:
    """Nobody waits for a restore to be confirmed."""
    taken = restores.unconfirmed_since(connection)
    if taken is None:
        return Finding("restored", True, "nothing to confirm")
    return Finding("restored", False, f"read only: back as of {taken:%Y-%m-%d %H:%M} UTC; `clinic restore --confirm`")


def log(engine: Engine, told: Settings) -> Finding:
    """Every sealed line of the log, every seal and every head written down elsewhere agree."""
    if not told.audit_key:
        return Finding("log", None, "CLINIC_AUDIT_KEY is not set: nothing to verify it with")
    report = sealing.verify(engine, told.audit_key.encode(), Anchors(told.anchors_dir))
    said = f"{report.lines} lines, {report.lines - report.sealed} not sealed yet"
    said += f", {report.left_behind} heads left behind by a restore" if report.left_behind else ""
    wrong = f", {report.wrong} faults: see `clinic audit verify`" if report.wrong else ""
    return Finding("log", not report.wrong, said + wrong)


def disk(folder: Path) -> Finding:
    """There is room, and it can be written."""
    name = f"disk {folder}"
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return Finding(name, False, "cannot be written")
    space = shutil.disk_usage(folder)
    fine = space.free > LEAST_FREE and space.free > LEAST_SHARE * space.total
    return Finding(name, fine, f"{space.free / 1e9:.1f} GB free")


def left_open(told: Settings) -> Finding:
    """No backup or restore that was killed left the whole register unlocked on the disk."""
    left = backups.left_open(told.instance_dir, told.database_url) if told.instance_dir.is_dir() else []
    said = [f"{path}: the register, not locked; remove it, or the next `clinic {whose}` does" for path, whose in left]
    return Finding("left open", not left, "; ".join(said) or "nothing")


def tried_out(instance: Path, now: datetime) -> Finding:
    """No file of an import that somebody only tried out lies there after its hours."""
    count = len(tried_files.overdue(instance, now))
    said = f"{count} files with patients of before; a serving clinic removes them each minute" if count else "none"
    return Finding("tried imports", not count, said)


def backup(folder: Path | None, keys: tuple[str, ...], now: datetime) -> Finding:
    """The newest backup is of today."""
    if folder is None or not keys:
        return Finding("backup", None, "CLINIC_BACKUP_FOLDER and CLINIC_BACKUP_KEYS are not set: no backups here")
    age = backups.age_of_newest(folder, now)
    if age is None:
        return Finding("backup", False, "there is none yet")
    return Finding("backup", age < OLDEST_BACKUP, f"{age.total_seconds() / 3600:.1f} hours old")
