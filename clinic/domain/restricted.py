"""The closed lists of restricted records: why one is restricted, why it is opened in an emergency, what is found."""

from __future__ import annotations

from enum import StrEnum


class RestrictionKind(StrEnum):
    """Why only those who treat a patient open her record."""

    COLLEAGUE = "colleague"
    KNOWN = "known"
    ASKED = "asked"


class EmergencyReason(StrEnum):
    """Why somebody who does not treat a patient has to be in her record now."""

    STANDS_IN = "stands_in"
    CALLED = "called"
    RESULT = "result"
    OTHER = "other"


class EmergencyVerdict(StrEnum):
    """What the privacy officer found of it."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"
