"""Restoring: a backup in the place of a register that is at rest, read only until a person confirms it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyrage
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.letters.outbox import JOURNAL
from clinic.security.audit import Action
from clinic.services import backups, items
from clinic.services.addressed import to_her
from clinic.services.anchors import WentBack
from clinic.services.backups import Manifest
from clinic.services.copies import to_herself
from clinic.services.letter_post import number_in
from clinic.services.letter_sending import seal_of
from clinic.services.operators import by_command
from clinic.services.work import local_day
from clinic.store import dumps, grants, schema, seals
from clinic.store.audit import AuditEntry
from clinic.store.base import Json, make_engine
from clinic.store.copies import COPY_OUT, LetterCopy, StandingCopy
from clinic.store.dumps import Untouched, Unusable
from clinic.store.durable import kept, put
from clinic.store.letters import ON_ITS_WAY, Letter
from clinic.store.patients import Patient
from clinic.store.restores import Restore
from clinic.store.users import UserSession
from config import RESTORING

LOST_AT_MOST = 1000
BACK_AGAIN = "Records that were destroyed are back with this backup, and are destroyed again first: {}."


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    manifest: Manifest
    settled: list[str]
    unknown: list[str]
    destroyed: list[str]
    """Numbers of records that were destroyed since, and are back."""
    old: Path | None = None
    """Where SQLite's file of before is kept."""


@dataclass(frozen=True, slots=True)
class Return:
    """To which backup a register goes back, when, in which folder, and how that is written down beside its log."""

    manifest: Manifest
    now: datetime
    instance: Path
    write_down: Callable[[WentBack], None]
    owner: str = ""
    """The address of PostgreSQL's owner, where the program has an account of its own."""


def nowhere(_went_back: WentBack) -> None:
    """Without a key of the log nothing is sealed, and no head has to be explained."""


def restore(
    url: str,
    path: Path,
    identity: pyrage.x25519.Identity,
    now: datetime,
    instance: Path,
    write_down: Callable[[WentBack], None] = nowhere,
    owner: str = "",
) -> Restored:
    """Put the backup in the register's place; whatever is wrong is found before anything is touched."""
    with backups.in_the_clear(instance) as folder:
        manifest = backups.opened(path, identity, folder / "opened")
        refuse(manifest, url)
        if dumps.in_use(url):
            raise Unusable("The clinic is running on this database; stop it first.")
        grants.need_to_replace(url, owner)
        how = by_a_file if dumps.kind(url) == "sqlite" else by_a_dump
        return how(url, folder / "opened" / backups.DATA, Return(manifest, now, instance, write_down, owner))


def by_a_file(url: str, data: Path, back: Return) -> Restored:
    """SQLite: the copy is made ready beside the register, and takes its place by one rename."""
    beside = dumps.laid_beside(url, data)
    try:
        done = made_ready(f"sqlite:///{beside}", back)
        old = dumps.set_aside(url, kept_as(url, back))
        with unfinished(back.instance):
            dumps.take_its_place(url, beside)
    finally:
        beside.unlink(missing_ok=True)
    return replace(done, old=old)


def kept_as(url: str, back: Return) -> Path:
    """Where the register of before is kept; a restore after one that was stopped leaves what that one put there."""
    live, again = dumps.database_file(url), (back.instance / RESTORING).exists()
    old = live.with_name(f"{live.name}.before-restore")
    return old.with_name(f"{old.name}-{back.now:%Y%m%dT%H%M%S}") if again and old.exists() else old


def by_a_dump(url: str, data: Path, back: Return) -> Restored:
    """PostgreSQL: the dump takes the register's place in one transaction, and is made ready there."""
    with unfinished(back.instance):
        dumps.load(back.owner or url, data)
        return made_ready(url, back)


@contextmanager
def unfinished(instance: Path) -> Iterator[None]:
    """While this lasts, or was stopped half way, nobody opens the register."""
    mark = instance / RESTORING
    before = mark.exists()
    put(mark, b"")
    kept(instance)
    try:
        yield
    except Untouched:
        if not before:
            mark.unlink()
        raise
    mark.unlink()
    kept(instance)


