"""The morning run: what is ready in one file in envelope order, every page read back, and what was not printed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from io import BytesIO
from itertools import count

import pytest
from pypdf import PdfReader, PdfWriter
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from clinic.letters import print_file
from clinic.letters.print_file import Leak, Sheet
from clinic.letters.render import CannotSet
from clinic.letters.text import sha256
from clinic.security.audit import Action
from clinic.services import copies, letter_queue, letter_sending, print_runs
from clinic.services.copies import AddCopy
from clinic.services.work import Stale, begin
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter, LetterPage
from clinic.store.patients import Patient
from clinic.store.print_runs import PrintedLetter, PrintRun, open_runs
from clinic.store.settings import ClinicSettings
from tests.letter_makers import drafted, sign, with_gp


def signed(work, **practice):
    """A letter that can leave."""
    return sign(work("doctor"), drafted(work("nurse"), **practice))


def made(work, token="pressed"):
    """A run with its file."""
    run_id = print_runs.begin(work("secretary"), token)
    print_runs.make(work("secretary"), run_id)
    return work().session.get_one(PrintRun, run_id)


def pages(content):
    """The words of each page."""
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_the_morning_shows_what_is_ready_and_what_is_kept_by_what(work, session):
    signed(work, name="A", channel="post")
    signed(work, name="B", channel="secure_mail")
    for name in ("C", "D"):
        without = session.get(Patient, signed(work, name=name).patient_id)
        without.gp_id = None
    session.get(Patient, signed(work, name="E").patient_id).gp.practice.street = None
    session.commit()
    session.expire_all()
    found = print_runs.morning(work("secretary"))
    assert (len(found.post), len(found.mailed)) == (1, 1)
    assert found.counted == {"letter_no_gp": 2, "letter_no_address": 1}
    assert [parcel.patient.own_name for parcel in found.blocked] == [without.own_name] * 3


def test_what_is_blocked_pushes_nothing_out_that_is_ready(work, session, monkeypatch):
    monkeypatch.setattr(print_runs, "MOST", 2)
    for _each in range(3):
        session.get(Patient, signed(work).patient_id).gp_id = None
    ready = [signed(work, channel="post").id for _each in range(3)]
    session.commit()
    session.expire_all()
    found = print_runs.morning(work("secretary"))
    assert [parcel.letter.id for parcel in found.post] == ready[:2]
    assert found.counted == {"letter_no_gp": 3}


def test_a_run_lies_in_envelope_order_under_a_cover_that_counts_and_sums(work, session):
    towns = (("X", "Zwolle"), ("Y", "Almelo"), ("Z", "Zwolle"))
    letters = {name: signed(work, name=name, town=town).reference for name, town in towns}
    run = made(work)
    cover, *rest = pages(run.pdf)
    assert [next(name for name, ref in letters.items() if ref in page) for page in rest] == ["Y", "X", "Z"]
    assert "3 brieven" in cover
    assert all(reference in cover for reference in letters.values())
    checksum = sha256("".join(session.scalar(select(Letter.pdf_sha256).where(Letter.reference == letters[name]))
                              for name in "YXZ"))  # fmt: skip
    assert checksum[:16] in "".join(cover.split())
    assert print_runs.begin(work("secretary"), "pressed") == run.id


def test_a_second_print_has_the_same_bytes_and_both_stand_in_the_log(work, session):
    signed(work)
    run, secretary = made(work), work("secretary")
    assert print_runs.printed(secretary, run.id) == print_runs.printed(secretary, run.id) == run.pdf
    secretary.commit()
    told = session.scalars(select(AuditEntry.shown).where(AuditEntry.subject == f"print_run:{run.id}")).all()
    assert [shown for shown in told if shown] == [[1], [1], [1]]
    assert print_file.put_together(print_runs.sheets(secretary, run.id), run.id, run.made_at, str) == run.pdf
    run.sha256 = "0" * 64
    assert print_runs.printed(secretary, run.id) is None
    assert print_runs.printed(secretary, 999) is None


def test_what_was_printed_goes_as_sent_and_what_was_not_is_ready_again(work, session, tmp_path):
    one, other = signed(work, name="A"), signed(work, name="B")
    run, secretary = made(work), work("secretary")
    assert print_runs.morning(secretary).post == []
    assert [found.id for found in open_runs(session)] == [run.id]
    outcomes = print_runs.settle(secretary, run.id, {other.id}, tmp_path / "outbox")
    assert [(outcome.letter_id, outcome.sent) for outcome in outcomes] == [(one.id, True)]
    with pytest.raises(Stale):
        print_runs.settle(secretary, run.id, set(), tmp_path / "outbox")
    with pytest.raises(Stale):
        print_runs.drop(secretary, run.id)
    assert (one.state, other.state) == ("sent", "authorised")
    assert [parcel.letter.id for parcel in print_runs.morning(secretary).post] == [other.id]


def stopped_at(place):
    """The power goes at the letter in this place of those that are let go."""
    turn, whole = count(1), letter_sending.leave

    def leave(*given):
        if next(turn) == place:
            raise KeyboardInterrupt
        whole(*given)

    return leave


def test_stopped_half_way_what_was_printed_is_let_go_by_the_postman_and_not_printed_again(
    work, session, tmp_path, monkeypatch
):
    letters, outbox = [signed(work, name=name) for name in "ABC"], tmp_path / "outbox"
    run, secretary = made(work), work("secretary")
    session.commit()
    monkeypatch.setattr(letter_sending, "leave", stopped_at(2))
    with pytest.raises(KeyboardInterrupt), begin(session.get_bind(), secretary.actor, secretary.now) as unit:
        print_runs.settle(unit, run.id, set(), outbox)
    monkeypatch.undo()
    session.expire_all()
    assert sorted(letter.state for letter in letters) == ["queued", "queued", "sent"]
    assert print_runs.morning(secretary).post == []
    with pytest.raises(Stale):
        print_runs.settle(secretary, run.id, set(), outbox)
    session.commit()
    letter_queue.run(session.get_bind(), outbox, lambda: secretary.now)
    session.expire_all()
    assert [letter.state for letter in letters] == ["sent"] * 3


def test_of_two_who_begin_at_once_one_has_the_letters(work, session, monkeypatch):
    assert session.get(ClinicSettings, 1) is None  # of a clinic that never saved its settings too
    letter, secretary = signed(work), work("secretary")
    session.commit()
    bind, reads = session.get_bind(), print_runs.morning

    def press(token):
        with suppress(LookupError), begin(bind, secretary.actor, secretary.now) as unit:
            print_runs.begin(unit, token)

    with ThreadPoolExecutor(1) as other:

        def meanwhile(unit):
            monkeypatch.setattr(print_runs, "morning", reads)
            found = reads(unit)
            wait([other.submit(press, "second")], timeout=1)
            return found

        monkeypatch.setattr(print_runs, "morning", meanwhile)
        press("first")
    lies = session.scalars(select(PrintedLetter.run_id).where(PrintedLetter.letter_id == letter.id)).all()
    assert len(lies) == 1


def test_a_run_of_which_nothing_was_printed_is_dropped_and_its_letters_are_ready_again(work, session, tmp_path):
    letter, secretary = signed(work), work("secretary")
    for finished in (True, False):
        run_id = print_runs.begin(secretary, f"pressed {finished}")
        if finished:
            print_runs.make(secretary, run_id)
        print_runs.drop(secretary, run_id)
        with pytest.raises(Stale):
            print_runs.drop(secretary, run_id)
        print_runs.make(secretary, run_id)  # whoever was making the file comes too late
        run = session.get_one(PrintRun, run_id)
        assert (run.pdf is not None, run.failed, print_runs.waits(run, secretary.now)) == (finished, None, False)
        with pytest.raises(Stale):
            print_runs.settle(secretary, run_id, set(), tmp_path / "outbox")
        assert [parcel.letter.id for parcel in print_runs.morning(secretary).post] == [letter.id]
    told = session.scalars(select(AuditEntry.details).where(AuditEntry.action == "list.printed")).all()
    assert told.count({"dropped": True}) == 2


def test_a_run_without_a_file_yet_is_not_answered_as_printed(work, session, tmp_path):
    letter, secretary = signed(work), work("secretary")
    run_id = print_runs.begin(secretary, "pressed")
    assert print_runs.settle(secretary, run_id, set(), tmp_path / "outbox") == []
    assert session.get_one(PrintRun, run_id).settled_at is None
    assert letter.state == "authorised"
    print_runs.make(secretary, run_id)  # its file still comes
    assert session.get_one(PrintRun, run_id).pdf is not None


def test_a_run_dropped_while_its_file_is_made_gets_none(work, session, monkeypatch):
    signed(work)
    secretary = work("secretary")
    run_id = print_runs.begin(secretary, "pressed")

    def drop_meanwhile(*_given):
        print_runs.drop(secretary, run_id)
        return b"%PDF"

    monkeypatch.setattr(print_runs, "put_together", drop_meanwhile)
    print_runs.make(secretary, run_id)
    assert session.get_one(PrintRun, run_id).pdf is None


def test_while_the_file_is_made_others_save(work, session, monkeypatch):
    letter = signed(work)
    run_id, nurse, saved = print_runs.begin(work("secretary"), "pressed"), work("nurse"), []
    session.commit()
    reads, makes = print_runs.frozen_page, print_runs.put_together

    def beside(whole):
        def act(*given):
            with begin(session.get_bind(), nurse.actor, nurse.now) as unit:
                unit.note(Action.LETTER_OPENED, letter.patient_id, f"letter:{letter.id}")
                unit.commit()
            saved.append(whole)
            return whole(*given)

        return act

    monkeypatch.setattr(print_runs, "frozen_page", beside(reads))
    monkeypatch.setattr(print_runs, "put_together", beside(makes))
    with begin(session.get_bind(), work("secretary").actor, nurse.now) as unit:
        session.commit()
        print_runs.make(unit, run_id)
    assert saved == [reads, makes]
    session.expire_all()
    assert session.get_one(PrintRun, run_id).pdf is not None


def test_without_a_letter_for_the_post_there_is_no_run(work):
    with pytest.raises(LookupError):
        print_runs.begin(work("secretary"), "pressed")


def swapped_page(session, letter, by):
    """In the archive of a letter lies the page of another."""
    session.get_one(LetterPage, letter.id).pdf = session.get_one(LetterPage, by.id).pdf
    session.commit()


def test_a_run_with_a_page_of_another_patient_is_refused_and_its_letters_stay_ready(work, session):
    one, other = signed(work, name="A"), signed(work, name="B")
    swapped_page(session, one, other)
    run = made(work)
    assert (run.pdf, run.sha256) == (None, None)
    assert one.reference in run.failed
    print_runs.make(work("secretary"), run.id)
    assert len(print_runs.morning(work("secretary")).post) == 2


def blank_after(content):
    """The same file with an empty page behind it."""
    writer = PdfWriter()
    writer.append(PdfReader(BytesIO(content)))
    writer.add_blank_page(595, 842)
    made_of = BytesIO()
    writer.write(made_of)
    return made_of.getvalue()


def test_the_guard_reads_every_page_back(work, session):
    references = [signed(work, name=name).reference for name in "AB"]
    kept = session.scalars(select(LetterPage.pdf).order_by(LetterPage.letter_id)).all()
    sheets = [Sheet(reference, "", "", (page,)) for reference, page in zip(references, kept, strict=True)]
    content = print_file.put_together(sheets, 1, work().now, str)
    print_file.guard(content, 1, sheets)
    changed_about = [sheets[0]._replace(pages=sheets[1].pages), sheets[1]]
    for told, found in ((content, sheets[::-1]), (content, changed_about), (blank_after(content), sheets),
                        (content, [*sheets, sheets[0]])):  # fmt: skip
        with pytest.raises(Leak):
            print_file.guard(told, 1, found)
    with pytest.raises(Leak):
        print_file.put_together(changed_about, 1, work().now, str)


def test_a_copy_on_paper_lies_behind_its_letter(work, session):
    letter = drafted(work("nurse"))
    patient = session.get(Patient, letter.patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Kade", "2", "7551 AB", "Hengelo"
    copies.add(work("secretary"), AddCopy(letter.patient_id, None, "op haar verzoek"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    _cover, _letter, copy = pages(made(work).pdf)
    assert "Afschrift van" in copy


def copied(work, session, street="Kade"):
    """A letter that is ready, with a copy on paper to somebody in this street."""
    letter, other = drafted(work("nurse")), with_gp(work("nurse"), name="De Linden", street=street)
    copies.add(work("secretary"), AddCopy(letter.patient_id, other.gp_id, "medebehandelaar"))
    return sign(work("doctor"), session.get_one(Letter, letter.id))


def test_a_copy_whose_address_no_page_can_show_keeps_its_own_letter_alone(work, session):
    whole, kept = copied(work, session, "Señora-straße Ș"), copied(work, session, "Pad \U0001f33b")
    found = print_runs.morning(work("secretary"))
    assert ([one.letter.id for one in found.post], found.counted) == ([whole.id], {"copy_sign": 1})
    assert [one.letter.id for one in found.blocked] == [kept.id]
    assert made(work).sha256


@pytest.mark.parametrize(
    ("fault", "why"), [(CannotSet("x"), 'run_copy", "reference": "{}"'), (KeyError("J. Smit"), "KeyError")]
)
def test_what_keeps_the_file_of_a_run_is_told_and_its_letters_are_ready_again(work, session, monkeypatch, fault, why):
    letter = copied(work, session)
    monkeypatch.setattr(copies, "page", lambda *_given: (_ for _ in ()).throw(fault))
    run = made(work)
    assert run.pdf is None
    assert why.format(letter.reference) in run.failed
    assert "Smit" not in run.failed
    print_runs.drop(work("secretary"), run.id)  # pressed on a page from before it failed
    assert (run.settled_at, len(print_runs.morning(work("secretary")).post)) == (None, 1)


def test_without_the_database_a_run_is_not_said_to_have_failed(work, session, monkeypatch):
    copied(work, session)
    monkeypatch.setattr(copies, "page", lambda *_given: (_ for _ in ()).throw(OperationalError("", {}, Exception())))
    with pytest.raises(OperationalError):
        made(work)
    assert session.scalars(select(PrintRun.failed)).all() == [None]


def test_a_run_says_how_far_it_is_and_that_it_was_given_up(work, session):
    patient = with_gp(work("nurse"))
    work("nurse").commit() if work("nurse").entries else session.commit()
    assert patient.id
    signed(work, name="B")
    secretary = work("secretary")
    run = session.get_one(PrintRun, print_runs.begin(secretary, "pressed"))
    tell = print_runs.told(secretary, run)
    for done in (1, 25):
        tell(done)
    assert (run.done, print_runs.waits(run, secretary.now)) == (25, True)
    assert print_runs.maker(session.get_bind(), run.id).id == secretary.actor.id
