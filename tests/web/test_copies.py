"""Standing copies: found, added, ended; and a copy that did not arrive, found, mended, sent again or ended."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from clinic.security.audit import Action
from clinic.services import copies, copy_failures, letter_failures, letter_sending
from clinic.services.copies import AddCopy
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.copies import LetterCopy, StandingCopy, of_letter
from clinic.store.letters import OUT, Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice
from tests.factories import make_patient
from tests.letter_makers import TODAY, drafted, sign

SAME = ("standing_copy_id", "patient_id", "channel", "envelope", "envelope_sha256", "state", "queued_at", "failure",
        "came_back")  # fmt: skip


def test_the_secretary_finds_adds_and_ends_a_copy(
    sign_in: Callable[..., FlaskClient], work: Callable[..., Work]
) -> None:
    begun = work("secretary")
    patient, other = make_patient(begun), make_patient(begun)
    home = Practice(name="De Linden", town="Hengelo", channel="secure_mail", mailbox="x@y")
    begun.session.add(Gp(practice=home, kind="elderly_care", family_name="Boer"))
    begun.session.commit()
    url = f"/patients/{patient.id}/copies"
    secretary = sign_in("secretary")
    assert "Boer, De Linden, Hengelo" in secretary.post(url, data={"gp_q": "linden", "look": "1"}).text
    bad = secretary.post(url, data={"gp_id": "1", "reason": ""})
    assert bad.status_code == 422
    assert "Vul in waarom" in bad.text
    assert "Kies wie afschriften krijgt." in secretary.post(url, data={"reason": "x"}).text
    assert secretary.post(url, data={"gp_id": "1", "reason": "medebehandelaar"}).status_code == 303
    assert secretary.post(url, data={"gp_id": "0", "reason": "op verzoek"}).status_code == 303
    page = secretary.get(url).text
    assert "specialist ouderengeneeskunde" in page
    assert "de patiënt zelf" in page
    assert secretary.post(f"/patients/{other.id}/copies/1/end").status_code == 404
    assert secretary.post(f"{url}/1/end").status_code == 303
    assert "specialist ouderengeneeskunde" not in secretary.get(url).text
    assert sign_in("manager").get(url).status_code == 403
    assert secretary.post("/letters/99/copies").status_code == 404


@pytest.mark.parametrize("state", OUT)
def test_a_copy_that_stayed_is_sent_from_the_page_for_as_long_as_its_letter_is_out(
    sign_in: Callable[..., FlaskClient], work: Callable[..., Work], tmp_path: Path, state: str
) -> None:
    letter = drafted(work("nurse"), channel="secure_mail")
    home = Practice(name="De Linden", street="Laan", house_number="1", postcode="7551 AB", town="Hengelo",
                    channel="post")  # fmt: skip
    gp = Gp(practice=home, kind="elderly_care", family_name="Boer")
    session = work().session
    session.add(gp)
    session.flush()
    copies.add(work("secretary"), AddCopy(letter.patient_id, gp.id, "medebehandelaar"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    letter_sending.deliver(secretary, letter.id, tmp_path / "outbox")
    [copy] = of_letter(session, letter.id)
    copy.state, copy.sent_on, letter.state = "queued", None, state
    session.commit()
    browser = sign_in("secretary")
    page = f"/letters/{letter.id}"
    assert f'action="{page}/copies"' in browser.get(page).text
    assert browser.post(f"{page}/copies").status_code == 303
    session.expire_all()
    assert [kept.state for kept in of_letter(session, letter.id)] == ["sent"]
    session.rollback()
    assert f'action="{page}/copies"' not in browser.get(page).text


@pytest.fixture
def bounced(work: Callable[..., Work], tmp_path: Path) -> LetterCopy:
    """A copy for a specialist by mail that came back after its letter left."""
    letter = drafted(work("nurse"), channel="secure_mail")
    home = Practice(name="De Linden", town="Hengelo", channel="secure_mail", mailbox="oud@zorg")
    gp = Gp(practice=home, kind="elderly_care", initials="J.", prefix="de", family_name="Boer")
    session = work().session
    session.add(gp)
    session.flush()
    copies.add(work("secretary"), AddCopy(letter.patient_id, gp.id, "medebehandelaar"))
    sign(work("doctor"), session.get_one(Letter, letter.id))
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    letter_sending.deliver(secretary, letter.id, tmp_path / "outbox")
    [copy] = of_letter(session, letter.id)
    copy_failures.bounce(secretary, copy, "Postbus bestaat niet meer.")
    secretary.commit()
    return copy


def shown(page: str, act: str) -> dict[str, str]:
    """What the form of an act on a copy sends along, as the page has it."""
    form = page[page.index(f'/copies/1/{act}">') :]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[: form.index("</form>")]))


def test_a_copy_that_came_back_stands_wherever_failures_do_and_leads_to_its_recipient(
    sign_in: Callable[..., FlaskClient], bounced: LetterCopy
) -> None:
    secretary, here = sign_in("secretary"), f"/letters/{bounced.letter_id}#copy-{bounced.standing_copy_id}"
    for address in ("/letters", "/letters/morning", "/letters/copies"):
        page = secretary.get(address).text
        assert "Postbus bestaat niet meer." in page, address
        assert "J. de Boer, De Linden" in page
        for leads_to in ('href="/practices/2/gps/2"', 'href="/practices/2"', f'href="{here}"'):
            assert leads_to in page, (address, leads_to)
    assert "Postbus bestaat niet meer." not in secretary.get("/letters?state=failed").text  # a list of letters alone
    [tally] = re.findall(r'href="/letters/copies".*?</a>', secretary.get("/").text, re.DOTALL)
    assert re.search(r"\b1\b", tally)
    [tab] = re.findall(r'<a href="/letters/copies"[^>]*>(.*?)</a>', secretary.get("/letters/copies").text)
    assert tab == 'Afschriften niet aangekomen <span class="n">1</span>'
    nurse = sign_in("nurse")
    assert "Postbus" not in nurse.get("/letters").text
    assert "/again" not in nurse.get(here).text
    for closed in ("/letters/copies", f"/letters/{bounced.letter_id}/copies/1/page.pdf"):
        assert nurse.get(closed).status_code == 403


def test_mended_it_is_sent_again_from_the_page_of_its_letter(
    app: Flask, sign_in: Callable[..., FlaskClient], work: Callable[..., Work], bounced: LetterCopy
) -> None:
    secretary, here = sign_in("secretary"), f"/letters/{bounced.letter_id}"
    at = f"{here}/copies/{bounced.standing_copy_id}"
    old = shown(secretary.get(here).text, "again")
    session = work().session
    session.get_one(Gp, 2).practice.mailbox = "nieuw@zorg"
    session.commit()
    refused = secretary.post(f"{at}/again", data=old)
    assert (refused.status_code, "Lees de brief nog eens" in refused.text) == (422, True)
    assert "Opnieuw proberen" in secretary.get("/letters/copies").text
    for _twice in range(2):
        said = secretary.post(f"{at}/again", data=shown(refused.text, "again"), follow_redirects=True).text
        assert "Het afschrift is verzonden." in said
    session.expire_all()
    assert (bounced.state, bounced.envelope["mailbox"]) == ("sent", "nieuw@zorg")
    session.commit()
    assert "/letters/copies" not in secretary.get("/").text
    reason = {"copy_reason": "Ook dit adres weigert."}
    back = shown(secretary.get(here).text, "came-back")
    assert "Geef een reden" in secretary.post(f"{at}/came-back", data=back | {"copy_reason": " "}).text
    assert (
        "bij wat niet is aangekomen"
        in secretary.post(f"{at}/came-back", data=back | reason, follow_redirects=True).text
    )
    assert "Ook dit adres weigert." in secretary.get("/letters/copies").text
    assert secretary.post(f"{here}/copies/99/again").status_code == 404
    assert secretary.get(f"{at}/page.pdf").data.startswith(b"%PDF")
    assert secretary.get(f"{here}/copies/99/page.pdf").status_code == 404


def test_no_longer_wanted_it_is_ended_with_a_reason_and_nothing_typed_is_lost(
    sign_in: Callable[..., FlaskClient], work: Callable[..., Work], bounced: LetterCopy
) -> None:
    secretary, here = sign_in("secretary"), f"/letters/{bounced.letter_id}"
    at, seen = f"{here}/copies/{bounced.standing_copy_id}", shown(secretary.get(here).text, "end")
    assert secretary.post(f"{at}/end", data=seen | {"copy_reason": ""}).status_code == 422
    stale = secretary.post(f"{at}/end", data=seen | {"seen": "0-", "copy_reason": "Overgenomen elders"})
    assert (stale.status_code, 'value="Overgenomen elders"' in stale.text) == (422, True)
    secretary.post(f"{at}/end", data=seen | {"copy_reason": "Overgenomen elders"})
    page = secretary.get(here).text
    assert "gestopt: Overgenomen elders" in page
    assert "/end" not in page
    assert "Voor zover bekend is elk afschrift aangekomen." in secretary.get("/letters/copies?after=nonsense").text
    assert "Postbus" not in secretary.get("/letters").text


@pytest.mark.parametrize(
    ("change", "words", "leads_to"),
    [
        ("standing copy ended", "Dit afschrift stoppen", "/letters/1#copy-1"),
        ("recipient stopped", "Deze ontvanger is gestopt", "/patients/1/copies"),
        ("herself", "Adres aanpassen", "/patients/1/edit#street"),
        ("folder full", "Opnieuw proberen", "/letters/1#copy-1"),
    ],
)
def test_each_reason_has_its_own_way_out(
    sign_in: Callable[..., FlaskClient], work: Callable[..., Work], bounced: LetterCopy, change: str, words: str,
    leads_to: str,
) -> None:  # fmt: skip
    session, gp = work().session, work().session.get_one(Gp, 2)
    if change == "standing copy ended":
        copies.end(work("secretary"), bounced.patient_id, bounced.standing_copy_id)
    elif change == "recipient stopped":
        gp.stopped_on, gp.successor_id = TODAY, 1
    elif change == "herself":
        session.get_one(StandingCopy, bounced.standing_copy_id).gp_id = None
    else:
        bounced.came_back = 0
    session.commit()
    page = sign_in("secretary").get("/letters/copies").text
    assert re.search(rf'href="{re.escape(leads_to)}">{words}', page)


def test_a_copy_that_cannot_leave_says_why_and_one_that_waits_says_so(
    app: Flask, sign_in: Callable[..., FlaskClient], work: Callable[..., Work], bounced: LetterCopy
) -> None:
    secretary, here = sign_in("secretary"), f"/letters/{bounced.letter_id}"
    at, session = f"{here}/copies/{bounced.standing_copy_id}", work().session
    session.get_one(Gp, 2).practice.channel = "edifact"  # the clinic itself has no mailbox yet
    session.get_one(Gp, 2).agb = "01951001"
    session.commit()
    said = secretary.post(f"{at}/again", data=shown(secretary.get(here).text, "again"))
    assert (said.status_code, "Het afschrift kon niet weg:" in said.text) == (422, True)
    session.get_one(Gp, 2).practice.channel = "secure_mail"
    session.commit()
    in_the_way = app.config["SETTINGS"].outbox / "secure_mail" / f"B2026-{bounced.letter_id:06d}-A1-2" / "x"
    in_the_way.mkdir(parents=True)
    said = secretary.post(f"{at}/again", data=shown(secretary.get(here).text, "again"), follow_redirects=True)
    assert "wordt vanzelf opnieuw geprobeerd" in said.text


def test_more_than_is_shown_on_top_leads_to_the_list_that_holds_it(
    monkeypatch: pytest.MonkeyPatch, sign_in: Callable[..., FlaskClient], work: Callable[..., Work],
    bounced: LetterCopy,
) -> None:  # fmt: skip
    session = work().session
    for number in range(2):
        letter = session.get_one(Letter, drafted(work("nurse"), name=f"Praktijk {number}").id)
        sign(work("doctor"), letter)
        letter.state, letter.failure, letter.channel, letter.envelope = "failed", "Kwam terug.", "post", {"gp_id": 0}
    session.add(LetterCopy(**{name: getattr(bounced, name) for name in SAME}, letter_id=letter.id))
    first = session.get_one(Letter, letter.id - 1)
    session.add(LetterCopy(**{name: getattr(bounced, name) for name in SAME}, letter_id=first.id))
    session.commit()
    monkeypatch.setattr(letter_failures, "SHOWN", 1)
    page = sign_in("secretary").get("/letters").text
    assert '<a href="/letters?state=failed">Mislukt: nog 1</a>' in page
    assert '<a href="/letters/copies">' not in page.split("Status van brieven")[0]  # the others go with their letters
    for gone in (letter, first):
        gone.state, gone.failure, gone.sent_on = "sent", None, TODAY
    session.commit()
    page = sign_in("secretary").get("/letters").text
    assert '<a href="/letters/copies">Afschriften: nog 2</a>' in page
    listed = sign_in("secretary").get("/letters/copies").text
    assert listed.count("Postbus bestaat niet meer.") == 3


def test_the_list_goes_out_as_a_file_without_bsn_and_nothing_in_it_is_a_formula(
    sign_in: Callable[..., FlaskClient], work: Callable[..., Work], bounced: LetterCopy
) -> None:
    session = work().session
    patient = session.get_one(Patient, bounced.patient_id)
    patient.bsn, patient.own_name, patient.initials = "999990019", "=HYPERLINK(1)", None
    bounced.failure = "+31 weigert"
    session.commit()
    secretary = sign_in("secretary")
    assert "/letters/copies/export/csv" in secretary.get("/letters/copies").text
    file = secretary.get("/letters/copies/export/csv")
    [heads, row] = csv.reader(StringIO(file.get_data(as_text=True).removeprefix("\ufeff")), delimiter=";")
    told = dict(zip(heads, row, strict=True))
    assert (told["Patiënt"], told["Reden"], told["Afschrift voor"]) == (
        "Mw. =HYPERLINK(1)",
        "'+31 weigert",
        to(bounced),
    )
    assert "999990019" not in file.text
    sheet = load_workbook(BytesIO(secretary.get("/letters/copies/export/xlsx").data)).active
    assert (sheet.max_row, all(cell.data_type != "f" for cell in sheet[2])) == (2, True)
    lines = select(AuditEntry.details).where(
        AuditEntry.action == Action.LIST_EXPORTED, AuditEntry.subject == "letters:copies"
    )
    assert session.scalars(lines).all() == [{"patients": 1}, {"patients": 1}]
    session.rollback()  # SQLite has one writer: whoever comes next may write
    assert sign_in("nurse").get("/letters/copies/export/csv").status_code == 403


def to(copy: LetterCopy) -> str:
    """For whom a copy is."""
    return f"{copy.envelope['name']}, {copy.envelope['practice']}"
