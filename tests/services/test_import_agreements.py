"""What an old list agreed was agreed before: what came since answers it, and what a nurse agreed since stands."""

from datetime import date

import pytest
from sqlalchemy import select

from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.services import facts, import_undo, imports, items
from clinic.services.import_undo import UndoImport
from clinic.services.imports import Import
from clinic.store.controls import Agreement
from clinic.store.due import DueItem
from clinic.store.scans import Scan
from clinic.store.settings import ImportReceipt
from clinic.wording.complaints import say
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)
FACTS = (
    {"kind": "control", "on": "{LAATSTE CONTROLE}"},
    {"kind": "agreement", "on": "{VOLGENDE}", "what": "controle", "made_on": "{AFGESPROKEN}"},
    {"kind": "agreement", "on": "{VOLGENDE DEXA}", "what": "dexa"},
)
MAPPING = mapping.Mapping(
    "history", {"number": "{PATNR}"},
    facts=tuple(
        mapping.Mapping(f"history.{told['kind']}", {name: text for name, text in told.items() if name != "kind"})
        for told in FACTS
    ),
)  # fmt: skip


@pytest.fixture
def nurse(work):
    return work("nurse")


@pytest.fixture
def patient(nurse):
    """She has tablets since 2025 and is followed here since then."""
    found = make_patient(nurse, number="1001", registered_on=date(2025, 3, 10))
    make_course(nurse, found, started_on=date(2025, 3, 10))
    items.refresh(nurse, found)
    nurse.session.commit()
    return found


@pytest.fixture
def bring(work):
    """The manager brings rows of her in; each names its cells."""

    def start(*rows):
        told = [dict.fromkeys(sorted(MAPPING.columns()), "") | {"PATNR": "1001"} | row for row in rows]
        content = "\n".join([";".join(told[0]), *(";".join(row.values()) for row in told)]).encode()
        parsed = interop.parse(tables.read(content, "list.csv"), MAPPING)
        return imports.commit(work("manager"), Import(parsed, "list.csv", "0" * 64))

    return start


def agreed(session, what="control"):
    """The days of that kind that are on the list."""
    query = select(DueItem.due_on).where(DueItem.code == f"agreed.{what}")
    return session.scalars(query).all()


def made(session):
    return session.scalars(select(Agreement.made_on).order_by(Agreement.id)).all()


def agree(nurse, patient, on, made_on):
    told = facts.stamp(nurse, Agreement(what="control", on_date=on, made_on=made_on), patient.id)
    items.refresh(nurse, patient)
    nurse.session.commit()
    return told


@pytest.mark.parametrize(
    ("last", "agreed_for", "made_on", "stands"),
    [
        ("1-5-2026", "1-5-2027", date(2026, 5, 1), True),  # still to come
        ("1-5-2026", "1-11-2026", date(2026, 5, 1), True),  # nobody came
        ("1-5-2026", "1-4-2026", date(2025, 3, 10), False),  # she came, a month later
        ("1-5-2026", "1-5-2026", date(2025, 3, 10), False),  # she came on that day
        ("1-2-2025", "1-2-2025", date(2025, 1, 31), False),  # she came on that day, before she was registered
        ("", "1-5-2027", date(2025, 3, 10), True),
    ],
)
def test_a_day_that_the_last_control_answered_is_answered_and_one_to_come_stands(
    bring, patient, session, last, agreed_for, made_on, stands
):
    outcome = bring({"LAATSTE CONTROLE": last, "VOLGENDE": agreed_for})
    day, month, year = map(int, agreed_for.split("-"))
    assert (outcome.added, outcome.complaints, made(session)) == (1, (), [made_on])
    assert agreed(session) == ([date(year, month, day)] if stands else [])


def test_each_fact_may_have_a_row_of_its_own_in_any_order(bring, patient, session):
    bring({"VOLGENDE": "1-5-2026"}, {"VOLGENDE": "1-6-2027"}, {"LAATSTE CONTROLE": "5-5-2026"})
    assert (made(session), agreed(session)) == ([date(2025, 3, 10), date(2026, 5, 5)], [date(2027, 6, 1)])


