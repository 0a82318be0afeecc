"""Destruction by two people: everything of hers goes, from every table; the log and a tombstone stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.domain.restricted import RestrictionKind
from clinic.domain.vocabulary import RequestKind, RequestState
from clinic.letters.outbox import JOURNAL
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import copies, destruction, log, restrictions, rights
from clinic.services.copies import AddCopy
from clinic.services.destruction import Destroy
from clinic.services.restrictions import Restrict
from clinic.services.rights import RecordRequest, Settle
from clinic.services.work import Actor, NotAllowed, Stale, Work
from clinic.store import dossier
from clinic.store.audit import AuditEntry
from clinic.store.copies import StandingCopy
from clinic.store.imports import ImportedFact
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.print_runs import PrintRun
from clinic.store.rights import RightsRequest, Tombstone
from clinic.store.settings import ImportReceipt
from clinic.store.tables import Base
from tests.conftest import MONDAY
from tests.factories import make_control, make_patient
from tests.laws import register
from tests.letter_makers import drafted, sent, sign, with_gp
from tests.services.test_letters_to_patients_leave import begun, told

Start = Callable[..., Work]


def asked(work: Work, patient: Patient) -> RightsRequest:
    """She wants her record destroyed."""
    return rights.record(work, RecordRequest(patient.id, RequestKind.DESTRUCTION, MONDAY, "", f"token-{patient.id}"))


def count(session: Session, name: str) -> int:
    """How many rows a table has."""
    return session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) or 0


def weighed(work: Start, row: RightsRequest) -> Destroy:
    """A doctor weighed it; what the privacy officer then says."""
    destruction.decide(work("doctor"), row.id, "no interest of another", row.version)
    return Destroy(row.id, row.number, "destroyed today", row.version)


def test_nothing_of_her_stays_in_any_table_and_nothing_of_another_goes(database: Engine) -> None:
    """One row of everything, made by the laws' register, on both databases."""
    with database.begin() as connection:
        register.fill(connection)
        connection.execute(ImportedFact.__table__.insert(), {"kind": "courses", "fact_id": 1, "receipt_id": 1})
    everything = {table.name for table in Base.metadata.sorted_tables}
    with Session(database) as session:
        session.execute(text("UPDATE print_runs SET pdf = :pdf, sha256 = 'x'"), {"pdf": b"x"})
        ids = [1]
        counted = dossier.erase(session, ids)
        session.flush()
        left = {name for name in everything if count(session, name)}
        assert session.scalars(select(Patient.number)).all() == ["2"]
        assert session.scalars(select(PrintRun.pdf)).all() == [None]
        assert set(counted) == everything - left | {"patients"}
        about = {name for name in left if "patient_id" in Base.metadata.tables[name].c}
        assert about == set(dossier.STAYS)
        assert {"users", "gps", "practices", "import_receipts", "print_runs", "audit_entries"} <= left
        session.rollback()


def test_two_people_and_a_typed_number_destroy_and_a_tombstone_stays(work: Start, tmp_path: Path) -> None:
    nurse, officer = work("nurse"), work("privacy_officer")
    patient, other = with_gp(nurse), make_patient(nurse)
    make_control(nurse, patient, MONDAY)
    merged = make_patient(nurse, merged_into_id=patient.id)
    key, merged_key, number = patient.id, merged.id, patient.number
    row = asked(nurse, patient)
    told = Destroy(row.id, number, "destroyed today", row.version)
    with pytest.raises(RuleBroken, match="destruction_undecided"):
        destruction.destroy(officer, told, tmp_path)
    told = weighed(work, row)
    destruction.decide(work("doctor"), row.id, "no interest of another", 1)  # said twice
    wrong_ones = {"destruction_number": {"number": other.number}, "request_answer": {"answer": " "}}
    for code, change in wrong_ones.items():
        with pytest.raises(RuleBroken, match=code):
            destruction.destroy(officer, replace(told, **change), tmp_path)

    stone = destruction.destroy(officer, told, tmp_path)

    assert destruction.destroy(officer, told, tmp_path) is stone
    assert (stone.patient_id, stone.number, stone.rows["controls"], stone.rows["patients"]) == (key, number, 1, 2)
    assert officer.session.scalars(select(Patient.id)).all() == [other.id]
    assert set(officer.session.scalars(select(Tombstone.patient_id))) == {key, merged_key}
    assert (row.state, row.answer) == ("granted", "destroyed today")
    lines = officer.session.scalars(select(AuditEntry.action).where(AuditEntry.patient_id == key)).all()
    assert lines[-1] == Action.RECORD_DESTROYED
    assert log.patient_numbered(officer, number) == key
    assert log.show(officer, log.Asked(patient_id=key)).lines[0].number == number


