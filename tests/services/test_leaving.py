"""A patient who leaves: what hangs is settled by choice, and everything can be undone with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout, PatientStatus, StartPrecision
from clinic.security.permissions import Role
from clinic.services import appointments, items, leaving, left_to_do, letters, patient_status, patients
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book
from clinic.services.patient_status import SetStatus
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from clinic.store.letters import Letter
from clinic.store.patients import PatientChange
from tests.factories import make_control, make_course, make_patient
from tests.letter_makers import with_gp

TODAY = date(2026, 11, 23)


@pytest.fixture
def secretary(work):
    return work(Role.SECRETARY)


@pytest.fixture
def treated(secretary):
    """A woman with a control to plan, a DXA booked at radiology, and a letter that did not leave."""
    patient = make_patient(secretary)
    make_course(secretary, patient)
    control = make_control(secretary, patient, date(2026, 11, 2))
    secretary.session.flush()
    items.refresh(secretary, patient)
    letters.draft_for(secretary, patient, LetterAbout.CONTROL, control.on_date, control.id)
    slot = Slot("dxa", date(2026, 12, 8), time(9, 20), "Radiologie")
    appointments.book(secretary, Book(patient.id, slot, "dxa", confirmed=("on_weekend", "on_holiday")))
    return patient


def leave(work, patient, status=PatientStatus.MOVED, chosen=None, **given):
    told = {"on": TODAY, "source": "dochter", "birth_date": patient.birth_date} | given
    seen = patient_status.fingerprint(patient)
    command = SetStatus(patient_id=patient.id, status=status, seen=seen, chosen=chosen or {}, **told)
    patient_status.set_status(work, command)


def choices(work, patient, **by_kind):
    usual = {"item": "ends", "appointment": "keep", "unsent": "send", "sent": "leave"} | by_kind
    return {one.key: usual[one.kind] for one in leaving.hanging(work, patient)}


def late_item(work, patient):
    """Her first item is to plan since yesterday."""
    items.refresh(work, patient)
    item = next(row for row in work.session.scalars(select(leaving.DueItem)) if not row.code.startswith("letter."))
    item.opens_on = item.due_on = item.late_after = TODAY - timedelta(days=1)
    item.very_late_after = None
    work.session.flush()


def test_what_hangs_is_due_booked_or_written(secretary, treated):
    late_item(secretary, treated)
    assert [one.kind for one in leaving.hanging(secretary, treated)] == ["item", "appointment", "unsent"]


def test_what_hangs_of_the_items_is_no_letter(secretary, treated):
    late_item(secretary, treated)
    secretary.session.add(DueItem(
        patient_id=treated.id, code="letter.after_control", subject=TODAY, due_on=TODAY, opens_on=TODAY,
        late_after=TODAY, backlog=False, why={}, source="x", protocol="1",
    ))  # fmt: skip
    secretary.session.flush()
    codes = [one.row.code for one in leaving.hanging(secretary, treated) if one.kind == "item"]
    assert codes
    assert not any(code.startswith("letter.") for code in codes)


def test_a_letter_that_left_within_two_weeks_hangs_and_an_older_one_does_not(secretary, treated):
    letter = secretary.session.scalars(select(Letter)).one()
    frozen = {"authorised_at": secretary.now, "authorised_by": secretary.actor.id, "text_sha256": "x"}
    left = {"state": "sent", "envelope": {}, "channel": "post", "sent_on": TODAY - timedelta(days=14)}
    for name, value in (frozen | left).items():
        setattr(letter, name, value)
    secretary.session.flush()
    assert [one.kind for one in leaving.hanging(secretary, treated)] == ["appointment", "sent"]
    letter.sent_on = TODAY - timedelta(days=15)
    secretary.session.flush()
    assert [one.kind for one in leaving.hanging(secretary, treated)] == ["appointment"]


def test_bookings_are_cancelled_and_letters_withdrawn_as_chosen(secretary, treated):
    leave(secretary, treated, chosen=choices(secretary, treated, appointment="cancel", unsent="withdraw"))
    row = secretary.session.scalars(select(Appointment)).one()
    assert (row.state, row.reason) == ("cancelled", "Verhuisd, controle elders")
    first, about_the_end = secretary.session.scalars(select(Letter).order_by(Letter.id)).all()
    assert (first.state, about_the_end.state) == ("withdrawn", "draft")
    later = replace(secretary, now=secretary.now + timedelta(hours=1))
    patients.keep_change(later, treated, {"phone": [None, "0513 200001"]})
    assert [one.id for one in leaving.cancelled_at_leaving(secretary, treated)] == [row.id]


def test_every_choice_stands_in_her_history(secretary, treated):
    late_item(secretary, treated)
    letter = secretary.session.scalars(select(Letter)).one()
    found = {one.kind: one.row for one in leaving.hanging(secretary, treated)}
    leave(secretary, treated, chosen=choices(secretary, treated, appointment="cancel"))
    told = secretary.session.scalars(select(PatientChange.changes)).one()
    assert {name: said for name, said in told.items() if name.startswith(leaving.HANGING)} == {
        f"hanging:item:{found['item'].code}:{found['item'].id}": ["2026-11-22", "ends"],
        f"hanging:appointment:dxa:{found['appointment'].id}": ["2026-12-08", "cancel"],
        f"hanging:unsent::{letter.id}": [None, "send"],
    }


def test_what_is_kept_stays(secretary, treated):
    leave(secretary, treated, chosen=choices(secretary, treated))
    assert secretary.session.scalars(select(Appointment.state)).all() == ["booked"]
    assert secretary.session.scalars(select(Letter.state)).all() == ["draft"]


def test_the_letter_to_the_gp_names_what_is_still_to_be_done(secretary, treated):
    late_item(secretary, treated)
    leave(secretary, treated, chosen=choices(secretary, treated, item="in_letter"))
    letter = secretary.session.scalars(select(Letter)).one()
    assert "1. Nog te doen: " in letter.text
    assert "streefdatum 22-11-2026" in letter.text
    assert "niets gevraagd" not in letter.text
    assert letter.added_text is None


def test_a_status_that_is_corrected_keeps_what_the_letter_names_and_a_new_leaving_chooses_anew(secretary, treated):
    assert left_to_do.named(secretary, treated.id) == []
    late_item(secretary, treated)
    leave(secretary, treated, chosen=choices(secretary, treated, item="in_letter"))
    leave(secretary, treated, PatientStatus.DECLINED, choices(secretary, treated, item="in_letter"))
    assert [item["due_on"] for item in left_to_do.named(secretary, treated.id)] == ["2026-11-22"]
    leave(secretary, treated, PatientStatus.ACTIVE, on=None, source=None, reason="komt toch")
    leave(secretary, treated, chosen=choices(secretary, treated))
    assert left_to_do.named(secretary, treated.id) == []


def test_after_a_death_no_letter_names_what_was_due(secretary, treated):
    late_item(secretary, treated)
    with pytest.raises(RuleBroken) as broken:
        leave(secretary, treated, PatientStatus.DECEASED, choices(secretary, treated, item="in_letter"))
    assert broken.value.code == "no_letter_after_death"


def test_a_booking_of_after_the_page_was_opened_is_asked_about(secretary, treated):
    chosen = choices(secretary, treated)
    slot = Slot("control", date(2026, 12, 9), time(9, 20), "Route 42")
    appointments.book(secretary, Book(treated.id, slot, "late", confirmed=("on_weekend", "on_holiday")))
    with pytest.raises(RuleBroken) as broken:
        leave(secretary, treated, chosen=chosen)
    assert broken.value.code == "hanging_unchosen"


def test_a_status_is_undone_with_a_reason_that_stays(secretary, treated):
    leave(secretary, treated, chosen=choices(secretary, treated, appointment="cancel"))
    with pytest.raises(RuleBroken) as broken:
        leave(secretary, treated, PatientStatus.ACTIVE, on=None, source=None)
    assert broken.value.code == "status_undone_because"
    leave(secretary, treated, PatientStatus.ACTIVE, on=None, source=None, reason="verkeerde patiënt")
    assert treated.status == "active"
    assert secretary.session.scalars(select(PatientChange.reason)).all()[-1] == "verkeerde patiënt"


def test_the_wrong_patient_is_noticed_by_the_date_of_birth(secretary, treated):
    for typed in (None, date(1950, 1, 1)):
        with pytest.raises(RuleBroken) as broken:
            leave(secretary, treated, chosen=choices(secretary, treated), birth_date=typed)
        assert broken.value.code == "birth_date_differs"


def test_a_birth_known_by_its_year_is_typed_as_a_year(secretary, treated):
    treated.birth_date, treated.birth_precision = date(1953, 1, 1), "year"
    settled = choices(secretary, treated)
    with pytest.raises(RuleBroken, match="birth_date_differs"):
        leave(secretary, treated, chosen=settled)
    leave(secretary, treated, chosen=settled, birth_precision=StartPrecision.YEAR)
    assert treated.status == "moved"


def test_a_new_address_changes_no_status(secretary, treated):
    before = patient_status.fingerprint(treated)
    treated.street, treated.town = "Kade", "Elders"
    patients.keep_change(secretary, treated, {"street": [None, "Kade"]})
    secretary.session.flush()
    assert patient_status.fingerprint(treated) == before


HANDED = {"handover_confirmed_on": TODAY, "handover_next_on": date(2027, 1, 4), "handover_by": "huisarts"}


@pytest.mark.parametrize(
    ("change", "left", "drafts"),
    [
        ({"source": "huisarts"}, True, 0),
        (HANDED, True, 0),
        ({"on": TODAY - timedelta(days=1)}, True, 1),
        ({"status": PatientStatus.TRANSFERRED}, True, 1),
        ({"source": "huisarts"}, False, 0),
        (HANDED, False, 1),
    ],
)
def test_the_gp_has_no_correction_of_an_end_for_what_that_letter_does_not_tell(work, secretary, change, left, drafts):
    patient = with_gp(secretary)
    leave(secretary, patient)
    [letter] = secretary.session.scalars(select(Letter))
    letter.state, letter.text_sha256, letter.authorised_at = "authorised", "x", secretary.now
    letter.authorised_by = secretary.actor.id
    if left:
        letter.state, letter.envelope, letter.channel, letter.sent_on = "sent", {}, "post", TODAY
    secretary.session.commit()
    leave(secretary, patient, chosen=choices(secretary, patient), **change)
    written = [row.id for row in secretary.session.scalars(select(Letter).where(Letter.state == "draft"))]
    assert (len(written), letter.id in written) == (drafts, False)
    assert letter.state == ("sent" if left else "withdrawn" if drafts else "authorised")


@pytest.mark.parametrize("back", [True, False])
def test_an_end_after_she_was_followed_again_replaces_no_letter_about_an_earlier_one(secretary, back):
    patient = with_gp(secretary)
    leave(secretary, patient, on=TODAY - timedelta(days=30))
    [letter] = secretary.session.scalars(select(Letter))
    letter.state, letter.text_sha256, letter.authorised_at = "sent", "x", secretary.now
    letter.authorised_by, letter.envelope, letter.channel, letter.sent_on = secretary.actor.id, {}, "post", TODAY
    secretary.session.commit()
    if back:
        leave(secretary, patient, PatientStatus.ACTIVE, on=None, source=None, reason="terugverhuisd")
    leave(secretary, patient, chosen=choices(secretary, patient))
    [draft] = secretary.session.scalars(select(Letter).where(Letter.state == "draft"))
    assert len(draft.facts["replaces"]) == (0 if back else 1)
