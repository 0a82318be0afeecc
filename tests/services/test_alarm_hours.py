"""Since when an alarm symptom waits and whether a doctor saw it; a correction, a draft or another control hide none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AlarmOutcome, AlertCode, ControlKind, Symptom
from clinic.security.audit import Action
from clinic.services import alarms, contacts, control_drafts, controls, form_drafts, notes
from clinic.services.contacts import SaveContact
from clinic.services.controls import SaveControl
from clinic.services.form_drafts import Form
from clinic.services.notes import NoteAlert
from clinic.services.record import open_record
from clinic.services.work import Work
from clinic.store import fact_lists
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control, ControlDraft
from clinic.store.due import RedAlert
from clinic.store.fact_lists import WantedFacts
from clinic.store.form_drafts import FormDraft
from clinic.store.reviews import AlertNote
from tests.factories import make_course, make_patient

TODAY = date(2026, 11, 23)
JAW, EAR = Symptom.JAW_OR_MOUTH, Symptom.EAR_PAIN
TYPED = {"symptom_jaw_or_mouth": ["yes"]}


@pytest.fixture
def patient(work):
    patient = make_patient(work("nurse"))
    make_course(work("nurse"), patient)
    return patient


@pytest.fixture
def at(work):
    """`at(90, "doctor")`: somebody at work so many minutes after nine."""

    def start(minutes: int, role: str = "nurse") -> Work:
        found = work(role)
        found.now += timedelta(minutes=minutes)
        return found

    return start


@pytest.fixture
def told(at):
    """`told(90)`: on the doctor's page, each symptom with the minutes since nine, and whether a doctor looked."""
    nine = at(0).now

    def rows(minutes: int, role: str = "doctor") -> list[tuple[str, float, bool]]:
        found = alarms.to_see(at(minutes, role)).rows
        return [(row.code, (row.since - nine).total_seconds() / 60, bool(row.seen)) for row in found]

    return rows


def control(patient, token, *symptoms, **given):
    """A control of today at which these alarm symptoms were told."""
    answers = dict.fromkeys(Symptom, False) | dict.fromkeys(symptoms, True)
    found = SaveControl(patient.id, TODAY, ControlKind.CLINIC, token, symptoms=answers)
    return replace(found, heights_mm=(1587,), weight_g=58_300, confirmed=(f"day_known={TODAY}",), **given)


def look(work, patient):
    """A doctor opens the record."""
    work.note(Action.PATIENT_OPENED, patient.id)
    work.commit()


def test_a_control_without_the_symptom_hides_no_later_one_of_that_day(at, told, patient):
    controls.save(at(0), control(patient, "first"))
    look(at(60, "doctor"), patient)
    controls.save(at(300), control(patient, "second", JAW))
    assert told(301) == [("jaw_or_mouth", 300, False)]
    assert told(359, "nurse") == []
    assert told(360, "nurse") == [("jaw_or_mouth", 300, False)]


def test_the_same_symptom_told_again_is_seen_only_when_a_doctor_looked_again(at, told, patient):
    controls.save(at(0), control(patient, "first", JAW))
    controls.save(at(40), control(patient, "second", JAW))
    assert told(60, "nurse") == [("jaw_or_mouth", 0, False)]
    look(at(30, "doctor"), patient)
    assert told(60) == [("jaw_or_mouth", 40, False)]
    look(at(61, "doctor"), patient)
    assert told(120) == [("jaw_or_mouth", 0, True)]


@pytest.mark.parametrize("on", [TODAY, TODAY - timedelta(1)], ids=["same-day", "day-moved"])
def test_a_correction_that_keeps_the_symptom_does_not_begin_its_hour_anew(at, told, patient, on):
    first = controls.save(at(0), control(patient, "first", JAW))
    again = replace(control(patient, "second", JAW, EAR), on=on, corrects=first, reason="gewicht", weight_g=58_400)
    second = controls.save(at(20), again)
    third = replace(again, form_token="third", corrects=second, weight_g=58_500)
    controls.save(at(30), third)
    assert told(31) == [("jaw_or_mouth", 0, False), ("ear_pain", 20, False)]
    assert told(60, "nurse") == [("jaw_or_mouth", 0, False)]


