"""A letter on its way out: stopped half way, damaged, overtaken, or told to leave for somewhere else."""

from datetime import date

import pytest
from sqlalchemy import delete, select, update

from clinic.domain.errors import RuleBroken
from clinic.services import letter_queue, letter_sending, letter_states, print_runs
from clinic.services.letter_facts import subjects
from clinic.services.letter_sending import Outcome
from clinic.services.letter_view import preview, view
from clinic.store.letters import Letter, LetterPage
from clinic.store.patients import Patient
from clinic.store.print_runs import of_run
from tests.letter_makers import TODAY, drafted, seen, seen_anew, sent, sign, voided, with_gp

FRIDAY = date(2026, 11, 20)


@pytest.fixture
def secretary(work):
    return work("secretary")


def signed(work, **practice):
    """A letter that can leave."""
    return sign(work("doctor"), drafted(work("nurse"), **practice))


def queued(work):
    """A letter whose envelope was frozen when the power went."""
    letter = signed(work)
    letter_sending.queue(work("secretary"), letter_sending.parcel(work("secretary"), letter))
    return letter


def test_a_letter_leaves_for_the_address_that_was_confirmed_or_stays(work, secretary, tmp_path):
    letter = signed(work)
    assert letter_sending.send(secretary, letter.id, "another seal", tmp_path).problem == "letter_gp_changed"
    assert letter.state == "authorised"


def test_a_letter_on_paper_leaves_when_somebody_says_that_it_is_printed_and_one_by_wire_without(
    work, secretary, tmp_path
):
    for letter, leaves in ((signed(work), False), (signed(work, channel="secure_mail"), True)):
        [going] = letter_sending.parcels(secretary, [letter.id])
        outcome = letter_sending.send(secretary, letter.id, going.confirmed, tmp_path / "outbox", printed=False)
        assert (outcome.sent, outcome.problem == "letter_not_printed") == (leaves, not leaves)


def test_a_letter_that_was_on_its_way_when_the_power_went_is_taken_up_once(work, secretary, tmp_path):
    letter = queued(work)
    assert letter_sending.finish(secretary, letter.id, tmp_path).sent
    assert (letter.state, letter.sent_on) == ("sent", TODAY)
    assert letter_sending.finish(secretary, letter.id, tmp_path) == Outcome(letter.id, False, "letter_state")


def test_who_sends_what_somebody_else_just_handed_over_hears_that_it_left(work, secretary, tmp_path):
    letter = queued(work)
    assert letter_sending.deliver(work("secretary"), letter.id, tmp_path) == Outcome(letter.id, True)
    assert letter_sending.deliver(secretary, letter.id, tmp_path) == Outcome(letter.id, True, "letter_state")


def another_page(session, letter):
    """As a restore in parts could leave it: the page of somebody else under this letter's number."""
    session.execute(update(LetterPage).values(pdf=b"%PDF of another"))


def no_page(session, letter):
    session.execute(delete(LetterPage))
    letter.pdf_sha256 = "0" * 64


def another_text(session, letter):
    letter.text = "De brief van iemand anders."


@pytest.mark.parametrize("damage", [another_page, no_page, another_text])
def test_a_letter_that_is_not_what_was_frozen_does_not_leave(work, secretary, tmp_path, damage):
    letter = signed(work)
    damage(secretary.session, letter)
    secretary.session.flush()
    secretary.session.expire_all()
    outcome = sent(secretary, letter, tmp_path)
    assert (outcome.sent, letter.state) == (False, "failed")
    assert "page_damaged" in letter.failure


def test_the_print_file_leaves_out_what_is_not_authorised(work, secretary):
    draft = drafted(work("nurse"), name="De Dijk")
    with pytest.raises(LookupError):
        print_runs.begin(secretary, "first", [draft.id, 999])
    ready, another = signed(work), signed(work)
    run_id = print_runs.begin(secretary, "second", [draft.id, ready.id])
    assert [letter.id for _row, letter, _patient in of_run(secretary.session, run_id)] == [ready.id]
    assert [parcel.letter.id for parcel in print_runs.morning(secretary).post] == [another.id]


def test_a_letter_that_was_sent_is_not_offered_or_drafted_anew(work, secretary, tmp_path):
    letter = signed(work)
    sent(secretary, letter, tmp_path)
    for act in (
        lambda: letter_states.offer(work("nurse"), letter.id, letter.version),
        lambda: letter_states.redraft(secretary, letter.id, letter.version, "toch anders"),
    ):
        with pytest.raises(RuleBroken, match="letter_state"):
            act()


