"""The past of an old list comes in: each fact once, none invented, and nothing that a person wrote is overruled."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout
from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.services import facts, import_undo, imports, items, letters
from clinic.services.import_undo import UndoImport
from clinic.services.imports import Import
from clinic.services.work import NotAllowed
from clinic.store.appointments import Appointment
from clinic.store.controls import Agreement, Control
from clinic.store.due import DueItem
from clinic.store.imports import EarlierLetter, ImportedFact
from clinic.store.patients import Patient
from clinic.store.proposals import Proposal
from clinic.store.reviews import Review, Waiver
from clinic.store.scans import Fracture, Lab, Scan, SpineImage
from clinic.store.settings import ImportReceipt
from clinic.store.treatments import Course, CourseStop, Dose
from clinic.wording.complaints import say
from tests.factories import make_control, make_course, make_patient

MAPPING = mapping.parse(Path("docs/mappings/list-history.toml").read_bytes(), interop.FIELDS)
TODAY = date(2026, 11, 23)
TABLES = (Control, Scan, SpineImage, Fracture, Dose, Lab, Review, EarlierLetter, Agreement)


@pytest.fixture
def patient(work):
    """She has denosumab since 2022."""
    nurse = work("nurse")
    found = make_patient(nurse, number="1001", registered_on=TODAY)
    make_course(nurse, found, drug="denosumab", started_on=date(2022, 3, 1))
    items.refresh(nurse, found)
    nurse.session.commit()
    return found


@pytest.fixture
def bring(work):
    """The manager brings one row in; `bring(COLUMN="text", …)` says the outcome."""

    def start(today=TODAY, number="1001", tried=False, mapped=MAPPING, **cells):
        told = dict.fromkeys(mapped.columns(), "") | {"PATNR": number, "MIDDEL": "Prolia"}
        told |= {name.replace("_", " "): cell for name, cell in cells.items()}
        content = (";".join(told) + "\n" + ";".join(told.values()) + "\n").encode()
        parsed = interop.parse(tables.read(content, "list.csv"), mapped)
        command = Import(parsed, "list.csv", "0" * 64)
        return (imports.try_out if tried else imports.commit)(work("manager", today), command)

    return start


def standing(session, table):
    session.expire_all()
    return session.scalars(select(table).where(table.stands.is_(True)).order_by(table.id)).all()


def codes(outcome):
    return [complaint.code for complaint in outcome.complaints]


def test_one_row_tells_of_everything_that_was(bring, patient, session):
    outcome = bring(
        DEXA1="12-3-2020", T1="T LWK -2.8 / heup -2,1", LAATSTE_CONTROLE="1-5-2026", LENGTE="162,5", GEWICHT="61",
        VFA="12-3-2020", FRACTUUR="pols", FRACTUUR_OP="2018", LAATSTE_PRIK="2-9-2026", LAB_OP="30-8-2026",
        KREAT="71 µmol/l", VIT_D="64", BEOORDEELD="3-3-2025", BESLUIT="doorgaan", TOT="1-3-2028", BRIEF="4-5-2026",
        VOLGENDE="1-5-2027",
    )  # fmt: skip
    assert (outcome.added, outcome.refused, outcome.complaints) == (1, 0, ())
    assert [len(standing(session, table)) for table in TABLES] == [1] * 9
    assert len(session.scalars(select(ImportedFact)).all()) == 9
    [scan], [control], [break_] = (standing(session, table) for table in (Scan, Control, Fracture))
    assert {site.site: site.t_score for site in scan.sites} == {
        "lumbar_spine": Decimal("-2.8"), "total_hip": Decimal("-2.1"),
    }  # fmt: skip
    assert scan.received_on == date(2020, 3, 12)
    assert (control.height_mm, control.weight_g) == (1625, 61000)
    assert (break_.site, break_.precision) == ("wrist", "year")
    due = {item.code: item.due_on for item in session.scalars(select(DueItem))}
    assert due["agreed.control"] == date(2027, 5, 1)
    assert due["dose.denosumab"] == date(2027, 3, 2)
    assert items.differences(session, [patient], TODAY) == []


def test_the_same_row_again_changes_nothing(bring, patient, session):
    row = {"DEXA1": "12-3-2020", "T1": "LWK -2,8", "LAATSTE_CONTROLE": "1-5-2026", "LENGTE": "162"}
    bring(**row)
    again = bring(**row)
    assert (again.added, again.changed, again.unchanged, again.complaints) == (0, 0, 1, ())
    assert [len(standing(session, table)) for table in (Scan, Control)] == [1, 1]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"DEXA1": "12-3-2020", "T1": "LWK -2,8 of -2,6"}, "scores_unreadable"),
        ({"DEXA1": "12-3-2020", "T1": "LWK -28"}, "measurement_impossible"),
        ({"DEXA1": "2020", "T1": "LWK -2,8"}, "day_missing"),
        ({"DEXA1": "31-2-2020"}, "date_unreadable"),
        ({"T1": "LWK -2,8"}, "empty"),
        ({"LAATSTE_CONTROLE": "24-11-2026"}, "in_future"),
        ({"LAATSTE_CONTROLE": "1-5-1936"}, "before_birth"),
        ({"LAATSTE_PRIK": "1-2-2022"}, "dose_without_course"),
        ({"LAB_OP": "1-5-2026", "KREAT": "<30"}, "number_unreadable"),
        ({"FRACTUUR_OP": "2018", "FRACTUUR": "arm?"}, "fracture_site_unknown"),
        ({"BEOORDEELD": "1-5-2025", "BESLUIT": "doorgaan"}, "empty"),
    ],
)
def test_a_row_with_anything_that_cannot_be_read_stays_out_whole(bring, patient, cells, code):
    outcome = bring(tried=True, **{"VFA": "12-3-2020"} | cells)
    assert (outcome.added, outcome.refused) == (0, 1)
    assert code in codes(outcome)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"DEXA1": "3-2020", "T1": "LWK -2,8"}, "first_of_month"),
        ({"DEXA1": "12-3-2020", "T1": "LWK 2,8"}, "score_above_zero"),
        ({"DEXA1": "12-3-2020", "T1": "LWK −5,8"}, "measurement_unusual"),
        ({"LAB_OP": "1-5-2026", "KREAT": "71,6"}, "rounded"),
        ({"LAATSTE_CONTROLE": "1-5-2026", "LENGTE": "135"}, "measurement_unusual"),
    ],
)
def test_what_is_unusual_comes_in_and_is_flagged(bring, patient, cells, code):
    outcome = bring(**cells)
    assert (outcome.added, outcome.refused, codes(outcome)) == (1, 0, [code])


def test_what_a_person_recorded_is_not_overruled(bring, work, patient, session):
    nurse = work("nurse")
    make_control(nurse, patient, date(2026, 5, 1), height_mm=1630)
    nurse.session.commit()
    outcome = bring(LAATSTE_CONTROLE="1-5-2026", LENGTE="162")
    assert (outcome.added, codes(outcome)) == (0, ["fact_differs"])
    assert [control.height_mm for control in standing(session, Control)] == [1630]


def test_what_a_person_voided_stays_void(bring, work, patient, session):
    bring(DEXA1="12-3-2020", T1="LWK -2,8")
    nurse = work("nurse")
    [scan] = standing(session, Scan)
    facts.void(nurse, nurse.session.get(Scan, scan.id), "verkeerde patiënt")
    nurse.session.commit()
    assert codes(bring(DEXA1="12-3-2020", T1="LWK -2,8")) == ["fact_voided"]
    assert standing(session, Scan) == []


def test_a_number_that_the_register_does_not_have_is_reported(bring, patient):
    assert codes(bring(tried=True, number="9", VFA="12-3-2020")) == ["number_unknown"]


def test_a_dxa_without_a_score_is_still_awaited(bring, patient, session):
    bring(DEXA1="12-11-2026")
    assert standing(session, Scan)[0].received_on is None


def test_an_earlier_letter_about_a_fact_is_the_letter_that_was_owed(work, patient, session):
    nurse = work("nurse")
    make_control(nurse, patient, TODAY)
    facts.stamp(nurse, EarlierLetter(sent_on=TODAY, about="control", about_on=TODAY), patient.id)
    items.refresh(nurse, patient)
    assert "letter.after_control" not in {item.code for item in nurse.session.scalars(select(DueItem))}


@pytest.mark.parametrize("about", list(LetterAbout))
def test_an_earlier_letter_tells_of_whatever_one_from_here_may(bring, patient, session, about):
    file = Path("docs/mappings/list-history.toml").read_text()
    told = file.replace('sent_on = "{BRIEF}"', f'sent_on = "{{BRIEF}}"\nabout = "{about}"\nabout_on = "{{OVER}}"')
    outcome = bring(mapped=mapping.parse(told.encode(), interop.FIELDS), BRIEF="4-5-2026", OVER="1-5-2026")
    assert outcome.refused == 0
    [letter] = standing(session, EarlierLetter)
    assert (letter.about, letter.about_on) == (about, date(2026, 5, 1))


ROW = {"DEXA1": "12-3-2020", "T1": "LWK -2,8", "LAATSTE_CONTROLE": "1-5-2026", "LENGTE": "162"}


@pytest.fixture
def take_back(work):
    """The manager takes an import back."""
    return lambda outcome: import_undo.undo(work("manager"), UndoImport(outcome.receipt_id, "verkeerde lijst"))


def due(session):
    return {(item.code, item.due_on) for item in session.scalars(select(DueItem))}


def test_an_import_taken_back_counts_nowhere_and_stays_readable(bring, take_back, patient, session):
    before = due(session)
    outcome = bring(**ROW)
    take_back(outcome)
    assert [standing(session, table) for table in (Scan, Control)] == [[], []]
    assert session.scalars(select(Control)).one().void_reason == "verkeerde lijst"
    assert due(session) == before


def test_taking_it_back_twice_is_once(bring, take_back, patient, session):
    outcome = bring(**ROW)
    take_back(outcome)
    take_back(outcome)
    assert session.get(ImportReceipt, outcome.receipt_id).undone_because == "verkeerde lijst"


def test_the_same_file_comes_in_again_after_it_was_taken_back(bring, take_back, patient, session):
    take_back(bring(**ROW))
    again = bring(**ROW)
    assert (again.added, again.complaints) == (1, ())
    assert [len(standing(session, table)) for table in (Scan, Control)] == [1, 1]


def a_correction(nurse, control):
    facts.correct(nurse, control, Control(
        on_date=control.on_date, kind="clinic", heights_mm=[], symptoms={}, side_effects={}, note_in_letter=False,
        form_token="other",
    ), "tikfout")  # fmt: skip


def an_agreement(nurse, control):
    told = Agreement(what="control", on_date=TODAY, made_on=TODAY, control_id=control.id)
    facts.stamp(nurse, told, control.patient_id)


def a_waiver(nurse, control):
    told = Waiver(code="control.yearly", due_on=TODAY, on_date=TODAY, reason="niet nodig")
    facts.stamp(nurse, told, control.patient_id)


def a_letter(nurse, control):
    letter = letters.blank(nurse, nurse.session.get(Patient, control.patient_id), TODAY)
    letters.tell(nurse, letter, LetterAbout.CONTROL, control.on_date, control.id, None)


def an_appointment(nurse, control):
    booking = Appointment(
        patient_id=control.patient_id, kind="control", on_date=control.on_date, state="attended",
        settled_at=nurse.now, control_id=control.id, form_token="booked", booked_at=nurse.now,
        booked_by=nurse.actor.id,
    )  # fmt: skip
    nurse.session.add(booking)


@pytest.mark.parametrize(
    ("build", "what"),
    [
        (a_correction, "built_corrected"), (an_agreement, "built_agreements"), (a_waiver, "built_signed"),
        (a_letter, "built_letters"), (an_appointment, "built_appointments"),
    ],
)  # fmt: skip
def test_an_import_on_which_somebody_built_stays(bring, take_back, work, patient, session, build, what):
    outcome = bring(**ROW)
    nurse = work("nurse")
    build(nurse, nurse.session.scalars(select(Control)).one())
    nurse.session.commit()
    with pytest.raises(RuleBroken, match="import_built_on"):
        take_back(outcome)
    receipt = session.get(ImportReceipt, outcome.receipt_id)
    assert import_undo.hanging_on(work("manager"), receipt, 9) == [("1001", what)]
    assert len(standing(session, Scan)) == 1


def test_only_the_manager_takes_an_import_back(bring, work, patient):
    outcome = bring(**ROW)
    with pytest.raises(NotAllowed):
        import_undo.undo(work("nurse"), UndoImport(outcome.receipt_id, "verkeerde lijst"))


def test_what_came_together_and_what_was_voided_since_goes_with_it(bring, take_back, work, patient, session):
    outcome = bring(**ROW, BEOORDEELD="3-3-2025", BESLUIT="doorgaan", TOT="1-3-2028")
    nurse = work("nurse")
    facts.void(nurse, nurse.session.scalars(select(Control)).one(), "andere patiënt")
    nurse.session.commit()
    take_back(outcome)
    assert [standing(session, table) for table in (Scan, Control, Review)] == [[], [], []]
    assert session.scalars(select(Control)).one().void_reason == "andere patiënt"


def test_what_waits_for_a_doctor_is_built_on_its_course(work, patient):
    nurse = work("nurse")
    course = nurse.session.scalars(select(Course)).one()
    nurse.session.add(Proposal(
        patient_id=patient.id, course_id=course.id, doctor_id=work("doctor").actor.id, proposed_by=nurse.actor.id,
        proposed_at=nurse.now, state="waiting",
    ))  # fmt: skip
    nurse.session.flush()
    assert [found.code for found in import_undo.elsewhere(nurse, {"courses": {course.id}})] == ["built_proposals"]
    make_stop(nurse, course)
    together = {"courses": {course.id}, "course_stops": {stop.id for stop in nurse.session.scalars(select(CourseStop))}}
    assert list(import_undo.children(nurse, together)) == []
    assert [found.code for found in import_undo.children(nurse, {"courses": {course.id}})] == ["built_course_stops"]


def make_stop(nurse, course):
    facts.stamp(nurse, CourseStop(course_id=course.id, stopped_on=TODAY, reason="other"), course.patient_id)
    nurse.session.flush()


@pytest.mark.parametrize(
    ("kind", "fields", "day", "code"),
    [
        ("scan", {"made_on": "{DEXA1}", "received_on": "{TOT}"}, "24-11-2026", "in_future"),
        ("letter", {"sent_on": "{DEXA1}", "about": "dxa", "about_on": "{TOT}"}, "24-11-2026", "in_future"),
        ("agreement", {"on": "{DEXA1}", "what": "dxa", "made_on": "{TOT}"}, "24-11-2026", "in_future"),
        ("review", {"on": "{DEXA1}", "outcome": "continue", "until_on": "{TOT}"}, "12-03-2020", "review_day"),
        ("review", {"on": "{DEXA1}", "outcome": "continue", "until_on": "{TOT}"}, "13-03-2030", "review_day"),
        ("review", {"on": "{DEXA1}", "outcome": "stop", "effective_on": "{TOT}"}, "13-03-2021", "review_day"),
        ("review", {"on": "{DEXA1}", "outcome": "stop", "effective_on": "{TOT}"}, "13-03-1953", "review_day"),
    ],
)
def test_another_day_of_a_fact_that_cannot_be_is_refused_at_its_cell(bring, patient, kind, fields, day, code):
    told = mapping.Mapping(f"history.{kind}", fields | ({"reason": "oude lijst"} if kind == "review" else {}))
    mapped = mapping.Mapping("history", {"number": "{PATNR}"}, facts=(told,))
    refused = bring(mapped=mapped, tried=True, DEXA1="12-03-2020", TOT=day)
    assert (refused.refused, [(found.column, found.code) for found in refused.complaints]) == (1, [("TOT", code)])
    assert (say(code, refused.complaints[0].params, "nl")).startswith(day)
    allowed = "12-03-2021" if kind == "review" else "12-03-2020"
    assert bring(mapped=mapped, tried=True, DEXA1="12-03-2020", TOT=allowed).refused == 0


@pytest.mark.parametrize(
    ("kind", "fields", "refused"),
    [
        ("scan", {"made_on": "{DEXA1}"}, ["in_future"]),
        ("review", {"on": "{DEXA1}", "outcome": "continue", "until_on": "{DEXA1}", "reason": "x"}, ["in_future"]),
        ("review", {"on": "{DEXA1}", "outcome": "stop", "effective_on": "{TOT}", "reason": "x"}, ["in_future"]),
        ("agreement", {"on": "{DEXA1}", "what": "dxa", "made_on": "12-03-2020"}, ["agreed_far_ahead"]),
    ],
)
def test_the_last_day_that_there_is_stops_no_import(bring, patient, kind, fields, refused):
    mapped = mapping.Mapping("history", {"number": "{PATNR}"}, facts=(mapping.Mapping(f"history.{kind}", fields),))
    outcome = bring(mapped=mapped, tried=True, DEXA1="31-12-9999", TOT="12-03-2030")
    assert [found.code for found in outcome.complaints] == refused