def test_the_journal_beside_the_outbox_forgets_her_address_and_says_that_she_is_destroyed(
    work: Start, tmp_path: Path
) -> None:
    patient, secretary = told(work), work("secretary")
    letter = begun(work, patient, "control")
    assert sent(secretary, letter, tmp_path).sent
    copies.add(secretary, AddCopy(patient.id, None, "at her wish"))
    own = secretary.session.scalars(select(StandingCopy.id)).one()
    path, of_before = tmp_path / JOURNAL, {"sent_at": "2026-11-23T09:00:00", "text_sha256": "x"}
    gp = of_before | {"reference": "B-9", "envelope": {"name": "Hoekstra", "lines": ["Terpwei 7 é"]}}
    hers = [of_before | {"reference": letter.reference, "envelope": letter.envelope, **copy}
            for copy in ({}, {"copy": own})]  # fmt: skip
    path.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (*hers, gp)) + "half a li")
    before, key = path.stat().st_size, patient.id
    row = weighed(work, asked(work("nurse"), patient))
    with pytest.raises(RuleBroken, match="destruction_journal"):
        destruction.destroy(work("privacy_officer"), row, path)  # a file is no folder
    work().session.rollback()

    destruction.destroy(work("privacy_officer"), row, tmp_path)

    *lines, torn, destroyed = path.read_text().splitlines()
    assert [json.loads(line).get("envelope") for line in lines] == [None, None, gp["envelope"]]
    assert (torn, json.loads(destroyed)["destroyed"]) == ("half a li", key)
    assert sum(len(line.encode()) + 1 for line in (*lines, torn)) - 1 == before


def test_who_weighed_it_does_not_carry_it_out_whatever_her_role_is_now(work: Start, tmp_path: Path) -> None:
    nurse = work("nurse")
    row = asked(nurse, make_patient(nurse))
    told = weighed(work, row)
    same = work("privacy_officer")
    same.actor = Actor(row.decided_by or 0, "x", "x", Role.PRIVACY_OFFICER)
    with pytest.raises(RuleBroken, match="destruction_two_people"):
        destruction.destroy(same, told, tmp_path)


