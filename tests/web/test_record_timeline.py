"""The record page of somebody whose course is known by half, ran in two parts, or ended with her."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.services import items
from clinic.services.facts import stamp
from clinic.services.work import Work
from clinic.store.reviews import Review
from clinic.store.scans import Fracture, Scan, ScanValue
from clinic.store.treatments import CourseStop, Pause
from clinic.web import controls
from tests.conftest import MONDAY
from tests.factories import make_control, make_course, make_patient

Start = Callable[..., Work]
Record = Callable[[int], str]


@pytest.fixture
def record(sign_in: Any) -> Record:
    """The record page as a nurse reads it in Dutch."""
    nurse = sign_in("nurse")
    return lambda patient_id: str(nurse.get(f"/patients/{patient_id}").text)


def kept(work: Work, patient: Any) -> int:
    """Bring the dates up to the facts and keep all of it."""
    work.session.flush()
    items.refresh(work, patient)
    work.session.commit()
    return int(patient.id)


def test_a_start_of_which_only_the_year_is_known_is_never_shown_as_a_day(work: Start, record: Record) -> None:
    unit = work("nurse")
    patient = make_patient(unit)
    make_course(unit, patient, started_on=date(2024, 1, 1), start_precision="year")
    stamp(unit, Fracture(on_date=date(2023, 3, 1), precision="month", site="wrist", low_energy=True), patient.id)
    page = record(kept(unit, patient))
    assert "start 2024; dag niet bekend, gerekend vanaf 01-01-2024" in page
    assert '</tspan><tspan class="wide"> 2024</tspan>' in page
    assert '<td class="nowrap">2024</td><td>Behandeling</td><td>Start: alendroninezuur</td>' in page
    assert '<td class="nowrap">03-2023</td><td>Fractuur</td>' in page
    assert '<time class="nowrap">2024</time>' in page
    assert '<time class="nowrap">03-2023</time>' in page


def test_a_stop_of_which_only_the_year_is_known_is_never_shown_as_a_day(
    work: Start, record: Record, sign_in: Any
) -> None:
    unit = work("nurse")
    patient = make_patient(unit)
    course = make_course(unit, patient, started_on=date(2018, 5, 1))
    unit.session.flush()
    stop = {"stopped_on": date(2023, 1, 1), "stop_precision": "year", "reason": "planned_break"}
    stamp(unit, CourseStop(course_id=course.id, **stop), patient.id)
    page = record(kept(unit, patient))
    assert "gestopt 2023" in page
    assert '<td class="nowrap">2023</td><td>Behandeling</td><td>Gestopt: alendroninezuur</td>' in page
    assert "gestopt 01-01-2023" not in page
    assert "01-05-2018 – 2023" in sign_in("doctor").get(f"/patients/{patient.id}/reviews/new").text


def test_a_phone_reads_the_first_words_of_the_bar_and_a_wide_page_all_of_them(work: Start, record: Record) -> None:
    unit = work("nurse")
    patient = make_patient(unit)
    make_course(unit, patient, started_on=date(2024, 5, 1), planned_years=3)
    page = record(kept(unit, patient))
    assert '>Vandaag<tspan class="wide">, 2 jaar en 6 maanden</tspan></text>' in page
    assert '>10 jaar<tspan class="wide"> bisfosfonaten</tspan></tspan>' in page


def test_the_table_of_the_timeline_tells_of_every_course_and_pause_that_the_chart_shows(
    work: Start, record: Record
) -> None:
    unit = work("nurse")
    patient = make_patient(unit)
    first = make_course(unit, patient, started_on=date(2018, 5, 1))
    make_course(unit, patient, drug="zoledronic_acid", started_on=date(2026, 6, 1), planned_years=3)
    unit.session.flush()
    stamp(unit, CourseStop(course_id=first.id, stopped_on=date(2023, 5, 1), reason="planned_break"), patient.id)
    pause = {"from_on": date(2020, 2, 1), "until_on": date(2020, 9, 1), "reason": "kaakingreep", "counts": False}
    stamp(unit, Pause(course_id=first.id, **pause), patient.id)
    page = record(kept(unit, patient))
    for row in (
        '<td class="nowrap">01-06-2026</td><td>Behandeling</td><td>Start: zoledroninezuur</td>',
        '<td class="nowrap">01-05-2023</td><td>Behandeling</td><td>Gestopt: alendroninezuur</td>',
        '<td class="nowrap">01-02-2020</td><td>Onderbreking</td><td>tot 01-09-2020</td>',
        '<td class="nowrap">01-05-2018</td><td>Behandeling</td><td>Start: alendroninezuur</td>',
    ):
        assert row in page
    assert "<title>Zoledroninezuur</title>" in page  # its bar is too short for its name


@pytest.mark.parametrize(
    ("precision", "shown"),
    [("year", "1953 (alleen het jaar is bekend)"), ("month", "01-1953 (dag niet bekend)"), ("day", "01-01-1953 ·")],
)
def test_a_birth_of_which_a_list_had_the_year_alone_is_not_taken_for_a_birthday(
    work: Start, record: Record, precision: str, shown: str
) -> None:
    unit = work("nurse")
    patient = make_patient(unit, birth_date=date(1953, 1, 1), birth_precision=precision)
    page = record(kept(unit, patient))
    assert f"<dd>{shown}" in page
    assert ("01-01-1953" in page) == (precision == "day")


def test_nobody_who_died_is_shown_on_treatment_or_asked_to_a_control(work: Start, record: Record) -> None:
    unit = work("nurse")
    patient = make_patient(unit, status="deceased", status_on=MONDAY - timedelta(days=30))
    make_course(unit, patient, started_on=date(2024, 5, 1))
    page = record(kept(unit, patient))
    assert "Wordt niet meer gevolgd: Overleden" in page
    assert "gevolgd tot" in page
    assert "gepland einde" not in page
    assert "Vandaag," not in page
    for button in ("Onderbreken", "Ander middel", "Stoppen", "Nieuwe behandeling"):
        assert f"{button}</a>" not in page
    assert 'btn-primary" href' not in page


def test_of_many_that_are_due_those_behind_the_first_eight_are_counted_and_stay_there(
    work: Start, record: Record
) -> None:
    unit = work("nurse")
    patient = make_patient(unit)
    make_course(unit, patient, started_on=date(2024, 5, 1))
    for number in range(12):
        make_control(unit, patient, date(2025, 1, 6) + timedelta(days=40 * number))
    page = record(kept(unit, patient))
    assert page.count('<article class="panel due ') > 12
    left = page.count('<article class="panel due ') - 8
    assert page.count(f"Nog {left} streefdata") == 2, "on what opens them, and on what is opened"


@pytest.mark.parametrize("drugs", [("alendronic_acid", "denosumab"), ("denosumab", "alendronic_acid")])
def test_of_two_that_began_in_one_year_the_bar_and_its_buttons_are_of_the_one_that_runs(
    work: Start, record: Record, drugs: tuple[str, str]
) -> None:
    unit = work("doctor")
    patient = make_patient(unit)
    year = {"started_on": date(2020, 1, 1), "start_precision": "year", "planned_years": 3}
    rows = {drug: make_course(unit, patient, drug=drug, dose=f"van {drug}", **year) for drug in drugs}
    unit.session.flush()
    stop = {"stopped_on": date(2020, 1, 1), "stop_precision": "year", "reason": "switch"}
    stamp(unit, CourseStop(course_id=rows["alendronic_acid"].id, **stop), patient.id)
    page = record(kept(unit, patient))
    assert "Denosumab van denosumab" in page
    assert f"/courses/{rows['denosumab'].id}/dose" in page
    assert f"/courses/{rows['alendronic_acid'].id}/" not in page
    assert '<td class="nowrap">2020</td><td>Behandeling</td><td>Gestopt: alendroninezuur</td>' in page
    for day in (date(2026, 11, 23), date(2020, 1, 1)):
        assert controls.running(unit, patient.id, day) == rows["denosumab"].id


def test_an_end_that_was_decided_is_no_number_of_years_nor_a_shift_by_pauses(work: Start, record: Record) -> None:
    unit = work("doctor")
    patient = make_patient(unit)
    course = make_course(unit, patient, started_on=date(2022, 1, 18))
    unit.session.flush()
    pause = Pause(
        course_id=course.id, from_on=date(2023, 1, 1), until_on=date(2023, 6, 1), reason="other", counts=False
    )
    stamp(unit, pause, patient.id)
    page = record(kept(unit, patient))
    assert "niet meegeteld" in page
    assert ">5 jaar<" in page
    going_on = Review(on_date=date(2026, 11, 20), outcome="continue", until_on=date(2030, 3, 10), reason="T-score",
                      signed_function="internist", form_token="x", course_id=course.id)  # fmt: skip
    stamp(unit, going_on, patient.id)
    page = record(kept(unit, patient))
    assert "gepland einde 10-03-2030 · door het besluit van 20-11-2026" in page
    assert "niet meegeteld" not in page
    assert ">Einde<" in page
    assert ">5 jaar<" not in page


@pytest.mark.parametrize(
    ("reason", "said"), [("planned_break", "stopt op 11-01-2027"), ("switch", "overgang op 11-01-2027")]
)
def test_a_stop_that_is_recorded_ahead_is_told_at_the_bar(work: Start, record: Record, reason: str, said: str) -> None:
    unit = work("doctor")
    patient = make_patient(unit)
    course = make_course(unit, patient, started_on=date(2022, 1, 18))
    unit.session.flush()
    stamp(unit, CourseStop(course_id=course.id, stopped_on=date(2027, 1, 11), reason=reason), patient.id)
    assert said in record(kept(unit, patient))


def scanned(unit: Work, patient: Any, on: date, **scores: str) -> None:
    """A DXA with the T-scores of its sites."""
    row = Scan(made_on=on, received_on=on)
    row.sites.extend(ScanValue(site=site, t_score=Decimal(score)) for site, score in scores.items())
    stamp(unit, row, patient.id)


def test_each_t_score_has_its_own_day_when_not_all_are_of_one(work: Start, record: Record) -> None:
    unit = work("nurse")
    patient = make_patient(unit)
    scanned(unit, patient, date(2021, 5, 3), lumbar_spine="-2.9", total_hip="-2.1")
    label = record(kept(unit, patient)).partition("<h3>T-score (DXA)</h3>")[2].partition('<svg class="plot')[0]
    assert label.count("03-05-2021") == 1
    scanned(unit, patient, date(2026, 9, 14), total_hip="-2.4")
    label = record(kept(unit, patient)).partition("<h3>T-score (DXA)</h3>")[2].partition('<svg class="plot')[0]
    words = re.sub(r"<[^>]*>", " ", label)
    assert re.findall(r"−[0-9],[0-9]|[0-9-]{10}", words) == ["−2,9", "03-05-2021", "−2,4", "14-09-2026", "−2,5"]


def test_falls_that_were_told_at_a_control_stand_beside_the_fractures(work: Start, record: Record) -> None:
    unit = work("nurse")
    patient = make_patient(unit)
    make_control(unit, patient, date(2026, 5, 4), falls=0)
    make_control(unit, patient, date(2026, 11, 3), falls=2)
    page = record(kept(unit, patient))
    assert page.count("e-fall") == 1
    assert ">2×<" in page  # in words they would lie over those of the year before
    assert page.count("2 keer gevallen in 12 maanden") == 2  # at the mark, and in the table
    assert '<td class="nowrap">03-11-2026</td><td>Vallen</td><td>2 keer gevallen in 12 maanden</td>' in page
