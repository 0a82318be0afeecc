"""Rules that few patients meet: what was let lapse, told or reached, so that no line of the protocol goes untried."""

from dataclasses import replace
from datetime import date

import pytest

from clinic.domain import alerts, bone, limits, treatment
from clinic.domain import due as rules
from clinic.domain import record as r
from clinic.domain.calendar import working_days_between
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import LetterAbout
from tests.domain.makers import BREAK, codes, control, course, d, due, patient, pause, record, review

BREAKING = course(start="10-03-2020", stopped_on="10-03-2025", stop_reason=BREAK)
PAUSED = course(start="10-03-2025", pauses=(pause("01-02-2026"),))


def test_a_reassessment_that_was_let_lapse_takes_its_dxa_and_spine_image_along():
    assert {"dxa.before_review", "spine_image.before_review"} <= codes(record(BREAKING), "02-03-2027")
    (due_on,) = due(record(BREAKING), "02-03-2027", "reassess.break")
    lapsed = r.Waiver("reassess.break", d(due_on), d("01-03-2027"))
    left = codes(record(BREAKING, waivers=(lapsed,)), "02-03-2027")
    assert not left & {"reassess.break", "dxa.before_review", "spine_image.before_review"}


def test_once_the_gp_was_told_of_the_end_no_letter_about_it_is_owed():
    who = patient(status="moved", status_on=d("01-06-2026"))
    assert codes(record(who=who), "02-06-2026") == {"letter.after_end"}
    told = r.Letter(LetterAbout.END, d("01-06-2026"), d("02-06-2026"))
    assert codes(record(who=who, letters=(told,)), "02-06-2026") == set()


def test_who_left_is_owed_letters_about_what_was_before_and_none_about_what_came_after():
    who = patient(status="moved", status_on=d("01-06-2026"))
    seen = {on: codes(record(who=who, controls=(control(on),)), "08-06-2026") for on in ("01-06-2026", "02-06-2026")}
    assert seen == {"01-06-2026": {"letter.after_control", "letter.after_end"}, "02-06-2026": {"letter.after_end"}}


def test_a_symptom_that_was_told_twice_on_a_day_is_one_alert():
    told = (
        control("01-06-2026", symptoms=("jaw_or_mouth",)),
        control("01-06-2026", "phone", symptoms=("jaw_or_mouth",)),
    )
    (alert,) = alerts.alerts(record(course(), controls=told), d("02-06-2026"))
    assert (alert.code, alert.since) == ("jaw_or_mouth", d("01-06-2026"))


def test_a_review_signed_in_a_long_pause_is_not_owed_again():
    assert "review.long_pause" in codes(record(PAUSED), "01-12-2026")
    assert "review.long_pause" not in codes(record(PAUSED, reviews=(review("05-11-2026", "stop"),)), "01-12-2026")


def test_a_stopped_course_has_no_open_pause():
    assert treatment.open_pause(PAUSED) == PAUSED.pauses[0]
    assert treatment.open_pause(replace(PAUSED, stopped_on=d("01-05-2026"))) is None


def halfway(found, on):
    wanted = replace(DEFAULT, mid_course_months=24)
    return [i.due_on for i in rules.due_items(found, d(on), wanted) if i.code == "dxa.mid_course"]


def test_a_clinic_that_wants_a_dxa_halfway_gets_one_unless_it_was_made_or_the_course_ends_first():
    running = course(start="10-03-2025")
    assert halfway(record(running), "01-06-2026") == [date(2027, 3, 10)]
    assert halfway(record(running, scans=(r.Scan(d("10-09-2026"), d("10-09-2026"), None, {}),)), "01-12-2026") == []
    assert halfway(record(course(start="10-03-2025", years=1)), "01-06-2026") == []
    assert due(record(running), "01-06-2026", "dxa.mid_course") == []


