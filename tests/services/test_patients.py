"""A patient is registered once, changed with history, and leaves the lists with her status."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus, Sex, StartPrecision
from clinic.services import glucocorticoids, items, leaving, patient_status, patients
from clinic.services.glucocorticoids import SavePeriod
from clinic.services.leaving import CHOICES
from clinic.services.patient_status import SetStatus
from clinic.services.patients import Change, Contact, PatientDetails, Register
from clinic.services.search import find
from clinic.services.work import NotAllowed, Stale
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.patients import Glucocorticoid, Patient, PatientChange
from tests.factories import make_course, make_patient

TODAY = date(2026, 11, 23)
DETAILS = PatientDetails(
    number="4071826", initials="A.", own_name="Jansen", birth_date=date(1953, 3, 14), sex=Sex.FEMALE,
    registered_on=TODAY,
)  # fmt: skip


@pytest.fixture
def secretary(work):
    return work("secretary")


def details(**given):
    return replace(DETAILS, **given)


def register(work, **given):
    return patients.register(work, Register(details(**given)))


def change(work, patient, contacts=(), seen=None, drop_bsn=False, **given):
    seen = seen or patients.fingerprint(work, patient)
    return patients.change(work, Change(patient.id, details(**given), seen, contacts, drop_bsn))


def history(work):
    rows = work.session.scalars(select(PatientChange).order_by(PatientChange.id))
    return [row.changes for row in rows]


def test_a_secretary_registers_a_patient_who_is_then_found_and_has_nothing_planned(secretary):
    her = register(secretary, own_name="Jansen", partner_prefix="de", partner_name="Vries", name_order="partner_own")
    assert [row.id for row in find(secretary, "de vries").patients] == [her.id]
    assert her.sort_key.startswith("vries jansen")
    assert her.nothing_planned


def test_the_same_form_sent_twice_is_one_patient(secretary):
    assert register(secretary).id == register(secretary).id
    assert len(secretary.session.scalars(select(Patient)).all()) == 1


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"birth_date": date(2026, 11, 24)}, "birth_date", "birth_impossible"),
        ({"birth_date": date(1899, 12, 31)}, "birth_date", "birth_impossible"),
        ({"registered_on": date(2026, 11, 24)}, "registered_on", "registered_impossible"),
        ({"registered_on": date(1953, 3, 13)}, "registered_on", "registered_impossible"),
        ({"partner_prefix": "de"}, "partner_name", "prefix_without_name"),
        ({"name_order": "partner"}, "name_order", "order_without_partner"),
        ({"recalled_max_height_mm": 990}, "recalled_max_height_mm", "out_of_range"),
        ({"recalled_max_height_mm": 1650}, "recalled_max_height_source", "height_without_source"),
        ({"recalled_max_height_mm": 1951, "recalled_max_height_source": "paspoort"}, "height_sure", "height_unusual"),
        ({"gp_id": 99}, "gp_id", "gp_unknown"),
        ({"regular_nurse_id": 99}, "regular_nurse_id", "nurse_unknown"),
        ({"regular_doctor_id": 99}, "regular_doctor_id", "doctor_unknown"),
        ({"bsn": "999990019", "no_bsn_because": "toerist"}, "no_bsn_because", "bsn_and_reason"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(secretary, given, field, code):
    with pytest.raises(RuleBroken) as refused:
        register(secretary, **given)
    assert (refused.value.field, refused.value.code) == (field, code)


@pytest.mark.parametrize(
    ("given", "field"), [({"number": "4071826"}, "number"), ({"number": "5", "bsn": "999990019"}, "bsn")]
)
def test_a_number_and_a_bsn_belong_to_one_patient_even_with_a_tick(secretary, given, field):
    make_patient(secretary, number="4071826", bsn="999990019", own_name="Anders", birth_date=date(1960, 1, 1))
    with pytest.raises(RuleBroken) as refused:
        patients.register(secretary, Register(details(**given), anyway=True))
    assert (refused.value.field, refused.value.code) == (field, f"{field}_taken")


@pytest.mark.parametrize("name", ["Jánsen", "jansen", "van Jansen"])
def test_who_is_born_the_same_day_with_the_same_name_is_compared_first(secretary, name):
    known = make_patient(secretary, number="1", own_name=name.removeprefix("van "))
    with pytest.raises(RuleBroken, match="looks_known"):
        register(secretary)
    assert patients.lookalikes(secretary, DETAILS) == [known]
    assert patients.register(secretary, Register(DETAILS, anyway=True)).id != known.id


def test_another_birth_date_or_another_name_is_another_person(secretary):
    make_patient(secretary, number="1", own_name="Jansen", birth_date=date(1953, 3, 15))
    make_patient(secretary, number="2", own_name="Pietersen")
    assert patients.lookalikes(secretary, DETAILS) == []


@pytest.mark.parametrize(
    ("known", "typed", "same"),
    [
        ((date(1953, 1, 1), "year"), (date(1953, 3, 14), "day"), True),
        ((date(1953, 3, 1), "month"), (date(1953, 3, 14), "day"), True),
        ((date(1953, 3, 14), "day"), (date(1953, 3, 1), "month"), True),
        ((date(1953, 3, 14), "day"), (date(1953, 1, 1), "year"), True),
        ((date(1953, 3, 1), "month"), (date(1953, 1, 1), "year"), True),
        ((date(1953, 1, 1), "year"), (date(1953, 3, 1), "month"), True),
        ((date(1953, 1, 1), "day"), (date(1953, 3, 14), "day"), False),
        ((date(1953, 4, 1), "month"), (date(1953, 3, 14), "day"), False),
        ((date(1953, 4, 1), "day"), (date(1953, 3, 1), "month"), False),
        ((date(1954, 1, 1), "year"), (date(1953, 3, 14), "day"), False),
        ((date(1952, 12, 31), "day"), (date(1953, 1, 1), "year"), False),
    ],
)
def test_of_a_birth_that_is_known_in_part_only_what_both_know_is_compared(secretary, known, typed, same):
    make_patient(secretary, number="1", birth_date=known[0], birth_precision=known[1])
    told = details(birth_date=typed[0], birth_precision=StartPrecision(typed[1]))
    assert bool(patients.lookalikes(secretary, told)) == same


def test_a_change_keeps_what_was_there_with_who_and_when(secretary):
    her = register(secretary)
    change(secretary, her, phone="+31612345678", needs_wheelchair=True)
    row = secretary.session.scalars(select(PatientChange)).one()
    assert row.changes == {"phone": [None, "+31612345678"], "needs_wheelchair": ["False", "True"]}
    assert (row.by, row.at) == (secretary.actor.id, secretary.now)


def test_saving_what_stands_changes_nothing(secretary):
    her = register(secretary)
    change(secretary, her, seen="an older page")
    assert history(secretary) == []


def test_a_new_name_is_found_and_a_mistaken_one_no_longer(secretary):
    her = register(secretary, own_name="Wiersma")
    change(secretary, her, own_name="Jansen-Bos")
    assert [row.id for row in find(secretary, "jansen bos").patients] == [her.id]
    assert find(secretary, "wiersma").patients == []


def test_a_birth_known_to_the_year_can_become_the_first_of_january_and_the_history_says_how_well_it_was_known(
    secretary,
):
    her = register(secretary, birth_date=date(1953, 1, 1), birth_precision=StartPrecision.YEAR)
    assert her.birth_precision == "year"
    change(secretary, her, birth_date=date(1953, 1, 1), birth_precision=StartPrecision.YEAR, town="Oudeterp")
    change(secretary, her, birth_date=date(1953, 1, 1), town="Oudeterp")
    assert (her.birth_date, her.birth_precision) == (date(1953, 1, 1), "day")
    assert history(secretary) == [{"town": [None, "Oudeterp"]}, {"birth_date": ["1953", "1953-01-01"]}]


def test_a_bsn_stays_when_its_field_is_left_empty_and_is_never_written_whole(secretary):
    her = register(secretary, bsn="999990019")
    change(secretary, her, phone="+31612345678")
    assert her.bsn == "999990019"
    change(secretary, her, phone="+31612345678", drop_bsn=True, no_bsn_because="van een ander")
    assert her.bsn is None
    assert history(secretary)[1]["bsn"] == ["…019", None]
    logged = secretary.session.scalars(select(AuditEntry)).all()
    assert not any("999990019" in str((row.details, row.subject)) for row in logged)


def test_a_wrong_bsn_is_replaced_at_once_by_the_right_one(secretary):
    her = register(secretary, bsn="999990019")
    change(secretary, her, bsn="999900006", drop_bsn=True)
    assert her.bsn == "999900006"
    assert history(secretary) == [{"bsn": ["…019", "…006"]}]


def test_contact_persons_come_change_and_end_and_the_history_tells(secretary):
    her = register(secretary)
    change(secretary, her, (Contact("J. Bos", "zoon", "+31612345678"), Contact("M. Bos")))
    change(secretary, her, (Contact("M. Bos", "dochter"),))
    assert patients.contacts_of(secretary, her.id) == [Contact("M. Bos", "dochter")]
    assert history(secretary)[1] == {"contacts": ["J. Bos, zoon, +31612345678; M. Bos", "M. Bos, dochter"]}


def test_a_page_that_was_overtaken_is_refused_and_names_who_was_first(secretary, work):
    her = register(secretary)
    seen = patients.fingerprint(secretary, her)
    change(work("nurse"), her, phone="+31612345678")
    with pytest.raises(Stale, match="Test nurse"):
        change(secretary, her, seen=seen, town="Sneek")


def test_a_control_saved_meanwhile_does_not_overtake_the_page(secretary):
    her = register(secretary)
    seen = patients.fingerprint(secretary, her)
    items.refresh(secretary, her)
    change(secretary, her, seen=seen, town="Sneek")
    assert her.town == "Sneek"


def test_a_recalled_height_that_is_corrected_moves_the_rules(secretary):
    her = register(secretary)
    version = her.facts_version
    change(secretary, her, recalled_max_height_mm=1650, recalled_max_height_source="paspoort 1985")
    assert her.facts_version == version + 1


def test_a_manager_registers_nobody(work):
    with pytest.raises(NotAllowed):
        register(work("manager"))


def set_status(work, patient, status, seen=None, **given):
    hanging = leaving.hanging(work, patient)
    told = {"birth_date": patient.birth_date, "chosen": {one.key: CHOICES[one.kind][0] for one in hanging}}
    told |= {"reason": "vergissing"} if status is PatientStatus.ACTIVE else {"source": "dochter"}
    seen = seen or patient_status.fingerprint(patient)
    command = SetStatus(patient_id=patient.id, status=status, seen=seen, **(told | given))
    patient_status.set_status(work, command)


@pytest.fixture
def treated(secretary):
    patient = make_patient(secretary)
    make_course(secretary, patient, drug="denosumab", planned_years=None, started_on=date(2026, 1, 10))
    items.refresh(secretary, patient)
    return patient


def codes(work):
    return sorted(work.session.scalars(select(DueItem.code)))


def test_who_moved_leaves_the_lists_but_her_denosumab_stays_until_it_is_handed_over(secretary, treated):
    assert "control.early" in codes(secretary) or "control.yearly" in codes(secretary)
    set_status(secretary, treated, PatientStatus.MOVED, on=date(2026, 11, 20), source="dochter")
    assert codes(secretary) == ["dose.denosumab", "letter.after_end"]
    told = {"handover_confirmed_on": date(2026, 11, 22), "handover_next_on": date(2027, 1, 10), "handover_by": "HA Bos"}
    set_status(secretary, treated, PatientStatus.MOVED, on=date(2026, 11, 20), source="dochter", **told)
    assert codes(secretary) == ["letter.after_end"]
    assert history(secretary)[1]["handover_by"] == [None, "HA Bos"]


def test_who_died_has_nothing_due_and_who_comes_back_has_again(secretary, treated):
    before = codes(secretary)
    set_status(secretary, treated, PatientStatus.DECEASED, on=date(2026, 11, 20))
    assert codes(secretary) == []
    set_status(secretary, treated, PatientStatus.ACTIVE)
    assert codes(secretary) == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"status": PatientStatus.MOVED}, "on"),
        ({"status": PatientStatus.MOVED, "on": date(2026, 11, 24)}, "on"),
        ({"status": PatientStatus.MOVED, "on": TODAY, "source": None}, "source"),
        ({"status": PatientStatus.MOVED, "on": TODAY, "birth_date": date(1950, 1, 1)}, "birth_date"),
        ({"status": PatientStatus.MOVED, "on": TODAY, "chosen": {}}, "hanging"),
        ({"status": PatientStatus.ACTIVE, "on": TODAY}, "on"),
        ({"status": PatientStatus.MOVED, "on": TODAY, "handover_by": "HA"}, "handover_confirmed_on"),
        ({"status": PatientStatus.DECEASED, "on": TODAY, "handover_by": "HA"}, "handover_confirmed_on"),
        (
            {
                "status": PatientStatus.MOVED,
                "on": TODAY,
                "handover_confirmed_on": date(2026, 11, 24),
                "handover_next_on": date(2027, 1, 10),
                "handover_by": "HA",
            },
            "handover_confirmed_on",
        ),
    ],
)
def test_a_status_is_told_whole(secretary, treated, given, field):
    with pytest.raises(RuleBroken) as refused:
        set_status(secretary, treated, **given)
    assert refused.value.field == field


def test_a_status_that_somebody_else_changed_is_not_written_over(secretary, treated):
    seen = patient_status.fingerprint(treated)
    set_status(secretary, treated, PatientStatus.MOVED, on=TODAY)
    set_status(secretary, treated, PatientStatus.MOVED, seen=seen, on=TODAY)  # the same form once more
    with pytest.raises(Stale):
        set_status(secretary, treated, PatientStatus.DECEASED, seen=seen, on=TODAY)


def period(work, patient, mg="7.5", start=date(2026, 1, 1), until=None, **given):
    return glucocorticoids.save(work, SavePeriod(patient.id, Decimal(mg), start, until, **given))


def test_a_period_on_glucocorticoids_is_kept_once_ended_and_corrected_with_a_reason(secretary, treated):
    first = period(secretary, treated)
    assert period(secretary, treated) == first
    ended = period(secretary, treated, until=date(2026, 6, 1), corrects=first)
    with pytest.raises(RuleBroken, match="reason_missing"):
        period(secretary, treated, mg="10", until=date(2026, 6, 1), corrects=ended)
    right = period(secretary, treated, mg="10", until=date(2026, 6, 1), corrects=ended, reason="verschreven")
    assert [row.id for row in glucocorticoids.standing(secretary, treated.id)] == [right]
    assert len(secretary.session.scalars(select(Glucocorticoid)).all()) == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"start": date(2026, 11, 24)}, "from_on"),
        ({"until": date(2025, 12, 31)}, "until_on"),
        ({"mg": "0"}, "mg_per_day"),
        ({"mg": "251"}, "mg_per_day"),
        ({"mg": "75"}, "sure"),
        ({"start": date(2020, 6, 1), "until": date(2020, 7, 1)}, "from_on"),
    ],
)
def test_a_period_that_cannot_be_is_refused_and_a_strange_dose_asked_about(secretary, treated, given, field):
    period(secretary, treated, start=date(2020, 1, 1), until=date(2020, 6, 1))
    with pytest.raises(RuleBroken) as refused:
        period(secretary, treated, **given)
    assert refused.value.field == field


def test_that_an_unusual_dose_or_height_is_right_is_said_of_that_one_alone(secretary, treated):
    asked = []
    for mg in ("75", "150"):
        with pytest.raises(RuleBroken, match="dose_unusual") as refused:
            period(secretary, treated, mg=mg, sure_of=asked[0] if asked else "")
        asked.append(refused.value.params["asked"])
    assert period(secretary, treated, mg="150", sure_of=asked[1])
    for tall in (1951, 1999):
        other = details(number="t", own_name="Lang", recalled_max_height_mm=tall, recalled_max_height_source="pas")
        with pytest.raises(RuleBroken, match="height_unusual") as refused:
            patients.register(secretary, Register(other, anyway=True, height_sure_of=asked[-1]))
        asked.append(refused.value.params["asked"])
    assert patients.register(secretary, Register(other, anyway=True, height_sure_of=asked[-1]))


def test_a_voided_period_counts_no_longer(secretary, treated):
    wrong = period(secretary, treated)
    glucocorticoids.void(secretary, treated.id, wrong, "verkeerde patiënt")
    assert glucocorticoids.standing(secretary, treated.id) == []
    with pytest.raises(Stale):
        glucocorticoids.void(secretary, treated.id, wrong, "nog eens")


def test_a_period_between_two_others_is_kept(secretary, treated):
    period(secretary, treated, "10", date(2026, 1, 1), date(2026, 2, 1))
    period(secretary, treated, "10", date(2026, 6, 1), date(2026, 7, 1))
    assert period(secretary, treated, "5", date(2026, 3, 1), date(2026, 4, 1))


def test_of_two_who_use_one_number_at_the_same_moment_one_is_told(secretary, monkeypatch):
    register(secretary)
    monkeypatch.setattr(patients, "refuse_taken", lambda *_looked_before_the_other_wrote: None)
    with pytest.raises(RuleBroken) as broken:
        patients.register(secretary, Register(details(own_name="Pieters"), anyway=True))
    assert broken.value.code == "number_taken"
