"""Keep what is derived in step with the facts: due items, alerts, and who has nothing planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Table, delete, insert, select
from sqlalchemy.orm import Session

from clinic.domain import alerts as alert_rules
from clinic.domain import due as due_rules
from clinic.domain.calendar import add_days
from clinic.domain.facts import Facts
from clinic.domain.protocol import Protocol
from clinic.domain.record import Record
from clinic.security.audit import Action
from clinic.services import decision_changes, in_force
from clinic.services.work import Work
from clinic.store import agenda, records
from clinic.store.appointments import Appointment
from clinic.store.base import Json
from clinic.store.due import DueItem, RedAlert
from clinic.store.patients import Patient
from clinic.store.put import grow
from clinic.store.records import Known

NO_SUBJECT = date(1970, 1, 1)  # part of a key cannot be null
Row = dict[str, Any]
STORED = {table: cast(Table, table.__table__) for table in (DueItem, RedAlert)}
# asked by each fact that is kept, so put together once
GONE = {table: delete(stored).where(stored.c.patient_id.in_(records.IDS)) for table, stored in STORED.items()}
ANEW = {table: insert(stored) for table, stored in STORED.items()}


class Derived(NamedTuple):
    """What follows from a patient's facts, as rows."""

    items: list[Row]
    alerts: list[Row]


NOTHING = Derived([], [])
"""Of a number that was merged into another."""


def refresh(work: Work, patient: Patient) -> Known:
    """Rebuild one patient's items and alerts from her facts, in the caller's transaction; says what was read."""
    return refresh_all(work, [patient])


def refresh_all(work: Work, patients: Sequence[Patient]) -> Known:
    """The same for several patients at once."""
    grow(work.session, patients)
    known = rebuild(work.session, patients, work.today)
    corrected = work.session.info.get("taken_down", set())
    for patient in patients:
        if patient.id in corrected:
            corrected.remove(patient.id)  # the others come with a later batch
            decision_changes.look(work, patient.id, known.records[patient.id])
    if Appointment in known.there:
        let_go(work, [patient.id for patient in patients])
    return known


def let_go(work: Work, patient_ids: Sequence[int]) -> None:
    """A booking before its item opens was for the one before, which is done; the next one is to be booked anew.

    A key is the same each time (each yearly control of a course), so the booking would hide the next from the lists.
    """
    for row in agenda.too_early(work.session, patient_ids):
        details = {"state": row.state, "let_go": row.item_code}
        row.item_code = row.item_subject = None
        work.note(Action.APPOINTMENT_SETTLED, row.patient_id, f"appointment:{row.id}", details)


def rebuild(session: Session, patients: Sequence[Patient], today: date) -> Known:
    """Rebuild the items and alerts of these patients by the rules in force.

    The number of statements does not grow with the facts.
    For a number that was merged into another nothing is due: it is due at the number that stays.
    """
    protocol, ids = in_force.rules(session), [patient.id for patient in patients]
    known = records.known(session, patients)
    items: list[Row] = []
    alerts: list[Row] = []
    for patient in patients:
        record = known.records[patient.id]
        if patient.merged_into_id is not None:
            follow(patient, None, False)
            continue
        derived = derive(patient.id, record, today, protocol)
        items.extend(derived.items)
        alerts.extend(derived.alerts)
        follow(patient, due_rules.next_change(record, today), nothing_planned(record, derived.items))
    connection = session.connection()
    replace(connection, DueItem, ids, items)
    if alerts or RedAlert in known.there:
        replace(connection, RedAlert, ids, alerts)
    return known


def follow(patient: Patient, refresh_on: date | None, nothing: bool) -> None:
    """What of the patient herself follows from her facts; set to what it was, it would be looked at all the same."""
    if (patient.refresh_on, patient.nothing_planned) != (refresh_on, nothing):
        patient.refresh_on, patient.nothing_planned = refresh_on, nothing


def nothing_planned(record: Record, items: Iterable[Row]) -> bool:
    """S12: an active patient without any item but letters."""
    return record.patient.status == "active" and all(row["code"].startswith("letter.") for row in items)


def replace(connection: Connection, table: type[DueItem] | type[RedAlert], ids: list[int], rows: list[Row]) -> None:
    """Put these rows in the place of what was there."""
    connection.execute(GONE[table], {"ids": ids})
    if rows:
        connection.execute(ANEW[table], rows)


