"""A DXA beside the one before: the same device or not comparable, and the change against the LSC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import select

from clinic.domain import bone
from clinic.domain.facts import Facts
from clinic.domain.protocol import Protocol
from clinic.domain.record import Scan as MadeScan
from clinic.domain.vocabulary import ScanSite
from clinic.services.work import Work
from clinic.store import records
from clinic.store.scans import Scan

RECENT = 200


class Beside(NamedTuple):
    """What was measured before at a site: on the same device, or else (`comparable` false) on another."""

    earlier: MadeScan
    bmd_mg_cm2: int
    comparable: bool
    change: bone.BmdChange | None


def compared(work: Work, patient_id: int, scan: MadeScan) -> Mapping[ScanSite, Beside]:
    """By site the last value before this DXA, on its device when there is one."""
    facts = Facts(records.load(work.session, patient_id), work.today)
    found = {site: at_site(facts, site, scan, work.protocol) for site in ScanSite}
    return {site: beside for site, beside in found.items() if beside is not None}


def at_site(facts: Facts, site: ScanSite, scan: MadeScan, protocol: Protocol) -> Beside | None:
    """The value before at one site, and the change when both are comparable."""
    before = [value for value in bone.values_at(facts, site) if value[0].on < scan.on]
    if not before:
        return None
    same = [value for value in before if scan.device is not None and value[0].device == scan.device]
    earlier = bone.previous(same or before)
    now = scan.sites.get(site)
    change = None
    if same and now is not None and now.bmd_mg_cm2 is not None:
        change = bone.change(site, earlier, (scan, now.bmd_mg_cm2), protocol)
    return Beside(*earlier, bool(same), change)


def devices(work: Work) -> list[str]:
    """The devices of the latest scans, so that one device keeps one name."""
    query = select(Scan.device).where(Scan.device.is_not(None)).order_by(Scan.id.desc()).limit(RECENT)
    return sorted({device for device in work.session.scalars(query) if device})
