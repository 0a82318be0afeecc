"""The morning run: every letter that is ready, those for the post as one file, and afterwards what was printed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.letters import cause
from clinic.letters.print_file import Leak, Sheet, envelope_order, put_together
from clinic.letters.render import CannotSet
from clinic.letters.text import sha256
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services import copies, overtaken
from clinic.services.held_back import hold_back
from clinic.services.letter_ends import withdraw
from clinic.services.letter_sending import (
    READY,
    Outcome,
    Parcel,
    deliver,
    freeze_envelope,
    parcel,
    parcels,
    seal_of,
)
from clinic.services.letter_states import find, frozen_page
from clinic.services.work import Actor, Stale, Work
from clinic.store import print_runs
from clinic.store.letters import SENT_OFF, Letter
from clinic.store.patients import Patient
from clinic.store.print_runs import PrintedLetter, PrintRun
from clinic.store.users import User

log = logging.getLogger("clinic.letters")
MOST = 500
LOOKED_AT = 4 * MOST  # what is blocked stays on the list and never pushes out what is ready
GIVEN_UP = 600  # seconds; a run that takes longer was stopped, and can be made again


@dataclass(frozen=True, slots=True)
class Morning:
    """What is ready, by post and by itself, and what is blocked, each with its problem."""

    post: list[Parcel]
    mailed: list[Parcel]
    blocked: list[Parcel]

    @property
    def counted(self) -> Counter[str]:
        """How many are blocked by what."""
        return Counter(parcel.problem for parcel in self.blocked if parcel.problem is not None)


def morning(work: Work) -> Morning:
    """The letters that are ready, the longest due first, up to what one run holds; whoever looks sees their names."""
    work.needs(May.SEND_LETTER)
    ready, blocked = waiting(work)
    mailed = [parcel for parcel in ready if parcel.envelope["channel"] != "post"]
    post = [parcel for parcel in ready if parcel.envelope["channel"] == "post"]
    return Morning(sorted(post, key=lambda parcel: envelope_order(parcel.lines)), mailed, blocked)


def waiting(work: Work) -> tuple[list[Parcel], list[Parcel]]:
    """What is ready, until a run is full, and what of the letters before it is blocked."""
    query = select(Letter.id).where(Letter.state == "authorised", Letter.id.not_in(print_runs.in_open_runs()))
    ids = work.session.scalars(query.order_by(Letter.due_on, Letter.id).limit(LOOKED_AT)).all()
    ready: list[Parcel] = []
    blocked: list[Parcel] = []
    for first in range(0, len(ids), MOST):
        for one in parcels(work, ids[first : first + MOST]):
            (ready if one.problem is None else blocked).append(one)
        if len(ready) >= MOST:
            break
    return ready[:MOST], blocked


def ticked(work: Work, letter_ids: Collection[int]) -> list[Parcel]:
    """Of the chosen letters those that are ready for the post, in envelope order."""
    going = [one for one in parcels(work, letter_ids) if one.problem is None and one.letter.state == "authorised"]
    return sorted(
        (one for one in going if one.envelope["channel"] == "post"), key=lambda one: envelope_order(one.lines)
    )


def begin(work: Work, form_token: str, chosen: Collection[int] | None = None) -> int:
    """Put a run down with all that is ready for the post, or with what was chosen of it; sent twice it is one.

    LookupError when there is nothing. Of two at once the second waits and reads what is ready after the first: no
    letter lies in two runs.
    """
    work.needs(May.SEND_LETTER)
    print_runs.take_turns(work.session)
    known = work.session.scalar(select(PrintRun.id).where(PrintRun.form_token == form_token))
    if known is not None:
        return known
    read = morning(work).post if chosen is None else ticked(work, chosen)
    ready = held(work, [one.letter.id for one in read])
    if not ready:
        raise LookupError
    run = PrintRun(made_at=work.now, made_by=work.actor.id, form_token=form_token)
    work.session.add(run)
    work.session.flush()
    for place, one in enumerate(ready, start=1):
        also = [asdict(copy) for copy in one.copies]
        work.session.add(PrintedLetter(run_id=run.id, letter_id=one.letter.id, place=place, seal=one.confirmed,
                                       envelope=one.envelope, copies=also))  # fmt: skip
    note(work, run.id, [parcel.patient.id for parcel in ready])
    work.commit()
    return run.id


def held(work: Work, letter_ids: Collection[int]) -> list[Parcel]:
    """Of these letters those that are ready still, with their patients locked until the run is kept.

    Whoever withdraws one has done so before, and it lies in no run, or finds it lying on the printer.
    """
    there = print_runs.hold(work.session, letter_ids)
    return ticked(work, [letter.id for letter in there])


def note(work: Work, run_id: int, patient_ids: Collection[int]) -> None:
    """Whose letters are printed, in one line of the log."""
    work.note(Action.LIST_PRINTED, subject=f"print_run:{run_id}", shown=sorted(set(patient_ids)))


def make(work: Work, run_id: int) -> None:
    """Make the file of a run; when a page is not of its letter, or cannot be set, there is none, and the run says why.

    A fault that nobody foresaw is told by its kind, because its words could name a patient.

    Its pages are read and set in a session that only reads: SQLite has one writer, and others save meanwhile.
    """
    run = work.session.get_one(PrintRun, run_id)
    if run.pdf is not None or run.failed is not None or run.settled_at is not None:
        return
    work.session.commit()
    made, failed = None, None
    try:
        with Session(work.session.get_bind().execution_options(writes=False)) as beside:
            found = sheets(replace(work, session=beside, entries=[]), run_id)
        made = put_together(found, run_id, run.made_at, told(work, run))
    except Leak as why:
        failed = str(why)
    except DBAPIError:
        raise
    except Exception as fault:
        log.error("print run %s has no file: %s", run_id, type(fault).__name__)
        failed = cause.kept("unforeseen", fault=type(fault).__name__)
    work.session.refresh(run, with_for_update=True)
    if run.settled_at is not None:  # somebody dropped it meanwhile
        return
    run.pdf, run.sha256, run.failed = made, sha256(made) if made else None, failed
    if failed:
        free(work, run_id)
    work.note(Action.LIST_PRINTED, subject=f"print_run:{run_id}", details={"failed": bool(run.failed)})
    work.commit()


def maker(engine: Engine, run_id: int) -> Actor:
    """Who put a run down."""
    with Session(engine.execution_options(writes=False)) as session:
        user = session.get_one(User, session.get_one(PrintRun, run_id).made_by)
        return Actor(user.id, user.name, user.function, Role(user.role))


def told(work: Work, run: PrintRun) -> Callable[[int], None]:
    """How far a run is, kept every so many letters, so that the page can say it."""

    def keep(done: int) -> None:
        run.done = done
        if done % 25 == 0:
            work.note(Action.LIST_PRINTED, subject=f"print_run:{run.id}", details={"done": done})
            work.commit()

    return keep


def sheets(work: Work, run_id: int) -> list[Sheet]:
    """The frozen pages in envelope order, each with its copies on paper; a letter whose page is damaged is a leak."""
    found = []
    for row, letter, patient in print_runs.of_run(work.session, run_id):
        page = frozen_page(work, letter)
        if page is None or sha256(page) != letter.pdf_sha256:
            raise Leak(cause.kept("run_page_damaged", reference=letter.reference or ""))
        also = on_paper(work, letter, as_printed(work, row, letter, patient))
        to = ", ".join(letter.facts["recipient"]["lines"])
        found.append(Sheet(letter.reference or "", letter.facts["patient"]["name"], to, (page, *also)))
    return found


def on_paper(work: Work, letter: Letter, lay: Parcel) -> list[bytes]:
    """The pages of its copies; they are set for the first time here, and one that cannot be is named."""
    try:
        return [copies.page(work, letter, copy.envelope)
                for copy in lay.copies if copy.envelope.get("channel") == "post"]  # fmt: skip
    except CannotSet as why:
        raise Leak(cause.kept("run_copy", reference=letter.reference or "")) from why


def printed(work: Work, run_id: int) -> bytes | None:
    """The file as it was made: a second print has the same bytes, and both are written down."""
    work.needs(May.SEND_LETTER)
    run = work.session.get(PrintRun, run_id)
    if run is None or run.pdf is None or sha256(run.pdf) != run.sha256:
        return None
    note(work, run_id, [patient.id for _row, _letter, patient in print_runs.of_run(work.session, run_id)])
    return run.pdf


def settle(work: Work, run_id: int, missing: Collection[int], outbox: Path) -> list[Outcome]:
    """Whether everything was printed: what was goes as sent, what was not is ready again.

    Stale when that was said before, or the run was dropped, by whomever. The answer and the envelopes are kept
    together: stopped half way, the postman lets the rest go, and none of what was printed is ready again.
    """
    work.needs(May.SEND_LETTER)
    run = work.session.get_one(PrintRun, run_id, with_for_update=True)
    if run.settled_at is not None:
        raise Stale(run_id)
    if run.pdf is None:
        return []
    lay = [row.letter_id for row, _letter, _patient in print_runs.of_run(work.session, run_id)]
    run.settled_at, run.settled_by = work.now, work.actor.id
    details = {"printed": len(lay) - len(set(missing)), "missing": len(set(missing))}
    work.note(Action.LIST_PRINTED, subject=f"print_run:{run_id}", details=details)
    kept = answer(work, run_id, missing)
    work.commit()
    stays = {*missing, *(outcome.letter_id for outcome in kept)}
    return [*kept, *(deliver(work, letter_id, outbox) for letter_id in lay if letter_id not in stays)]


def answer(work: Work, run_id: int, missing: Collection[int]) -> list[Outcome]:
    """What was printed is in the post, whatever changed in the record since: it goes in the envelope that it lay in.

    What was not is ready again, or ends when something overtook it. In one order, so that two people never wait.
    """
    kept: list[Outcome] = []
    lay = print_runs.of_run(work.session, run_id)
    for row, letter, patient in sorted(lay, key=lambda found: (found.Patient.id, found.Letter.id)):
        find(work, letter.id)
        work.session.refresh(row)
        if letter.id in missing:
            if row.overtaken_at is not None and letter.state == "authorised":
                withdraw(work, letter)
            elif letter.state == "authorised" and overtaken.fell(work, letter):
                hold_back(work, letter)
        elif letter.state in READY:
            freeze_envelope(work, as_printed(work, row, letter, patient))
        elif letter.state not in SENT_OFF:
            if letter.state == "withdrawn":  # it was not to leave, and is in the post
                overtaken.follow(work, letter)
            kept.append(Outcome(letter.id, False, "letter_state"))
    return kept


def as_printed(work: Work, row: PrintedLetter, letter: Letter, patient: Patient) -> Parcel:
    """A letter as it lay in a run, with its copies; one to be mailed that was ended meanwhile stays here."""
    if row.envelope is None or row.copies is None:
        return parcel(work, letter)
    stand = {copy.standing_copy_id for copy in copies.going(work, letter, patient) if copy.problem != "copy_ended"}
    also = tuple(copies.Going(**copy) for copy in row.copies)
    leaving = tuple(x for x in also if x.envelope["channel"] == "post" or x.standing_copy_id in stand)
    return Parcel(letter, patient, row.envelope, seal_of(row.envelope), None, leaving)


def free(work: Work, run_id: int) -> None:
    """Nothing of a run was printed."""
    answer(work, run_id, [row.letter_id for row, _letter, _patient in print_runs.of_run(work.session, run_id)])


def drop(work: Work, run_id: int) -> None:
    """Nothing of a run was printed, or its file was never finished: all its letters are ready again.

    Stale when it was answered or dropped before, by whomever.
    """
    work.needs(May.SEND_LETTER)
    run = work.session.get_one(PrintRun, run_id, with_for_update=True)
    if run.settled_at is not None:
        raise Stale(run_id)
    if run.failed is not None:
        return
    run.settled_at, run.settled_by = work.now, work.actor.id
    free(work, run_id)
    work.note(Action.LIST_PRINTED, subject=f"print_run:{run_id}", details={"dropped": True})
    work.commit()


def waits(run: PrintRun, now: datetime) -> bool:
    """Whether the file is still being made."""
    open_still = run.pdf is None and run.failed is None and run.settled_at is None
    return open_still and (now - run.made_at).total_seconds() < GIVEN_UP
