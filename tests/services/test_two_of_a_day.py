"""Two controls or two DXAs of one day are told each by itself: what becomes of one leaves the other's letter alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, select, update

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ControlKind, ScanSite
from clinic.security.permissions import Role
from clinic.services import controls, letter_states, scans
from clinic.services.controls import SaveControl
from clinic.services.letter_facts import subjects
from clinic.services.scans import SaveScan, Site
from clinic.store.corrections import BreachTask
from clinic.store.letters import Letter, LetterSubject
from tests.letter_makers import TODAY, sent, sign, with_gp
from tests.services.test_corrections import ANSWERED, DAY
from tests.services.test_letters_to_patients_leave import begun
from tests.services.test_letters_to_patients_leave import told as patient_with_result

T = Decimal("-2.0")


class OfControls:
    """A control of Friday, and how it is recorded, corrected and voided."""

    def __init__(self, nurse, patient):
        self.first = SaveControl(
            patient.id, DAY, ControlKind.CLINIC, "first", heights_mm=(1587,), weight_g=58300, symptoms=ANSWERED,
            confirmed=(f"day_known={DAY}",),
        )  # fmt: skip
        self.nurse, self.patient_id = nurse, patient.id

    def save(self, **given):
        return controls.save(self.nurse, replace(self.first, **given))

    def void(self, fact_id):
        controls.void_control(self.nurse, self.patient_id, fact_id, "dubbel ingevoerd")


class OfScans:
    """The same of a DXA of which the result came in on Friday."""

    def __init__(self, nurse, patient):
        self.first = SaveScan(
            patient_id=patient.id, form_token="first", made_on=DAY, received_on=DAY,
            sites={ScanSite.TOTAL_HIP: Site(t_score=T)}, confirmed=("made_on:scan_known=1",),
        )  # fmt: skip
        self.nurse, self.patient_id = nurse, patient.id

    def save(self, **given):
        moved = {"made_on": given.pop("on"), "received_on": TODAY} if "on" in given else {}
        return scans.save_scan(self.nurse, replace(self.first, **given, **moved))

    def void(self, fact_id):
        scans.void_scan(self.nurse, self.patient_id, fact_id, "dubbel ingevoerd")


@pytest.fixture
def nurse(work):
    return work(Role.NURSE)


@pytest.fixture(params=[OfControls, OfScans], ids=["control", "dxa"])
def facts(request, nurse):
    return request.param(nurse, with_gp(nurse))


def told(session):
    """Of every letter its state, and which facts it tells."""
    rows = session.scalars(select(Letter).order_by(Letter.id)).all()
    facts = select(LetterSubject.letter_id, LetterSubject.fact_id).order_by(LetterSubject.number)
    of = [(letter_id, fact_id) for letter_id, fact_id in session.execute(facts)]
    return [(row.state, [fact_id for letter_id, fact_id in of if letter_id == row.id]) for row in rows]


def signed(work):
    """The doctor authorises the letter that is being written."""
    return sign(work(Role.DOCTOR), work().session.scalars(select(Letter).where(Letter.state == "draft")).one())


def breaches(session):
    return session.scalars(select(BreachTask.letter_id).order_by(BreachTask.letter_id)).all()


def test_both_stand_in_the_letter_that_is_being_written_and_each_falls_by_itself(session, facts):
    one, two = facts.save(), facts.save(form_token="second")
    assert told(session) == [("draft", [one, two])]
    three = facts.save(form_token="third", corrects=two, reason="typefout", on=DAY - timedelta(days=1))
    assert told(session) == [("draft", [one, three])]
    facts.void(one)
    assert told(session) == [("draft", [three])]
    facts.void(three)
    assert told(session) == [("withdrawn", [])]


@pytest.mark.parametrize(("voided", "states"), [("one", ["withdrawn", "draft"]), ("two", ["authorised", "withdrawn"])])
def test_what_was_authorised_about_one_stays_when_the_other_falls(work, session, facts, voided, states):
    ids = {"one": facts.save()}
    letter = signed(work)
    ids["two"] = facts.save(form_token="second")
    assert told(session) == [("authorised", [ids["one"]]), ("draft", [ids["two"]])]
    assert session.get_one(Letter, letter.id + 1).facts["replaces"] == []
    facts.void(ids[voided])
    assert [state for state, _facts in told(session)] == states
    assert breaches(session) == []


@pytest.mark.parametrize("voided", ["one", "two"])
def test_of_two_letters_that_left_the_privacy_officer_looks_at_the_one_about_what_was_voided(
    work, session, facts, tmp_path, voided
):
    ids, left = {"one": facts.save()}, {}
    left["one"] = signed(work)
    assert sent(work(Role.SECRETARY), left["one"], tmp_path).sent
    ids["two"] = facts.save(form_token="second")
    left["two"] = signed(work)
    assert sent(work(Role.SECRETARY), left["two"], tmp_path).sent
    assert [state for state, _facts in told(session)] == ["sent", "sent"]  # neither came in the place of the other
    facts.void(ids[voided])
    assert breaches(session) == [left[voided].id]


def test_what_stands_takes_the_place_of_a_letter_about_what_fell(work, session, facts, tmp_path):
    one, two = facts.save(), None
    first = signed(work)
    assert sent(work(Role.SECRETARY), first, tmp_path).sent
    two = facts.save(form_token="second")
    facts.void(one)
    second = signed(work)
    assert [row.fact_id for row in subjects(facts.nurse, second.id)] == [two]
    assert [replaced["reference"] for replaced in second.facts["replaces"]] == [first.reference]


def test_what_lost_its_place_to_another_of_its_day_is_told_when_that_falls(session, facts):
    one, two = facts.save(), facts.save(form_token="second")
    session.execute(delete(LetterSubject).where(LetterSubject.fact_id == one))  # as it was kept before
    session.execute(update(LetterSubject).values(number=1))
    facts.nurse.commit()
    facts.void(two)
    assert told(session) == [("withdrawn", []), ("draft", [one])]


def test_only_who_corrects_what_a_letter_told_is_asked_how_the_gp_hears_of_it(work, session, nurse, tmp_path):
    facts = OfControls(nurse, with_gp(nurse))
    one = facts.save()
    assert sent(work(Role.SECRETARY), signed(work), tmp_path).sent
    two = facts.save(form_token="second")
    facts.save(form_token="third", corrects=two, reason="typefout", weight_g=58000)
    with pytest.raises(RuleBroken, match="tell_unchosen"):
        facts.save(form_token="fourth", corrects=one, reason="typefout", weight_g=58000)


@pytest.mark.parametrize("again", [False, True])
def test_her_own_letter_is_looked_at_when_the_dxa_that_it_told_of_was_voided_and_not_for_its_double(
    work, session, tmp_path, again
):
    patient = patient_with_result(work)
    nurse = work(Role.NURSE)
    [first] = scans.results.versions(nurse, scans.Scan, patient.id, 1)
    letter = begun(work, patient, "result")
    sign(work(Role.DOCTOR), letter)
    assert sent(work(Role.SECRETARY), letter, tmp_path).sent
    letter.authorised_at = letter.authorised_at - timedelta(minutes=1)
    first.recorded_at = letter.authorised_at - timedelta(minutes=1)
    double = SaveScan(patient_id=patient.id, form_token="double", made_on=first.made_on, received_on=TODAY,
                      sites={ScanSite.TOTAL_HIP: Site(t_score=T)}, confirmed=("made_on:scan_known=1",))  # fmt: skip
    second = scans.save_scan(nurse, double)
    scans.void_scan(nurse, patient.id, first.id if again else second, "dubbel ingevoerd")
    assert breaches(session) == ([letter.id] if again else [])


def test_a_letter_that_was_stopped_is_not_written_again_for_what_falls_beside_it(work, session, facts):
    one = facts.save()
    letter = session.scalars(select(Letter)).one()
    letter_states.stop(work(Role.DOCTOR), letter.id, letter.version, "niet nodig")
    two = facts.save(form_token="second")
    assert told(session) == [("withdrawn", [one]), ("draft", [two])]


def asked(act):
    with pytest.raises(RuleBroken) as broken:
        act()
    return broken.value.params["questions"]


def test_a_second_one_of_a_day_is_asked_about_once_and_a_correction_only_when_it_moves_there(facts):
    question = {"OfControls": f"day_known={DAY}", "OfScans": "made_on:scan_known=1"}[type(facts).__name__]
    one = facts.save(confirmed=())
    assert asked(lambda: facts.save(form_token="second", confirmed=())) == [question]
    two = facts.save(form_token="second", on=DAY - timedelta(days=1), confirmed=())
    assert asked(lambda: facts.save(form_token="third", corrects=two, reason="typefout", confirmed=())) == [question]
    facts.void(one)
    facts.save(form_token="third", corrects=two, reason="typefout", confirmed=())


def test_the_question_names_who_recorded_it_and_a_contact_in_between_is_asked_nothing(nurse):
    facts = OfControls(nurse, with_gp(nurse))
    facts.save(kind=ControlKind.INTERIM, confirmed=())
    facts.save(form_token="second", confirmed=())
    facts.save(form_token="third", kind=ControlKind.INTERIM, confirmed=())
    with pytest.raises(RuleBroken) as broken:
        facts.save(form_token="fourth", heights_mm=(1300,), confirmed=(f"day_known={DAY}",))
    assert broken.value.params["by"] == nurse.actor.name
    assert broken.value.params["questions"] == [
        "height_unusual=1300",
        f"day_known={DAY}",
    ]  # all, or one asks the other