def test_a_symptom_that_is_taken_down_keeps_its_hour_too(at, told, patient):
    first = controls.save(at(0), control(patient, "first", JAW))
    second = controls.save(at(5), replace(control(patient, "second", JAW), corrects=first, reason="gewicht"))
    controls.void_control(at(10), patient.id, second, "andere patiënt")
    assert told(11) == [("jaw_or_mouth", 0, False)]


@pytest.mark.parametrize("minutes", [5, 50])
def test_saving_a_draft_does_not_begin_the_hour_of_its_alarm_anew(at, told, patient, minutes):
    control_drafts.keep(at(0), patient.id, "form", TYPED)
    controls.save(at(minutes), control(patient, "form", JAW))
    assert told(minutes + 1) == [("jaw_or_mouth", 0, False)]


def test_an_alarm_that_its_draft_did_not_hold_begins_when_it_is_saved(at, told, patient):
    control_drafts.keep(at(0), patient.id, "form", TYPED)
    controls.save(at(5), control(patient, "form", EAR))
    assert told(6) == [("ear_pain", 5, False)]


def finished(work, patient):
    controls.save(work, control(patient, "form"))


def unticked(work, patient):
    control_drafts.keep(work, patient.id, "form", {"symptom_jaw_or_mouth": ["no"]})


def discarded(work, patient):
    unticked(work, patient)
    control_drafts.discard(work, patient.id)


@pytest.mark.parametrize("take_out", [finished, unticked, discarded])
@pytest.mark.parametrize("minutes", [9, 10])
def test_what_reached_the_doctor_from_a_draft_ends_by_a_note_alone(at, told, session, patient, take_out, minutes):
    control_drafts.keep(at(0), patient.id, "form", TYPED)
    take_out(at(minutes), patient)
    assert {"alarm": "taken out"} in session.scalars(select(AuditEntry.details)).all()
    assert session.scalars(select(RedAlert)).all() == []
    assert told(minutes) == ([("jaw_or_mouth", 0, False)] if minutes == 10 else [])
    if minutes == 10:
        doctor = at(20, "doctor")
        left = notes.left_of(doctor, patient.id, AlertCode(JAW))
        assert (left.on_date, left.reason) == (TODAY, None)
        assert [alert.code for alert in open_record(doctor, patient.id).left] == [AlertCode(JAW)]
        seen = NoteAlert(patient.id, AlertCode(JAW), "Nagebeld: geen klachten.", AlarmOutcome.SEEN_NO_ACTION)
        notes.note_alert(doctor, seen)
        assert told(21) == []
        assert open_record(doctor, patient.id).left == []


def call(work, patient, *symptoms):
    """What stands in a contact that is typed while she is on the phone."""
    typed = {"symptoms": list(map(str, symptoms)), "words": ["kaakpijn"], "form_token": ["call"]}
    form_drafts.keep(work, Form(patient.id, "contact"), typed)


def hung_up(work, patient):
    contacts.save(work, SaveContact(patient.id, "call", words="toch niet"))


def untold(work, patient):
    call(work, patient)


def thrown_away(work, patient):
    call(work, patient)
    form_drafts.discard(work, Form(patient.id, "contact"))


def test_an_alarm_in_a_contact_that_is_typed_reaches_the_doctor_after_ten_minutes_and_everybody_after_an_hour(
    at, told, patient
):
    call(at(0, "secretary"), patient, JAW)
    assert (told(9), told(10)) == ([], [("contact_draft", 0, False)])
    call(at(20, "secretary"), patient, JAW, EAR)
    assert (told(59, "nurse"), told(60, "nurse")) == ([], [("contact_draft", 0, False)])
    look(at(61, "doctor"), patient)
    assert told(62) == [("contact_draft", 0, True)]


@pytest.mark.parametrize("minutes", [5, 50])
def test_a_contact_that_is_saved_comes_in_the_place_of_its_draft_with_its_hour(at, told, patient, minutes):
    call(at(0), patient, JAW)
    contacts.save(at(minutes), SaveContact(patient.id, "call", symptoms=(JAW,), words="kaakpijn"))
    assert told(minutes + 1) == [("jaw_or_mouth", 0, False)]


