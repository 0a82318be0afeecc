"""Two facts of one day: what raises an alert counts, in whatever order they are told."""

from dataclasses import replace
from decimal import Decimal

import pytest

from clinic.domain import bone, review
from clinic.domain import record as r
from clinic.domain.alerts import alerts
from clinic.domain.dose_needs import BeforeDose, LabValues, needs
from clinic.domain.facts import Facts, Measured
from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import CriterionCode, Drug, ScanSite, Sex, StopReason
from tests.domain.makers import codes, control, course, d, record

HIP = ScanSite.TOTAL_HIP
TODAY = d("01-06-2026")


def scan(on, bmd=None, device="a", t=None):
    value = r.ScanSiteValue(bmd, None if t is None else Decimal(t))
    return r.Scan(d(on), d(on), device, {HIP: value})


def both(kind, one, other, *before):
    """The same facts in both orders."""
    return [record(course(), **{kind: (*before, *two)}) for two in ((one, other), (other, one))]


NO = r.Intake(fasting=False, water=True, upright=False, calcium_apart=True)


@pytest.mark.parametrize(("found", "expected"), [
    (both("controls", control("01-05-2026", height_mm=1638), control("01-05-2026", height_mm=1615),
          control("01-05-2025", height_mm=1640)), ("height_loss_measured", "red", "loss_mm", 25)),
    (both("controls", control("01-05-2026", weight_g=60000), control("01-05-2026", weight_g=52000),
          control("01-08-2025", weight_g=60000)), ("weight_loss", "red", "latest_g", 52000)),
    (both("controls", control("01-05-2026", missed_doses=0), control("01-05-2026", missed_doses=10)),
     ("adherence_low", "red", "missed", 10)),
    (both("controls", control("01-05-2026", intake=replace(NO, upright=True)), control("01-05-2026", intake=NO)),
     ("intake_conflict", "amber", "answers", "fasting,upright")),
    (both("controls", control("01-05-2026", intake=r.Intake(fasting=True)), control("01-05-2026", intake=NO)),
     ("intake_conflict", "amber", "answers", "fasting,upright")),
    (both("scans", scan("01-05-2026", 690), scan("01-05-2026", 650), scan("01-05-2025", 700)),
     ("bmd_loss", "red", "percent", "7.14")),
    (both("scans", scan("01-05-2026", 690), scan("01-05-2026", 600, "b"), scan("01-05-2025", 740)),
     ("bmd_loss", "red", "percent", "6.76")),  # the lowest is of a device that nothing can be compared with
    (both("scans", scan("01-05-2026", 690), scan("01-05-2026", 600, None), scan("01-05-2025", 740)),
     ("bmd_loss", "red", "percent", "6.76")),
    (both("scans", scan("01-05-2025", 740), scan("01-05-2025", 700), scan("01-05-2026", 690)),
     ("bmd_loss", "red", "percent", "6.76")),
])  # fmt: skip
def test_what_raises_an_alert_counts(found, expected):
    code, level, name, value = expected
    for one in found:
        told = [(a.level, a.why.params[name]) for a in alerts(one, TODAY) if a.code == code]
        assert told == [(level, value)]


def test_of_two_creatinines_the_highest_counts_for_the_alert_the_criterion_and_the_dose():
    labs = (r.Lab(d("01-05-2026"), 60), r.Lab(d("01-05-2026"), 170), r.Lab(d("01-05-2026")))
    for several in (labs, labs[::-1]):
        found = record(course(), controls=(control("01-05-2026", weight_g=60000),), labs=several)
        assert [a.why.params["creatinine"] for a in alerts(found, TODAY) if a.code == "renal_limit"] == [170]
        [unfit] = [c for c in review.from_facts(Facts(found, TODAY), DEFAULT)
                   if c.code == CriterionCode.INTOLERANCE_OR_RENAL]  # fmt: skip
        assert unfit.met
        known = tuple(LabValues(lab.on, lab.creatinine_umol_l) for lab in several)
        before = BeforeDose(Drug.ZOLEDRONIC_ACID, TODAY, Sex.FEMALE, d("01-03-1950"), known, Measured(TODAY, 60000))
        creatinine, clearance, *_others = needs(before, DEFAULT)
        assert (creatinine.value, clearance.state) == (170, "below_limit")


