"""The GP that a list writes down, found by code, name and place; what does not fit just one is left to a person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from clinic.interop.imports import PatientRow
from clinic.services.import_rows import Effect
from clinic.services.names import normalised
from clinic.services.patients import gp_words
from clinic.services.work import Work
from clinic.store.practices import Gp

TITLES = {"dr", "drs", "huisarts", "ha", "arts"}
Written = tuple[str | None, str | None, str | None]


@dataclass(slots=True)
class Found:
    """The GPs who work, by code and by name, and what the list's ways of writing one came to."""

    by_agb: dict[str, Gp] = field(default_factory=dict)
    by_name: defaultdict[str, list[Gp]] = field(default_factory=lambda: defaultdict(list))
    patients: Counter[Written] = field(default_factory=Counter)
    first: dict[Written, tuple[int, Gp | None]] = field(default_factory=dict)


def load(work: Work, rows: Sequence[PatientRow]) -> Found:
    """The GPs who work, when the list writes any down."""
    found = Found()
    if not any(row.gp_agb or row.gp_name for row in rows):
        return found
    for gp in work.session.scalars(select(Gp).where(Gp.stopped_on.is_(None))):
        if gp.agb:
            found.by_agb[gp.agb] = gp
        found.by_name[surname(gp)].append(gp)
    return found


def bare(name: str) -> str:
    """A name without title and initials, as it is compared."""
    return " ".join(word for word in normalised(name).split() if len(word) > 1 and word not in TITLES)


def match(row: PatientRow, found: Found) -> Gp | None:
    """The GP of a row: by code when the name agrees, else the only one of this name in this place."""
    if not (row.gp_agb or row.gp_name):
        return None
    written = (row.gp_agb, row.gp_name, row.gp_town)
    found.patients[written] += 1
    if written not in found.first:
        found.first[written] = (row.row, one(written, found))
    return found.first[written][1]


def one(written: Written, found: Found) -> Gp | None:
    """The one GP who fits everything that was written."""
    agb, name, town = written
    if agb:
        coded = found.by_agb.get(agb)
        return coded if coded and (not name or bare(name) == surname(coded)) else None
    fit = [gp for gp in found.by_name.get(bare(name or ""), []) if not town or lies_in(gp, town)]
    return fit[0] if len(fit) == 1 else None


def surname(gp: Gp) -> str:
    """A GP's name as it is compared."""
    return bare(" ".join(part for part in (gp.prefix, gp.family_name) if part))


def lies_in(gp: Gp, town: str) -> bool:
    """Whether the practice is there."""
    return normalised(town) == normalised(gp.practice.town or "")


def tell(found: Found, effect: Effect) -> None:
    """Say once for each way of writing which GP it became, for the manager to confirm, or that it became none."""
    for written, (row, gp) in found.first.items():
        text, patients = ", ".join(part for part in written if part), found.patients[written]
        if gp is None:
            effect.check(row, "gp_name" if written[1] else "gp_agb", "gp_not_one", typed=text, patients=patients)
        else:
            effect.tell(row, "", "gp_matched", typed=text, gp=gp_words(gp), patients=patients)
