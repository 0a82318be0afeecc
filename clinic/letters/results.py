"""The results of a DXA and of blood as a letter freezes them: what changed, and the latest of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from clinic.domain import bone
from clinic.domain.bone import BmdChange
from clinic.domain.facts import Facts
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import ScanSite
from clinic.store.base import Json
from clinic.store.scans import Lab, Scan

TENTH = Decimal("0.1")
SITES = (ScanSite.LUMBAR_SPINE, ScanSite.TOTAL_HIP, ScanSite.FEMORAL_NECK)
BLOOD = ("creatinine_umol_l", "egfr", "calcium_mmol_l", "vitamin_d_nmol_l", "pth_pmol_l")


def scan(row: Scan, facts: Facts, protocol: Protocol) -> Json:
    """A DXA with its values and what they changed, on the same device only."""
    return {
        "on": row.made_on.isoformat() if row.made_on else None,
        "received_on": row.received_on.isoformat() if row.received_on else None,
        "sites": [
            {
                "site": value.site,
                "t": str(value.t_score.quantize(TENTH)) if value.t_score is not None else None,
                "bmd": value.bmd_mg_cm2,
                "change": change(ScanSite(value.site), row, facts, protocol),
            }
            for site in SITES
            for value in row.sites
            if value.site == site
        ],
    }


def change(site: ScanSite, row: Scan, facts: Facts, protocol: Protocol) -> Json | None:
    """The change against the scan before, beside its LSC; None when this is not the last scan of the site."""
    for found in bone.bmd_changes(facts, site, protocol)[:1]:
        if found.latest_on == row.made_on:
            return {
                "percent": str(found.told_percent), "lsc": str(found.lsc_percent),
                "since": found.earlier_on.isoformat(), "verdict": verdict(found),
            }  # fmt: skip
    return None


def verdict(found: BmdChange) -> str:
    """A loss, a gain, or within the LSC: as the rules see it (protocol 5), before anything is rounded."""
    return "loss" if found.beyond_lsc else "gain" if found.gain_beyond_lsc else "within"


def labs(rows: Sequence[Lab]) -> list[Json]:
    """The latest result of each kind with its day; what was not measured again keeps its own."""
    found = ((name, next((row for row in reversed(rows) if getattr(row, name) is not None), None)) for name in BLOOD)
    return [
        {"what": name, "on": row.on_date.isoformat(), "value": plain(getattr(row, name))} for name, row in found if row
    ]


def plain(value: Decimal | int | None) -> str | None:
    """5.0 as 5 and 0.5 as 0.5, whatever the database made of it."""
    return None if value is None else f"{Decimal(value).normalize():f}"
