"""The proof that the GP heard of everything in time."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import select

from clinic.domain.figures import Figure, of_letters
from clinic.domain.vocabulary import LetterAbout
from clinic.services import copies, figures, items, letter_proof, letter_sending
from clinic.services.copies import AddCopy
from clinic.services.facts import stamp
from clinic.services.letter_proof import behind, of_patient, shares
from clinic.services.work import NotAllowed
from clinic.store import records
from clinic.store.audit import AuditEntry
from clinic.store.figures import FigureCase
from clinic.store.imports import EarlierLetter
from clinic.store.letter_proof import STATES
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.reviews import Review, Waiver
from clinic.store.scans import Scan
from tests.conftest import MONDAY, MONDAY_MORNING
from tests.factories import make_control, make_course, make_patient
from tests.letter_makers import drafted, seen, sent, sign, with_gp

NOVEMBER = date(2026, 11, 1)
AS_FIGURE = {"in_time": "met", "late": "missed", "missing": "missed", "open": "open", "waived": "left_out"}
AGO = date(2026, 11, 5)  # its letter was due on the 12th


def told_on(work, day, control_on=AGO):
    """A patient whose control was told of on a day."""
    nurse = work("nurse", today=control_on)
    patient = with_gp(nurse, name=f"Praktijk {control_on} {day}")
    letter = nurse.session.get(Letter, seen(nurse, patient, control_on))
    nurse.commit()
    letter = sign(work("doctor", today=day), letter)
    return patient, letter, work("secretary", today=day)


@pytest.fixture
def clinic(work, session, tmp_path):
    """In November one control of each kind: told in time, too late, not at all, still in time, and let go."""
    for day in (date(2026, 11, 12), date(2026, 11, 13)):
        _patient, letter, secretary = told_on(work, day)
        assert sent(secretary, letter, tmp_path).sent
    nurse = work("nurse")
    for day in (AGO, MONDAY):
        make_control(nurse, make_patient(nurse), day)
    let_go = make_patient(nurse)
    make_control(nurse, let_go, AGO)
    stamp(nurse, Waiver(code="letter.after_control", due_on=date(2026, 11, 12), on_date=MONDAY, reason="x"), let_go.id)
    make_control(nurse, make_patient(nurse), AGO, kind="interim")
    make_control(nurse, make_patient(nurse, registered_on=MONDAY), AGO)
    make_control(nurse, make_patient(nurse, status="moved", status_on=date(2026, 11, 4)), AGO)
    session.commit()


def test_each_fact_of_a_month_counts_once_by_what_came_of_its_letter(work, clinic):
    found = shares(work("secretary"))
    control = found[LetterAbout.CONTROL]
    assert [month.first for month in control][-2:] == [date(2026, 10, 1), NOVEMBER]
    assert control[-1].counts == {"in_time": 1, "late": 1, "missing": 1, "open": 1, "waived": 1}
    assert control[-1].due == 3
    assert found[LetterAbout.END][-1].counts == {"missing": 1}
    assert all(month.due == 0 for month in (*control[:-1], *found[LetterAbout.DXA]))
    for state, count in control[-1].counts.items():
        assert len(behind(work("secretary"), LetterAbout.CONTROL, NOVEMBER, state, None)) == count
    with pytest.raises(NotAllowed):
        shares(work("manager"))


def test_the_figure_of_letters_says_the_same(work, session, database, tmp_path, clinic):
    patient, letter, secretary = told_on(work, date(2026, 11, 12), control_on=date(2026, 11, 6))
    assert sent(secretary, letter, tmp_path).sent
    let_go = Waiver(code="letter.after_control", due_on=date(2026, 11, 13), on_date=MONDAY, reason="sent all the same")
    stamp(work("doctor"), let_go, patient.id)
    session.commit()
    figures.run(database, lambda: MONDAY_MORNING)
    case = select(FigureCase.patient_id, FigureCase.on_date, FigureCase.state)
    counted = set(map(tuple, session.execute(case.where(FigureCase.figure == Figure.LETTER))))
    shown = {
        (row.patient_id, row.clock, AS_FIGURE[state]) for state in STATES
        for row in behind(work("secretary"), LetterAbout.CONTROL, NOVEMBER, state, None)
    }  # fmt: skip
    assert shown == counted
    assert Counter(state for _patient_id, _day, state in shown) == {"met": 1, "missed": 2, "open": 1, "left_out": 2}


def test_the_letters_behind_a_number_come_a_page_at_a_time_and_are_a_look(work, session, monkeypatch):
    monkeypatch.setattr(letter_proof, "PAGE", 2)
    nurse = work("nurse")
    for day in (AGO, AGO, date(2026, 11, 6)):
        make_control(nurse, make_patient(nurse), day)
    session.commit()
    secretary = work("secretary")
    first = behind(secretary, LetterAbout.CONTROL, NOVEMBER, "missing", None)
    assert [(row.clock, row.due_on, row.sent_on) for row in first[:2]] == [(AGO, date(2026, 11, 12), None)] * 2
    [last] = behind(secretary, LetterAbout.CONTROL, NOVEMBER, "missing", (first[1].clock, first[1].patient_id))
    assert last.clock == date(2026, 11, 6)
    assert behind(secretary, LetterAbout.CONTROL, NOVEMBER, "late", None) == []
    secretary.commit()
    told = select(AuditEntry.shown).where(AuditEntry.subject == "letters:proof_control_missing")
    assert sorted(len(shown) for shown in session.scalars(told)) == [1, 2]


def test_of_a_patient_it_says_what_the_gp_was_told_of_and_names_each_gap(work, session, tmp_path):
    patient, letter, secretary = told_on(work, date(2026, 11, 12))
    sent(secretary, letter, tmp_path)
    nurse = work("nurse")
    make_course(nurse, patient, started_on=date(2026, 3, 2))
    make_control(nurse, patient, date(2026, 4, 7))
    make_control(nurse, patient, date(2025, 4, 7))
    for made_on, about in ((date(2026, 4, 8), "dxa"), (date(2026, 4, 9), None)):
        scan = Scan(made_on=made_on, received_on=date(2026, 4, 10), form_token=f"{made_on}")
        stamp(nurse, scan, patient.id)
        if about:
            stamp(nurse, EarlierLetter(sent_on=date(2026, 4, 17), about=about, about_on=made_on), patient.id)
    session.commit()
    told = [(one.about, one.fact_on, one.sent_on, one.gap) for one in of_patient(secretary, patient.id)]
    assert told == [
        (LetterAbout.CONTROL, AGO, date(2026, 11, 12), False),
        (LetterAbout.DXA, date(2026, 4, 9), None, True),
        (LetterAbout.CONTROL, date(2026, 4, 7), None, True),
        (LetterAbout.START, date(2026, 3, 2), None, True),
        (LetterAbout.CONTROL, date(2025, 4, 7), None, True),
    ]


def test_a_letter_that_a_doctor_let_lapse_is_no_gap_of_the_patient_either(work, clinic):
    secretary = work("secretary")
    [let_go] = secretary.session.scalars(select(Waiver.patient_id))
    assert [(one.waived, one.gap) for one in of_patient(secretary, let_go)] == [(True, False)]


@pytest.mark.parametrize("before", [date(2026, 11, 10), date(2026, 11, 12), date(2026, 11, 20)])
def test_of_a_letter_from_here_and_an_earlier_one_the_first_counts_in_the_proof_and_in_the_rules(
    work, session, tmp_path, before
):
    patient, letter, secretary = told_on(work, date(2026, 11, 13))
    sent(secretary, letter, tmp_path)
    stamp(work("nurse"), EarlierLetter(sent_on=before, about="control", about_on=AGO), patient.id)
    session.commit()
    [told] = [one for one in of_patient(secretary, patient.id) if one.fact_on == AGO]
    assert told.sent_on == min(before, date(2026, 11, 13))
    record = records.load(session, patient.id)
    [case] = of_letters(record, AGO, MONDAY, secretary.protocol)
    assert (case.done_on, case.state) == (told.sent_on, "met" if before <= date(2026, 11, 12) else "missed")
    assert shares(secretary)[LetterAbout.CONTROL][-1].counts == {"in_time" if case.state == "met" else "late": 1}


def test_what_left_in_a_month_is_a_list_of_letters_and_copies_without_a_bsn(work, session, tmp_path):
    letter = drafted(work("nurse"), channel="secure_mail")
    patient = session.get_one(Patient, letter.patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Kade", "2", "7551 AB", "Hengelo"
    copies.add(work("secretary"), AddCopy(patient.id, None, "op haar verzoek"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    secretary = work("secretary")
    [going] = letter_sending.parcels(secretary, [letter.id])
    letter_sending.send(secretary, letter.id, going.confirmed, tmp_path / "outbox")
    items.refresh(secretary, patient)
    found = letter_proof.sent(secretary, NOVEMBER, MONDAY)
    assert [(one.number, one.about, one.what.channel) for one in found] == [
        (patient.number, ["control"], "secure_mail"), (patient.number, ["control"], "post"),
    ]  # fmt: skip
    assert letter_proof.sent(secretary, date(2026, 10, 1), date(2026, 10, 31)) == []


@pytest.mark.parametrize(
    ("outcome", "on", "named"),
    [("switch", "2026-11-02", False), ("restart", "2026-11-02", False), ("switch", "2026-11-03", True)],
)
def test_a_start_that_a_signed_decision_names_is_told_with_that_decision(work, outcome, on, named):
    doctor = work("doctor")
    patient = with_gp(doctor)
    make_course(doctor, patient, drug="risedronic_acid", started_on=date(2026, 11, 2))
    stamp(doctor, Review(on_date=date(2026, 10, 26), outcome=outcome, effective_on=date.fromisoformat(on),
                         next_drug="risedronic_acid", reason="slikklachten", prescriber="huisarts",
                         signed_function="internist", seen={}, form_token="signed"), patient.id)  # fmt: skip
    doctor.session.commit()
    gaps = {one.about for one in of_patient(doctor, patient.id) if one.gap}
    assert gaps == {LetterAbout.REVIEW} | ({LetterAbout.START} if named else set())
