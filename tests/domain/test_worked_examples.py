"""The worked examples of the protocol, section 8, in its own numbers."""

from datetime import date
from decimal import Decimal

import pytest

from clinic.domain import record as r
from clinic.domain.alerts import alerts
from clinic.domain.calendar import add_working_days
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT
from clinic.domain.treatment import class_limit, exposure, planned_end
from clinic.domain.vocabulary import Drug, ScanSite, StartPrecision
from tests.domain.makers import codes, control, course, d, due, patient, pause, record, status_of


def raised(found, on):
    return {(str(a.code), str(a.level)) for a in alerts(found, d(on))}


def test_1_from_the_early_control_to_the_review():
    start = course(start="10-03-2025")
    assert due(record(start), "01-04-2025", "control.early") == ["10-06-2025"]
    first = record(start, controls=(control("12-06-2025"),))
    assert due(first, "13-06-2025", "control.yearly") == ["10-03-2026"]
    second = record(start, controls=(control("12-06-2025"), control("20-03-2026")))
    assert due(second, "21-03-2026", "control.yearly") == ["20-03-2027"]
    assert due(second, "21-03-2026", "review.end_of_course") == ["10-03-2030"]
    assert due(second, "21-03-2026", "dxa.before_review") == ["24-02-2030"]
    assert due(second, "21-03-2026", "spine_image.before_review") == ["24-02-2030"]
    assert status_of(second, "09-10-2029", "dxa.before_review") == ["upcoming"]
    assert status_of(second, "10-10-2029", "dxa.before_review") == ["open"]


@pytest.mark.parametrize(("years", "end"), [(5, date(2029, 2, 28)), (10, date(2034, 2, 28))])
def test_2_a_leap_day_clamps(years, end):
    found = record(course(start="29-02-2024", years=years))
    facts = Facts(found, d("01-03-2024"))
    assert planned_end(facts, facts.current, DEFAULT).on == end
    assert due(found, "01-03-2024", "control.early") == ["29-05-2024"]


def test_3_denosumab_every_six_months():
    given = course("denosumab", "31-08-2026", 3, doses=(date(2026, 8, 31),))
    assert due(record(given), "01-09-2026", "dose.denosumab") == ["28-02-2027"]
    again = course("denosumab", "31-08-2026", 3, doses=(date(2026, 8, 31), date(2027, 2, 28)))
    assert due(record(again), "01-03-2027", "dose.denosumab") == ["28-08-2027"]


def test_4_a_pause_moves_the_end_and_three_weeks_do_not():
    paused = record(course(start="15-01-2022", pauses=(pause("01-03-2024", "01-09-2024"),)))
    facts = Facts(paused, d("02-09-2024"))
    assert planned_end(facts, facts.current, DEFAULT).on == date(2027, 7, 18)
    assert due(paused, "02-09-2024", "control.after_pause") == ["01-12-2024"]
    short = record(course(start="15-01-2022", pauses=(pause("01-03-2024", "22-03-2024"),)))
    facts = Facts(short, d("02-09-2024"))
    assert planned_end(facts, facts.current, DEFAULT).on == date(2027, 1, 15)
    assert "control.after_pause" not in codes(short, "02-09-2024")


def test_5_five_years_of_the_class_over_two_drugs():
    first = course(start="01-05-2021", stopped_on="01-05-2024")
    found = record(first, course("zoledronic_acid", "01-06-2024", 3))
    facts = Facts(found, d("02-06-2024"))
    assert exposure(facts, DEFAULT)[Drug.ALENDRONIC_ACID] == 1096
    assert class_limit(facts, facts.current, DEFAULT) == date(2026, 6, 1)
    assert planned_end(facts, facts.current, DEFAULT).on == date(2027, 6, 1)
    assert due(found, "02-06-2024", "review.class_limit") == ["01-06-2026"]
    assert "review.end_of_course" not in codes(found, "02-06-2024")


def test_6_began_long_before_referral():
    found = record(
        course(start="01-11-2020", start_precision=StartPrecision.MONTH), who=patient(registered=date(2026, 1, 12))
    )
    assert due(found, "12-01-2026", "review.end_of_course") == ["01-11-2025"]
    assert status_of(found, "12-01-2026", "review.end_of_course") == ["late"]
    assert due(found, "12-01-2026", "control.yearly") == ["01-11-2025"]