def test_an_alarm_that_the_draft_of_a_contact_did_not_hold_begins_when_it_is_saved(at, told, patient):
    call(at(0), patient)
    contacts.save(at(5), SaveContact(patient.id, "call", symptoms=(JAW,)))
    assert told(6) == [("jaw_or_mouth", 5, False)]


@pytest.mark.parametrize("take_out", [hung_up, untold, thrown_away])
@pytest.mark.parametrize("minutes", [9, 10])
def test_what_reached_the_doctor_from_a_contact_ends_by_a_note_alone(at, told, session, patient, take_out, minutes):
    call(at(0), patient, JAW)
    take_out(at(minutes), patient)
    assert {"alarm": "taken out"} in session.scalars(select(AuditEntry.details)).all()
    assert told(minutes) == ([("jaw_or_mouth", 0, False)] if minutes == 10 else [])
    if minutes == 10:
        note(at(20, "doctor"), patient)
        assert told(21) == []


def test_a_draft_of_a_contact_whose_alarm_reached_the_doctor_is_not_thrown_away(at, told, patient):
    call(at(0), patient, JAW)
    with pytest.raises(RuleBroken, match="contact_draft_alarms"):
        form_drafts.discard(at(10), Form(patient.id, "contact"))
    assert told(10) == [("contact_draft", 0, False)]


def test_of_who_is_not_followed_here_a_contact_that_is_typed_warns_nobody(at, told, patient):
    patient.status, patient.status_on = "moved", TODAY
    call(at(0), patient, JAW)
    assert told(60) == []
    form_drafts.discard(at(60), Form(patient.id, "contact"))


def test_the_contact_of_a_nurse_who_is_gone_is_taken_over_with_its_hour_and_says_who_typed_it(at, told, work, patient):
    call(at(0), patient, JAW)
    control_drafts.keep(at(5, "doctor"), patient.id, "form", TYPED)
    rows = alarms.to_see(at(15, "doctor")).rows
    assert [(row.code, row.typed_by) for row in rows] == [("contact_draft", "Test nurse"), ("draft", "Test doctor")]
    draft = form_drafts.of(at(15), Form(patient.id, "contact"))
    taken = at(20, "secretary")
    for _press in range(2):
        form_drafts.take_over(taken, patient.id, draft.id)
    assert [row.typed_by for row in alarms.to_see(at(21, "doctor")).rows] == ["Test secretary", "Test doctor"]
    [line] = taken.session.scalars(select(AuditEntry).where(AuditEntry.action == Action.DRAFT_TAKEN))
    assert (line.subject, line.details) == ("contact", {"from": work("nurse").actor.id})
    mine = form_drafts.of(taken, Form(patient.id, "contact"))
    assert (form_drafts.of(at(20), Form(patient.id, "contact")), mine.typed["words"]) == (None, ["kaakpijn"])
    [token] = mine.typed["form_token"]
    assert token != "call"
    control_drafts.keep(at(22, "doctor"), patient.id, "form", {})
    note(at(23, "doctor"), patient)
    contacts.save(at(30, "secretary"), SaveContact(patient.id, token, symptoms=(JAW,), words="kaakpijn"))
    assert told(31) == []


@pytest.mark.parametrize("end", ["saved", "thrown away"])
def test_of_two_windows_of_one_contact_neither_takes_out_what_stands_in_the_other(at, told, session, patient, end):
    def typed(minutes, token, *symptoms):
        written = {"symptoms": list(map(str, symptoms)), "words": ["kaakpijn"], "form_token": [token]}
        form_drafts.keep(at(minutes), Form(patient.id, "contact"), written)
        return told(minutes)

    typed(0, "one", JAW)
    once = [("contact_draft", 0, False)]
    assert (typed(11, "two"), typed(12, "two"), typed(13, "one", JAW), typed(14, "two", EAR)) == (once,) * 4
    assert session.scalars(select(Control)).all() == []
    assert typed(15, "two") == [*once, ("ear_pain", 0, False)]  # taken out where it was ticked
    if end == "saved":
        contacts.save(at(16), SaveContact(patient.id, "two", words="toch niet"))
    else:
        form_drafts.discard(at(16), Form(patient.id, "contact"))
    assert sorted(told(17)) == [("ear_pain", 0, False), ("jaw_or_mouth", 0, False)]
    contacts.save(at(18), SaveContact(patient.id, "one", symptoms=(JAW,), words="kaakpijn"))
    assert [row[0] for row in sorted(told(19))] == ["ear_pain", "jaw_or_mouth"]