def made_ready(url: str, back: Return) -> Restored:
    """What was unpacked is all there, of this program's version, and knows that it was restored."""
    if (found := dumps.rows_of(back.owner or url)) != (rows := back.manifest.rows):
        wrong = sorted(name for name in rows if found.get(name) != rows[name])
        raise Unusable(f"What was restored has other rows than the backup, in {', '.join(wrong)}.")
    schema.migrate(url, back.owner)
    return begin_again(url, back)


def refuse(manifest: Manifest, url: str) -> None:
    """A backup of the other kind of database, of a newer program, or of a register without people is not for here."""
    if manifest.kind != dumps.kind(url):
        raise Unusable(f"The backup is of {manifest.kind}, and this register is on {dumps.kind(url)}.")
    if manifest.schema not in schema.known():
        raise Unusable(f"The backup was written by a newer Botwacht (version {manifest.schema}); restore with that.")
    if not manifest.rows.get("users"):
        raise Unusable(backups.NOBODY.format("The register in this backup"))


def begin_again(url: str, back: Return) -> Restored:
    """Nobody is signed in, letters that left since stay sent, and nothing is written until somebody confirms."""
    engine, now, taken_at = make_engine(url), back.now, back.manifest.taken_at
    try:
        with Session(engine.execution_options(writes=True), expire_on_commit=False) as session:
            ended = update(UserSession).where(UserSession.ended_at.is_(None))
            session.execute(ended.values(ended_at=now, end_reason="restore"))
            settled, unknown = reconcile(session, left_since(back.instance, taken_at), now)
            restore = Restore(
                restored_at=now, taken_at=taken_at, letters_settled=settled, letters_unknown=unknown,
                letters_used=used(session, back.instance),
            )  # fmt: skip
            session.add(restore)
            destroyed = back_again(session, back.instance, taken_at)
            last = seals.newest(session.connection())
            went_back = WentBack(last.number if last else 0, now)
            told = {"taken_at": taken_at.isoformat(), "letters": len(settled), "seals": went_back.seals}
            session.add(by_command(now, Action.RESTORED, told))
            back.write_down(went_back)
            session.commit()
    finally:
        engine.dispose()
    return Restored(back.manifest, settled, unknown, destroyed)


def journal(instance: Path) -> Iterator[Json]:
    """Every letter and copy that left; a damaged line is named by its number."""
    return (told for told in lines_of(instance) if "destroyed" not in told)


def back_again(session: Session, instance: Path, taken_at: datetime) -> list[str]:
    """The numbers of records that were destroyed after the backup was made, and that came back with it.

    Older lines say nothing of it: a register that came back gives keys out anew.
    """
    since = [told for told in lines_of(instance) if "destroyed" in told]
    keys = {told["destroyed"] for told in since if datetime.fromisoformat(told["at"]) >= taken_at}
    return list(session.scalars(select(Patient.number).where(Patient.id.in_(keys)).order_by(Patient.number)))


def lines_of(instance: Path) -> Iterator[Json]:
    """What the file beside the outbox says of letters that left and records that were destroyed."""
    path = instance / JOURNAL
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    for place, line in enumerate(lines, start=1):
        try:
            yield json.loads(line)
        except ValueError:
            yield {"reference": f"line {place}", "sent_at": None, "text_sha256": None}


def left_since(instance: Path, taken_at: datetime) -> Iterator[Json]:
    """The letters and copies that left after the backup was made, or whose line does not say when."""
    lines = journal(instance)
    return (told for told in lines if not told["sent_at"] or datetime.fromisoformat(told["sent_at"]) >= taken_at)


def used(session: Session, instance: Path) -> int:
    """Up to where numbers of letters were given out, with room for those of a journal that was lost with its disk."""
    known = session.scalars(select(Letter.reference).where(Letter.reference.is_not(None))).all()
    left = [told["reference"] for told in journal(instance)]
    return max((number_in(name) for name in (*known, *left) if name), default=0) + LOST_AT_MOST


