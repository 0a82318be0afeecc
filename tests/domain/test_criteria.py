"""The criteria of a review (section 6): each answered by the numbers of the clinic's version, at their bounds."""

from dataclasses import replace
from decimal import Decimal

import pytest

from clinic.domain import bone, review
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT
from clinic.domain.record import Fracture, Glucocorticoid, Lab, Note, Scan, ScanSiteValue, Waiver
from clinic.domain.vocabulary import (
    AlarmOutcome,
    CriterionCode,
    Drug,
    FractureSite,
    MissingFact,
    ScanSite,
    StopReason,
    Symptom,
)
from clinic.interop import facts as contract
from clinic.wording.why import sentence
from tests.domain.makers import control, course, d, patient, record

ON = d("23-11-2026")
START = "10-03-2022"


def seen(t_score="-2.5", mg="7.5", broke="10-03-2023", missed=2, born="01-03-1950"):
    """Five years of tablets, a DXA of the hip, prednisolone, a fracture, and doses missed of twelve."""
    hip = ScanSiteValue(None, Decimal(t_score))
    return Facts(
        record(
            course(start=START), who=patient(birth_date=d(born)),
            controls=(control("01-10-2026", missed_doses=missed, height_mm=1600, weight_g=60000),),
            scans=(Scan(d("01-10-2026"), d("01-10-2026"), "lunar", {ScanSite.TOTAL_HIP: hip}),),
            glucocorticoids=(Glucocorticoid(d("01-01-2026"), None, Decimal(mg)),),
            fractures=(Fracture(d(broke), FractureSite.WRIST, True),),
        ),
        ON,
    )  # fmt: skip


def answers(facts, protocol=DEFAULT):
    return {one.code: one.met for one in review.from_facts(facts, protocol)}


@pytest.mark.parametrize(
    ("code", "there", "short", "stricter"),
    [
        (CriterionCode.HIP_T, {"t_score": "-2.5"}, {"t_score": "-2.4"}, {"criterion_hip_t": Decimal("-2.6")}),
        (CriterionCode.AGE_75, {"t_score": "-2.0"}, {"t_score": "-1.9"}, {"criterion_age_t": Decimal("-2.1")}),
        (CriterionCode.AGE_75, {"born": "23-11-1951"}, {"born": "24-11-1951"}, {"criterion_age_years": 76}),
        (CriterionCode.GLUCOCORTICOID, {"mg": "7.5"}, {"mg": "7.4"}, {"criterion_glucocorticoid_mg": Decimal("7.6")}),
        (CriterionCode.NEW_FRACTURE_ADHERENT, {"broke": "10-03-2023"}, {"broke": "09-03-2023"},
         {"criterion_fracture_months": 13}),
        (CriterionCode.NEW_FRACTURE_ADHERENT, {"missed": 2}, {"missed": 3}, {"criterion_adherence_percent": 84}),
    ],
)  # fmt: skip
def test_a_criterion_is_met_at_its_number_and_another_version_has_another(code, there, short, stricter):
    assert answers(seen(**there))[code] is True
    assert answers(seen(**short))[code] is False
    assert answers(seen(**there), replace(DEFAULT, **stricter))[code] is False


def test_adherence_below_the_limit_of_the_version_is_met():
    code = CriterionCode.ADHERENCE_BELOW_80
    assert answers(seen(missed=2))[code] is False
    assert answers(seen(missed=2), replace(DEFAULT, criterion_adherence_percent=84))[code] is True


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("nl", ["T-score heup −2,7 of lager: nee (−2,5 01-10-2026).", "76 jaar of ouder en T-score −2,0 of lager: ja"]),
        ("en", ["Hip T-score −2.7 or lower: no (−2.5 01-10-2026).", "Aged 76 or over and T-score −2.0 or lower: yes"]),
    ],
)
def test_a_criterion_is_named_with_the_numbers_it_was_weighed_by(lang, said):
    clinic = replace(DEFAULT, criterion_hip_t=Decimal("-2.7"), criterion_age_years=76)
    told = [sentence(one.why.code, one.why.params, lang) for one in review.from_facts(seen(), clinic)]
    assert all(any(text.startswith(part) for text in told) for part in said)


def told(facts, code):
    """A criterion as the page says it, in English."""
    (one,) = [one for one in review.from_facts(facts, DEFAULT) if one.code == code]
    return sentence(one.why.code, one.why.params, "en").partition(": ")[2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"t_score": "-2.4"}, "yes (−2.4 01-10-2026)."),
        ({"t_score": "-1.9"}, "no (−1.9 01-10-2026)."),
        ({"born": "24-11-1951"}, "no (74)."),
    ],
)
def test_the_fact_that_gave_the_answer_stands_with_it(given, said):
    assert told(seen(**given), CriterionCode.AGE_75) == said


