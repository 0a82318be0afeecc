"""What holds for every patient: unrelated edits, order, nobody falls off the list, done stays done."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from clinic.domain import record as r
from clinic.domain.due import due_items, from_facts, next_change, nothing_planned
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT, DURATIONS
from clinic.domain.vocabulary import ControlKind, Drug, FractureSite, ReviewOutcome, Sex, StopReason

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
