"""The letter a fact asks for: drafted with the fact, extended while it is open, taken back when the fact falls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, insert, literal, select

from clinic.domain.calendar import add_working_days
from clinic.domain.vocabulary import LetterAbout, PatientStatus
from clinic.letters.render import TO_GP
from clinic.letters.sentences import document
from clinic.letters.text import text_of
from clinic.security.audit import Action
from clinic.services.drafted_anew import as_now, keep_words
from clinic.services.letter_clock import clock_of
from clinic.services.letter_ends import take_out, withdraw
from clinic.services.letter_facts import (
    FACTS,
    IN_ORDER,
    Source,
    facts_of,
    source_from,
    subjects,
    takes_place,
    versions,
)
from clinic.services.said import newest
from clinic.services.work import Work
from clinic.store import corrections
from clinic.store.controls import Control
from clinic.store.corrections import CorrectionNotice
from clinic.store.letters import GP, OUT, Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.put import put
from clinic.store.records import Known
from clinic.store.scans import Scan

OPEN = ("draft", "waits", "to_authorise", "returned")
AT_ONCE = (LetterAbout.END, LetterAbout.REVIEW, LetterAbout.STOP)  # what a letter that waits does not hold up
UNSENT = ("authorised", "failed", "returned_by_post")  # frozen, and still within the clinic
FROZEN = (*UNSENT, "queued")
OF_A_DAY: Mapping[LetterAbout, Any] = MappingProxyType({
    LetterAbout.CONTROL: select(Control.id).where(
        Control.patient_id == bindparam("patient_id"), Control.on_date == bindparam("on"), Control.stands.is_(True)),
    LetterAbout.DXA: select(Scan.id).where(
        Scan.patient_id == bindparam("patient_id"), Scan.made_on == bindparam("on"), Scan.stands.is_(True)),
})  # fmt: skip
# asked by each fact that a letter tells of, so put together once; most patients have none, so their numbers come first
LETTERS = cast(Table, Letter.__table__).c
OF_HER = (
    select(LETTERS.id)
    .where(LETTERS.patient_id == bindparam("patient_id"), LETTERS.state.in_(map(literal, (*OPEN, *FROZEN))))
    .order_by(LETTERS.id.desc())
)
TELLS = insert(cast(Table, LetterSubject.__table__))
LIVE = OF_HER.where(LETTERS.kind == GP)
LIVE_TO_HER = OF_HER.where(LETTERS.kind != GP, LETTERS.state != "queued")  # these go on paper: queued is in the post


def draft_for(
    work: Work, patient: Patient, about: LetterAbout, about_on: date, fact_id: int, known: Known | None = None,
    before: Sequence[Letter] = (),
) -> int | None:  # fmt: skip
    """Let the patient's open letter tell of a fact too, or begin one; the caller commits.

    The fact of an end is the patient herself: her id, and the day of her status. Call it with the patient locked and
    the fact flushed; `known` is her record when the caller has just read it. None: no letter is owed (protocol
    S7). A frozen letter about the same fact that has not left is
    withdrawn; one that was sent is followed by this one. Of those `before` it keeps what a person wrote.
    """
    clock = clock_of(work, patient, about, about_on, fact_id)
    if clock is None or clock < patient.registered_on:
        return None
    if len(versions(work, about, fact_id)) > 1 and any(told.state in OUT for told in telling(work, about, fact_id)):
        clock = work.today  # it was told in time or late; what is owed now counts from its correction
    live = live_letters(work, patient)
    if any(letter.state in FROZEN for letter in live):
        fell = take_back(work, patient, LetterSubject(about=str(about), about_on=about_on, fact_id=fact_id))
        before, live = (*before, *fell), live_letters(work, patient)
    clock = min(clock, work.today)  # what lies ahead is told before it is there
    due_on = add_working_days(clock, work.protocol.letter_days, work.protocol.extra_holidays)
    letter = open_letter(live) or blank(work, patient, due_on)
    letter.due_on = min(letter.due_on, due_on)
    for old in before:
        keep_words(letter, old)
    source = source_from(patient, known) if known is not None else None
    if known is None or CorrectionNotice in known.there:
        mention_corrections(work, patient, letter)
    tell(work, letter, about, about_on, fact_id, source)
    tell_the_rest(work, patient, letter, source)
    work.note(Action.LETTER_DRAFTED, patient.id, f"letter:{letter.id}", {"about": str(about), "on": str(about_on)})
    return letter.id


def withdraw_for(work: Work, patient: Patient, about: LetterAbout, about_on: date, fact_id: int) -> None:
    """Let no letter that has not left tell of a fact that was voided, or moved to another day; the caller commits.

    For a correction on the same day `draft_for` alone is enough. What else stands of its kind on that day is told.
    """
    fell = LetterSubject(about=str(about), about_on=about_on, fact_id=fact_id)
    take_back(work, patient, fell)
    letter = open_letter(live_letters(work, patient))
    if letter is not None:
        for told in subjects(work, letter.id):
            if told.about_on == about_on and takes_place(work, fell, told):
                detach(work, letter, told)
    tell_of_others(work, patient, about, about_on)


def tell_of_others(work: Work, patient: Patient, about: LetterAbout, on: date) -> None:
    """What stands of a kind on a day is told, when no letter tells of it or its last one fell with another fact."""
    if about not in OF_A_DAY:
        return
    for other in work.session.scalars(OF_A_DAY[about], {"patient_id": patient.id, "on": on}).all():
        if not telling(work, about, other):
            draft_for(work, patient, about, on, other)


def telling(work: Work, about: LetterAbout, fact_id: int) -> list[Letter]:
    """The letters to the GP that tell of a fact, in this version or an earlier one; one that ended tells nothing."""
    told = select(LetterSubject.letter_id).where(
        LetterSubject.about == str(about), LetterSubject.fact_id.in_(versions(work, about, fact_id))
    )
    query = select(Letter).where(Letter.id.in_(told), Letter.state != "withdrawn")
    return list(work.session.scalars(query.order_by(Letter.id)))


def tell_of_end(work: Work, patient: Patient, was_on: date | None) -> None:
    """After a change of status the GP is told of the end that holds, and of no other; the caller commits."""
    if was_on is not None and (was_on != patient.status_on or patient.status == PatientStatus.DECEASED):
        withdraw_for(work, patient, LetterAbout.END, was_on, patient.id)
    if patient.status != PatientStatus.ACTIVE:
        for letter in live_to_her(work, patient):  # nobody who left is invited
            take_out(work, letter)
    if patient.status_on is not None:
        draft_for(work, patient, LetterAbout.END, patient.status_on, patient.id)


def end_was_told(work: Work, patient: Patient) -> bool:
    """Whether a letter about the end that holds has left: no correction follows it for what it does not tell."""
    query = (
        select(Letter.id)
        .join(LetterSubject, LetterSubject.letter_id == Letter.id)
        .where(
            LetterSubject.patient_id == patient.id,
            LetterSubject.about == LetterAbout.END.value,
            LetterSubject.about_on == patient.status_on,
            Letter.state.in_(OUT),
        )
    )
    return work.session.scalar(query.limit(1)) is not None


def live_letters(work: Work, patient: Patient) -> list[Letter]:
    """The letters to the GP that are still within the clinic, newest first."""
    return found(work, LIVE, patient)


def live_to_her(work: Work, patient: Patient) -> list[Letter]:
    """The same of the letters to herself."""
    return found(work, LIVE_TO_HER, patient)


def found(work: Work, which: Select[int], patient: Patient) -> list[Letter]:
    """Those of her letters; a Core statement too flushes first what this unit changed of them."""
    return [work.session.get_one(Letter, key) for key in work.session.scalars(which, {"patient_id": patient.id}).all()]


def open_letter(live: list[Letter]) -> Letter | None:
    """The letter that nobody has authorised yet."""
    return next((letter for letter in live if letter.state in OPEN), None)


def blank(work: Work, patient: Patient, due_on: date) -> Letter:
    """A draft that tells of nothing yet."""
    return Letter(
        patient_id=patient.id,
        kind=GP,
        state="draft",
        due_on=due_on,
        template=TO_GP,
        facts={},
        drafted_at=work.now,
        drafted_by=work.actor.id,
    )


def tell(
    work: Work, letter: Letter, about: LetterAbout, about_on: date, fact_id: int, source: Source | None = None
) -> None:
    """Let a letter tell of a fact; the row that stands for a corrected one takes its place."""
    told = subjects(work, letter.id) if letter.id is not None else []
    of_day = [x for x in told if (x.about, x.about_on) == (about, about_on)]
    new = LetterSubject(
        about=str(about), about_on=about_on, number=1 + max((x.number for x in of_day), default=0), fact_id=fact_id,
        patient_id=letter.patient_id,
    )  # fmt: skip
    known = next((x for x in of_day if takes_place(work, new, x)), None)
    if known is None:
        told = sorted([*told, new], key=lambda x: (x.about_on, x.about, x.number))
    else:
        known.fact_id = fact_id
    letter.facts = facts_of(work, letter, source, told)
    letter.text = text_of(document(letter.facts))
    if letter.id is None:
        put(work.session, letter)
    if known is None:
        row = {"letter_id": letter.id, "about": new.about, "about_on": about_on, "number": new.number}
        work.session.execute(TELLS, row | {"fact_id": fact_id, "patient_id": letter.patient_id})
    if letter.state == "waits" and ends_waiting(letter, about, about_on):
        letter.state, letter.waits_for, letter.waits_until = "draft", None, None


def follow(work: Work, patient: Patient, about: LetterAbout, fact_id: int) -> None:
    """Let what is being written tell of the version that stands, when it says the same and asks for no letter.

    A letter that nobody froze is made from the record: of a version that no longer stands it could say nothing.
    """
    earlier = versions(work, about, fact_id)[1:]
    for letter in live_letters(work, patient):
        for told in subjects(work, letter.id) if letter.state in OPEN else ():
            if told.about == about and told.fact_id in earlier:
                told.fact_id = fact_id
                letter.facts = facts_of(work, letter)
                letter.text = text_of(document(letter.facts))


def tell_the_rest(work: Work, patient: Patient, letter: Letter, source: Source | None) -> None:
    """A letter that comes in the place of one that left tells all else that one told and that still stands."""
    named = [old["reference"] for old in letter.facts["replaces"]]
    if not named:  # nearly always, and each save asks
        return
    query = select(LetterSubject).join(Letter, Letter.id == LetterSubject.letter_id)
    query = query.where(Letter.patient_id == patient.id, Letter.reference.in_(named)).order_by(*IN_ORDER)
    for told in work.session.scalars(query).all():
        on, fact_id = as_now(work, told)
        clock = clock_of(work, patient, LetterAbout(told.about), on, fact_id)
        stands = clock is not None if told.about in FACTS else clock == on
        if stands and not any(takes_place(work, mine, told) for mine in subjects(work, letter.id)):
            tell(work, letter, LetterAbout(told.about), on, fact_id, source)


def complete(work: Work, patient: Patient, letter: Letter) -> None:
    """Let a draft tell what it must since another letter left: that one's corrected facts were in it already."""
    letter.facts = facts_of(work, letter)
    letter.text = text_of(document(letter.facts))
    tell_the_rest(work, patient, letter, None)


