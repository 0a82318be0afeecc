"""What waits for the privacy officer on her first page: requests by their date, and a month of the log to review."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from clinic.security.permissions import May, allows
from clinic.services import log_reviews, rights
from clinic.web import language
from clinic.web.requests import in_words
from clinic.web.units import reading


def waiting() -> dict[str, Any] | None:
    """Open requests and the month that nobody has signed off; None for everybody else."""
    if not allows(current_user.role, May.READ_LOG):
        return None
    with reading() as work:
        lang = language.current()
        open_ones = rights.listed(work, only_open=True)
        month = log_reviews.overdue(work)
        return {
            "requests": [in_words(row.RightsRequest, row.name, work.today, lang) for row in open_ones],
            "month": month.strftime("%m-%Y") if month else "",
        }