def test_a_loss_of_density_says_how_much_and_what_could_not_be_borne_says_what():
    scans = tuple(
        Scan(d(on), d(on), "lunar", {site: ScanSiteValue(mg, None) for site, mg in bones.items()})
        for on, bones in (
            ("01-10-2024", {ScanSite.TOTAL_HIP: 700, ScanSite.LUMBAR_SPINE: 842}),
            ("01-10-2026", {ScanSite.TOTAL_HIP: 662, ScanSite.LUMBAR_SPINE: 842}),
        )
    )
    lost = Facts(replace(seen().record, scans=scans), ON)
    assert told(lost, CriterionCode.BMD_LOSS_ADHERENT) == "yes (−5.4 01-10-2026)."
    assert told(seen(), CriterionCode.INTOLERANCE_OR_RENAL) == "unknown, the fact is not in the record."
    blood = Facts(replace(seen().record, labs=(Lab(d("01-11-2026"), 98),)), ON)
    assert told(blood, CriterionCode.INTOLERANCE_OR_RENAL) == "no (40.8 01-11-2026)."
    stopped = course(start=START, stopped_on="01-06-2026", stop_reason=StopReason.SIDE_EFFECTS)
    unfit = Facts(record(stopped, who=patient()), ON)
    assert told(unfit, CriterionCode.INTOLERANCE_OR_RENAL) == "yes (side effects 01-06-2026)."


@pytest.mark.parametrize("drug", [Drug.TERIPARATIDE, Drug.ROMOSOZUMAB])
def test_a_drug_without_a_renal_limit_lacks_no_fact(drug):
    treated = Facts(record(course(drug, start=START), who=patient()), ON)
    said = f"no ({drug}: no renal limit)."
    assert told(treated, CriterionCode.INTOLERANCE_OR_RENAL) == said
    stopped = course(drug, start=START, stopped_on="01-06-2026", stop_reason=StopReason.CONTRAINDICATION)
    unfit = Facts(record(stopped, who=patient()), ON)
    assert told(unfit, CriterionCode.INTOLERANCE_OR_RENAL) == "yes (contraindication 01-06-2026)."


@pytest.mark.parametrize(
    ("earlier", "latest", "said", "beyond"),
    [
        (802, 762, "-4.99", False), (700, 665, "-5.0", True), (842, 801, "-4.9", False), (700, 662, "-5.4", True),
        (20002, 19002, "-4.9995", False), (802, 842, "4.99", False), (700, 735, "5.0", True), (700, 700, "0.0", False),
    ],
)  # fmt: skip
def test_a_change_is_written_on_its_side_of_the_lsc(earlier, latest, said, beyond):
    change = bone.BmdChange(ScanSite.TOTAL_HIP, d("01-10-2024"), earlier, ON, latest, Decimal("5.0"))
    assert (str(change.told_percent), change.beyond_lsc or change.gain_beyond_lsc) == (said, beyond)


def test_how_old_a_fact_may_be_is_a_number_of_the_version():
    month_old = replace(DEFAULT, review_fresh_months=3)
    later = d("15-01-2027")
    facts = Facts(seen().record, later)
    assert MissingFact.DXA not in review.missing_of(facts, DEFAULT)
    assert {MissingFact.DXA, MissingFact.HEIGHT, MissingFact.WEIGHT} <= set(review.missing_of(facts, month_old))


REVIEWED = {"start": "23-11-2021"}  # five years today: the DXA and the image were due on 9 November


def lacks(fact, *waived, broke=None, protocol=DEFAULT, given=REVIEWED):
    """Whether a review lacks the fact, of one who broke her wrist and whose doctor let these items lapse."""
    fractures = () if broke is None else (Fracture(d(broke), FractureSite.WRIST, True),)
    waivers = tuple(Waiver(code, d(due_on), d("20-11-2026")) for code, due_on in waived)
    facts = Facts(record(course(**given), who=patient(), fractures=fractures, waivers=waivers), ON)
    return fact in review.missing_of(facts, protocol)


@pytest.mark.parametrize(
    ("fact", "before"),
    [(MissingFact.DXA, "dxa.before_review"), (MissingFact.SPINE_IMAGE, "spine_image.before_review")],
)
def test_what_was_let_lapse_before_this_review_is_not_asked_for_and_its_companion_is(fact, before):
    [other] = {MissingFact.DXA, MissingFact.SPINE_IMAGE} - {fact}
    assert not lacks(fact, (before, "09-11-2026"))
    assert lacks(other, (before, "09-11-2026"))
    assert lacks(MissingFact.HEIGHT, (before, "09-11-2026"))


