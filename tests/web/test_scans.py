"""The pages of a DXA: five dates, values with their sign, and plainly what was measured before."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import ScanSite
from clinic.services import scans
from clinic.services.scans import SaveScan, Site
from clinic.store.letters import Letter
from clinic.store.scans import Scan
from tests.factories import make_course, make_patient

EARLIER = date(2024, 10, 12)
GOOD = {
    "form_token": "one", "requested_on": "01-10-2026", "made_on": "02-11-2026", "received_on": "20-11-2026",
    "device": "Horizon A", "total_hip_bmd": "0,742", "total_hip_t": "-2,1", "lumbar_spine_t": "−2.8",
}  # fmt: skip


@pytest.fixture
def patient_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    nurse.session.commit()
    return patient.id


@pytest.fixture
def earlier(work, patient_id):
    """A DXA of two years ago on the same device."""
    sites = {ScanSite.TOTAL_HIP: Site(812, Decimal("-1.6"))}
    return scans.save_scan(work("nurse"), SaveScan(
        patient_id=patient_id, form_token="earlier", made_on=EARLIER, received_on=EARLIER, device="Horizon A",
        sites=sites))  # fmt: skip


def standing(app, patient_id):
    with Session(app.extensions["engine"]) as session:
        query = select(Scan).where(Scan.patient_id == patient_id, Scan.stands.is_(True)).order_by(Scan.made_on.desc())
        return session.scalars(query).unique().all()


def values(scan):
    return {value.site: (value.bmd_mg_cm2, value.t_score) for value in scan.sites}


def test_a_second_dxa_of_a_day_is_asked_about_at_its_date_together_with_what_is_unusual(app, sign_in, patient_id):
    nurse, second = sign_in("nurse"), GOOD | {"form_token": "two", "total_hip_bmd": "0,399"}
    nurse.post(f"/patients/{patient_id}/scans", data=GOOD)
    page = nurse.post(f"/patients/{patient_id}/scans", data=second)
    assert page.status_code == 422
    at_date = page.text.partition('id="made_on-error"')[2].partition("</span></span>")[0]
    assert "Er is al een DXA van deze dag vastgelegd: is dit een andere?" in at_date
    confirmed = {"confirmed": "made_on:scan_known=1,total_hip_bmd:total_hip=399", "confirm": "y"}
    assert nurse.post(f"/patients/{patient_id}/scans", data=second | confirmed).status_code == 303
    assert len(standing(app, patient_id)) == 2


def test_a_result_is_kept_with_its_signs_and_its_letter_is_drafted(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    answer = nurse.post(f"/patients/{patient_id}/scans", data=GOOD)
    assert (answer.status_code, answer.location) == (303, f"/patients/{patient_id}")
    (scan,) = standing(app, patient_id)
    assert values(scan) == {"total_hip": (742, Decimal("-2.1")), "lumbar_spine": (None, Decimal("-2.8"))}
    assert f"/patients/{patient_id}/scans/{scan.id}" in nurse.get(answer.location).text
    with Session(app.extensions["engine"]) as session:
        assert session.scalars(select(Letter.state).where(Letter.patient_id == patient_id)).all()


@pytest.mark.parametrize("typed", ["-2,8", "-2.8", "−2,8", "−2.8", "– 2,8"])
def test_a_score_survives_every_minus_and_comma(app, sign_in, patient_id, typed):
    nurse = sign_in("nurse")
    assert nurse.post(f"/patients/{patient_id}/scans", data={**GOOD, "total_hip_t": typed}).status_code == 303
    (scan,) = standing(app, patient_id)
    assert values(scan)["total_hip"] == (742, Decimal("-2.8"))
    assert 'value="−2,8"' in nurse.get(f"/patients/{patient_id}/scans/{scan.id}/edit").text


def test_a_positive_score_is_asked_about_at_its_field_and_kept_when_confirmed(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    typed = {**GOOD, "total_hip_t": "2,1"}
    answer = nurse.post(f"/patients/{patient_id}/scans", data=typed)
    assert answer.status_code == 422
    assert "klopt het teken?" in answer.text
    assert 'value="2,1"' in answer.text
    assert standing(app, patient_id) == []
    confirmed = {**typed, "confirmed": "total_hip_t:score=21.0", "confirm": "y"}
    assert nurse.post(f"/patients/{patient_id}/scans", data=confirmed).status_code == 303


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"total_hip_bmd": "742"}, "Moet liggen tussen 0,2 en 2 g/cm²."),
        ({"total_hip_bmd": "0,7425"}, "Typ een getal"),
        ({"total_hip_t": "-21"}, "Moet liggen tussen −8 en 8 SD."),
        ({"total_hip_t": "laag"}, "met het teken"),
        ({"total_hip_t": "-2,15"}, "hoogstens één decimaal"),
        ({"received_on": ""}, "Er staan waarden"),
        ({"received_on": "01-11-2026"}, "vóór een eerdere stap"),
        ({"made_on": "24-11-2026"}, "in de toekomst"),
        ({"made_on": "31-02-2026"}, "31-02-2026 is geen"),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_typed_is_lost(app, sign_in, patient_id, typed, told):
    answer = sign_in("nurse").post(f"/patients/{patient_id}/scans", data={**GOOD, **typed})
    assert answer.status_code == 422
    assert told in answer.text
    assert "Horizon A" in answer.text
    assert all(value in answer.text for value in typed.values())
    assert standing(app, patient_id) == []


def test_the_button_pressed_twice_is_one_scan(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    for _press in range(2):
        assert nurse.post(f"/patients/{patient_id}/scans", data=GOOD).status_code == 303
    assert len(standing(app, patient_id)) == 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"total_hip_bmd": "0,742"}, "−8,6 %, afgenomen, meer dan LSC (5,0 %)"),
        ({"total_hip_bmd": "0,790"}, "−2,7 %, binnen LSC (5,0 %)"),
        ({"total_hip_bmd": "0,860"}, "+5,9 %, toegenomen, meer dan LSC (5,0 %)"),
        ({"device": "Lunar iDXA"}, "ander apparaat: niet vergelijkbaar"),
        ({"device": ""}, "geen apparaat vastgelegd: niet vergelijkbaar"),
    ],
)
def test_the_change_since_the_one_before_is_said_plainly(app, sign_in, patient_id, earlier, typed, told):
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{patient_id}/scans", data={**GOOD, **typed})
    scan = standing(app, patient_id)[0]
    page = nurse.get(f"/patients/{patient_id}/scans/{scan.id}").text
    assert told in page
    assert "vorige 0,812 g/cm², 12-10-2024, Horizon A" in page


def test_the_value_before_stands_beside_the_empty_field(sign_in, patient_id, earlier):
    page = sign_in("nurse").get(f"/patients/{patient_id}/scans/new").text
    assert "vorige 0,812 g/cm², 12-10-2024, Horizon A" in page
    assert '<option value="Horizon A">' in page


def test_a_later_stage_is_a_version_and_both_are_readable(app, sign_in, patient_id, earlier):
    nurse = sign_in("nurse")
    fields = {"form_token": "talk", "made_on": "12-10-2024", "received_on": "12-10-2024", "device": "Horizon A",
              "total_hip_bmd": "0,812", "total_hip_t": "-1,6", "discussed_on": "23-11-2026"}  # fmt: skip
    changed = {**fields, "total_hip_bmd": "0,822"}
    refused = nurse.post(f"/patients/{patient_id}/scans/{earlier}", data=changed)
    assert refused.status_code == 422
    assert "Geef een reden voor de wijziging." in refused.text
    assert nurse.post(f"/patients/{patient_id}/scans/{earlier}", data=fields).status_code == 303
    (scan,) = standing(app, patient_id)
    page = nurse.get(f"/patients/{patient_id}/scans/{earlier}").text
    assert "later aangevuld" in page
    assert "Eerdere versies" in page
    assert scan.supersedes_id == earlier
    assert nurse.get(f"/patients/{patient_id}/scans/{earlier}/edit").location.endswith(f"/scans/{scan.id}/edit")


def test_who_comes_second_sees_both_and_saves_once_more(app, sign_in, patient_id, earlier):
    nurse, doctor = sign_in("nurse"), sign_in("doctor")
    known = {"made_on": "12-10-2024", "received_on": "12-10-2024", "device": "Horizon A", "total_hip_bmd": "0,812",
             "total_hip_t": "-1,6"}  # fmt: skip
    there = f"/patients/{patient_id}/scans/{earlier}"
    doctor.post(there, data={**known, "form_token": "d", "discussed_on": "20-11-2026"})
    mine = {**known, "form_token": "n", "discussed_on": "23-11-2026", "reason": "vandaag"}
    late = nurse.post(there, data=mine)
    assert late.status_code == 409
    for both in ("Test doctor", "20-11-2026", 'value="23-11-2026"', "vandaag"):
        assert both in late.text
    (scan,) = standing(app, patient_id)
    assert f'action="/patients/{patient_id}/scans/{scan.id}"' in late.text
    again = nurse.post(f"/patients/{patient_id}/scans/{scan.id}", data=mine)
    assert again.status_code == 303


def test_a_voided_scan_stays_readable(app, sign_in, patient_id, earlier):
    nurse = sign_in("nurse")
    there = f"/patients/{patient_id}/scans/{earlier}"
    assert nurse.post(f"{there}/void", data={"reason": " "}).status_code == 422
    assert nurse.post(f"{there}/void", data={"reason": "verkeerde patiënt"}).status_code == 303
    assert standing(app, patient_id) == []
    page = nurse.get(there).text
    assert "Ongeldig gemaakt door Test nurse" in page
    assert "0,812" in page
    assert nurse.post(f"{there}/void", data={"reason": "nog eens"}).status_code == 422
    assert nurse.get(f"{there}/edit").location.endswith(there)


def test_a_secretary_sees_and_changes_three_dates(app, sign_in, patient_id):
    secretary = sign_in("secretary")
    form = secretary.get(f"/patients/{patient_id}/scans/new").text
    assert 'name="requested_on"' in form
    assert 'name="total_hip_t"' not in form
    asked = {"form_token": "s", "requested_on": "01-10-2026", "total_hip_t": "-2,1", "device": "X"}
    assert secretary.post(f"/patients/{patient_id}/scans", data=asked).status_code == 303
    (scan,) = standing(app, patient_id)
    assert (scan.device, scan.sites) == (None, [])


def test_a_secretary_records_the_receipt_of_a_scan_that_was_made(app, work, sign_in, patient_id):
    made = scans.save_scan(work("nurse"), SaveScan(patient_id=patient_id, form_token="m", made_on=date(2026, 11, 2)))
    answer = sign_in("secretary").post(
        f"/patients/{patient_id}/scans/{made}", data={"form_token": "s", "received_on": "20-11-2026"}
    )
    assert answer.status_code == 303
    (scan,) = standing(app, patient_id)
    assert (scan.made_on, scan.received_on) == (date(2026, 11, 2), date(2026, 11, 20))
    assert sign_in("secretary").post(f"/patients/{patient_id}/scans/{scan.id}/void").status_code == 403


def test_a_secretary_is_told_who_records_when_it_was_made(sign_in, patient_id):
    typed = {"form_token": "s", "requested_on": "01-10-2026", "received_on": "20-11-2026"}
    answer = sign_in("secretary").post(f"/patients/{patient_id}/scans", data=typed)
    assert answer.status_code == 422
    assert "dat legt een verpleegkundige of arts eerst vast" in answer.text


@pytest.mark.parametrize("role", ["manager", "privacy_officer"])
def test_other_roles_stay_outside(sign_in, patient_id, earlier, role):
    outside = sign_in(role)
    for path in ("new", str(earlier), f"{earlier}/edit"):
        assert outside.get(f"/patients/{patient_id}/scans/{path}").status_code == 403


def test_the_scan_of_another_patient_is_not_found(work, sign_in, patient_id, earlier):
    other = make_patient(work("nurse"))
    other_id = other.id
    work("nurse").session.commit()
    nurse = sign_in("nurse")
    for path in (f"{earlier}", f"{earlier}/edit"):
        assert nurse.get(f"/patients/{other_id}/scans/{path}").status_code == 404
    for path in (f"{earlier}", f"{earlier}/void"):
        assert nurse.post(f"/patients/{other_id}/scans/{path}", data={**GOOD, "reason": "x"}).status_code == 404
    assert nurse.post(f"/patients/{other_id}/scans", data={**GOOD, "form_token": "earlier"}).status_code == 404
