"""The doctor's queue: who waits in which order, what is missing, on to the next, and passing one over with a reason."""

import re
from datetime import date, time

import pytest
from sqlalchemy import event, select

from clinic.domain.protocol import DEFAULT
from clinic.domain.restricted import RestrictionKind
from clinic.security.audit import Action
from clinic.services import items, restrictions, review_queue, review_requests, worklists
from clinic.services.facts import correct, stamp
from clinic.services.restrictions import Restrict
from clinic.services.worklists import Ask
from clinic.store.appointments import Appointment
from clinic.store.controls import Agreement
from clinic.store.patients import Patient
from clinic.store.review_drafts import ReviewDraft
from clinic.store.scans import Scan, SpineImage
from clinic.web import grounds
from tests.factories import make_control, make_course, make_patient
from tests.services.test_decision_changes import scan
from tests.web.test_reviews import GOOD, sign

STARTS = (date(2021, 12, 1), date(2021, 11, 1), date(2022, 1, 18))


@pytest.fixture
def waiting(work, clock):
    """Three women whose five years end this winter; the second first."""
    nurse = work("nurse")
    found = [make_patient(nurse, own_name=name) for name in ("Bos", "Aker", "Cate")]
    for patient, start in zip(found, STARTS, strict=True):
        make_course(nurse, patient, started_on=start)
        make_control(nurse, patient, date(2026, 11, 20))
        items.refresh(nurse, patient)
    nurse.session.commit()
    return {patient.own_name: patient.id for patient in found}


@pytest.fixture
def asked(app):
    """What the database is asked from now on."""
    found = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: found.append(call[2]))
    return found


def names(page):
    return re.findall(r"data-open>[^<]*?(Bos|Aker|Cate)", page)


def test_who_waits_longest_is_first_and_what_is_missing_stands_beside_her(doctor, waiting):
    page = doctor.get("/reviews").text
    assert names(page) == ["Aker", "Bos", "Cate"]
    assert "recente DXA" in page
    assert f'href="/patients/{waiting["Aker"]}/reviews/new" data-key="n"' in page


@pytest.fixture
def agreed(work, clock):
    """One with whom a review was agreed for last week, and whose course runs for years yet."""
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Aker")
    make_course(nurse, patient, started_on=date(2025, 11, 20))
    make_control(nurse, patient, date(2026, 11, 20))
    told = Agreement(what="review", on_date=date(2026, 11, 16), made_on=date(2026, 5, 1), why="Gevraagd.")
    stamp(nurse, told, patient.id)
    items.refresh(nurse, patient)
    nurse.session.commit()
    return patient.id


def test_a_review_that_was_agreed_is_in_the_queue_like_any_other(doctor, agreed):
    """K6 makes it due; the history of an import brings it too."""
    assert names(doctor.get("/reviews").text) == ["Aker"]
    for name in ("reviews", "my-reviews"):
        assert "Afgesproken beoordeling" in doctor.get(f"/worklist?list={name}").text
        assert "Aker" in doctor.get(f"/worklist/export/csv?list={name}").text
    page = doctor.get(f"/patients/{agreed}/reviews/new").text
    assert "Beoordeling 1 van 1" in page
    assert "geen besluit over de behandelduur nodig" not in page
    assert 'name="lapse-agreed.review ' in page
    assert f'href="/patients/{agreed}/reviews/new"' in doctor.get(f"/patients/{agreed}").text
    sign(doctor, f"/patients/{agreed}/reviews", GOOD)
    assert names(doctor.get("/reviews").text) == []


def test_counts_lists_and_forecast_agree_on_what_a_review_is(work, agreed):
    doctor = work("doctor")
    asks = [Ask(name) for name in ("reviews", "my-reviews")]
    assert worklists.count(doctor, asks) == [1, 1]
    assert [[line.person.id for line in worklists.whole(doctor, ask)] for ask in asks] == [[agreed]] * 2
    assert worklists.DUE_LISTS["reviews"].codes == worklists.DUE_LISTS["month-review"].codes


