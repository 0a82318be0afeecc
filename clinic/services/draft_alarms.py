"""An alarm symptom in what is still typed: once it reached the doctor on duty, only her note ends it."""

from __future__ import annotations

import secrets
from collections.abc import Set
from datetime import datetime

from clinic.domain.alarms import DRAFT_WAITS
from clinic.domain.vocabulary import ControlKind, PatientStatus, Symptom
from clinic.security.audit import Action
from clinic.services.facts import stamp
from clinic.services.work import Work, local_day
from clinic.store.controls import Control
from clinic.store.patients import Patient


def waits(work: Work, patient_id: int, alarm_at: datetime | None) -> bool:
    """Whether the doctor on duty must sign for it: it reached her, and the patient is followed here."""
    return reached(work, alarm_at) and followed(work, patient_id)


def followed(work: Work, patient_id: int) -> bool:
    """Whether a doctor is warned of her at all."""
    return work.session.get_one(Patient, patient_id).status == PatientStatus.ACTIVE


def reached(work: Work, alarm_at: datetime | None) -> bool:
    """Whether an alarm symptom in a draft stands on the page of the doctor on duty."""
    return alarm_at is not None and alarm_at <= work.now - DRAFT_WAITS


def take_out(
    work: Work, patient_id: int, alarm_at: datetime | None, gone: set[Symptom], unsaid: Set[Symptom] = frozenset()
) -> None:
    """What no longer stands in a draft is logged; once it reached the doctor on duty, only her note ends it.

    So it is at once with what nobody took out: what is `unsaid` stands in another window, which goes with the draft.
    It is kept as a control that never stood, in which the symptom waits as in one that was corrected.
    """
    if not gone | unsaid or alarm_at is None:
        return
    work.note(Action.DRAFT_SAVED, patient_id, details={"alarm": "taken out"})
    left = gone | unsaid if reached(work, alarm_at) else unsaid
    if not left:
        return
    told = Control(
        on_date=local_day(alarm_at),
        kind=ControlKind.INTERIM.value,
        symptoms={str(symptom): {"present": True} for symptom in sorted(left)},
        alarm_at=alarm_at,
        alarm_left_at=work.now,
        form_token=secrets.token_urlsafe(16),
    )
    stamp(work, told, patient_id).stands = False
