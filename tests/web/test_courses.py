"""The pages of a treatment: bad input is told at its field, a change is shown first, nothing typed is lost."""

from datetime import date

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.facts import stamp
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from tests.conftest import account
from tests.factories import make_course, make_patient

GOOD = {
    "started_on": "23-11-2026", "regimen": "70 mg|1× per week", "years": "5", "controls_by": "clinic",
    "indication": "wervelfractuur 2026",
}  # fmt: skip
PAUSE = {"from_on": "01-09-2026", "why": "tandarts", "check_on": "01-12-2026"}
STOP = {"stopped_on": "23-11-2026", "stop_reason": "side_effects", "explanation": "maagklachten"}


@pytest.fixture
def nurse(work, clock):
    return work("nurse")


@pytest.fixture
def patient_id(nurse):
    patient = make_patient(nurse)
    nurse.session.commit()
    return patient.id


@pytest.fixture
def course_id(nurse, patient_id):
    return given(nurse, patient_id)


@pytest.fixture
def injected_id(nurse, patient_id):
    return given(nurse, patient_id, drug="denosumab", planned_years=3, dose="60 mg")


def given(work, patient_id, **fields):
    patient = work.session.get(Patient, patient_id)
    course = make_course(work, patient, **fields)
    items.refresh(work, patient)
    work.session.commit()
    return course.id


@pytest.fixture
def rows(app):
    def read(table):
        with Session(app.extensions["engine"]) as session:
            return session.scalars(select(table).where(table.stands).order_by(table.id)).all()

    return read


@pytest.fixture
def doctor_id(app):
    with Session(app.extensions["engine"]) as session:
        return account(session, Role.DOCTOR).id


@pytest.fixture
def doctor(sign_in):
    return sign_in("doctor")


def at(patient_id, *parts):
    return "/".join(["", "patients", str(patient_id), "courses", *(str(part) for part in parts)])


def sure(client, url, data):
    """Post, look at what changes, and post again as the page then stands."""
    page = client.post(url, data=data)
    assert page.status_code == 200, page.text
    seen = page.text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    return client.post(url, data={**data, "seen": seen})


def test_a_doctor_starts_a_course_and_the_record_says_what_is_next(doctor, rows, patient_id):
    assert "denosumab" in doctor.get(at(patient_id, "new")).text.lower()
    url = at(patient_id, "new?drug=alendronic_acid")
    form = doctor.get(url).text
    assert "70 mg, 1× per week" in form
    assert "checked" not in form
    answer = doctor.post(url, data=GOOD)
    assert (answer.status_code, answer.location) == (303, f"/patients/{patient_id}")
    assert doctor.post(url, data=GOOD).status_code == 303
    record = doctor.get(answer.location).text
    assert "23-02-2027" in record
    assert "Behandeling stoppen" not in record
    [course] = rows(Course)
    assert (course.dose, course.schedule, course.indication) == ("70 mg", "1× per week", "wervelfractuur 2026")


@pytest.mark.parametrize(
    ("typed", "on", "precision"),
    [("najaar 2020", date(2020, 9, 1), "month"), ("2019", date(2019, 1, 1), "year"),
     ("nov 2020", date(2020, 11, 1), "month"), ("1-2-2021", date(2021, 2, 1), "day")],
)  # fmt: skip
def test_a_start_may_be_known_by_half(doctor, rows, patient_id, typed, on, precision):
    data = {**GOOD, "started_on": typed, "years": "unknown", "start_source": "apotheek"}
    assert doctor.post(at(patient_id, "new?drug=alendronic_acid"), data=data).status_code == 303
    [course] = rows(Course)
    assert (course.started_on, course.start_precision, course.planned_years) == (on, precision, None)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"started_on": "ergens in mei"}, "Typ een dag, maand of jaar"),
        ({"started_on": ""}, "Vul de start in."),
        ({"started_on": "23-11-2037"}, "meer dan een jaar vooruit"),
        ({"regimen": ""}, "Kies de dosering."),
        ({"regimen": "other"}, "Vul de dosis in."),
        ({"years": ""}, "Kies de geplande duur."),
        ({"years": "other"}, "Vul het aantal jaren in."),
        ({"years": "other", "years_other": "2,7"}, "hele of halve jaren"),
        ({"years": "other", "years_other": "2,5"}, "vraagt een reden"),
        ({"controls_by": ""}, "Kies wie de controles doet."),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_typed_is_lost(doctor, rows, patient_id, typed, told):
    data = {name: value for name, value in {**GOOD, **typed}.items() if value}
    answer = doctor.post(at(patient_id, "new?drug=alendronic_acid"), data=data)
    assert answer.status_code == 422
    assert told in answer.text
    assert "wervelfractuur 2026" in answer.text
    assert rows(Course) == []