def test_a_weighing_has_a_ground_and_only_of_destruction(work: Start, tmp_path: Path) -> None:
    nurse, doctor = work("nurse"), work("doctor")
    patient = make_patient(nurse)
    row = asked(nurse, patient)
    with pytest.raises(RuleBroken, match="destruction_ground"):
        destruction.decide(doctor, row.id, " ", row.version)
    with pytest.raises(Stale):
        destruction.decide(doctor, row.id, "x", row.version + 1)
    with pytest.raises(RuleBroken, match="request_destruction"):
        rights.settle(doctor, Settle(row.id, RequestState.GRANTED, "x", row.version))
    other = rights.record(nurse, RecordRequest(patient.id, RequestKind.ACCESS, MONDAY, "", "other"))
    for act in (
        lambda: destruction.decide(doctor, other.id, "x", other.version),
        lambda: destruction.destroy(
            work("privacy_officer"), Destroy(other.id, patient.number, "x", other.version), tmp_path
        ),
    ):
        with pytest.raises(LookupError):
            act()
    for act in (
        lambda: destruction.decide(nurse, row.id, "x", row.version),
        lambda: destruction.destroy(doctor, Destroy(row.id, patient.number, "x", row.version), tmp_path),
        lambda: destruction.past_term(nurse),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_signed_letter_leaves_or_is_withdrawn_first_and_numbers_of_letters_are_not_used_again(
    work: Start, tmp_path: Path
) -> None:
    doctor = work("doctor")
    letter = sign(doctor, drafted(doctor))
    doctor.session.commit()
    patient, gone = doctor.session.get_one(Patient, letter.patient_id), letter.id
    key = patient.id
    told = weighed(work, asked(work("nurse"), patient))
    with pytest.raises(RuleBroken, match="destruction_letter"):
        destruction.destroy(work("privacy_officer"), told, tmp_path)
    doctor.session.execute(text("UPDATE letters SET state = 'withdrawn'"))
    destruction.destroy(work("privacy_officer"), told, tmp_path)
    again = drafted(doctor)
    assert again.id > gone
    assert again.patient_id > key
    like = doctor.session.get_one(Patient, again.patient_id)
    more = [Patient(**{name: getattr(like, name) for name in COPIED} | {"number": f"n{place}"}) for place in range(2)]
    doctor.session.add_all(more)
    doctor.session.flush()
    assert len({key, again.patient_id, *(one.id for one in more)}) == 4
    assert doctor.session.scalar(select(func.count()).select_from(Letter)) == 1


COPIED = ("own_name", "birth_date", "sex", "sort_key", "registered_on")


def test_what_receipts_of_imports_quote_of_her_goes(work: Start, tmp_path: Path) -> None:
    manager = work("manager")
    patient = make_patient(manager, own_name="Zeldzaam")
    kept = [4, "naam", "check", "alike", {"name": "Pietersen", "seen": ["x"]}]
    receipt = ImportReceipt(
        kind="patients", file_name="f", file_sha256="x", at=manager.now, by=manager.actor.id, added=1, changed=0,
        unchanged=0, refused=0,
        complaints={"late": 3, "rows": [[3, "naam", "check", "alike", {"name": ["Zeldzaam"]}], kept],
                    "told": [[3, patient.number, "x", {"on": "2026"}]]},
    )  # fmt: skip
    quiet = ImportReceipt(
        kind="patients", file_name="g", file_sha256="y", at=manager.now, by=manager.actor.id, added=1, changed=0,
        unchanged=0, refused=0, complaints={"rows": [kept]},
    )  # fmt: skip
    manager.session.add_all((receipt, quiet))
    manager.session.flush()
    destruction.destroy(work("privacy_officer"), weighed(work, asked(work("nurse"), patient)), tmp_path)
    assert receipt.complaints == {
        "late": 3, "rows": [[3, "naam", "check", "alike", {"name": "–"}], kept],
        "told": [[3, patient_number(manager), "x", {"on": "–"}]],
    }  # fmt: skip


@pytest.mark.parametrize(("quoted", "hers"), [
    ("Bos", True), ("Bos-Jansen", True), ("mevrouw Bos, 1953", True), ("Jansen", True),
    ("Bosch", False), ("van den Bosch", False), ("Jansens", False), ("12345", False),
])  # fmt: skip
def test_a_line_is_about_her_by_whole_words(work: Start, quoted: str, hers: bool, tmp_path: Path) -> None:
    manager = work("manager")
    patient = make_patient(manager, number="234", own_name="Bos", partner_name="Jansen")
    line = [3, "naam", "check", "alike", {"name": quoted}]
    receipt = ImportReceipt(
        kind="patients", file_name="f", file_sha256="x", at=manager.now, by=manager.actor.id, added=1, changed=0,
        unchanged=0, refused=0, complaints={"rows": [line]},
    )  # fmt: skip
    manager.session.add(receipt)
    manager.session.flush()
    destruction.destroy(work("privacy_officer"), weighed(work, asked(work("nurse"), patient)), tmp_path)
    assert receipt.complaints["rows"][0][4] == {"name": "–" if hers else quoted}


def patient_number(work: Work) -> str:
    """The number stays in the tombstone."""
    return str(work.session.scalar(select(Tombstone.number)))


def test_records_unchanged_for_twenty_years_are_listed_and_nothing_happens_to_them(work: Start) -> None:
    officer, long_ago = work("privacy_officer"), date(2006, 11, 23)
    assert destruction.past_term(officer) == []
    old = make_patient(officer, registered_on=date(2001, 1, 1))
    make_patient(officer, registered_on=long_ago + timedelta(1))
    changed = make_patient(officer, registered_on=date(2001, 1, 1))
    make_control(officer, changed, long_ago)  # of then, and written down today
    imported = make_patient(officer, registered_on=date(2001, 1, 1))
    control = make_control(officer, imported, long_ago)
    restrictions.restrict(officer, Restrict(old.number, RestrictionKind.KNOWN, ()))  # changes nothing in the record
    officer.session.flush()
    counts = {"added": 1, "changed": 0, "unchanged": 0, "refused": 0, "complaints": {}}
    receipt = ImportReceipt(
        kind="history", file_name="f", file_sha256="x", at=officer.now, by=officer.actor.id, **counts
    )
    officer.session.add(receipt)
    officer.session.flush()
    officer.session.add(ImportedFact(kind="controls", fact_id=control.id, receipt_id=receipt.id))
    officer.session.flush()
    found = destruction.past_term(officer)
    assert [(row.id, str(row.last)) for row in found] == [(old.id, "2001-01-01"), (imported.id, "2006-11-23")]
    assert officer.entries[-1].shown == [old.id, imported.id]
    assert inspect(old).persistent
