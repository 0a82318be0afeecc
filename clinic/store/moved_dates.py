"""Dates that a doctor moved and that are computed otherwise since: beside one another, for whose queue it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Date, Select, func, literal, select

from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.store.reviews import Override


def reopened(elsewhere: Sequence[int], no_subject: date) -> Select[*tuple[Any, ...]]:
    """What a doctor moved, with its item as it stands now, but for what these other doctors signed.

    The rules say of an item that its question is open again; one item has the latest override that stands.
    """
    about = func.coalesce(Override.subject, literal(no_subject, Date))
    return (
        select(Override, DueItem, Patient)
        .join(DueItem, (DueItem.patient_id == Override.patient_id) & (DueItem.code == Override.code)
              & (DueItem.subject == about))
        .join(Patient, Patient.id == Override.patient_id)
        .where(
            Override.stands.is_(True), Override.recorded_by.not_in(elsewhere),
            DueItem.due_on.not_in((Override.computed_on, Override.chosen_on)),
            DueItem.why["code"].as_string() == "reopened",
        )
        .order_by(DueItem.due_on, Override.id)
    )  # fmt: skip
