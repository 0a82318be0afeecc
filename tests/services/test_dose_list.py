"""The list of infusions and injections, and the closing days that lengthen it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from clinic.domain.dose_needs import NeedState
from clinic.domain.errors import RuleBroken
from clinic.security.permissions import Role
from clinic.services import closures, dose_list, doses, items
from clinic.services.closures import CloseClinic
from clinic.services.doses import GiveDose
from clinic.services.facts import stamp
from clinic.services.work import NotAllowed
from clinic.store.scans import Lab
from clinic.store.treatments import Dose
from tests.factories import make_control, make_course, make_patient


@pytest.fixture
def nurse(work):
    return work(Role.NURSE)


@pytest.fixture
def manager(work):
    return work(Role.MANAGER)


def on_zoledronic_acid(work, due_in, **given):
    """A patient whose next infusion is due in so many days, a year after her first."""
    patient = make_patient(work, registered_on=work.today - timedelta(400), **given)
    started = (work.today + timedelta(due_in)).replace(year=(work.today + timedelta(due_in)).year - 1)
    course = make_course(work, patient, drug="zoledronic_acid", started_on=started, planned_years=3)
    work.session.flush()
    doses.give(work, GiveDose(patient.id, course.id, started, "dagbehandeling", "J. Postma"))
    return patient


def shown(work):
    """Who is on the list."""
    return [dose.item.patient_id for dose in dose_list.show(work).doses]


@pytest.mark.parametrize(("due_in", "there"), [(13, True), (14, True), (15, False)])
def test_a_dose_is_listed_from_fourteen_days_before_it_is_due(nurse, due_in, there):
    patient = on_zoledronic_acid(nurse, due_in)
    assert (patient.id in shown(nurse)) is there


def test_a_late_dose_stays_on_the_list(nurse):
    patient = on_zoledronic_acid(nurse, -40)
    assert patient.id in shown(nurse)


def test_the_list_says_what_is_missing_and_what_was_given(nurse):
    patient = on_zoledronic_acid(nurse, 10)
    stamp(nurse, Lab(on_date=nurse.today - timedelta(100), creatinine_umol_l=80, form_token="lab"), patient.id)
    items.refresh(nurse, patient)
    (dose,) = dose_list.show(nurse).doses
    states = {need.what: need.state for need in dose.needs}
    assert states["creatinine"] == NeedState.TOO_OLD
    assert states["weight"] == NeedState.MISSING
    assert (dose.last.place, dose.last.given_by) == ("dagbehandeling", "J. Postma")


@pytest.mark.parametrize("grams", [(60_000, 52_000), (52_000, 60_000)])
def test_of_two_weights_of_one_day_the_lowest_counts_as_in_the_rules(nurse, grams):
    patient = on_zoledronic_acid(nurse, 10)
    for weight_g in grams:
        make_control(nurse, patient, nurse.today, weight_g=weight_g)
    items.refresh(nurse, patient)
    (dose,) = dose_list.show(nurse).doses
    assert {need.what: need.value for need in dose.needs}["weight"] == 52_000


def test_closing_days_lengthen_the_list(nurse, manager):
    patient = on_zoledronic_acid(nurse, 24)
    assert patient.id not in shown(nurse)
    closures.close(manager, CloseClinic(nurse.today + timedelta(14), nurse.today + timedelta(18), "kerstweek"))
    assert patient.id in shown(nurse)


def test_a_clinic_that_is_open_after_all_lengthens_nothing(nurse, manager):
    closures.close(manager, CloseClinic(nurse.today + timedelta(14), nurse.today + timedelta(18), "kerstweek"))
    (closure,) = closures.coming(manager)
    closures.withdraw(manager, closure.id)
    assert closures.coming(manager) == []
    assert dose_list.show(nurse).until == nurse.today + timedelta(14)
    with pytest.raises(LookupError):
        closures.withdraw(manager, closure.id)


def test_the_same_closing_days_are_kept_once(manager):
    for _time in range(2):
        closures.close(manager, CloseClinic(date(2026, 12, 21), date(2026, 12, 31), "kerst"))
    assert len(closures.coming(manager)) == 1


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 12, 22), date(2026, 12, 21), "closure_ends_before"),
        (date(2026, 11, 1), date(2026, 11, 2), "closure_is_over"),
        (date(2026, 12, 1), date(2027, 1, 30), "closure_too_long"),
    ],
)
def test_closing_days_that_cannot_be_are_refused(manager, first, last, code):
    with pytest.raises(RuleBroken) as broken:
        closures.close(manager, CloseClinic(first, last, "verbouwing"))
    assert broken.value.code == code


def test_a_nurse_does_not_close_the_clinic(nurse):
    with pytest.raises(NotAllowed):
        closures.close(nurse, CloseClinic(date(2026, 12, 21), date(2026, 12, 31), "kerst"))


@pytest.mark.parametrize(
    ("confirmed_on", "by", "code"),
    [
        (0, "", "confirmed_when_and_by_whom"),
        (None, "praktijkassistente", "confirmed_when_and_by_whom"),
        (1, "praktijkassistente", "confirmed_after_it_was_given"),
        (-6, "praktijkassistente", "confirmed_after_it_was_given"),
    ],
)
def test_a_dose_given_elsewhere_is_confirmed_by_somebody_on_a_day_since(nurse, confirmed_on, by, code):
    patient = make_patient(nurse)
    course = make_course(nurse, patient, drug="denosumab", started_on=nurse.today - timedelta(30))
    nurse.session.flush()
    on = None if confirmed_on is None else nurse.today + timedelta(confirmed_on)
    with pytest.raises(RuleBroken) as broken:
        doses.give(nurse, GiveDose(patient.id, course.id, nurse.today - timedelta(5), "huisarts", "", "", on, by))
    assert broken.value.code == code


def test_who_confirmed_a_dose_is_kept(nurse):
    patient = make_patient(nurse)
    course = make_course(nurse, patient, drug="denosumab", started_on=nurse.today - timedelta(30))
    nurse.session.flush()
    given = GiveDose(patient.id, course.id, nurse.today - timedelta(5), "huisarts", "", "", nurse.today, "T. Aukema")
    dose = nurse.session.get(Dose, doses.give(nurse, given))
    assert (dose.confirmed_on, dose.confirmed_by) == (nurse.today, "T. Aukema")
