"""A nurse saves a control: measured, answered, agreed; dates follow in the same transaction."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AgreementWhat, ControlKind, FractureSite, Symptom
from clinic.interop.history import HistoryRow, PastFact
from clinic.services import contacts, control_checks, control_history, controls, doses, findings, import_history
from clinic.services.contacts import SaveContact
from clinic.services.control_history import Latest
from clinic.services.controls import ALWAYS_ASKED, Agreed, Broken, SaveControl
from clinic.services.doses import GiveDose
from clinic.services.facts import stamp, void
from clinic.services.findings import SaveFracture
from clinic.services.work import NotAllowed, Stale
from clinic.store.audit import AuditEntry
from clinic.store.controls import Agreement, Control
from clinic.store.due import DueItem, RedAlert
from clinic.store.patients import Patient
from clinic.store.scans import Fracture
from clinic.store.treatments import Course, Dose
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)
ANSWERED = dict.fromkeys(ALWAYS_ASKED, False)


@pytest.fixture
def nurse(work):
    return work("nurse")


@pytest.fixture
def command(nurse):
    patient = make_patient(nurse)
    make_course(nurse, patient)
    make_control(nurse, patient, date(2025, 11, 24), height_mm=1594, weight_g=59000)
    return SaveControl(
        patient.id, TODAY, ControlKind.CLINIC, "one-form", heights_mm=(1586, 1588, 1587), weight_g=58300,
        missed_doses=0, symptoms=ANSWERED,
    )  # fmt: skip


def test_a_control_is_kept_with_the_mean_and_moves_the_next_one(nurse, session, command):
    control = session.get(Control, controls.save(nurse, command))
    assert (control.height_mm, control.weight_g, control.heights_mm) == (1587, 58300, [1586, 1588, 1587])
    found = {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}
    assert found["control.yearly"] == date(2027, 11, 23)
    assert found["letter.after_control"] == date(2026, 11, 30)
    entry, drafted = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert drafted.action == "letter.drafted"
    assert (entry.action, entry.patient_id, entry.subject) == (
        "control.saved", command.patient_id, f"control:{control.id}")  # fmt: skip


def test_a_double_click_is_one_control(nurse, session, command):
    assert controls.save(nurse, command) == controls.save(nurse, command)
    assert session.scalar(select(func.count()).where(Control.form_token == "one-form")) == 1


def otherwise(command):
    """The same form with another weight, another day, another fracture."""
    yield replace(command, weight_g=59300)
    yield replace(command, agreed=(Agreed(AgreementWhat.CONTROL, date(2027, 3, 22), "after the dentist"),))
    yield replace(command, fractures=())


def test_the_form_sent_again_with_something_else_is_looked_at(nurse, session, command):
    agreed = (Agreed(AgreementWhat.CONTROL, date(2027, 2, 22), "after the dentist"),)
    first = replace(command, agreed=agreed, fractures=(Broken(date(2026, 10, 1), FractureSite.WRIST),))
    kept = controls.save(nurse, first)
    assert controls.save(nurse, first) == kept
    for other in otherwise(first):
        with pytest.raises(Stale):
            controls.save(nurse, other)
    controls.void_control(nurse, command.patient_id, kept, "andere patiënt")
    with pytest.raises(Stale):
        controls.save(nurse, first)


def test_what_was_agreed_becomes_an_item(nurse, session, command):
    agreed = (Agreed(AgreementWhat.CONTROL, date(2027, 2, 22), "after the dentist"),)
    controls.save(nurse, replace(command, agreed=agreed))
    found = {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}
    assert found["agreed.control"] == date(2027, 2, 22)


def test_an_alarm_symptom_raises_a_red_alert(nurse, session, command):
    controls.save(nurse, replace(command, symptoms={**ANSWERED, Symptom.THIGH_OR_GROIN_PAIN: True}))
    alert = session.scalars(select(RedAlert).where(RedAlert.level == "red")).one()
    assert (alert.code, alert.since) == ("thigh_or_groin_pain", TODAY)


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"on": date(2026, 11, 24)}, "on", "control_in_future"),
        ({"heights_mm": (999,)}, "height_1", "out_of_range"),
        ({"heights_mm": (2201,)}, "height_1", "out_of_range"),
        ({"heights_mm": (1586, 1858, 1587)}, "height_2", "reading_swapped"),
        ({"heights_mm": (1586, 1700, 1587)}, "height_2", "reading_wrong"),
        ({"heights_mm": ()}, "height_1", "height_missing"),
        ({"weight_g": None}, "weight", "weight_missing"),
        ({"weight_g": 24900}, "weight", "out_of_range"),
        ({"weight_g": 250100}, "weight", "out_of_range"),
        ({"heights_mm": (1200,), "weight_g": 101000}, "weight", "out_of_range"),
        ({"missed_doses": 85}, "missed_doses", "out_of_range"),
        ({"told": {"falls": 366}}, "falls", "out_of_range"),
        ({"symptoms": {}}, "symptom_swallowing_or_retrosternal", "symptom_unanswered"),
    ],
)
def test_refused_with_the_field_to_look_at(nurse, session, command, changed, field, code):
    with pytest.raises(RuleBroken) as broken:
        controls.save(nurse, replace(command, **changed))
    assert (broken.value.field, broken.value.code) == (field, code)
    assert session.scalar(select(func.count()).where(Control.form_token == "one-form")) == 0


@pytest.mark.parametrize(
    ("changed", "question"),
    [
        ({"heights_mm": (1590, 1596)}, "reading_unlike=1590-1596"),
        ({"heights_mm": (1573,)}, "height_changed=1573"),
        ({"weight_g": 53900}, "weight_changed=53900"),
        ({"weight_g": 39900}, "weight_unusual=39900"),
    ],
)
def test_an_unusual_value_is_asked_once_and_then_kept(nurse, session, command, changed, question):
    with pytest.raises(RuleBroken) as broken:
        controls.save(nurse, replace(command, **changed))
    assert broken.value.code == "confirm"
    assert question in broken.value.params["questions"]
    kept = replace(command, **changed, confirmed=tuple(broken.value.params["questions"]))
    assert session.get(Control, controls.save(nurse, kept)) is not None


@pytest.mark.parametrize(
    ("looked_at", "typed_after"),
    [
        ({"weight_g": 39_900}, {"weight_g": 39_800}),
        ({"weight_g": 53_900}, {"weight_g": 86_000}),
        ({"heights_mm": (1573,)}, {"heights_mm": (1850,)}),
        ({"heights_mm": (1590, 1596)}, {"heights_mm": (1590, 1602)}),
    ],
)
def test_a_value_that_was_typed_after_the_question_is_asked_about_anew(nurse, command, looked_at, typed_after):
    with pytest.raises(RuleBroken) as broken:
        controls.save(nurse, replace(command, **looked_at))
    told = tuple(broken.value.params["questions"])
    with pytest.raises(RuleBroken, match="confirm"):
        controls.save(nurse, replace(command, **typed_after, confirmed=told))
    assert controls.save(nurse, replace(command, **looked_at, confirmed=told))


def test_a_day_that_was_typed_after_the_question_is_asked_about_anew(nurse, command):
    for token, on in (("friday", date(2026, 11, 20)), ("monday", TODAY)):
        controls.save(nurse, replace(command, form_token=token, on=on))
    of_monday = replace(command, form_token="two", confirmed=(f"day_known={TODAY}",))
    with pytest.raises(RuleBroken, match="confirm"):
        controls.save(nurse, replace(of_monday, on=date(2026, 11, 20)))
    assert controls.save(nurse, of_monday)


def test_a_measure_is_held_against_the_last_one_of_its_own_kind(nurse, command):
    patient_id, between = command.patient_id, date(2026, 5, 4)
    weighed = replace(command, form_token="weighed", on=between, heights_mm=(), height_not_measured="gips")
    controls.save(nurse, weighed)
    with pytest.raises(RuleBroken) as broken:
        controls.save(nurse, replace(command, heights_mm=(1573,), weight_g=58000))
    assert broken.value.params["questions"] == ["height_changed=1573"]
    assert broken.value.params["before"] == {
        "height": Latest(1594, date(2025, 11, 24)), "weight": Latest(58300, between)}  # fmt: skip
    assert control_history.measured(nurse, patient_id, date(2025, 11, 24)) == {}


@pytest.mark.parametrize("changed", [{"heights_mm": (1574,)}, {"weight_g": 54000}, {"heights_mm": (1590, 1595)}])
def test_the_last_ordinary_value_is_not_asked(nurse, command, changed):
    assert controls.save(nurse, replace(command, **changed))


def test_without_a_measurement_it_is_said_why(nurse, session, command):
    told = replace(command, heights_mm=(), height_not_measured="cannot stand", weight_g=None,
                   weight_not_measured="wheelchair")  # fmt: skip
    control = session.get(Control, controls.save(nurse, told))
    assert (control.height_mm, control.height_not_measured) == (None, "cannot stand")


def test_a_phone_control_needs_no_measurement(nurse, command):
    assert controls.save(nurse, replace(command, kind=ControlKind.PHONE, heights_mm=(), weight_g=None))


def test_by_phone_too_three_alarm_symptoms_are_answered_or_it_is_said_why_not(nurse, command):
    phoned = replace(command, kind=ControlKind.PHONE, heights_mm=(), weight_g=None, symptoms={})
    for told in ({}, {**ANSWERED, Symptom.JAW_OR_MOUTH: None}):
        with pytest.raises(RuleBroken, match="symptom_unanswered"):
            controls.save(nurse, replace(phoned, symptoms=told))
    assert controls.save(nurse, replace(phoned, unanswerable="dochter aan de telefoon"))
    assert controls.save(nurse, replace(phoned, form_token="contact", kind=ControlKind.INTERIM, note="gebeld"))


def test_a_voided_control_gives_the_dates_back(nurse, session, command):
    saved = controls.save(nurse, command)
    controls.void_control(nurse, command.patient_id, saved, "wrong patient")
    found = {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}
    assert found["control.yearly"] == date(2026, 5, 24)  # six months after the control that stands again as the last


def test_what_was_told_at_a_voided_control_is_voided_with_it_and_nothing_else(nurse, session, command):
    fracture = Broken(TODAY, FractureSite.HIP, True)
    before = stamp(nurse, Fracture(on_date=TODAY, site="wrist"), command.patient_id)
    session.commit()
    nurse.now += timedelta(seconds=1)
    saved = controls.save(nurse, replace(command, fractures=(fracture,)))
    nurse.now += timedelta(minutes=1)
    newer = controls.save(nurse, replace(command, form_token="two", corrects=saved, reason="typefout", note="x"))
    (told,) = controls.told_with(nurse, controls.versions(nurse, command.patient_id, newer))
    assert told.site == "hip"
    controls.void_control(nurse, command.patient_id, newer, "wrong patient")
    assert (told.stands, told.void_reason, before.stands) == (False, "wrong patient", True)


def test_what_was_told_at_a_control_and_corrected_since_is_voided_with_it_as_it_stands_now(nurse, session, command):
    patient_id, course = command.patient_id, session.scalars(select(Course)).one()
    course.drug = "zoledronic_acid"
    fractures = (Broken(TODAY, FractureSite.HIP, True), Broken(TODAY, FractureSite.WRIST))
    dose = GiveDose(patient_id, course.id, TODAY)
    first = replace(command, fractures=fractures, dose=dose, told={"new_fracture": True})
    saved = controls.save(nurse, first)
    nurse.now += timedelta(minutes=1)
    hip, wrist, given = controls.told_with(nurse, controls.versions(nurse, patient_id, saved))
    humerus = SaveFracture(patient_id=patient_id, form_token="humerus", corrects=hip.id, reason="typefout", on=TODAY,
                         precision="day", site=FractureSite.HUMERUS, low_energy=None)  # fmt: skip
    humerus_id = findings.save_fracture(nurse, humerus)
    void(nurse, wrist, "was oud")
    later = doses.correct_dose(nurse, given.id, replace(dose, on=TODAY - timedelta(1)), "typefout")
    chain = controls.versions(nurse, patient_id, saved)
    told = controls.told_with(nurse, chain)
    assert [(type(fact), fact.id) for fact in told] == [(Fracture, humerus_id), (Dose, later)]
    none = replace(command, form_token="two", corrects=saved, reason="typefout", told={"new_fracture": False})
    with pytest.raises(RuleBroken, match="fracture_stands"):
        controls.save(nurse, none)
    session.rollback()
    controls.void_control(nurse, patient_id, saved, "wrong patient")
    assert [fact.void_reason for fact in told] == ["wrong patient", "wrong patient"]


def test_what_an_import_wrote_beside_a_control_was_not_told_at_it(nurse, session, command):
    patient_id, day = command.patient_id, date(2026, 5, 1)
    session.scalars(select(Course)).one().drug = "denosumab"
    row = HistoryRow(2, session.get_one(Patient, patient_id).number, (
        PastFact("control", "C", day, {"on_date": day, "kind": "phone", "height_mm": None}),
        PastFact("fracture", "F", day, {"on_date": day, "site": "wrist"}),
        PastFact("dose", "D", day, {"on_date": day, "drug": "denosumab"}),
    ))  # fmt: skip
    control, *beside = import_history.apply(nurse, [row]).written
    session.commit()
    nurse.now += timedelta(days=1)
    none = replace(command, on=day, corrects=control.id, reason="nagevraagd", told={"new_fracture": False})
    kept = controls.save(nurse, none)
    assert controls.told_with(nurse, controls.versions(nurse, patient_id, kept)) == []
    controls.void_control(nurse, patient_id, kept, "wrong patient")
    assert [(type(fact), fact.stands) for fact in beside] == [(Fracture, True), (Dose, True)]


def test_no_new_fracture_is_not_said_of_a_control_at_which_one_stands(nurse, session, command):
    fracture = Broken(TODAY, FractureSite.HIP, True)
    saved = controls.save(nurse, replace(command, fractures=(fracture,), told={"new_fracture": True}))
    none = replace(command, form_token="two", corrects=saved, reason="typefout", told={"new_fracture": False})
    with pytest.raises(RuleBroken) as broken:
        controls.save(nurse, none)
    assert (broken.value.field, broken.value.code) == ("new_fracture", "fracture_stands")
    (told,) = controls.told_with(nurse, controls.versions(nurse, command.patient_id, saved))
    void(nurse, told, "verkeerde patiënt")
    second = controls.save(nurse, none)
    third = controls.save(nurse, replace(none, form_token="three", corrects=second, note="x"))
    assert [session.get(Control, one).new_fracture for one in (saved, second, third)] == [True, False, False]


def test_a_correction_keeps_who_phoned(nurse, session, command):
    contact = contacts.save(nurse, SaveContact(command.patient_id, "call", caller="dochter", words="gevallen"))
    told = replace(command, kind=ControlKind.INTERIM, corrects=contact, reason="typefout", note="gevallen")
    assert session.get(Control, controls.save(nurse, told)).caller == "dochter"


def test_of_another_patient_it_is_not_found(nurse, command):
    saved = controls.save(nurse, command)
    other = make_patient(nurse)
    with pytest.raises(LookupError):
        controls.void_control(nurse, other.id, saved, "wrong patient")


@pytest.mark.parametrize("role", ["secretary", "manager", "privacy_officer"])
def test_other_roles_record_no_control(work, command, role):
    with pytest.raises(NotAllowed):
        controls.save(work(role), command)


def test_at_the_clinic_a_weight_is_measured_or_it_is_said_why_not(nurse, session, command):
    with pytest.raises(RuleBroken) as broken:
        controls.save(nurse, replace(command, weight_g=None))
    assert (broken.value.field, broken.value.code) == ("weight", "weight_missing")
    kept = controls.save(nurse, replace(command, weight_g=None, weight_not_measured="rolstoel"))
    assert session.get(Control, kept).weight_not_measured == "rolstoel"


def test_who_cannot_answer_is_asked_nothing_and_it_says_why(nurse, session, command):
    kept = controls.save(nurse, replace(command, symptoms={}, unanswerable="dementie"))
    assert (session.get(Control, kept).symptoms, session.get(Control, kept).unanswerable) == ({}, "dementie")


def test_what_saving_will_find_wrong_is_found_before_and_nothing_is_kept(nurse, session, command):
    assert list(control_checks.at_saving(nurse, command)) == []
    course = session.scalars(select(Course)).one()
    course.drug = "zoledronic_acid"
    early = (Agreed(AgreementWhat.CONTROL, date(2027, 3, 1), ""), Agreed(AgreementWhat.CALL, date(2027, 3, 1), ""))
    dose = GiveDose(command.patient_id, course.id, TODAY + timedelta(1))
    found = control_checks.at_saving(nurse, replace(command, agreed=early, dose=dose))
    assert [(broken.field, broken.code) for broken in found] == [
        ("next_control_why", "reason_outside_window"), ("dose_on", "dose_in_future"),
    ]  # fmt: skip
    control_id = controls.save(nurse, command)
    assert list(control_checks.at_saving(nurse, replace(command, corrects=control_id))) == []  # no letter left
    assert session.scalar(select(func.count()).select_from(Agreement)) == 0


def test_what_a_corrected_control_agreed_does_not_hide_what_the_protocol_wants(nurse, session, command):
    agreed = (Agreed(AgreementWhat.CONTROL, date(2027, 11, 1), ""),)
    control_id = controls.save(nurse, replace(command, agreed=agreed))
    early = (Agreed(AgreementWhat.CONTROL, date(2027, 3, 1), ""),)
    later = replace(command, form_token="later", corrects=control_id, reason="verkeerd jaar", agreed=early)
    assert [broken.code for broken in control_checks.at_saving(nurse, later)] == ["reason_outside_window"]
    with pytest.raises(RuleBroken, match="reason_outside_window"):
        controls.save(nurse, later)


def test_what_was_agreed_elsewhere_on_its_day_stands_while_a_control_is_corrected(nurse, session, command):
    control_id = controls.save(nurse, command)
    elsewhere = Agreement(what=AgreementWhat.CONTROL, on_date=date(2027, 11, 1), made_on=TODAY)
    stamp(nurse, elsewhere, command.patient_id)
    session.commit()
    early = (Agreed(AgreementWhat.CONTROL, date(2027, 3, 1), ""),)
    later = replace(command, form_token="later", corrects=control_id, reason="verkeerd jaar", agreed=early)
    assert list(control_checks.at_saving(nurse, later)) == []
    controls.save(nurse, later)
    assert elsewhere.stands


def test_of_a_height_that_cannot_be_no_bmi_is_told(nurse, command):
    impossible = replace(command, heights_mm=(16010,))
    found = [broken.field for broken in control_checks.wrong(impossible, TODAY, date(1953, 3, 14))]
    assert found == ["height_1"]


def test_a_dose_that_was_told_before_is_found_right_before_saving_too(nurse, session, command):
    session.scalars(select(Course)).one().drug = "zoledronic_acid"
    course_id = session.scalars(select(Course.id)).one()
    told = replace(command, dose=GiveDose(command.patient_id, course_id, TODAY))
    controls.save(nurse, told)
    again = replace(told, form_token="again", on=TODAY - timedelta(1))
    assert list(control_checks.at_saving(nurse, again)) == []
