"""The proof in the browser: the table, what lies behind a number, the file, and one patient."""

from __future__ import annotations

import re

import pytest

from tests.web.test_letters import authorise, drafted, send, stored

__all__ = ["drafted"]


@pytest.fixture
def told(sign_in, drafted):
    """One letter that left today and one that still may."""
    left, waits = drafted("Bakker"), drafted("Mulder")
    authorise(sign_in("doctor"), left)
    send(sign_in("secretary"), left)
    return left, waits


def test_each_number_leads_to_its_letters(sign_in, told):
    secretary = sign_in("secretary")
    assert "Op tijd bericht?" in secretary.get("/letters").text
    page = secretary.get("/letters/proof").text
    assert "100,0 %" in page
    [in_time] = re.findall(r'href="([^"]+state=in_time[^"]*)"', page)
    behind = secretary.get(in_time.replace("&amp;", "&")).text
    assert "Bakker" in behind
    assert "Mulder" not in behind
    assert "Mulder" in secretary.get(in_time.replace("&amp;", "&").replace("in_time", "open")).text
    assert "Niemand." in secretary.get(in_time.replace("&amp;", "&").replace("in_time", "missing")).text


@pytest.mark.parametrize(
    "address",
    ["/letters/proof/letters", "/letters/proof/letters?about=control&state=late&month=2026-13",
     "/letters/proof/letters?about=start&state=late&month=2026-11", "/letters/proof/sent/csv?month=x"],
)  # fmt: skip
def test_an_address_that_names_no_number_is_not_there(sign_in, address):
    assert sign_in("secretary").get(address).status_code == 404


def test_what_left_is_a_file_by_patient_number_with_the_hashes(app, sign_in, told):
    letter = stored(app, told[0])
    answer = sign_in("secretary").get("/letters/proof/sent/csv?month=2026-11")
    head, row, *rest = answer.text.splitlines()
    assert head.lstrip("\ufeff").split(";")[:4] == ["Kenmerk", "Patiëntnummer", "Brief", "Afschrift"]
    assert rest == []
    assert row.split(";")[0] == letter.reference
    assert row.endswith(f"{letter.text_sha256};{letter.envelope_sha256}")
    assert "Bakker" not in answer.text


def test_the_page_of_her_letters_says_what_the_gp_was_told_of(app, sign_in, told):
    nurse = sign_in("nurse")
    for letter, words in ((told[0], "bericht op 23-11-2026"), (told[1], "uiterlijk 30-11-2026")):
        page = nurse.get(f"/patients/{stored(app, letter).patient_id}/letters").text
        assert words in page
        assert "niet bericht, streefdatum" in page  # of the start of her treatment
