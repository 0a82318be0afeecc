"""The accounts for a spreadsheet: who may come in, as what, and when she last did."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import accounts
from clinic.services.work import local_day
from clinic.web import language, spreadsheet
from clinic.web.account_state import state_of
from clinic.web.language import gettext as _
from clinic.web.presenters import day
from clinic.web.units import reading
from clinic.wording.people import role_label


@needs(May.EDIT_ACCOUNTS)
def export(kind: str) -> ResponseReturnValue:
    """Every account, the active ones first."""
    lang = language.current()
    with reading() as work:
        found = accounts.listed(work)
        work.note(Action.LIST_EXPORTED, subject="list:accounts", details={"accounts": len(found)})
        rows = [
            [row.user.name, row.user.username, role_label(row.user.role, lang), row.user.function,
             _("yes") if row.user.may_authorise else _("no"), state_of(work, row)[1], local_day(row.user.created_at),
             local_day(row.last_in) if row.last_in else None]
            for row in found
        ]  # fmt: skip
        name = f"accounts-{day(work.today)}"
    heads = [_("Name"), _("User name"), _("Role"), _("Function"), _("Authorises letters"), _("State"), _("Made on"),
             _("Last sign-in")]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)
