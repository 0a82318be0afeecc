"""`clinic plan`: facts in, answer out, as JSON or as a table to read."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.domain import alerts, due, review, treatment
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT, Protocol
from clinic.domain.record import Record
from clinic.domain.vocabulary import DueCode
from clinic.wording import why as words
from clinic.wording.labels import alert_label, label

Json = dict[str, Any]


def answer(record: Record, on: date, lang: str = "en", protocol: Protocol = DEFAULT) -> Json:
    """The answer of the contract."""
    facts = Facts(record, on)
    items = due.from_facts(facts, protocol)
    exposed = treatment.exposure(facts, protocol)
    return {
        "on": on.isoformat(),
        "protocol": protocol.name,
        "course": course(facts, protocol),
        "exposure": {"class_days": sum(exposed.values()), "by_drug": {str(d): n for d, n in exposed.items()}},
        "due": [due_item(item, on, lang) for item in due.working_order(items, on)],
        "alerts": [
            {"code": str(a.code), "level": str(a.level), "since": a.since.isoformat(), **reason(a, lang)}
            for a in alerts.from_facts(facts, items, protocol)
        ],
        "nothing_planned": due.nothing_planned(facts, items),
        "criteria": [
            {"code": str(c.code), "met": c.met, **reason(c, lang)} for c in review.from_facts(facts, protocol)
        ],
    }


def course(facts: Facts, protocol: Protocol) -> Json | None:
    """The current course; none after leaving (S8)."""
    current = facts.current
    if current is None or not facts.active:
        return None
    return {
        "drug": str(current.drug),
        "planned_end": treatment.planned_end(facts, current, protocol).on.isoformat(),
        "provisional": treatment.open_pause(current) is not None,
        "estimated": treatment.is_estimated(current),
        "years_recorded": current.planned_years is not None,
    }


def due_item(item: due.DueItem, on: date, lang: str) -> Json:
    """One item with its status on the day."""
    return {
        "code": item.code,
        "due_on": item.due_on.isoformat(),
        "opens_on": item.opens_on.isoformat(),
        "late_after": item.late_after.isoformat(),
        "very_late_after": item.very_late_after.isoformat() if item.very_late_after else None,
        "status": str(due.status(item, on)),
        "backlog": item.backlog,
        "subject": item.subject.isoformat() if item.subject else None,
        **reason(item, lang),
    }


def reason(item: Any, lang: str) -> Json:
    """Why and source in the reader's language."""
    return {
        "why": words.sentence(item.why.code, item.why.params, lang),
        "source": words.source(item.source, lang),
    }


def table(found: Json, lang: str) -> str:
    """The answer as lines to read on a terminal."""
    nl, version = lang == "nl", found["protocol"]
    lines = [f"{found['on']}  {version}"]
    current = found["course"]
    if current is None:
        lines.append("Geen lopende behandeling" if nl else "No current course")
    else:
        marks = [name for name in ("provisional", "estimated") if current[name]]
        end = "gepland einde" if nl else "planned end"
        lines.append(f"{current['drug']}  {end} {current['planned_end']}  {' '.join(marks)}".rstrip())
    lines.append(f"{'bisfosfonaten' if nl else 'bisphosphonates'}: {found['exposure']['class_days']} d")
    for item in found["due"]:
        name = label(DueCode(item["code"]), lang)
        backlog = ("  achterstand" if nl else "  backlog") if item["backlog"] else ""
        lines.append(f"{item['due_on']}  {item['status']:<9} {name}{backlog}")
        lines.append(f"{'':12}{item['why']} {words.whence(item['code'], version, lang)}")
    for alert in found["alerts"]:
        lines.append(f"{alert['since']}  {alert['level']:<9} {alert_label(alert['code'], lang)}")
        lines.append(f"{'':12}{alert['why']} {words.alert_whence(alert['code'], version, alert['source'], lang)}")
    if found["nothing_planned"]:
        lines.append("Zonder vervolg" if nl else "Nothing planned")
    return "\n".join(lines)
