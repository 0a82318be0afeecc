"""What lies on the printer may be in the post: whatever changes in the record meanwhile, no letter goes out twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout, PatientStatus
from clinic.services import copies, letter_ends, letter_queue, letter_sending, letters, print_runs, to_patient
from clinic.services.copies import AddCopy
from clinic.store.appointments import Appointment
from clinic.store.controls import Control
from clinic.store.copies import of_letter
from clinic.store.corrections import BreachTask
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.print_runs import PrintedLetter, lying
from tests.letter_makers import TODAY, drafted, sent, sign, voided, with_gp
from tests.services.test_print_runs import made, signed
from tests.services.test_to_patient import HOME, booked, known


def state(session, letter):
    """As it stands in the register."""
    session.commit()
    session.expire_all()
    return letter.state


def invited(work):
    """An invitation for an appointment of hers."""
    secretary = work("secretary")
    patient = known(secretary)
    booked(secretary, patient)
    return secretary.session.get_one(Letter, to_patient.make(secretary, patient.id, "control"))


def corrected(work, letter):
    """Today's control is recorded anew: the letter tells what stood before; the draft of a new one."""
    nurse = work("nurse")
    patient = nurse.session.get_one(Patient, letter.patient_id)
    control = nurse.session.query(Control).filter_by(patient_id=patient.id).one()
    new = letters.draft_for(nurse, patient, LetterAbout.CONTROL, TODAY, control.id)
    nurse.commit()
    return nurse.session.get_one(Letter, new)


@pytest.mark.parametrize("change", ["moved", "her address", "she left"])
def test_a_letter_to_a_patient_that_was_printed_is_sent_whatever_changed_since(work, session, outbox, change):
    letter = invited(work)
    run, lines = made(work), letter.facts["recipient"]["lines"]
    patient = session.get_one(Patient, letter.patient_id)
    if change == "moved":
        session.query(Appointment).one().on_date += timedelta(days=1)
    elif change == "her address":
        patient.street = "Nieuwe Kade"
    else:
        patient.status, patient.status_on = PatientStatus.MOVED, TODAY
        letters.tell_of_end(work("secretary"), patient, None)
    session.commit()
    [outcome] = print_runs.settle(work("secretary"), run.id, set(), outbox)
    assert (outcome.sent, state(session, letter), letter.envelope["lines"]) == (True, "sent", lines)
    assert print_runs.morning(work("secretary")).post == []


def test_a_letter_to_a_gp_that_was_printed_is_sent_and_the_next_says_what_it_replaces(work, session, outbox):
    letter = signed(work)
    run, practice = made(work), session.get_one(Patient, letter.patient_id).gp.practice
    practice.street = "Andere weg"
    new = corrected(work, letter)
    assert (state(session, letter), new.state) == ("authorised", "draft")
    assert corrected(work, letter) is new
    with pytest.raises(RuleBroken, match="letter_earlier_on_printer"):
        sign(work("doctor"), new)
    [outcome] = print_runs.settle(work("secretary"), run.id, set(), outbox)
    assert (outcome.sent, state(session, letter), letter.envelope["lines"][-2]) == (True, "sent", "Terpwei 7")
    sign(work("doctor"), new)
    assert [told["reference"] for told in new.facts["replaces"]] == [letter.reference]


@pytest.mark.parametrize("how", ["missing", "dropped", "leak"])
def test_what_was_overtaken_and_not_printed_ends(work, session, outbox, monkeypatch, how):
    letter, stays = signed(work, name="A"), signed(work, name="B")
    run_id = print_runs.begin(work("secretary"), "pressed")
    if how == "missing":
        print_runs.make(work("secretary"), run_id)
    new = corrected(work, letter)
    if how == "leak":
        monkeypatch.setattr(print_runs, "sheets", lambda *_given: (_ for _ in ()).throw(print_runs.Leak("x")))
        print_runs.make(work("secretary"), run_id)
    elif how == "dropped":
        print_runs.drop(work("secretary"), run_id)
    else:
        assert print_runs.settle(work("secretary"), run_id, {letter.id, stays.id}, outbox) == []
    assert (state(session, letter), stays.state) == ("withdrawn", "authorised")
    assert sign(work("doctor"), new).state == "authorised"


def test_what_lies_on_the_printer_is_not_drafted_anew_before_somebody_said_whether_it_was_printed(work, session):
    to_gp, to_her = signed(work), invited(work)
    run = made(work)
    for letter in (to_gp, to_her):
        with pytest.raises(RuleBroken, match="letter_on_printer"):
            to_patient.redraft(work("secretary"), letter.id, letter.version, "Anders.")
    print_runs.drop(work("secretary"), run.id)
    assert to_patient.redraft(work("secretary"), to_gp.id, to_gp.version, "Anders.").state == "draft"
    assert state(session, to_gp) == "withdrawn"


