"""An item that a doctor moved: its window goes with it, and another computed date opens the question again."""

from dataclasses import replace

import pytest

from clinic.domain import record as r
from clinic.domain.alerts import alerts
from clinic.domain.due import due_items
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT
from clinic.domain.record import Override
from clinic.domain.review import missing_of
from clinic.domain.vocabulary import AgreementWhat, FractureSite, MissingFact, StopReason
from tests.domain.makers import control, course, d, due, patient, pause, record, review

STARTED = course(start="10-03-2025")
SEEN = (control("12-06-2025"),)


def override(chosen, computed="10-03-2026", code="control.yearly", on="01-12-2025", subject=None):
    return Override(code, subject, d(computed), d(chosen), d(on), "op verzoek")


def moved(*overrides, controls=SEEN, **more):
    return record(STARTED, controls=controls, overrides=overrides, **more)


def test_the_window_goes_along_and_why_names_the_computed_date():
    before, after = (
        next(i for i in due_items(found, d("01-01-2026")) if i.code == "control.yearly")
        for found in (moved(), moved(override("20-04-2026")))
    )
    names = ("due_on", "opens_on", "late_after", "very_late_after")
    assert {(getattr(after, name) - getattr(before, name)).days for name in names} == {41}
    assert (after.why.code, after.why.params["computed"]) == ("moved", d("10-03-2026"))


def test_an_item_that_is_never_very_late_stays_so():
    found = moved(override("20-03-2030", "24-02-2030", "dxa.before_review"))
    item = next(i for i in due_items(found, d("01-01-2026")) if i.code == "dxa.before_review")
    assert (item.due_on, item.very_late_after) == (d("20-03-2030"), None)


INJECTED = course("denosumab", "18-05-2026", 3, doses=(d("18-05-2026"),))  # next due 18-11, very late after 16-12


@pytest.mark.parametrize(("chosen", "on", "window"), [
    ("16-12-2026", "01-12-2026", ("04-11-2026", "16-12-2026")),
    ("01-11-2026", "01-10-2026", ("20-09-2026", "01-11-2026")),
    ("20-12-2026", "20-12-2026", ("08-11-2026", "16-12-2026")),  # was very late when it was moved
    ("20-03-2027", "20-03-2027", ("16-12-2026", "16-12-2026")),  # so long that its window would open after that
])  # fmt: skip
def test_an_injection_of_denosumab_is_very_late_when_it_was_wherever_it_is_moved(chosen, on, window):
    found = record(INJECTED, overrides=(override(chosen, "18-11-2026", "dose.denosumab", on),))
    [item] = [i for i in due_items(found, d(on)) if i.code == "dose.denosumab"]
    assert (item.due_on, item.very_late_after) == (d(chosen), d("16-12-2026"))
    assert (item.opens_on, item.late_after) == tuple(map(d, window))


@pytest.mark.parametrize(("days", "level"), [("16-12-2026", None), ("17-12-2026", "red"), ("20-12-2026", "red")])
def test_moving_an_injection_takes_its_red_alert_away_on_no_day(days, level):
    signed = override("16-12-2026", "18-11-2026", "dose.denosumab")
    later = override("20-12-2026", "18-11-2026", "dose.denosumab", "20-12-2026")
    for found in (record(INJECTED), record(INJECTED, overrides=(signed,)), record(INJECTED, overrides=(later,))):
        told = alerts(found, d(days))
        assert [a.level for a in told] == ([level] if level else [])
        assert all(a.since == d("17-12-2026") for a in told)
        assert all((a.why.params["due_on"], a.why.params["days"]) == (d("18-11-2026"), 28) for a in told)


@pytest.mark.parametrize(("chosen", "lab", "opens", "late"), [
    ("17-08-2026", "20-07-2026", "06-07-2026", "10-08-2026"),
    ("17-04-2026", "20-03-2026", "06-03-2026", "10-04-2026"),
])  # fmt: skip
def test_the_creatinine_goes_along_with_the_infusion(chosen, lab, opens, late):
    signed = override(chosen, "17-05-2026", "dose.zoledronic_acid", "01-03-2026")
    found = record(course(**FILLED), overrides=(signed,))
    [item] = [i for i in due_items(found, d("02-03-2026")) if i.code == "lab.before_infusion"]
    assert (item.due_on, item.opens_on, item.late_after) == (d(lab), d(opens), d(late))
    assert item.why.params["dose"] == d(chosen)