def stands_for(work: Work, letter: Letter, about: LetterAbout, about_on: date, fact_id: int) -> None:
    """A letter that left counts for a fact that moved to another day, because somebody chose to write no other now."""
    of_day = [x.number for x in subjects(work, letter.id) if (x.about, x.about_on) == (about, about_on)]
    row = LetterSubject(
        letter_id=letter.id, about=str(about), about_on=about_on, number=1 + max(of_day, default=0), fact_id=fact_id,
        patient_id=letter.patient_id,
    )  # fmt: skip
    work.session.add(row)


def ends_waiting(letter: Letter, about: LetterAbout, about_on: date) -> bool:
    """Whether a letter waits no longer for what came in: that is what it waited for, or cannot wait.

    At once is told an end, a decision, an alarm symptom of that day, and what corrects a letter that left.
    """
    if about in AT_ONCE or letter.facts["replaces"]:
        return True
    if about == LetterAbout.DXA:
        return letter.waits_for == "dxa"
    seen = (control for control in letter.facts["controls"] if control["on"] == about_on.isoformat())
    return about == LetterAbout.CONTROL and any(control["symptoms"] for control in seen)


def mention_corrections(work: Work, patient: Patient, letter: Letter) -> None:
    """The patient's next letter tells of corrections that were left for it."""
    for notice in corrections.to_mention(work.session, patient.id):
        control = newest(work, work.session.get_one(Control, notice.control_id))
        if control.stands:
            tell(work, letter, LetterAbout.CONTROL, control.on_date, control.id)
            work.session.flush()
            notice.told_in = letter.id


