"""Letters to patients go the way of every letter: authorised when they tell of health, printed, sent once, proven."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ScanSite
from clinic.letters.text import sha256
from clinic.services import (
    addressed,
    leaving,
    letter_failures,
    letter_proof,
    letter_queue,
    letter_sending,
    letter_series,
    letter_states,
    letter_text,
    letter_view,
    letters,
    mandates,
    print_runs,
    scans,
    to_patient,
)  # fmt: skip
from clinic.services.addressed import facts_of
from clinic.services.letter_begin import letters_of
from clinic.services.letter_states import digest
from clinic.services.mandates import Give
from clinic.services.scans import SaveScan, Site
from clinic.services.work import NotAllowed
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter
from clinic.store.scans import Scan, ScanValue
from clinic.store.settings import ClinicSettings
from tests.factories import make_course
from tests.letter_makers import TODAY, colleague, drafted, mandated, sent, sign
from tests.services.test_to_patient import booked, known

KINDS = {"control": "uitnodiging controle", "dxa": "uitnodiging DXA", "missed": "herinnering",
         "result": "uitslag DXA", "treatment": "behandelblad"}  # fmt: skip


def told(work, **given):
    """A patient to whom every kind of letter can be written now."""
    nurse = work("nurse")
    patient = known(nurse, **given)
    make_course(nurse, patient, started_on=date(2025, 3, 10), dose="70 mg", schedule="1× per week")
    scan = Scan(
        patient_id=patient.id, made_on=date(2026, 10, 12), received_on=TODAY, recorded_at=nurse.now, recorded_by=1
    )
    scan.sites = [ScanValue(site="total_hip", t_score=Decimal("-2.0"))]
    nurse.session.add(scan)
    booked(nurse, patient, TODAY - timedelta(days=7), state="no_show", settled_at=nurse.now)
    nurse.session.commit()
    return patient


def begun(work, patient, kind, role="nurse"):
    """A letter to her as it stands after it was made."""
    letter = work().session.get(Letter, to_patient.make(work(role), patient.id, kind))
    work().session.commit()
    return letter


def authorise(unit, letter):
    """Authorise what is on the screen now."""
    letter_states.authorise(unit, letter.id, letter.version, digest(facts_of(unit, letter)))
    unit.session.commit()


@pytest.mark.parametrize(
    ("kind", "state"),
    [("control", "authorised"), ("dxa", "authorised"), ("missed", "authorised"), ("result", "draft"),
     ("treatment", "draft")],
)  # fmt: skip
def test_what_tells_of_health_is_authorised_first_and_an_invitation_is_ready_once_made(work, kind, state):
    letter = begun(work, told(work), kind)
    assert (letter.state, letter.reference is None) == (state, state == "draft")
    assert len(print_runs.morning(work("secretary")).post) == (state == "authorised")


def test_a_nurse_puts_it_before_the_doctor_who_reads_it_in_the_series(work, session):
    letter = begun(work, told(work), "treatment")
    nurse = work("nurse")
    with pytest.raises(RuleBroken, match="letter_no_mandate"):
        authorise(nurse, letter)
    letter_states.offer(nurse, letter.id, letter.version)
    [one] = letter_series.series(work("doctor")).shown
    assert (one.view.about, one.ordinary, one.view.paragraphs, one.view.since) == (["patient.treatment"], True, [], [])
    assert letter_series.authorise_all(work("doctor"), {letter.id: (letter.version, one.view.seen)}) == (1, {})
    session.refresh(letter)
    assert letter.state == "authorised"
    assert letter.facts["signed"]["role"] == "doctor"
    assert letter.facts["signed"]["name"] in letter.text


def test_with_the_mandate_for_dxa_letters_a_nurse_authorises_a_result(work, session):
    letter = begun(work, told(work), "result")
    mandates.give(work("manager"), Give("dxa", work("doctor").actor.id, TODAY, None))
    with pytest.raises(RuleBroken, match="letter_own"):
        authorise(mandated(work("nurse")), letter)
    authorise(colleague(work), letter)
    assert letter.state == "authorised"


def test_with_the_mandate_for_treatment_sheets_a_nurse_authorises_one_as_long_as_the_doctor_lets_her(work, session):
    sheet, later = (begun(work, told(work), "treatment") for _patient in range(2))
    nurse, manager = work("nurse"), work("manager")
    other = colleague(work)
    for unit, code in ((other, "letter_no_mandate_treatment"), (nurse, "letter_no_mandate")):
        with pytest.raises(RuleBroken, match=code):
            authorise(unit, sheet)
    mandates.give(manager, Give("treatment", work("doctor").actor.id, TODAY, None))
    with pytest.raises(RuleBroken, match="letter_no_mandate"):
        authorise(nurse, sheet)
    with pytest.raises(NotAllowed):
        authorise(work("secretary"), sheet)
    authorise(other, sheet)
    assert (sheet.state, sheet.facts["signed"]["role"]) == ("authorised", "nurse")
    line = select(AuditEntry).where(
        AuditEntry.action == "letter.authorised", AuditEntry.subject == f"letter:{sheet.id}"
    )
    assert [(entry.role, entry.patient_id) for entry in session.scalars(line)] == [("nurse", sheet.patient_id)]
    given = select(AuditEntry).where(AuditEntry.action == "settings.changed", AuditEntry.role == "manager")
    assert "treatment, Test doctor" in session.scalars(given).one().details["changes"]["mandate"][1]
    [row] = mandates.coming(manager)
    mandates.withdraw(manager, row.Mandate.id)
    with pytest.raises(RuleBroken, match="letter_no_mandate_treatment"):
        authorise(other, later)


def test_a_secretary_makes_no_letter_of_results_and_authorises_none(work):
    patient = told(work)
    for kind in ("result", "treatment"):
        with pytest.raises(NotAllowed):
            to_patient.make(work("secretary"), patient.id, kind)
    letter = begun(work, patient, "result")
    with pytest.raises(NotAllowed):
        letter_states.move(work("secretary"), letter, "authorised", "letter.authorised")


def every_kind(work):
    """All five to one patient, and a letter to a GP, ready for the post."""
    patient = told(work, street="Kade", house_number="2", postcode="7607 AB", town="Almelo")
    made = {kind: begun(work, patient, kind) for kind in KINDS}
    for kind in ("result", "treatment"):
        authorise(work("doctor"), made[kind])
    return patient, made, sign(work("doctor"), drafted(work("nurse"), town="Zwolle"))


def test_all_lie_in_the_print_run_by_envelope_each_page_read_back_and_leave_into_the_hospitals_record(
    work, session, tmp_path
):
    patient, made, to_gp = every_kind(work)
    session.commit()
    secretary = work("secretary")
    ready = [parcel.letter for parcel in print_runs.morning(secretary).post]
    assert ready == [*made.values(), to_gp]  # Almelo before Zwolle, and what shares an envelope together
    run_id = print_runs.begin(secretary, "pressed")
    print_runs.make(secretary, run_id)
    file = print_runs.printed(secretary, run_id)
    cover, *pages = [page.extract_text() for page in PdfReader(BytesIO(file)).pages]
    assert [sum(letter.reference in page for page in pages) for letter in ready] == [1] * 6
    assert "mw. " in cover
    kept = made["result"]
    outcomes = print_runs.settle(secretary, run_id, {kept.id}, tmp_path / "outbox")
    assert [outcome.sent for outcome in outcomes] == [True] * 5
    session.refresh(kept)
    assert kept.state == "authorised"
    for kind, letter in made.items():
        folder = tmp_path / "outbox" / "epd" / letter.reference
        assert folder.exists() == (letter is not kept)
        if letter is not kept:
            line = next(csv.reader([(folder / f"{letter.reference}.csv").read_text("utf-8")], delimiter=";"))
            assert line[:3] == [patient.number, letter.reference, KINDS[kind]]
            assert sha256((folder / f"{letter.reference}.pdf").read_bytes()) == letter.pdf_sha256
            assert letter.envelope["channel"] == "post"


def test_the_list_of_what_left_names_it_and_the_proof_for_the_gp_does_not_count_it(work, session, tmp_path):
    patient = told(work)
    letter = begun(work, patient, "control", "secretary")
    before = letter_proof.of_patient(work("secretary"), patient.id)
    assert sent(work("secretary"), letter, tmp_path).sent
    [row] = letter_proof.sent(work("secretary"), TODAY, TODAY)
    assert (row.letter, row.number, row.about) == (letter, patient.number, ["patient.control"])
    assert letter_proof.of_patient(work("secretary"), patient.id) == before
    assert [(line.row.id, line.about) for line in letters_of(work("nurse"), patient.id)] == [
        (letter.id, ["patient.control"])
    ]


def test_it_comes_back_and_is_made_anew_for_the_new_address(work, session, tmp_path):
    patient = told(work)
    letter = begun(work, patient, "control", "secretary")
    sent(work("secretary"), letter, tmp_path)
    secretary = work("secretary")
    letter_queue.came_back(secretary, letter.id, letter.version, "Verhuisd.")
    [failure] = letter_failures.failures(secretary).shown
    assert (letter.state, failure.gp, failure.problem) == ("returned_by_post", None, None)
    patient.street = "Nieuwe Kade"
    session.commit()
    assert addressed.problem(secretary, letter, patient) == "letter_record_changed"
    new = to_patient.redraft(secretary, letter.id, letter.version, "Nieuw adres.")
    session.refresh(letter)
    assert (letter.state, letter.remark, new.state) == ("withdrawn", "Nieuw adres.", "authorised")
    assert new.facts["recipient"]["lines"][1] == "Nieuwe Kade 3"


@pytest.mark.parametrize("left", [False, True])
def test_an_appointment_that_moved_keeps_its_invitation_here(work, session, left):
    patient = told(work)
    visit = booked(work("secretary"), patient)
    session.commit()
    letter = begun(work, patient, "control", "secretary")
    secretary = work("secretary")
    [ready] = letter_sending.parcels(secretary, [letter.id])
    assert ready.problem is None
    visit.on_date += timedelta(days=1)
    session.commit()
    assert print_runs.morning(secretary).counted == {"letter_record_changed": 1}
    assert not letter_sending.send(secretary, letter.id, ready.seal, None).sent
    assert letter_view.view(secretary, letter.id).problem == "letter_record_changed"
    anew = begun(work, patient, "control", "secretary")
    session.refresh(letter)
    assert (letter.state, anew.state, anew.id > letter.id) == ("withdrawn", "authorised", True)
    assert "woensdag 2 december 2026" in anew.text


def test_when_nothing_is_left_to_tell_it_cannot_leave_and_ends(work, session):
    patient = told(work)
    draft, ready = begun(work, patient, "result"), begun(work, patient, "missed", "secretary")
    booked(work("nurse"), patient, TODAY - timedelta(days=1), state="attended", settled_at=work().now)
    session.query(Scan).update({"received_on": TODAY + timedelta(days=1)})
    session.commit()
    doctor, secretary = work("doctor"), work("secretary")
    assert [need.code for need in letter_view.view(doctor, draft.id).missing] == ["fact"]
    with pytest.raises(RuleBroken, match="letter_incomplete"):
        authorise(doctor, draft)
    session.rollback()
    with pytest.raises(RuleBroken, match="reason"):
        to_patient.redraft(secretary, ready.id, ready.version, " ")
    with pytest.raises(RuleBroken, match="letter_state"):
        to_patient.redraft(secretary, draft.id, draft.version, "Anders.")
    session.rollback()
    for _again in range(2):
        assert to_patient.redraft(secretary, ready.id, ready.version, "Zij kwam.") is None
        session.refresh(ready)
    assert ready.state == "withdrawn"


def test_nobody_who_left_is_written_to(work, session):
    patient = told(work)
    made = [begun(work, patient, kind) for kind in ("control", "result")]
    assert not {hanging.row for hanging in leaving.hanging(work("secretary"), patient)} & set(made)
    patient.status, patient.status_on = "deceased", TODAY
    session.flush()
    assert addressed.problem(work("secretary"), made[0], patient) == "to_patient_left"
    letters.tell_of_end(work("secretary"), patient, None)
    assert [letter.state for letter in made] == ["withdrawn"] * 2


def test_without_the_clinics_number_or_her_address_it_stays(work, session):
    patient = told(work)
    letter = begun(work, patient, "control", "secretary")
    session.get(ClinicSettings, 1).phone = ""
    session.flush()
    assert addressed.problem(work("secretary"), letter, patient) == "to_patient_phone"
    patient.street = None
    session.flush()
    assert addressed.problem(work("secretary"), letter, patient) == "to_patient_address"


def test_its_words_are_those_of_the_record_and_follow_it(work, session):
    patient = told(work)
    letter = begun(work, patient, "treatment")
    nurse = work("nurse")
    with pytest.raises(RuleBroken, match="letter_frozen"):
        letter_text.edit(nurse, letter.id, letter.version, "", {"added": "Doe uw best."})
    patient.own_name, patient.street = "Anders", "Kade"
    session.flush()
    assert [change.where for change in letter_view.view(nurse, letter.id).since] == ["Aan"]
    letter_text.take_over(nurse, letter.id, letter.version)
    assert letter_view.view(nurse, letter.id).since == []
    assert "Kade 3" in letter.text
    assert to_patient.make(nurse, patient.id, "treatment") == letter.id
    assert letter_view.preview(nurse, letter_view.view(nurse, letter.id), "pdf")[0].startswith(b"%PDF")


def test_a_letter_to_the_gp_is_drafted_anew_as_before(work):
    letter = sign(work("doctor"), drafted(work("nurse")))
    new = to_patient.redraft(work("secretary"), letter.id, letter.version, "Ander adres.")
    assert (letter.state, new.state, new.hers) == ("withdrawn", "draft", False)


def corrected(work, scan, t_score="-2.6"):
    """The result as somebody corrects it."""
    hip = {ScanSite.TOTAL_HIP: Site(t_score=Decimal(t_score))}
    scans.save_scan(work("nurse"), SaveScan(
        patient_id=scan.patient_id, form_token=f"corrected {t_score}", corrects=scan.id, reason="verkeerd overgenomen",
        made_on=scan.made_on, received_on=scan.received_on, sites=hip,
    ))  # fmt: skip


def test_a_result_that_was_corrected_after_it_left_is_held_by_her_until_the_new_letter_leaves(work, session, tmp_path):
    patient = told(work)
    first = begun(work, patient, "result")
    authorise(work("doctor"), first)
    assert sent(work("secretary"), first, tmp_path).sent
    assert to_patient.holds(work("nurse"), patient.id) == []
    assert facts_of(work("nurse"), first)["replaces"] == []
    assert to_patient.went_before(work("nurse"), patient.id, "result") == first
    assert to_patient.went_before(work("nurse"), patient.id, "treatment") is None
    corrected(work, session.query(Scan).filter_by(patient_id=patient.id).one())
    assert to_patient.holds(work("nurse"), patient.id) == [first]
    second = begun(work, patient, "result")
    assert second.facts["replaces"] == [{"reference": first.reference, "sent_on": TODAY.isoformat()}]
    words = " ".join(second.text.split())
    assert f"Deze brief komt in plaats van onze brief {first.reference} van 23 november 2026." in words
    assert "T-score -2,6." in words
    authorise(work("doctor"), second)
    assert sent(work("secretary"), second, tmp_path).sent
    assert (first.state, second.state) == ("replaced", "sent")
    assert to_patient.holds(work("nurse"), patient.id) == []


def test_a_result_that_was_voided_after_it_left_is_held_and_no_other_result_takes_its_place(work, session, tmp_path):
    patient = told(work)
    letter = begun(work, patient, "result")
    authorise(work("doctor"), letter)
    sent(work("secretary"), letter, tmp_path)
    [scan] = session.query(Scan).filter_by(patient_id=patient.id)
    older = Scan(patient_id=patient.id, made_on=date(2023, 5, 1), received_on=date(2023, 5, 8),
                 recorded_at=letter.authorised_at - timedelta(days=900), recorded_by=1)  # fmt: skip
    older.sites = [ScanValue(site="total_hip", t_score=Decimal("-1.8"))]
    session.add(older)
    session.commit()
    scans.void_scan(work("nurse"), patient.id, scan.id, "van een ander")
    nurse = work("nurse")
    assert to_patient.holds(nurse, patient.id) == [letter]
    assert to_patient.write(nurse, patient.id, "result").facts["replaces"] == []


def result_sent(work, patient, tmp_path):
    """A letter with a result that she has at home."""
    letter = begun(work, patient, "result")
    authorise(work("doctor"), letter)
    assert sent(work("secretary"), letter, tmp_path).sent
    return letter


def next_scan(work, patient):
    """A later DXA, whose result is in."""
    later = Scan(patient_id=patient.id, made_on=date(2026, 11, 16), received_on=TODAY, recorded_at=work().now,
                 recorded_by=1)  # fmt: skip
    later.sites = [ScanValue(site="total_hip", t_score=Decimal("-2.1"))]
    work().session.add(later)
    work().session.commit()


@pytest.mark.parametrize(("days", "known"), [(0, True), (0, False), (1, True)])
def test_an_earlier_result_that_was_corrected_is_told_anew_by_a_letter_that_names_the_one_she_has(
    work, session, tmp_path, days, known
):
    patient = told(work)
    first, [scan] = result_sent(work, patient, tmp_path), session.query(Scan).filter_by(patient_id=patient.id)
    next_scan(work, patient)
    assert to_patient.holds(work("nurse"), patient.id) == []
    if known:
        last = result_sent(work, patient, tmp_path)
    scans.save_scan(work("nurse"), SaveScan(
        patient_id=patient.id, form_token="corrected", corrects=scan.id, reason="verkeerd overgenomen",
        made_on=scan.made_on - timedelta(days=days), received_on=scan.received_on,
        sites={ScanSite.TOTAL_HIP: Site(t_score=Decimal("-2.6"))},
    ))  # fmt: skip
    assert to_patient.holds(work("nurse"), patient.id) == [first]
    if not known:  # her last one comes first, and takes the place of no letter about another
        last = result_sent(work, patient, tmp_path)
        assert (last.facts["scan"]["on"], last.facts["replaces"]) == ("2026-11-16", [])
    new = result_sent(work, patient, tmp_path)
    assert new.facts["replaces"] == [{"reference": first.reference, "sent_on": TODAY.isoformat()}]
    assert "T-score -2,6." in " ".join(new.text.split())
    assert (first.state, last.state, new.state) == ("replaced", "sent", "sent")
    assert to_patient.holds(work("nurse"), patient.id) == []
    assert facts_of(work("nurse"), new)["scan"]["on"] == "2026-11-16"


def test_a_result_that_is_not_in_after_all_or_was_recorded_anew_is_held_by_her(work, session, tmp_path):
    patient = told(work)
    letter, [scan] = result_sent(work, patient, tmp_path), session.query(Scan).filter_by(patient_id=patient.id)
    scan.received_on = TODAY + timedelta(days=1)
    session.commit()
    assert to_patient.holds(work("nurse"), patient.id) == [letter]
    scan.received_on = TODAY
    scans.void_scan(work("nurse"), patient.id, scan.id, "verkeerd formulier")
    again = Scan(patient_id=patient.id, made_on=scan.made_on, received_on=TODAY, recorded_by=1,
                 recorded_at=work().now + timedelta(hours=1))  # fmt: skip
    again.sites = [ScanValue(site="total_hip", t_score=Decimal("-2.0"))]
    session.add(again)
    session.commit()
    assert to_patient.holds(work("nurse"), patient.id) == []  # it says what her letter said
