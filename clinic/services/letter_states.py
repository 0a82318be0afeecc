"""How a letter moves by the table of its states: frozen at authorising, every step written down."""

from __future__ import annotations

import json
from typing import Any, cast

from sqlalchemy import Table, bindparam, update
from sqlalchemy.orm.attributes import set_committed_value

from clinic.domain.errors import RuleBroken
from clinic.letters import marked
from clinic.letters.addressed import document, missing, template
from clinic.letters.render import CannotSet, NoSuchSign, pdf_of
from clinic.letters.text import sha256, text_of
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import overtaken
from clinic.services.addressed import facts_of, problem
from clinic.services.facts import lock_patient, need_reason
from clinic.services.four_eyes import why_not
from clinic.services.letter_ends import leave_corrections, withdraw
from clinic.services.letter_logo import logo_of
from clinic.services.letter_moves import NEXT, allowed
from clinic.services.letter_post import reference_for
from clinic.services.letters import OPEN, draft_anew
from clinic.services.mandates import doctor_behind
from clinic.services.work import NotAllowed, Stale, Work, local_time
from clinic.store import print_runs
from clinic.store.base import Json
from clinic.store.letters import Letter, LetterPage
from clinic.store.patients import Patient

LETTERS = cast(Table, Letter.__table__)
TAKEN = update(LETTERS).where(
    LETTERS.c.id == bindparam("its_id"), LETTERS.c.state == bindparam("its_state"),
    LETTERS.c.version == bindparam("its_version"),
)  # fmt: skip
"""The step that a letter takes, when nobody took one since it was read; put together once."""
FOR_A_DOCTOR, LEAVES = (Action.LETTER_AUTHORISED, Action.LETTER_SENT), ("authorised", "queued", "sent")
"""What somebody who is no doctor does with a letter on a doctor's behalf."""
ANEW = ("authorised", "failed", "returned_by_post", "withdrawn")  # from these a new draft may follow


def find(work: Work, letter_id: int, version: int | None = None) -> Letter:
    """A letter with its patient locked; Stale when somebody changed it since the page was opened."""
    found = work.session.get(Letter, letter_id)
    if found is None:
        raise LookupError(letter_id)
    lock_patient(work, found.patient_id)
    letter = work.session.get_one(Letter, letter_id, populate_existing=True)
    if version is not None and letter.version != version:
        raise Stale(letter_id)
    return letter


def move(work: Work, letter: Letter, to: str, action: Action, **values: Any) -> None:
    """Put a letter in its next state; of two people who do so at once, one wins and the other is told."""
    if to not in NEXT.get(letter.state, ()):
        raise RuleBroken("state", "letter_state")
    if not allowed(letter.state, to, work.actor.role, letter.kind):
        raise NotAllowed(to)
    work.session.flush()
    now = {"state": to, "version": letter.version + 1, **values}
    was = {"its_id": letter.id, "its_state": letter.state, "its_version": letter.version}
    if cast(Any, work.session.execute(TAKEN, now | was)).rowcount != 1:
        raise Stale(letter.id)
    for name, value in now.items():
        set_committed_value(letter, name, value)  # as it was just written: read back, its facts would be taken apart
    behalf = doctor_behind(work, letter) if action in FOR_A_DOCTOR and to in LEAVES else None
    work.note(action, letter.patient_id, f"letter:{letter.id}", {"state": to}, behalf=behalf)


def digest(facts: Json) -> str:
    """What was on the screen, in short: the authoriser freezes what she saw or is shown what changed."""
    told = {name: value for name, value in facts.items() if name != "signed"}
    return sha256(json.dumps(told, sort_keys=True, ensure_ascii=False))


def offer(work: Work, letter_id: int, version: int) -> None:
    """Put a letter before who may authorise it."""
    work.needs(May.WRITE_LETTER)
    letter = find(work, letter_id, version)
    move(work, letter, "to_authorise", Action.LETTER_EDITED, remark=None, offered_at=work.now)
    work.commit()


def give_back(work: Work, letter_id: int, version: int, remark: str) -> None:
    """Send a letter back to who wrote it, saying why."""
    work.needs(May.AUTHORISE_LETTER)
    need_reason(remark)
    letter = find(work, letter_id, version)
    hers_to_judge(work, letter)
    move(work, letter, "returned", Action.LETTER_RETURNED, remark=remark.strip())
    work.commit()


def stop(work: Work, letter_id: int, version: int, reason: str) -> None:
    """Let a letter that nobody authorised not be sent; what it told of keeps asking for one."""
    work.needs(May.AUTHORISE_LETTER)
    need_reason(reason)
    letter = find(work, letter_id, version)
    if letter.state not in OPEN:  # what is authorised ends by another draft, never without one
        raise RuleBroken("state", "letter_state")
    if letter.drafted_by != work.actor.id or letter.state == "to_authorise":
        hers_to_judge(work, letter)
    leave_corrections(work, letter)
    move(work, letter, "withdrawn", Action.LETTER_EDITED, remark=reason.strip())
    work.commit()


