"""The old list: what one row tells of a patient's past, fact by fact, in the names and units of the register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from clinic.domain import limits
from clinic.domain.vocabulary import ScanSite, StartPrecision
from clinic.interop import values, words
from clinic.interop.measured import measured, whole, within
from clinic.interop.reader import CHECK, REFUSED, Reader
from clinic.interop.tables import Cell

Told = dict[str, Any]
LABS = {
    "calcium": "calcium_mmol_l", "vitamin_d": "vitamin_d_nmol_l", "creatinine": "creatinine_umol_l", "egfr": "egfr",
    "pth": "pth_pmol_l",
}  # fmt: skip
WHOLE = {"vitamin_d", "creatinine", "egfr"}  # stored without decimals


@dataclass(frozen=True, slots=True)
class PastFact:
    """One fact: its kind, the column that gives its day, and what it says by the names of its table."""

    kind: str
    column: str
    on: date
    told: Told
    columns: dict[str, str] = field(default_factory=dict)
    """Field to the column that it was read from."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """What one row tells of the patient with this number."""

    row: int
    number: str
    facts: tuple[PastFact, ...]
    birth_date: date | None = None
    """Whom the row means, said twice: a number copied from the line above would else give her another's past."""


def history(r: Reader) -> HistoryRow | None:
    """Every fact of a row; what the row leaves empty is no fact."""
    number = r.needed("number")
    facts: list[PastFact] = []
    for mapping in r.mapping.facts:
        if not mapping.tells(r.cells):
            continue
        kind = mapping.kind.removeprefix("history.")
        reader = Reader(r.number, r.cells, mapping, r.complaints)
        day_field, how = KINDS[kind]
        told = how(reader)
        if told is not None and told.get(day_field) is not None:
            columns = {name: mapping.column_of(name) for name in mapping.fields}
            day_column = mapping.column_of(NAMED.get(day_field, day_field))
            facts.append(PastFact(kind, day_column, told[day_field], told, columns))
    return HistoryRow(r.number, number, tuple(facts), r.read("birth_date", values.whole_date))


def near_day(r: Reader, name: str) -> date | None:
    """A day; a month is taken as its first day and flagged (protocol D3); a year alone is refused."""
    found = r.read_needed(name, values.partly_known)
    if found is None:
        return None
    if found[1] is StartPrecision.YEAR:
        r.complain(name, REFUSED, "day_missing", typed=str(found[0].year))
        return None
    if found[1] is StartPrecision.MONTH:
        r.complain(name, CHECK, "first_of_month", typed=found[0].strftime("%m-%Y"))
    return found[0]


def control(r: Reader) -> Told | None:
    """A control; without measurements it says that the patient was seen."""
    height, weight = measured(r)
    return {
        "on_date": r.read_needed("on", values.whole_date), "kind": r.read("kind", words.control_kind) or "clinic",
        "height_mm": height, "weight_g": weight, "note": r.text("note"),
    }  # fmt: skip


def scan(r: Reader) -> Told | None:
    """A DXA; with a score it was received, on the day that it was made unless the file says when."""
    made, received = near_day(r, "made_on"), r.read("received_on", values.whole_date)
    sites = sites_of(r)
    if made and received and received < made:
        r.complain("received_on", REFUSED, "received_before_made")
    return {
        "made_on": made, "received_on": received or (made if sites else None), "device": r.text("device"),
        "sites": sites,
    }  # fmt: skip


def sites_of(r: Reader) -> dict[str, Told]:
    """Site to BMD and scores, from columns of their own and from one cell with all T-scores."""
    told: dict[str, Told] = {}
    for site in ScanSite:
        bmd = within(r, f"{site}_bmd", r.read(f"{site}_bmd", values.number), str(site))
        if bmd is not None:
            told.setdefault(str(site), {})["bmd_mg_cm2"] = whole(bmd * 1000)
        for name in ("t", "z"):
            keep_score(r, f"{site}_{name}", told, str(site), f"{name}_score", r.read(f"{site}_{name}", values.number))
    for site, score in (r.read("scores", words.scores) or {}).items():
        if told.get(str(site), {}).get("t_score") not in (None, score):
            r.complain("scores", REFUSED, "score_twice", typed=str(score))
        keep_score(r, "scores", told, str(site), "t_score", score)
    return told


def keep_score(r: Reader, field: str, told: dict[str, Told], site: str, name: str, found: Decimal | None) -> None:
    """A score within its limits; one above zero is flagged, for its minus may have been lost."""
    score = within(r, field, found, "score")
    if score is None:
        return
    if score != round(score, 1):
        r.complain(field, REFUSED, "score_one_decimal", typed=str(score))
        return
    if score > 0 and not limits.is_unusual("score", limits.stored("score", score)):
        r.complain(field, CHECK, "score_above_zero", typed=str(score))
    told.setdefault(site, {})[name] = score


