"""Backups: the whole register as one file that only the clinic's own key opens, and opened once before it counts."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyrage

from clinic.store import dumps, schema
from clinic.store.dumps import Unusable

FORMAT = 1
NAME = "botwacht-{:%Y%m%dT%H%M%S}Z.age"
PATTERN = "botwacht-????????T??????Z.age"
OPEN = "register-in-the-clear"
MANIFEST, DATA = "manifest.json", "register"
NOBODY = "{} has no accounts: nobody works there. Look at CLINIC_INSTANCE and DATABASE_URL."
NO_REGISTER = "There is no register at {}. Look at CLINIC_INSTANCE and DATABASE_URL."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    kind: str
    schema: str
    taken_at: datetime
    sha256: str
    rows: dict[str, int]
    format: int = FORMAT

    def written(self) -> str:
        """As the file in the backup."""
        return json.dumps(
            {"format": self.format, "kind": self.kind, "schema": self.schema, "sha256": self.sha256,
             "taken_at": self.taken_at.isoformat(), "rows": self.rows}, indent=1,
        )  # fmt: skip

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """From the file; a format of later is refused."""
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] > FORMAT:
            raise Unusable(f"The backup has format {told['format']}, and this Botwacht reads up to {FORMAT}.")
        told["taken_at"] = datetime.fromisoformat(told["taken_at"])
        return cls(**told)


def recipients(keys: tuple[str, ...]) -> list[pyrage.x25519.Recipient]:
    """The public keys that a backup is locked with."""
    try:
        return [pyrage.x25519.Recipient.from_str(key) for key in keys]
    except pyrage.RecipientError as problem:
        raise Unusable("CLINIC_BACKUP_KEYS must hold public keys of age, which begin with age1.") from problem


def take(url: str, folder: Path, keys: tuple[str, ...], now: datetime, instance: Path) -> tuple[Path, Manifest]:
    """Back the register up while the clinic works on; the file appears whole or not at all, and was opened once.

    A key of this one run is a recipient too, so that what lies on the disk can be opened and compared here, where the
    clinic's own key must not be. A register in which nobody works is none: its backups would push out the good ones.
    """
    locks, trial = recipients(keys), pyrage.x25519.Identity.generate()
    need_register(url)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / NAME.format(now)
    half = path.with_suffix(".half")
    try:
        with in_the_clear(instance) as desk:
            manifest = packed(url, desk, now)
            pyrage.encrypt_file(str(desk / "packed"), str(half), [*locks, trial.to_public()])
            if opened(half, trial, desk / "opened") != manifest:
                raise Unusable("The backup does not hold what was written to it.")
        half.chmod(0o600)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path, manifest


def need_register(url: str) -> None:
    """Refuse a place where no register is, before SQLite makes an empty one there, and one in which nobody works."""
    need_place(url)
    if not dumps.accounts(url):
        raise Unusable(NOBODY.format("The register"))


def need_place(url: str) -> None:
    """Refuse a place where no register is; a server says so itself."""
    if dumps.kind(url) == "sqlite" and not (file := dumps.database_file(url)).exists():
        raise Unusable(NO_REGISTER.format(file))


@contextmanager
def in_the_clear(instance: Path) -> Iterator[Path]:
    """A folder where the register lies open for as long as it takes, to one at a time; what a kill left there goes."""
    instance.mkdir(parents=True, exist_ok=True)
    folder = instance / OPEN
    with alone_at_it(instance) as alone:
        if not alone:
            raise Unusable("Another backup or restore is at work in this folder; wait until it is done.")
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


@contextmanager
def alone_at_it(instance: Path) -> Iterator[bool]:
    """Whether nobody else makes a backup or restores one; the lock goes with the process, however it ends."""
    with (instance / f"{OPEN}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def left_open(instance: Path, url: str) -> list[tuple[Path, str]]:
    """Where a backup or a restore that was killed left the register open, and which command clears it away.

    What one that is at work has there is no leftover.
    """
    places = {instance / OPEN: "backup"}
    if dumps.kind(url) == "sqlite":
        places[dumps.place_beside(url)] = "restore"
    if not any(path.exists() for path in places):
        return []
    with alone_at_it(instance) as alone:
        return [(path, whose) for path, whose in places.items() if alone and path.exists()]


def packed(url: str, folder: Path, now: datetime) -> Manifest:
    """The register and what there is to know of it in one file, `packed`."""
    data = folder / DATA
    with dumps.connected(url) as connection:
        version = schema.version(connection)
    counted = dumps.dump(url, data)
    manifest = Manifest(dumps.kind(url), version, now, digest(data), counted)
    (folder / MANIFEST).write_text(manifest.written(), encoding="utf-8")
    with tarfile.open(folder / "packed", "w") as tar:
        for name in (MANIFEST, DATA):
            tar.add(folder / name, arcname=name)
    return manifest


def opened(path: Path, identity: pyrage.x25519.Identity, folder: Path) -> Manifest:
    """Open a backup into a folder and look it over: its own sum, and whether the database in it is whole."""
    folder.mkdir(mode=0o700)
    clear = folder / "packed"
    try:
        pyrage.decrypt_file(str(path), str(clear), [identity])
        with tarfile.open(clear) as tar:
            for name in (MANIFEST, DATA):
                unpack(tar, name, folder / name)
    except (pyrage.DecryptError, OSError, tarfile.TarError, KeyError) as problem:
        raise Unusable(f"{path.name} cannot be opened: {problem}.") from problem
    clear.unlink()
    manifest = Manifest.read(folder / MANIFEST)
    if digest(folder / DATA) != manifest.sha256:
        raise Unusable(f"{path.name} does not hold what was written to it.")
    dumps.check(manifest.kind, folder / DATA)
    return manifest


def unpack(tar: tarfile.TarFile, name: str, to: Path) -> None:
    """One file of the archive, written where we say and nowhere that the archive says."""
    held = tar.extractfile(name)
    if held is None:
        raise KeyError(f"{name} is no file")
    with held, to.open("wb") as file:
        shutil.copyfileobj(held, file)


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def forget_old(folder: Path, keep: int, now: datetime) -> list[Path]:
    """Remove all but the newest backups; files of another name are not ours.

    One that is named later than now counts for none of them, and stays until a person looked: it would push out a
    backup that was made well.
    """
    old = [path for path, at in named(folder) if at <= now][:-keep]
    for path in old:
        path.unlink()
    return old


def age_of_newest(folder: Path, now: datetime) -> timedelta | None:
    """How long ago the newest backup was made, by its name; one that is named in the future is none."""
    return min((now - at for _path, at in named(folder) if at <= now), default=None)


def of_the_future(folder: Path, now: datetime) -> int:
    """How many are named later than now: made by a clock that was wrong, they would pass for new for years."""
    return sum(at > now for _path, at in named(folder))


def named(folder: Path) -> list[tuple[Path, datetime]]:
    """The backups in a folder and when each was made, by its name, oldest first; what only looks like one is none."""
    found = []
    for path in sorted(folder.glob(PATTERN)):
        with suppress(ValueError):
            found.append((path, datetime.strptime(path.stem, "botwacht-%Y%m%dT%H%M%SZ")))  # noqa: DTZ007 - UTC
    return found
