"""The pages on which a doctor decides, notes and waives: nothing typed is lost, nobody signs what she did not see."""

import re
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.security.audit import Action
from clinic.services import items
from clinic.services.facts import stamp
from clinic.store.audit import AuditEntry
from clinic.store.controls import Agreement
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.review_drafts import ReviewDraft
from clinic.store.reviews import AlertNote, Review, Waiver
from clinic.store.scans import Fracture, Scan, SpineImage
from tests.browser_fixtures import PASSWORD
from tests.factories import make_control, make_course, make_patient

GOOD = {
    "form_token": "one", "protocol": "default-2026.1", "version": "1", "outcome": "continue", "until": "18-01-2032",
    "reason": "T-score heup nog −2,6.", "next_control": "22-11-2027", "next_dxa": "1-10-2029", "prescriber": "huisarts",
    "suffices_dxa": "y", "suffices_spine_image": "y", "suffices_height": "y", "suffices_weight": "y",
    "suffices_adherence": "y",
}  # fmt: skip
PAIN = {"thigh_or_groin_pain": {"present": True}}


@pytest.fixture
def patient_id(work, clock):
    """Alendronic acid since 18 January 2022 for five years; last Friday she told of pain in her thigh."""
    nurse = work("nurse")
    patient = make_patient(nurse, prescriber="huisarts De Terp")
    make_course(nurse, patient, started_on=date(2022, 1, 18))
    make_control(nurse, patient, date(2026, 11, 20), symptoms=PAIN)
    items.refresh(nurse, patient)
    nurse.session.commit()
    return patient.id


@pytest.fixture
def other_id(work, patient_id):
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    return patient.id


def kept(app, table):
    with Session(app.extensions["engine"]) as session:
        return session.scalars(select(table).order_by(table.id)).all()


def sign(client, url, data):
    """Look at what would follow, and sign just that with the password."""
    page = client.post(url, data=data)
    if page.status_code != 200:
        return page
    return client.post(url, data={**data, "seen": hidden(page, "seen"), "password": PASSWORD})


def change_facts(app, work, patient_id):
    nurse = work("nurse")
    patient = nurse.session.get(Patient, patient_id)
    make_control(nurse, patient, date(2026, 11, 21), missed_doses=6)
    items.refresh(nurse, patient)
    nurse.note(Action.CONTROL_SAVED, patient_id)
    nurse.commit()


def hidden(page, name):
    return re.search(rf'name="{name}"[^>]* value="([^"]*)"', page.text)[1]


def test_the_page_lays_the_facts_side_by_side_and_suggests_nothing(doctor, patient_id):
    page = doctor.get(f"/patients/{patient_id}/reviews/new")
    assert page.status_code == 200
    for said in ("Recente DXA", "Criteria van de poli", "onbekend", "Klachten van bovenbeen of kaak",
                 "uiterlijk 18-01-2027", "uiterlijk 18-07-2027", "huisarts De Terp"):  # fmt: skip
        assert said in page.text
    assert "checked" not in page.text
    assert "[]" not in page.text
    assert page.text.index("Ontbreekt") < page.text.index("Criteria van de poli")


def test_a_signed_decision_leads_to_the_record_which_says_who_signed_and_what_is_next(app, doctor, patient_id):
    answer = sign(doctor, f"/patients/{patient_id}/reviews", GOOD)
    assert (answer.status_code, answer.location) == (303, f"/patients/{patient_id}")
    page = doctor.get(answer.location).text
    assert "Besluit: doorgaan 18-01-2032" in page
    assert "Ondertekend door" in page
    assert [row.outcome for row in kept(app, Review)] == ["continue"]


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("", "Nieuwe fractuur; wens van de patiënt"),
        ("Wil liever tabletten.", "Nieuwe fractuur; wens van de patiënt. Wil liever tabletten."),
    ],
)
def test_reasons_are_ticked_written_or_both_and_the_letter_tells_them(app, doctor, patient_id, words, whole):
    ticked = GOOD | {"because": ["new_fracture", "patients_wish"], "reason": words}
    assert sign(doctor, f"/patients/{patient_id}/reviews", ticked).status_code == 303
    assert [row.reason for row in kept(app, Review)] == [whole]
    assert whole in " ".join(kept(app, Letter)[0].text.split())