@pytest.mark.parametrize("last", ["one", "two"])
@pytest.mark.parametrize("end", ["saved", "thrown away"])
def test_what_one_window_alone_says_is_not_lost_when_the_other_ends_within_ten_minutes(at, told, patient, end, last):
    form = Form(patient.id, "contact")
    for minutes, token, symptoms in ((0, "one", [str(JAW)]), (3, "two", []), (4, last, [str(JAW)] * (last == "one"))):
        form_drafts.keep(at(minutes), form, {"symptoms": symptoms, "words": ["recept"], "form_token": [token]})
    if end == "saved":
        contacts.save(at(5), SaveContact(patient.id, "two", words="recept"))
    else:
        form_drafts.discard(at(5), form)
    thrown_away_herself = end == "thrown away" and last == "one"  # in the window that says it
    assert told(90) == ([] if thrown_away_herself else [("jaw_or_mouth", 0, False)])


def test_who_typed_a_contact_herself_finishes_that_first_and_only_a_contact_is_taken_over(at, work, patient):
    other = make_patient(work("nurse"))
    call(at(0), patient)
    form_drafts.keep(at(0), Form(patient.id, "statement"), {"text": ["Half"]})
    hers, words = (form_drafts.of(at(0), Form(patient.id, form)).id for form in ("contact", "statement"))
    call(at(1, "doctor"), patient)
    with pytest.raises(RuleBroken, match="draft_of_your_own"):
        form_drafts.take_over(at(2, "doctor"), patient.id, hers)
    for patient_id, draft_id in ((other.id, hers), (patient.id, words), (patient.id, 99)):
        with pytest.raises(LookupError):
            form_drafts.take_over(at(2, "secretary"), patient_id, draft_id)


@pytest.mark.parametrize("status", ["deceased", "moved"])
def test_of_who_died_or_left_since_what_is_typed_warns_nobody_and_is_thrown_away(at, told, session, patient, status):
    call(at(0), patient, JAW)
    control_drafts.keep(at(0), patient.id, "form", TYPED)
    assert told(10) == [("contact_draft", 0, False), ("draft", 0, False)]
    patient.status, patient.status_on = status, TODAY
    session.flush()
    assert told(60) == told(60, "nurse") == []
    control_drafts.discard(at(60), patient.id)
    form_drafts.discard(at(60), Form(patient.id, "contact"))
    assert [*session.scalars(select(ControlDraft)), *session.scalars(select(FormDraft))] == []


def test_a_symptom_taken_out_of_a_draft_leaves_the_others_of_it_waiting(at, told, session, patient):
    control_drafts.keep(at(0), patient.id, "form", TYPED | {"symptom_ear_pain": ["yes"]})
    control_drafts.keep(at(15), patient.id, "form", TYPED)
    assert session.scalar(select(ControlDraft.alarm_at)) == at(0).now
    assert told(16) == [("draft", 0, False), ("ear_pain", 0, False)]
    with pytest.raises(RuleBroken, match="draft_alarms"):
        control_drafts.discard(at(17), patient.id)
    [kept] = session.scalars(select(Control))
    assert (kept.stands, kept.kind, kept.symptoms) == (False, "interim", {"ear_pain": {"present": True}})


def test_a_control_whose_answers_came_without_presence_can_be_corrected(at, session, patient):
    first = controls.save(at(0), control(patient, "first"))
    session.get(Control, first).symptoms = {"jaw_or_mouth": {"side": None}}
    session.flush()
    controls.save(at(5), replace(control(patient, "second"), corrects=first, reason="gewicht"))
    assert session.get(Control, first).alarm_left_at is None


def note(work, patient, alert=JAW):
    """A doctor signs that she looked at it."""
    look(work, patient)
    return notes.note_alert(
        work, NoteAlert(patient.id, AlertCode(alert), "Geen afwijking.", AlarmOutcome.SEEN_NO_ACTION)
    )


