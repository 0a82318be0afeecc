"""A DXA on the screen: its stages, its values, and plainly beside them what was measured before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clinic.domain.record import Scan as MadeScan
from clinic.domain.vocabulary import ScanSite
from clinic.security.permissions import May
from clinic.services import scan_change, scans
from clinic.services.scan_change import Beside
from clinic.services.work import Work
from clinic.store.scans import Scan, ScanValue
from clinic.web import language
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import bmd, day, exactly, signed
from clinic.web.results import Kind, Line, blueprint
from clinic.web.scan_form import ScanForm, as_made
from clinic.wording.labels import label

SENTENCES |= {
    "scan_without_date": lambda: _("Fill in when it was requested, booked or made."),
    "received_before_made": lambda: _("A result can only come in of a DXA that was made; fill in when."),
    "made_not_recorded": lambda: _("When it was made is not recorded yet; a nurse or doctor does that first."),
    "discussed_before_received": lambda: _("Fill in when the result was received."),
    "values_without_receipt": lambda: _("There are values: fill in when the result was received."),
    "stage_too_early": lambda: _("This date lies before an earlier step."),
    "score_one_decimal": lambda: _("Use one decimal at most, for example −2.4."),
}


@dataclass(frozen=True, slots=True)
class SiteLine:
    """What was measured before at a site, and what changed since, in words."""

    site: str
    name: str
    before: str
    change: str
    beyond: bool


@dataclass(frozen=True, slots=True)
class Plain:
    """What stands beside a DXA: the sites, the same by name, and the devices to choose from."""

    sites: list[SiteLine]
    notes: dict[str, SiteLine]
    devices: list[str]


def lines(row: Scan, lang: str) -> list[Line]:
    """A DXA in words."""
    words = {
        "requested_on": _("Requested on"),
        "booked_on": _("Booked for"),
        "made_on": _("Made on"),
        "received_on": _("Result received on"),
        "discussed_on": _("Discussed with the patient on"),
    }
    said = [(text, day(getattr(row, stage))) for stage, text in words.items()]
    said.append((_("Device"), row.device or ""))
    said += [(label(ScanSite(value.site), lang), value_text(value)) for value in in_order(row)]
    return [line for line in said if line[1]]


def in_order(row: Scan) -> list[ScanValue]:
    """Spine, hip, neck."""
    order = list(ScanSite)
    return sorted(row.sites, key=lambda value: order.index(ScanSite(value.site)))


def value_text(value: ScanValue) -> str:
    """BMD 0,742 g/cm², T −2,1, Z −0,4."""
    said = [
        f"BMD {bmd(value.bmd_mg_cm2)} g/cm²" if value.bmd_mg_cm2 is not None else "",
        f"T {signed(value.t_score)}" if value.t_score is not None else "",
        f"Z {signed(value.z_score)}" if value.z_score is not None else "",
    ]
    return ", ".join(text for text in said if text)


def beside(work: Work, patient_id: int, row: Any, form: Any) -> Plain:
    """The value before at each site, and the change of what stands or was typed."""
    scan = form.scan(row, work.today) if form and form.is_submitted() else as_made(row, work.today)
    found = scan_change.compared(work, patient_id, scan)
    sites = [site_line(site, found.get(site), scan) for site in ScanSite]
    notes = {line.name: line for line in sites if line.change}
    return Plain(sites, notes, scan_change.devices(work) if form else [])


def site_line(site: ScanSite, earlier: Beside | None, scan: MadeScan) -> SiteLine:
    """One site in words; a change only when there is a value to compare."""
    value = scan.sites.get(site)
    known = earlier is not None and value is not None and value.bmd_mg_cm2 is not None
    change, beyond = change_text(earlier, scan.device) if earlier and known else ("", False)
    name = label(site, language.current())
    return SiteLine(str(site), name, before_text(earlier) if earlier else "", change, beyond)


def before_text(earlier: Beside) -> str:
    """previous 0,812 g/cm², 12-10-2024, Horizon A."""
    device = earlier.earlier.device or _("device not recorded")
    said = {"value": bmd(earlier.bmd_mg_cm2), "day": day(earlier.earlier.on), "device": device}
    return str(_("previous %(value)s g/cm², %(day)s, %(device)s", **said))


def change_text(earlier: Beside, device: str | None) -> tuple[str, bool]:
    """−6,1 %, decreased by more than the LSC (5,3 %); and whether it is beyond the LSC."""
    if not earlier.comparable:
        return (_("other device: not comparable") if device else _("no device: not comparable")), False
    change = earlier.change
    if change is None:
        return "", False
    gained = change.gain_beyond_lsc
    verdict = (
        _("increased by more than the LSC") if gained
        else _("decreased by more than the LSC") if change.beyond_lsc else _("within the LSC")
    )  # fmt: skip
    said = {"percent": exactly(change.told_percent), "verdict": verdict, "lsc": exactly(change.lsc_percent).lstrip("+")}
    return str(_("%(percent)s %%, %(verdict)s (%(lsc)s %%)", **said)), gained or change.beyond_lsc


KIND = Kind(
    name="scans",
    path="scans",
    title="DXA",
    table=Scan,
    form=ScanForm,
    fields="scans/_fields.html",
    save=scans.save_scan,
    void=scans.void_scan,
    lines=lines,
    may=May.RECORD_RECEIVED,
    beside=beside,
)
bp = blueprint(KIND)
