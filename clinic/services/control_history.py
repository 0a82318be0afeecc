"""What was known before a control: each measure and question by its latest answer with its day; the last 25-OH-D."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, cast

from sqlalchemy import Column, Row, Select, Table, and_, bindparam, literal, select, true, union_all

from clinic.domain.protocol import ORAL
from clinic.domain.vocabulary import ControlKind, Drug
from clinic.services.work import Work
from clinic.store.controls import INTAKE, Control
from clinic.store.patients import Patient
from clinic.store.scans import Lab
from clinic.store.treatments import Course, Dose

CONTROLS = cast(Table, Control.__table__).c
TAKEN = tuple(f"intake_{name}" for name in INTAKE)
ASKED = (
    *TAKEN, "missed_doses", "doubts", "side_effects", "new_back_pain", "percussion_pain", "rib_pelvis_fingers",
    "occiput_wall_mm", "new_fracture", "dairy_portions", "calcium_mg", "vitamin_d_ie", "falls", "lifestyle_changes",
    "dental", "note",
)  # fmt: skip
IN_ORDER = (CONTROLS.on_date.desc(), CONTROLS.id.desc())
BEFORE = (
    CONTROLS.patient_id == bindparam("patient_id"),
    CONTROLS.stands.is_(True),
    CONTROLS.on_date < bindparam("before"),
)


class Latest(NamedTuple):
    """An answer and the day of the control that gave it."""

    value: Any
    on: date


@dataclass(frozen=True, slots=True)
class Earlier:
    """The day of the last control before a day, and by name what was answered last."""

    on: date | None
    latest: dict[str, Latest]

    @property
    def intake_on(self) -> date | None:
        """When intake was asked about last."""
        return max((self.latest[name].on for name in TAKEN if name in self.latest), default=None)

    def intake(self) -> dict[str, bool]:
        """The answers about intake of that day."""
        known = {name: self.latest[f"intake_{name}"] for name in INTAKE if f"intake_{name}" in self.latest}
        return {name: one.value for name, one in known.items() if one.on == self.intake_on}


def last_of(what: str, column: Column[Any]) -> Select[Any]:
    """The last control with one measure."""
    one = select(literal(what).label("what"), column.label("value"), CONTROLS.on_date)
    return select(one.where(*BEFORE, column.is_not(None)).order_by(*IN_ORDER).limit(1).subquery())


# asked by each control, so put together once
MEASURED = union_all(last_of("height", CONTROLS.height_mm), last_of("weight", CONTROLS.weight_g))
LABS = cast(Table, Lab.__table__).c
LAB = "vitamin_d_nmol_l"
LAST_LAB = (
    select(LABS[LAB], LABS.on_date.label("lab_on"))
    .where(
        LABS.patient_id == bindparam("patient_id"),
        LABS.stands.is_(True),
        LABS[LAB].is_not(None),
        LABS.on_date <= bindparam("before"),  # blood of the day itself is looked at too
    )
    .order_by(LABS.on_date.desc(), LABS.id.desc())
    .limit(1)
    .subquery()
)
# the controls beside the last laboratory value; of whom there is neither, one empty row
ANSWERED = (
    select(
        CONTROLS.on_date, CONTROLS.kind, CONTROLS.symptoms, *(CONTROLS[name] for name in ASKED), *LAST_LAB.c,
    )
    .select_from(Patient)
    .outerjoin(Control, and_(*BEFORE))
    .outerjoin(LAST_LAB, true())
    .where(Patient.id == bindparam("patient_id"))
    .order_by(*IN_ORDER)
)  # fmt: skip
GIVEN = {"dose_place": Dose.place, "dose_by": Dose.given_by, "dose_reaction": Dose.reaction}
DOSES = (
    select(Dose.on_date, *(column.label(name) for name, column in GIVEN.items()))
    .join(Course, Course.id == Dose.course_id)
    .where(
        Dose.patient_id == bindparam("patient_id"),
        Dose.stands.is_(True),
        Dose.on_date < bindparam("before"),
        Course.drug == bindparam("drug"),
    )
    .order_by(Dose.on_date.desc(), Dose.id.desc())
)


def measured(work: Work, patient_id: int, before: date) -> dict[str, Latest]:
    """The last height and the last weight before a day; a control that measured only one of them hides no other."""
    rows = work.session.execute(MEASURED, {"patient_id": patient_id, "before": before})
    return {row.what: Latest(row.value, row.on_date) for row in rows}


def answered(work: Work, patient_id: int, before: date, drug: Drug | None = None) -> Earlier:
    """All that was answered before a day, the latest of each, and the last 25-OH-D; what does not stand does not count.

    Of a drug that is given: also where and by whom that was done last, and how it was borne.
    """
    on, latest = None, dict[str, Latest]()
    for row in work.session.execute(ANSWERED, {"patient_id": patient_id, "before": before}):
        if row.lab_on is not None:
            latest[LAB] = Latest(row.vitamin_d_nmol_l, row.lab_on)
        if row.on_date is None:
            break
        if on is None and row.kind != ControlKind.INTERIM:
            on = row.on_date
        for name, value in told_by(row):
            latest.setdefault(name, Latest(value, row.on_date))
    return Earlier(on, latest if drug is None or drug in ORAL else latest | given(work, patient_id, before, drug))


def given(work: Work, patient_id: int, before: date, drug: Drug) -> dict[str, Latest]:
    """What was told last of each question about the infusions or injections of a drug."""
    latest: dict[str, Latest] = {}
    for row in work.session.execute(DOSES, {"patient_id": patient_id, "before": before, "drug": drug.value}):
        for name in GIVEN:
            if value := getattr(row, name):
                latest.setdefault(name, Latest(value, row.on_date))
    return latest


def told_by(row: Row[Any]) -> Iterator[tuple[str, Any]]:
    """What one control answers, by name; a zero and a "no" are answers too."""
    for name in ASKED:
        value = getattr(row, name)
        if value is not None and value not in ("", {}):
            yield name, value
    for code, answer in row.symptoms.items():
        if answer.get("present") is not None:
            yield f"symptom_{code}", answer