def test_a_second_course_shows_the_way_out(doctor, patient_id, course_id):
    url = at(patient_id, "new?drug=zoledronic_acid")
    data = {**GOOD, "regimen": "5 mg|1× per jaar", "years": "3"}
    answer = doctor.post(url, data=data)
    assert answer.status_code == 422
    assert "loopt op deze dagen" in answer.text
    assert at(patient_id, course_id, "switch") in answer.text


def test_a_nurse_names_the_doctor(sign_in, rows, patient_id, doctor_id):
    nurse = sign_in("nurse")
    url = at(patient_id, "new?drug=alendronic_acid")
    answer = nurse.post(url, data=GOOD)
    assert answer.status_code == 422
    assert "Kies de arts" in answer.text
    assert nurse.post(url, data={**GOOD, "doctor_id": str(doctor_id)}).status_code == 303
    assert rows(Course)[0].on_behalf_of == doctor_id


def test_a_course_is_corrected_with_a_reason(doctor, rows, patient_id, course_id):
    url = at(patient_id, course_id, "edit")
    assert 'value="10-03-2025"' in doctor.get(url).text
    data = {**GOOD, "started_on": "10-02-2025"}
    assert "Geef een reden" in doctor.post(url, data=data).text
    right = {**data, "reason": "brief huisarts"}
    assert doctor.post(url, data=right).status_code == 303
    assert doctor.post(url, data=right).status_code == 303, "the button pressed twice"
    [course] = rows(Course)
    assert (course.started_on, course.supersedes_id) == (date(2025, 2, 10), course_id)


def test_two_people_correct_one_course_and_the_second_is_told(doctor, rows, patient_id, course_id):
    url = at(patient_id, course_id, "edit")
    doctor.post(url, data={**GOOD, "started_on": "10-02-2025", "reason": "brief"})
    answer = doctor.post(url, data={**GOOD, "started_on": "01-02-2025", "reason": "apotheek"})
    assert answer.status_code == 422
    assert "01-02-2025" in answer.text
    assert "sinds 10-02-2025" in answer.text
    [standing] = rows(Course)
    again = at(patient_id, standing.id, "edit")
    assert again in answer.text
    assert doctor.post(again, data={**GOOD, "started_on": "01-02-2025", "reason": "apotheek"}).status_code == 303


def test_a_stop_shows_what_changes_before_it_is_kept(doctor, rows, patient_id, course_id):
    url = at(patient_id, course_id, "stop")
    page = doctor.post(url, data=STOP)
    assert page.status_code == 200
    assert "Dit verandert er" in page.text
    assert "04-01-2027" in page.text
    assert rows(CourseStop) == []
    answer = sure(doctor, url, STOP)
    assert answer.status_code == 303
    assert "De stop is vastgelegd" in doctor.get(answer.location).text
    assert rows(CourseStop)[0].explanation == "maagklachten"


def test_a_stop_changed_after_the_look_is_looked_at_again(doctor, rows, patient_id, course_id):
    url = at(patient_id, course_id, "stop")
    page = doctor.post(url, data=STOP)
    seen = page.text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    assert doctor.post(url, data={**STOP, "stop_reason": "planned_break", "seen": seen}).status_code == 200
    assert rows(CourseStop) == []


def test_stopping_denosumab_says_what_the_rules_then_count(doctor, patient_id, injected_id):
    url = at(patient_id, injected_id, "stop")
    refused = doctor.post(url, data=STOP)
    assert "kies overgaan, met het middel en de dag" in refused.text
    assert 'value="maagklachten"' in refused.text
    page = doctor.post(url, data={**STOP, "stop_reason": "patient_wish"}).text
    comes, stays = page.index("Komt op de lijst"), page.index("Blijft op de lijst")
    assert comes < page.index("Besluit: geen behandeling") < stays < page.index("Injectie denosumab")


