"""A doctor moves a due date: signed once, within bounds, voided again; the lists and a waiver follow."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.services import absences, items, notes, overrides
from clinic.services.notes import WaiveItem
from clinic.services.overrides import MoveItem
from clinic.services.work import NotAllowed, Work
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem, RedAlert
from clinic.store.reviews import Override, Waiver
from clinic.store.treatments import Course
from clinic.store.users import User
from tests.factories import make_course, make_patient

EARLY = date(2027, 1, 18)


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def patient(doctor):
    """Alendronic acid since 18 October: the first control is due on 18 January 2027."""
    patient = make_patient(doctor)
    make_course(doctor, patient, started_on=date(2026, 10, 18))
    items.refresh(doctor, patient)
    doctor.session.flush()
    return patient


def move(patient, chosen=date(2027, 2, 1), code="control.early", computed=EARLY, reason="op wintersport"):
    return MoveItem(patient.id, code, None, computed, chosen, reason)


def due(session, code="control.early"):
    return session.execute(select(DueItem.due_on, DueItem.late_after).where(DueItem.code == code)).all()


def test_the_item_is_due_on_the_chosen_day_and_said_twice_is_once(doctor, session, patient):
    for _press in range(2):
        overrides.move(doctor, move(patient))
    assert due(session) == [(date(2027, 2, 1), date(2027, 3, 1))]
    assert len(session.scalars(select(Override)).all()) == 1
    assert items.differences(session, [patient], doctor.today) == []


def test_a_later_choice_takes_the_place_of_the_first(doctor, session, patient):
    overrides.move(doctor, move(patient))
    overrides.move(doctor, move(patient, date(2027, 2, 8), reason="toch een week later"))
    assert [day for day, _late in due(session)] == [date(2027, 2, 8)]
    assert len(session.scalars(select(Override).where(Override.stands.is_(True))).all()) == 1


def test_voided_the_computed_day_holds_again(doctor, session, patient):
    signed = overrides.move(doctor, move(patient))
    for _press in range(2):
        overrides.void_override(doctor, patient.id, signed, "vergissing")
    assert [day for day, _late in due(session)] == [EARLY]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"chosen": date(2026, 11, 22)}, "chosen_on"),
        ({"chosen": date(2029, 1, 19)}, "chosen_on"),
        ({"chosen": EARLY}, "chosen_on"),
        ({"reason": " "}, "reason"),
        ({"computed": date(2027, 1, 19)}, "item"),
        ({"code": "letter.control"}, "item"),
    ],
)
def test_what_cannot_be_is_refused(doctor, patient, changed, field):
    with pytest.raises(RuleBroken) as broken:
        overrides.move(doctor, move(patient, **changed))
    assert broken.value.field == field


def test_an_injection_of_denosumab_goes_no_further_than_its_very_late_day(doctor, session):
    patient = make_patient(doctor)
    make_course(doctor, patient, drug="denosumab", planned_years=3, started_on=date(2026, 11, 20))
    items.refresh(doctor, patient)
    injection = {"code": "dose.denosumab", "computed": date(2026, 11, 20)}
    with pytest.raises(RuleBroken):
        overrides.move(doctor, move(patient, date(2026, 12, 19), **injection))
    overrides.move(doctor, move(patient, date(2026, 12, 18), **injection))
    assert [day for day, _late in due(session, "dose.denosumab")] == [date(2026, 12, 18)]


def test_moving_an_injection_takes_its_red_alert_away_never(doctor, session):
    patient = make_patient(doctor)
    make_course(doctor, patient, drug="denosumab", planned_years=3, started_on=date(2026, 8, 20))
    patient.registered_on = date(2026, 8, 20)  # due that day, very late after 17 September: it is long past
    items.refresh(doctor, patient)
    known = session.scalars(select(RedAlert.since).where(RedAlert.code == "dose_very_late")).all()
    injection = {"code": "dose.denosumab", "computed": date(2026, 8, 20)}
    for step in range(2):
        later = Work(session, doctor.actor, doctor.now, doctor.today + timedelta(days=step))
        overrides.move(later, move(patient, later.today, **injection))
        assert session.scalars(select(RedAlert.since)).all() == known == [date(2026, 9, 18)]
        assert [day for day, _late in due(session, "dose.denosumab")] == [later.today]


def test_the_creatinine_of_a_moved_infusion_is_moved_from_the_day_it_is_due_now(doctor, session):
    patient = make_patient(doctor)
    make_course(doctor, patient, drug="zoledronic_acid", planned_years=3, started_on=date(2027, 1, 20))
    later = Work(session, doctor.actor, doctor.now, date(2027, 1, 20))
    items.refresh(later, patient)
    infusion = {"code": "dose.zoledronic_acid", "computed": date(2027, 1, 20)}
    overrides.move(later, move(patient, date(2027, 3, 20), **infusion))
    found = {item.code: item.due_on for item in overrides.movable(later, patient.id)}
    assert (found["dose.zoledronic_acid"], found["lab.before_infusion"]) == (date(2027, 1, 20), date(2027, 2, 20))
    lab = {"code": "lab.before_infusion", "computed": date(2027, 2, 20)}
    overrides.move(later, move(patient, date(2027, 2, 25), **lab))
    assert [day for day, _late in due(session, "lab.before_infusion")] == [date(2027, 2, 25)]


@pytest.fixture
def corrected(doctor, session, patient):
    """Moved by this doctor; then it turned out that the course began a week later."""
    signed = overrides.move(doctor, move(patient))
    session.scalars(select(Course)).one().started_on = date(2026, 10, 25)
    items.refresh(doctor, patient)
    return signed


def waiting(work, most=50):
    rows, count = overrides.reopened(work, most)
    return [(row.Override.id, row.Override.chosen_on, row.DueItem.due_on, row.Patient.id) for row in rows], count


def test_what_is_computed_anew_waits_for_who_signed(doctor, session, patient, corrected):
    assert waiting(doctor) == ([(corrected, date(2027, 2, 1), date(2027, 1, 25), patient.id)], 1)
    assert waiting(doctor, 1)[1] == 1
    doctor.commit()
    shown = session.query(AuditEntry.shown).filter(AuditEntry.subject == "list:dates_reopened").all()
    assert [row.shown for row in shown] == [[patient.id]] * 2


@pytest.mark.parametrize("decide", ["move", "void"])
def test_decided_again_it_waits_no_longer(doctor, patient, corrected, decide):
    if decide == "move":
        overrides.move(doctor, move(patient, computed=date(2027, 1, 25)))
    else:
        overrides.void_override(doctor, patient.id, corrected, "geldt weer")
    assert waiting(doctor) == ([], 0)


def test_it_waits_for_a_colleague_only_while_she_stands_in(work, doctor, session, corrected):
    jong = User(
        username="jong", name="Jong", function="arts", role="doctor", may_authorise=True, created_at=doctor.now,
        density="comfortable", single_keys=True, active=True,
    )  # fmt: skip
    session.add(jong)
    session.flush()
    other = replace(doctor.actor, id=jong.id, name=jong.name)
    session.info.pop("queue", None)
    assert waiting(Work(session, other, doctor.now, doctor.today)) == ([], 0)
    absences.put(doctor, absences.GoAway(doctor.actor.id, jong.id, doctor.today, doctor.today))
    session.info.pop("queue", None)
    assert waiting(Work(session, other, doctor.now, doctor.today))[1] == 1


def test_what_stands_or_was_done_waits_for_nobody(doctor, patient):
    overrides.move(doctor, move(patient))
    assert waiting(doctor) == ([], 0)


def test_only_a_doctor_moves_and_voids(work, doctor, patient):
    with pytest.raises(NotAllowed):
        overrides.move(work("nurse"), move(patient))
    signed = overrides.move(doctor, move(patient))
    with pytest.raises(NotAllowed):
        overrides.void_override(work("nurse"), patient.id, signed, "x")


def test_what_was_moved_can_still_lapse(doctor, session, patient):
    overrides.move(doctor, move(patient))
    notes.waive(doctor, WaiveItem(patient.id, "control.early", date(2027, 2, 1), "controle bij de huisarts"))
    assert due(session) == []
    assert session.scalar(select(Waiver.due_on)) == EARLY


YEARS = (date(2027, 1, 20), date(2027, 3, 20), date(2027, 4, 3))  # of the infusion: as it is computed, then as moved
LAB = "lab.before_infusion"


@pytest.fixture
def infused(doctor, session):
    """A first infusion, due on 20 January 2027: the doctor moves it to 20 March and, again, to 3 April."""
    patient = make_patient(doctor)
    make_course(doctor, patient, drug="zoledronic_acid", planned_years=3, started_on=YEARS[0])
    later = Work(session, doctor.actor, doctor.now, YEARS[0])
    items.refresh(later, patient)

    def again(chosen):
        overrides.move(later, move(patient, chosen, "dose.zoledronic_acid", YEARS[0], f"naar {chosen}"))

    return later, patient, again


def of_lab(later, patient, session):
    """On which day the creatinine is due, and which is offered to be moved."""
    offered = [item.due_on for item in overrides.movable(later, patient.id) if item.code == LAB]
    assert items.differences(session, [patient], later.today) == []
    return [day for day, _late in due(session, LAB)], offered


def test_a_creatinine_that_lapses_stays_so_wherever_its_infusion_is_moved_again(session, infused):
    later, patient, again = infused
    again(YEARS[1])
    assert of_lab(later, patient, session) == ([date(2027, 2, 20)], [date(2027, 2, 20)])
    waiver = WaiveItem(patient.id, LAB, date(2027, 2, 20), "vorige week nog goed")
    assert notes.waive(later, waiver) == notes.waive(later, waiver)
    for chosen in YEARS[1:]:
        again(chosen)
        assert of_lab(later, patient, session) == ([], [])
    overrides.void_override(later, patient.id, session.scalars(select(Override.id).where(Override.stands)).one(), "nee")
    assert of_lab(later, patient, session) == ([], [])


def test_a_day_chosen_for_the_creatinine_holds_wherever_its_infusion_is_moved_again(session, infused):
    later, patient, again = infused
    again(YEARS[1])
    lab = move(patient, date(2027, 2, 25), LAB, date(2027, 2, 20))
    assert overrides.move(later, lab) == overrides.move(later, lab)
    own = date(2026, 12, 23)  # four weeks before the day that is computed for the infusion
    for chosen in YEARS[1:]:
        again(chosen)
        assert of_lab(later, patient, session) == ([date(2027, 2, 25)], [own])
    overrides.move(later, move(patient, date(2027, 3, 1), LAB, own))
    assert of_lab(later, patient, session) == ([date(2027, 3, 1)], [own])
    assert [one.code for one in session.scalars(select(Override).where(Override.stands))].count(LAB) == 1
