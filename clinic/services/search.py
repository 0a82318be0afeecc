"""Find a patient by name, birth date, number or BSN; on indexed, normalised columns, so that it never grows slow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, String, and_, bindparam, column, func, select, tuple_, union_all, values
from sqlalchemy.orm import Session, aliased
from stdnum.nl import bsn as bsn_rules

from clinic.domain.vocabulary import StartPrecision
from clinic.interop.values import in_digits, month_in_digits
from clinic.security.audit import Action
from clinic.services.births import born
from clinic.services.names import normalised
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient, PatientName
from clinic.store.practices import Gp, Practice

MOST = 50
RECENT = 7
LOOKED_BACK = 200  # lines of the log; an hour's work at least
WALKED = 3 * MOST  # a patient has several names
LETTERS = "abcdefghijklmnopqrstuvwxyz "  # what a normalised name is made of
SHORTEST_NEARLY, LONGEST_NEARLY = 4, 12  # letters typed from which, and up to which, one may be wrong
LAST_LETTER = "\U0010ffff"  # sorts after every key, so that a prefix is a range
DATES = tuple(
    re.compile(shape, re.ASCII)
    for shape in (
        r"(?P<d>\d{1,2})[-./ ](?P<m>\d{1,2})[-./ ](?P<y>\d{4}|\d{2})", r"(?P<d>\d{2})(?P<m>\d{2})(?P<y>\d{4}|\d{2})",
        r"(?P<y>\d{4})[-./ ]?(?P<m>\d{2})[-./ ]?(?P<d>\d{2})",
    )
)  # fmt: skip
MONTHS = tuple(
    re.compile(shape, re.ASCII)
    for shape in (r"(?P<m>\d{1,2})[-./ ](?P<y>\d{4})", r"(?P<y>\d{4})[-./](?P<m>\d{1,2})", r"(?P<m>)(?P<y>\d{4})")
)
"""A month with its year, or a year alone."""
CALLED = re.compile(
    r"(?:(?:mw|mevr|mevrouw|dhr|(?:de )?heer|mrs?|ms)\b\.?\s+)?(?:(?:[^\W\d_]|ch|ij|ph|th)\.\s*)*(?=\S)", re.IGNORECASE
)
"""What stands before a surname: how she is addressed, and initials."""
WORD = re.compile(r"[^\s.]+\.?")
LONGEST_INITIAL = 4  # letters before a dot: "Chr.", "Joh."

# what the answer says of a patient; never her BSN
SHOWN = (
    Patient.id, Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix,
    Patient.own_name, Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date,
    Patient.birth_precision,
    Patient.status, Patient.status_on, Gp.initials.label("gp_initials"), Gp.prefix.label("gp_prefix"),
    Gp.family_name.label("gp_name"), Practice.name.label("practice"), Practice.town.label("practice_town"),
)  # fmt: skip
FITS: BindParameter[Any] = bindparam("fits")
HIT, FORMER = aliased(Patient), aliased(Patient)
FORMERLY = (
    select(func.aggregate_strings(FORMER.number, ", "))
    .where(FORMER.merged_into_id == Patient.id)
    .scalar_subquery()
    .label("formerly")
)
"""The numbers that were merged into this one: whoever looks for one of them sees why she finds another."""
FINDING = {  # put together once; what fits is a parameter, and of a merged number the one that stays is found
    how: select(*SHOWN, FORMERLY)
    .outerjoin(Gp, Gp.id == Patient.gp_id)
    .outerjoin(Practice, Practice.id == Gp.practice_id)
    .where(Patient.id.in_(select(func.coalesce(HIT.merged_into_id, HIT.id)).where(fits)))
    .order_by(Patient.sort_key, Patient.id)
    .limit(MOST + 1)
    for how, fits in {
        "name": HIT.id.in_(bindparam("fits", expanding=True)),
        "birth_date": HIT.id.in_(bindparam("fits", expanding=True)),
        "number": HIT.number.in_(bindparam("fits", expanding=True)),
        "bsn": HIT.bsn == FITS,
    }.items()
}
NAMES = select(PatientName.key, PatientName.patient_id).order_by(PatientName.key, PatientName.patient_id).limit(WALKED)
BEGINS = NAMES.where(PatientName.key >= bindparam("first"), PatientName.key < bindparam("last"))
BEYOND = BEGINS.where(
    tuple_(PatientName.key, PatientName.patient_id) > tuple_(bindparam("key"), bindparam("patient_id"))
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked for and who fits; `how` is name, near (a name but for one letter), birth_date, number or bsn.

    Also recent: whom the person opened last.
    """

    how: str
    patients: Sequence[Any]
    more: bool