def derive(patient_id: int, record: Record, today: date, protocol: Protocol) -> Derived:
    """What follows from a record by these rules, as rows."""
    facts = Facts(record, today)
    items = due_rules.from_facts(facts, protocol)
    alerts = alert_rules.stored_from_facts(facts, items, protocol)
    return Derived(item_rows(patient_id, items, protocol), alert_rows(patient_id, alerts, protocol))


def item_rows(patient_id: int, items: Iterable[due_rules.DueItem], protocol: Protocol) -> list[Row]:
    """Due items as rows; two of one code and subject are numbered."""
    rows: list[Row] = []
    seen: dict[tuple[str, date], int] = {}
    for item in items:
        subject = item.subject or NO_SUBJECT
        number = seen[item.code, subject] = seen.get((item.code, subject), 0) + 1
        rows.append(
            {
                "patient_id": patient_id,
                "code": str(item.code),
                "subject": subject,
                "number": number,
                "due_on": item.due_on,
                "opens_on": item.opens_on,
                "late_after": item.late_after,
                "very_late_after": item.very_late_after,
                "backlog": item.backlog,
                "why": why_json(item.why),
                "source": item.source,
                "protocol": protocol.name,
            }
        )
    return rows


def alert_rows(patient_id: int, alerts: Iterable[alert_rules.Alert], protocol: Protocol) -> list[Row]:
    """Alerts with the days on which they hold, as rows."""
    return [
        {
            "patient_id": patient_id,
            "code": str(alert.code),
            "level": str(alert.level),
            "since": alert.since,
            "holds_from": alert.holds_from,
            "holds_until": alert.holds_until,
            "why": why_json(alert.why),
            "source": alert.source,
            "protocol": protocol.name,
        }
        for alert in alerts
    ]


def why_json(why: Any) -> Json:
    """A reason as code and plain parameters; dates as ISO text."""
    return {"code": str(why.code), "params": {name: plain(value) for name, value in why.params.items()}}


def plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def refresh_due_today(session: Session, today: date, batch: int = 200) -> int:
    """Rebuild the patients for whom a fact recorded ahead has become known by today (D5); how many.

    They are locked: of two who sign in at once the second waits, and goes on when the first has done it.
    """
    done = 0
    due = select(Patient).where(Patient.refresh_on <= today).order_by(Patient.id).limit(batch)
    held = due.with_for_update(of=Patient).execution_options(populate_existing=True)
    while patients := session.scalars(held).all():
        rebuild(session, patients, today)
        session.flush()
        done += len(patients)
    return done


def differences(session: Session, patients: Sequence[Patient], today: date) -> list[int]:
    """The ids of patients whose stored items or alerts are not what the rules in force say; empty is right.

    What no version changed since keeps citing the one under which it was made. Who was not brought up to the day yet
    (the first sign-in does that) is compared as of the last day before a fact recorded ahead became known.
    """
    protocol = in_force.rules(session)
    found = records.load_many(session, patients)
    wrong = []
    for patient in patients:
        merged = patient.merged_into_id is not None
        derived = NOTHING if merged else derive(patient.id, found[patient.id], stored_on(patient, today), protocol)
        kept = tuple(stored(session, table, patient.id) for table in (DueItem, RedAlert))
        if kept != tuple(keyed(rows) for rows in derived):
            wrong.append(patient.id)
    return wrong


def stored_on(patient: Patient, today: date) -> date:
    """The last day for which what is stored of a patient holds, or today."""
    ahead = patient.refresh_on
    return today if ahead is None or ahead > today else add_days(ahead, -1)


def keyed(rows: list[Row]) -> list[str]:
    """Rows in an order that does not depend on how they were made."""
    return sorted(said(row) for row in rows)


def said(row: Row) -> str:
    """What a row says; not its key, nor which version computed it, which make it no other."""
    return repr(sorted((name, value) for name, value in row.items() if name not in ("id", "protocol")))


def stored(session: Session, table: type[DueItem] | type[RedAlert], patient_id: int) -> list[str]:
    """What is stored for a patient, in the shape of `keyed`."""
    names = [column.key for column in table.__table__.columns if column.key != "id"]
    found = session.scalars(select(table).where(table.patient_id == patient_id))
    return keyed([{name: getattr(row, name) for name in names} for row in found])