def test_of_two_dxas_the_lowest_score_counts():
    for found in both("scans", scan("01-05-2026", t="-2.6"), scan("01-05-2026", t="-2.1"), scan("01-05-2025", t="-3")):
        assert review.latest_t(Facts(found, TODAY), (HIP,)) == (Decimal("-2.6"), d("01-05-2026"))
        assert review.latest_t(Facts(found, TODAY), (ScanSite.LUMBAR_SPINE,)) == (None, None)


def test_two_dxas_of_one_day_are_not_compared_with_one_another():
    for found in both("scans", scan("01-05-2026", 700), scan("01-05-2026", 600)):
        assert bone.bmd_changes(Facts(found, TODAY), HIP, DEFAULT) == []


def told(found, on=TODAY):
    return {a.code: (str(a.level), dict(a.why.params)) for a in alerts(found, on)}


@pytest.mark.parametrize("kind", [{"height_mm": 1600}, {"weight_g": 62000}])
def test_two_heights_or_weights_of_the_only_day_are_not_compared_with_one_another(kind):
    [(name, value)] = kind.items()
    other = {name: value * 88 // 100}
    for found in both("controls", control("01-05-2026", **kind), control("01-05-2026", **other)):
        assert told(found) == {}
        assert bone.height_loss(Facts(found, TODAY), DEFAULT) is None


def test_a_weight_of_the_latest_day_is_no_weight_before_it():
    before = control("01-08-2025", weight_g=56000)
    for found in both("controls", control("01-05-2026", weight_g=62000), control("01-05-2026", weight_g=55000), before):
        assert told(found) == {}


def test_of_two_heights_of_the_day_of_a_reset_the_lowest_is_the_reference_and_the_other_is_none():
    day = ("01-05-2025", "01-05-2025")
    image = (r.SpineImage(d("03-05-2025")),)
    for now, expected in ((1576, {}), (1565, {"loss_mm": 10, "reference_mm": 1575})):
        for low_first in (False, True):
            heights = (1575, 1600) if low_first else (1600, 1575)
            seen = [control(on, height_mm=mm) for on, mm in zip(day, heights, strict=True)]
            found = record(course(), controls=(*seen, control("01-05-2026", height_mm=now)), spine_images=image)
            level, params = told(found).get("height_loss_measured", ("", {}))
            assert (level, {name: params[name] for name in expected}) == ("amber" if expected else "", expected)


@pytest.mark.parametrize(("before", "latest", "gain"), [
    ((1600,), (1640, 1650), 50), ((1600,), (1605, 1611), 11), ((1600, 1590), (1595, 1601), 11), ((1600,), (1610,), 0),
])  # fmt: skip
def test_a_gain_is_the_highest_of_the_latest_day_against_the_lowest_of_the_one_before(before, latest, gain):
    for order in (1, -1):
        seen = [control("01-05-2025", height_mm=mm) for mm in before[::order]]
        seen += [control("01-05-2026", height_mm=mm) for mm in latest[::order]]
        found = told(record(course(), controls=tuple(seen)))
        assert set(found) == ({"height_gain"} if gain else set())
        assert (
            not gain
            or found["height_gain"][1] | {"gain_mm": gain, "previous_on": d("01-05-2025")} == (found["height_gain"][1])
        )


def test_of_two_drugs_that_began_on_one_stored_day_the_one_that_runs_is_the_last():
    year = {"start": "01-01-2020", "start_precision": "year"}
    tablet = course(stopped_on="01-01-2020", stop_reason=StopReason.SWITCH, **year)
    injection = course("denosumab", years=3, **year)
    for courses in ((tablet, injection), (injection, tablet)):
        assert "dose.denosumab" in codes(record(*courses), "01-06-2026")
        ended = replace(injection, stopped_on=d("01-05-2026"), stop_reason=StopReason.OTHER)
        stopped = tuple(ended if one is injection else one for one in courses)
        assert "dose.denosumab" in codes(record(*stopped), "01-06-2026")