def hers_to_judge(work: Work, letter: Letter) -> None:
    """RuleBroken for who may not authorise this letter: a doctor's letter is a doctor's to give back or stop."""
    refused = why_not(work, letter, facts_of(work, letter))
    if refused:
        raise RuleBroken("state", refused)


def redraft(work: Work, letter_id: int, version: int, reason: str) -> int:
    """Withdraw a frozen letter that cannot leave as it is, and draft one anew about the same facts."""
    work.needs(May.SEND_LETTER)
    need_reason(reason)
    letter = find(work, letter_id, version)
    stays_on_the_printer(work, letter)
    patient = work.session.get_one(Patient, letter.patient_id)
    if letter.state != "withdrawn":
        withdraw(work, letter, reason.strip())
    new = draft_anew(work, patient, letter)
    if new is None:
        raise RuleBroken("reason", "letter_nothing_stands")
    work.commit()
    return new


def stays_on_the_printer(work: Work, letter: Letter) -> None:
    """RuleBroken when no new draft may follow a letter, or not before somebody said whether it was printed."""
    if letter.state not in ANEW:
        raise RuleBroken("state", "letter_state")
    if letter.state == "authorised" and print_runs.lying(work.session, letter.id) is not None:
        raise RuleBroken("state", "letter_on_printer")


def signature(work: Work) -> Json:
    """Who authorises, and when by the clinic's clock."""
    at = local_time(work.now)
    return {
        "name": work.actor.name, "function": work.actor.function, "role": str(work.actor.role),
        "at": f"{at:%d-%m-%Y om %H:%M}",
    }  # fmt: skip


def authorise(work: Work, letter_id: int, version: int, seen: str) -> None:
    """Freeze what was seen, and keep it."""
    sign(work, letter_id, version, seen)
    work.commit()


def sign(work: Work, letter_id: int, version: int, seen: str) -> None:
    """Freeze what was seen: facts, text, page, and the hashes of both; the caller commits.

    Stale when the letter or the record behind it changed since. RuleBroken when this person may not, when the letter
    lacks what one of its kind must carry, or when it could not leave: the page carries the address.
    """
    work.needs(May.AUTHORISE_LETTER)
    letter = find(work, letter_id, version)
    facts = facts_of(work, letter)
    patient = work.session.get_one(Patient, letter.patient_id)
    refused = why_not(work, letter, facts) or problem(work, letter, patient, facts)
    if refused:
        raise RuleBroken("state", refused)
    if not letter.hers and print_runs.overtaken(work.session, letter.patient_id):  # it may have to be named here
        raise RuleBroken("state", "letter_earlier_on_printer")
    if not letter.hers and overtaken.in_queue(work, letter):
        raise RuleBroken("state", "letter_earlier_in_queue")
    if digest(facts) != seen:
        raise Stale(letter_id)
    if missing(facts):
        raise RuleBroken("state", "letter_incomplete")
    if letter.edited and marked.outdated(letter.edited, marked.as_recorded(facts)):
        raise RuleBroken("state", "letter_words_outdated")
    freeze(work, letter, facts)


def freeze(work: Work, letter: Letter, facts: Json) -> None:
    """Keep the letter as it is from now on."""
    facts = facts | {"signed": signature(work)}
    reference = letter.reference or reference_for(work, letter)
    said = document(facts, reference, facts["signed"])
    try:
        page = pdf_of(template(facts), said, facts, work.now, logo_of(work, facts))
    except NoSuchSign as lacking:
        raise RuleBroken("state", "letter_sign", signs=lacking.args[0]) from lacking
    except CannotSet as why:
        raise RuleBroken("state", "letter_page") from why
    text = text_of(said)
    work.session.add(LetterPage(letter_id=letter.id, pdf=page))
    move(
        work, letter, "authorised", Action.LETTER_AUTHORISED, facts=facts, text=text, text_sha256=sha256(text),
        pdf_sha256=sha256(page), template=template(facts), reference=reference, authorised_at=work.now,
        authorised_by=work.actor.id, remark=None,
    )  # fmt: skip


def frozen_page(work: Work, letter: Letter) -> bytes | None:
    """The page as it was frozen, by its hash; kept, or set again from the frozen facts."""
    if letter.pdf_sha256 is None or letter.authorised_at is None:
        return None
    kept = work.session.get(LetterPage, letter.id)
    if kept is not None:
        page = kept.pdf
    else:
        said = document(letter.facts, letter.reference or "", letter.facts["signed"])
        page = pdf_of(letter.template, said, letter.facts, letter.authorised_at, logo_of(work, letter.facts))
    return page if sha256(page) == letter.pdf_sha256 else None
