"""A DXA is requested, booked, made, received and discussed; its values are checked and its letter drafted."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import MissingFact, ScanSite
from clinic.services import findings, items, results, review_requests, scans
from clinic.services.facts import stamp
from clinic.services.findings import SaveImage
from clinic.services.scans import SaveScan, Site
from clinic.services.work import NotAllowed, Stale
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.letters import Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.scans import Scan, SpineImage
from tests.factories import make_course, make_patient
from tests.letter_makers import seen, sign, with_gp

MADE, RECEIVED, TODAY = date(2026, 11, 2), date(2026, 11, 20), date(2026, 11, 23)
HIP = {ScanSite.TOTAL_HIP: Site(742, Decimal("-2.1"))}


@pytest.fixture
def nurse(work):
    return work("nurse")


@pytest.fixture
def made(nurse):
    patient = make_patient(nurse)
    make_course(nurse, patient)
    return SaveScan(patient_id=patient.id, form_token="made", made_on=MADE)


def received(made, scan_id, **more):
    given = {"form_token": "received", "corrects": scan_id, "received_on": RECEIVED, "device": "Horizon A",
             "sites": HIP, **more}  # fmt: skip
    return replace(made, **given)


def letters_about(session):
    return [(s.about, s.about_on) for s in session.scalars(select(LetterSubject))]


def test_filling_in_the_result_needs_no_reason_and_drafts_the_letter(nurse, session, made):
    first = scans.save_scan(nurse, made)
    assert letters_about(session) == []
    second = scans.save_scan(nurse, received(made, first))
    old, new = session.get(Scan, first), session.get(Scan, second)
    assert (old.stands, new.stands, new.supersedes_id, new.change_reason) == (False, True, first, results.FILLED_IN)
    assert [(v.site, v.bmd_mg_cm2, v.t_score) for v in new.sites] == [("total_hip", 742, Decimal("-2.1"))]
    assert letters_about(session) == [("dxa", MADE)]
    due = {row.code: row.due_on for row in session.scalars(select(DueItem))}
    assert due["letter.after_dxa"] == date(2026, 11, 27)
    assert "fact.corrected" in session.scalars(select(AuditEntry.action)).all()


def test_changing_what_was_known_needs_a_reason(nurse, session, made):
    first = scans.save_scan(nurse, made)
    later = replace(made, form_token="later", corrects=first, made_on=date(2026, 11, 3))
    with pytest.raises(RuleBroken) as broken:
        scans.save_scan(nurse, later)
    assert (broken.value.field, broken.value.code) == ("reason", "reason_missing")
    nurse.session.rollback()
    second = scans.save_scan(nurse, replace(later, reason="wrong day"))
    assert [scan.id for scan in results.versions(nurse, Scan, made.patient_id, first)] == [second, first]


def test_a_form_sent_twice_and_a_version_that_says_the_same_are_one(nurse, made):
    first = scans.save_scan(nurse, made)
    assert scans.save_scan(nurse, made) == first
    assert scans.save_scan(nurse, replace(made, form_token="again", corrects=first)) == first


def test_who_corrects_an_old_version_is_told(nurse, made):
    first = scans.save_scan(nurse, made)
    scans.save_scan(nurse, received(made, first))
    with pytest.raises(Stale):
        scans.save_scan(nurse, replace(made, form_token="stale", corrects=first, device="Other"))


def test_discussing_it_drafts_no_second_letter(work, nurse, session, made):
    patient = session.get_one(Patient, made.patient_id)
    patient.gp_id = with_gp(nurse).gp_id
    seen(nurse, patient, TODAY)
    command = received(made, None)
    scan = scans.save_scan(nurse, command)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "letter.drafted")).all()
    talked = scans.save_scan(nurse, replace(command, form_token="talk", corrects=scan, discussed_on=TODAY))
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "letter.drafted")).all() == entries
    told = session.execute(select(LetterSubject.about, LetterSubject.fact_id).order_by(LetterSubject.about_on)).all()
    assert [tuple(one) for one in told] == [("dxa", talked), ("control", 1)]  # the draft tells of what stands
    letter = sign(work("doctor"), session.scalars(select(Letter)).one())
    assert ([found["received_on"] for found in letter.facts["scans"]], letter.facts["untold"]) == (["2026-11-20"], [])


def test_a_voided_result_leaves_the_letter(nurse, session, made):
    scan = scans.save_scan(nurse, received(made, None))
    scans.void_scan(nurse, made.patient_id, scan, "wrong patient")
    assert letters_about(session) == []
    row = session.get(Scan, scan)
    assert (row.stands, row.void_reason) == (False, "wrong patient")


def test_a_result_from_before_her_registration_drafts_no_letter(nurse, session, made):
    old = {"made_on": date(2019, 1, 7), "received_on": date(2019, 1, 14)}
    scans.save_scan(nurse, received(made, None, **old))
    assert letters_about(session) == []


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"made_on": None, "received_on": None, "sites": {}}, "requested_on", "scan_without_date"),
        ({"made_on": None, "requested_on": MADE}, "made_on", "received_before_made"),
        ({"received_on": None}, "received_on", "values_without_receipt"),
        ({"received_on": date(2026, 11, 1)}, "received_on", "stage_too_early"),
        ({"requested_on": date(2026, 11, 3)}, "made_on", "stage_too_early"),
        ({"received_on": date(2026, 11, 24)}, "received_on", "result_in_future"),
        ({"made_on": date(1952, 1, 1)}, "made_on", "before_birth"),
        ({"sites": {ScanSite.TOTAL_HIP: Site(199)}}, "total_hip_bmd", "out_of_range"),
        ({"sites": {ScanSite.TOTAL_HIP: Site(2001)}}, "total_hip_bmd", "out_of_range"),
        ({"sites": {ScanSite.LUMBAR_SPINE: Site(t_score=Decimal("-8.1"))}}, "lumbar_spine_t", "out_of_range"),
        ({"sites": {ScanSite.LUMBAR_SPINE: Site(z_score=Decimal("8.1"))}}, "lumbar_spine_z", "out_of_range"),
    ],
)
def test_refused_with_the_field_to_look_at(nurse, made, changed, field, code):
    with pytest.raises(RuleBroken) as broken:
        scans.save_scan(nurse, received(made, None, **changed))
    assert (broken.value.field, broken.value.code) == (field, code)


@pytest.mark.parametrize(
    ("value", "question"),
    [
        (Site(399), "total_hip_bmd:total_hip=399"),
        (Site(1401), "total_hip_bmd:total_hip=1401"),
        (Site(t_score=Decimal("2.1")), "total_hip_t:score=21.0"),
        (Site(t_score=Decimal("-5.1")), "total_hip_t:score=-51.0"),
        (Site(z_score=Decimal("0.4")), "total_hip_z:score=4.0"),
    ],
)
def test_an_unusual_value_or_a_positive_score_is_asked_once(nurse, made, value, question):
    command = received(made, None, sites={ScanSite.TOTAL_HIP: value})
    with pytest.raises(RuleBroken) as broken:
        scans.save_scan(nurse, command)
    assert broken.value.params["questions"] == [question]
    assert scans.save_scan(nurse, replace(command, confirmed=(question,)))


def test_another_value_is_another_question(nurse, made):
    command = received(made, None, sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("2.2"))})
    with pytest.raises(RuleBroken):
        scans.save_scan(nurse, replace(command, confirmed=("total_hip_t:score=21.0",)))


@pytest.mark.parametrize("value", [Site(400), Site(1400), Site(t_score=Decimal("0.0")), Site(742, Decimal("-5.0"))])
def test_the_last_ordinary_value_is_not_asked(nurse, made, value):
    assert scans.save_scan(nurse, received(made, None, sites={ScanSite.TOTAL_HIP: value}))


def test_a_secretary_records_that_the_result_is_in_and_nothing_more(work, nurse, session, made):
    secretary = work("secretary")
    scan = scans.save_scan(nurse, made)
    came = replace(made, form_token="in", corrects=scan, received_on=RECEIVED)
    scan = scans.save_scan(secretary, came)
    assert session.get(Scan, scan).received_on == RECEIVED
    for more in ({"sites": HIP}, {"device": "Horizon A"}, {"discussed_on": TODAY}, {"made_on": RECEIVED}):
        with pytest.raises(NotAllowed):
            scans.save_scan(secretary, replace(came, form_token="more", corrects=scan, **more))
    with pytest.raises(NotAllowed):
        scans.void_scan(secretary, made.patient_id, scan, "x")
    requested = SaveScan(patient_id=made.patient_id, form_token="asked", requested_on=TODAY)
    assert scans.save_scan(secretary, requested)


@pytest.mark.parametrize("role", ["manager", "privacy_officer"])
def test_others_record_no_scan(work, made, role):
    with pytest.raises(NotAllowed):
        scans.save_scan(work(role), made)


def test_of_another_patient_it_is_not_found(nurse, made):
    scan = scans.save_scan(nurse, made)
    other = make_patient(nurse)
    for act in (
        lambda: scans.save_scan(nurse, replace(made, patient_id=other.id, form_token="x", corrects=scan)),
        lambda: scans.save_scan(nurse, replace(made, patient_id=other.id)),
        lambda: scans.void_scan(nurse, other.id, scan, "wrong patient"),
        lambda: results.versions(nurse, Scan, other.id, scan),
    ):
        with pytest.raises(LookupError):
            act()


def test_a_request_that_was_a_mistake_is_voided_without_a_letter(nurse, session, made):
    asked = scans.save_scan(nurse, replace(made, made_on=None, requested_on=MADE))
    scans.void_scan(nurse, made.patient_id, asked, "verkeerde patiënt")
    assert session.get(Scan, asked).void_reason == "verkeerde patiënt"
    assert letters_about(session) == []


@pytest.mark.parametrize(("dates", "field", "code"), [
    ({"discussed_on": TODAY}, "received_on", "discussed_before_received"),
    ({"requested_on": MADE, "booked_on": date(2026, 11, 1)}, "booked_on", "stage_too_early"),
])  # fmt: skip
def test_a_stage_does_not_come_before_the_one_it_follows(nurse, made, dates, field, code):
    with pytest.raises(RuleBroken) as broken:
        scans.save_scan(nurse, replace(made, **dates))
    assert (broken.value.field, broken.value.code) == (field, code)


def test_a_dxa_made_on_another_day_than_was_said_is_told_by_its_right_day(nurse, session, made):
    first = scans.save_scan(nurse, made)
    second = scans.save_scan(nurse, received(made, first))
    assert letters_about(session) == [("dxa", MADE)]
    moved = received(made, second, form_token="moved", made_on=date(2026, 11, 3), reason="datum verkeerd gelezen")
    scans.save_scan(nurse, moved)
    assert ("dxa", date(2026, 11, 3)) in letters_about(session)
    open_letter = session.scalars(select(LetterSubject).join(Letter).where(Letter.state == "draft")).all()
    assert [told.about_on for told in open_letter] == [date(2026, 11, 3)]


def test_a_dxa_that_was_made_takes_the_place_of_what_was_asked_for_first(nurse, session, made):
    asked = {"made_on": None, "requested_on": date(2026, 10, 12)}
    first = scans.save_scan(nurse, replace(made, form_token="asked", booked_on=date(2026, 11, 1), **asked))
    scans.save_scan(nurse, replace(made, form_token="too", **asked | {"requested_on": date(2026, 10, 19)}))
    scan = session.get_one(Scan, scans.save_scan(nurse, replace(made, device="Horizon A")))
    told = (scan.supersedes_id, scan.requested_on, scan.booked_on, scan.made_on, scan.change_reason)
    assert told == (first, date(2026, 10, 12), date(2026, 11, 1), MADE, results.FILLED_IN)


@pytest.mark.parametrize(
    ("typed", "requested_on"),
    [
        ({"booked_on": date(2026, 10, 5)}, date(2026, 10, 5)),
        ({"requested_on": date(2026, 10, 1), "booked_on": date(2026, 10, 5)}, date(2026, 10, 1)),
        ({"requested_on": date(2026, 10, 19)}, date(2026, 10, 12)),
    ],
)
def test_what_answers_a_request_was_asked_for_on_the_first_day_that_is_known(nurse, session, made, typed, requested_on):
    asked = replace(made, form_token="asked", made_on=None, requested_on=date(2026, 10, 12))
    scans.save_scan(nurse, asked)
    scan = session.get_one(Scan, scans.save_scan(nurse, replace(made, **typed)))
    assert (scan.requested_on, scan.booked_on) == (requested_on, typed.get("booked_on"))


def test_a_dxa_voided_leaves_its_request_open_again(nurse, session, made):
    days = {"requested_on": date(2026, 10, 12), "booked_on": date(2026, 11, 1)}
    scans.save_scan(nurse, replace(made, form_token="asked", made_on=None, **days))
    scan = scans.save_scan(nurse, received(made, scans.save_scan(nurse, made), **days))
    scans.void_scan(nurse, made.patient_id, scan, "andere patiënt")
    left = session.scalars(select(Scan).where(Scan.stands.is_(True))).one()
    assert (left.requested_on, left.booked_on, left.made_on, left.supersedes_id) == (*days.values(), None, None)
    scans.void_scan(nurse, made.patient_id, left.id, "niet aangevraagd")
    assert session.scalars(select(Scan).where(Scan.stands.is_(True))).all() == []


def test_a_spine_image_voided_leaves_its_request_open_again(nurse, session, made):
    asked = SaveImage(patient_id=made.patient_id, form_token="asked", requested_on=date(2026, 10, 12))
    findings.save_image(nurse, asked)
    image = findings.save_image(nurse, SaveImage(patient_id=made.patient_id, form_token="made", on=MADE))
    findings.void(nurse, SpineImage, made.patient_id, image, "andere patiënt")
    left = session.scalars(select(SpineImage).where(SpineImage.stands.is_(True))).one()
    assert (left.requested_on, left.on_date, left.findings) == (date(2026, 10, 12), None, [])


def test_what_was_booked_and_never_requested_is_not_requested_when_its_dxa_is_voided(nurse, session, made):
    booked = scans.save_scan(nurse, replace(made, form_token="booked", made_on=None, booked_on=MADE))
    scan = scans.save_scan(nurse, replace(made, corrects=booked, booked_on=MADE))
    scans.void_scan(nurse, made.patient_id, scan, "andere patiënt")
    assert session.scalars(select(Scan).where(Scan.stands.is_(True))).all() == []


def test_what_is_asked_for_on_the_day_another_was_made_is_asked_once_and_listed(work, session, nurse, made):
    doctor, asked = work("doctor"), [MissingFact.DXA, MissingFact.SPINE_IMAGE]
    scans.save_scan(nurse, replace(made, made_on=TODAY))
    findings.save_image(nurse, SaveImage(patient_id=made.patient_id, form_token="made", on=TODAY))
    for _press in range(2):
        review_requests.ask(doctor, made.patient_id, asked)
        assert review_requests.requested(doctor, [made.patient_id]) == {made.patient_id: dict.fromkeys(asked, TODAY)}
    assert len(session.scalars(select(Scan)).all()) == len(session.scalars(select(SpineImage)).all()) == 2


def test_a_dxa_of_before_the_request_leaves_it_open(nurse, session, made):
    asked = scans.save_scan(nurse, replace(made, form_token="asked", made_on=None, requested_on=TODAY))
    scan = session.get_one(Scan, scans.save_scan(nurse, made))
    assert (scan.supersedes_id, session.get_one(Scan, asked).stands) == (None, True)


def test_once_it_is_made_a_later_review_can_ask_for_another(work, session, nurse, made):
    doctor = work("doctor")
    old = {"requested_on": date(2026, 10, 12), "form_token": "old"}  # kept beside the one that was made since
    stamp(nurse, Scan(made_on=MADE, form_token="made"), made.patient_id)
    stamp(nurse, Scan(**old), made.patient_id)
    stamp(nurse, SpineImage(on_date=MADE, findings=[], form_token="made"), made.patient_id)
    stamp(nurse, SpineImage(findings=[], **old), made.patient_id)
    items.refresh(nurse, session.get_one(Patient, made.patient_id))
    asked = [MissingFact.DXA, MissingFact.SPINE_IMAGE]
    assert review_requests.requested(doctor, [made.patient_id]) == {made.patient_id: {}}
    review_requests.ask(doctor, made.patient_id, asked)
    assert review_requests.requested(doctor, [made.patient_id]) == {made.patient_id: dict.fromkeys(asked, TODAY)}
