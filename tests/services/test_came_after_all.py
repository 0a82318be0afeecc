"""No letter that she did not come leaves when she came after all; each missed appointment is told by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ControlKind
from clinic.services import appointments, controls, doses, letter_begin
from clinic.services.appointments import Of
from clinic.services.controls import SaveControl
from clinic.services.doses import GiveDose
from clinic.services.letter_facts import subjects
from clinic.store.appointments import Appointment
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from tests.factories import make_course
from tests.letter_makers import sent, sign, with_gp
from tests.services.test_corrections import ANSWERED
from tests.services.test_letter_begin import MONDAY, missed
from tests.services.test_overtaken import in_queue, left, round_of


@pytest.fixture
def nurse(work):
    return work("nurse")


@pytest.fixture
def visit(nurse):
    """She did not come last Monday, and a letter was begun that says so."""
    patient = with_gp(nurse)
    found = missed(nurse, patient)
    letter_begin.begin(nurse, patient.id, "no_show")
    return found


def came(work, visit):
    appointments.came(work, Of(visit.patient_id, visit.id, visit.version))


def reopened(work, visit):
    appointments.reopen(work, Of(visit.patient_id, visit.id, visit.version))


def control(work, visit):
    controls.save(work, saved(visit, appointment_id=visit.id))


def from_the_record(work, visit):
    controls.save(work, saved(visit))


def corrected_to_its_day(work, visit):
    """Its paper was typed with the day of typing, and put right since."""
    first = controls.save(work, replace(saved(visit), on=work.today))
    told = {"corrects": first, "reason": "van maandag", "form_token": "two"}
    controls.save(work, replace(saved(visit), **told))


def dose(work, visit):
    visit.item_code, visit.item_subject = "dose.zoledronic_acid", MONDAY
    patient = work.session.get_one(Patient, visit.patient_id)
    course = make_course(work, patient, drug="zoledronic_acid", started_on=MONDAY)
    work.session.flush()
    doses.give(work, GiveDose(patient.id, course.id, MONDAY))


def saved(visit, **given):
    return SaveControl(
        visit.patient_id, MONDAY, ControlKind.CLINIC, "one", heights_mm=(1587,), weight_g=58300, symptoms=ANSWERED,
        **given,
    )  # fmt: skip


def the_letter(session):
    return session.scalars(select(Letter).order_by(Letter.id)).first()


def about(work, letter):
    return [told.about for told in subjects(work, letter.id)]


ACTS = pytest.mark.parametrize("act", [came, reopened, control, from_the_record, corrected_to_its_day, dose])
CONTROLS = (control, from_the_record, corrected_to_its_day)


@ACTS
def test_a_letter_that_is_being_written_no_longer_tells_it(nurse, session, visit, act):
    act(nurse, visit)
    letter = the_letter(session)
    told = (["control"], "draft") if act in CONTROLS else ([], "withdrawn")
    assert (about(nurse, letter), letter.state) == told


@ACTS
def test_an_authorised_letter_is_withdrawn(work, nurse, session, visit, act):
    letter = sign(work("doctor"), the_letter(session))
    act(nurse, visit)
    assert letter.state == "withdrawn"
    drafts = session.scalars(select(Letter).where(Letter.state == "draft")).all()
    assert [about(nurse, draft) for draft in drafts] == ([["control"]] if act in CONTROLS else [])


@ACTS
def test_a_letter_in_the_queue_is_held_back(work, nurse, session, visit, tmp_path, act):
    letter = in_queue(work, session, visit.patient_id, the_letter(session))
    act(nurse, visit)
    assert round_of(session, tmp_path / "outbox") == ["letter_overtaken"]
    assert (letter.state, left(tmp_path / "outbox")) == ("withdrawn", [])


def test_a_letter_in_the_queue_leaves_when_she_did_not_come(work, session, visit, tmp_path):
    letter = in_queue(work, session, visit.patient_id, the_letter(session))
    letter.next_try_at = None
    assert round_of(session, tmp_path / "outbox") == [""]
    assert letter.state == "sent"


def test_a_dose_given_at_a_later_visit_of_that_day_leaves_the_letter(nurse, session, visit):
    visit.kind = "infusion"
    later = replace_of(visit, kind="infusion", form_token="later", state="booked", settled_at=None, attempts=0)
    session.add(later)
    session.flush()
    appointments.attend(nurse, Of(visit.patient_id, later.id, later.version))
    dose(nurse, visit)
    assert (visit.state, the_letter(session).state, about(nurse, the_letter(session))) == (
        "no_show",
        "draft",
        ["no_show"],
    )


def test_a_booking_that_was_closed_as_attended_leaves_the_letters_alone(nurse, session, visit):
    other = Appointment(
        patient_id=visit.patient_id, kind="control", on_date=MONDAY, state="attended", attempts=0, form_token="other",
        settled_at=nurse.now, booked_at=nurse.now, booked_by=nurse.actor.id,
    )  # fmt: skip
    nurse.session.add(other)
    nurse.commit() if nurse.entries else nurse.session.commit()
    reopened(nurse, other)
    control(nurse, other)
    letter = the_letter(session)
    assert about(nurse, letter) == ["control", "no_show"]


def both_missed(nurse, visit):
    """The DXA of that same Monday was missed too."""
    dxa = replace_of(visit, kind="dxa", form_token="dxa")
    nurse.session.add(dxa)
    nurse.session.flush()
    return dxa


def replace_of(visit, **given):
    told = {name: getattr(visit, name) for name in
            ("patient_id", "on_date", "state", "attempts", "settled_at", "booked_at", "booked_by")}  # fmt: skip
    return Appointment(**told | given)


def test_a_control_and_a_dxa_missed_on_one_day_are_offered_and_told_each_by_itself(work, nurse, session, visit):
    dxa = both_missed(nurse, visit)
    patient = visit.patient_id
    [offered] = letter_begin.offered(nurse, session.get_one(letter_begin.Patient, patient))
    assert offered.fact is dxa  # the control is told already
    for _press in range(2):
        assert letter_begin.begin(nurse, patient, "no_show", dxa.id) == the_letter(session).id
    letter = the_letter(session)
    assert {told.fact_id for told in subjects(nurse, letter.id)} == {visit.id, dxa.id}
    assert letter_begin.offered(nurse, session.get_one(letter_begin.Patient, patient)) == []
    came(nurse, dxa)
    assert [told.fact_id for told in subjects(nurse, letter.id)] == [visit.id]
    assert sign(work("doctor"), letter).state == "authorised"


def test_a_second_letter_of_that_day_does_not_come_in_the_place_of_the_first(work, nurse, session, visit, tmp_path):
    first = sign(work("doctor"), the_letter(session))
    assert sent(work("secretary"), first, tmp_path).sent
    dxa = both_missed(nurse, visit)
    second = session.get_one(Letter, letter_begin.begin(nurse, visit.patient_id, "no_show", dxa.id))
    assert (second.id != first.id, second.facts["replaces"]) == (True, [])
    assert letter_begin.begin(nurse, visit.patient_id, "no_show", visit.id) == first.id


def test_another_patients_missed_appointment_is_not_told(nurse, visit):
    other = with_gp(nurse, name="Kade")
    with pytest.raises(RuleBroken, match="letter_nothing_stands"):
        letter_begin.begin(nurse, other.id, "no_show", visit.id)