def reconcile(session: Session, journal: Iterator[Json], now: datetime) -> tuple[list[str], list[str]]:
    """Mark as sent what had left, so that no GP gets it twice; name what this register does not know."""
    settled: list[str] = []
    unknown: list[str] = []
    for told in journal:
        letter = session.scalar(select(Letter).where(Letter.reference == told["reference"]))
        same = letter is not None and letter.text_sha256 == told["text_sha256"]
        if letter is None or not same or not copy_known(session, told):
            unknown.append(told["reference"])
        elif "copy" in told:
            settle_copy(session, letter, told, now)
        elif letter.state in ON_ITS_WAY:
            settle(session, letter, told, now)
            settled.append(told["reference"])
    return settled, unknown


def copy_known(session: Session, told: Json) -> bool:
    """Whether the register knows for whom a copy was; what is no copy is no question."""
    return "copy" not in told or session.get(StandingCopy, told["copy"]) is not None


def settle_copy(session: Session, letter: Letter, told: Json, now: datetime) -> None:
    """A copy has left, with the envelope it had; it may have come back and left again since."""
    at = datetime.fromisoformat(told["sent_at"])
    times = told.get("came_back", 0)
    copy = session.get(LetterCopy, (letter.id, told["copy"])) or LetterCopy(
        letter_id=letter.id, standing_copy_id=told["copy"], patient_id=letter.patient_id, queued_at=at, came_back=0
    )
    if (copy.came_back, copy.state in COPY_OUT) >= (times, True):
        return
    copy.state, copy.sent_on, copy.failure, copy.came_back = "sent", local_day(at), None, times
    copy.channel, copy.envelope_sha256 = told["channel"], told["envelope_sha256"]
    copy.envelope = told["envelope"] if told["envelope"] is not None else to_her_address(session, copy, told)
    session.add(copy)
    session.add(left_line(Action.COPY_SENT, letter, now))
    session.flush()


def to_her_address(session: Session, copy: LetterCopy, told: Json) -> Json:
    """The envelope of a copy to the patient herself, which no journal keeps: as it was frozen, or by her record.

    Where she lives elsewhere by this register, the lines are left out: the hash stays the proof of where it went.
    """
    now, _stopped = to_herself(session.get_one(Patient, copy.patient_id))
    known = next((one for one in (copy.envelope, now) if one and seal_of(one) == told["envelope_sha256"]), None)
    return known or now | {"lines": []}


def left_line(action: Action, letter: Letter, now: datetime) -> AuditEntry:
    """The line of the log of what the journal told."""
    return by_command(now, action, {"by": "restore"}, patient_id=letter.patient_id, subject=f"letter:{letter.id}")


def settle(session: Session, letter: Letter, told: Json, now: datetime) -> None:
    """The letter has left, with the envelope it had."""
    sent_at = datetime.fromisoformat(told["sent_at"])
    letter.state, letter.sent_at, letter.sent_on = "sent", sent_at, local_day(sent_at)
    letter.channel, letter.failure = told["channel"], None
    letter.envelope_sha256 = told["envelope_sha256"]
    letter.envelope = told["envelope"] if told["envelope"] is not None else to_her(letter.facts)
    session.add(left_line(Action.LETTER_SENT, letter, now))
    session.flush()
    items.rebuild(session, [session.get_one(Patient, letter.patient_id)], local_day(now))


def confirm(session: Session, now: datetime, instance: Path) -> bool:
    """Somebody looked and says that the register may be written again; False when there was nothing to confirm.

    Not while a record is back that was destroyed at her wish: it is destroyed again first, by two people as always.
    """
    waiting = session.scalars(select(Restore).where(Restore.confirmed_at.is_(None))).all()
    for one in waiting:
        if numbers := back_again(session, instance, one.taken_at):
            raise Unusable(BACK_AGAIN.format(", ".join(numbers)))
        one.confirmed_at = max(now, one.restored_at)
    if waiting:
        session.add(by_command(now, Action.RESTORE_CONFIRMED))
    return bool(waiting)
