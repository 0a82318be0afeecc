"""A control is corrected or voided after its letter left: the GP hears of it as chosen, the privacy officer looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import BreachState, ControlKind, LetterAbout, ScanSite, Symptom
from clinic.security.permissions import Role
from clinic.services import (
    controls,
    corrections,
    held_back,
    items,
    letter_ends,
    letter_proof,
    letter_queue,
    letter_states,
    letters,
    scans,
)
from clinic.services.controls import SaveControl
from clinic.services.facts import stamp
from clinic.services.letter_facts import subjects
from clinic.services.scans import SaveScan, Site
from clinic.services.work import NotAllowed, Stale
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.corrections import BreachTask, CorrectionNotice
from clinic.store.due import DueItem
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.scans import Scan, ScanValue
from tests.factories import make_control
from tests.letter_makers import sent, sign, with_gp
from tests.services.test_letters_to_patients_leave import begun
from tests.services.test_letters_to_patients_leave import told as patient_with_result

ANSWERED = dict.fromkeys((Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH, Symptom.SWALLOWING_OR_RETROSTERNAL), False)
DAY = date(2026, 11, 20)


@pytest.fixture
def nurse(work):
    return work(Role.NURSE)


@pytest.fixture
def command(nurse):
    """A control of Friday."""
    patient = with_gp(nurse)
    return SaveControl(
        patient.id, DAY, ControlKind.CLINIC, "first", heights_mm=(1587,), weight_g=58300, symptoms=ANSWERED,
    )  # fmt: skip


@pytest.fixture
def told(nurse, command, work, tmp_path):
    """The control of Friday, of which the GP had a letter."""
    control_id = controls.save(nurse, command)
    letter = nurse.session.scalars(select(Letter)).one()
    sent(work(Role.SECRETARY), sign(work(Role.DOCTOR), letter), tmp_path)
    return control_id


def corrected(command, told, choice="", because="", **more):
    return replace(command, form_token="second", corrects=told, reason="typefout", tell=(choice, because), **more)


def states(work):
    return work.session.scalars(select(Letter.state).order_by(Letter.id)).all()


@pytest.mark.parametrize(
    ("choice", "because", "code"),
    [("", "", "tell_unchosen"), ("nonsense", "", "tell_unchosen"), ("none", "  ", "tell_because")],
)
def test_a_correction_after_the_letter_left_asks_how_the_gp_hears_of_it(nurse, command, told, choice, because, code):
    with pytest.raises(RuleBroken) as broken:
        controls.save(nurse, corrected(command, told, choice, because))
    assert broken.value.code == code


def test_a_correction_letter_says_which_letter_it_replaces(nurse, command, told):
    second = controls.save(nurse, corrected(command, told, "letter", weight_g=59000))
    first, new = nurse.session.scalars(select(Letter).order_by(Letter.id)).all()
    assert (first.state, new.state) == ("sent", "draft")
    assert first.reference in new.text
    assert (first.due_on, new.due_on) == (DAY + timedelta(days=7), nurse.today + timedelta(days=7))  # from each itself
    notice = nurse.session.scalars(select(CorrectionNotice)).one()
    assert (notice.control_id, notice.letter_id, notice.told_in) == (second, first.id, new.id)
    assert corrections.told_of(nurse, second) == (notice, first)
    assert corrections.told_of(nurse, told) is None


@pytest.fixture
def with_more(nurse, command, work, tmp_path):
    """Friday's control, of which the GP had a letter with a decision, a DXA and a missed visit of that day."""
    control_id = controls.save(nurse, command)
    patient = nurse.session.get_one(Patient, command.patient_id)
    decision = stamp(nurse, Review(on_date=DAY, outcome="continue", until_on=date(2030, 1, 1), reason="fractuur",
                                   prescriber="huisarts", signed_function="internist", seen={}, form_token="signed"),
                     patient.id)  # fmt: skip
    scan = stamp(nurse, Scan(made_on=DAY, received_on=DAY + timedelta(days=3)), patient.id)
    nurse.session.flush()
    nurse.session.add(ScanValue(scan_id=scan.id, site="total_hip", t_score=Decimal("-2.1")))
    missed = Appointment(patient_id=patient.id, on_date=DAY, kind="dxa", state="no_show", form_token="missed",
                         booked_at=nurse.now, booked_by=nurse.actor.id, settled_at=nurse.now)  # fmt: skip
    nurse.session.add(missed)
    nurse.session.flush()
    for about, fact in ((LetterAbout.REVIEW, decision), (LetterAbout.DXA, scan), (LetterAbout.NO_SHOW, missed)):
        letters.draft_for(nurse, patient, about, DAY, fact.id)
    letter = nurse.session.scalars(select(Letter)).one()
    nurse.session.commit()
    assert sent(work(Role.SECRETARY), sign(work(Role.DOCTOR), letter), tmp_path).sent
    return control_id, missed