def test_a_creatinine_of_more_than_sixty_days_before_the_chosen_day_is_too_old():
    signed = override("17-08-2026", "17-05-2026", "dose.zoledronic_acid", "01-03-2026")
    for taken, owed in (("17-06-2026", ["20-07-2026"]), ("18-06-2026", [])):
        found = record(course(**FILLED), overrides=(signed,), labs=(r.Lab(d(taken), 80),))
        assert due(found, "20-06-2026", "lab.before_infusion") == owed


@pytest.mark.parametrize(("given", "code", "computed"), [
    ({}, "review.end_of_course", "10-03-2030"),
    ({"stopped_on": "10-03-2028", "stop_reason": StopReason.PLANNED_BREAK}, "reassess.break", "10-03-2030"),
])  # fmt: skip
def test_the_dxa_and_the_image_go_along_with_the_review(given, code, computed):
    signed = override("10-09-2030", computed, code, "01-12-2029")
    found = record(course(**given), overrides=(signed,))
    for about in ("dxa.before_review", "spine_image.before_review"):
        [item] = [i for i in due_items(found, d("02-12-2029")) if i.code == about]
        assert (item.due_on, item.opens_on, item.late_after) == (d("27-08-2030"), d("10-04-2030"), d("10-09-2030"))


def test_for_a_moved_review_a_dxa_counts_from_a_year_before_its_first_date_as_after_a_postponement():
    signed = override("10-09-2030", "10-03-2030", "review.end_of_course", "01-12-2029")
    for made, owed in (("09-03-2029", ["27-08-2030"]), ("10-03-2029", [])):
        found = record(STARTED, overrides=(signed,), scans=(r.Scan(d(made)),))
        assert due(found, "02-12-2029", "dxa.before_review") == owed


def test_what_goes_along_can_be_moved_by_itself_from_there():
    signed = override("17-08-2026", "17-05-2026", "dose.zoledronic_acid", "01-03-2026")
    lab = override("27-07-2026", "20-07-2026", "lab.before_infusion", "02-03-2026")
    found = record(course(**FILLED), overrides=(signed, lab))
    assert due(found, "03-03-2026", "lab.before_infusion") == ["27-07-2026"]
    assert reopened(replace(found, overrides=(lab,)), "03-03-2026") == {"lab.before_infusion"}


REVIEWED = "review.end_of_course"
WEEK_LATER = override("17-03-2030", "10-03-2030", REVIEWED, "01-12-2029")
BEFORE_REVIEW = ("dxa.before_review", "spine_image.before_review")


@pytest.mark.parametrize("signed", ["24-02-2030", "03-03-2030"])
@pytest.mark.parametrize("given", [{}, {"stopped_on": "10-03-2028", "stop_reason": StopReason.PLANNED_BREAK}])
def test_what_a_doctor_let_lapse_does_not_come_back_when_its_review_is_moved(given, signed):
    """By the day of before the move, or by the one that followed it."""
    moved_too = replace(WEEK_LATER, code="reassess.break" if given else REVIEWED)
    for code in BEFORE_REVIEW:
        found = record(course(**given), overrides=(moved_too,), waivers=(r.Waiver(code, d(signed), d("02-12-2029")),))
        assert due(found, "03-12-2029", code) == []
        [other] = {*BEFORE_REVIEW} - {code}
        assert due(found, "03-12-2029", other) == ["03-03-2030"]


def test_what_was_let_lapse_while_its_review_was_moved_far_is_not_asked_for_again():
    far = override("10-06-2031", "10-03-2030", REVIEWED, "01-12-2029")
    signed = "01-06-2031"
    waived = r.Waiver("dxa.before_review", d("24-02-2030"), d(signed))
    asked = {
        waivers: missing_of(Facts(record(STARTED, overrides=(far,), waivers=waivers), d("02-06-2031")), DEFAULT)
        for waivers in ((), (waived,))
    }
    assert MissingFact.DXA in asked[()]
    assert MissingFact.DXA not in asked[waived,]
    assert MissingFact.SPINE_IMAGE in asked[waived,]


@pytest.mark.parametrize("signed", ["19-04-2026", "20-07-2026"])
def test_a_creatinine_that_was_let_lapse_does_not_come_back_when_its_infusion_is_moved(signed):
    moved_too = override("17-08-2026", "17-05-2026", "dose.zoledronic_acid", "01-03-2026")
    waived = (r.Waiver("lab.before_infusion", d(signed), d("02-03-2026")),)
    assert due(record(course(**FILLED), overrides=(moved_too,), waivers=waived), "03-03-2026", waived[0].code) == []


