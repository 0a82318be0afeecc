"""The usual ways to take each drug (fact sheet on drugs, section 2): what a clinic chooses from, never a rule."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from clinic.domain.vocabulary import Drug


class Regimen(NamedTuple):
    """A dose and how often, as they stand on the record."""

    dose: str
    schedule: str


REGIMENS: Mapping[Drug, tuple[Regimen, ...]] = MappingProxyType(
    {
        Drug.ALENDRONIC_ACID: (Regimen("70 mg", "1× per week"), Regimen("10 mg", "1× per dag")),
        Drug.RISEDRONIC_ACID: (Regimen("35 mg", "1× per week"), Regimen("75 mg", "2 dagen per maand")),
        Drug.IBANDRONIC_ACID_ORAL: (Regimen("150 mg", "1× per maand"),),
        Drug.IBANDRONIC_ACID_IV: (Regimen("3 mg", "1× per 3 maanden"),),
        Drug.ZOLEDRONIC_ACID: (Regimen("5 mg", "1× per jaar"),),
        Drug.DENOSUMAB: (Regimen("60 mg", "1× per 6 maanden"),),
        Drug.TERIPARATIDE: (Regimen("20 µg", "1× per dag"),),
        Drug.ROMOSOZUMAB: (Regimen("210 mg", "1× per maand"),),
    }
)
