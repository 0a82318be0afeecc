"""What a letter is made from, read from the record in a bounded number of queries; and why it cannot leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from clinic.domain.record import Record
from clinic.domain.vocabulary import LetterAbout, PatientStatus, Sex
from clinic.letters.compose import Rows, Told, compose
from clinic.services import left_to_do, settings
from clinic.services.letter_logo import fingerprint
from clinic.services.names import surnames
from clinic.services.said import newest
from clinic.services.work import Work
from clinic.store import copies, records, text_blocks
from clinic.store.appointments import Appointment
from clinic.store.base import Fact, Json
from clinic.store.controls import Agreement, Control
from clinic.store.letters import Letter, LetterSubject
from clinic.store.patients import Glucocorticoid, Patient, PatientChange
from clinic.store.practices import Gp
from clinic.store.reviews import Review
from clinic.store.scans import Fracture, Lab, Scan, SpineImage
from clinic.store.treatments import Course, CourseStop, Pause
from clinic.store.users import User

STANDS_IN = "t.a.v. de waarnemend huisarts"
MAILED = ("secure_mail", "edifact")
FACTS: Mapping[str, type[Fact]] = MappingProxyType({
    LetterAbout.START: Course, LetterAbout.STOP: CourseStop, LetterAbout.CONTROL: Control, LetterAbout.DXA: Scan,
    LetterAbout.REVIEW: Review,
})  # fmt: skip
BY_ITSELF = (LetterAbout.CONTROL, LetterAbout.DXA, LetterAbout.NO_SHOW)
"""Each of these on one day is told by itself; of all else what was recorded last holds on a day."""
IN_ORDER = (LetterSubject.about_on, LetterSubject.about, LetterSubject.number)
GP_KINDS = {"gp": "huisarts", "elderly_care": "specialist ouderengeneeskunde", "other": ""}


def subjects(work: Work, letter_id: int) -> list[LetterSubject]:
    """What a letter tells of, oldest first."""
    query = select(LetterSubject).where(LetterSubject.letter_id == letter_id)
    return list(work.session.scalars(query.order_by(*IN_ORDER)))


@dataclass(frozen=True, slots=True)
class Source:
    """A patient's record as read once, for as many letters as it takes."""

    patient: Patient
    record: Record
    rows: Rows
    sent: Sequence[Any] = ()
    """What letters that were sent told of her."""


def source_of(work: Work, patient_id: int) -> Source:
    """Read the record of a patient; letters themselves are not told of in letters."""
    patient = work.session.get_one(Patient, patient_id)
    return source_from(patient, records.known(work.session, [patient]))


def source_from(patient: Patient, known: records.Known) -> Source:
    """The same from facts that were read already."""
    sent = known.standing[LetterSubject].get(patient.id, ())
    return Source(patient, known.records[patient.id], rows(known.standing, patient.id), sent)


def facts_of(work: Work, letter: Letter, source: Source | None = None, told: list[LetterSubject] | None = None) -> Json:
    """The facts of a letter as the record stands now."""
    source = source or source_of(work, letter.patient_id)
    patient = source.patient
    told = subjects(work, letter.id) if told is None else told
    clinic = settings.letterhead(work.session)
    facts = compose(
        Told(
            on=work.today,
            record=source.record,
            rows=with_missed(work, source.rows, told),
            subjects=[(LetterAbout(row.about), row.about_on, row.fact_id) for row in told],
            patient=person(patient),
            recipient=recipient(patient.gp, work.today),
            clinic=clinic_facts(clinic),
            people=people(work, letter, clinic),
            replaces=replaces(work, letter, told, source.sent),
            added=letter.added_text or "",
            named=left_to_do.named(work, patient.id) if any(row.about == LetterAbout.END for row in told) else (),
            blocks=blocks_in_use(work),
            edited={code: kept["words"] for code, kept in (letter.edited or {}).items()},
        ),
        work.protocol,
    )
    return facts | {"copies": copies_of(work, patient)} if patient.has_copies else facts


def blocks_in_use(work: Work) -> dict[str, Json]:
    """The clinic's own words that hold, as a letter freezes them."""
    used = text_blocks.words_in_use(work.session)
    return {row.kind: {"kind": row.kind, "number": row.number, "words": row.words} for row in used if row.words}


def copies_of(work: Work, patient: Patient) -> list[Json]:
    """Who receives a copy, as the letter names them; she who moved, went elsewhere or declined still has hers.

    A colleague who became her GP has the letter itself.
    """
    herself = "patiënte" if patient.sex == Sex.FEMALE else "patiënt"
    return [
        {"id": row.StandingCopy.id, "name": copy_name(row.Gp) if row.Gp is not None else herself}
        for row in copies.standing(work.session, patient.id)
        if (row.Gp.id != patient.gp_id if row.Gp is not None else patient.status != PatientStatus.DECEASED)
    ]


