"""Every window on the day before, on and after; and what satisfies an item on the last day that does and the next."""

from datetime import date, timedelta

import pytest

from clinic.domain import due as rules
from clinic.domain import record as r
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import AgreementWhat, LetterAbout, StopReason
from tests.domain.makers import BREAK, codes, control, course, d, due, patient, pause, record, review

ALENDRONIC = course(start="10-03-2025")
BROKEN = r.Fracture(d("01-06-2026"), "hip", True)
BREAKING = course(start="10-03-2020", stopped_on="10-03-2025", stop_reason=BREAK)
DENOSUMAB = course("denosumab", "18-05-2026", 3, doses=(date(2026, 5, 18),))
ZOLEDRONIC = course("zoledronic_acid", "01-06-2025", 3, doses=(date(2025, 6, 1),))
IBANDRONIC = course("ibandronic_acid_iv", "01-06-2025", 5, doses=(date(2026, 6, 1),))
PAUSED = course(start="10-03-2025", pauses=(pause("01-02-2026"),))
RESUMED = course(start="10-03-2025", pauses=(pause("01-02-2026", "01-06-2026"),))
SEEN = (control("10-06-2025"), control("10-03-2026"))

SITUATIONS = {
    "control.early": record(ALENDRONIC),
    "control.yearly": record(ALENDRONIC, controls=SEEN),
    "control.break_yearly": record(BREAKING),
    "control.after_pause": record(RESUMED, controls=SEEN),
    "agreed.control": record(agreements=(r.Agreement(AgreementWhat.CONTROL, d("01-07-2026"), d("01-05-2026")),)),
    "pause.check": record(PAUSED, controls=SEEN),
    "review.long_pause": record(PAUSED, controls=SEEN),
    "review.end_of_course": record(ALENDRONIC),
    "review.standard": record(course(start="10-03-2025", years=10)),
    "review.class_limit": record(
        course(start="01-05-2021", stopped_on="01-05-2024"), course("zoledronic_acid", "01-06-2024", 3)
    ),
    "reassess.break": record(BREAKING),
    "course.close": record(ALENDRONIC, reviews=(review("01-06-2026", "stop", effective_on="01-07-2026"),)),
    "review.after_fracture": record(ALENDRONIC, fractures=(BROKEN,)),
    "dxa.after_fracture": record(ALENDRONIC, fractures=(BROKEN,)),
    "spine_image.after_fracture": record(ALENDRONIC, fractures=(BROKEN,)),
    "review.untreated": record(
        course(start="10-03-2020", stopped_on="10-03-2025", stop_reason=StopReason.SIDE_EFFECTS)
    ),
    "dxa.before_review": record(ALENDRONIC),
    "spine_image.before_review": record(ALENDRONIC),
    "dose.zoledronic_acid": record(ZOLEDRONIC),
    "dose.ibandronic_acid_iv": record(IBANDRONIC),
    "dose.denosumab": record(DENOSUMAB),
    "lab.before_infusion": record(ZOLEDRONIC),
    "letter.after_control": record(ALENDRONIC, controls=(control("10-06-2025"),)),
}
LATE_ON = date(2026, 6, 2)  # a day on which every fact above is known


def item_of(code):
    found = SITUATIONS[code]
    return next(i for i in rules.due_items(found, LATE_ON) if i.code == code)


@pytest.mark.parametrize("code", SITUATIONS)
def test_status_changes_on_the_day_after_each_edge_and_not_before(code):
    item = item_of(code)
    one = timedelta(1)
    assert str(rules.status(item, item.opens_on - one)) == "upcoming"
    assert str(rules.status(item, item.opens_on)) == "open"
    assert str(rules.status(item, item.late_after)) == "open"
    assert str(rules.status(item, item.late_after + one)) == "late"
    if item.very_late_after is None:
        assert str(rules.status(item, item.late_after + timedelta(4000))) == "late"
    else:
        assert item.very_late_after >= item.late_after
        assert str(rules.status(item, item.very_late_after + one)) == "very_late"
        if item.very_late_after > item.late_after:
            assert str(rules.status(item, item.very_late_after)) == "late"