def test_7_height_loss_heals_with_an_image():
    def heights(*pairs, images=()):
        return record(controls=tuple(control(on, height_mm=mm) for on, mm in pairs), spine_images=images)

    first = ("01-06-2025", 1642)
    assert raised(heights(first, ("01-06-2026", 1623)), "01-06-2026") == {("height_loss_measured", "amber")}
    red = heights(first, ("01-06-2026", 1622))
    assert raised(red, "01-06-2026") == {("height_loss_measured", "red")}
    image = (r.SpineImage(d("08-06-2026")),)
    assert raised(heights(first, ("01-06-2026", 1622), images=image), "08-06-2026") == set()
    next_year = heights(first, ("01-06-2026", 1622), ("01-06-2027", 1615), images=image)
    assert raised(next_year, "01-06-2027") == set()


@pytest.mark.parametrize(("recalled", "is_raised"), [(1700, True), (1695, False)])
def test_7_recalled_height(recalled, is_raised):
    found = record(who=patient(recalled_max_height_mm=recalled), controls=(control("01-06-2026", height_mm=1655),))
    assert (("height_loss_recalled", "red") in raised(found, "01-06-2026")) is is_raised


@pytest.mark.parametrize(
    ("site", "earlier", "later", "device", "is_raised"),
    [
        (ScanSite.LUMBAR_SPINE, 842, 801, "a", False),
        (ScanSite.TOTAL_HIP, 700, 662, "a", True),
        (ScanSite.TOTAL_HIP, 700, 662, "b", False),
    ],
)
def test_8_bmd_is_compared_on_one_device_beyond_the_lsc(site, earlier, later, device, is_raised):
    def scan(on, bmd, device):
        return r.Scan(d(on), d(on), device, {site: r.ScanSiteValue(bmd, Decimal("-2.4"))})

    found = record(scans=(scan("01-06-2024", earlier, "a"), scan("01-06-2026", later, device)))
    assert (("bmd_loss", "red") in raised(found, "01-06-2026")) is is_raised


@pytest.mark.parametrize(
    ("fact", "letter"),
    [("07-05-2026", "15-05-2026"), ("24-04-2026", "04-05-2026"), ("21-12-2026", "29-12-2026"),
     ("24-11-2026", "01-12-2026")],
)  # fmt: skip
def test_9_five_dutch_working_days(fact, letter):
    assert add_working_days(d(fact), 5) == d(letter)


def test_9_the_clock_of_a_dxa_starts_when_it_is_received():
    found = record(scans=(r.Scan(d("10-11-2026"), d("24-11-2026")),))
    assert due(found, "23-11-2026", "letter.after_dxa") == []
    assert due(found, "24-11-2026", "letter.after_dxa") == ["01-12-2026"]


@pytest.mark.parametrize(("creatinine", "level"), [(98, "amber"), (106, "red")])
def test_10_kidney_function_for_zoledronic_acid(creatinine, level):
    found = record(
        course("zoledronic_acid", "01-06-2025", 3),
        who=patient(birth_date=date(1947, 1, 1)),
        controls=(control("01-06-2026", weight_g=58000),),
        labs=(r.Lab(d("01-06-2026"), creatinine),),
    )
    assert ("renal_limit", level) in raised(found, "01-06-2026")


@pytest.mark.parametrize(
    ("on", "status"),
    [("06-10-2026", "upcoming"), ("07-10-2026", "open"), ("18-11-2026", "open"), ("19-11-2026", "late"),
     ("16-12-2026", "late"), ("17-12-2026", "very_late")],
)  # fmt: skip
def test_11_denosumab_day_by_day(on, status):
    found = record(course("denosumab", "18-05-2026", 3, doses=(date(2026, 5, 18),)))
    assert status_of(found, on, "dose.denosumab") == [status]
    assert (("dose_very_late", "red") in raised(found, on)) is (status == "very_late")


def test_12_no_fourth_infusion_without_a_review():
    doses = (date(2023, 12, 4), date(2024, 12, 4), date(2025, 12, 4))
    found = record(course("zoledronic_acid", "04-12-2023", 3, doses=doses))
    facts = Facts(found, d("01-02-2026"))
    assert planned_end(facts, facts.current, DEFAULT).on == date(2026, 12, 4)
    assert "dose.zoledronic_acid" not in codes(found, "01-02-2026")