def copy_name(gp: Gp) -> str:
    """Another recipient in the line that says who receives a copy."""
    name = joined(gp.initials, gp.prefix, gp.family_name)
    return ", ".join(part for part in (name, GP_KINDS[gp.kind], gp.practice.name) if part)


def with_missed(work: Work, found: Rows, told: list[LetterSubject]) -> Rows:
    """The same with the appointments that the letter tells of; whoever came after all did not miss hers."""
    ids = [row.fact_id for row in told if row.about == LetterAbout.NO_SHOW]
    if not ids:
        return found
    query = select(Appointment).where(Appointment.id.in_(ids), Appointment.state == "no_show")
    return replace(found, missed=work.session.scalars(query).all())


def rows(standing: records.Standing, patient_id: int) -> Rows:
    """The rows by table, as a letter reads them."""
    found = {table: standing[table].get(patient_id, []) for table in standing}
    return Rows(
        courses=found[Course],
        stops=found[CourseStop],
        pauses=found[Pause],
        controls=found[Control],
        scans=found[Scan],
        images=found[SpineImage],
        fractures=found[Fracture],
        labs=found[Lab],
        glucocorticoids=found[Glucocorticoid],
        reviews=found[Review],
        agreements=found[Agreement],
    )


def joined(*parts: str | None) -> str:
    """What is known of it, with spaces between."""
    return " ".join(part for part in parts if part)


def person(patient: Patient) -> Json:
    """The patient as a letter names her."""
    female = patient.sex == Sex.FEMALE
    surname = "-".join(joined(prefix, name) for prefix, name in surnames(patient))
    street, town = joined(patient.street, patient.house_number), joined(patient.postcode, patient.town)
    return {
        "name": joined("mw." if female else "dhr.", patient.initials, surname),
        "her": "uw patiënte" if female else "uw patiënt",
        "she": "patiënte" if female else "patiënt",
        "born": patient.birth_date.isoformat(),
        "born_precision": patient.birth_precision,
        "number": patient.number,
        "bsn": patient.bsn,
        "address": ", ".join(part for part in (street, town) if part),
        "prescriber": patient.prescriber,
        "status": patient.status,
        "status_on": patient.status_on.isoformat() if patient.status_on else None,
    }


def is_of_another(letter: Letter, patient: Patient) -> bool:
    """Whether an authorised letter names the patient otherwise than the record does by now."""
    now = person(patient)
    frozen = letter.facts.get("patient", {}) if letter.authorised_at is not None else {}
    return any(name in frozen and frozen[name] != now[name] for name in ("name", "born", "number", "bsn"))


def recipient(gp: Gp | None, today: date) -> Json | None:
    """The GP and the practice, as on the envelope; nobody's sex is guessed.

    A GP who stopped and has no successor is answered for by whoever stands in at the practice.
    """
    if gp is None:
        return None
    practice = gp.practice
    title = {"female": "mevrouw", "male": "de heer"}.get(gp.sex or "", "")
    family = joined(gp.prefix[:1].upper() + gp.prefix[1:] if gp.prefix else None, gp.family_name)
    name = ", ".join(
        part for part in (joined(title, gp.initials, gp.prefix, gp.family_name), GP_KINDS[gp.kind]) if part
    )
    family = joined(title.removeprefix("de ") or "heer of mevrouw", family)
    if stands_in(gp, today):
        name, family = STANDS_IN, "heer of mevrouw"
    town = f"{practice.postcode}  {practice.town.upper()}" if practice.postcode and practice.town else practice.town
    address = [joined(practice.street, practice.house_number), town or ""] if practice.has_address else [town or ""]
    return {
        "gp_id": gp.id,
        "name": joined(gp.initials, gp.prefix, gp.family_name),
        "practice": practice.name,
        "salutation": family,
        "lines": [line for line in (practice.name, name[:1].upper() + name[1:], *address) if line],
        "channel": practice.channel,
    }


def stopped(gp: Gp, today: date) -> bool:
    """Whether a GP has stopped by today."""
    return gp.stopped_on is not None and gp.stopped_on <= today


def stands_in(gp: Gp, today: date) -> bool:
    """Whether somebody stands in for a GP: she stopped, and nobody succeeds her."""
    return stopped(gp, today) and gp.successor_id is None