@pytest.mark.parametrize("came", [False, True])
def test_a_letter_that_replaces_another_tells_all_that_one_told_and_that_still_stands(nurse, command, with_more, came):
    control_id, missed = with_more
    missed.state = "attended" if came else "no_show"
    controls.save(nurse, corrected(command, control_id, "letter", weight_g=59000))
    new = nurse.session.scalars(select(Letter).where(Letter.state == "draft")).one()
    tells = [row.about for row in subjects(nurse, new.id)]
    assert tells == ["control", "dxa", *([] if came else ["no_show"]), "review"]
    assert "Doorgaan met de behandeling tot 01-01-2030." in " ".join(new.text.split())


def test_none_because_writes_no_letter_and_keeps_the_reason(nurse, command, told):
    controls.save(nurse, corrected(command, told, "none", "alleen de notitie"))
    assert states(nurse) == ["sent"]
    assert nurse.session.scalars(select(CorrectionNotice.because)).one() == "alleen de notitie"


@pytest.fixture
def told_with_result(nurse, command, told, work, tmp_path):
    """Friday's control and a DXA, of which the GP had a letter; the DXA was corrected, and a draft tells of both."""
    result = SaveScan(patient_id=command.patient_id, form_token="dxa", made_on=DAY, received_on=DAY,
                      sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.1"))})  # fmt: skip
    scan_id = scans.save_scan(nurse, result)
    letter = nurse.session.scalars(select(Letter).where(Letter.state == "draft")).one()
    letters.draft_for(nurse, nurse.session.get_one(Patient, command.patient_id), LetterAbout.CONTROL, DAY, told)
    nurse.commit()
    assert sent(work(Role.SECRETARY), sign(work(Role.DOCTOR), letter), tmp_path).sent
    lower = {ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.9"))}
    scans.save_scan(nurse, replace(result, form_token="lower", corrects=scan_id, reason="typefout", sites=lower))
    return told


def told_in_draft(work):
    """What is being written tells, by kind and day, and what of it no longer stands."""
    [draft] = work.session.scalars(select(Letter).where(Letter.state == "draft"))
    return [(row.about, row.about_on) for row in subjects(work, draft.id)], draft.facts["untold"]


@pytest.mark.parametrize("authorised", [False, True])
@pytest.mark.parametrize(("choice", "because"), [("none", "alleen de notitie"), ("next", "")])
@pytest.mark.parametrize("earlier", [0, 1])
def test_a_letter_that_is_here_and_tells_the_control_anyway_tells_it_as_it_stands(
    nurse, command, told_with_result, work, choice, because, earlier, authorised
):
    if authorised:
        sign(work(Role.DOCTOR), nurse.session.scalars(select(Letter).where(Letter.state == "draft")).one())
    on = DAY - timedelta(days=earlier)
    second = replace(corrected(command, told_with_result, choice, because, weight_g=59000), on=on)
    controls.save(nurse, second)
    told = sorted([("control", on), ("dxa", DAY)], key=lambda one: (one[1], one[0]))
    assert told_in_draft(nurse) == (told, [])
    draft = nurse.session.scalars(select(Letter).where(Letter.state == "draft")).one()
    assert [found["weight_g"] for found in sign(work(Role.DOCTOR), draft).facts["controls"]] == [59000]


@pytest.mark.parametrize("choice", ["next", "letter"])
def test_what_was_a_contact_in_between_is_told_as_one_by_the_letter_that_is_here(
    nurse, command, told_with_result, choice
):
    controls.save(nurse, corrected(command, told_with_result, choice, kind=ControlKind.INTERIM))
    assert told_in_draft(nurse) == ([("control", DAY), ("dxa", DAY)], [])
    [text] = nurse.session.scalars(select(Letter.text).where(Letter.state == "draft"))
    assert "was er een tussentijds contact met uw patiënte, geen controle." in " ".join(text.split())


def test_what_waits_for_the_next_letter_is_told_there_once(nurse, command, told):
    controls.save(nurse, corrected(command, told, "next", weight_g=59000))
    assert states(nurse) == ["sent"]
    patient = nurse.session.get(Patient, command.patient_id)
    later = make_control(nurse, patient, date(2026, 11, 23))
    nurse.session.flush()
    letter_id = letters.draft_for(nurse, patient, LetterAbout.CONTROL, later.on_date, later.id)
    letter = nurse.session.get(Letter, letter_id)
    assert "20 november 2026" in letter.text
    assert nurse.session.scalars(select(CorrectionNotice.told_in)).one() == letter_id
    assert letters.draft_for(nurse, patient, LetterAbout.CONTROL, later.on_date, later.id) == letter_id


def test_a_correction_that_was_voided_since_is_told_in_no_letter(nurse, command, told):
    second = controls.save(nurse, corrected(command, told, "next"))
    controls.void_control(nurse, command.patient_id, second, "verkeerde patiënt")
    patient = nurse.session.get(Patient, command.patient_id)
    later = make_control(nurse, patient, date(2026, 11, 23))
    nurse.session.flush()
    letters.draft_for(nurse, patient, LetterAbout.CONTROL, later.on_date, later.id)
    assert nurse.session.scalars(select(CorrectionNotice.told_in)).one() is None


def told_in(work):
    return work.session.scalars(select(CorrectionNotice.told_in)).one()


def next_letter(work, patient_id, on):
    """Another control asks for a letter."""
    patient = work.session.get(Patient, patient_id)
    later = make_control(work, patient, on)
    work.session.flush()
    return letters.draft_for(work, patient, LetterAbout.CONTROL, later.on_date, later.id)


@pytest.mark.parametrize("choice", ["next", "letter"])
@pytest.mark.parametrize("how", ["stopped", "withdrawn", "held back"])
def test_a_correction_whose_letter_was_stopped_is_told_in_the_next(nurse, command, told, work, choice, how):
    controls.save(nurse, corrected(command, told, choice, weight_g=59000))
    letter_id = told_in(nurse) or next_letter(nurse, command.patient_id, date(2026, 11, 21))
    letter = nurse.session.get(Letter, letter_id)
    assert told_in(nurse) == letter_id
    nurse.commit()
    if how == "stopped":
        letter_states.stop(work(Role.DOCTOR), letter_id, letter.version, "niet nodig")
    elif how == "withdrawn":
        letter_ends.take_out(nurse, letter, "verhuisd")
    else:
        sign(work(Role.DOCTOR), letter).state = "queued"
        letter.envelope, letter.channel = {}, "post"
        held_back.hold_back(work(Role.DOCTOR), letter)
    assert letter.state == "withdrawn"
    again = told_in(nurse) or next_letter(nurse, command.patient_id, date(2026, 11, 22))
    assert (again != letter_id, told_in(nurse)) == (True, again)
    assert "20 november 2026" in nurse.session.get(Letter, again).text


@pytest.mark.parametrize(("choice", "because"), [("none", "alleen de dag"), ("next", "")])
def test_a_control_moved_to_another_day_asks_for_no_letter_that_somebody_chose_not_to_write(
    nurse, command, told, work, choice, because
):
    moved = replace(corrected(command, told, choice, because), on=DAY - timedelta(days=1))
    second = controls.save(nurse, moved)
    owed = select(DueItem.subject).where(DueItem.code == "letter.after_control")
    assert nurse.session.scalars(owed).all() == []
    assert [one.sent_on for one in letter_proof.of_patient(nurse, command.patient_id)] == [nurse.today]
    patient = nurse.session.get(Patient, command.patient_id)
    assert items.differences(nurse.session, [patient], nurse.today) == []
    [letter] = nurse.session.scalars(select(Letter))
    letter_queue.came_back(work(Role.SECRETARY), letter.id, letter.version, "Verhuisd.")
    assert nurse.session.scalars(owed).all() == [DAY - timedelta(days=1)]  # the GP has it not: that day is told
    new = letter_states.redraft(work(Role.SECRETARY), letter.id, letter.version, "nieuw adres")
    assert [row.fact_id for row in subjects(nurse, new)] == [second]


@pytest.mark.parametrize("authorised", [False, True])
def test_a_control_that_was_a_contact_in_between_leaves_no_letter_that_has_not_left(nurse, command, work, authorised):
    first = controls.save(nurse, command)
    letter = nurse.session.scalars(select(Letter)).one()
    if authorised:
        sign(work(Role.DOCTOR), letter)
    controls.save(nurse, corrected(command, first, kind=ControlKind.INTERIM))
    assert states(nurse) == ["withdrawn"]


@pytest.mark.parametrize("choice", ["letter", "next"])
def test_a_control_that_turned_out_to_be_a_contact_in_between_is_told_as_one(nurse, command, told, choice):
    second = controls.save(nurse, corrected(command, told, choice, kind=ControlKind.INTERIM))
    if choice == "next":
        controls.save(nurse, replace(command, on=DAY + timedelta(days=3), form_token="the next one"))
    draft = nurse.session.scalars(select(Letter).where(Letter.state == "draft")).one()
    said = " ".join(draft.text.split())
    assert "Op 20 november 2026 was er een tussentijds contact met uw patiënte, geen controle." in said
    assert f"Deze brief vervangt onze brief {draft.facts['replaces'][0]['reference']}" in said
    assert subjects(nurse, draft.id)[0].fact_id == second


def test_before_a_letter_left_nothing_is_asked(nurse, command):
    first = controls.save(nurse, command)
    controls.save(nurse, corrected(command, first))
    assert nurse.session.scalars(select(CorrectionNotice)).all() == []
    controls.void_control(nurse, command.patient_id, first + 1, "verkeerde patiënt")
    assert nurse.session.scalars(select(BreachTask)).all() == []


def test_a_voided_control_whose_letter_left_is_a_task_for_the_privacy_officer(nurse, command, told, work):
    controls.void_control(nurse, command.patient_id, told, "verkeerde patiënt")
    officer = work(Role.PRIVACY_OFFICER)
    (found,) = corrections.open_tasks(officer)
    task = found.BreachTask
    assert (task.reason, task.state, found.name) == ("verkeerde patiënt", "open", nurse.actor.name)
    with pytest.raises(RuleBroken) as broken:
        corrections.settle(officer, task.id, BreachState.REPORTED, " ")
    assert broken.value.code == "breach_remark"
    with pytest.raises(RuleBroken) as broken:
        corrections.settle(officer, task.id, BreachState.OPEN, "x")
    assert broken.value.code == "breach_unchosen"
    for _press in range(2):
        corrections.settle(officer, task.id, BreachState.REPORTED, "gemeld bij de AP")
    with pytest.raises(Stale):
        corrections.settle(officer, task.id, BreachState.NOT_REPORTABLE, "toch niet")
    assert corrections.open_tasks(officer) == []
    assert len(corrections.open_tasks(officer, only_open=False)) == 1
    with pytest.raises(LookupError):
        corrections.settle(officer, 99, BreachState.REPORTED, "x")


@pytest.fixture
def result(work, tmp_path):
    """A DXA of which the GP and the patient had a letter."""
    patient = patient_with_result(work)
    nurse = work(Role.NURSE)
    scan = nurse.session.scalars(select(Scan)).one()
    gp = with_gp(nurse)
    patient.gp_id = gp.gp_id
    letter_id = letters.draft_for(nurse, patient, LetterAbout.DXA, scan.made_on, scan.id)
    items.refresh(nurse, patient)
    nurse.commit()
    hers = begun(work, patient, "result")
    for letter in (nurse.session.get_one(Letter, letter_id), hers):
        sign(work(Role.DOCTOR), letter)
        assert sent(work(Role.SECRETARY), letter, tmp_path).sent
    return scan


def test_a_voided_dxa_whose_letters_left_is_a_task_for_each_of_them(work, result):
    nurse = work(Role.NURSE)
    scans.void_scan(nurse, result.patient_id, result.id, "verkeerde patiënt")
    found = corrections.open_tasks(work(Role.PRIVACY_OFFICER))
    left = nurse.session.scalars(select(Letter).order_by(Letter.kind)).all()
    assert [letter.kind for letter in left] == ["gp", "patient.result"]
    assert {row.BreachTask.letter_id for row in found} == {letter.id for letter in left}
    assert {(row.BreachTask.reason, row.BreachTask.control_id) for row in found} == {("verkeerde patiënt", None)}
    told = select(AuditEntry.subject, AuditEntry.details).where(AuditEntry.action == "breach.found")
    assert {line.subject for line in nurse.session.execute(told)} == {f"letter:{letter.id}" for letter in left}


def test_a_voided_dxa_of_another_day_or_one_that_was_never_made_is_none(work, result):
    nurse = work(Role.NURSE)
    for made_on, requested_on in ((date(2025, 1, 5), None), (None, DAY)):
        other = Scan(made_on=made_on, requested_on=requested_on, received_on=made_on)
        stamp(nurse, other, result.patient_id)
        nurse.session.flush()
        scans.void_scan(nurse, result.patient_id, other.id, "dubbel")
    assert corrections.open_tasks(work(Role.PRIVACY_OFFICER)) == []


@pytest.mark.parametrize(("kind", "read"), [("gp", True), ("gp", False), ("patient.result", True),
                                            ("patient.result", False)])  # fmt: skip
def test_a_letter_at_a_wrong_address_that_somebody_else_read_is_a_task_and_unopened_it_is_none(
    work, result, kind, read
):
    secretary = work(Role.SECRETARY)
    letter = secretary.session.scalars(select(Letter).where(Letter.kind == kind)).one()
    left_on = letter.sent_on
    letter_queue.came_back(secretary, letter.id, letter.version, "Bij de buren geopend.", read)
    assert (letter.state, letter.sent_on) == ("returned_by_post", None)
    found = corrections.open_tasks(work(Role.PRIVACY_OFFICER))
    told = [(row.BreachTask.letter_id, row.BreachTask.reason, row.name, corrections.left_on(row)) for row in found]
    assert told == ([(letter.id, "Bij de buren geopend.", secretary.actor.name, left_on)] if read else [])
    lines = select(AuditEntry.details).where(AuditEntry.action == "breach.found")
    assert secretary.session.scalars(lines).all() == ([{"read_by_another": True}] if read else [])
    with pytest.raises(Stale):
        letter_queue.came_back(secretary, letter.id, letter.version - 1, "Bij de buren geopend.", True)


def test_nobody_but_who_sends_letters_says_that_one_was_read_by_another(work, result):
    letter = work(Role.NURSE).session.scalars(select(Letter).where(Letter.kind == "gp")).one()
    for role in (Role.NURSE, Role.MANAGER, Role.PRIVACY_OFFICER):
        with pytest.raises(NotAllowed):
            letter_queue.came_back(work(role), letter.id, letter.version, "x", True)


def test_of_a_letter_from_before_the_queue_the_day_is_not_known():
    assert corrections.left_on(SimpleNamespace(sent_on=None, queued_at=None)) is None


@pytest.mark.parametrize(
    ("after", "left"),
    [
        (timedelta(0), 72),
        (timedelta(hours=71, minutes=59), 0),
        (timedelta(hours=72), 0),
        (timedelta(hours=72, minutes=1), -1),
    ],
)
def test_seventy_two_hours_count_from_when_it_was_found(nurse, after, left):
    assert corrections.hours_left(nurse.now, nurse.now + after) == left


def test_nobody_else_settles_a_breach(nurse):
    with pytest.raises(NotAllowed):
        corrections.open_tasks(nurse)
