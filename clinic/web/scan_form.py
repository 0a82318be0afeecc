"""The form of a DXA: five dates, the device, and three values at each of three sites."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Length

from clinic.domain.record import Scan as MadeScan
from clinic.domain.record import ScanSiteValue
from clinic.domain.vocabulary import ScanSite
from clinic.security.permissions import May
from clinic.services.scans import OF_ALL, STAGES, SaveScan, Site
from clinic.store.scans import Scan
from clinic.web.fields import BmdField, DateField, ScoreField
from clinic.web.page import may
from clinic.web.result_form import ResultForm, text_of
from clinic.wording.labels import label

ALWAYS = OF_ALL | {"form_token", "confirmed", "confirm", "reason", "csrf_token"}


def bmd() -> BmdField:
    """Bone mineral density."""
    return BmdField("BMD")


def score(name: str) -> ScoreField:
    """A score with its sign."""
    return ScoreField(name, render_kw={"size": 5})


class ScanForm(ResultForm):
    """As far as it is known; who may not record results sees three dates."""

    requested_on = DateField(_l("Requested on"))
    booked_on = DateField(_l("Booked for"))
    made_on = DateField(_l("Made on"))
    received_on = DateField(_l("Result received on"))
    discussed_on = DateField(_l("Discussed with the patient on"))
    device = StringField(_l("Device"), validators=[Length(max=100)], render_kw={"list": "devices"})
    lumbar_spine_bmd, lumbar_spine_t, lumbar_spine_z = bmd(), score("T"), score("Z")
    total_hip_bmd, total_hip_t, total_hip_z = bmd(), score("T"), score("Z")
    femoral_neck_bmd, femoral_neck_t, femoral_neck_z = bmd(), score("T"), score("Z")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may(May.RECORD_RESULT):
            for name in [name for name in self._fields if name not in ALWAYS]:
                del self[name]

    def prepare(self, lang: str) -> None:
        """Each value is called by its site."""
        super().prepare(lang)
        for site in ScanSite:
            for name, what in (("bmd", "BMD"), ("t", "T"), ("z", "Z")):
                if f"{site}_{name}" in self:
                    self[f"{site}_{name}"].label.text = f"{label(site, lang)}, {what}"

    def load(self, row: Any) -> None:
        """Show what a version says."""
        told = {stage: getattr(row, stage) for stage in STAGES} | {"device": row.device}
        for value in row.sites:
            told |= {f"{value.site}_bmd": value.bmd_mg_cm2, f"{value.site}_t": value.t_score,
                     f"{value.site}_z": value.z_score}  # fmt: skip
        for name, value in told.items():
            if name in self:
                self[name].data = value

    def site(self, site: ScanSite) -> Site:
        """What was typed of one site."""
        return Site(self[f"{site}_bmd"].data, self[f"{site}_t"].data, self[f"{site}_z"].data)

    def command(self, common: dict[str, Any], old: Any) -> SaveScan:
        """What the service takes; what this reader cannot change stays as it was."""
        if "device" in self:
            dates = {stage: self[stage].data for stage in STAGES}
            return SaveScan(
                **common, **dates, device=text_of(self["device"]), sites={site: self.site(site) for site in ScanSite}
            )
        dates = {stage: self[stage].data if stage in self else getattr(old, stage, None) for stage in STAGES}
        return SaveScan(**common, **dates, device=(old.device if old else "") or "", sites=sites_of(old))

    def scan(self, row: Scan | None, today: Any) -> MadeScan:
        """The DXA as the rules would see what stands in the form."""
        if "device" not in self:
            return as_made(row, today)
        values = {site: self.site(site) for site in ScanSite}
        return MadeScan(
            on=self["made_on"].data or today,
            device=text_of(self["device"]) or None,
            sites={site: ScanSiteValue(value.bmd_mg_cm2, value.t_score) for site, value in values.items()},
        )


def sites_of(row: Scan | None) -> dict[ScanSite, Site]:
    """What a version says of each site."""
    values = row.sites if row else []
    return {ScanSite(value.site): Site(value.bmd_mg_cm2, value.t_score, value.z_score) for value in values}


def as_made(row: Scan | None, today: Any) -> MadeScan:
    """A version as the rules see it; one that was not made yet as if it were today."""
    values = {site: ScanSiteValue(value.bmd_mg_cm2, value.t_score) for site, value in sites_of(row).items()}
    return MadeScan(on=(row.made_on if row else None) or today, device=row.device if row else None, sites=values)