def spine_image(r: Reader) -> Told | None:
    """A spine image."""
    return {
        "on_date": near_day(r, "on"), "technique": r.read("technique", words.technique),
        "new_fracture": r.read("new_fracture", words.yes_no), "note": r.text("note"),
    }  # fmt: skip


def fracture(r: Reader) -> Told | None:
    """A fracture; its day may be known to the year."""
    on, site = r.read_needed("on", values.partly_known), r.read_needed("site", words.fracture_site)
    if on is None or site is None:
        return None
    return {
        "on_date": on[0], "precision": str(on[1]), "site": site, "low_energy": r.read("low_energy", words.yes_no),
        "level": r.text("level"), "genant": r.read("genant", grade), "note": r.text("note"),
    }  # fmt: skip


def grade(value: Cell) -> int:
    """The grade of Genant, 1 to 3."""
    found = values.number(value)
    if found not in (1, 2, 3):
        raise values.Unreadable("genant_grade", typed=str(value))
    return int(found)


def dose(r: Reader) -> Told | None:
    """An infusion or injection; its course is found by drug and day."""
    return {
        "on_date": r.read_needed("on", values.whole_date), "drug": r.read_needed("drug", values.drug),
        "place": r.text("place"), "given_by": r.text("given_by"),
    }  # fmt: skip


def lab(r: Reader) -> Told | None:
    """Laboratory values of one day; without any there is nothing to keep."""
    found = {name: within(r, name, r.read(name, values.number), name) for name in LABS}
    on = r.read_needed("on", values.whole_date)
    told: Told = {LABS[name]: kept(r, name, value) for name, value in found.items() if value is not None}
    if not told and not r.refused():
        r.complain("on", CHECK, "lab_without_values")
        return None
    return {"on_date": on} | told


def kept(r: Reader, name: str, value: Decimal) -> Decimal | int:
    """A value as it is stored; decimals that the register does not keep are flagged."""
    if name not in WHOLE:
        return value
    rounded = whole(value)
    if value != rounded:
        r.complain(name, CHECK, "rounded", typed=str(value), kept=str(rounded))
    return rounded


def review(r: Reader) -> Told | None:
    """What a doctor decided before the register was; "until" and "from" as the outcome asks."""
    outcome = r.read_needed("outcome", words.outcome)
    until, effective = r.read("until_on", values.whole_date), r.read("effective_on", values.whole_date)
    if outcome in ("continue", "postpone", "break_on") and until is None:
        r.complain("until_on", REFUSED, "empty")
    if outcome in ("stop", "switch") and effective is None:
        r.complain("effective_on", REFUSED, "empty")
    next_drug = r.read("next_drug", values.drug)
    return {
        "on_date": r.read_needed("on", values.whole_date), "outcome": outcome, "until_on": until,
        "effective_on": effective, "next_drug": str(next_drug) if next_drug else None,
        "reason": r.needed("reason"), "prescriber": r.text("doctor"),
    }  # fmt: skip


def letter(r: Reader) -> Told | None:
    """A letter that left before the register was; of which fact it told may be known."""
    about, on = r.read("about", words.about), r.read("about_on", values.whole_date)
    if (about is None) != (on is None):
        r.complain("about_on" if about else "about", REFUSED, "empty")
    return {"sent_on": r.read_needed("sent_on", values.whole_date), "about": about, "about_on": on}


def agreement(r: Reader) -> Told | None:
    """What was agreed for a day, in the past or to come."""
    return {
        "on_date": r.read_needed("on", values.whole_date), "what": r.read_needed("what", words.agreed),
        "made_on": r.read("made_on", values.whole_date), "why": r.text("why"),
    }  # fmt: skip


KINDS: dict[str, tuple[str, Callable[[Reader], Told | None]]] = {
    "control": ("on_date", control), "scan": ("made_on", scan), "spine_image": ("on_date", spine_image),
    "fracture": ("on_date", fracture), "dose": ("on_date", dose), "lab": ("on_date", lab),
    "review": ("on_date", review), "letter": ("sent_on", letter), "agreement": ("on_date", agreement),
}  # fmt: skip
NAMED = {"on_date": "on"}
FIELDS: dict[str, set[str]] = {
    "history": {"number", "birth_date"},
    "history.control": {"on", "kind", "height_cm", "weight_kg", "note"},
    "history.scan": {"made_on", "received_on", "device", "scores"}
    | {f"{site}_{name}" for site in ScanSite for name in ("bmd", "t", "z")},
    "history.spine_image": {"on", "technique", "new_fracture", "note"},
    "history.fracture": {"on", "site", "low_energy", "level", "genant", "note"},
    "history.dose": {"on", "drug", "place", "given_by"},
    "history.lab": {"on", *LABS},
    "history.review": {"on", "outcome", "until_on", "effective_on", "next_drug", "reason", "doctor"},
    "history.letter": {"sent_on", "about", "about_on"},
    "history.agreement": {"on", "what", "made_on", "why"},
}