def detach(work: Work, letter: Letter, told: LetterSubject) -> None:
    """Take a fact out of a letter; a letter without any is withdrawn."""
    about = told.about
    work.session.delete(told)
    work.session.flush()
    if subjects(work, letter.id):
        letter.facts = facts_of(work, letter)
        letter.text = text_of(document(letter.facts))
        work.note(Action.LETTER_EDITED, letter.patient_id, f"letter:{letter.id}", {"without": about})
    else:
        withdraw(work, letter)


def take_back(work: Work, patient: Patient, new: LetterSubject) -> list[Letter]:
    """Withdraw each frozen letter about a fact that has not left, and say which; what else one tells is drafted again.

    Of one in the queue the outbox alone knows whether it left: it is looked at in the next round (`overtaken`).
    """
    gone = []
    for letter in live_letters(work, patient):
        told = subjects(work, letter.id) if letter.state in FROZEN else []
        fell = [x for x in told if x.about_on == new.about_on and takes_place(work, new, x)]
        if fell and let_go(work, patient, letter, fell):
            gone.append(letter)
    return gone


def let_go_where(work: Work, patient: Patient, outdated: Callable[[Work, Letter], bool]) -> None:
    """Withdraw each frozen letter that says what no longer holds, and draft anew what it told of."""
    work.session.flush()
    for letter in live_letters(work, patient):
        if letter.state in FROZEN and outdated(work, letter):
            let_go(work, patient, letter)


def let_go(work: Work, patient: Patient, letter: Letter, fell: Collection[LetterSubject] = ()) -> bool:
    """Withdraw one frozen letter, and draft anew what it told of; not what fell, which is the caller's to tell.

    False when nothing was done: it waits in the queue, or was overtaken before.
    """
    if letter.state == "queued":
        letter.next_try_at = work.now
        return False
    if not take_out(work, letter):
        return False
    draft_anew(work, patient, letter, fell)
    return True


def draft_anew(work: Work, patient: Patient, letter: Letter, fell: Collection[LetterSubject] = ()) -> int | None:
    """Let a draft tell what a letter told, but for what fell, as it stands now; None when nothing of it stands."""
    told = [(LetterAbout(one.about), *as_now(work, one)) for one in subjects(work, letter.id) if one not in fell]
    begun = [draft_for(work, patient, about, on, fact_id, before=[letter]) for about, on, fact_id in told]
    return next((number for number in begun if number is not None), None)
