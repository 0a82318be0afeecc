"""A DXA from request to discussion: each stage fills in more, and its receipt drafts the letter."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from sqlalchemy import select

from clinic.domain import limits
from clinic.domain.errors import RuleBroken, refuse
from clinic.domain.vocabulary import LetterAbout, ScanSite
from clinic.security.permissions import May, allows
from clinic.services import corrections, letters, results
from clinic.services.results import Result
from clinic.services.work import NotAllowed, Work
from clinic.store.patients import Patient
from clinic.store.scans import Scan, ScanValue

STAGES = ("requested_on", "booked_on", "made_on", "received_on", "discussed_on")
SILENT = {"requested_on", "booked_on", "discussed_on"}  # what changes no letter (protocol S7)
OF_ALL = {"requested_on", "booked_on", "received_on"}  # what a secretary records too


@dataclass(frozen=True, slots=True)
class Site:
    """What one DXA says of one site: BMD in 0.001 g/cm², scores as decimals."""

    bmd_mg_cm2: int | None = None
    t_score: Decimal | None = None
    z_score: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveScan(Result):
    """A DXA as far as it is known."""

    requested_on: date | None = None
    booked_on: date | None = None
    made_on: date | None = None
    received_on: date | None = None
    discussed_on: date | None = None
    device: str = ""
    sites: dict[ScanSite, Site] = field(default_factory=dict)


def save_scan(work: Work, command: SaveScan) -> int:
    """Keep a stage of a DXA and say its id; what a receipt or a changed result says comes into the letter."""
    work.needs(May.RECORD_RECEIVED)
    patient, done = results.begin(work, command, row(command))
    if done is not None:
        return done
    command = answering(work, command)
    new = row(command)
    only_dates(work, command, new)
    check(work, patient, command)
    same = results.unchanged(work, command, new)
    if same is not None:
        return same
    kept, old = results.keep(work, patient, command, new)
    tell(work, patient, kept, old)
    work.commit()
    return kept.id


def answering(work: Work, command: SaveScan) -> SaveScan:
    """A DXA that was made, in the place of the request that it answers."""
    asked = results.request_for(work, Scan, command, command.made_on)
    if asked is None:
        return command
    told = command.requested_on or command.booked_on  # it was asked for then at the latest
    requested_on = min(filter(None, (told, asked.requested_on)))
    found = replace(command, requested_on=requested_on, booked_on=command.booked_on or asked.booked_on)
    return replace(found, corrects=asked.id, reason=results.FILLED_IN)


def void_scan(work: Work, patient_id: int, scan_id: int, reason: str) -> None:
    """Let a DXA count nowhere; no letter that has not left tells of it, and one that left may be a data breach."""
    scan = results.void_result(work, Scan, patient_id, scan_id, reason)
    if scan.made_on is not None:
        patient = work.session.get_one(Patient, patient_id)
        letters.withdraw_for(work, patient, LetterAbout.DXA, scan.made_on, scan.id)
    corrections.scan_breach(work, scan)
    work.commit()


def row(command: SaveScan) -> Scan:
    """The row of a DXA; a site of which nothing is known has none."""
    return Scan(
        **{stage: getattr(command, stage) for stage in STAGES},
        device=command.device.strip() or None,
        sites=[
            ScanValue(site=site, bmd_mg_cm2=value.bmd_mg_cm2, t_score=value.t_score, z_score=value.z_score)
            for site, value in command.sites.items()
            if value != Site()
        ],
    )


def only_dates(work: Work, command: SaveScan, new: Scan) -> None:
    """Who may not record results changes nothing but when it was requested, booked and received."""
    if allows(work.actor.role, May.RECORD_RESULT):
        return
    old = None
    if command.corrects is not None:
        old = results.of_patient(work, Scan, command.patient_id, command.corrects)
    was, now = results.contents(old) if old else {}, results.contents(new)
    if any(was.get(name) != now.get(name) for name in (was.keys() | now.keys()) - OF_ALL):
        raise NotAllowed(May.RECORD_RESULT)


def check(work: Work, patient: Patient, command: SaveScan) -> None:
    """Dates that follow each other, values that can be, and what must be confirmed."""
    if not (command.requested_on or command.booked_on or command.made_on):
        raise RuleBroken("requested_on", "scan_without_date")
    for stage in STAGES:
        if stage != "booked_on":
            results.check_day(work, patient, stage, getattr(command, stage))
    if command.received_on is not None and command.made_on is None:
        if not allows(work.actor.role, May.RECORD_RESULT):
            raise RuleBroken("received_on", "made_not_recorded")
        raise RuleBroken("made_on", "received_before_made")
    check_order(command)
    if command.sites and any(value != Site() for value in command.sites.values()) and command.received_on is None:
        raise RuleBroken("received_on", "values_without_receipt")
    told = scores(command).items()
    refuse(
        RuleBroken(name, "score_one_decimal") for name, value in told if value is not None and value != round(value, 1)
    )
    also = ["made_on:scan_known=1"] if known_of_day(work, command) else []
    results.check_values(values(command), command.confirmed, also)


def known_of_day(work: Work, command: SaveScan) -> bool:
    """Whether another DXA that was made on this day is recorded; asked when the day is new to this one."""
    old = work.session.get(Scan, command.corrects) if command.corrects is not None else None
    if command.made_on is None or (old is not None and old.made_on == command.made_on):
        return False
    query = select(Scan.id).where(
        Scan.patient_id == command.patient_id, Scan.stands.is_(True), Scan.made_on == command.made_on
    )
    return work.session.scalar(query.limit(1)) is not None


def check_order(command: SaveScan) -> None:
    """Requested, made, received, discussed; nothing is discussed that is not in."""
    if command.discussed_on is not None and command.received_on is None:
        raise RuleBroken("received_on", "discussed_before_received")
    in_order = ("requested_on", "made_on", "received_on", "discussed_on")
    known = [(stage, getattr(command, stage)) for stage in in_order if getattr(command, stage)]
    for (_first, before), (stage, after) in pairwise(known):
        if after < before:
            raise RuleBroken(stage, "stage_too_early")
    if command.booked_on and command.requested_on and command.booked_on < command.requested_on:
        raise RuleBroken("booked_on", "stage_too_early")


def values(command: SaveScan) -> dict[str, tuple[str, int | Decimal | None]]:
    """Every value by its field, with the name of its limit and in stored units."""
    found: dict[str, tuple[str, int | Decimal | None]] = {}
    for site, value in command.sites.items():
        found[f"{site}_bmd"] = (str(site), value.bmd_mg_cm2)
    return found | {name: ("score", limits.stored("score", score)) for name, score in scores(command).items()}


def scores(command: SaveScan) -> dict[str, Decimal | None]:
    """Every T- and Z-score by its field."""
    found: dict[str, Decimal | None] = {}
    for site, value in command.sites.items():
        found |= {f"{site}_t": value.t_score, f"{site}_z": value.z_score}
    return found


def tell(work: Work, patient: Patient, scan: Scan, old: Scan | None) -> None:
    """Let the letter tell of a result that came in or was changed; discussing it changes no letter (S7)."""
    if old and old.received_on and old.made_on and (old.made_on != scan.made_on or scan.received_on is None):
        letters.withdraw_for(work, patient, LetterAbout.DXA, old.made_on, old.id)
    if scan.received_on and scan.made_on and (old is None or tells_otherwise(old, scan)):
        letters.draft_for(work, patient, LetterAbout.DXA, scan.made_on, scan.id)
    elif scan.received_on:
        letters.follow(work, patient, LetterAbout.DXA, scan.id)


def tells_otherwise(old: Scan, new: Scan) -> bool:
    """Whether a letter would say something else of the newer version."""
    was, now = ({name: value for name, value in results.contents(row).items() if name not in SILENT}
                for row in (old, new))  # fmt: skip
    return was != now