@pytest.mark.parametrize("more", [False, True])
def test_a_letter_that_came_back_ends_when_the_one_that_corrects_it_leaves(work, secretary, tmp_path, more):
    nurse = work("nurse")
    patient = with_gp(nurse)
    first = nurse.session.get_one(Letter, seen(nurse, patient))
    nurse.commit()
    assert sent(secretary, sign(work("doctor"), first), tmp_path).sent
    second = nurse.session.get_one(Letter, seen_anew(nurse, patient, weight_g=61000))
    nurse.commit()
    letter_queue.came_back(secretary, first.id, first.version, "adres onbekend")
    if more:  # the one that came back told of a control that the other does not tell
        seen_before = nurse.session.get_one(Letter, seen(nurse, patient, FRIDAY))
        assert seen_before is second
        [other] = [one for one in subjects(nurse, second.id) if one.about_on == FRIDAY]
        other.letter_id = first.id
        nurse.commit()
    assert sent(secretary, sign(work("doctor"), second), tmp_path).sent
    assert (first.state, second.state) == ("withdrawn", "sent")
    drafts = nurse.session.scalars(select(Letter).where(Letter.state == "draft")).all()
    assert [one.about_on for draft in drafts for one in subjects(nurse, draft.id)] == ([FRIDAY] if more else [])


def test_a_letter_that_came_back_stays_when_one_about_something_else_leaves(work, secretary, tmp_path):
    nurse = work("nurse")
    patient = with_gp(nurse)
    first = nurse.session.get_one(Letter, seen(nurse, patient, FRIDAY))
    nurse.commit()
    assert sent(secretary, sign(work("doctor"), first), tmp_path).sent
    letter_queue.came_back(secretary, first.id, first.version, "adres onbekend")
    second = nurse.session.get_one(Letter, seen(nurse, patient))
    nurse.commit()
    sign(work("doctor"), second)
    third = nurse.session.get_one(Letter, seen(nurse, patient, date(2026, 11, 19)))
    nurse.commit()
    assert sent(secretary, second, tmp_path).sent
    assert (first.state, third.state, third.facts["replaces"]) == ("returned_by_post", "draft", [])


def test_nothing_is_authorised_for_a_gp_who_stopped(work):
    letter = drafted(work("nurse"))
    gp = work().session.get(Patient, letter.patient_id).gp
    gp.stopped_on = date(2026, 11, 24)
    sign(work("doctor"), letter)
    other = drafted(work("nurse"), name="De Dijk")
    stopped = work().session.get(Patient, other.patient_id).gp
    stopped.stopped_on, stopped.successor_id = TODAY, gp.id
    with pytest.raises(RuleBroken, match="letter_gp_stopped"):
        sign(work("doctor"), other)


def test_without_a_successor_the_letter_goes_to_whoever_stands_in_at_the_practice(work):
    letter = drafted(work("nurse"))
    work().session.get(Patient, letter.patient_id).gp.stopped_on = TODAY
    sign(work("doctor"), letter)
    assert letter.facts["recipient"]["lines"][:2] == ["De Terp", "T.a.v. de waarnemend huisarts"]
    assert letter.facts["recipient"]["salutation"] == "heer of mevrouw"


def test_a_control_that_is_corrected_before_its_letter_left_is_told_in_a_new_draft(work):
    nurse = work("nurse")
    letter = signed(work)
    patient = nurse.session.get(Patient, letter.patient_id)
    again = nurse.session.get(Letter, seen_anew(nurse, patient, weight_g=61000))
    assert (letter.state, again.state) == ("withdrawn", "draft")
    assert "61,0" in again.text


def test_a_letter_about_two_controls_tells_of_one_when_the_other_is_voided(work):
    nurse = work("nurse")
    patient = with_gp(nurse)
    letter = nurse.session.get(Letter, seen(nurse, patient, FRIDAY, note="Knie pijnlijk.", note_in_letter=True))
    seen(nurse, patient, note="Heup soepel.", note_in_letter=True)
    assert "Knie pijnlijk." in letter.text
    voided(nurse, patient, FRIDAY)
    assert letter.state == "draft"
    assert "Knie pijnlijk." not in letter.text
    assert "Heup soepel." in letter.text


def test_a_letter_is_looked_at_as_it_would_be_and_as_it_was_frozen(work):
    doctor = work("doctor")
    letter = drafted(work("nurse"))
    [page] = preview(doctor, view(doctor, letter.id), "pdf")
    assert page.startswith(b"%PDF")
    sign(doctor, letter)
    sheets = preview(doctor, view(doctor, letter.id), "svg")
    assert sheets
    assert all(b"<svg" in sheet for sheet in sheets)


def test_of_a_letter_without_a_page_only_the_words_are_shown(work):
    doctor = work("doctor")
    letter = drafted(work("nurse"))
    letter_states.stop(doctor, letter.id, letter.version, "dubbel")
    found = view(doctor, letter.id)
    assert preview(doctor, found, "svg") == []
    assert found.text == doctor.session.scalars(select(Letter.text)).one()


def test_a_letter_that_somebody_took_between_reading_and_queuing_does_not_leave(work, secretary, tmp_path, monkeypatch):
    letter, reads = signed(work), letter_sending.parcel

    def taken(unit, row):
        going = reads(unit, row)
        newer = update(Letter).values(version=Letter.version + 1).execution_options(synchronize_session=False)
        unit.session.execute(newer)
        return going

    monkeypatch.setattr(letter_sending, "parcel", taken)
    seal = reads(secretary, letter).confirmed
    assert letter_sending.send(secretary, letter.id, seal, tmp_path) == Outcome(letter.id, False, "letter_state")
    assert list(tmp_path.iterdir()) == []
