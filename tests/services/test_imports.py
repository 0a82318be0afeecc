"""GLOW500 comes in: 500 real women, made-up practices and courses; twice is once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, RequestKind, Sex, StartPrecision, StopReason
from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import (
    destruction,
    facts,
    import_undo,
    imports,
    items,
    log,
    patients,
    practices,
    rights,
    treatments,
)
from clinic.services.destruction import Destroy
from clinic.services.import_undo import UndoImport
from clinic.services.imports import Import, Outcome
from clinic.services.patients import Change, PatientDetails, Register
from clinic.services.rights import RecordRequest
from clinic.services.work import NotAllowed, Work
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.due import DueItem
from clinic.store.patients import Patient, PatientChange
from clinic.store.practices import Gp, Practice
from clinic.store.rights import Tombstone
from clinic.store.settings import ImportReceipt
from clinic.store.treatments import Course, CourseStop, Pause
from clinic.wording.complaints import say, tell
from tests.conftest import MONDAY
from tests.factories import make_patient

ROOT = Path(__file__).parents[2]
FILES = {"practices": "glow-practices", "patients": "glow500", "courses": "glow-courses"}
Start = Callable[..., Work]


def glow(kind: str, change: tuple[str, str] = ("", "")) -> Import:
    """A file of GLOW by its own mapping; `change` replaces a text in it once."""
    content = (ROOT / "tests" / "data" / f"{FILES[kind]}.csv").read_text().replace(*change, 1).encode()
    told = (ROOT / "docs" / "mappings" / f"glow-{kind}.toml").read_bytes()
    parsed = interop.parse(tables.read(content, "file.csv"), mapping.parse(told, interop.FIELDS))
    return Import(parsed, f"{FILES[kind]}.csv", "0" * 64)


def bring_in(work: Start, *kinds: str) -> list[Outcome]:
    """The manager commits these files."""
    return [imports.commit(work(Role.MANAGER), glow(kind)) for kind in kinds]


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    """Added, changed, unchanged, refused."""
    return outcome.added, outcome.changed, outcome.unchanged, outcome.refused


def test_every_woman_with_a_course_has_her_items_and_the_others_have_nothing_planned(
    work: Start, session: Session
) -> None:
    practices, patients, courses = bring_in(work, "practices", "patients", "courses")
    assert [counts(outcome) for outcome in (practices, patients, courses)] == [
        (127, 0, 0, 0), (500, 0, 0, 0), (351, 0, 0, 0),
    ]  # fmt: skip
    treated = set(session.scalars(select(Course.patient_id)))
    planned = set(session.scalars(select(DueItem.patient_id)))
    idle = set(session.scalars(select(Patient.id).where(Patient.nothing_planned)))
    everybody = session.scalars(select(Patient)).all()
    assert len(treated) == 351
    assert treated == planned
    assert idle == {patient.id for patient in everybody} - treated
    assert items.differences(session, everybody[:50], work(Role.MANAGER).today) == []


def test_the_same_files_again_change_nothing(work: Start, session: Session) -> None:
    bring_in(work, "practices", "patients", "courses")
    again = bring_in(work, "practices", "patients", "courses")
    assert [counts(outcome) for outcome in again] == [(0, 0, 127, 0), (0, 0, 500, 0), (0, 0, 351, 0)]
    assert session.scalar(select(func.count()).select_from(Control)) == 500


def test_everybody_whom_a_file_touches_is_held_in_one_order_whatever_order_it_has(
    work: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(work, "practices", "patients")
    held: list[int] = []
    grow = items.grow

    def noted(session: Session, patients: Any) -> None:
        held.extend(patient.id for patient in patients)
        grow(session, patients)

    monkeypatch.setattr(items, "grow", noted)
    file = glow("courses")
    backwards = replace(file.parsed, rows=type(file.parsed.rows)(reversed(file.parsed.rows)))
    imports.commit(work(Role.MANAGER), replace(file, parsed=backwards))
    assert len(held) > imports.BATCH
    assert held == sorted(held)


def test_trying_out_says_what_would_become_late_and_writes_nothing(work: Start, session: Session) -> None:
    bring_in(work, "practices", "patients")
    tried = imports.try_out(work(Role.MANAGER), glow("courses"))
    assert counts(tried) == (351, 0, 0, 0)
    assert tried.planned == 351
    assert tried.late["review.end_of_course"] > 0
    assert session.scalar(select(func.count()).select_from(Course)) == 0
    assert session.scalar(select(func.count()).select_from(ImportReceipt)) == 2
    committed = imports.commit(work(Role.MANAGER), glow("courses"))
    assert committed.late == tried.late


def test_implausible_women_come_in_and_are_flagged(work: Start) -> None:
    (patients,) = bring_in(work, "patients")
    flagged = {(c.row - 1, c.code) for c in patients.complaints if c.code != "gp_unknown"}
    assert flagged == {
        (161, "measurement_unusual"), (281, "measurement_unusual"), (430, "measurement_unusual"),
        (128, "bmi_unusual"), (161, "bmi_unusual"), (325, "bmi_unusual"), (349, "bmi_unusual"),
    }  # fmt: skip


def test_a_practice_without_address_comes_in_with_a_complaint(work: Start, session: Session) -> None:
    (practices,) = bring_in(work, "practices")
    assert [(c.row, c.code) for c in practices.complaints] == [(47, "no_address")]
    gp = session.scalars(select(Gp).where(Gp.import_key == "glow-77")).one()
    assert not gp.practice.has_address


def test_another_height_on_the_second_day_corrects_the_first(work: Start, session: Session) -> None:
    bring_in(work, "practices", "patients")
    changed = imports.commit(work(Role.MANAGER), glow("patients", ("1,1,14,0,62,70.3,158,", "1,1,14,0,62,70.3,159,")))
    assert counts(changed) == (0, 1, 499, 0)
    patient = session.scalars(select(Patient).where(Patient.number == "GLOW1")).one()
    heights = session.execute(select(Control.height_mm, Control.stands).where(Control.patient_id == patient.id))
    assert {tuple(row) for row in heights} == {(1580, False), (1590, True)}


def test_a_course_that_now_has_a_stop_gets_it_and_one_that_overlaps_stays_out(work: Start) -> None:
    bring_in(work, "practices", "patients", "courses")
    line = "3,alendronic_acid,2026-09-30,5,,,,"
    stopped = imports.commit(
        work(Role.MANAGER), glow("courses", (line, "3,alendronic_acid,2026-09-30,5,2026-11-01,patient_wish,,"))
    )
    assert counts(stopped) == (0, 1, 350, 0)
    other = imports.try_out(
        work(Role.MANAGER), glow("courses", ("4,risedronic_acid,2025-11-05", "4,alendronic_acid,2026-01-05"))
    )
    assert counts(other) == (0, 0, 350, 1)
    assert [(c.row, c.code) for c in other.complaints] == [(3, "courses_overlap")]


def test_only_the_manager_imports(work: Start) -> None:
    with pytest.raises(NotAllowed):
        imports.try_out(work(Role.NURSE), glow("practices"))


PRACTICE = interop.PracticeRow(2, "p-1", "Praktijk", "Jansen", gp_agb="01999001", street="Weg", postcode="1", town="A")
PATIENT = interop.PatientRow(
    2, "x-1", "1", "Jansen", date(1952, 4, 17), StartPrecision.DAY, Sex.FEMALE, gp_key="p-1",
    control_on=date(2026, 1, 5), height_mm=1640, weight_g=66000,
)  # fmt: skip
COURSE = interop.CourseRow(
    2, "x-1", Drug.DENOSUMAB, date(2025, 5, 5), StartPrecision.DAY, Decimal(3), None, date(2026, 5, 5),
    StopReason.OTHER,
)  # fmt: skip


def one(work: Start, kind: str, row: interop.Row) -> Outcome:
    """The manager commits a file of one row."""
    return imports.commit(work(Role.MANAGER), Import(interop.Parsed(kind, (row,), ()), "one.csv", "0" * 64))


def refused(work: Start, kind: str, row: interop.Row) -> list[str]:
    """Why a file of one row cannot come in."""
    outcome = imports.try_out(work(Role.MANAGER), Import(interop.Parsed(kind, (row,), ()), "one.csv", "0" * 64))
    assert outcome.refused == 1
    return [complaint.code for complaint in outcome.complaints]


def test_a_gp_who_moved_or_married_is_changed_and_not_added(work: Start, session: Session) -> None:
    assert counts(one(work, "practices", PRACTICE)) == (1, 0, 0, 0)
    assert counts(one(work, "practices", replace(PRACTICE, street="Laan"))) == (0, 1, 0, 0)
    assert counts(one(work, "practices", replace(PRACTICE, street="Laan", family_name="Smit"))) == (0, 1, 0, 0)
    gp = session.scalars(select(Gp)).one()
    assert (gp.family_name, gp.practice.street) == ("Smit", "Laan")
    assert refused(work, "practices", replace(PRACTICE, key="p-2")) == ["agb_taken"]


def several(work: Start, kind: str, *rows: interop.Row) -> Outcome:
    """The manager commits a file of these rows."""
    return imports.commit(work(Role.MANAGER), Import(interop.Parsed(kind, rows, ()), "more.csv", "0" * 64))


def test_one_code_or_number_on_two_rows_of_a_file_keeps_the_second_out_and_no_other(work: Start) -> None:
    twice = replace(PRACTICE, row=3, key="p-2", name="Tweede praktijk")
    both = several(work, "practices", PRACTICE, twice, replace(PRACTICE, row=4, key="p-3", gp_agb="01999003"))
    assert (counts(both), [(c.row, c.column, c.code) for c in both.complaints]) == (
        (2, 0, 0, 1), [(3, "gp_agb", "agb_taken")],
    )  # fmt: skip
    both = several(
        work, "patients", PATIENT, replace(PATIENT, row=3, key="x-2"), replace(PATIENT, key="x-3", number="3")
    )
    assert counts(both) == (2, 0, 0, 1)
    assert [(c.row, c.column) for c in both.complaints if c.code == "number_taken"] == [(3, "number")]


def test_a_gp_keeps_the_practice_that_people_completed_as_long_as_no_filled_cell_says_otherwise(
    work: Start, session: Session
) -> None:
    one(work, "practices", PRACTICE)
    practice = session.scalars(select(Practice)).one()
    assert practice.channel == "post"
    nurse = work(Role.SECRETARY)
    completed = practices.PracticeDetails(
        "Praktijk", "edifact", "01000001", "Weg", None, "1", "A", None, "p@zorgmail.nl", None
    )
    seen = practices.fingerprint(nurse.session.get_one(Practice, practice.id), practices.PRACTICE)
    practices.save(nurse, completed, practice.id, seen)
    again = several(work, "practices", PRACTICE, replace(PRACTICE, row=3, key="p-2", gp_agb="01999002"))
    assert (counts(again), again.told) == ((1, 0, 1, 0), ())
    assert session.scalars(select(Gp.practice_id)).all() == [practice.id] * 2
    moved = one(work, "practices", replace(PRACTICE, town="Oudeterp", channel="none"))
    assert counts(moved) == (0, 1, 0, 0)
    assert [(told.number, told.code, told.params) for told in moved.told] == [
        ("Praktijk", "moves_none",
         {"gp": "Jansen", "was": "Praktijk, Weg, A, AGB 01000001", "now": "Praktijk, Weg, Oudeterp"}),
    ]  # fmt: skip
    assert "naar Praktijk, Weg, Oudeterp; daar is geen verzendwijze" in tell(
        moved.told[0].code, moved.told[0].params, "nl"
    )


def test_a_practice_receives_the_signs_that_the_file_names_and_a_file_without_them_leaves_them(
    work: Start, session: Session
) -> None:
    one(work, "practices", PRACTICE)
    plain = replace(PRACTICE, charset="ascii")
    for row, told, keeps in ((plain, (0, 1, 0, 0), "ascii"), (plain, (0, 0, 1, 0), "ascii"),
                             (PRACTICE, (0, 0, 1, 0), "ascii")):  # fmt: skip
        assert counts(one(work, "practices", row)) == told
        assert session.scalars(select(Practice.charset)).one() == keeps
    lines = select(AuditEntry.details).where(AuditEntry.action == "practice.saved")
    assert session.scalars(lines).all() == [{"changes": {"charset": [None, "ascii"]}, "source": "practices file"}]


def test_a_file_of_before_the_destruction_brings_nobody_back_until_the_number_is_released(
    work: Start, tmp_path: Path
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse, number=PATIENT.number)
    asked = RecordRequest(patient.id, RequestKind.DESTRUCTION, nurse.today, "", "t" * 8)
    row = rights.record(nurse, asked)
    officer = work("privacy_officer")
    with pytest.raises(LookupError):  # nothing is destroyed yet
        destruction.release(officer, row.id, "zij is terug")
    destruction.decide(work("doctor"), row.id, "geen belang van een ander", row.version)
    destruction.destroy(officer, Destroy(row.id, PATIENT.number, "verteld", row.version), tmp_path)
    again = PatientDetails(
        number=PATIENT.number, own_name="Zeldzaam", birth_date=MONDAY, sex=Sex.FEMALE, registered_on=MONDAY
    )
    assert refused(work, "patients", PATIENT) == ["number_destroyed"]
    with pytest.raises(RuleBroken, match="number_destroyed"):
        patients.register(work("nurse"), Register(again))
    with pytest.raises(RuleBroken, match="reason_missing"):
        destruction.release(officer, row.id, " ")
    with pytest.raises(NotAllowed):
        destruction.release(work("doctor"), row.id, "zij is terug")
    for _ in range(2):
        destruction.release(officer, row.id, "zij is terug")
    stone = officer.session.scalars(select(Tombstone)).one()
    assert (stone.released_because, stone.released_by) == ("zij is terug", officer.actor.id)
    assert counts(one(work, "patients", PATIENT)) == (1, 0, 0, 0)


def test_a_woman_whose_address_and_gp_changed_keeps_what_was_there(work: Start, session: Session) -> None:
    one(work, "practices", PRACTICE)
    one(work, "practices", replace(PRACTICE, key="p-2", gp_agb="01999002"))
    one(work, "patients", PATIENT)
    assert counts(one(work, "patients", replace(PATIENT, town="Oudeterp", gp_key="p-2"))) == (0, 1, 0, 0)
    change = session.scalars(select(PatientChange)).one()
    assert change.changes["town"] == [None, "Oudeterp"]
    assert "gp_id" in change.changes
    assert refused(work, "patients", replace(PATIENT, key="x-2")) == ["number_taken"]


def lines_of(work: Start, patient: Patient) -> list[tuple[str, str | None]]:
    """What the log says of her, the oldest first."""
    found = log.looks(work(Role.PRIVACY_OFFICER), patient.id, shown=False, after=None).lines
    return [(line.entry.action, line.entry.subject) for line in reversed(found)]


def test_each_patient_of_whom_a_file_writes_or_who_is_taken_back_has_a_line_of_hers(
    work: Start, session: Session
) -> None:
    one(work, "patients", PATIENT)
    other = replace(PATIENT, row=3, key="x-2", number="2", own_name="Smit")
    several(work, "patients", replace(PATIENT, phone="0546 123456"), other)
    one(work, "patients", PATIENT)
    receipt = one(work, "courses", COURSE).receipt_id
    assert receipt is not None
    imports.try_out(work(Role.MANAGER), Import(interop.Parsed("courses", (COURSE,), ()), "one.csv", "0" * 64))
    import_undo.undo(work(Role.MANAGER), UndoImport(receipt, "verkeerde lijst"))
    patient, second = session.scalars(select(Patient).order_by(Patient.number))
    came, again, ended = (f"import:{number}" for number in (1, 2, receipt))
    assert lines_of(work, patient) == [
        ("import.run", came), ("import.run", again), ("import.run", ended), ("import.undone", ended),
    ]  # fmt: skip
    assert lines_of(work, second) == [("import.run", again)]


def mended(work: Start, **told: object) -> None:
    """The secretary corrects her details."""
    secretary = work(Role.SECRETARY)
    patient = secretary.session.scalars(select(Patient)).one()
    typed = {"sex": Sex(patient.sex), "birth_precision": StartPrecision.DAY}
    kept = patients.values_of(patient) | typed | told
    patients.change(secretary, Change(patient.id, PatientDetails(**kept), patients.fingerprint(secretary, patient)))


def test_what_a_person_corrected_stands_when_the_list_is_read_again(work: Start, session: Session) -> None:
    listed = replace(
        PATIENT, birth_date=date(1952, 1, 1), birth_precision=StartPrecision.YEAR, gp_key=None, street="Weg",
        house_number="1", postcode="7600 AA", town="Oudeterp", phone="0546 123456",
    )  # fmt: skip
    one(work, "patients", listed)
    mended(work, birth_date=date(1952, 7, 9), sex=Sex.MALE, street="Laan")
    again = one(work, "patients", replace(listed, town="Almelo", phone="0546 654321"))
    assert [(c.column, c.level, c.code, c.params["typed"]) for c in again.complaints] == [
        ("street", "check", "person_wrote", "Weg"), ("town", "check", "person_wrote", "Almelo"),
        ("sex", "check", "person_wrote", "female"),
    ]  # fmt: skip
    sex = again.complaints[-1]
    assert [say(sex.code, sex.params, lang).split(",")[0] for lang in ("nl", "en")] == ["vrouw", "female"]
    assert [tell(told.code, told.params, "nl") for told in again.told] == ["Telefoon wordt 0546 654321"]
    assert "0546 123456" not in str(session.scalars(select(ImportReceipt.complaints)).all())  # a manager's page
    patient = session.scalars(select(Patient)).one()
    assert (patient.birth_date, patient.birth_precision, patient.sex) == (date(1952, 7, 9), "day", "male")
    assert (patient.street, patient.town, patient.phone) == ("Laan", "Oudeterp", "0546 654321")
    another = one(work, "patients", replace(listed, birth_date=date(1953, 1, 1), phone="0546 123456"))
    assert [(c.column, c.params["typed"]) for c in another.complaints if c.column == "birth_date"] == [
        ("birth_date", "1953")
    ]


def test_a_destruction_finds_each_line_of_hers_also_under_a_number_that_a_person_changed(
    work: Start, session: Session
) -> None:
    listed = replace(PATIENT, gp_key=None, street="Weg", phone="0546 123456", town="Oudeterp")
    one(work, "patients", listed)
    mended(work, number="99", street="Laan", sex=Sex.MALE)
    one(work, "patients", replace(listed, town="Almelo", phone="0546 654321", registered_on=date(2020, 5, 1)))
    receipt = session.scalars(select(ImportReceipt).order_by(ImportReceipt.id.desc())).first()
    assert receipt is not None
    lines = receipt.complaints["rows"] + receipt.complaints["told"]
    assert len(lines) >= 6
    destruction.unquote(work("privacy_officer"), {"99", listed.key})
    lines = receipt.complaints["rows"] + receipt.complaints["told"]
    assert {text for line in lines for text in line[-1].values()} == {"–"}
    assert all(say(code, told, "nl").startswith("–, maar") for *_, code, told in receipt.complaints["rows"])


def test_what_an_import_wrote_last_follows_the_list_and_each_field_is_told(work: Start, session: Session) -> None:
    one(work, "practices", PRACTICE)
    one(work, "practices", replace(PRACTICE, key="p-2", gp_agb="01999002"))
    month = replace(PATIENT, birth_date=date(1952, 4, 1), birth_precision=StartPrecision.MONTH)
    one(work, "patients", month)
    assert counts(one(work, "patients", month)) == (0, 0, 1, 0)
    whole = replace(PATIENT, sex=Sex.MALE, number="17", registered_on=date(2020, 5, 1), gp_key="p-2", street="Weg")
    outcome = one(work, "patients", whole)
    assert [(told.row, told.number) for told in outcome.told] == [(2, "17")] * 6
    assert {tell(told.code, told.params, "nl") for told in outcome.told} == {
        "Geboortedatum wordt 17-04-1952", "Geslacht wordt man", "Patiëntnummer wordt 17",
        "Ingeschreven op wordt 01-05-2020", "Straat wordt Weg", "huisarts wordt Jansen, Praktijk, A",
    }  # fmt: skip
    assert tell("field_becomes", dict.fromkeys(("field", "now"), "–"), "en") == "– becomes –"
    for vaguer in (month, replace(month, birth_date=date(1952, 1, 1), birth_precision=StartPrecision.YEAR)):
        one(work, "patients", replace(vaguer, number="17", sex=Sex.MALE))
    patient = session.scalars(select(Patient)).one()
    assert (patient.birth_date, patient.birth_precision) == (date(1952, 4, 17), "day")


@pytest.mark.parametrize(
    ("year", "by_age", "stands"),
    [(1951, True, False), (1952, True, True), (1953, True, True), (1953, False, False), (1954, True, False)],
)
def test_an_age_that_may_be_hers_leaves_a_birth_date_that_is_known_better(
    work: Start, session: Session, year: int, by_age: bool, stands: bool
) -> None:
    one(work, "patients", PATIENT)
    aged = {"birth_date": date(year, 1, 1), "birth_precision": StartPrecision.YEAR, "by_age": by_age}
    one(work, "patients", replace(PATIENT, **aged))
    assert (session.scalars(select(Patient.birth_date)).one() == PATIENT.birth_date) is stands


def test_a_gp_whom_a_person_chose_stays(work: Start) -> None:
    one(work, "practices", PRACTICE)
    one(work, "patients", PATIENT)
    mended(work, gp_id=None)
    again = one(work, "patients", PATIENT)
    assert [(c.column, c.code, c.params["typed"]) for c in again.complaints] == [
        ("gp_key", "person_wrote", "Jansen, Praktijk, A")
    ]


def test_a_measurement_of_a_number_with_a_sign_of_its_own_is_known_again(work: Start, session: Session) -> None:
    for height, told in ((1640, (1, 0, 0, 0)), (1640, (0, 0, 1, 0)), (1650, (0, 1, 0, 0)), (1660, (0, 1, 0, 0))):
        assert counts(one(work, "patients", replace(PATIENT, key="A#1", number="A#1", height_mm=height))) == told
    assert session.scalars(select(Control.height_mm).where(Control.stands.is_(True))).all() == [1660]


def test_a_measurement_that_was_voided_stays_void(work: Start, session: Session) -> None:
    one(work, "patients", PATIENT)
    nurse = work(Role.NURSE)
    facts.void(nurse, session.scalars(select(Control)).one(), "andere patiënt")
    nurse.note(Action.FACT_VOIDED)
    nurse.commit()
    assert counts(one(work, "patients", replace(PATIENT, height_mm=1650))) == (0, 0, 1, 0)
    assert counts(one(work, "patients", replace(PATIENT, key="x-9", number="9", control_on=None))) == (1, 0, 0, 0)


def test_a_course_told_otherwise_is_complained_of_and_left(work: Start) -> None:
    one(work, "patients", PATIENT)
    one(work, "courses", COURSE)
    other = replace(COURSE, planned_years=Decimal(5), stopped_on=date(2026, 6, 6))
    told = one(work, "courses", other)
    assert counts(told) == (0, 0, 1, 0)
    assert [complaint.code for complaint in told.complaints] == ["years_differ", "stop_differs"]
    assert refused(work, "courses", replace(COURSE, patient_key="x-7")) == ["patient_unknown"]


PAUSED = replace(
    COURSE, drug=Drug.ALENDRONIC_ACID, planned_years=None, pause_from=date(2025, 8, 1), pause_until=date(2025, 10, 1)
)


@pytest.mark.parametrize(
    ("table", "column", "left"), [(Course, "started_on", 0), (CourseStop, "stopped_on", 1), (Pause, "pause_from", 1)]
)
def test_a_course_an_end_or_a_pause_that_was_voided_stays_void(
    work: Start, session: Session, table: type[Any], column: str, left: int
) -> None:
    one(work, "patients", PATIENT)
    one(work, "courses", PAUSED)
    fact = session.scalars(select(table)).one()
    treatments.void_event(work(Role.DOCTOR), table, fact.patient_id, fact.id, "andere patiënt")
    again = one(work, "courses", PAUSED)
    assert [(told.column, told.code) for told in again.complaints] == [(column, "taken_down")]
    assert session.scalar(select(func.count()).where(table.stands.is_(True))) == 0
    assert session.scalar(select(func.count()).where(Course.stands.is_(True))) == left


def test_a_pause_that_was_corrected_is_not_brought_in_a_second_time(work: Start, session: Session) -> None:
    one(work, "patients", PATIENT)
    one(work, "courses", PAUSED)
    pause = session.scalars(select(Pause)).one()
    nurse = work(Role.NURSE)
    facts.correct(nurse, pause, Pause(course_id=pause.course_id, from_on=date(2025, 8, 5), until_on=date(2025, 10, 1),
                                      counts=False), "begon later")  # fmt: skip
    nurse.note(Action.FACT_CORRECTED)
    nurse.commit()
    assert [told.code for told in one(work, "courses", PAUSED).complaints] == ["taken_down"]
    beside = replace(PAUSED, pause_from=date(2025, 9, 1), pause_until=date(2025, 12, 1))
    assert [told.code for told in one(work, "courses", beside).complaints] == ["pauses_overlap"]
    assert [found.from_on for found in session.scalars(select(Pause).where(Pause.stands.is_(True)))] == [
        date(2025, 8, 5)
    ]
    later = replace(PAUSED, pause_from=date(2025, 11, 1), pause_until=date(2025, 12, 1))
    assert counts(one(work, "courses", later)) == (0, 1, 0, 0)


def test_a_file_of_which_no_row_can_come_in_leaves_no_receipt(work: Start, session: Session) -> None:
    with pytest.raises(RuleBroken):
        one(work, "courses", COURSE)
    assert session.scalars(select(ImportReceipt)).all() == []


def test_a_second_number_with_the_same_name_and_birth_date_is_flagged(work: Start) -> None:
    fields = b'key = "{NR}"\nnumber = "{NR}"\nown_name = "{NAAM}"\nbirth_date = "{G}"\nsex = "v"\n'
    told = b'kind = "patients"\n[fields]\n' + fields
    content = "NR;NAAM;G\n1;Bonté;1-5-1950\n2;Bonte;1-5-1950\n3;Bonte;2-5-1950\n".encode()
    parsed = interop.parse(tables.read(content, "list.csv"), mapping.parse(told, interop.FIELDS))
    for _twice in range(2):
        outcome = imports.commit(work(Role.MANAGER), Import(parsed, "list.csv", "0" * 64))
        assert {(found.row, found.code, found.params["typed"]) for found in outcome.complaints} >= {
            (3, "perhaps_same", "1")
        }
    assert (outcome.added, outcome.unchanged) == (0, 3)


def test_of_a_birth_known_in_part_the_same_name_is_flagged_as_far_as_both_are_known(work: Start) -> None:
    fields = b'key = "{NR}"\nnumber = "{NR}"\nown_name = "{NAAM}"\nbirth_date = "{G}"\nsex = "v"\n'
    parsed_by = mapping.parse(b'kind = "patients"\n[fields]\n' + fields, interop.FIELDS)
    content = b"NR;NAAM;G\n1;Bonte;1-5-1950\n2;Bonte;1950\n3;Bonte;5-1950\n4;Bonte;6-1950\n5;Bonte;1951\n"
    parsed = interop.parse(tables.read(content, "list.csv"), parsed_by)
    for _twice in range(2):  # the second time all of them are there
        outcome = imports.commit(work(Role.MANAGER), Import(parsed, "list.csv", "0" * 64))
        flagged = {(found.row, found.params["typed"]) for found in outcome.complaints if found.code == "perhaps_same"}
        assert flagged >= {(3, "1"), (4, "1"), (4, "2"), (5, "2")}
    assert flagged == {(2, "2"), (2, "3"), (3, "1"), (3, "3"), (3, "4"), (4, "1"), (4, "2"), (5, "2")}


@pytest.mark.parametrize(
    ("name", "day", "code"),
    [
        ("birth_date", date(2050, 3, 12), "in_future"),
        ("registered_on", date(2050, 3, 12), "in_future"),
        ("control_on", date(2050, 3, 12), "in_future"),
        ("control_on", date(1940, 3, 12), "before_birth"),
    ],
)
def test_a_patient_of_a_day_that_cannot_be_stays_out_and_the_column_is_named(
    work: Start, name: str, day: date, code: str
) -> None:
    assert code in refused(work, "patients", replace(PATIENT, **{name: day}))


@pytest.mark.parametrize(
    ("name", "day", "code"),
    [
        ("started_on", date(2050, 1, 1), "date_far_ahead"),
        ("stopped_on", date(2050, 1, 1), "date_far_ahead"),
        ("pause_until", date(2050, 1, 1), "date_far_ahead"),
        ("started_on", date(1940, 1, 1), "before_birth"),
    ],
)
def test_a_course_before_her_birth_or_far_ahead_stays_out(work: Start, name: str, day: date, code: str) -> None:
    one(work, "patients", PATIENT)
    assert refused(work, "courses", replace(COURSE, **{name: day})) == [code]