def test_an_alarm_symptom_stands_above_the_reviews(doctor, waiting, work):
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Pijn")
    make_course(nurse, patient)
    make_control(nurse, patient, date(2026, 11, 20), symptoms={"jaw_or_mouth": {"present": True}})
    items.refresh(nurse, patient)
    nurse.session.commit()
    page = doctor.get("/reviews").text
    assert page.index("Klachten van kaak of mond") < page.index("Te besluiten")
    note = f"/patients/{patient.id}/alerts/jaw_or_mouth/note"
    assert f'href="{note}?back=/reviews"' in page
    assert 'name="back" value="/reviews"' in doctor.get(f"{note}?back=/reviews").text
    signed = doctor.post(note, data={"text": "Gezien, geen ONJ.", "outcome": "seen_no_action", "back": "/reviews"})
    assert signed.location == "/reviews"
    assert "Klachten van kaak of mond" not in doctor.get("/reviews").text


def test_the_review_says_where_she_stands_and_leads_on_and_back(doctor, waiting):
    page = doctor.get(f"/patients/{waiting['Bos']}/reviews/new").text
    assert "Beoordeling 2 van 3" in page
    draft = f"/patients/{waiting['Bos']}/reviews/draft"
    assert f'formaction="{draft}?on={waiting["Aker"]}" formnovalidate data-key="k"' in page
    assert f'formaction="{draft}?on={waiting["Cate"]}" formnovalidate data-key="j"' in page
    assert 'data-key="k"' not in doctor.get(f"/patients/{waiting['Aker']}/reviews/new").text
    assert 'data-key="j"' not in doctor.get(f"/patients/{waiting['Cate']}/reviews/new").text


def test_what_was_typed_is_kept_on_the_way_to_another_review_and_an_empty_form_is_no_draft(doctor, waiting, work):
    at = f"/patients/{waiting['Bos']}/reviews"
    for typed, kept in (
        ({"form_token": "x", "reason": " ", "next_drug": ""}, 0),
        ({"prescriber": "HA"}, 1),
        ({"outcome": "stop", "reason": "Nog overleggen."}, 1),
        ({}, 1),
    ):
        answer = doctor.post(f"{at}/draft?on={waiting['Cate']}", data=typed)
        assert answer.location == f"/patients/{waiting['Cate']}/reviews/new"
        session = work("nurse").session
        assert len(session.scalars(select(ReviewDraft)).all()) == kept
        session.rollback()


def test_who_is_passed_over_stands_last_with_the_reason_and_the_next_opens(doctor, waiting, sign_in):
    at = f"/patients/{waiting['Aker']}/reviews/skip"
    assert doctor.post(at, data={"skip_reason": " "}).location == f"/patients/{waiting['Aker']}/reviews/new#skip"
    for reason in ("belt nog", "DXA volgt vrijdag"):
        answer = doctor.post(at, data={"skip_reason": reason})
    assert (answer.status_code, answer.location) == (303, "/reviews")  # she stood last by then
    page = doctor.get("/reviews").text
    assert names(page) == ["Bos", "Cate", "Aker"]
    assert "vandaag overgeslagen: DXA volgt vrijdag" in page
    assert "belt nog" not in page
    assert doctor.post("/patients/999/reviews/skip", data={"skip_reason": "x"}).status_code == 404


def test_passing_over_leads_to_the_next(doctor, waiting):
    answer = doctor.post(f"/patients/{waiting['Aker']}/reviews/skip", data={"skip_reason": "belt nog"})
    assert answer.location == f"/patients/{waiting['Bos']}/reviews/new"


def test_signing_can_go_on_to_the_next(doctor, waiting):
    url = f"/patients/{waiting['Aker']}/reviews"
    version = re.search(r'name="version"[^>]*value="(\d+)"', doctor.get(f"{url}/new").text)[1]
    form = GOOD | {"version": version, "until": "1-11-2031"}
    assert "Ondertekenen en verder met de volgende" in doctor.post(url, data=form).text
    assert sign(doctor, url, form | {"onward": "1"}).location == f"/patients/{waiting['Bos']}/reviews/new"
    assert names(doctor.get("/reviews").text) == ["Bos", "Cate"]


def test_a_review_may_lapse_with_a_reason_and_the_next_opens(doctor, waiting):
    url = f"/patients/{waiting['Aker']}/reviews"
    assert "mag vervallen, omdat" in doctor.get(f"{url}/new").text
    item = "review.end_of_course"
    answer = doctor.post(f"{url}/draft?lapse={item}+2026-11-01", data={f"lapse-{item} 2026-11-01": "Elders besloten."})
    assert answer.location == f"/patients/{waiting['Bos']}/reviews/new"
    assert names(doctor.get("/reviews").text) == ["Bos", "Cate"]