def test_of_a_list_without_controls_the_last_one_of_the_register_counts(bring, nurse, patient, session):
    make_control(nurse, patient, date(2026, 11, 10))
    other = make_control(nurse, patient, date(2026, 11, 20))
    nurse.session.flush()
    facts.void(nurse, other, "andere patiënt")
    facts.stamp(nurse, Scan(requested_on=TODAY), patient.id)  # a DXA that is still to be made dates nothing
    nurse.session.commit()
    bring({"VOLGENDE": "1-5-2027", "VOLGENDE DEXA": "1-6-2027"})
    assert made(session) == [date(2026, 11, 10), date(2025, 3, 10)]
    assert (agreed(session), agreed(session, "dxa")) == ([date(2027, 5, 1)], [date(2027, 6, 1)])


def test_what_a_nurse_agreed_since_stays_and_the_row_says_so(bring, nurse, patient, session):
    make_control(nurse, patient, date(2026, 11, 10))
    agree(nurse, patient, date(2027, 2, 1), date(2026, 11, 10))
    for cells in ({"LAATSTE CONTROLE": "1-5-2026"}, {}, {"AFGESPROKEN": "10-11-2026"}):
        outcome = bring({"VOLGENDE": "1-5-2027", **cells})
        [complaint] = outcome.complaints
        assert (complaint.column, complaint.level, complaint.code) == ("VOLGENDE", "check", "agreed_since")
        assert say(complaint.code, complaint.params, "nl").startswith("01-05-2027, maar in het register is sindsdien")
        assert agreed(session) == [date(2027, 2, 1)]


def test_what_was_agreed_before_the_lists_control_gives_way(bring, nurse, patient, session):
    agree(nurse, patient, date(2026, 5, 1), date(2025, 11, 10))
    facts.void(nurse, agree(nurse, patient, date(2027, 2, 1), TODAY), "andere patiënt")
    nurse.session.commit()
    outcome = bring({"LAATSTE CONTROLE": "3-5-2026", "VOLGENDE": "1-5-2027"})
    assert (outcome.complaints, agreed(session)) == ((), [date(2027, 5, 1)])


@pytest.mark.parametrize(("control", "later", "holds"), [
    ("3-5-2026", "1-7-2027", date(2027, 7, 1)),  # the later date of one day (K6)
    ("3-8-2026", "1-3-2027", date(2027, 3, 1)),  # agreed at a later control
    ("3-5-2026", "1-3-2027", None), ("3-4-2026", "1-7-2027", None),
])  # fmt: skip
def test_what_the_updated_list_agrees_is_held_against_the_list_before_as_the_rules_do(
    bring, nurse, patient, session, control, later, holds
):
    bring({"LAATSTE CONTROLE": "3-5-2026", "VOLGENDE": "1-5-2027"})
    outcome = bring({"LAATSTE CONTROLE": control, "VOLGENDE": later})
    assert agreed(session) == [holds or date(2027, 5, 1)]
    told = [(one.column, one.level, one.code) for one in outcome.complaints]
    assert told == ([] if holds else [("VOLGENDE", "check", "agreed_by_list")])
    assert all("een eerdere lijst sprak 01-05-2027 af" in say(one.code, one.params, "nl") for one in outcome.complaints)


def test_after_the_import_before_is_taken_back_the_updated_list_agrees_what_it_says(bring, work, patient, session):
    bring({"LAATSTE CONTROLE": "3-5-2026", "VOLGENDE": "1-5-2027"})
    import_undo.undo(work("manager"), UndoImport(session.scalars(select(ImportReceipt.id)).one(), "lijst bijgewerkt"))
    outcome = bring({"LAATSTE CONTROLE": "3-5-2026", "VOLGENDE": "1-3-2027"})
    assert (outcome.complaints, agreed(session)) == ((), [date(2027, 3, 1)])


def test_what_a_nurse_made_of_an_agreement_of_the_list_was_agreed_here(bring, nurse, patient, session):
    bring({"LAATSTE CONTROLE": "3-5-2026", "VOLGENDE": "1-5-2027"})
    told = session.scalars(select(Agreement)).one()
    said = Agreement(what="control", on_date=date(2027, 4, 1), made_on=told.made_on)
    facts.correct(nurse, told, said, "een maand eerder")
    nurse.session.commit()
    outcome = bring({"LAATSTE CONTROLE": "3-5-2026", "VOLGENDE": "1-7-2027"})
    assert [one.code for one in outcome.complaints] == ["agreed_since"]


def test_an_agreement_of_the_list_is_known_again(bring, patient, session):
    row = {"LAATSTE CONTROLE": "3-5-2026", "VOLGENDE": "1-5-2027"}
    bring(row)
    again = bring(row)
    assert (again.unchanged, again.complaints) == (1, ())
