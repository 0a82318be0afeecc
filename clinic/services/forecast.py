"""The forecast of the register: items counted by month, read anew only when something changed."""

from __future__ import annotations

from datetime import date
from typing import cast

from sqlalchemy import ColumnElement

from clinic.domain import forecast
from clinic.domain.calendar import add_months
from clinic.domain.forecast import Kind, Month
from clinic.security.permissions import May
from clinic.services import worklists
from clinic.services.work import Work
from clinic.store import counted
from clinic.store import forecast as store
from clinic.store.due import DueItem

Counts = dict[tuple[str, date], int]


def ahead(work: Work) -> tuple[dict[Kind, int], list[Month]]:
    """Patients with something due before this month, and the 24 months from this one."""
    work.needs(May.READ_FORECAST)
    start = work.today.replace(day=1)
    until = add_months(start, forecast.MONTHS)

    def anew() -> tuple[Counts, Counts]:
        kinds = store.named_kinds({kind: worklists.MONTHLY[f"month-{kind}"] for kind in Kind})
        by_code = store.by_month(work.session, until, cast(ColumnElement[str], DueItem.code))
        return store.by_month(work.session, until, kinds, start), by_code

    due, items = counted.kept(work.session, ("forecast", start), anew)
    earlier = {kind: due.get((kind, date.min), 0) for kind in Kind}
    return earlier, forecast.ahead(due, items, work.today, work.protocol)