def test_what_is_missing_is_requested_from_the_queue_in_one_press(doctor, waiting, work):
    at = f"/patients/{waiting['Aker']}/reviews/request"
    assert f'action="{at}"' in doctor.get("/reviews").text
    for _press in range(2):
        assert doctor.post(at).location == f"/reviews#patient-{waiting['Aker']}"
    page = doctor.get("/reviews").text
    assert "recente DXA (aangevraagd 23-11-2026)" in page
    assert f'action="{at}"' not in page
    assert doctor.post("/patients/999/reviews/request").status_code == 404
    session = work("nurse").session
    assert len(session.scalars(select(Scan)).all()) == 1
    assert len(session.scalars(select(SpineImage)).all()) == 1
    assert [row.what for row in session.scalars(select(Agreement))] == ["control"]


def test_what_is_booked_stands_beside_the_review_and_is_not_requested_once_more(doctor, waiting, work):
    nurse = work("nurse")
    booked = {"patient_id": waiting["Aker"], "state": "booked", "booked_at": nurse.now, "booked_by": nurse.actor.id}
    of_review = {"item_code": "review.end_of_course", "item_subject": items.NO_SUBJECT}
    for kind, on, at, item in (
        ("control", date(2026, 12, 8), time(9, 20), {"item_code": "control.yearly", "item_subject": items.NO_SUBJECT}),
        ("dxa", date(2026, 12, 9), None, {}),
        ("review", date(2026, 12, 10), time(10, 0), of_review),
    ):
        nurse.session.add(Appointment(kind=kind, on_date=on, at_time=at, form_token=kind, **item, **booked))
    nurse.session.commit()
    for page, control, dxa in (
        (doctor.get("/reviews").text, "lengte (afspraak 08-12-2026)", "recente DXA (afspraak 09-12-2026)"),
        (doctor.get(f"/patients/{waiting['Aker']}/reviews/new").text, "afspraak 08-12-2026<", "afspraak 09-12-2026<"),
    ):
        assert control in page
        assert dxa in page
        assert page.count("afspraak 10-12-2026 10:00") == 1
    doctor.post(f"/patients/{waiting['Aker']}/reviews/request")
    assert f"/patients/{waiting['Aker']}/reviews/request" not in doctor.get("/reviews").text
    session = work("nurse").session
    assert session.scalars(select(Agreement)).all() == []
    assert session.scalars(select(Scan)).all() == []
    assert len(session.scalars(select(SpineImage)).all()) == 1


def test_a_request_says_which_agreed_date_it_takes_the_place_of(doctor, waiting, work):
    nurse = work("nurse")
    patient = nurse.session.get_one(Patient, waiting["Aker"])
    stamp(nurse, Agreement(what="control", on_date=date(2027, 5, 12), made_on=date(2026, 11, 20)), patient.id)
    items.refresh(nurse, patient)
    nurse.session.commit()
    said = "komt in de plaats van de afspraak voor 12-05-2027"
    assert doctor.get("/reviews").text.count(said) == 1
    review = f"/patients/{patient.id}/reviews/new"
    assert said in doctor.get(review).text
    doctor.post(f"/patients/{patient.id}/reviews/request")
    assert said not in doctor.get("/reviews").text + doctor.get(review).text


def test_what_is_requested_in_one_press_is_kept_whole_or_not_at_all(doctor, waiting, work, monkeypatch):
    def fails(*_):
        raise RuntimeError("the power went")

    monkeypatch.setattr(review_requests.agreements, "agree", fails)
    with pytest.raises(RuntimeError, match="the power went"):
        doctor.post(f"/patients/{waiting['Aker']}/reviews/request")
    assert work("nurse").session.scalars(select(Scan)).all() == []


def test_an_empty_queue_says_so_and_it_is_the_doctors(doctor, sign_in):
    assert "Er wacht geen beoordeling op u." in doctor.get("/reviews").text
    assert "Er wacht geen beoordeling op u." in doctor.get("/reviews?page=9").text
    assert sign_in("nurse").get("/reviews").status_code == 403


