"""The day at the clinic: what each patient still needs, who takes over from whom, and closing the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Symptom
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import appointments, control_drafts, controls, days, form_drafts
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book, Of
from clinic.services.controls import SaveControl
from clinic.services.days import CloseDay
from clinic.services.form_drafts import Form
from clinic.services.work import NotAllowed, Stale
from clinic.store import day_facts
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control, ControlDraft
from clinic.store.due import DueItem
from clinic.store.scans import Scan
from clinic.store.settings import DayClosing
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)


def booked(work, patient, kind="control", on=TODAY, token="b"):
    slot = Slot(kind, on, time(9, 20), "Route 42")
    done = appointments.book(work, Book(patient.id, slot, token, confirmed=("on_weekend", "on_holiday")))
    return work.session.get(Appointment, done)


def of(row):
    return Of(row.patient_id, row.id, row.version)


def told(work, patient):
    return {(row.what, row.code) for row in day_facts.facts(work.session, [patient.id], work.today)}


def save(work, patient, token):
    alarms = dict.fromkeys(Symptom, False)
    return controls.save(
        work,
        SaveControl(
            patient_id=patient.id,
            form_token=token,
            on=TODAY,
            kind="clinic",
            heights_mm=(1650,),
            weight_g=65000,
            symptoms=alarms,
        ),
    )


def test_what_she_still_needs_is_read_for_the_whole_day_at_once(work):
    nurse = work(Role.NURSE)
    patient, other = make_patient(nurse), make_patient(nurse)
    make_course(nurse, patient)
    make_control(nurse, patient, date(2025, 9, 1), height_mm=1650)
    nurse.session.add(
        Scan(patient_id=patient.id, made_on=date(2026, 11, 2), recorded_at=nurse.now, recorded_by=nurse.actor.id)
    )
    nurse.session.flush()
    facts = day_facts.facts(nurse.session, [patient.id, other.id], TODAY)
    assert {(row.patient_id, row.what, row.on_date) for row in facts} >= {
        (patient.id, "awaited", date(2026, 11, 2)),
        (patient.id, "height", date(2025, 9, 1)),
    }
    assert not [row for row in facts if row.patient_id == other.id]
    assert day_facts.courses(nurse.session, [patient.id], TODAY)[patient.id].drug == "alendronic_acid"
    assert day_facts.facts(nurse.session, [], TODAY) == ()


def test_what_is_due_of_her_is_no_letter(work):
    nurse = work(Role.NURSE)
    patient = make_patient(nurse)
    dates = dict.fromkeys(("subject", "due_on", "opens_on", "late_after"), TODAY)
    nurse.session.add_all(
        DueItem(patient_id=patient.id, code=code, backlog=False, why={}, source="x", protocol="1", **dates)
        for code in ("letter.after_control", "lab.before_infusion", "scan")
    )
    nurse.session.flush()
    assert told(nurse, patient) == {("item", "lab.before_infusion"), ("item", "scan")}


def test_a_colleague_goes_on_with_a_draft_and_the_control_says_who_measured(work):
    first, second = work(Role.NURSE), work(Role.DOCTOR)
    patient = make_patient(first)
    control_drafts.keep(first, patient.id, "form-1", {"weight": ["65"], "form_token": ["form-1"]})
    draft = control_drafts.of(first, patient.id)
    control_drafts.take_over(second, patient.id, draft.id)
    control_drafts.take_over(second, patient.id, draft.id)
    second.session.expire_all()
    mine = control_drafts.of(second, patient.id)
    assert mine.typed["weight"] == ["65"]
    assert mine.typed["form_token"] == [mine.form_token]
    assert mine.form_token != "form-1"
    control = second.session.get(Control, save(second, patient, mine.form_token))
    assert (control.measured_by, control.recorded_by) == (first.actor.id, second.actor.id)
    taken = select(AuditEntry.action).where(AuditEntry.action == Action.DRAFT_TAKEN)
    assert len(second.session.scalars(taken).all()) == 1


def test_the_form_of_before_is_refused_and_says_who_went_on(work):
    first, second = work(Role.NURSE), work(Role.DOCTOR)
    patient = make_patient(first)
    control_drafts.keep(first, patient.id, "form-1", {"weight": ["65"]})
    draft = control_drafts.of(first, patient.id)
    control_drafts.take_over(second, patient.id, draft.id)
    third = work(Role.NURSE)
    third.actor = replace(second.actor, id=work(Role.SECRETARY).actor.id)
    for late in (
        lambda: control_drafts.keep(first, patient.id, "form-1", {"weight": ["66"]}),
        lambda: save(first, patient, "form-1"),
        lambda: control_drafts.take_over(third, patient.id, draft.id),
    ):
        with pytest.raises(RuleBroken) as broken:
            late()
        assert broken.value.code == "draft_taken"
        assert broken.value.params["who"] == second.actor.name
        first.session.rollback()
    assert first.session.scalars(select(Control)).all() == []


def test_who_has_a_draft_herself_finishes_that_first(work):
    first, second = work(Role.NURSE), work(Role.DOCTOR)
    patient = make_patient(first)
    control_drafts.keep(first, patient.id, "form-1", {"weight": ["65"]})
    control_drafts.keep(second, patient.id, "form-2", {"weight": ["66"]})
    with pytest.raises(RuleBroken) as broken:
        control_drafts.take_over(second, patient.id, control_drafts.of(first, patient.id).id)
    assert broken.value.code == "draft_of_your_own"


def test_a_draft_of_another_patient_is_not_found(work):
    nurse, doctor = work(Role.NURSE), work(Role.DOCTOR)
    patient, other = make_patient(nurse), make_patient(nurse)
    control_drafts.keep(nurse, patient.id, "form-1", {})
    for patient_id, draft_id in ((other.id, control_drafts.of(nurse, patient.id).id), (patient.id, 99)):
        with pytest.raises(LookupError):
            control_drafts.take_over(doctor, patient_id, draft_id)


def test_she_came_after_all(work):
    nurse = work(Role.NURSE)
    row = booked(nurse, make_patient(nurse))
    appointments.missed(nurse, of(row), 1, "")
    seen = of(row)
    appointments.came(nurse, seen)
    appointments.came(nurse, seen)
    assert (row.state, row.attempts) == ("booked", 1)
    assert row.arrived_at == nurse.now
    with pytest.raises(Stale):
        appointments.came(nurse, seen.__class__(row.patient_id, row.id, row.version + 3))


def test_who_got_another_appointment_meanwhile_keeps_that_one(work):
    nurse = work(Role.NURSE)
    patient = make_patient(nurse)
    row = booked(nurse, patient)
    row.item_code, row.item_subject = "control.yearly", date(1970, 1, 1)
    nurse.session.flush()
    appointments.missed(nurse, of(row), 1, "")
    new = booked(nurse, patient, on=TODAY + timedelta(days=7), token="new")
    new.item_code, new.item_subject = "control.yearly", date(1970, 1, 1)
    nurse.session.flush()
    with pytest.raises(RuleBroken) as broken:
        appointments.came(nurse, of(row))
    assert broken.value.code == "item_booked_again"


def test_a_day_with_nothing_left_is_closed_without_a_reason(work):
    nurse = work(Role.NURSE)
    counts = days.left(nurse).counts
    days.close(nurse, CloseDay(counts, "", "t"))
    days.close(nurse, CloseDay(counts, "", "t"))
    closed = nurse.session.scalars(select(DayClosing)).one()
    assert (closed.on_date, closed.because, set(closed.left.values())) == (TODAY, None, {0})
    assert day_facts.closing(nurse.session, TODAY).name == nurse.actor.name
    assert day_facts.closing(nurse.session, date(2026, 11, 22)) is None


def test_what_hangs_needs_a_reason_and_stands_with_the_day(work):
    nurse = work(Role.NURSE)
    patient, missed, unsaid, called = (make_patient(nurse) for _ in range(4))
    control_drafts.keep(nurse, patient.id, "form-1", {"symptom_jaw_or_mouth": ["yes"]})
    appointments.missed(nurse, of(booked(nurse, missed, token="m")), 0, "")
    booked(nurse, unsaid, kind="phone", token="u")
    form_drafts.keep(nurse, Form(called.id, "contact"), {"symptoms": ["ear_pain"], "words": ["oorpijn"]})
    later = work(Role.NURSE)
    later.now = nurse.now + timedelta(minutes=1)
    found = days.left(later)
    assert found.counts == {"drafts": 1, "contacts": 1, "unsettled": 1, "missed": 1, "alarms": 2}
    assert sorted(later.entries[-1].shown) == sorted([patient.id, missed.id, unsaid.id, called.id])
    with pytest.raises(RuleBroken) as broken:
        days.close(later, CloseDay(found.counts, "  ", "t"))
    assert broken.value.code == "day_left_because"
    with pytest.raises(RuleBroken) as broken:
        days.close(later, CloseDay(found.counts | {"drafts": 0}, "morgen", "t"))
    assert broken.value.code == "day_changed"
    days.close(later, CloseDay(found.counts, "morgen verder", "t"))
    assert later.session.scalars(select(DayClosing.because)).one() == "morgen verder"


def test_what_is_left_of_today_is_not_cut_off_by_what_is_older(work, monkeypatch):
    nurse, before = work(Role.NURSE), work(Role.NURSE, date(2026, 11, 20))
    older, new = make_patient(nurse), make_patient(nurse)
    for patient, of_day in ((older, before), (new, nurse)):
        booked(of_day, patient, on=of_day.today, token=f"b-{of_day.today}")
        control_drafts.keep(of_day, patient.id, f"form-{of_day.today}", {})
        form_drafts.keep(of_day, Form(patient.id, "contact"), {"words": ["belt terug"]})
    monkeypatch.setattr(day_facts, "MOST", 1)
    found = days.left(nurse)
    assert [row.patient_id for row in (*found.appointments, *found.drafts, *found.contacts)] == [new.id] * 3
    assert found.counts == {"drafts": 2, "contacts": 2, "unsettled": 2, "missed": 0, "alarms": 0}
    assert found.more == {"drafts": 1, "contacts": 1, "appointments": 1}


def test_a_no_show_with_a_new_appointment_is_not_left(work):
    nurse = work(Role.NURSE)
    patient = make_patient(nurse)
    appointments.missed(nurse, of(booked(nurse, patient)), 1, "")
    booked(nurse, patient, on=TODAY + timedelta(days=8), token="again")
    assert days.left(nurse).counts["missed"] == 0


@pytest.mark.parametrize(("status", "asked"), [("moved", True), ("declined", True), ("deceased", False)])
def test_a_booking_kept_of_who_left_is_asked_about_unless_she_died(work, status, asked):
    nurse = work("nurse")
    patient = make_patient(nurse)
    row = booked(nurse, patient, "infusion")
    patient.status, patient.status_on = status, TODAY
    nurse.session.flush()
    found = [one.appointment_id for one in days.left(nurse).appointments]
    assert found == ([row.id] if asked else [])


def test_the_manager_closes_no_day(work):
    with pytest.raises(NotAllowed):
        days.left(work(Role.MANAGER))


def test_a_draft_that_was_taken_over_is_nobodys_draft_any_more(work):
    nurse, doctor = work(Role.NURSE), work(Role.DOCTOR)
    patient = make_patient(nurse)
    control_drafts.keep(nurse, patient.id, "form-1", {})
    control_drafts.take_over(doctor, patient.id, control_drafts.of(nurse, patient.id).id)
    after = datetime(2026, 12, 1)  # noqa: DTZ001 - the store keeps UTC without a zone
    assert [row.by for row in day_facts.unfinished(nurse.session, after)] == [doctor.actor.id]
    assert {row.by for row in day_facts.drafts(nurse.session, [patient.id]).values()} == {doctor.actor.id}
    assert control_drafts.of(nurse, patient.id) is None
    assert nurse.session.scalars(select(ControlDraft.taken_by).where(ControlDraft.by == nurse.actor.id)).one()