def test_ten_years_of_the_class_are_reached_on_a_day_that_switches_and_breaks_do_not_hide():
    first = course(start="01-01-2012", stopped_on="01-01-2018")
    second = course("zoledronic_acid", "01-01-2019", 6)
    found = Facts(record(first, second), d("01-06-2026"))
    # 2192 days before the year without treatment, the other 1460 of 3652 after it
    assert treatment.ten_years_on(found, DEFAULT) == date(2022, 12, 31)
    assert treatment.days_until(found, date(2022, 12, 31), DEFAULT) == DEFAULT.ten_years_days


def test_ten_years_that_are_still_to_come_are_counted_ahead():
    assert treatment.ten_years_on(Facts(record(course(start="01-01-2022")), d("01-06-2026")), DEFAULT) == date(
        2032, 1, 1
    )
    assert treatment.ten_years_on(Facts(record(course("denosumab", "01-01-2022")), d("01-06-2026")), DEFAULT) is None


def test_no_working_days_lie_between_a_day_and_an_earlier_one():
    assert working_days_between(date(2026, 11, 20), date(2026, 11, 24)) == 2
    assert working_days_between(date(2026, 11, 24), date(2026, 11, 20)) == 0


def test_a_reading_off_the_others_and_a_height_that_few_women_have_are_asked_about():
    assert limits.unusual((1390,), 58_000, 1392, 58_000) == ["height_unusual=1390"]
    assert limits.unusual((1586, 1587, 1594), 58_000, 1587, 58_000) == ["reading_unlike=1586-1587-1594"]
    assert limits.unusual((1586, 1587, 1588), 58_000, 1587, 58_000) == []
    assert limits.unusual((1950,), 40_000, None, None) == ["bmi_unusual=40000-1950"]
    assert limits.unusual((1400,), 88_200, None, None) == []
    assert limits.unusual((1400,), 88_300, None, None) == ["bmi_unusual=88300-1400"]
    assert limits.body_mass((0,), 58_000) is None


def test_a_bmi_is_of_a_control_that_measured_both_and_is_held_as_it_is_written():
    measured = (("01-06-2024", 1600, 64_000), ("01-06-2025", 1600, None), ("01-12-2025", None, 60_000),
                ("01-06-2026", 1600, 64_128))  # fmt: skip
    controls = tuple(r.Control(d(on), height_mm=height, weight_g=weight) for on, height, weight in measured)
    found = Facts(record(course(start="10-03-2024"), controls=controls), d("30-11-2026"))
    assert bone.bmis(found) == [(d("01-06-2024"), 250), (d("01-06-2026"), 251)]  # 25.05 is written 25.1


def test_a_weight_is_told_in_tenths_as_it_is_written():
    assert [bone.told_weight(g) for g in (72_349, 72_350, 72_400, 72_449, 72_450)] == [723, 724, 724, 724, 725]


@pytest.mark.parametrize(
    ("every", "due_on"),
    [(6, "10-09-2026"), (12, "10-03-2026"), (18, "10-03-2026"), (24, "10-03-2025")],
)
def test_who_came_without_controls_is_due_on_the_last_beat_of_the_clinics_rhythm(every, due_on):
    """K3 in another rhythm than the yearly one: the beat before registration, never one years away."""
    rhythm = replace(DEFAULT, yearly_months=every)
    found = record(course(start="10-03-2017", years=10), who=patient(registered=d("12-11-2026")))
    (due_on_list,) = [i.due_on for i in rules.due_items(found, d("30-11-2026"), rhythm) if i.code == "control.yearly"]
    assert due_on_list == d(due_on)


def ends(reviews):
    """When the end of a course with these decisions has to be decided on."""
    return due(record(course(start="10-03-2020"), reviews=reviews), "30-11-2026", "review.end_of_course")


@pytest.mark.parametrize("before", [review("05-01-2025", "stop"), review("10-12-2024", "continue", until="01-05-2030")])
def test_a_decision_taken_before_an_end_was_agreed_is_no_decision_about_that_end(before):
    agreed = (before, review("01-02-2025", "continue", until="01-07-2025"))
    assert ends(agreed) == ["01-07-2025"]
    assert ends((*agreed, review("02-02-2025", "continue", until="01-07-2027"))) == ["01-07-2027"]