def find(work: Work, text: str) -> Found:
    """At most 50 patients in the order of their names; the log keeps how it was looked for and who was shown.

    What was typed is a name, a birth date or most of a BSN, and the log outlives a record that is destroyed.
    """
    text = text.strip()
    how, fits = read(work, text)
    rows = work.session.execute(FINDING[how], {"fits": fits}).all()
    if how == "name" and not rows and (fits := nearly(work.session, normalised(without_initials(surname(text))))):
        how, rows = "near", work.session.execute(FINDING["name"], {"fits": fits}).all()
    found = Found(how, rows[:MOST], len(rows) > MOST)
    work.note(Action.PATIENT_SEARCHED, details={"how": how})
    if found.patients:
        work.note(Action.PATIENT_LISTED, shown=[patient.id for patient in found.patients])
    return found


def recent(work: Work) -> Found:
    """The patients this person opened last, the last one first; read from the latest lines of the log."""
    lines = (
        select(AuditEntry.action, AuditEntry.patient_id)
        .where(AuditEntry.actor_id == work.actor.id)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(LOOKED_BACK)
    )
    opened = [row.patient_id for row in work.session.execute(lines) if row.action == Action.PATIENT_OPENED]
    ids = list(dict.fromkeys(patient_id for patient_id in opened if patient_id is not None))[:RECENT]
    by_id = {row.id: row for row in work.session.execute(FINDING["name"], {"fits": ids})} if ids else {}
    found = [by_id[patient_id] for patient_id in ids if patient_id in by_id]
    if found:
        work.note(Action.PATIENT_LISTED, subject="list:recent", shown=[patient.id for patient in found])
    return Found("recent", found, False)


def read(work: Work, text: str) -> tuple[str, Any]:
    """How the text is read, and what fits it: the patients of a name or born then, numbers, a BSN."""
    if any(letter.isdigit() for letter in text) and (numbers := known(work, text)):
        return "number", numbers  # what is a number of a patient is that, though it may be a day as well
    if births := births_of(text, work.today):
        return "birth_date", by_birth(work.session, births)
    digits = re.sub(r"[ .\-]", "", text)
    if digits.isascii() and digits.isdigit():
        return by_digits(work, digits)
    return "name", by_names(work.session, surname(text))


def known(work: Work, number: str) -> list[str]:
    """The numbers of patients that are this one, in capitals or not."""
    written = {number, number.upper(), number.lower(), number.capitalize()}
    return list(work.session.scalars(select(Patient.number).where(Patient.number.in_(written))))


def surname(text: str) -> str:
    """Of "Mw. A. de Vries", "Vries, A. de" and "de Vries" alike "de Vries": without what stands before a surname."""
    last, _comma, first = text.partition(",")
    return CALLED.sub("", f"{first} {last}".strip(), count=1)


def without_initials(name: str) -> str:
    """Of "Chr. de Vries", "A Bakker" and "Bakker A." the name: without what is, or may be, an initial."""
    words = WORD.findall(name)
    while len(words) > 1 and (len(words[0]) == 1 or (words[0].endswith(".") and len(words[0]) <= LONGEST_INITIAL + 1)):
        del words[0]
    while len(words) > 1 and len(words[-1].removesuffix(".")) == 1:
        del words[-1]
    return " ".join(words)


def by_names(session: Session, name: str) -> list[int]:
    """Who fits the name as it is written; when nobody does, who fits it without initials."""
    keys = dict.fromkeys((normalised(name), normalised(without_initials(name))))
    found = (by_name(session, key) or by_both(session, key) for key in keys)
    return next((fits for fits in found if fits), [])


def by_name(session: Session, key: str) -> list[int]:
    """The first patients one of whose names begins with the key; names are walked in order, so the cost stays flat."""
    found: dict[int, None] = {}
    begins = {"first": key, "last": key + LAST_LETTER}
    rows = session.execute(BEGINS, begins).all() if key else []
    while rows:
        found |= dict.fromkeys(row.patient_id for row in rows)
        if len(found) > MOST or len(rows) < WALKED:
            break
        rows = session.execute(BEYOND, begins | {"key": rows[-1][0], "patient_id": rows[-1][1]}).all()
    return list(found)[: MOST + 1]