@pytest.mark.parametrize(
    ("code", "opens", "late", "very_late"),
    [("control.early", 28, 28, 92), ("control.yearly", 56, 56, 92), ("dose.denosumab", 42, 0, 28),
     ("dose.zoledronic_acid", 42, 28, None), ("dose.ibandronic_acid_iv", 14, 14, None),
     ("review.untreated", 42, 0, 90), ("course.close", 14, 14, 90), ("pause.check", 14, 28, None)],
)  # fmt: skip
def test_windows_in_days(code, opens, late, very_late):
    item = item_of(code)
    assert (item.due_on - item.opens_on).days == opens
    assert (item.late_after - item.due_on).days == late
    if very_late is None:
        assert item.very_late_after is None
    else:
        assert (item.very_late_after - item.due_on).days == very_late


@pytest.mark.parametrize(("on", "owed"), [("20-04-2025", True), ("21-04-2025", False), ("22-04-2025", False)])
def test_an_early_control_counts_from_day_42(on, owed):
    found = record(ALENDRONIC, controls=(control(on),))
    assert ("control.early" in codes(found, "01-07-2025")) is owed


@pytest.mark.parametrize(
    ("registered", "code"),
    [("07-07-2025", "control.early"), ("08-07-2025", "control.early"), ("09-07-2025", "control.yearly")],
)
def test_registered_more_than_28_days_after_the_early_control(registered, code):
    found = record(ALENDRONIC, who=patient(registered=d(registered)))
    assert code in codes(found, "01-09-2025")


@pytest.mark.parametrize(("on", "due_on"), [("09-12-2025", "09-06-2026"), ("10-12-2025", "10-12-2026")])
def test_a_full_control_counts_for_the_year_from_nine_months(on, due_on):
    found = record(ALENDRONIC, controls=(control("10-06-2025"), control(on)))
    assert due(found, "11-12-2025", "control.yearly") == [due_on]


@pytest.mark.parametrize(("counts", "due_on"), [(True, "15-03-2027"), (False, "10-03-2026"), (None, "10-03-2026")])
def test_a_phone_control_counts_only_when_marked(counts, due_on):
    found = record(ALENDRONIC, controls=(control("10-06-2025"), control("15-03-2026", "phone", counts=counts)))
    assert due(found, "16-03-2026", "control.yearly") == [due_on]


@pytest.mark.parametrize(("until", "moved"), [("02-03-2026", 0), ("03-03-2026", 0), ("04-03-2026", 31)])
def test_thirty_days_are_missed_doses_thirty_one_a_pause(until, moved):
    found = record(course(start="10-03-2025", pauses=(pause("01-02-2026", until),)), controls=SEEN)
    end = d(due(found, "01-05-2026", "review.end_of_course")[0])
    assert (end - date(2030, 3, 10)).days == moved


@pytest.mark.parametrize(("signed", "owed"), [("09-09-2029", True), ("10-09-2029", False), ("11-09-2029", False)])
def test_a_stop_satisfies_the_review_from_six_months_before(signed, owed):
    found = record(ALENDRONIC, reviews=(review(signed, "stop", effective_on="10-03-2030"),))
    assert ("review.end_of_course" in codes(found, "12-09-2029")) is owed


@pytest.mark.parametrize(
    ("until", "due_on"), [("09-09-2030", "09-09-2030"), ("10-09-2030", "10-09-2030"), ("11-09-2030", "10-09-2030")]
)
def test_a_review_is_postponed_by_six_months_at_most(until, due_on):
    found = record(ALENDRONIC, reviews=(review("01-02-2030", "postpone", until=until),))
    assert due(found, "02-02-2030", "review.end_of_course") == [due_on]


@pytest.mark.parametrize(("made", "owed"), [("09-03-2029", True), ("10-03-2029", False)])
def test_a_dxa_of_the_year_before_the_review_is_enough(made, owed):
    found = record(ALENDRONIC, scans=(r.Scan(d(made), d(made)),))
    assert ("dxa.before_review" in codes(found, "12-03-2029")) is owed


