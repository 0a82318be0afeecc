"""Calcium a day in mg, estimated from dairy and tablets; a choice of this project (D), beside the leaflet's target.

Source: the clinic's fact sheet on the control, calcium; the leaflet (LEAF). The protocol has no rule about it.
"""

from __future__ import annotations

BASE_MG = 250  # a day's food without dairy
PORTION_MG = 200
LEAFLET_MG = (1000, 1200)


def from_food(portions: int) -> int:
    """What a day's food holds with so many portions of dairy."""
    return BASE_MG + portions * PORTION_MG