def test_an_invitation_that_was_overtaken_on_the_printer_is_made_anew_also_for_the_first_day(work, session):
    letter, visit = invited(work), session.query(Appointment).one()
    made(work)
    secretary, first = work("secretary"), visit.on_date
    visit.on_date += timedelta(days=1)
    second = to_patient.make(secretary, letter.patient_id, "control")
    visit.on_date = first
    third = to_patient.make(secretary, letter.patient_id, "control")
    assert len({letter.id, second, third}) == 3
    assert (state(session, letter), session.get_one(Letter, second).state) == ("authorised", "withdrawn")
    assert to_patient.make(secretary, letter.patient_id, "control") == third


def test_copies_on_paper_go_as_they_lay_and_one_to_be_mailed_stays_when_it_was_ended(work, session, outbox):
    letter, mailed = drafted(work("nurse")), with_gp(work("nurse"), name="Kade", channel="secure_mail").gp
    patient, secretary = session.get_one(Patient, letter.patient_id), work("secretary")
    for name, value in HOME.items():
        setattr(patient, name, value)
    for gp_id in (None, mailed.id):
        copies.add(secretary, AddCopy(patient.id, gp_id, "op haar verzoek"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    run = made(work)
    for standing in copies.of_patient(secretary, patient.id):
        copies.end(secretary, patient.id, standing.StandingCopy.id)
    [outcome] = print_runs.settle(work("secretary"), run.id, set(), outbox)
    assert outcome.sent
    assert [(copy.channel, copy.state) for copy in of_letter(session, letter.id)] == [("post", "sent")]


def test_a_run_from_before_envelopes_were_kept_goes_in_those_of_the_moment(work, session, outbox):
    letter = signed(work)
    run = made(work)
    session.query(PrintedLetter).update({"envelope": None, "copies": None})
    session.commit()
    assert [outcome.sent for outcome in print_runs.settle(work("secretary"), run.id, set(), outbox)] == [True]
    assert (state(session, letter), lying(session, letter.id)) == ("sent", None)


def test_what_lies_on_the_printer_is_sent_by_its_run_alone_and_printed_there_alone(work, session, outbox):
    letter = signed(work)
    [before] = letter_sending.parcels(work("secretary"), [letter.id])
    run = made(work)
    [lies] = letter_sending.parcels(work("secretary"), [letter.id])
    assert (lies.problem, lies.run_id) == ("letter_on_printer", run.id)
    assert sent(work("secretary"), letter, outbox.parent).problem == "letter_on_printer"
    [kept] = letter_sending.queue_all(work("secretary"), {letter.id: before.confirmed})
    assert kept.problem == "letter_on_printer"
    with pytest.raises(LookupError):
        print_runs.begin(work("secretary"), "ticked", [letter.id])
    print_runs.drop(work("secretary"), run.id)
    again = print_runs.begin(work("secretary"), "ticked again", [letter.id])
    assert [one.letter.id for one in print_runs.morning(work("secretary")).post] == []
    print_runs.drop(work("secretary"), again)
    assert sent(work("secretary"), letter, outbox.parent).sent


def test_what_ended_on_the_printer_in_another_way_is_told_and_what_was_sent_by_hand_is_sent_once(
    work, session, outbox
):  # fmt: skip
    ended, gone, back = (signed(work, name=name) for name in "ABC")
    by_hand = letter_sending.parcels(work("secretary"), [gone.id, back.id])
    run = made(work)
    letter_ends.withdraw(work("secretary"), ended)
    for going in by_hand:
        letter_sending.queue(work("secretary"), going)  # from before that was refused
        assert letter_sending.deliver(work("secretary"), going.letter.id, outbox).sent
    letter_queue.came_back(work("secretary"), back.id, back.version, "Verhuisd.")
    outcomes = print_runs.settle(work("secretary"), run.id, set(), outbox)
    assert {outcome.letter_id: outcome.problem for outcome in outcomes} == dict.fromkeys(
        (ended.id, gone.id, back.id), "letter_state"
    )
    assert (state(session, ended), gone.state, gone.version) == ("withdrawn", "sent", 4)
    assert back.state == "returned_by_post"
    assert session.scalars(select(BreachTask)).all() == []


def test_of_what_was_withdrawn_and_printed_all_the_same_the_privacy_officer_hears(work, session, outbox):
    letter, nurse = signed(work), work("nurse")
    run, patient = made(work), session.get_one(Patient, letter.patient_id)
    letter_ends.withdraw(nurse, letter)
    voided(nurse, patient, TODAY)
    print_runs.settle(work("secretary"), run.id, set(), outbox)
    assert [task.letter_id for task in session.scalars(select(BreachTask))] == [letter.id]
    assert letter.state == "withdrawn"
