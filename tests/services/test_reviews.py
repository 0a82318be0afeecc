"""A doctor signs a decision on treatment duration: what she had before her, what follows, what is refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from clinic.domain.decision import Decision
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, MissingFact, ReviewOutcome, StopKind
from clinic.services import items, review_drafts, reviews
from clinic.services.facts import stamp
from clinic.services.reviews import SignReview
from clinic.services.work import NotAllowed, Stale
from clinic.store.audit import AuditEntry
from clinic.store.controls import Agreement
from clinic.store.due import DueItem
from clinic.store.letters import Letter, LetterSubject
from clinic.store.review_drafts import ReviewDraft
from clinic.store.reviews import Review
from clinic.store.treatments import CourseStop
from tests.at_once import at_once
from tests.factories import make_course, make_patient

TODAY = date(2026, 11, 23)
UNTIL = date(2032, 1, 18)
END = StopKind.END


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def patient(doctor):
    """Alendronic acid since 18 January 2022 for five years: the review is due in two months."""
    patient = make_patient(doctor)
    make_course(doctor, patient, started_on=date(2022, 1, 18))
    items.refresh(doctor, patient)
    doctor.session.flush()
    return patient


@pytest.fixture
def command(patient):
    decision = Decision(ReviewOutcome.CONTINUE, until=UNTIL)
    return SignReview(
        patient.id, "one-form", patient.facts_version, "default-2026.1", decision, "T-score heup nog −2,6.",
        date(2027, 11, 22), date(2029, 10, 1), "huisarts", frozenset(MissingFact),
    )  # fmt: skip


def due(session):
    return {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}


def decided(command, outcome, **details):
    return replace(command, decision=Decision(ReviewOutcome(outcome), **details))


def stopped(doctor, patient, on, reason="planned_break", drug="alendronic_acid"):
    course = make_course(doctor, patient, drug=drug, started_on=date(2019, 1, 18))
    doctor.session.flush()
    stamp(doctor, CourseStop(course_id=course.id, stopped_on=on, reason=reason), patient.id)
    items.refresh(doctor, patient)
    doctor.session.flush()


def test_continue_moves_the_planned_end_and_what_was_agreed_becomes_items(doctor, session, command):
    before = due(session)
    review = session.get(Review, reviews.sign(doctor, command))
    assert before["review.end_of_course"] == date(2027, 1, 18)
    assert due(session)["review.end_of_course"] == UNTIL
    assert due(session)["agreed.dxa"] == date(2029, 10, 1)
    assert due(session)["letter.after_review"] == date(2026, 11, 30)
    assert (review.outcome, review.on_date, review.signed_function) == ("continue", TODAY, doctor.actor.function)
    assert review.course_id is not None


def test_it_says_what_the_doctor_had_before_her(doctor, session, command):
    review = session.get(Review, reviews.sign(doctor, command))
    assert review.seen["facts"] == command.version
    assert review.seen["protocol"] == "default-2026.1"
    assert review.seen["missing"]["dxa"] is True
    assert review.seen["criteria"]["hip_t_at_or_below_-2.5"] is None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "review.signed")).one()
    assert entry.subject == f"review:{review.id}"


def test_the_letter_is_drafted_with_the_review(doctor, session, command):
    review = reviews.sign(doctor, command)
    subject = session.scalars(select(LetterSubject)).one()
    assert (subject.about, subject.about_on, subject.fact_id) == ("review", TODAY, review)


def test_a_double_click_is_one_review(doctor, session, command):
    assert reviews.sign(doctor, command) == reviews.sign(doctor, command)
    assert session.scalar(select(func.count()).select_from(Review)) == 1


def test_facts_that_changed_since_the_page_was_opened_must_be_looked_at(doctor, session, patient, command):
    items.refresh(doctor, patient)
    with pytest.raises(Stale):
        reviews.sign(doctor, command)
    assert session.scalar(select(func.count()).select_from(Review)) == 0


def test_another_protocol_than_the_page_showed_must_be_looked_at(doctor, command):
    with pytest.raises(Stale):
        reviews.sign(doctor, replace(command, protocol="default-2025.1"))


def test_stop_asks_for_the_end_of_the_course(doctor, session, command):
    reviews.sign(doctor, decided(command, "stop", stop_kind=StopKind.BREAK, effective_on=date(2027, 1, 18)))
    assert due(session)["course.close"] == date(2027, 1, 18)


def test_a_switch_names_the_next_drug(doctor, session, command):
    details = {"effective_on": date(2026, 12, 14), "next_drug": Drug.ZOLEDRONIC_ACID, "next_years": Decimal(3)}
    review = session.get(Review, reviews.sign(doctor, decided(command, "switch", **details)))
    assert (review.next_drug, review.next_years) == ("zoledronic_acid", 3)
    assert due(session)["course.close"] == date(2026, 12, 14)


def test_a_review_is_put_off_six_months_at_most_and_nothing_need_suffice(doctor, session, command):
    latest = replace(decided(command, "postpone", until=date(2027, 7, 18)), suffices=frozenset())
    reviews.sign(doctor, latest)
    assert due(session)["review.end_of_course"] == date(2027, 7, 18)


@pytest.mark.parametrize(
    ("outcome", "details", "field", "code"),
    [
        ("postpone", {"until": date(2027, 7, 19)}, "until", "day_between"),
        ("postpone", {"until": date(2027, 1, 18)}, "until", "day_between"),
        ("continue", {}, "until", "until_missing"),
        ("continue", {"until": TODAY}, "until", "day_between"),
        ("continue", {"until": UNTIL, "effective_on": TODAY}, "effective_on", "detail_not_asked"),
        ("stop", {"effective_on": TODAY}, "stop_kind", "stop_kind_missing"),
        ("stop", {"stop_kind": END}, "effective_on", "effective_on_missing"),
        ("stop", {"stop_kind": END, "effective_on": date(2022, 1, 17)}, "effective_on", "day_between"),
        ("stop", {"stop_kind": END, "effective_on": date(2027, 11, 24)}, "effective_on", "day_between"),
        ("continue", {"until": UNTIL, "stop_kind": END}, "stop_kind", "detail_not_asked"),
        ("switch", {"effective_on": TODAY}, "next_drug", "next_drug_missing"),
        ("switch", {"effective_on": TODAY, "next_drug": Drug.ALENDRONIC_ACID, "next_years": Decimal(5)},
         "next_drug", "switch_same_drug"),
        ("switch", {"effective_on": TODAY, "next_drug": Drug.DENOSUMAB, "next_years": Decimal("10.5")},
         "next_years", "years_not_possible"),
        ("break_on", {"until": UNTIL}, "outcome", "outcome_not_now"),
        ("restart", {"effective_on": TODAY}, "outcome", "outcome_not_now"),
    ],
)  # fmt: skip
def test_refused_with_the_field_to_look_at(doctor, session, command, outcome, details, field, code):
    with pytest.raises(RuleBroken) as broken:
        reviews.sign(doctor, decided(command, outcome, **details))
    assert (broken.value.field, broken.value.code) == (field, code)
    assert session.scalar(select(func.count()).select_from(Review)) == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"prescriber": ""}, "prescriber"),
        ({"suffices": frozenset(MissingFact) - {MissingFact.SPINE_IMAGE}}, "suffices_spine_image"),
        ({"next_control": TODAY}, "next_control"),
        ({"next_dxa": date(2032, 11, 23)}, "next_dxa"),
    ],
)
def test_every_outcome_asks_for_the_same(doctor, command, changed, field):
    with pytest.raises(RuleBroken) as broken:
        reviews.sign(doctor, replace(command, **changed))
    assert broken.value.field == field


def test_a_review_is_not_put_off_before_it_is_near(work, patient, command):
    early = work("doctor", date(2026, 7, 17))
    with pytest.raises(RuleBroken) as broken:
        reviews.sign(early, decided(command, "postpone", until=date(2027, 7, 1)))
    assert broken.value.code == "nothing_to_postpone"
    in_time = work("doctor", date(2026, 7, 18))
    assert reviews.sign(in_time, decided(command, "postpone", until=date(2027, 7, 1)))


def test_a_break_goes_on_or_ends_with_a_restart(work, doctor, session, command):
    patient = make_patient(doctor)
    stopped(doctor, patient, date(2025, 1, 18))
    mine = replace(command, patient_id=patient.id, version=patient.facts_version)
    with pytest.raises(RuleBroken):
        reviews.sign(doctor, mine)
    review = session.get(Review, reviews.sign(doctor, decided(mine, "break_on", until=date(2028, 1, 18))))
    assert due(session)["reassess.break"] == date(2028, 1, 18)
    assert review.course_id is None
    again = replace(mine, form_token="two", version=patient.facts_version)
    details = {"effective_on": TODAY, "next_drug": Drug.ALENDRONIC_ACID, "next_years": Decimal(5)}
    reviews.sign(work("doctor", date(2026, 11, 24)), decided(again, "restart", **details))
    assert due(session)["review.untreated"] == date(2027, 1, 5)


def test_denosumab_has_no_treatment_break(doctor, command):
    patient = make_patient(doctor)
    stopped(doctor, patient, date(2025, 1, 18), "other", "denosumab")
    mine = replace(command, patient_id=patient.id, version=patient.facts_version)
    with pytest.raises(RuleBroken) as broken:
        reviews.sign(doctor, decided(mine, "break_on", until=date(2028, 1, 18)))
    assert broken.value.code == "no_treatment_break"


@pytest.mark.parametrize("drug", ["denosumab", "teriparatide", "romosozumab"])
@pytest.mark.parametrize("ended", [False, True])
def test_a_drug_after_which_another_must_follow_is_switched_and_never_stopped(doctor, session, command, drug, ended):
    patient = make_patient(doctor)
    course = make_course(doctor, patient, drug=drug, planned_years=Decimal(1), started_on=date(2026, 1, 18))
    doctor.session.flush()
    if ended:
        stamp(doctor, CourseStop(course_id=course.id, stopped_on=TODAY, reason="other"), patient.id)
    items.refresh(doctor, patient)
    mine = replace(command, patient_id=patient.id, version=patient.facts_version)
    with pytest.raises(RuleBroken) as broken:
        reviews.sign(doctor, decided(mine, "stop", stop_kind=END, effective_on=TODAY))
    assert (broken.value.field, broken.value.code) == ("outcome", "follow_on_missing")
    details = {"effective_on": TODAY, "next_drug": Drug.ZOLEDRONIC_ACID, "next_years": Decimal(3)}
    assert reviews.sign(doctor, decided(mine, "restart" if ended else "switch", **details))


def test_a_stop_of_what_does_not_run_begins_no_treatment_break(doctor, session, command):
    patient = make_patient(doctor)
    stopped(doctor, patient, date(2026, 11, 1), "side_effects")
    mine = replace(command, patient_id=patient.id, version=patient.facts_version)
    with pytest.raises(RuleBroken) as broken:
        reviews.sign(doctor, decided(mine, "stop", stop_kind=StopKind.BREAK, effective_on=TODAY))
    assert (broken.value.field, broken.value.code) == ("stop_kind", "break_not_now")
    review = session.get(Review, reviews.sign(doctor, decided(mine, "stop", stop_kind=END, effective_on=TODAY)))
    assert review.stop_kind == "end"


def test_the_letter_says_whether_a_break_begins_or_the_treatment_ends(doctor, session, command):
    reviews.sign(doctor, decided(command, "stop", stop_kind=StopKind.BREAK, effective_on=date(2027, 1, 18)))
    said = " ".join(session.scalar(select(Letter.text)).split())
    assert "voor een behandelpauze (drug holiday)." in said


def test_no_decision_is_signed_for_a_patient_who_left(doctor, patient, command):
    patient.status, patient.status_on = "transferred", date(2026, 11, 1)
    doctor.session.flush()
    with pytest.raises(RuleBroken) as broken:
        reviews.sign(doctor, command)
    assert broken.value.code == "outcome_not_now"


def test_a_correction_stands_on_the_day_of_the_decision_with_its_own_agreements(work, session, patient, command):
    signed = reviews.sign(work("doctor", date(2026, 11, 20)), command)
    better = replace(
        decided(command, "continue", until=date(2030, 1, 18)), form_token="two", version=patient.facts_version,
        next_dxa=date(2028, 10, 1),
    )  # fmt: skip
    doctor = work("doctor")
    review = session.get(Review, reviews.correct_review(doctor, signed, better, "verkeerd jaar"))
    assert (review.on_date, review.supersedes_id) == (date(2026, 11, 20), signed)
    assert due(session)["review.end_of_course"] == date(2030, 1, 18)
    assert due(session)["agreed.dxa"] == date(2028, 10, 1)
    assert session.scalar(select(func.count()).where(Agreement.stands.is_(True))) == 2
    assert reviews.correct_review(doctor, signed, better, "verkeerd jaar") == review.id
    with pytest.raises(Stale):
        reviews.correct_review(doctor, signed, replace(better, form_token="three"), "nog eens")
    now = replace(better, form_token="four", version=patient.facts_version)
    with pytest.raises(Stale):  # what was corrected no longer stands, however new the facts on the page
        reviews.correct_review(doctor, signed, now, "nog eens")


@pytest.fixture
def colleague(work):
    """Somebody else who signs."""
    found = work("doctor")
    found.actor = replace(found.actor, id=work("nurse").actor.id)
    return found


def corrected(doctor, session, patient, command, signed):
    session.refresh(patient)
    anew = replace(command, form_token=f"after-{signed}", version=patient.facts_version, reason="Hertypt.")
    return reviews.correct_review(doctor, signed, anew, "tikfout")


def test_what_a_colleague_typed_to_correct_a_decision_follows_it_to_the_version_that_stands(
    doctor, colleague, session, patient, command
):
    signed = reviews.sign(doctor, command)
    review_drafts.keep(colleague, patient.id, signed, {"reason": ["Half"]})
    review_drafts.keep(doctor, patient.id, signed, {"reason": ["Hertypt."]})
    second = corrected(doctor, session, patient, command, signed)
    assert review_drafts.of(colleague, patient.id, second).typed == {"reason": ["Half"]}
    review_drafts.keep(colleague, patient.id, signed, {"reason": ["Van de pagina van eerder"]})
    assert [(draft.review_id, draft.typed["reason"]) for draft in session.scalars(select(ReviewDraft))] == [
        (second, ["Van de pagina van eerder"])
    ]


def test_what_is_typed_while_the_decision_is_signed_is_no_draft(doctor, session, command):
    late = (command.patient_id, None, {"reason": ["Half"]}, command.form_token)
    doctor.session.commit()
    with pytest.raises(RuleBroken, match="form_went_on"):
        at_once(doctor, lambda unit: reviews.sign(unit, command), lambda unit: review_drafts.keep(unit, *late))
    assert session.scalars(select(ReviewDraft)).all() == []


def test_no_draft_is_left_of_the_correction_of_a_decision_that_counts_no_more(
    doctor, colleague, session, patient, command
):
    for take_back in (reviews.undo_review, lambda *which: reviews.void_review(*which, "verkeerde patiënt")):
        session.refresh(patient)
        signed = reviews.sign(doctor, replace(command, form_token=repr(take_back), version=patient.facts_version))
        review_drafts.keep(colleague, patient.id, signed, {"reason": ["Half"]})
        review_drafts.keep(colleague, patient.id, None, {"reason": ["Nieuw besluit"]})
        take_back(doctor, patient.id, signed)
        with pytest.raises(RuleBroken, match="form_went_on"):
            review_drafts.keep(colleague, patient.id, signed, {"reason": ["Half"]})
        assert session.scalars(select(ReviewDraft.review_id)).all() == [None]


def test_a_correction_says_why(doctor, patient, command):
    signed = reviews.sign(doctor, command)
    again = replace(command, form_token="two", version=patient.facts_version)
    with pytest.raises(RuleBroken) as broken:
        reviews.correct_review(doctor, signed, again, " ")
    assert broken.value.field == "change_reason"


def test_a_voided_review_takes_its_agreements_and_its_letter_along(doctor, session, patient, command):
    before = due(session)
    signed = reviews.sign(doctor, command)
    reviews.void_review(doctor, patient.id, signed, "verkeerde patiënt")
    assert due(session) == before
    assert session.get(Review, signed).void_reason == "verkeerde patiënt"
    assert session.scalar(select(Letter.state)) == "withdrawn"
    reviews.void_review(doctor, patient.id, signed, "verkeerde patiënt")


def test_a_second_decision_of_a_day_is_the_correction_of_the_first(doctor, session, patient, command):
    first = reviews.sign(doctor, decided(command, "continue", until=date(2031, 12, 1)))
    stop = decided(command, "stop", effective_on=date(2026, 12, 1), stop_kind=END)
    stop = replace(stop, form_token="two", version=patient.facts_version)
    with pytest.raises(RuleBroken) as refused:
        reviews.sign(doctor, stop)
    assert (refused.value.code, refused.value.params) == ("decided_today", {"review_id": first})
    reviews.correct_review(doctor, first, stop, "zij belde dat zij wil stoppen")
    assert due(session)["course.close"] == date(2026, 12, 1)
    assert "review.end_of_course" not in due(session)
    text = session.scalars(select(Letter.text).where(Letter.state == "draft")).one()
    assert "01-12-2031" not in text


def test_what_was_typed_as_a_second_decision_is_kept_as_the_correction_unless_that_was_begun(doctor, patient, command):
    first = reviews.sign(doctor, command)
    review_drafts.corrects(doctor, patient.id, first)
    for typed in ("stoppen", "toch niet"):
        review_drafts.keep(doctor, patient.id, None, {"reason": [typed]})
        review_drafts.corrects(doctor, patient.id, first)
    assert review_drafts.of(doctor, patient.id, first).typed == {"reason": ["stoppen"]}
    assert review_drafts.of(doctor, patient.id, None).typed == {"reason": ["toch niet"]}


def test_of_two_decisions_on_a_day_the_letter_tells_of_the_one_that_stands(doctor, session, patient, command):
    """The first was about the break before the course that began today."""
    first = reviews.sign(doctor, command)
    session.get_one(Review, first).course_id = None
    second = reviews.sign(doctor, replace(command, form_token="two", version=patient.facts_version))
    reviews.void_review(doctor, patient.id, second, "dubbel")
    assert session.scalars(select(LetterSubject.fact_id)).one() == first
    assert session.scalar(select(Letter.state)) == "draft"


def test_of_another_patient_it_is_not_found(doctor, patient, command):
    signed = reviews.sign(doctor, command)
    other = make_patient(doctor)
    with pytest.raises(LookupError):
        reviews.void_review(doctor, other.id, signed, "verkeerde patiënt")


@pytest.mark.parametrize("role", ["nurse", "secretary", "manager", "privacy_officer"])
def test_only_a_doctor_signs(work, patient, command, role):
    with pytest.raises(NotAllowed):
        reviews.sign(work(role), command)
    with pytest.raises(NotAllowed):
        reviews.void_review(work(role), patient.id, 1, "x")


def test_a_form_that_was_signed_for_one_patient_is_no_decision_about_another(doctor, command, session):
    reviews.sign(doctor, command)
    other = make_patient(doctor)
    with pytest.raises(LookupError):
        reviews.sign(doctor, replace(command, patient_id=other.id, version=other.facts_version))
    assert session.scalars(select(Review.patient_id)).all() == [command.patient_id]