def test_a_dxa_is_requested_with_one_press_and_what_was_typed_waits(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    for _press in range(2):
        answer = doctor.post(f"{url}/draft?to=dxa&ask=1", data=GOOD)
        assert answer.location == f"{url}/new"
    page = doctor.get(f"{url}/new").text
    assert "aangevraagd 23-11-2026" in page
    assert "T-score heup nog −2,6." in page
    assert [(row.requested_on, row.made_on) for row in kept(app, Scan)] == [(date(2026, 11, 23), None)]
    for _press in range(2):
        assert doctor.post(f"{url}/draft?to=spine_image&ask=1", data=GOOD).location == f"{url}/new"
    assert [(row.requested_on, row.on_date) for row in kept(app, SpineImage)] == [(date(2026, 11, 23), None)]
    assert doctor.get(f"{url}/new").text.count("aangevraagd 23-11-2026") == 2
    record = f"/patients/{patient_id}/spine-images"
    assert doctor.post(f"{url}/draft?to=spine_image", data=GOOD).location.startswith(record)


def test_one_control_is_agreed_for_all_that_is_asked_and_measured_at_it(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    for fact in ("height", "weight", "adherence"):
        assert doctor.post(f"{url}/draft?to={fact}&ask=1", data=GOOD).location == f"{url}/new"
    assert [(row.what, row.on_date) for row in kept(app, Agreement)] == [("control", date(2026, 11, 23))]
    assert doctor.get(f"{url}/new").text.count("aangevraagd 23-11-2026") == 3


def test_what_was_agreed_for_next_year_is_not_a_request_for_now(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    sign(doctor, url, GOOD)
    assert "aangevraagd" not in doctor.get(f"{url}/new").text


def test_what_is_owed_before_a_review_stands_on_the_list_by_itself(doctor, patient_id):
    page = doctor.get(f"/patients/{patient_id}/reviews/new").text
    assert page.count("op de lijst voor 04-01-2027") == 2  # the DXA and the spine image


@pytest.mark.parametrize("code", ["dxa.before_review", "spine_image.before_review"])
def test_what_is_made_before_a_review_may_lapse_with_a_reason_and_is_missed_no_longer(app, doctor, patient_id, code):
    url = f"/patients/{patient_id}/reviews"
    fact = f"suffices_{code.partition('.')[0]}"
    assert fact in doctor.get(f"{url}/new").text
    at = f"{url}/draft?lapse={code}+2027-01-04"
    refused = doctor.post(at, data=GOOD | {f"lapse-{code} 2027-01-04": " "})
    assert (refused.location, kept(app, Waiver)) == (f"{url}/new", [])
    done = doctor.post(at, data=GOOD | {f"lapse-{code} 2027-01-04": "Elders gemaakt."})
    assert (done.status_code, done.location) == (303, f"{url}/new")
    assert [(row.code, row.reason) for row in kept(app, Waiver)] == [(code, "Elders gemaakt.")]
    page = doctor.get(f"{url}/new").text
    assert fact not in page
    assert GOOD["reason"] in page
    assert sign(doctor, url, {**GOOD, "version": hidden(doctor.get(f"{url}/new"), "version")}).status_code == 303


def test_of_two_fractures_each_decision_may_lapse_by_itself(app, doctor, work, patient_id):
    nurse = work("nurse")
    for on in (date(2026, 9, 1), date(2026, 10, 1)):
        stamp(nurse, Fracture(on_date=on, site="wrist", low_energy=True, form_token=str(on)), patient_id)
    items.refresh(nurse, nurse.session.get_one(Patient, patient_id))
    nurse.session.commit()
    url = f"/patients/{patient_id}/reviews"
    first, second = (f"review.after_fracture {day}" for day in ("2026-10-13", "2026-11-12"))
    page = doctor.get(f"{url}/new").text
    assert all(page.count(f'name="lapse-{item}"') == 1 for item in (first, second))
    typed = {f"lapse-{first}": "", f"lapse-{second}": "Besproken op 01-11."}
    doctor.post(f"{url}/draft", query_string={"lapse": second}, data=GOOD | typed)
    found = [(row.code, row.due_on, row.reason) for row in kept(app, Waiver)]
    assert found == [("review.after_fracture", date(2026, 11, 12), "Besproken op 01-11.")]


@pytest.mark.parametrize("item", ["dxa.before_review", "dxa.before_review+gisteren", "dxa.before_review+2001-01-01"])
def test_what_is_not_due_cannot_lapse(app, doctor, patient_id, item):
    answer = doctor.post(
        f"/patients/{patient_id}/reviews/draft?lapse={item}", data=GOOD | {f"lapse-{item.replace('+', ' ')}": "Oud."}
    )
    assert answer.location == f"/patients/{patient_id}/reviews/new"
    assert "niet meer" in doctor.get(answer.location).text
    assert kept(app, Waiver) == []


def test_creatinine_before_infusions_is_agreed_with_one_press(app, doctor, work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient, drug="zoledronic_acid", planned_years=3, started_on=date(2024, 1, 18))
    items.refresh(nurse, patient)
    nurse.session.commit()
    url = f"/patients/{patient.id}/reviews"
    for _press in range(2):
        assert doctor.post(f"{url}/draft?to=creatinine&ask=1", data={}).status_code == 303
    assert "aangevraagd 23-11-2026" in doctor.get(f"{url}/new").text
    assert [(row.what, row.why) for row in kept(app, Agreement)] == [
        ("lab", "Nodig om over de behandelduur te besluiten.")
    ]


def test_the_decision_and_its_letter_say_by_which_version_of_the_protocol(app, doctor, patient_id):
    sign(doctor, f"/patients/{patient_id}/reviews", GOOD)
    letter = kept(app, Letter)[0]
    assert letter.facts["protocol"] == "default-2026.1"
    for page in (f"/letters/{letter.id}", f"/patients/{patient_id}/reviews/1"):
        assert "default-2026.1" in doctor.get(page).text


def test_the_button_pressed_twice_is_one_decision(app, doctor, patient_id):
    for _press in range(2):
        assert sign(doctor, f"/patients/{patient_id}/reviews", GOOD).status_code == 303
    assert len(kept(app, Review)) == 1


def test_before_signing_each_date_that_moves_and_the_letter_are_shown_and_nothing_is_kept(app, doctor, patient_id):
    page = doctor.post(f"/patients/{patient_id}/reviews", data=GOOD)
    assert page.status_code == 200
    follows = page.text[page.text.index('id="follows"') :]
    assert follows.index("Verschuift") < follows.index("<s>18-01-2027</s> <b>18-01-2032</b>")
    assert "Op deze dag" not in follows
    assert "T-score heup nog" in follows[follows.index("letter-text") :]
    with Session(app.extensions["engine"]) as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert (kept(app, Review), kept(app, Letter)) == ([], [])
    assert not actions & {"letter.drafted", "review.signed"}


def test_what_was_typed_after_looking_is_looked_at_again(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    page = doctor.post(url, data=GOOD)
    other = {**GOOD, "until": "18-01-2030", "seen": hidden(page, "seen"), "password": PASSWORD}
    again = doctor.post(url, data=other)
    assert (again.status_code, kept(app, Review)) == (200, [])
    assert "<b>18-01-2030</b>" in again.text


def test_signing_asks_for_the_password_and_guessing_is_slowed_down(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    seen = hidden(doctor.post(url, data=GOOD), "seen")
    for password in ("", "geraden"):
        answer = doctor.post(url, data={**GOOD, "seen": seen, "password": password})
        assert answer.status_code == 422
        assert "wachtwoord" in answer.text[answer.text.index('id="password-error"') :]
        assert "Verschuift" in answer.text
        assert GOOD["reason"] in answer.text
    assert kept(app, Review) == []
    for _more in range(9):
        doctor.post(url, data={**GOOD, "seen": seen, "password": "geraden"})
    assert doctor.post(url, data={**GOOD, "seen": seen, "password": PASSWORD}).status_code == 422


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"outcome": ""}, "Kies een besluit."),
        ({"outcome": "postpone", "until": "19-07-2027"}, "Moet liggen tussen 19-01-2027 en 18-07-2027."),
        ({"outcome": "stop", "until": "", "stop_kind": "end"}, "Vul in vanaf wanneer."),
        ({"outcome": "stop", "until": "", "effective_on": "18-01-2027"}, "Geef aan of een behandelpauze"),
        ({"until_offered": "2032-01-18", "until": "18-01-2031"}, "maak een van beide leeg"),
        ({"outcome": "stop", "effective_on": "18-01-2027"}, "maak het leeg"),
        ({"until": "18-1-32"}, "dag-maand-jaar"),
        ({"outcome": "switch", "until": "", "effective_on": "23-11-2026"}, "Kies het middel."),
        ({"suffices_dxa": ""}, "Geef aan dat dit volstaat"),
        ({"reason": ""}, "Geef de reden."),
        ({"next_dxa": ""}, "Vul de datum in."),
        ({"prescriber": ""}, "Vul in wie voorschrijft."),
        ({"next_years": "vijf"}, "Typ een getal"),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_typed_is_lost(app, doctor, patient_id, typed, told):
    given = {name: value for name, value in {**GOOD, **typed}.items() if value}
    answer = sign(doctor, f"/patients/{patient_id}/reviews", given)
    assert answer.status_code == 422
    assert told in answer.text
    for name, value in given.items():
        if name in ("reason", "until", "effective_on", "next_control", "next_years"):
            assert value in answer.text
    assert kept(app, Review) == []


def test_ten_years_are_offered_and_nothing_is_chosen_beforehand(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    assert "10 jaar: 18-01-2032" in doctor.get(f"{url}/new").text
    pressed = {**GOOD, "until": "", "until_offered": "2032-01-18"}
    assert sign(doctor, url, pressed).status_code == 303
    assert [row.until_on for row in kept(app, Review)] == [date(2032, 1, 18)]
    page = doctor.get(f"{url}/1/edit").text
    assert "checked" not in page[page.index('id="until_offered"') : page.index('id="until"')]
    assert 'value="18-01-2032"' in page


def test_a_stop_says_what_begins_and_what_was_pressed_for_another_outcome_is_left_aside(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    stop = {**GOOD, "outcome": "stop", "until": "", "until_offered": "2032-01-18", "stop_kind": "break",
            "effective_on": "18-01-2027"}  # fmt: skip
    assert sign(doctor, url, stop).status_code == 303
    assert [(row.stop_kind, row.until_on) for row in kept(app, Review)] == [("break", None)]
    assert "behandelpauze (drug holiday)" in doctor.get(f"{url}/1").text


def test_denosumab_shows_no_stop_and_says_why(doctor, work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient, drug="denosumab", planned_years=3, started_on=date(2024, 1, 18))
    items.refresh(nurse, patient)
    nurse.session.commit()
    page = doctor.get(f"/patients/{patient.id}/reviews/new").text
    assert 'value="stop"' not in page
    assert "stoppen is overgaan, met het middel en de dag" in page
    answer = doctor.post(f"/patients/{patient.id}/reviews", data={**GOOD, "outcome": "stop"})
    assert answer.status_code == 422


def test_facts_that_changed_meanwhile_are_shown_before_anything_is_signed(app, work, doctor, patient_id):
    opened = doctor.get(f"/patients/{patient_id}/reviews/new")
    seen = {name: hidden(opened, name) for name in ("version", "protocol", "answers", "form_token")}
    change_facts(app, work, patient_id)
    given = {**GOOD, **seen}
    answer = sign(doctor, f"/patients/{patient_id}/reviews", given)
    assert answer.status_code == 409
    assert "Controle opgeslagen" in answer.text
    assert "was: onbekend" in answer.text
    assert GOOD["reason"] in answer.text
    assert kept(app, Review) == []
    again = {**given, "version": hidden(answer, "version"), "answers": hidden(answer, "answers")}
    assert sign(doctor, f"/patients/{patient_id}/reviews", again).status_code == 303


def test_a_decision_is_corrected_with_a_reason_and_both_versions_are_read(app, doctor, patient_id):
    sign(doctor, f"/patients/{patient_id}/reviews", GOOD)
    first = kept(app, Review)[0].id
    page = doctor.get(f"/patients/{patient_id}/reviews/{first}/edit")
    assert "18-01-2032" in page.text
    assert "01-10-2029" in page.text
    again = {**GOOD, "form_token": "two", "version": hidden(page, "version"), "until": "18-01-2031"}
    refused = sign(doctor, f"/patients/{patient_id}/reviews/{first}", again)
    assert refused.status_code == 422
    assert "18-01-2031" in refused.text
    told = {**again, "change_reason": "verkeerd jaar"}
    assert sign(doctor, f"/patients/{patient_id}/reviews/{first}", told).status_code == 303
    shown = doctor.get(f"/patients/{patient_id}/reviews/{first}").text
    for said in ("18-01-2031", "18-01-2032", "verkeerd jaar"):
        assert said in shown
    late = {**told, "form_token": "three", "until": "18-01-2030"}
    answer = sign(doctor, f"/patients/{patient_id}/reviews/{first}", late)
    assert answer.status_code == 409
    assert "18-01-2030" in answer.text
    wrong = doctor.post(f"/patients/{patient_id}/reviews/{first}", data=late | {"until": "x"})
    assert wrong.status_code == 409
    assert len(kept(app, Review)) == 2


def test_a_second_decision_of_a_day_goes_on_as_the_correction_of_the_first_with_what_was_typed(app, doctor, patient_id):
    sign(doctor, f"/patients/{patient_id}/reviews", GOOD)
    first = kept(app, Review)[0].id
    page = doctor.get(f"/patients/{patient_id}/reviews/new")
    typed = {**GOOD, "form_token": "two", "version": hidden(page, "version"), "until": "18-01-2031"}
    doctor.post(f"/patients/{patient_id}/reviews/draft", data=typed)
    answer = doctor.post(f"/patients/{patient_id}/reviews", data=typed)
    assert answer.status_code == 422
    for said in (
        "Vandaag is al een besluit ondertekend.",
        "18-01-2031",
        f'action="/patients/{patient_id}/reviews/{first}"',
    ):
        assert said in answer.text
    assert [draft.review_id for draft in kept(app, ReviewDraft)] == [first]
    told = {**typed, "change_reason": "zij belde"}
    assert sign(doctor, f"/patients/{patient_id}/reviews/{first}", told).status_code == 303
    assert [(row.stands, row.until_on.year) for row in kept(app, Review)] == [(False, 2032), (True, 2031)]
    assert kept(app, ReviewDraft) == []


def test_a_voided_decision_stays_readable(app, doctor, patient_id):
    sign(doctor, f"/patients/{patient_id}/reviews", GOOD)
    review = kept(app, Review)[0].id
    assert doctor.post(f"/patients/{patient_id}/reviews/{review}/void", data={"reason": ""}).status_code == 422
    done = doctor.post(f"/patients/{patient_id}/reviews/{review}/void", data={"reason": "verkeerde patiënt"})
    assert done.status_code == 303
    assert "verkeerde patiënt" in doctor.get(f"/patients/{patient_id}/reviews/{review}").text
    assert "verkeerde patiënt" in doctor.get(f"/patients/{patient_id}").text


def test_a_note_ends_the_alert_on_the_record(app, doctor, patient_id):
    url = f"/patients/{patient_id}/alerts/thigh_or_groin_pain/note"
    seen = {"text": "X-femur: geen afwijking.", "outcome": "seen_no_action"}
    assert url in doctor.get(f"/patients/{patient_id}").text
    assert doctor.post(url, data={"text": " ", "outcome": "seen_no_action"}).status_code == 422
    for _press in range(2):
        assert doctor.post(url, data=seen).status_code == 303
    page = doctor.get(f"/patients/{patient_id}").text
    assert url not in page
    assert "X-femur: geen afwijking." in page
    assert len(kept(app, AlertNote)) == 1


def test_a_note_is_written_anew_with_a_reason_and_a_second_doctor_is_told(app, doctor, patient_id):
    seen = {"text": "X-femur links.", "outcome": "seen_no_action"}
    doctor.post(f"/patients/{patient_id}/alerts/thigh_or_groin_pain/note", data=seen)
    note = f"/patients/{patient_id}/alerts/notes/{kept(app, AlertNote)[0].id}"
    assert "X-femur links." in doctor.get(f"{note}/edit").text
    assert doctor.post(note, data={"words": "X-femur rechts."}).status_code == 422
    assert doctor.post(note, data={"words": "X-femur rechts.", "change_reason": "andere kant"}).status_code == 303
    late = doctor.post(note, data={"words": "X-femur beide.", "change_reason": "nog eens"})
    assert late.status_code == 409
    assert "X-femur beide." in late.text
    assert "X-femur rechts." in late.text
    assert doctor.post(note, data={"words": "X" * 5000, "change_reason": "nog eens"}).status_code == 409


def test_a_waived_item_is_off_the_record_until_the_waiver_is_voided(app, doctor, patient_id):
    url, item = f"/patients/{patient_id}/waivers", "dxa.before_review 2027-01-04"
    assert f"{url}/new" in doctor.get(f"/patients/{patient_id}").text
    assert f'value="{item}"' in doctor.get(f"{url}/new").text
    assert doctor.post(url, data={"item": item}).status_code == 422
    assert doctor.post(url, data={"item": "dxa.before_review 2001-01-01", "reason": "Oud."}).status_code == 422
    assert doctor.post(url, data={"item": "onzin", "reason": "Oud."}).status_code == 422
    for _press in range(2):
        assert doctor.post(url, data={"item": item, "reason": "Elders gemaakt."}).status_code == 303
    page = doctor.get(f"/patients/{patient_id}").text
    assert "Mag vervallen: DXA vóór besluit, 04-01-2027" in page
    assert item not in doctor.get(f"{url}/new").text
    waiver = kept(app, Waiver)
    assert len(waiver) == 1
    doctor.post(f"{url}/{waiver[0].id}/void", data={"reason": "toch nodig"})
    assert item in doctor.get(f"{url}/new").text


@pytest.mark.parametrize("role", ["nurse", "secretary", "manager", "privacy_officer"])
def test_other_roles_sign_nothing(app, sign_in, patient_id, role):
    person = sign_in(role)
    assert person.get(f"/patients/{patient_id}/reviews/new").status_code == 403
    assert person.post(f"/patients/{patient_id}/reviews", data=GOOD).status_code == 403
    assert person.post(f"/patients/{patient_id}/waivers", data={}).status_code == 403
    assert kept(app, Review) == []


def test_a_nurse_sees_what_was_signed_and_no_way_to_sign(doctor, sign_in, patient_id):
    sign(doctor, f"/patients/{patient_id}/reviews", GOOD)
    page = sign_in("nurse").get(f"/patients/{patient_id}").text
    assert "Besluit: doorgaan" in page
    assert "/reviews/new" not in page
    assert "/note" not in page


def test_of_another_patient_it_is_not_found(app, doctor, patient_id, other_id):
    sign(doctor, f"/patients/{patient_id}/reviews", GOOD)
    review = kept(app, Review)[0].id
    for door in (f"{review}", f"{review}/edit"):
        assert doctor.get(f"/patients/{other_id}/reviews/{door}").status_code == 404
    assert doctor.post(f"/patients/{other_id}/reviews/{review}", data=GOOD).status_code == 404
    assert doctor.post(f"/patients/{other_id}/reviews/{review}/void", data={"reason": "x"}).status_code == 404
    assert doctor.get(f"/patients/{patient_id}/alerts/no_such_alert/note").status_code == 404


def test_without_a_course_there_is_nothing_to_decide(doctor, other_id):
    page = doctor.get(f"/patients/{other_id}/reviews/new").text
    assert "Er valt niets te besluiten" in page
    assert "Ondertekenen als" not in page


def test_a_closed_session_keeps_what_was_typed(client, patient_id):
    answer = client.post(f"/patients/{patient_id}/reviews", data=GOOD)
    assert answer.status_code == 401
    assert GOOD["reason"] in answer.text


def test_what_was_typed_waits_while_what_is_missing_is_requested_and_goes_when_it_is_signed(app, doctor, patient_id):
    typed = {**GOOD, "reason": "Half getypt <b>", "until": "nog niet"}
    url = f"/patients/{patient_id}/reviews"
    answer = doctor.post(f"{url}/draft?to=creatinine", data=typed)
    assert (answer.status_code, kept(app, Review)) == (303, [])
    assert "/labs/new" in answer.location
    assert f"{url}/new" in doctor.get(answer.location).text
    page = doctor.get(f"{url}/new").text
    assert "Half getypt &lt;b&gt;" in page
    assert "nog niet" in page
    assert "Dit is uw concept" in page
    assert sign(doctor, url, GOOD).status_code == 303
    assert "Half getypt" not in doctor.get(f"{url}/new").text


def test_the_way_to_the_whole_record_keeps_what_was_typed_until_it_is_thrown_away(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    for reason in ("eerst", "daarna"):
        answer = doctor.post(f"{url}/draft", data={**GOOD, "reason": reason})
        assert answer.location == f"/patients/{patient_id}"
    assert [draft.typed["reason"] for draft in kept(app, ReviewDraft)] == [["daarna"]]
    assert doctor.post(f"{url}/draft/discard").status_code == 303
    assert kept(app, ReviewDraft) == []


def test_what_is_typed_in_a_review_is_kept_by_itself_and_not_once_more_after_it_was_signed(app, doctor, patient_id):
    url, by_itself = f"/patients/{patient_id}/reviews", {"Accept": "*/*"}
    token = re.search(r'name="form_token"[^>]*value="([^"]+)"', doctor.get(f"{url}/new").text)[1]
    assert f'data-draft="{url}/draft"' in doctor.get(f"{url}/new").text
    typed = {**GOOD, "reason": "Half", "form_token": token, "password": "geheim"}
    for reason in ("Half", "Half getypt"):
        said = doctor.post(f"{url}/draft", data=typed | {"reason": reason}, headers=by_itself)
        assert (said.status_code, said.text[:15]) == (200, "concept bewaard")
    [draft] = kept(app, ReviewDraft)
    assert (draft.typed["reason"], "password" in draft.typed) == (["Half getypt"], False)
    lines = [line for line in kept(app, AuditEntry) if line.action == "control.draft_saved"]
    assert len(lines) == 1
    assert sign(doctor, url, GOOD | {"form_token": token}).status_code == 303
    late = doctor.post(f"{url}/draft", data=typed, headers=by_itself)
    assert (late.status_code, "wordt niet bewaard" in late.text) == (409, True)
    assert kept(app, ReviewDraft) == []


def test_a_correction_has_a_draft_of_its_own(app, doctor, patient_id, other_id):
    url = f"/patients/{patient_id}/reviews"
    sign(doctor, url, GOOD)
    assert doctor.post(f"{url}/draft?fact=1", data={**GOOD, "change_reason": "tikfout"}).status_code == 303
    assert "tikfout" in doctor.get(f"{url}/1/edit").text
    assert "Dit is uw concept" not in doctor.get(f"{url}/new").text
    assert doctor.post(f"/patients/{other_id}/reviews/draft?fact=1", data=GOOD).status_code == 404


def test_the_draft_of_a_new_decision_outlives_the_correction_of_an_older_one(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    sign(doctor, url, GOOD)
    doctor.post(f"{url}/draft", data={**GOOD, "reason": "Half getypt"})
    for _press in range(2):
        doctor.post(f"{url}/draft?fact=1", data={**GOOD, "change_reason": "tikfout"})
    assert [draft.review_id for draft in kept(app, ReviewDraft)] == [None, 1]
    again = {**GOOD, "form_token": "two", "reason": "Anders.", "change_reason": "tikfout"}
    again["version"] = hidden(doctor.get(f"{url}/1/edit"), "version")
    assert sign(doctor, f"{url}/1", again).status_code == 303
    assert [draft.review_id for draft in kept(app, ReviewDraft)] == [None]
    assert "Half getypt" in doctor.get(f"{url}/new").text
    doctor.post(f"{url}/draft?fact=2", data={**GOOD, "change_reason": "nog iets"})
    assert f'formaction="{url}/draft/discard?fact=2"' in doctor.get(f"{url}/2/edit").text
    doctor.post(f"{url}/draft/discard?fact=2", data={})
    assert [draft.review_id for draft in kept(app, ReviewDraft)] == [None]


def test_what_is_typed_to_correct_a_decision_that_counts_no_more_is_not_said_to_be_kept(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    sign(doctor, url, GOOD)
    doctor.post(f"{url}/draft?fact=1", data={**GOOD, "change_reason": "tikfout"})
    doctor.post(f"{url}/1/undo")
    said = doctor.post(f"{url}/draft?fact=1", data={**GOOD, "change_reason": "tikfout"})
    assert (said.status_code, said.location) == (303, f"{url}/1/edit")
    by_itself = doctor.post(f"{url}/draft?fact=1", data={**GOOD, "form_token": "two"}, headers={"Accept": "*/*"})
    assert by_itself.status_code == 409
    assert kept(app, ReviewDraft) == []


def test_a_nurse_keeps_no_draft_of_a_decision(sign_in, patient_id):
    assert sign_in("nurse").post(f"/patients/{patient_id}/reviews/draft", data=GOOD).status_code == 403


def test_all_that_a_decision_lacks_is_said_at_once(doctor, patient_id):
    empty = {"form_token": "one", "protocol": "default-2026.1", "version": "1", "outcome": "switch"}
    page = doctor.post(f"/patients/{patient_id}/reviews", data=empty)
    assert page.status_code == 422
    said = page.text[page.text.index("error-summary") :]
    for field in ("effective_on", "next_drug", "next_years", "reason", "next_control", "next_dxa", "prescriber",
                  "suffices_dxa", "suffices_spine_image", "suffices_height"):  # fmt: skip
        assert f'href="#{field}"' in said, field
    assert 'href="#until"' not in said


def test_what_is_missing_keeps_nobody_from_putting_off(doctor, patient_id):
    told = {name: value for name, value in GOOD.items() if not name.startswith("suffices")}
    page = doctor.post(f"/patients/{patient_id}/reviews", data=told | {"outcome": "postpone", "until": "18-07-2027"})
    assert page.status_code == 200


def test_a_new_decision_says_that_it_can_be_undone_and_a_correction_does_not(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    assert "30 minuten" in doctor.get(sign(doctor, url, GOOD).location).text
    [review] = kept(app, Review)
    version = str(kept(app, Patient)[0].facts_version)
    again = GOOD | {"form_token": "two", "version": version, "reason": "Anders.", "change_reason": "typefout"}
    answer = sign(doctor, f"{url}/{review.id}", again)
    assert answer.status_code == 303
    assert "30 minuten" not in doctor.get(answer.location).text


@pytest.mark.parametrize("name", ["outcome", "until_offered", "stop_kind", "next_drug"])
def test_a_choice_that_is_not_offered_is_refused_at_its_field(app, doctor, patient_id, name):
    answer = doctor.post(f"/patients/{patient_id}/reviews", data=GOOD | {name: "iets-anders"})
    assert answer.status_code == 422
    assert f'href="#{name}' in answer.text
    assert kept(app, Review) == []


def test_a_form_that_was_signed_for_one_patient_signs_nothing_for_another(app, doctor, patient_id, other_id):
    assert sign(doctor, f"/patients/{patient_id}/reviews", GOOD).status_code == 303
    assert doctor.post(f"/patients/{other_id}/reviews", data=GOOD).status_code in (404, 422)
    assert [row.patient_id for row in kept(app, Review)] == [patient_id]


def test_who_goes_back_to_a_form_that_was_signed_or_undone_decides_anew(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    assert sign(doctor, url, GOOD).status_code == 303
    other = GOOD | {"outcome": "stop", "until": "", "stop_kind": "end", "effective_on": "18-01-2027"}
    back = doctor.post(url, data=other)
    assert (back.status_code, "Niet ondertekend" in back.text) == (409, True)
    [review] = kept(app, Review)
    assert doctor.post(f"{url}/{review.id}/undo").status_code == 303
    for data in (GOOD, other):
        again = doctor.post(url, data=data)
        assert again.status_code == 409
        assert hidden(again, "form_token") != "one"
    fresh = {name: hidden(again, name) for name in ("form_token", "version", "answers")}
    assert sign(doctor, url, other | fresh).status_code == 303
    assert [(row.outcome, row.stands) for row in kept(app, Review)] == [("continue", False), ("stop", True)]


def test_a_draft_of_a_signed_form_is_another_act(app, doctor, patient_id):
    url = f"/patients/{patient_id}/reviews"
    assert sign(doctor, url, GOOD).status_code == 303
    doctor.post(f"{url}/draft", data=GOOD | {"reason": "Nog eens bezien."})
    assert hidden(doctor.get(f"{url}/new"), "form_token") != "one"
    assert "form_token" not in kept(app, ReviewDraft)[0].typed
