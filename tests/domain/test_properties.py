"""What holds for every patient: unrelated edits, order, nobody falls off the list, done stays done."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from clinic.domain import record as r
from clinic.domain import review
from clinic.domain.alerts import from_facts as alerts_of
from clinic.domain.due import due_items, from_facts, next_change, nothing_planned
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT, DURATIONS
from clinic.domain.treatment import exposure
from clinic.domain.vocabulary import (
    ControlKind,
    Drug,
    FractureSite,
    ReviewOutcome,
    ScanSite,
    Sex,
    StopReason,
    Symptom,
)

DAYS = st.dates(date(2018, 1, 1), date(2027, 12, 31))
TODAY = st.dates(date(2024, 1, 1), date(2028, 6, 1))
PATIENT = r.Patient(Sex.FEMALE, date(1950, 3, 1), date(2019, 1, 1))

controls = st.builds(
    r.Control,
    on=DAYS,
    kind=st.sampled_from(ControlKind),
    counts=st.sampled_from([None, True, False]),
    height_mm=st.none() | st.integers(1500, 1700),
    weight_g=st.none() | st.integers(45000, 90000),
)
scans = st.builds(lambda on, wait: r.Scan(on, on + timedelta(wait)), DAYS, st.integers(0, 30))
fractures = st.builds(r.Fracture, on=DAYS, site=st.sampled_from(FractureSite), low_energy=st.none() | st.booleans())


@st.composite
def reviews(draw):
    on = draw(DAYS)
    outcome = draw(st.sampled_from(ReviewOutcome))
    until = on + timedelta(draw(st.integers(30, 2000)))
    return r.Review(on, outcome, until, on + timedelta(draw(st.integers(0, 60))))


@st.composite
def courses(draw):
    found, start = [], draw(st.dates(date(2016, 1, 1), date(2022, 1, 1)))
    count = draw(st.integers(0, 3))
    for number in range(count):
        drug = draw(st.sampled_from(Drug))
        running = number == count - 1 and draw(st.booleans())
        stop = None if running else start + timedelta(draw(st.integers(60, 1500)))
        reason = None if running else draw(st.sampled_from(StopReason))
        pauses = ()
        if draw(st.booleans()):
            begin = start + timedelta(draw(st.integers(1, 50)))
            pauses = (r.Pause(begin, begin + timedelta(draw(st.integers(1, 200)))),)
        doses = (start,) if draw(st.booleans()) else ()
        years = draw(st.sampled_from([None, *DURATIONS[drug]]))
        found.append(r.Course(drug, start, years, stopped_on=stop, stop_reason=reason, doses=doses, pauses=pauses))
        start = (stop or start) + timedelta(draw(st.integers(1, 500)))
    return tuple(found)


records = st.builds(
    r.Record,
    patient=st.just(PATIENT),
    courses=courses(),
    controls=st.lists(controls, max_size=5).map(tuple),
    scans=st.lists(scans, max_size=3).map(tuple),
    spine_images=st.lists(st.builds(r.SpineImage, on=DAYS), max_size=2).map(tuple),
    fractures=st.lists(fractures, max_size=2).map(tuple),
    reviews=st.lists(reviews(), max_size=3).map(tuple),
)


def keys(items):
    return sorted((i.code, i.due_on, i.subject or date.min, i.opens_on, i.late_after) for i in items)


@given(records, TODAY, st.integers(1500, 1700), st.integers(45000, 90000))
def test_an_unrelated_edit_never_moves_a_due_date(found, today, height, weight):
    edited = replace(
        found,
        patient=replace(found.patient, recalled_max_height_mm=height),
        controls=tuple(replace(c, height_mm=height, weight_g=weight, missed_doses=3) for c in found.controls),
        glucocorticoids=(r.Glucocorticoid(date(2020, 1, 1), None, 10),),
        notes=(r.Note("weight_loss", date(2024, 1, 1)),),
    )
    assert keys(due_items(edited, today)) == keys(due_items(found, today))


@given(records, TODAY, st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_matter(found, today, chance):
    def mixed(facts):
        return tuple(chance.sample(facts, len(facts)))

    turned = replace(found, **{name: mixed(getattr(found, name)) for name in
                               ("courses", "controls", "scans", "spine_images", "fractures", "reviews")})  # fmt: skip
    assert keys(due_items(turned, today)) == keys(due_items(found, today))


FEW = st.sampled_from([date(2023, 5, 1), date(2025, 5, 1), date(2026, 5, 1)])
YES_NO = st.none() | st.booleans()
told = st.builds(
    r.Control,
    on=FEW,
    kind=st.sampled_from(ControlKind),
    height_mm=st.none() | st.integers(1580, 1640),
    weight_g=st.none() | st.integers(45000, 60000),
    missed_doses=st.none() | st.integers(0, 12),
    symptoms=st.lists(st.sampled_from(Symptom), max_size=2).map(tuple),
    intake=st.none() | st.builds(r.Intake, YES_NO, YES_NO, YES_NO, YES_NO),
)
values = st.builds(
    r.ScanSiteValue, st.none() | st.integers(600, 700), st.none() | st.sampled_from([Decimal(-2), Decimal(-3)])
)
measured = st.builds(
    r.Scan,
    on=FEW,
    received_on=FEW,
    device=st.sampled_from([None, "a", "b"]),
    sites=st.dictionaries(st.sampled_from(ScanSite), values, max_size=2),
)


@st.composite
def begun_on_one_day(draw):
    """Two or three drugs of which only the year is known, the last of them in use or stopped too."""
    start, drugs = date(2022, 1, 1), draw(st.permutations(list(Drug)))
    ends = [
        start,
        draw(st.dates(start, date(2024, 1, 1))),
        draw(st.none() | st.dates(date(2024, 1, 2), date(2027, 1, 1))),
    ]
    return tuple(
        r.Course(drug, start, stopped_on=end, stop_reason=draw(st.sampled_from(StopReason)) if end else None)
        for drug, end in zip(drugs[:3], ends[draw(st.integers(0, 1)) :], strict=False)
    )


of_one_day = st.builds(
    r.Record,
    patient=st.just(replace(PATIENT, recalled_max_height_mm=1660)),
    courses=begun_on_one_day(),
    controls=st.lists(told, max_size=4).map(tuple),
    scans=st.lists(measured, max_size=4).map(tuple),
    fractures=st.lists(st.builds(r.Fracture, FEW, st.sampled_from(FractureSite), YES_NO), max_size=3).map(tuple),
    labs=st.lists(st.builds(r.Lab, FEW, st.none() | st.integers(60, 200)), max_size=4).map(tuple),
)


def all_that_is_reckoned(found, today):
    facts = Facts(found, today)
    items = from_facts(facts, DEFAULT)
    criteria = [(one, one.why) for one in review.from_facts(facts, DEFAULT)]
    why = sorted((i.code, i.due_on, str(i.why)) for i in items)
    return keys(items), why, alerts_of(facts, items, DEFAULT), exposure(facts, DEFAULT), criteria


@given(of_one_day, st.dates(date(2026, 5, 1), date(2027, 1, 1)), st.randoms(use_true_random=False))
def test_the_order_of_facts_of_one_day_matters_to_nothing_that_is_reckoned(found, today, chance):
    turned = replace(found, **{name: tuple(chance.sample(facts, len(facts))) for name in
                               ("courses", "controls", "scans", "fractures", "labs")
                               if (facts := getattr(found, name))})  # fmt: skip
    assert all_that_is_reckoned(turned, today) == all_that_is_reckoned(found, today)


@given(records, TODAY)
def test_every_active_patient_has_an_item_or_stands_on_the_list_of_nothing_planned(found, today):
    facts = Facts(found, today)
    items = from_facts(facts, DEFAULT)
    clinical = [i for i in items if not i.code.startswith("letter.")]
    assert bool(clinical) is not nothing_planned(facts, items)


@given(records, TODAY, st.integers(1, 400))
def test_what_is_done_stays_done_while_no_fact_changes(found, today, days):
    later = today + timedelta(days)
    ahead = next_change(found, today)
    assume(ahead is None or ahead > later)
    assert keys(due_items(found, later)) == keys(due_items(found, today))


@given(records, TODAY)
def test_next_change_is_the_only_reason_for_a_stored_item_to_move(found, today):
    ahead = next_change(found, today)
    until = (ahead or today + timedelta(800)) - timedelta(1)
    assert keys(due_items(found, until)) == keys(due_items(found, today))
