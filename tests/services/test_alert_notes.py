"""A doctor's signed words: a note clears an alert, a waiver lets one item lapse, and both can be taken back."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AlarmOutcome, AlertCode, ControlKind, Drug, Symptom
from clinic.services import controls, items, notes
from clinic.services.controls import SaveControl
from clinic.services.facts import stamp
from clinic.services.notes import NoteAlert, WaiveItem
from clinic.services.work import NotAllowed, Stale
from clinic.store import alarms
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.due import DueItem, RedAlert
from clinic.store.reviews import AlertNote, Waiver
from clinic.store.scans import Fracture
from clinic.store.treatments import Course
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)
PAIN = AlertCode.THIGH_OR_GROIN_PAIN
SEEN = AlarmOutcome.SEEN_NO_ACTION
REFERRED = AlarmOutcome.REFERRED


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def patient(doctor):
    """She told of pain in her thigh last Friday."""
    patient = make_patient(doctor)
    make_course(doctor, patient)
    told = {"thigh_or_groin_pain": {"present": True}}
    make_control(doctor, patient, date(2026, 11, 20), symptoms=told)
    items.refresh(doctor, patient)
    doctor.session.flush()
    return patient


def alerts(session):
    return set(session.scalars(select(RedAlert.code)))


def codes(session):
    return {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}


def test_a_note_clears_the_alert_until_it_is_voided(doctor, session, patient):
    assert "thigh_or_groin_pain" in alerts(session)
    note = notes.note_alert(doctor, NoteAlert(patient.id, PAIN, " X-femur: geen afwijking. ", SEEN))
    assert session.get(AlertNote, note).text == "X-femur: geen afwijking."
    assert "thigh_or_groin_pain" not in alerts(session)
    notes.void_words(doctor, AlertNote, patient.id, note, "verkeerde patiënt")
    assert "thigh_or_groin_pain" in alerts(session)
    found = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert found == ["alert.noted", "fact.voided"]


def test_the_same_words_sent_twice_are_one_note(doctor, session, patient):
    told = NoteAlert(patient.id, PAIN, "X-femur: geen afwijking.", SEEN)
    assert notes.note_alert(doctor, told) == notes.note_alert(doctor, told)
    assert session.scalar(select(func.count()).select_from(AlertNote)) == 1


def test_a_note_needs_words_and_an_alert_that_holds(doctor, patient):
    with pytest.raises(RuleBroken) as broken:
        notes.note_alert(doctor, NoteAlert(patient.id, PAIN, " ", SEEN))
    assert broken.value.code == "words_missing"
    with pytest.raises(RuleBroken) as broken:
        notes.note_alert(doctor, NoteAlert(patient.id, AlertCode.JAW_OR_MOUTH, "Kaak gezien."))
    assert broken.value.code == "alert_gone"


def test_a_fracture_asks_for_a_review_not_for_a_note(doctor, patient):
    stamp(doctor, Fracture(on_date=date(2026, 11, 1), precision="day", site="wrist", low_energy=True), patient.id)
    items.refresh(doctor, patient)
    with pytest.raises(RuleBroken) as broken:
        notes.note_alert(doctor, NoteAlert(patient.id, AlertCode.FRACTURE_ON_TREATMENT, "Gezien."))
    assert broken.value.code == "alert_not_by_note"


def test_a_waived_item_is_not_shown_until_the_waiver_is_voided(doctor, session, patient):
    due_on = codes(session)["control.yearly"]
    waiver = notes.waive(doctor, WaiveItem(patient.id, "control.yearly", due_on, "Opgenomen elders."))
    assert "control.yearly" not in codes(session)
    notes.void_words(doctor, Waiver, patient.id, waiver, "toch nodig")
    assert codes(session)["control.yearly"] == due_on


def test_an_item_that_is_no_longer_due_cannot_be_waived(doctor, patient):
    with pytest.raises(RuleBroken) as broken:
        notes.waive(doctor, WaiveItem(patient.id, "control.yearly", date(2001, 1, 1), "Oud."))
    assert (broken.value.field, broken.value.code) == ("item", "item_gone")


def test_the_same_waiver_sent_twice_is_one(doctor, session, patient):
    told = WaiveItem(patient.id, "control.yearly", codes(session)["control.yearly"], "Opgenomen elders.")
    assert notes.waive(doctor, told) == notes.waive(doctor, told)


def test_words_are_corrected_with_a_reason_and_the_alert_stays_cleared(doctor, session, patient):
    note = notes.note_alert(doctor, NoteAlert(patient.id, PAIN, "X-femur links.", SEEN))
    with pytest.raises(RuleBroken) as broken:
        notes.correct_words(doctor, AlertNote, patient.id, note, "X-femur rechts.", "")
    assert broken.value.field == "change_reason"
    newer = notes.correct_words(doctor, AlertNote, patient.id, note, "X-femur rechts.", "andere kant")
    assert session.get(AlertNote, newer).alert == "thigh_or_groin_pain"
    assert alerts(session) == set()
    with pytest.raises(Stale):
        notes.correct_words(doctor, AlertNote, patient.id, note, "X-femur beide.", "nog eens")


def test_of_another_patient_it_is_not_found(doctor, patient):
    note = notes.note_alert(doctor, NoteAlert(patient.id, PAIN, "X-femur: geen afwijking.", SEEN))
    other = make_patient(doctor)
    with pytest.raises(LookupError):
        notes.void_words(doctor, AlertNote, other.id, note, "x")


@pytest.mark.parametrize("role", ["nurse", "secretary", "manager", "privacy_officer"])
def test_only_a_doctor_notes_and_waives(work, patient, role):
    with pytest.raises(NotAllowed):
        notes.note_alert(work(role), NoteAlert(patient.id, PAIN, "x", SEEN))
    with pytest.raises(NotAllowed):
        notes.waive(work(role), WaiveItem(patient.id, "control.yearly", TODAY, "x"))


def test_the_same_words_are_no_correction_and_what_is_voided_stays_so(doctor, session, patient):
    note = notes.note_alert(doctor, NoteAlert(patient.id, PAIN, "X-femur links.", SEEN))
    assert notes.correct_words(doctor, AlertNote, patient.id, note, " X-femur links. ", "") == note
    for reason in ("verkeerde patiënt", "nog eens"):
        notes.void_words(doctor, AlertNote, patient.id, note, reason)
    assert session.get(AlertNote, note).void_reason == "verkeerde patiënt"


@pytest.mark.parametrize(
    ("outcome", "back_on", "field", "code"),
    [
        (None, None, "outcome", "outcome_missing"),
        (REFERRED, None, "back_on", "back_on_missing"),
        (REFERRED, TODAY, "back_on", "back_on_missing"),
        (SEEN, date(2026, 12, 1), "back_on", "back_on_only_when_referred"),
    ],
)
def test_an_alarm_symptom_ends_with_an_outcome_and_a_referral_with_a_day(
    doctor, session, patient, outcome, back_on, field, code
):
    with pytest.raises(RuleBroken) as broken:
        notes.note_alert(doctor, NoteAlert(patient.id, PAIN, "Gezien.", outcome, back_on))
    assert (broken.value.field, broken.value.code) == (field, code)
    assert "thigh_or_groin_pain" in alerts(session)


def test_denosumab_is_not_interrupted_today(doctor, session, patient):
    [course] = session.scalars(select(Course))
    today = NoteAlert(patient.id, PAIN, "Eerst een foto.", AlarmOutcome.INTERRUPT_TODAY)
    course.drug = Drug.DENOSUMAB
    session.flush()
    with pytest.raises(RuleBroken) as broken:
        notes.note_alert(doctor, today)
    assert (broken.value.field, broken.value.code) == ("outcome", "no_pauses")
    assert "thigh_or_groin_pain" in alerts(session)
    assert AlarmOutcome.INTERRUPT_TODAY not in notes.outcomes(notes.facts_of(doctor, patient))
    course.drug = Drug.ALENDRONIC_ACID
    session.flush()
    notes.note_alert(doctor, today)
    assert alerts(session) == set()


def test_who_was_referred_stands_on_the_lists_on_the_day_she_is_back(doctor, session, patient):
    notes.note_alert(doctor, NoteAlert(patient.id, PAIN, "Naar de orthopeed.", REFERRED, date(2026, 12, 7)))
    assert codes(session)["agreed.call"] == date(2026, 12, 7)
    assert alerts(session) == set()


@pytest.mark.parametrize("how", ["voided", "corrected"])
def test_an_alarm_symptom_outlives_its_control_until_a_doctor_signs(work, session, patient, how):
    nurse, before = work("nurse"), datetime(2026, 11, 23, 9)  # noqa: DTZ001
    [control] = session.scalars(select(Control))
    if how == "voided":
        controls.void_control(nurse, patient.id, control.id, "verkeerde patiënt")
    else:
        said = {"heights_mm": (1587,), "weight_g": 58_300, "symptoms": dict.fromkeys(Symptom, False)}
        again = SaveControl(patient.id, control.on_date, ControlKind.CLINIC, "second", **said)
        controls.save(nurse, replace(again, corrects=control.id, reason="vergissing"))
    assert "thigh_or_groin_pain" not in alerts(session)
    [row] = alarms.unsigned(session, TODAY, before)
    assert (row.patient_id, row.code, row.since, row.left) == (patient.id, PAIN, control.recorded_at, True)
    left = alarms.last_left(session, patient.id, PAIN)
    assert (left.on_date, left.reason) == (control.on_date, "verkeerde patiënt" if how == "voided" else "vergissing")

    doctor = work("doctor")
    with pytest.raises(RuleBroken, match="alert_gone"):
        notes.note_alert(doctor, NoteAlert(patient.id, AlertCode.EAR_PAIN, "niets te zien", SEEN))
    notes.note_alert(doctor, NoteAlert(patient.id, PAIN, "nagebeld: geen klachten", SEEN))
    assert alarms.unsigned(session, TODAY, before) == []
    assert alarms.last_left(session, patient.id, PAIN) is None


def test_a_symptom_that_a_doctor_signed_for_does_not_come_back_when_its_control_is_voided(work, session, patient):
    notes.note_alert(work("doctor"), NoteAlert(patient.id, PAIN, "X-femur: geen afwijking", SEEN))
    [control] = session.scalars(select(Control))
    controls.void_control(work("nurse"), patient.id, control.id, "verkeerde patiënt")
    assert alarms.unsigned(session, TODAY, datetime(2026, 11, 23, 9)) == []  # noqa: DTZ001