def test_who_is_in_no_queue_is_reviewed_without_a_place_in_it(doctor, work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.session.commit()
    page = doctor.get(f"/patients/{patient.id}/reviews/new").text
    assert "Beoordeling 1 van" not in page
    answer = doctor.post(f"/patients/{patient.id}/reviews/skip", data={"skip_reason": "niet nodig"})
    assert answer.location == "/reviews"


def test_the_queries_of_the_queue_do_not_grow_with_who_waits(doctor, waiting, asked, work):
    doctor.get("/reviews")
    few = len(asked)
    nurse = work("nurse")
    for _more in range(12):
        patient = make_patient(nurse)
        make_course(nurse, patient, started_on=STARTS[0])
        make_control(nurse, patient, date(2026, 11, 20))
        items.refresh(nurse, patient)
    nurse.note(Action.FACT_SAVED, patient.id)
    nurse.commit()
    asked.clear()
    assert "Patiënten: 15<" in doctor.get("/reviews").text
    assert len(asked) <= few
    assert len(asked) <= 25


def test_the_queue_is_read_once_while_nothing_changes_and_anew_after_anybody_saves(doctor, waiting, asked, work):
    def reads():
        """How often the queue itself is read for a review and the next one; both say where they stand."""
        asked.clear()
        for number, name in enumerate(("Aker", "Bos"), 1):
            assert f"Beoordeling {number} van 3" in doctor.get(f"/patients/{waiting[name]}/reviews/new").text
        return sum("UNION ALL" in statement and "due_items" in statement for statement in asked)

    first = reads()
    assert (first > 0, reads()) == (True, 0)  # a look is no change
    nurse = work("nurse")
    nurse.note(Action.FACT_SAVED, waiting["Cate"])
    nurse.commit()
    assert reads() == first


@pytest.fixture
def shaken(doctor, waiting, work):
    """A decision was signed on a hip at −2,6, which a nurse then corrected to −2,3."""
    nurse = work("nurse")
    patient = nurse.session.get(Patient, waiting["Aker"])
    row = stamp(nurse, scan("-2.6"), patient.id)
    items.refresh(nurse, patient)
    nurse.session.commit()
    url = f"/patients/{patient.id}/reviews"
    version = re.search(r'name="version"[^>]*value="(\d+)"', doctor.get(f"{url}/new").text)[1]
    assert sign(doctor, url, GOOD | {"version": version, "until": "1-11-2031"}).status_code == 303
    nurse.session.refresh(patient)
    correct(nurse, row, scan("-2.3"), "verkeerd overgenomen")
    items.refresh(nurse, patient)
    nurse.session.commit()
    return patient.id


def seen_of(page):
    return re.search(r'name="seen" value="(\w+)"', page)[1]


def test_what_became_another_while_she_typed_is_shown_with_her_reason_before_it_is_settled(doctor, shaken, work):
    page = doctor.get("/reviews").text
    at = re.search(rf"/patients/{shaken}/reviews/changed/\d+", page)[0]
    nurse = work("nurse")
    row = nurse.session.scalars(select(Scan).where(Scan.stands.is_(True))).one()
    correct(nurse, row, scan("-1.1"), "nog eens")
    items.refresh(nurse, nurse.session.get_one(Patient, shaken))
    nurse.session.commit()
    typed = {"reason": "0,3 weegt niet", "seen": seen_of(page)}
    again = doctor.post(at, data=typed)
    assert again.status_code == 409
    for text in ("een waarde is opnieuw gecorrigeerd", "afwezig (−1,1)", 'value="0,3 weegt niet"'):
        assert text in again.text
    assert doctor.post(at, data=typed | {"seen": seen_of(again.text)}).status_code == 303
    page = doctor.get("/reviews").text
    assert ("Gewijzigd sinds uw besluit" in page, "opnieuw gecorrigeerd" in page) == (False, False)


def test_a_decision_whose_grounds_changed_stands_on_the_first_page_and_in_the_queue(doctor, shaken):
    assert "Gewijzigd sinds uw besluit" in doctor.get("/").text
    page = doctor.get("/reviews").text
    assert re.search(r"T-score heup.*: aanwezig \(−2,6\) → afwezig \(−2,3\)", page)
    at = re.search(rf"/patients/{shaken}/reviews/changed/\d+", page)[0]
    assert doctor.post(at, data={"reason": ""}).location == "/reviews"
    assert "Gewijzigd sinds uw besluit" in doctor.get("/reviews").text
    assert doctor.post(at.replace(f"/patients/{shaken}/", f"/patients/{shaken + 1}/"), data={}).status_code == 404
    told = {"reason": "fractuur weegt zwaarder", "seen": seen_of(page)}
    assert doctor.post(at, data=told).status_code == 303
    assert "Gewijzigd sinds uw besluit" not in doctor.get("/reviews").text
    assert "Gewijzigd sinds uw besluit" not in doctor.get("/").text


@pytest.mark.parametrize(
    ("code", "then_and_now", "words"),
    [
        ("planned_end", ("2027-01-18", None), "Gepland einde: 18-01-2027 → –"),
        ("ten_years_on", ("2032-01-18", "2031-01-18"), "10 jaar bisfosfonaten: 18-01-2032 → 18-01-2031"),
        ("exposure_days", ("2135", "3961"), "Dagen op bisfosfonaten: 2135 → 3961"),
        ("height_loss_mm", ("3", "5"), "Lengteverlies: 0,3 cm → 0,5 cm"),
        ("weight_g", ("58000", "60000"), "Gewicht: 58,0 kg → 60,0 kg"),
        ("clearance", ("50.5", "44.9"), "Klaring: 50,5 ml/min → 44,9 ml/min"),
        ("clearance", ("35.2", "34.6"), "Klaring: 35,2 ml/min → 34,6 ml/min"),
        ("bmd.total_hip", ("695", "690"), "BMD totale heup: 0,695 g/cm² → 0,690 g/cm²"),
        ("bmd_change.total_hip", ("-0.71", None), "Verandering BMD totale heup: −0,7 % → –"),
    ],
)
def test_a_value_that_changed_is_said_with_its_unit(app, code, then_and_now, words):
    with app.test_request_context("/"):
        assert grounds.changed(code, (None, None), then_and_now, DEFAULT, "nl") == words


def test_what_was_just_signed_is_undone_with_one_button(doctor, waiting, clock):
    url = f"/patients/{waiting['Aker']}/reviews"
    version = re.search(r'name="version"[^>]*value="(\d+)"', doctor.get(f"{url}/new").text)[1]
    sign(doctor, url, GOOD | {"version": version, "until": "1-11-2031"})
    assert "Ongedaan maken (binnen 30 minuten)" in doctor.get(f"{url}/1").text
    assert doctor.post(f"{url}/1/undo").location == f"/patients/{waiting['Aker']}"
    assert names(doctor.get("/reviews").text)[0] == "Aker"
    assert "Ongedaan maken" not in doctor.get(f"{url}/1").text
    assert doctor.post("/patients/999/reviews/1/undo").status_code == 404


def test_too_late_it_says_so(doctor, waiting, clock, sign_in):
    url = f"/patients/{waiting['Aker']}/reviews"
    version = re.search(r'name="version"[^>]*value="(\d+)"', doctor.get(f"{url}/new").text)[1]
    sign(doctor, url, GOOD | {"version": version, "until": "1-11-2031"})
    clock.shift(31 * 60)
    later = sign_in("doctor")
    assert later.post(f"{url}/1/undo").location == f"{url}/1"
    page = later.get(f"{url}/1").text
    assert "Dit kan niet meer ongedaan worden gemaakt" in page
    assert "binnen 30 minuten)" not in page


def test_of_a_closed_record_it_says_that_a_decision_changed_and_no_value(doctor, shaken, work):
    assert "(−2,3)" in doctor.get("/reviews").text
    officer = work("privacy_officer")
    number = officer.session.get_one(Patient, shaken).number
    restrictions.restrict(officer, Restrict(number, RestrictionKind.KNOWN, ()))
    page = doctor.get("/reviews").text
    assert ("Gewijzigd sinds uw besluit" in page, "(−2,3)" in page) == (True, False)


def test_a_queue_longer_than_is_put_in_order_says_how_many_wait(doctor, waiting, monkeypatch):
    monkeypatch.setattr(review_queue, "LONGEST", 1)
    page = doctor.get("/reviews").text
    assert names(page) == ["Aker"]
    assert "Patiënten: 3<" in page
    assert "Deze staan op volgorde" in page
    assert "Beoordeling 1 van 3" in doctor.get(f"/patients/{waiting['Aker']}/reviews/new").text
    later = doctor.get(f"/patients/{waiting['Bos']}/reviews/new").text
    assert "Een van 3 beoordelingen" in later
    assert 'data-key="j"' in later
