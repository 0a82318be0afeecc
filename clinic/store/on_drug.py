"""Whom a filter on a treatment finds: who uses the drug, or used it last."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.orm import aliased

from clinic.store.treatments import Course

LATER = aliased(Course)


def last_started(patient_id: Any, drug: str, day: Any) -> ColumnElement[bool]:
    """Whether the course that a patient started last, by a day, is of this drug.

    After its stop too, for denosumab asks for more then; not once another took its place. Who has yet to start her
    first goes by that.
    """
    hers = (LATER.patient_id == Course.patient_id, LATER.stands.is_(True), LATER.started_on <= day)
    started_later = exists().where(*hers, LATER.started_on > Course.started_on)
    is_first = ~exists().where(*hers)
    of_drug = (Course.patient_id == patient_id, Course.stands.is_(True), Course.drug == drug)
    return exists().where(*of_drug, ~started_later, or_(Course.started_on <= day, is_first))
