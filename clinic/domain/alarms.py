"""When an alarm symptom reaches the doctor on duty, and when everybody sees that nobody looked."""

from __future__ import annotations

from datetime import datetime, timedelta

DRAFT_WAITS = timedelta(minutes=10)
"""A draft is typed for a while; after this it is told of as it stands."""
UNSEEN_AFTER = timedelta(minutes=60)
"""No doctor looked for so long: it stands on every home page."""


def unseen_too_long(since: datetime, seen: bool, now: datetime) -> bool:
    """Whether everybody must see it: an hour went by and no doctor opened the record."""
    return not seen and now - since >= UNSEEN_AFTER
