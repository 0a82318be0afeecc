"""Bone density as a review needs it: T-scores by site, and each change beside what the device can tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import url_for
from markupsafe import Markup

from clinic.domain import bone
from clinic.domain.bone import BmdChange
from clinic.domain.vocabulary import ScanSite
from clinic.services.record import PatientRecord
from clinic.store.scans import Scan, ScanValue
from clinic.web import svg
from clinic.web.language import gettext as _
from clinic.web.presenters import exactly, months, number, signed
from clinic.wording.labels import label

SCANS_SHOWN = 3
WIDEST = Decimal(3)  # least significant changes on either side of no change; what is larger touches the edge


@dataclass(frozen=True, slots=True)
class Made:
    """A DXA of which the result is in: "10-2026", where it is read, the device."""

    when: str
    href: str
    device: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change in BMD since an earlier DXA: "+0,055 (+7,6 %)", "±0,030", a drawing, and what it comes to."""

    since: str
    said: str
    limit: str
    drawing: Markup
    css: str
    icon: str
    verdict: str


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site: its T-scores under the scans with what was measured, and its changes, or why there is none."""

    name: str
    scores: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
    alone: str


@dataclass(frozen=True, slots=True)
class Density:
    """The latest scans, oldest first, and a line for each site that was measured."""

    scans: tuple[Made, ...]
    lines: tuple[SiteLine, ...]


def density(found: PatientRecord, lang: str) -> Density:
    """The table of bone density."""
    rows = [row for row in found.rows[Scan] if row.stands and row.made_on and row.received_on]
    shown = sorted(rows, key=lambda row: (row.made_on, row.id))[-SCANS_SHOWN:]
    sites = [site for site in ScanSite if any(value.site == site for row in shown for value in row.sites)]
    return Density(
        tuple(Made(months(row.made_on), scan_url(row), row.device or "") for row in shown),
        tuple(line(found, shown, site, lang) for site in sites),
    )


def scan_url(row: Scan) -> str:
    """Where a scan is read."""
    return url_for("scans.show", patient_id=row.patient_id, result_id=row.id)


def line(found: PatientRecord, shown: list[Scan], site: ScanSite, lang: str) -> SiteLine:
    """One site under these scans."""
    values = [next((value for value in row.sites if value.site == site), None) for row in shown]
    changes = tuple(change(one) for one in bone.bmd_changes(found.facts, site, found.protocol))
    return SiteLine(
        label(site, lang),
        tuple(score(value) for value in values),
        changes,
        "" if changes else not_comparable(found, site),
    )


def score(value: ScanValue | None) -> tuple[str, str]:
    """A T-score, and under it the BMD and the Z-score, as far as they are known."""
    if value is None:
        return "–", ""
    bmd = f"{number(Decimal(value.bmd_mg_cm2) / 1000, 3)} g/cm²" if value.bmd_mg_cm2 is not None else ""
    z = f"Z {signed(value.z_score)}" if value.z_score is not None else ""
    t = "–" if value.t_score is None else signed(value.t_score)
    return t, " · ".join(part for part in (bmd, z) if part)


def not_comparable(found: PatientRecord, site: ScanSite) -> str:
    """Why no change can be told: change counts on one device only (protocol section 5)."""
    values = bone.values_at(found.facts, site)
    if len(values) < 2:
        return str(_("no earlier BMD to compare with"))
    if values[-1][0].device is None:
        return str(_("not comparable: the device is not recorded"))
    return str(_("not comparable: no earlier BMD on this device"))


def change(found: BmdChange) -> Change:
    """A change in words; a gain is told by the same limit as a loss."""
    limit = found.lsc_percent * found.earlier_mg_cm2 / 100
    moved = Decimal(found.latest_mg_cm2 - found.earlier_mg_cm2)
    told_limit = bone.told(limit / 1000, 3, lambda grams: abs(moved) >= grams * 1000)
    css, icon, verdict = "wait", "dash-circle", _("within the LSC")
    if found.beyond_lsc:
        css, icon, verdict = "late", "exclamation-octagon-fill", _("lost, more than the LSC")
    elif moved >= limit:
        css, icon, verdict = "ok", "check-circle-fill", _("gained, more than the LSC")
    return Change(
        since=months(found.earlier_on),
        said=f"{signed(moved / 1000, 3)} ({exactly(found.told_percent)} %)",
        limit=exactly(told_limit).replace("+", "±"),
        drawing=drawing(moved / limit, str(verdict)),
        css=css,
        icon=icon,
        verdict=str(verdict),
    )


def drawing(times: Decimal, words: str) -> Markup:
    """A change as so many times the limit: the limit as a box, no change in its middle, the change as a dot."""
    step = 50 / WIDEST
    x = f"{50 + max(-WIDEST, min(WIDEST, times)) * step:.1f}%"
    shape = "dot" if abs(times) < 1 else "tri"
    body = (
        svg.box("t-band", f"{50 - step:.1f}%", f"{2 * step:.1f}%", 3, 14),
        svg.upright("t-now", "50%", 2, 18),
        f'<line class="t-now" x1="50%" x2="{x}" y1="10" y2="10"/>',
        svg.mark(shape, x, 10, words, "s-lwk"),
    )
    return svg.svg(20, body, words)
