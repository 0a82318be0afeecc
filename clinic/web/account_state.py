"""How an account stands, in words."""

from __future__ import annotations

from clinic.services import accounts
from clinic.services.work import Work, local_day
from clinic.web.language import gettext as _
from clinic.web.presenters import day


def state_of(work: Work, row: accounts.Row) -> tuple[str, str]:
    """How an account stands: a kind of sign and its words."""
    user = row.user
    if not user.active:
        return "hold", str(_("inactive"))
    if row.waits:
        return "late", str(_("waits after failed sign-ins"))
    if user.code_until is None:
        return "ok", str(_("active"))
    if user.code_until < work.now:
        return "late", str(_("one-time code expired"))
    return "wait", str(_("one-time code until %(day)s", day=day(local_day(user.code_until))))
