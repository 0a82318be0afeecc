"""Which days can be and which the protocol holds: shown beside a field of a control, and held against while typing.

The server says the same when the form is sent, and is the one that counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from clinic.domain import due
from clinic.domain import record as domain
from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem
from clinic.domain.protocol import Protocol
from clinic.domain.record import Record
from clinic.domain.vocabulary import AgreementWhat, ControlKind
from clinic.interop.values import MONTHS
from clinic.services.control_checks import CALLED_BACK, as_if, needs_reason, proposed
from clinic.web.control_form import FRACTURES, ControlForm
from clinic.web.language import gettext as _
from clinic.web.messages import sentence
from clinic.web.presenters import day
from clinic.wording import why

COUNTED = {"full": ControlKind.CLINIC, "phone": ControlKind.PHONE, "interim": ControlKind.INTERIM}
"""What a control can count as: one by phone that counts as a full one is `full`."""
KINDS = {
    "full": lambda: _("clinic or full phone control"),
    "phone": lambda: _("phone control that is not a full one"),
    "interim": lambda: _("interim control"),
}
AGREED = (AgreementWhat.CONTROL, AgreementWhat.DXA, AgreementWhat.LAB, AgreementWhat.CALL)
Rule = dict[str, str]
Items = dict[str, DueItem | None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Proposal:
    """The date the protocol holds when nothing else is agreed, after a control that counts as one of `when`."""

    when: str
    text: str


@dataclass(frozen=True, slots=True)
class Days:
    """By field: what the protocol proposes after a control on a day, and the rules that a day is held against."""

    on: date
    proposals: dict[str, list[Proposal]]
    rules: dict[str, list[Rule]]
    months = MONTHS
    """How a field reads the name of a month."""

    def put(self, form: ControlForm) -> None:
        """Give each field its rules, for the script."""
        for name, rules in self.rules.items():
            form[name].render_kw = {**(form[name].render_kw or {}), "data-days": json.dumps(rules)}


def build(record: Record, on: date, today: date, lang: str, protocol: Protocol) -> Days:
    """What is said of the days of a control on a day; of a correction the record is without what it corrects."""
    after = {
        when: due.due_items(as_if(record, domain.Control(on, kind)), today, protocol) for when, kind in COUNTED.items()
    }
    found = {what: {when: proposed(items, what) for when, items in after.items()} for what in AGREED}
    rules = {f"next_{what}": [next_after(what), *windows(what, items)] for what, items in found.items()}
    rules |= lived(record, today) | given(record, today)
    return Days(on, {f"next_{what}": proposals(items, lang) for what, items in found.items()}, rules)


def proposals(items: Items, lang: str) -> list[Proposal]:
    """The dates of the protocol in words; those that do not hang on what the control counts as are said once."""
    texts = {when: proposal(item, lang) for when, item in items.items() if item is not None}
    return [Proposal(" ".join(when), f"{held(when)}: {text}") for text, when in alike(texts)]


def proposal(item: DueItem, lang: str) -> str:
    """The date of an item and why."""
    return f"{day(item.due_on)}. {why.sentence(item.why.code, item.why.params, lang)}"


def held(when: list[str]) -> str:
    """That a date is the protocol's, and after which kinds of control when not after all."""
    if len(when) == len(COUNTED):
        return str(_("Protocol"))
    kinds = [KINDS[one]() for one in when]
    told = kinds[0] if len(kinds) == 1 else _("%(this)s or %(that)s", this=kinds[0], that=kinds[1])
    return str(_("Protocol after %(kinds)s", kinds=told))


def alike(told: dict[str, T]) -> list[tuple[T, list[str]]]:
    """What is told the same of several kinds of control, once, with those."""
    found: dict[T, list[str]] = {}
    for when, what in told.items():
        found.setdefault(what, []).append(when)
    return list(found.items())


def next_after(what: AgreementWhat) -> Rule:
    """What is agreed lies after the day that stands in the field of the control's own day; some may be of that day."""
    same = {"same": str(CALLED_BACK[1])} if what == CALLED_BACK[0] else {}
    return {"after": "on", **same, "says": sentence(RuleBroken("next", "agreed_in_past"))}


def windows(what: AgreementWhat, items: Items) -> Iterator[Rule]:
    """When the protocol wants it, unless a reason is given for another day."""
    there = {when: (item.opens_on, item.late_after) for when, item in items.items() if item is not None}
    for (opens, late), when in alike(there):
        says = sentence(needs_reason(what, opens, late))
        bounds = {"from": opens.isoformat(), "to": late.isoformat()}
        yield {"when": " ".join(when), **bounds, "unless": f"next_{what}_why", "says": says}


def lived(record: Record, today: date) -> dict[str, list[Rule]]:
    """A control and a fracture lie between her birth and today; a fracture's day may be known to the year alone."""
    born = record.patient.birth_date
    control = [until(today, RuleBroken("on", "control_in_future")), since(born, RuleBroken("on", "before_birth"))]
    year = born.replace(month=1, day=1)
    fracture = [until(today, RuleBroken("on", "result_in_future")), since(year, RuleBroken("on", "before_birth"))]
    return {"on": control} | {f"{row}_on": fracture for row in FRACTURES}


def given(record: Record, today: date) -> dict[str, list[Rule]]:
    """An infusion or injection was given while its course ran, and once a day."""
    course = Facts(record, today).current
    if course is None:
        return {}
    early = RuleBroken("on", "dose_before_start", day=day(course.started_on))
    known = " ".join(sorted(dose.isoformat() for dose in course.doses))
    return {
        "dose_on": [
            until(today, RuleBroken("on", "dose_in_future")),
            since(course.started_on, early),
            {"known": known, "says": sentence(RuleBroken("on", "dose_recorded_already"))},
        ]
    }


def until(last: date, broken: RuleBroken) -> Rule:
    """No later than a day."""
    return {"to": last.isoformat(), "says": sentence(broken)}


def since(first: date, broken: RuleBroken) -> Rule:
    """No earlier than a day."""
    return {"from": first.isoformat(), "says": sentence(broken)}