@pytest.mark.parametrize(
    ("fact", "waived", "broke"),
    [
        # of a fracture after which the review still waits, beside the review of five years: each has its own item
        (MissingFact.SPINE_IMAGE, ("spine_image.after_fracture", "26-02-2026"), "15-01-2026"),
        (MissingFact.DXA, ("dxa.after_fracture", "26-02-2026"), "15-01-2026"),
        (MissingFact.DXA, ("dxa.mid_course", "23-11-2023"), None),
        (MissingFact.DXA, ("dxa.before_review", "09-11-2030"), None),
        (MissingFact.DXA, ("dxa.before_review", "09-11-2021"), None),
    ],
)
def test_what_was_let_lapse_of_something_else_hides_nothing_of_this_review(fact, waived, broke):
    assert lacks(fact, waived, broke=broke, protocol=replace(DEFAULT, mid_course_months=24))


LATER = {"start": "10-03-2025"}  # her five years end in 2030


def test_after_a_fracture_its_own_image_is_let_lapse_while_that_review_waits():
    image, dxa = MissingFact.SPINE_IMAGE, MissingFact.DXA
    own, looked = ("spine_image.after_fracture", "12-11-2026"), ("review.after_fracture", "12-11-2026")
    assert not lacks(image, own, broke="01-10-2026", given=LATER)
    assert lacks(image, own, looked, broke="01-10-2026", given=LATER)
    assert lacks(image, own, broke="02-10-2026", given=LATER)
    assert lacks(dxa, ("dxa.before_review", "24-02-2030"), broke="01-10-2026", given=LATER)
    # once both reviews wait, each must be let lapse
    both = (("spine_image.after_fracture", "12-11-2026"), ("spine_image.before_review", "09-11-2026"))
    assert [lacks(image, *some, broke="01-10-2026") for some in (both[:1], both[1:], both)] == [True, True, False]


THIGH, JAW = Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH


@pytest.mark.parametrize(
    ("asked", "met"),
    [
        ((), None),
        (((),), None),
        (((THIGH,),), None),
        (((THIGH, Symptom.EAR_PAIN),), None),
        (((THIGH, JAW),), False),
        (((JAW,), (THIGH,)), False),
    ],
)
def test_no_complaints_of_thigh_and_jaw_takes_that_both_were_asked_about(asked, met):
    contacts = tuple(control(f"0{number}-10-2026", asked=some) for number, some in enumerate(asked, 1))
    facts = Facts(record(course(start=START), who=patient(), controls=contacts), ON)
    assert answers(facts)[CriterionCode.AFP_OR_ONJ] is met
    assert told(facts, CriterionCode.AFP_OR_ONJ).startswith("unknown" if met is None else "no.")


@pytest.mark.parametrize(
    ("outcome", "signed", "met"),
    [
        (AlarmOutcome.SEEN_NO_ACTION, "01-10-2026", False),
        (AlarmOutcome.SEEN_NO_ACTION, "30-09-2026", True),
        (AlarmOutcome.REFERRED, "02-10-2026", True),
        (AlarmOutcome.INTERRUPT_TODAY, "02-10-2026", True),
    ],
)
def test_who_was_referred_for_her_thigh_is_suspected_and_who_was_seen_without_more_is_not(outcome, signed, met):
    reported = control("01-10-2026", symptoms=(THIGH,), asked=(THIGH, JAW))
    notes = (Note(THIGH, d(signed), outcome), Note(JAW, d("20-11-2026"), AlarmOutcome.SEEN_NO_ACTION))
    facts = Facts(record(course(start=START), who=patient(), controls=(reported,), notes=notes), ON)
    assert answers(facts)[CriterionCode.AFP_OR_ONJ] is met
    said = "yes (pain in thigh, hip or groin 01-10-2026)." if met else "no."
    assert told(facts, CriterionCode.AFP_OR_ONJ) == said


def test_a_list_of_symptoms_on_the_command_line_says_that_they_were_asked_about():
    """The contract: what is absent or null is unknown."""
    who = {"sex": "female", "birth_date": "1950-03-01", "registered_on": "2022-03-10"}
    for given, met in (({"symptoms": []}, False), ({"symptoms": None}, None), ({}, None)):
        found = contract.record({"patient": who, "controls": [{"on": "2026-10-01"} | given]})
        assert answers(Facts(found, ON))[CriterionCode.AFP_OR_ONJ] is met