def phoned(work, patient):
    """In the afternoon it is worse."""
    contacts.save(work, SaveContact(patient.id, "call", caller="patiënte", symptoms=(JAW,), words="veel erger"))


def typed_in(work, patient):
    """Yesterday's control was written on paper."""
    controls.save(work, replace(control(patient, "paper", JAW), on=TODAY - timedelta(1)))


def on_lists(session, patient):
    """Her rows on the list of red alerts, by code with the day and what explains it."""
    rows = fact_lists.facts_of(session, WantedFacts("alarms", TODAY, 1), [patient.id])
    return [(row.code, row.since, json.loads(row.why)["code"]) for row in rows]


@pytest.mark.parametrize(("tell", "on"), [(phoned, TODAY), (typed_in, TODAY - timedelta(1))])
def test_what_becomes_known_after_a_note_of_its_day_or_later_waits_for_another(at, told, session, patient, tell, on):
    controls.save(at(0), control(patient, "first", JAW))
    note(at(60, "doctor"), patient)
    assert told(61) == on_lists(session, patient) == []
    tell(at(300), patient)
    assert session.scalars(select(RedAlert)).all() == []
    assert told(301) == [("jaw_or_mouth", 300, False)]
    assert (told(359, "nurse"), told(360, "nurse")) == ([], [("jaw_or_mouth", 300, False)])
    assert on_lists(session, patient) == [("jaw_or_mouth", on, "alert.symptom_later")]
    doctor = at(310, "doctor")
    [shown] = open_record(doctor, patient.id).left
    assert (shown.code, shown.since, shown.why.code) == (AlertCode(JAW), on, "alert.symptom_later")
    left = notes.left_of(doctor, patient.id, AlertCode(JAW))
    assert (left.on_date, bool(left.left), left.reason) == (on, False, None)
    for _press in range(2):  # in the same words as in the morning
        note(doctor, patient)
    assert len(session.scalars(select(AlertNote)).all()) == 2
    assert told(311) == on_lists(session, patient) == open_record(doctor, patient.id).left == []


def test_other_words_for_a_note_or_a_control_are_neither_a_new_look_nor_a_new_symptom(at, told, session, patient):
    first = controls.save(at(0), control(patient, "first", JAW))
    early = note(at(60, "doctor"), patient)
    again = replace(control(patient, "second", JAW), corrects=first, reason="gewicht", weight_g=58_400)
    controls.save(at(120), again)
    assert told(121) == []
    phoned(at(300), patient)
    again = notes.correct_words(at(310, "doctor"), AlertNote, patient.id, early, "Geen fractuur.", "preciezer")
    assert told(311) == [("jaw_or_mouth", 300, False)]
    late = note(at(320, "doctor"), patient)
    notes.correct_words(at(330, "doctor"), AlertNote, patient.id, late, "Nagebeld, gezien.", "preciezer")
    assert told(331) == []
    notes.correct_words(at(340, "doctor"), AlertNote, patient.id, again, "Geen breuk.", "spelling")
    [stands] = session.scalars(select(AlertNote).where(AlertNote.supersedes_id == late))
    notes.void_words(at(350, "doctor"), AlertNote, patient.id, stands.id, "andere patiënt")
    assert told(351) == [("jaw_or_mouth", 300, True)]


def test_a_symptom_that_a_correction_adds_after_the_note_waits_and_a_patient_who_left_does_not(at, told, patient):
    first = controls.save(at(0), control(patient, "first", JAW))
    note(at(60, "doctor"), patient)
    second = controls.save(at(90), replace(control(patient, "second"), corrects=first, reason="vergissing"))
    assert told(91) == []
    added = replace(control(patient, "third", JAW, EAR), corrects=second, reason="toch")
    controls.save(at(100), added)
    assert told(101) == [("ear_pain", 100, False)]
    note(at(110, "doctor"), patient, EAR)
    phoned(at(200), patient)
    assert told(201) == [("jaw_or_mouth", 200, False)]
    patient.status, patient.status_on = "moved", TODAY
    assert told(202) == []