def test_a_nurse_records_that_the_patient_stopped(sign_in, rows, patient_id, course_id, doctor_id):
    nurse = sign_in("nurse")
    url = at(patient_id, course_id, "stop")
    assert "Kies de arts" in nurse.post(url, data=STOP).text
    herself = {**STOP, "stop_reason": "patient_wish", "stopped_on": "najaar 2026"}
    assert "Kies de arts die dit afhandelt" in nurse.post(url, data=herself).text
    assert sure(nurse, url, {**herself, "doctor_id": str(doctor_id)}).status_code == 303
    assert rows(CourseStop)[0].on_behalf_of is None
    assert "Gestopt op 09-2026" in nurse.get(f"/patients/{patient_id}/courses").text


def test_a_switch_is_one_page_and_one_act(doctor, rows, patient_id, course_id):
    assert "zoledroninezuur" in doctor.get(at(patient_id, course_id, "switch")).text.lower()
    url = at(patient_id, course_id, "switch?drug=zoledronic_acid")
    data = {**GOOD, "regimen": "5 mg|1× per jaar", "years": "3", "stopped_on": "22-11-2026"}
    wrong = doctor.post(url, data={**data, "started_on": "21-11-2026"})
    assert wrong.status_code == 422
    assert rows(CourseStop) == []
    page = doctor.post(url, data=data)
    assert "Infuus zoledroninezuur" in page.text
    assert rows(Course)[-1].id == course_id
    assert sure(doctor, url, data).status_code == 303
    assert [course.drug for course in rows(Course)] == ["alendronic_acid", "zoledronic_acid"]
    assert rows(CourseStop)[0].reason == "switch"


def test_a_pause_begins_and_ends(sign_in, rows, patient_id, course_id):
    nurse = sign_in("nurse")
    for _press in range(2):
        assert nurse.post(at(patient_id, course_id, "pause"), data=PAUSE).status_code == 303
    [pause] = rows(Pause)
    record = nurse.get(f"/patients/{patient_id}").text
    url = at(patient_id, "pauses", pause.id)
    assert "01-12-2026" in record
    assert record.count(url) == 2, "at the treatment bar and on the card that asks"
    assert 'value="01-09-2026"' in nurse.get(url).text
    assert nurse.post(url, data={**PAUSE, "until_on": "20-11-2026"}).status_code == 303
    assert rows(Pause)[0].until_on == date(2026, 11, 20)


def test_thirty_days_are_told_to_be_missed_doses(sign_in, patient_id, course_id):
    nurse = sign_in("nurse")
    nurse.post(at(patient_id, course_id, "pause"), data={**PAUSE, "check_on": "", "until_on": "01-10-2026"})
    assert "gemiste doses: 30 dagen" in nurse.get(f"/patients/{patient_id}").text


def test_only_a_doctor_is_asked_whether_the_days_count(sign_in, doctor, rows, patient_id, course_id):
    url = at(patient_id, course_id, "pause")
    assert "tellen niet mee" not in sign_in("nurse").get(url).text
    assert "tellen niet mee" in doctor.get(url).text
    doctor.post(url, data={**PAUSE, "until_on": "20-11-2026", "counts": "yes"})
    assert rows(Pause)[0].counts


def test_a_secretary_records_and_corrects_a_dose(sign_in, rows, patient_id, injected_id):
    secretary = sign_in("secretary")
    url = at(patient_id, injected_id, "dose")
    assert url in secretary.get(f"/patients/{patient_id}").text
    data = {"on": "31-08-2026", "given_where": "poli", "given_by": "M. de Boer"}
    for _press in range(2):
        assert secretary.post(url, data=data).status_code == 303
    record = secretary.get(f"/patients/{patient_id}").text
    assert "28-02-2027" in record
    assert "poli, M. de Boer" in record
    [dose] = rows(Dose)
    again = at(patient_id, "doses", dose.id)
    assert "poli" in secretary.get(again).text
    assert secretary.post(again, data={**data, "on": "01-09-2026", "reason": "misgelezen"}).status_code == 303
    [dose] = rows(Dose)
    gone = at(patient_id, "doses", dose.id, "void")
    assert secretary.post(gone, data={}).status_code == 422
    assert secretary.post(gone, data={"void_reason": "verkeerde patiënt"}).status_code == 303
    assert rows(Dose) == []


