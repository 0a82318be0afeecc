"""What a letter to the patient herself is made from: her record as it stands, and how the post finds her."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from clinic.domain.facts import Facts
from clinic.domain.vocabulary import PatientStatus, Sex
from clinic.letters import compose, results
from clinic.letters.handover import items
from clinic.letters.to_patient import KINDS, WORDS, values
from clinic.services import letters_held, settings
from clinic.services.letter_facts import Source, blocks_in_use, clinic_facts, joined, person
from clinic.services.letters_held import Held
from clinic.services.names import surnames
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.base import Json
from clinic.store.patients import Patient
from clinic.store.scans import Scan

VISITS = {"control": ("control", "phone"), "dxa": ("dxa",), "result": ("control", "phone", "review")}
DUE = {"control": ("control.", "agreed.control"), "dxa": ("dxa.", "agreed.dxa")}


def told(facts: Json) -> Json:
    """What these facts let the letter say of her: a letter of which this changed no longer holds."""
    return {
        "to": facts["recipient"]["lines"], "greeting": facts["patient"]["greeting"], "untold": facts.get("untold"),
        "says": [section._asdict() for section in KINDS[facts["kind"]].sections(facts)],
    }  # fmt: skip


def tells(source: Source, facts: Json) -> bool:
    """Whether there is something of its kind to tell her, who is still followed here."""
    return KINDS[facts["kind"]].tells(facts) and source.patient.status == PatientStatus.ACTIVE


def facts_of(work: Work, source: Source, kind: str, contact: Json | None = None) -> Json:
    """What the letter draws on, plain, to be frozen with it; `contact` wrote it, when that is somebody else."""
    patient, record = source.patient, source.record
    facts = Facts(record, work.today)
    dates = items(facts, work.protocol)
    result, replaces = to_tell(work, source) if kind == "result" else (last_scan(source, work.today), [])
    me = {"name": work.actor.name, "function": work.actor.function}
    return {
        "words": WORDS,
        "to": "patient",
        "kind": kind,
        "on": work.today.isoformat(),
        "patient": {"number": patient.number, "name": person(patient)["name"], "greeting": greeting(patient)},
        "recipient": recipient(patient),
        "clinic": clinic_facts(settings.letterhead(work.session)),
        "people": {"contact": contact or me},
        "visit": visit(work, patient.id, VISITS.get(kind)),
        "missed": missed(work, patient.id),
        "scan": scan(result, facts, work),
        "replaces": letters_held.named(replaces),
        "course": compose.course(source.rows, facts, work.protocol) if facts.active else None,
        "dates": dates,
        "blocks": [block for code, block in blocks_in_use(work).items() if code == f"patient.{kind}"],
        "due": next((item for item in dates if item["code"].startswith(DUE.get(kind, ("?",)))), None),
    }


def greeting(patient: Patient) -> str:
    """Geachte mevrouw De Vries: the first surname, without initials (domain/environment.md 1.3)."""
    prefix, name = surnames(patient)[0]
    family = joined(prefix[:1].upper() + prefix[1:] if prefix else None, name)
    return f"Geachte {'mevrouw' if patient.sex == Sex.FEMALE else 'heer'} {family},"


def recipient(patient: Patient) -> Json:
    """Her name and address as on the envelope; nothing on it tells what the letter is about."""
    surname = "-".join(joined(prefix, name) for prefix, name in surnames(patient))
    name = joined("Mevrouw" if patient.sex == Sex.FEMALE else "De heer", patient.initials, surname)
    town = f"{patient.postcode}  {patient.town.upper()}" if patient.postcode and patient.town else patient.town
    lines = [name, joined(patient.street, patient.house_number), town or ""]
    complete = all((patient.street, patient.postcode, patient.town))
    return {"lines": [line for line in lines if line], "complete": complete}


def visit(work: Work, patient_id: int, kinds: tuple[str, ...] | None) -> Json | None:
    """The first booking from today on, of these kinds or of any."""
    query = select(Appointment).where(
        Appointment.patient_id == patient_id, Appointment.state == "booked", Appointment.on_date >= work.today
    )
    query = query.where(Appointment.kind.in_(kinds)) if kinds else query
    row = work.session.scalars(query.order_by(Appointment.on_date, Appointment.at_time, Appointment.id)).first()
    if row is None:
        return None
    at = f"{row.at_time:%H:%M}" if row.at_time else None
    on = row.on_date
    return {"kind": row.kind, "on": on.isoformat(), "weekday": on.weekday(), "at": at, "place": row.place}


def missed(work: Work, patient_id: int) -> Json | None:
    """Her last appointment, when she did not come."""
    query = select(Appointment).where(
        Appointment.patient_id == patient_id,
        Appointment.on_date <= work.today,
        Appointment.state.in_(("no_show", "attended")),
    )
    row = work.session.scalars(query.order_by(Appointment.on_date.desc(), Appointment.id.desc())).first()
    return {"kind": row.kind, "on": row.on_date.isoformat()} if row is not None and row.state == "no_show" else None


def scan(latest: Scan | None, facts: Facts, work: Work) -> Json | None:
    """A result with what changed."""
    return None if latest is None else results.scan(latest, facts, work.protocol)


def to_tell(work: Work, source: Source) -> tuple[Scan | None, list[Held]]:
    """The DXA that the next letter tells of, and the letters in whose place it comes.

    That is her last one; when she holds that rightly, an earlier one that was corrected since. A letter about one that
    was voided gives way to whatever was recorded after it.
    """
    held = letters_held.results(work, source.patient.id)
    wrong = [one for one in held if outdated(work, source, one)]
    told = latest = last_scan(source, work.today)
    if any(tells_of(one, latest) for one in held) and not any(tells_of(one, latest) for one in wrong):
        told = next((one.scan for one in wrong if one.scan is not None and is_in(one.scan, work.today)), latest)
    return told, [one for one in wrong if told is not None and gives_way(one, told)]


def tells_of(one: Held, scan: Scan | None) -> bool:
    """Whether a letter that she holds tells of this DXA."""
    return one.scan is not None and scan is not None and one.scan.id == scan.id


def gives_way(one: Held, told: Scan) -> bool:
    """Whether a letter about this DXA comes in the place of one that she holds."""
    frozen = one.letter.authorised_at
    return tells_of(one, told) or (one.scan is None and frozen is not None and frozen <= told.recorded_at)


def outdated(work: Work, source: Source, one: Held) -> bool:
    """Whether a result that she holds stands no more, or is not what that letter would say of it as recorded now."""
    if one.scan is None or not is_in(one.scan, work.today):
        return True
    then, day = one.letter.facts["scan"], date.fromisoformat(one.letter.facts["on"])
    now = results.scan(one.scan, Facts(source.record, day), work.protocol)
    return then["on"] != now["on"] or values(then) != values(now)


def last_scan(source: Source, today: date) -> Scan | None:
    """Her last DXA whose result is in."""
    return max((row for row in source.rows.scans if is_in(row, today)), key=newest, default=None)


def is_in(row: Scan, today: date) -> bool:
    """Whether its result is in."""
    return row.made_on is not None and row.received_on is not None and row.received_on <= today


def newest(row: Scan) -> tuple[date, int]:
    """In which order results count."""
    return row.made_on or date.min, row.id