def problem(gp: Gp | None, today: date) -> str | None:
    """Why no letter can leave for this GP; None when it can."""
    if gp is None:
        return "letter_no_gp"
    if stopped(gp, today) and not stands_in(gp, today):
        return "letter_gp_stopped"
    if gp.practice.channel == "none":
        return "letter_no_channel"
    if gp.practice.channel == "post" and not gp.practice.has_address:
        return "letter_no_address"
    if gp.practice.channel in MAILED and not gp.practice.mailbox:
        return "letter_no_mailbox"
    if gp.practice.channel == "edifact" and not (gp.agb or gp.practice.agb):
        return "letter_no_agb"
    return None


def mailed_to(work: Work, gp: Gp) -> Json:
    """Where a message for a GP goes, and in which signs; nothing when her letters go on paper."""
    practice = gp.practice
    if practice.channel not in MAILED:
        return {}
    mail = {"mailbox": practice.mailbox, "agb": gp.agb or practice.agb}
    if practice.channel != "edifact":
        return mail
    return mail | {"charset": practice.charset or settings.current(work.session).charset}


def clinic_facts(clinic: Any) -> Json:
    """How the clinic names itself, and where the window of its envelopes is."""
    words = ("hospital", "department", "street", "postcode_town", "phone", "phone_hours", "email")
    window = [clinic.window_x_mm, clinic.window_y_mm, clinic.window_w_mm, clinic.window_h_mm]
    return {name: getattr(clinic, name) or "" for name in words} | {
        "window": [given or usual for given, usual in zip(window, (25, 60, 85, 35), strict=True)],
        "logo": fingerprint(clinic.logo_svg),
    }


def people(work: Work, letter: Letter, clinic: Any) -> Json:
    """Who is responsible, and who wrote the letter and is to be called."""
    by_me = letter.drafted_by == work.actor.id
    contact = work.actor if by_me else work.session.get_one(User, letter.drafted_by)
    return {
        "responsible": {"name": clinic.doctor, "function": clinic.doctors_function} if clinic.doctor else None,
        "contact": {"name": contact.name, "function": contact.function},
    }


def replaces(work: Work, letter: Letter, told: list[LetterSubject], sent: Sequence[Any]) -> list[Json]:
    """Letters that were sent about the same facts before these were corrected, also when that moved their day."""
    found = {
        row.id: {"reference": row.reference or str(row.id), "sent_on": row.sent_on.isoformat()}
        for row in sorted(sent, key=attrgetter("id"))
        if row.id != letter.id and any(takes_place(work, mine, row) for mine in told)
    }
    return list(found.values())


def takes_place(work: Work, mine: LetterSubject, other: Any) -> bool:
    """Whether a letter about the one comes in the place of one about the other.

    That is another version of the fact, or what counted on its day; never a second control, DXA or missed appointment
    that stands beside it.
    """
    if mine.about != other.about:
        return False
    if mine.about == LetterAbout.END and mine.about_on != other.about_on:
        return not came_back(work, mine.fact_id, other.about_on)
    if other.fact_id in versions(work, mine.about, mine.fact_id):
        return True
    return mine.about_on == other.about_on and not (mine.about in BY_ITSELF and still_so(work, other))


def came_back(work: Work, patient_id: int | None, since: date) -> bool:
    """Whether she was followed again after an end: what ends since then is another."""
    changes = work.session.scalars(select(PatientChange).where(PatientChange.patient_id == patient_id))
    return any(
        row.at.date() >= since and row.changes.get("status", [None])[-1] == PatientStatus.ACTIVE for row in changes
    )


def versions(work: Work, about: str, fact_id: int | None) -> list[int]:
    """The number of a fact and of those in whose place it came, the last one first."""
    table, found = FACTS.get(about), []
    while fact_id is not None:
        found.append(fact_id)
        row = work.session.get(table, fact_id) if table else None
        fact_id = row.supersedes_id if row else None
    return found


def still_so(work: Work, told: Any) -> bool:
    """Whether what a letter told stands, in that version or a later one; of a missed visit, that nobody came."""
    if told.about == LetterAbout.NO_SHOW:
        visit = work.session.get(Appointment, told.fact_id)
        return visit is not None and visit.state == "no_show"
    was = fact_of(work, told)
    return was is not None and newest(work, was).stands


def fact_of(work: Work, told: Any) -> Fact | None:
    """The very version of which a letter tells; an appointment and the end of follow-up have none."""
    table = FACTS.get(told.about)
    return None if table is None or told.fact_id is None else work.session.get(table, told.fact_id)


def day_of(row: Fact) -> date | None:
    """The day on which a letter tells it."""
    if isinstance(row, Scan):
        return row.made_on
    if isinstance(row, Course):
        return row.started_on
    if isinstance(row, CourseStop):
        return row.stopped_on
    return row.on_date if isinstance(row, Control | Review) else None