def test_a_new_treatment_is_offered_when_none_runs(doctor, patient_id, course_id):
    url = at(patient_id, "new")
    assert url not in doctor.get(f"/patients/{patient_id}").text
    sure(doctor, at(patient_id, course_id, "stop"), STOP)
    assert url in doctor.get(f"/patients/{patient_id}").text


def test_a_secretary_sees_no_button_she_may_not_press(sign_in, patient_id, course_id):
    secretary = sign_in("secretary")
    page = secretary.get(f"/patients/{patient_id}").text
    for name in ("stop", "pause", "switch", "edit"):
        assert at(patient_id, course_id, name) not in page
        assert secretary.get(at(patient_id, course_id, name)).status_code == 403


def test_every_course_stands_on_one_page_with_its_ways(doctor, rows, patient_id, course_id):
    doctor.post(at(patient_id, course_id, "pause"), data={**PAUSE, "until_on": "20-11-2026"})
    sure(doctor, at(patient_id, course_id, "stop"), STOP)
    page = doctor.get(at(patient_id)).text
    assert "Onderbreking van 01-09-2026 tot 20-11-2026" in page
    assert "Gestopt op 23-11-2026" in page
    [stop] = rows(CourseStop)
    url = at(patient_id, "stops", stop.id)
    assert url in page
    assert doctor.get(at(patient_id, course_id, "stop")).location == url
    right = {**STOP, "stopped_on": "21-11-2026", "reason": "verkeerde datum"}
    assert doctor.post(url, data=right).status_code == 303
    [stop] = rows(CourseStop)
    assert stop.stopped_on == date(2026, 11, 21)
    assert doctor.post(at(patient_id, "stop", stop.id, "void"), data={"void_reason": "x"}).status_code == 303
    assert rows(CourseStop) == []


def test_the_letter_that_tells_the_gp_of_a_stop_stands_beside_it_and_is_offered_when_there_is_none(
    app, doctor, patient_id, course_id
):
    answer = sure(doctor, at(patient_id, course_id, "stop"), STOP)
    assert "De brief aan de huisarts hierover staat klaar als concept." in doctor.get(answer.location).text
    page = doctor.get(at(patient_id)).text
    offered = "Huisarts berichten dat de behandeling eindigde op 23-11-2026"
    assert ">Huisartsbrief</a> · Concept" in page
    assert offered not in page
    with Session(app.extensions["engine"]) as session:
        session.execute(update(Letter).values(state="withdrawn"))
        session.commit()
    assert offered in doctor.get(at(patient_id)).text
    told = doctor.get(f"/patients/{patient_id}/letters").text
    assert "Besluit: stoppen of ander middel" in told
    assert offered in told
    begun = doctor.post(f"/patients/{patient_id}/letters", data={"about": "stop"})
    assert "Alendroninezuur is gestopt op 23-11-2026 (bijwerkingen: maagklachten)." in doctor.get(begun.location).text


def test_what_was_voided_meanwhile_is_said_with_what_was_typed(doctor, patient_id, course_id):
    assert doctor.post(at(patient_id, "course", course_id, "void"), data={"void_reason": "x"}).status_code == 303
    answer = doctor.post(at(patient_id, course_id, "stop"), data=STOP)
    assert answer.status_code == 409
    assert "maagklachten" in answer.text


def test_a_course_of_another_patient_is_not_found(doctor, nurse, patient_id, course_id):
    other = make_patient(nurse)
    nurse.session.commit()
    for name in ("edit", "stop", "switch", "pause", "dose"):
        assert doctor.get(at(other.id, course_id, name)).status_code == 404
        assert doctor.post(at(other.id, course_id, name), data=STOP).status_code == 404


def test_a_wrong_drug_is_corrected_with_its_own_choices(doctor, rows, patient_id, course_id):
    assert (
        at(patient_id, course_id, "edit?drug=risedronic_acid")
        in doctor.get(at(patient_id, course_id, "edit?drug=")).text
    )
    data = {**GOOD, "started_on": "10-03-2025", "regimen": "35 mg|1× per week", "reason": "verkeerd middel gekozen"}
    assert doctor.post(at(patient_id, course_id, "edit?drug=risedronic_acid"), data=data).status_code == 303
    assert rows(Course)[0].drug == "risedronic_acid"