def by_both(session: Session, key: str) -> list[int]:
    """The first patients of whom one name is the beginning of the key, and another begins with the rest of it.

    So she is found by both her names in either order, each with its prefix or without: "Vries-van Smit".
    """
    splits = [(key[:at], key[at + 1 :]) for at, letter in enumerate(key) if letter == " "]
    data = [(first, rest, rest + LAST_LETTER) for first, rest in splits if len(rest) > 1]  # one letter is an initial
    if not data:
        return []
    columns = (column("first", String), column("rest", String), column("last", String))
    ways = values(*columns, name="ways").data(data).cte("ways")
    one, other = aliased(PatientName), aliased(PatientName)
    begins = and_(other.key >= ways.c.rest, other.key < ways.c.last)
    rows = session.execute(
        select(one.patient_id)
        .join_from(ways, one, one.key == ways.c.first)
        .join(other, and_(other.patient_id == one.patient_id, other.key != one.key, begins))
        .limit(WALKED)
    )
    return list(dict.fromkeys(rows.scalars()))[: MOST + 1]


def nearly(session: Session, key: str) -> list[int]:
    """The first patients one of whose names begins with the key but for one letter wrong, missing, too many or swapped.

    Each way to be wrong is a range of the index, so the cost follows the letters typed and not the register.
    """
    if len(key) < SHORTEST_NEARLY:
        return []
    ranges = [(way, way + LAST_LETTER) for way in sorted(one_off(key[:LONGEST_NEARLY]))]
    ways = values(column("first", String), column("last", String), name="ways").data(ranges).cte("ways")
    rows = session.execute(
        select(PatientName.patient_id)
        .join_from(ways, PatientName, and_(PatientName.key >= ways.c.first, PatientName.key < ways.c.last))
        .limit(WALKED)
    )
    return list(dict.fromkeys(rows.scalars()))[: MOST + 1]


def one_off(key: str) -> set[str]:
    """What may have been meant: one letter replaced, left out, put in, or two swapped; Cramer may be Kramer."""
    splits = [(key[:at], key[at:]) for at in range(len(key) + 1)]
    return {
        *(head + tail[1:] for head, tail in splits if tail),
        *(head + letter + tail for head, tail in splits for letter in LETTERS),
        *(head + letter + tail[1:] for head, tail in splits if tail for letter in LETTERS),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1),
    } - {key}


def by_digits(work: Work, digits: str) -> tuple[str, Any]:
    """A patient number, or a BSN when no such number is known and the digits add up."""
    if len(digits) in (8, 9) and bsn_rules.is_valid(digits) and not known(work, digits):
        return "bsn", digits.zfill(9)
    return "number", [digits]


def by_birth(session: Session, births: list[tuple[date, StartPrecision]]) -> list[int]:
    """The first patients who may be born then, those of whom as much is known before the others."""
    parts = [select(Patient.id).where(part).limit(MOST + 1).subquery() for birth in births for part in born(*birth)]
    rows = session.execute(union_all(*(select(part.c.id) for part in parts)))
    return list(dict.fromkeys(rows.scalars()))[: MOST + 1]


def births_of(text: str, today: date) -> list[tuple[date, StartPrecision]]:
    """The births that a text may mean, and how well they are known: a day, or 03-1953, or maart 1953, or 1953.

    Empty for anything else: what is no birth, or none of somebody who is followed here.
    """
    found = [(day, StartPrecision.DAY) for day in birth_dates(text)]
    for match in filter(None, (shape.fullmatch(month_in_digits(text)) for shape in MONTHS)):
        precision = StartPrecision.MONTH if match["m"] else StartPrecision.YEAR
        found += [(day, precision) for day in days_of("1", match["m"] or "1", match["y"])]
    return [(on, precision) for on, precision in found if date(1900, 1, 1) <= on <= today]


def birth_dates(text: str) -> list[date]:
    """14-03-1953, 14.3.1953, 14031953, 1953-03-14, 19530314, 14 mrt 1953; of 14-03-53 the day in each century."""
    shapes = (shape.fullmatch(in_digits(text)) for shape in DATES)
    return sorted({day for match in shapes if match for day in days_of(match["d"], match["m"], match["y"])})


def days_of(day: str, month: str, year: str) -> Iterator[date]:
    """The days that exist of these digits; a year of two digits lies in the last century or in this one."""
    for century in ("19", "20") if len(year) == 2 else ("",):
        with suppress(ValueError):
            yield date(int(century + year), int(month), int(day))