@pytest.mark.parametrize("signed", ["24-02-2030", "03-03-2030"])
def test_the_day_a_doctor_chose_for_the_dxa_holds_when_its_review_is_moved(signed):
    chosen = override("15-01-2030", signed, "dxa.before_review", "02-12-2029")
    found = record(STARTED, overrides=(WEEK_LATER, chosen))
    [item] = [i for i in due_items(found, d("03-12-2029")) if i.code == "dxa.before_review"]
    assert (item.due_on, item.late_after, item.why.code) == (d("15-01-2030"), d("29-01-2030"), "moved")
    assert (item.why.params["computed"], item.why.params["review"]) == (d(signed), d("17-03-2030"))
    assert due(found, "03-12-2029", "spine_image.before_review") == ["03-03-2030"]


def test_the_day_a_doctor_chose_for_the_creatinine_holds_when_its_infusion_is_moved():
    infusion = override("17-06-2026", "17-05-2026", "dose.zoledronic_acid", "01-03-2026")
    lab = override("01-05-2026", "19-04-2026", "lab.before_infusion", "01-03-2026")
    found = record(course(**FILLED), overrides=(infusion, lab))
    assert due(found, "03-03-2026", "lab.before_infusion") == ["01-05-2026"]
    assert due(replace(found, labs=(r.Lab(d("18-04-2026"), 80),)), "20-04-2026", "lab.before_infusion") == []


@pytest.mark.parametrize(
    ("on", "expected"), [("30-11-2025", ["10-03-2026"]), ("01-12-2025", ["20-04-2026"]), ("02-12-2025", ["20-04-2026"])]
)
def test_it_holds_from_the_day_it_was_signed(on, expected):
    assert due(moved(override("20-04-2026")), on, "control.yearly") == expected


def reopened(found, on):
    """Which items say that their question is open again."""
    return {item.code for item in due_items(found, d(on)) if item.why.code == "reopened"}


def test_another_computed_date_opens_the_question_again():
    found = replace(moved(override("20-04-2026")), courses=(course(start="17-03-2025"),))
    [item] = [i for i in due_items(found, d("03-02-2026")) if i.code == "control.yearly"]
    assert item.due_on == d("17-03-2026")
    asked = {"was": "control.yearly.first", "computed": d("10-03-2026"), "chosen": d("20-04-2026")}
    assert (item.why.code, item.why.params) == ("reopened", item.why.params | asked | {"moved": d("01-12-2025")})


def test_other_numbers_of_the_protocol_open_it_too():
    sooner = replace(DEFAULT, yearly_months=11)
    found = due_items(moved(override("20-04-2026")), d("03-02-2026"), sooner)
    assert [i.due_on for i in found if i.why.code == "reopened"] == [d("10-02-2026")]


def test_what_was_moved_and_is_done_is_no_question_in_any_later_year():
    years = ("02-02-2026", "20-04-2027", "20-04-2028")
    for done in range(1, 4):
        seen = (*SEEN, *map(control, years[:done]))
        assert reopened(moved(override("20-04-2026"), controls=seen), "21-04-2028") == set()


@pytest.mark.parametrize(("signed", "corrected", "open_again"), [
    ("12-03-2026", "13-03-2026", False),  # seen after she was signed for
    ("12-03-2026", "12-03-2026", False),  # on that very day, and it was open
    ("12-03-2026", "11-03-2026", True),  # before: it is the control from which the moved one was counted
])  # fmt: skip
def test_a_control_on_or_after_the_day_of_signing_ends_the_question(signed, corrected, open_again):
    found = moved(override("20-05-2026", on=signed), controls=(*SEEN, control(corrected)))
    assert (reopened(found, "01-06-2026") == {"control.yearly"}) == open_again


def test_the_next_date_moved_on_the_day_of_the_control_is_asked_again_when_that_control_is_corrected():
    signed = override("20-05-2027", "10-03-2027", on="10-03-2026")
    assert reopened(moved(signed, controls=(*SEEN, control("10-03-2026"))), "11-03-2026") == set()
    assert reopened(moved(signed, controls=(*SEEN, control("09-03-2026"))), "11-03-2026") == {"control.yearly"}


DENOSUMAB = {"drug": "denosumab", "start": "17-05-2025", "years": 3}
FILLED = {"drug": "zoledronic_acid", "start": "17-05-2025", "years": 3, "doses": (d("17-05-2025"),)}
BROKEN = r.Fracture(d("01-02-2026"), FractureSite.HIP)
PAUSED = {"pauses": (pause("01-01-2026"),)}


def wrong(code, subject=None):
    """What was signed on 1 March 2026, when the rules gave a day that no fact gives any more."""
    return override("20-06-2026", "02-06-2026", code, "01-03-2026", d(subject) if subject else None)


