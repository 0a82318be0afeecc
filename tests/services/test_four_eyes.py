"""Four eyes: who wrote a letter and is no doctor leaves it to another, unless the clinic lets her."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout
from clinic.services import (
    four_eyes,
    letter_lists,
    letter_series,
    letter_states,
    letter_text,
    letter_view,
    letters,
    mandates,
    settings,
)
from clinic.services.addressed import facts_of
from clinic.services.mandates import Give
from clinic.services.work import NotAllowed, Stale
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.scans import Scan, ScanValue
from tests.factories import make_control
from tests.letter_makers import TODAY, colleague, drafted, mandated, sign


@pytest.fixture
def nurse(work):
    """A nurse with the mandate, on a day on which a doctor lets nurses authorise letters about controls and DXAs."""
    for about in ("control", "dxa"):
        mandates.give(work("manager"), Give(about, work("doctor").actor.id, TODAY, None))
    return mandated(work("nurse"))


@pytest.fixture
def other(work, nurse):
    """Her colleague, with the mandate too."""
    return colleague(work)


def let_own(work, may=True):
    """The manager lets nurses authorise their own, or not."""
    manager = work("manager")
    four_eyes.let_own(manager, may, settings.current(manager.session).version)


def began(nurse, other):
    """She began the letter; what it tells a colleague recorded."""
    letter = drafted(other)
    letter.drafted_by = nurse.actor.id
    return letter


def recorded_control(nurse, other):
    """She recorded another control that a colleague's letter tells."""
    letter = drafted(other)
    patient = other.session.get(Patient, letter.patient_id)
    control = make_control(nurse, patient, TODAY - timedelta(1))
    nurse.session.flush()
    letters.draft_for(nurse, patient, LetterAbout.CONTROL, control.on_date, control.id)
    return letter


def recorded_scan(nurse, other):
    """She entered the DXA that a colleague's letter tells too."""
    letter = drafted(other)
    scan = Scan(patient_id=letter.patient_id, made_on=TODAY - timedelta(9), received_on=TODAY,
                recorded_at=nurse.now, recorded_by=nurse.actor.id,
                sites=[ScanValue(site="total_hip", t_score=Decimal("-2.0"))])  # fmt: skip
    nurse.session.add(scan)
    nurse.session.flush()
    patient = other.session.get(Patient, letter.patient_id)
    letters.draft_for(other, patient, LetterAbout.DXA, scan.made_on, scan.id)
    return letter


def edited(nurse, other):
    """She put words of her own in a colleague's letter."""
    letter = drafted(other)
    words(nurse, letter, "De tandarts zag geen bijzonderheden.")
    return letter


def words(unit, letter, added):
    """Add to a letter what somebody typed."""
    letter_text.edit(unit, letter.id, letter.version, letter_states.digest(facts_of(unit, letter)), {"added": added})


@pytest.mark.both
@pytest.mark.parametrize("wrote", [began, recorded_control, recorded_scan, edited])
def test_who_wrote_a_letter_in_any_way_does_not_authorise_it_and_its_colleague_or_doctor_does(
    work, nurse, other, wrote
):
    letter = wrote(nurse, other)
    nurse.session.commit()
    with pytest.raises(RuleBroken, match="letter_own"):
        sign(nurse, letter)
    assert letter_view.view(nurse, letter.id).refused == "letter_own"
    assert letter_view.view(work("doctor"), letter.id).refused is None
    let_own(work)
    assert sign(nurse, letter).facts["signed"]["name"] == nurse.actor.name


def test_what_a_colleague_wrote_is_hers_to_authorise_and_a_doctor_may_sign_her_own(work, nurse, other):
    letter, own = drafted(other), drafted(work("doctor"))
    assert sign(nurse, letter).state == sign(work("doctor"), own).state == "authorised"


def test_words_that_were_taken_out_again_are_nobodys(work, nurse, other):
    letter = edited(nurse, other)
    assert letter.edited_by == nurse.actor.id
    words(nurse, letter, "")
    assert (letter.edited_by, letter_view.view(nurse, letter.id).refused) == (None, None)


def test_words_that_a_new_draft_keeps_stay_somebodys(work, nurse, other):
    letter = edited(nurse, other)
    sign(work("doctor"), letter)
    anew = letter_states.redraft(work("secretary"), letter.id, letter.version, "Adres gewijzigd.")
    draft = nurse.session.get(Letter, anew)
    assert (draft.added_text, draft.edited_by) == (letter.added_text, nurse.actor.id)
    assert letter_view.view(nurse, anew).refused == "letter_own"


def test_a_letter_stands_in_the_queue_of_the_others_and_not_in_hers(work, nurse, other):
    own, theirs = drafted(nurse), drafted(other)
    for unit, letter in ((nurse, own), (other, theirs)):
        letter_states.offer(unit, letter.id, letter.version)
    waits = {
        name: (
            [one.view.letter.id for one in letter_series.series(unit).shown],
            [line.row.id for line in letter_lists.show(unit, "to_authorise").lines],
            letter_lists.counts(unit)[0]["to_authorise"],
        )
        for name, unit in (("nurse", nurse), ("other", other), ("doctor", work("doctor")), ("plain", work("nurse")))
    }
    assert waits["nurse"] == ([theirs.id], [theirs.id], 1)
    assert waits["other"] == ([own.id], [own.id], 1)
    assert waits["doctor"] == ([own.id, theirs.id], [own.id, theirs.id], 2)
    assert waits["plain"] == ([], [own.id, theirs.id], 2), "who authorises nothing sees what waits as the clinic does"
    series = letter_series.series(nurse)
    assert (series.own, series.for_others, letter_series.series(work("doctor")).own) == (1, 0, 0)
    assert [line.row.id for line in letter_lists.show(nurse, "to_authorise", own=True).lines] == [own.id]
    assert [line.row.id for line in letter_lists.whole(nurse, "to_authorise", own=True)] == [own.id]
    let_own(work)
    assert letter_lists.counts(nurse)[0]["to_authorise"] == 2
    assert letter_series.series(nurse).own == 0


def test_what_she_put_before_another_she_neither_gives_back_nor_stops(work, nurse):
    letter = drafted(nurse)
    letter_states.offer(nurse, letter.id, letter.version)
    for act in (letter_states.give_back, letter_states.stop):
        with pytest.raises(RuleBroken, match="letter_own"):
            act(nurse, letter.id, letter.version, "toch niet")


def test_a_letter_that_no_mandate_names_asks_for_a_doctor_first(work, nurse):
    letter = drafted(nurse)
    [row] = [found.Mandate for found in mandates.coming(work("manager")) if found.Mandate.about == "control"]
    mandates.withdraw(work("manager"), row.id)
    with pytest.raises(RuleBroken, match="letter_no_mandate_control"):
        sign(nurse, letter)


def test_the_manager_chooses_once_and_of_two_at_once_one_is_told(work, session):
    manager = work("manager")
    four_eyes.let_own(manager, False, 0)
    assert session.query(AuditEntry).filter_by(action="settings.changed").count() == 0
    let_own(work)
    [line] = session.query(AuditEntry).filter_by(action="settings.changed").all()
    assert line.details == {"changes": {"authorise_own": [False, True]}}
    with pytest.raises(Stale):
        four_eyes.let_own(manager, False, 0)
    with pytest.raises(NotAllowed):
        four_eyes.let_own(work("doctor"), True, 1)
