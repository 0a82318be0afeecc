"""The values a decision rests on besides the answers to the criteria: all a doctor saw, whether or not a limit is near.

A value that was corrected without crossing a limit was another value when she decided (sections 2, 5 and 6).
"""

from __future__ import annotations

from decimal import Decimal

from clinic.domain import bone, review, treatment
from clinic.domain.facts import Facts
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import ScanSite

PLANNED_END, TEN_YEARS = "planned_end", "ten_years_on"
EXPOSURE, HEIGHT_LOSS, WEIGHT, CLEARANCE = "exposure_days", "height_loss_mm", "weight_g", "clearance"
BMD, BMD_CHANGE = "bmd.", "bmd_change."
"""Before the site: 0.001 g/cm2, and percent of the value before it on the same device."""
TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")


def values(facts: Facts, protocol: Protocol) -> dict[str, str | None]:
    """Each value as text, None when it is not known; a day only when there is one."""
    loss, weights, clearance = bone.height_loss(facts, protocol), bone.weights(facts), review.clearance(facts)
    found = {
        EXPOSURE: str(sum(treatment.exposure(facts, protocol).values())),
        HEIGHT_LOSS: None if loss is None else str(loss.loss_mm),
        WEIGHT: str(weights[-1].value) if weights else None,
        CLEARANCE: None if clearance is None else str(clearance.quantize(TENTH)),
    }
    for site in bone.SITES:
        found |= density(facts, site, protocol)
    return found | days(facts, protocol)


def density(facts: Facts, site: ScanSite, protocol: Protocol) -> dict[str, str | None]:
    """The latest BMD at a site, and its change when it can be compared."""
    measured, changes = bone.values_at(facts, site), bone.bmd_changes(facts, site, protocol)
    return {
        BMD + site: str(measured[-1][1]) if measured else None,
        BMD_CHANGE + site: str(changes[0].percent.quantize(HUNDREDTH)) if changes else None,
    }


def days(facts: Facts, protocol: Protocol) -> dict[str, str | None]:
    """The planned end of the course, and when ten years are or will be reached: of a course that ran that day.

    A decision may end the course on its own day; that the days went with it is no value that was corrected.
    """
    if facts.current is None:
        return {}
    found: dict[str, str | None] = {PLANNED_END: treatment.planned_end(facts, facts.current, protocol).on.isoformat()}
    ten = treatment.ten_years_on(facts, protocol)
    return found if ten is None else found | {TEN_YEARS: ten.isoformat()}
