"""How the clinic does: which cases a patient gives, on the day before, of and after each window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from clinic.domain import record as r
from clinic.domain.due import due_items
from clinic.domain.figure_events import cases
from clinic.domain.figures import CaseState, Figure, share
from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import ControlsBy, LetterAbout, PatientStatus, StopReason
from tests.domain.makers import control, course, d, patient, pause, record, review

SINCE, ON = d("01-01-2025"), d("23-11-2026")
MET, MISSED, OPEN, LEFT_OUT = CaseState.MET, CaseState.MISSED, CaseState.OPEN, CaseState.LEFT_OUT


def of(figure: Figure, found: r.Record, on: date = ON) -> list[tuple[str, CaseState, str]]:
    """The cases of one figure: the day it counts on, how it ended, when it was done."""
    return [(f"{case.on:%d-%m-%Y}", case.state, f"{case.done_on:%d-%m-%Y}" if case.done_on else "")
            for case in sorted(cases(found, SINCE, on, DEFAULT)) if case.figure == figure]  # fmt: skip


def treated(*controls: str, **more: object) -> r.Record:
    """On alendronic acid since 10 March 2025, seen in June: yearly control due on 10 March 2026."""
    return record(course(start="10-03-2025"), controls=tuple(map(control, ("12-06-2025", *controls))), **more)


@pytest.mark.parametrize(
    ("done", "case"),
    [
        ("13-01-2026", ("10-03-2026", MET, "13-01-2026")),  # the day it opens
        ("05-05-2026", ("10-03-2026", MET, "05-05-2026")),  # eight weeks after, the last day
        ("06-05-2026", ("10-03-2026", MISSED, "06-05-2026")),
    ],
)
def test_a_yearly_control_is_on_time_until_eight_weeks_after_its_date(done: str, case: tuple[str, CaseState, str]):
    assert of(Figure.YEARLY, treated(done)) == [case]


def test_a_control_before_the_window_opens_gives_another_date_and_no_case() -> None:
    assert of(Figure.YEARLY, treated("12-01-2026")) == []


def test_a_year_without_control_is_missed_once_its_window_is_over() -> None:
    assert of(Figure.YEARLY, treated(), d("10-03-2026")) == [("10-03-2026", OPEN, "")]
    assert of(Figure.YEARLY, treated(), d("05-05-2026")) == [("10-03-2026", OPEN, "")]
    assert of(Figure.YEARLY, treated(), d("06-05-2026")) == [("10-03-2026", MISSED, "")]
    assert of(Figure.YEARLY, treated(), d("09-03-2026")) == []


@pytest.mark.parametrize(("left", "state"), [("10-03-2026", LEFT_OUT), ("11-03-2026", MISSED)])
def test_who_died_by_the_date_is_left_out(left: str, state: CaseState) -> None:
    who = patient(status=PatientStatus.DECEASED, status_on=d(left))
    assert of(Figure.YEARLY, treated(who=who)) == [("10-03-2026", state, "")]


def test_what_was_due_before_she_was_registered_is_no_case() -> None:
    assert of(Figure.YEARLY, treated(who=patient(registered=d("01-04-2026")))) == []


def test_an_agreed_date_leaves_the_window_as_it_is() -> None:
    agreed = (r.Agreement("control", d("01-04-2026"), d("12-06-2025")),)
    assert of(Figure.YEARLY, treated("01-04-2026", agreements=agreed)) == [("10-03-2026", MET, "01-04-2026")]


def test_a_date_that_a_doctor_moved_counts_where_it_is() -> None:
    moved = r.Override("control.yearly", None, d("10-03-2026"), d("10-06-2026"), d("01-03-2026"), "x")
    assert of(Figure.YEARLY, treated("01-07-2026", overrides=(moved,))) == [("10-06-2026", MET, "01-07-2026")]


def test_a_control_let_lapse_or_no_longer_needed_after_its_date_is_left_out() -> None:
    waived = (r.Waiver("control.yearly", d("10-03-2026"), d("20-03-2026")),)
    assert of(Figure.YEARLY, treated(waivers=waived)) == [("10-03-2026", LEFT_OUT, "")]
    stopped = course(start="10-03-2025", stopped_on="20-03-2026", stop_reason=StopReason.PATIENT_WISH)
    assert of(Figure.YEARLY, record(stopped, controls=(control("12-06-2025"),))) == [("10-03-2026", LEFT_OUT, "")]


def ending(*reviews: r.Review) -> r.Record:
    """On alendronic acid for five years, until 10 March 2026."""
    return record(course(start="10-03-2021"), reviews=reviews)


@pytest.mark.parametrize(
    ("signed", "case"),
    [
        ("20-10-2025", ("10-03-2026", MET, "20-10-2025")),
        ("10-03-2026", ("10-03-2026", MET, "10-03-2026")),
        ("11-03-2026", ("10-03-2026", MISSED, "11-03-2026")),
    ],
)
def test_a_decision_is_on_time_until_the_planned_end(signed: str, case: tuple[str, CaseState, str]) -> None:
    assert of(Figure.DECISION, ending(review(signed, "continue", "10-03-2031"))) == [case]


def test_a_review_postponed_in_time_counts_where_it_went() -> None:
    postponed = review("01-03-2026", "postpone", "10-06-2026")
    decided = review("05-06-2026", "stop", effective_on="05-06-2026")
    assert of(Figure.DECISION, ending(postponed, decided)) == [("10-06-2026", MET, "05-06-2026")]


@pytest.mark.parametrize(("given", "state"), [("15-12-2025", MET), ("16-12-2025", MISSED)])
def test_an_injection_is_on_time_until_28_days_after_its_date(given: str, state: CaseState) -> None:
    injected = course("denosumab", "17-05-2025", 3, doses=(d("17-05-2025"), d(given)))
    first = [case for case in of(Figure.INJECTION, record(injected)) if case[0] == "17-11-2025"]
    assert first == [("17-11-2025", state, given)]


def gone(left: str, status: PatientStatus = PatientStatus.MOVED, **more: object) -> r.Patient:
    """One who left."""
    return patient(status=status, status_on=d(left), **more)


@pytest.mark.parametrize(
    ("who", "states"),
    [
        (gone("01-10-2025"), [LEFT_OUT]),
        (gone("16-11-2025", PatientStatus.DECLINED), [LEFT_OUT]),
        (gone("17-11-2025", PatientStatus.TRANSFERRED), [MISSED]),  # that day it was the clinic's still
        (gone("01-10-2025", handover_confirmed_on=d("20-10-2025")), [LEFT_OUT]),
        (gone("01-10-2025", handover_confirmed_on=d("20-12-2025")), [LEFT_OUT]),  # very late by then
        (gone("01-10-2025", PatientStatus.DECEASED), [LEFT_OUT]),
    ],
)
def test_an_injection_due_after_she_left_is_left_out_though_it_stands(who: r.Patient, states: list[CaseState]) -> None:
    injected = record(course("denosumab", "17-05-2025", 3, doses=(d("17-05-2025"),)), who=who)
    assert of(Figure.INJECTION, injected) == [("17-11-2025", state, "") for state in states]


@pytest.mark.parametrize(
    ("left", "case"),
    [
        ("20-10-2025", ("17-11-2025", MET, "10-10-2025")),  # given before she left
        ("10-10-2025", ("17-11-2025", MET, "10-10-2025")),
        ("09-10-2025", ("17-11-2025", LEFT_OUT, "")),  # given elsewhere
    ],
)
def test_an_injection_given_before_she_left_counts(left: str, case: tuple[str, CaseState, str]) -> None:
    injected = record(course("denosumab", "17-05-2025", 3, doses=(d("17-05-2025"), d("10-10-2025"))), who=gone(left))
    assert of(Figure.INJECTION, injected)[0] == case


def test_an_infusion_is_on_time_until_it_is_late() -> None:
    infused = course("zoledronic_acid", "01-03-2025", 3, doses=(d("01-03-2025"), d("29-03-2026")))
    assert of(Figure.INFUSION, record(infused)) == [("01-03-2026", MET, "29-03-2026")]


def letters(sent: str | None) -> r.Record:
    """Seen on Thursday 7 May 2026: the letter is due on Friday 15 May, for Ascension day lies between."""
    told = (r.Letter(LetterAbout.CONTROL, d("07-05-2026"), d(sent) if sent else None),)
    return record(course(start="10-03-2026"), controls=(control("07-05-2026"),), letters=told)


@pytest.mark.parametrize(
    ("sent", "on", "state"),
    [
        ("07-05-2026", "23-11-2026", MET), ("15-05-2026", "23-11-2026", MET), ("16-05-2026", "23-11-2026", MISSED),
        (None, "15-05-2026", OPEN), (None, "16-05-2026", MISSED), ("18-05-2026", "15-05-2026", OPEN),
    ],
)  # fmt: skip
def test_a_letter_is_on_time_until_the_fifth_working_day(sent: str | None, on: str, state: CaseState) -> None:
    assert [(day, found) for day, found, _ in of(Figure.LETTER, letters(sent), d(on))] == [("07-05-2026", state)]


@pytest.mark.parametrize(
    ("left", "sent", "case"),
    [
        ("08-05-2026", None, (LEFT_OUT, "")), ("14-05-2026", "16-05-2026", (LEFT_OUT, "")),
        ("08-05-2026", "15-05-2026", (MET, "15-05-2026")),
        ("15-05-2026", None, (MISSED, "")), ("15-05-2026", "16-05-2026", (MISSED, "16-05-2026")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [PatientStatus.DECEASED, PatientStatus.MOVED])
def test_who_left_before_the_letter_was_due_is_left_out_unless_it_went_in_time(
    left: str, sent: str | None, case: tuple[CaseState, str], status: PatientStatus
) -> None:
    assert of(Figure.LETTER, replace(letters(sent), patient=gone(left, status))) == [("07-05-2026", *case)]


def test_a_letter_let_lapse_is_left_out() -> None:
    waived = (r.Waiver("letter.after_control", d("15-05-2026"), d("08-05-2026")),)
    found = record(course(start="10-03-2026"), controls=(control("07-05-2026"),), waivers=waived)
    assert of(Figure.LETTER, found) == [("07-05-2026", LEFT_OUT, "")]


@pytest.mark.parametrize(
    ("seen", "state"), [("25-05-2025", MISSED), ("26-05-2025", MET), ("07-07-2025", MET), ("08-07-2025", MISSED)]
)
def test_a_first_control_is_on_time_from_11_to_17_weeks(seen: str, state: CaseState) -> None:
    found = of(Figure.FIRST, record(course(start="10-03-2025"), controls=(control(seen),)))
    assert [(day, how) for day, how, _ in found] == [("07-07-2025", state)]


def test_a_first_control_is_not_asked_of_who_stopped_left_or_goes_to_the_gp() -> None:
    stopped = course(start="10-03-2025", stopped_on="01-05-2025", stop_reason=StopReason.PATIENT_WISH)
    assert of(Figure.FIRST, record(stopped)) == [("07-07-2025", LEFT_OUT, "")]
    moved = patient(status=PatientStatus.MOVED, status_on=d("01-05-2025"))
    assert of(Figure.FIRST, record(course(start="10-03-2025"), who=moved)) == [("07-07-2025", LEFT_OUT, "")]
    assert of(Figure.FIRST, record(course(start="10-03-2025", controls_by=ControlsBy.GP))) == []


def after_a_year(*courses: r.Course, **more: object) -> list[CaseState]:
    return [state for _, state, _ in of(Figure.PERSISTENCE, record(*courses, **more))]


def test_a_year_after_a_start_she_is_still_on_a_drug_or_not() -> None:
    assert after_a_year(course(start="10-03-2025")) == [MET]
    stop = {"stopped_on": "10-09-2025", "stop_reason": StopReason.SWITCH}
    assert after_a_year(course(start="10-03-2025", **stop)) == [MISSED]
    follows, too_late = (course("risedronic_acid", start) for start in ("09-11-2025", "10-11-2025"))
    assert after_a_year(course(start="10-03-2025", **stop), follows) == [MET]
    assert after_a_year(course(start="10-03-2025", **stop), too_late) == [MISSED, MET]  # a start of its own
    assert after_a_year(course(start="10-03-2025", pauses=(pause("01-05-2025", "15-07-2025"),))) == [MISSED]
    assert after_a_year(course(start="10-03-2025", pauses=(pause("01-05-2025", "30-06-2025"),))) == [MET]
    assert after_a_year(course(start="10-03-2025", pauses=(pause("01-12-2025"),))) == [MISSED]
    gone = patient(status=PatientStatus.DECEASED, status_on=d("01-01-2026"))
    assert after_a_year(course(start="10-03-2025"), who=gone) == [LEFT_OUT]


def test_height_and_weight_are_both_measured_at_a_control_in_person() -> None:
    seen = (control("01-03-2026", height_mm=1620, weight_g=60000), control("01-04-2026", height_mm=1620),
            control("01-05-2026", "phone"))  # fmt: skip
    found = of(Figure.MEASURED, record(controls=seen))
    assert [(day, state) for day, state, _ in found] == [("01-03-2026", MET), ("01-04-2026", MISSED)]


@pytest.mark.parametrize(("imaged", "state"), [("12-04-2026", MET), ("13-04-2026", MISSED), (None, MISSED)])
def test_a_red_height_alert_is_followed_within_six_weeks(imaged: str | None, state: CaseState) -> None:
    seen = (control("01-03-2025", height_mm=1642), control("01-03-2026", height_mm=1622))
    images = (r.SpineImage(d(imaged)),) if imaged else ()
    found = of(Figure.HEIGHT, record(course(), controls=seen, spine_images=images))
    assert [(day, how) for day, how, _ in found] == [("01-03-2026", state)]


def test_a_note_follows_a_height_alert_too_and_a_first_height_can_raise_one() -> None:
    who = patient(recalled_max_height_mm=1700)
    seen = (control("01-03-2026", height_mm=1655),)
    notes = (r.Note("height_loss_recalled", d("20-03-2026")),)
    assert of(Figure.HEIGHT, record(course(), who=who, controls=seen, notes=notes)) == [
        ("01-03-2026", MET, "20-03-2026")
    ]


@pytest.mark.parametrize(("scanned", "imaged", "state"), [
    ("10-09-2025", "10-03-2026", MET), ("09-09-2025", "10-03-2026", MISSED), ("10-09-2025", None, MISSED),
])  # fmt: skip
def test_a_decision_has_its_dxa_and_spine_image(scanned: str, imaged: str | None, state: CaseState) -> None:
    found = record(course(start="10-03-2021"), reviews=(review("10-03-2026", "continue", "10-03-2031"),),
                   scans=(r.Scan(d(scanned)),), spine_images=(r.SpineImage(d(imaged)),) if imaged else ())  # fmt: skip
    assert [how for _, how, _ in of(Figure.PREPARED, found)] == [state]


@pytest.mark.parametrize(("on", "state"), [("08-06-2026", MISSED), ("09-06-2026", MET)])
def test_overrun_is_more_than_90_days_past_the_planned_end(on: str, state: CaseState) -> None:
    assert [how for _, how, _ in of(Figure.OVERRUN, ending(), d(on))] == [state]


def test_no_overrun_after_a_decision_or_without_a_bisphosphonate() -> None:
    decided = ending(review("01-03-2026", "stop", effective_on="01-04-2026"))
    for found in (decided, record(), record(course("denosumab", "10-03-2021", 3))):
        assert [how for _, how, _ in of(Figure.OVERRUN, found)] == [MISSED]


@pytest.mark.parametrize(
    ("on", "contact", "state"),
    [("09-09-2026", None, MISSED), ("10-09-2026", None, MET), ("10-09-2026", "11-03-2026", MISSED)],
)
def test_lost_is_half_a_year_past_a_control_without_a_contact(on: str, contact: str | None, state: CaseState) -> None:
    seen: Iterable[r.Control] = (control("12-06-2025"), *([control(contact, "interim")] if contact else []))
    found = record(course(start="10-03-2025"), controls=tuple(seen))
    assert [how for _, how, _ in of(Figure.LOST, found, d(on))] == [state]


def test_who_left_is_not_counted_today() -> None:
    gone = record(course(), who=patient(status=PatientStatus.MOVED, status_on=d("01-01-2026")))
    assert of(Figure.OVERRUN, gone) == of(Figure.LOST, gone) == []


@pytest.mark.parametrize(
    ("met", "n", "told"),
    [(9, 9, (None, None, None)), (10, 10, (1000, 722, 1000)), (0, 10, (0, 0, 278)), (80, 100, (800, 711, 867)),
     (0, 0, (None, None, None))],
)  # fmt: skip
def test_a_percentage_has_wilsons_interval_and_none_below_ten(met: int, n: int, told: tuple[int | None, ...]) -> None:
    found = share(met, n)
    assert (found.tenths, found.low, found.high) == told


def test_the_case_that_is_open_today_is_the_item_that_stands_today() -> None:
    for days in range(0, 700, 7):
        on = SINCE + timedelta(days)
        found = treated("20-03-2026")
        standing = [i for i in due_items(found, on) if i.code == "control.yearly" and i.due_on <= on <= i.late_after]
        still = [c.on for c in cases(found, SINCE, on, DEFAULT) if c.figure == Figure.YEARLY and c.state == OPEN]
        assert still == [item.due_on for item in standing]