@pytest.mark.parametrize(("code", "subject", "given", "facts", "done"), [
    ("control.early", None, {"start": "10-02-2026"}, {}, None),
    ("dose.denosumab", None, DENOSUMAB, {}, {}),
    ("lab.before_infusion", None, FILLED, {}, {}),
    ("dxa.before_review", None, {}, {}, {"scans": (r.Scan(d("02-03-2026")),)}),
    ("spine_image.before_review", None, {}, {}, {"spine_images": (r.SpineImage(d("02-03-2026")),)}),
    ("dxa.before_review", None, {}, {}, {"reviews": (review("02-03-2026", "postpone", "01-05-2030"),)}),
    ("review.end_of_course", None, {}, {}, {"reviews": (review("02-03-2026", "postpone", "01-05-2030"),)}),
    ("pause.check", "01-01-2026", PAUSED, {}, None),
    ("review.after_fracture", "01-02-2026", {"start": "10-03-2023"}, {"fractures": (BROKEN,)}, None),
])  # fmt: skip
def test_each_item_is_asked_again_until_its_own_kind_of_fact(code, subject, given, facts, done):
    """What is None leaves the item itself no longer due."""
    found = record(course(**given), overrides=(wrong(code, subject),), **facts)
    assert code in reopened(found, "05-03-2026")
    if code in ("dose.denosumab", "lab.before_infusion"):
        done, found = {}, replace(found, courses=(replace(found.courses[0], doses=(d("02-03-2026"),)),))
    assert done is None or code not in reopened(replace(found, **done), "05-03-2026")


@pytest.mark.parametrize(("what", "done"), [
    ("control", {"controls": (control("02-03-2026"),)}), ("call", {"controls": (control("02-03-2026", "interim"),)}),
    ("dxa", {"scans": (r.Scan(d("02-03-2026")),)}), ("lab", {"labs": (r.Lab(d("02-03-2026")),)}),
    ("review", {"reviews": (review("02-03-2026", "continue", "01-05-2032"),)}),
])  # fmt: skip
def test_an_agreed_date_that_was_corrected_is_asked_again_until_it_is_done_or_agreed_anew(what, done):
    told = r.Agreement(AgreementWhat(what), d("01-09-2026"), d("01-02-2026"))
    found = record(course(start="10-03-2022"), overrides=(wrong(f"agreed.{what}"),), agreements=(told,))
    assert reopened(found, "05-03-2026") == {f"agreed.{what}"}
    anew = replace(told, made_on=d("03-03-2026"))
    assert reopened(replace(found, agreements=(told, anew)), "05-03-2026") == set()
    assert reopened(replace(found, agreements=(anew,), **done), "05-03-2026") == set()


def test_an_item_of_a_later_course_was_moved_by_nobody():
    old = course(start="10-03-2025", stopped_on="01-04-2026", stop_reason=StopReason.SWITCH)
    found = record(old, course("risedronic_acid", "02-04-2026"), overrides=(wrong("control.early"),))
    assert reopened(found, "03-04-2026") == set()


def test_a_control_before_the_window_leaves_the_yearly_one_owed_and_asked():
    signed = override("20-04-2026", on="01-10-2025")
    assert reopened(moved(signed, controls=(*SEEN, control("01-11-2025"))), "02-11-2025") == {"control.yearly"}


def test_of_two_that_no_longer_hold_the_latest_is_told():
    found = moved(override("20-04-2026", "01-03-2026"), override("20-05-2026", "02-03-2026", on="02-12-2025"))
    [item] = [i for i in due_items(found, d("03-02-2026")) if i.code == "control.yearly"]
    assert item.why.params["chosen"] == d("20-05-2026")


def test_a_stop_whose_day_was_corrected_is_asked_until_it_is_decided_anew():
    decided = review("01-02-2026", "stop", effective_on="01-05-2026")
    found = record(course(), reviews=(decided,), overrides=(wrong("course.close"),))
    assert reopened(found, "05-03-2026") == {"course.close"}
    anew = review("04-03-2026", "stop", effective_on="01-07-2026")
    assert reopened(replace(found, reviews=(decided, anew)), "05-03-2026") == set()


def test_while_it_holds_nothing_is_open():
    for signed in (override("20-04-2026"), override("10-03-2026", "01-03-2026")):
        assert reopened(moved(signed), "01-01-2026") == set()


def test_what_was_backlog_and_is_moved_past_the_registration_is_no_longer():
    who = patient(registered=d("01-05-2026"))
    found = moved(override("20-06-2026"), who=who)
    item = next(i for i in due_items(found, d("01-06-2026")) if i.code == "control.yearly")
    assert not item.backlog


def test_one_who_left_has_nothing_to_move():
    found = moved(override("20-04-2026"), who=patient(status="moved", status_on=d("01-01-2026")))
    assert due(found, "01-02-2026", "control.yearly") == []