def test_what_stood_there_before_stays_readable(sign_in, doctor, doctor_id, patient_id, course_id):
    data = {**GOOD, "started_on": "10-02-2025", "reason": "brief huisarts", "doctor_id": str(doctor_id)}
    sign_in("nurse").post(at(patient_id, course_id, "edit"), data=data)
    page = doctor.get(at(patient_id)).text
    assert "door Test nurse namens Test doctor" in page
    assert "sinds 10-03-2025" in page
    assert "brief huisarts" in page


def test_a_stop_of_a_course_that_was_corrected_meanwhile_is_looked_at_again(doctor, rows, patient_id, course_id):
    doctor.post(at(patient_id, course_id, "edit"), data={**GOOD, "started_on": "10-02-2025", "reason": "brief"})
    answer = doctor.post(at(patient_id, course_id, "stop"), data=STOP)
    assert answer.status_code == 422
    assert "Iemand anders heeft dit intussen" in answer.text
    assert "maagklachten" in answer.text
    assert at(patient_id, rows(Course)[0].id, "stop") in answer.text
    assert rows(CourseStop) == []


def test_a_nurse_is_not_offered_to_take_back_what_a_doctor_decided(sign_in, doctor, rows, patient_id):
    assert doctor.post(at(patient_id, "new?drug=alendronic_acid"), data=GOOD).status_code == 303
    [course] = rows(Course)
    page, url = at(patient_id, course.id, "edit"), at(patient_id, "course", course.id, "void")
    assert url in doctor.get(page).text
    nurse = sign_in("nurse")
    assert url not in nurse.get(page).text
    answer = nurse.post(url, data={"void_reason": "verkeerde patiënt"})
    assert answer.status_code == 422
    assert "Een arts heeft dit besloten." in answer.text
    assert "verkeerde patiënt" in answer.text


def decided(nurse, patient_id, course_id, **given):
    """A doctor signed on the tenth that the course ends on the first of December."""
    told = {"on_date": date(2026, 11, 10), "course_id": course_id, "outcome": "stop", "reason": "vijf jaar", "seen": {},
            "effective_on": date(2026, 12, 1), "prescriber": "huisarts", "signed_function": "internist"}  # fmt: skip
    stamp(nurse, Review(**told | given, form_token=str(given)), patient_id)
    nurse.session.commit()


@pytest.mark.parametrize(
    ("kind", "reason", "told", "refused"),
    [
        ("break", "other", "Stoppen, behandelpauze (drug holiday), vanaf 01-12-2026.", "Kies dat, of wat er gebeurde"),
        ("end", "planned_break", "Stoppen, einde van de behandeling, vanaf 01-12-2026.", "Kies een andere reden"),
    ],
)
def test_what_was_signed_stands_above_the_stop_that_carries_it_out(
    sign_in, nurse, rows, patient_id, course_id, doctor_id, kind, reason, told, refused
):
    decided(nurse, patient_id, course_id, stop_kind=kind)
    url, client = at(patient_id, course_id, "stop"), sign_in("nurse")
    assert f"Besluit van 10-11-2026, ondertekend door {nurse.actor.name}: {told}" in client.get(url).text
    other = {**STOP, "stop_reason": reason, "doctor_id": str(doctor_id)}
    answer = client.post(url, data=other)
    assert answer.status_code == 422
    assert refused in answer.text
    assert told in answer.text
    assert rows(CourseStop) == []
    right = {**other, "stop_reason": "planned_break" if kind == "break" else "other"}
    assert sure(client, url, right).status_code == 303
    assert told in client.get(at(patient_id, "stops", rows(CourseStop)[0].id)).text


def test_a_switch_that_was_signed_stands_above_the_form_with_its_drug(doctor, nurse, patient_id, course_id):
    url = at(patient_id, course_id, "switch?drug=zoledronic_acid")
    assert "ondertekend door" not in doctor.get(url).text
    decided(nurse, patient_id, course_id, outcome="switch", next_drug="zoledronic_acid", next_years=3)
    told = "Overgaan op ander middel, zoledroninezuur, voor 3 jaar, vanaf 01-12-2026."
    assert told in doctor.get(url).text
    assert told in doctor.get(at(patient_id, course_id, "stop")).text
