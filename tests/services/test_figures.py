"""The figures of the register: computed whole, kept, counted by period, and who stands behind a number."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from clinic.domain.figures import CaseState, Figure
from clinic.domain.protocol import DEFAULT
from clinic.security.audit import Action
from clinic.services import figures, restores
from clinic.services.figures import Period, Wanted
from clinic.services.work import NotAllowed
from clinic.store.figures import FigureCase, FigureRun
from clinic.store.restores import Restore
from tests.conftest import MONDAY_MORNING
from tests.factories import make_control, make_course, make_patient

YEAR = Period(date(2025, 11, 24), date(2026, 11, 23))


def clock():
    return MONDAY_MORNING


def computed(session, database):
    """Computed by somebody else: what this test read before, it lets go of."""
    session.rollback()
    return figures.run(database, clock)


@pytest.fixture
def clinic(work):
    """Twelve women treated since March 2025, the yearly control of ten of them in time; one who was merged away."""
    nurse = work("nurse")
    for number in range(12):
        patient = make_patient(nurse)
        make_course(nurse, patient)
        make_control(nurse, patient, date(2025, 6, 12))
        if number < 10:
            make_control(nurse, patient, date(2026, 3, 20))
    merged = make_patient(nurse)
    make_course(nurse, merged)
    merged.merged_into_id = patient.id
    nurse.note(Action.CONTROL_SAVED)
    nurse.commit()
    return work


def of(found, figure):
    return next(one for one in found if one.figure == figure)


def test_a_run_counts_everybody_once(clinic, session, database) -> None:
    run = computed(session, database)
    assert (run.done, run.total, run.since_on, run.on_date) == (13, 13, date(2023, 11, 23), date(2026, 11, 23))
    found = figures.counted(session, run, YEAR)
    assert of(found, Figure.YEARLY).share[:3] == (10, 12, 833)
    assert of(found, Figure.LOST).share[:2] == (2, 12)
    assert of(found, Figure.HEIGHT).share == (0, 0, None, None, None)
    assert of(figures.counted(session, run, Period(YEAR.since, date(2026, 3, 9))), Figure.YEARLY).share.n == 0


def test_the_first_page_shows_what_was_kept(clinic, session, database) -> None:
    doctor = clinic("doctor")
    assert figures.first_page(doctor) is None
    computed(session, database)
    run, shares = figures.first_page(doctor)
    assert [figure for figure, _ in shares] == [Figure.LETTER, Figure.YEARLY, Figure.DECISION, Figure.INJECTION]
    assert dict(shares)[Figure.YEARLY][:2] == (10, 12)
    assert dict(shares)[Figure.INJECTION].tenths is None
    with pytest.raises(NotAllowed):
        figures.first_page(clinic("nurse"))
    assert run.finished_at == MONDAY_MORNING


def test_behind_a_number_stand_its_patients(clinic, session, database) -> None:
    run = computed(session, database)
    doctor = clinic("doctor")
    missed = figures.behind(doctor, run, Wanted(Figure.YEARLY, CaseState.MISSED, YEAR))
    assert [(case.on_date, case.done_on) for case, _ in missed] == [(date(2026, 3, 10), None)] * 2
    first, second = missed
    page = figures.behind(doctor, run, Wanted(Figure.YEARLY, CaseState.MISSED, YEAR), after=first[0].id, most=1)
    assert [patient.id for _, patient in page] == [second[1].id]
    past = Period(date(2024, 1, 1), date(2024, 2, 1))
    assert len(figures.behind(doctor, run, Wanted(Figure.LOST, CaseState.MET, past))) == 2
    with pytest.raises(NotAllowed):
        figures.behind(clinic("manager"), run, Wanted(Figure.YEARLY, CaseState.MISSED, YEAR))


def test_another_run_takes_the_place_of_the_first(clinic, session, database, monkeypatch) -> None:
    monkeypatch.setattr(figures, "AT_ONCE", 7)
    computed(session, database)
    cases = session.scalar(select(func.count()).select_from(FigureCase))
    again = computed(session, database)
    assert session.scalars(select(FigureRun.id)).all() == [again.id]
    assert session.scalar(select(func.count()).select_from(FigureCase)) == cases


def test_it_is_computed_at_most_once_an_hour_and_by_one_at_a_time(clinic, session, database) -> None:
    assert figures.may_start(session, MONDAY_MORNING)
    session.rollback()
    begun = figures.begin(database, MONDAY_MORNING, DEFAULT)
    assert figures.busy(session, MONDAY_MORNING).id == begun.id
    assert not figures.may_start(session, MONDAY_MORNING)
    assert figures.may_start(session, MONDAY_MORNING + timedelta(minutes=2)), "a run that fell silent has died"
    session.rollback()
    figures.finish(database, begun.id, MONDAY_MORNING)
    assert not figures.may_start(session, MONDAY_MORNING + timedelta(minutes=59))
    assert figures.may_start(session, MONDAY_MORNING + timedelta(minutes=60))


def test_in_a_restored_register_nothing_is_computed_until_somebody_has_looked(session, tmp_path) -> None:
    session.add(Restore(restored_at=MONDAY_MORNING, taken_at=MONDAY_MORNING, letters_settled=[], letters_unknown=[]))
    session.commit()
    assert not figures.may_start(session, MONDAY_MORNING)
    restores.confirm(session, MONDAY_MORNING, tmp_path)
    session.commit()
    assert figures.may_start(session, MONDAY_MORNING)


def test_a_run_that_fails_says_so_and_the_one_before_stays(clinic, session, database, monkeypatch) -> None:
    before = computed(session, database)

    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(figures, "cases", broken)
    with pytest.raises(ZeroDivisionError):
        computed(session, database)
    assert session.scalars(select(FigureRun.failed).order_by(FigureRun.id.desc())).first() == "ZeroDivisionError"
    assert figures.latest(session).id == before.id
    assert figures.first_page(clinic("doctor"))[0].id == before.id


def test_who_died_long_ago_is_in_no_figure(work, session, database) -> None:
    nurse = work("nurse")
    make_patient(nurse, status="deceased", status_on=date(2021, 5, 1))  # long before any period
    nurse.note(Action.PATIENT_REGISTERED)
    nurse.commit()
    run = computed(session, database)
    assert run.done == 1
    assert all(one.share.n == 0 for one in figures.counted(session, run, YEAR))