@pytest.mark.parametrize(("on", "code"), [("09-03-2026", None), ("10-03-2026", "review.after_fracture")])
def test_a_fracture_asks_for_a_look_from_twelve_months(on, code):
    found = record(ALENDRONIC, fractures=(r.Fracture(d(on), "wrist", None),))
    assert ("review.after_fracture" in codes(found, "12-03-2026")) is (code is not None)


@pytest.mark.parametrize("site", ["finger", "toe", "face", "skull", "cervical_spine"])
def test_some_fractures_do_not_count(site):
    found = record(ALENDRONIC, fractures=(r.Fracture(d("01-06-2026"), site, True),))
    assert "review.after_fracture" not in codes(found, "02-06-2026")


@pytest.mark.parametrize(
    ("agreed_on", "hidden"),
    [("12-01-2026", False), ("13-01-2026", True), ("05-05-2026", True), ("06-05-2026", False)],
)
def test_an_agreed_control_hides_the_yearly_one_inside_its_window(agreed_on, hidden):
    agreed = r.Agreement(AgreementWhat.CONTROL, d(agreed_on), d("10-06-2025"))
    found = record(ALENDRONIC, controls=(control("10-06-2025"),), agreements=(agreed,))
    assert ("control.yearly" not in codes(found, "01-07-2025")) is hidden
    assert "agreed.control" in codes(found, "01-07-2025")


@pytest.mark.parametrize(("on", "satisfied"), [("10-06-2025", False), ("11-06-2025", True)])
def test_an_agreement_is_satisfied_by_a_fact_after_it_was_made(on, satisfied):
    agreed = r.Agreement(AgreementWhat.CALL, d("01-07-2025"), d("10-06-2025"))
    found = record(controls=(control(on, "interim"),), agreements=(agreed,))
    assert ("agreed.call" not in codes(found, "12-06-2025")) is satisfied


def test_denosumab_stays_after_leaving_until_the_hand_over_is_confirmed():
    left = patient(status="moved", status_on=d("01-07-2026"))
    assert "dose.denosumab" in codes(record(DENOSUMAB, who=left), "02-07-2026")
    confirmed = patient(status="moved", status_on=d("01-07-2026"), handover_confirmed_on=d("05-07-2026"))
    assert "dose.denosumab" in codes(record(DENOSUMAB, who=confirmed), "04-07-2026")
    assert "dose.denosumab" not in codes(record(DENOSUMAB, who=confirmed), "05-07-2026")
    dead = patient(status="deceased", status_on=d("01-07-2026"))
    assert codes(record(DENOSUMAB, who=dead), "02-07-2026") == set()


def test_a_letter_is_done_when_one_about_the_fact_was_sent():
    told = record(ALENDRONIC, controls=(control("10-06-2025"),),
                  letters=(r.Letter(LetterAbout.CONTROL, d("10-06-2025"), d("12-06-2025")),))  # fmt: skip
    assert "letter.after_control" in codes(told, "11-06-2025")
    assert "letter.after_control" not in codes(told, "12-06-2025")


def test_a_waived_early_control_counts_as_done():
    waived = record(ALENDRONIC, waivers=(r.Waiver("control.early", d("10-06-2025"), d("01-06-2025")),))
    assert due(waived, "01-07-2025", "control.yearly") == ["10-03-2026"]
    assert "control.early" not in codes(waived, "01-07-2025")


def test_a_waived_review_gives_way_to_the_next():
    ten = course(start="10-03-2025", years=10)
    waived = record(ten, waivers=(r.Waiver("review.standard", d("10-03-2030"), d("01-02-2030")),))
    assert due(waived, "02-02-2030", "review.end_of_course") == ["10-03-2035"]


def test_nobody_falls_off_the_list():
    facts = Facts(record(), d("01-06-2026"))
    assert rules.nothing_planned(facts, rules.from_facts(facts, DEFAULT))
    facts = Facts(record(ALENDRONIC), d("01-06-2026"))
    assert not rules.nothing_planned(facts, rules.from_facts(facts, DEFAULT))
