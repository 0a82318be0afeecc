"""The page: the standards it names, nothing but the address in the window, and text that is never run."""

from __future__ import annotations

import json
from datetime import datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from clinic.letters.render import TO_GP, CannotSet, NoSuchSign, draft_of, pdf_of, set_page, sheets_pdf
from clinic.letters.sentences import Document, Section
from tests.letters.pages import in_window

AT = datetime(2026, 11, 23, 9, 0, 0, 5)  # noqa: DTZ001 - the store keeps UTC without a zone
FACTS = {"clinic": {"window": [25, 60, 85, 35]}}
ADDRESS = ("Huisartsenpraktijk De Terp", "Mevrouw S. Hoekstra, huisarts", "Terpwei 7", "8598 AB  OUDETERP")


def words(*paragraphs):
    """A letter with these paragraphs."""
    return Document(
        head=(("Datum", "23 november 2026"), ("Telefoon", "0513 200000 (werkdagen 8.30–12.00 uur)")),
        sender=("Ziekenhuis Oudeterp", "Osteoporosepolikliniek"),
        recipient=ADDRESS,
        subject="Controle osteoporose – mw. A. de Vries-Jansen, 14-03-1953",
        about=("Lange Laan 3, 8598 AB Oudeterp", "BSN 999994128"),
        salutation="Geachte collega,",
        core=(Section("", paragraphs), Section("Wij vragen u", (), ("Blijven voorschrijven.",))),
        rest=(Section("Bevindingen", ("T-score −2,4.",)),),
        signed=("dr. M. Bakker, internist",),
        footer="Postbus 1",
    )


def read(*paragraphs):
    """The page of such a letter, read back."""
    return PdfReader(BytesIO(pdf_of(TO_GP, words(*paragraphs), FACTS, AT)))


def test_the_page_names_both_standards_and_is_tagged():
    root = read("Alles goed.").trailer["/Root"]
    meta = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in meta
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in meta
    assert "<pdfuaid:part>1</pdfuaid:part>" in meta
    assert root["/MarkInfo"]["/Marked"]


def test_the_same_letter_gives_the_same_bytes():
    pages = {pdf_of(TO_GP, words("Alles goed."), FACTS, AT.replace(microsecond=n)) for n in (0, 7)}
    assert len(pages) == 1


def test_a_logo_of_any_shape_keeps_the_standards_the_window_and_says_whose_it_is():
    for size in ("300 20", "10 90"):
        logo = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}"><path d="M0 0h9v9z"/></svg>'.encode()
        made = PdfReader(BytesIO(pdf_of(TO_GP, words("Alles goed."), FACTS, AT, logo)))
        assert len(made.pages) == 1
        parts = [made.get_object(number) for number in range(1, made.trailer["/Size"])]
        assert "Logo van Ziekenhuis Oudeterp" in [part.get("/Alt") for part in parts if isinstance(part, dict)]


def test_what_is_typed_is_shown_and_never_run():
    text = read('#let x = 1 {{7*7}} *vet* $a^2$ #read("/etc/passwd") \\', "<b>'").pages[0].extract_text()
    assert '#let x = 1 {{7*7}} *vet* $a^2$ #read("/etc/passwd") \\' in text.replace("\n", " ")


def test_nothing_but_the_address_lies_in_the_window_of_the_envelope():
    page = pdf_of(TO_GP, words("Alles goed."), FACTS, AT)
    assert in_window(page, FACTS["clinic"]["window"]) == " ".join(" ".join(ADDRESS).split())


def test_a_long_letter_goes_on_over_the_page_and_a_short_one_does_not():
    assert len(read("Alles goed.").pages) == 1
    assert len(read(*["Een lange alinea over van alles en nog wat. " * 12] * 9).pages) == 2


def test_a_sign_that_the_page_lacks_is_named_and_on_a_list_or_a_draft_stands_by_its_number():
    said = "Ging goed 😀, zei Wang 漢, \ufffe"
    with pytest.raises(NoSuchSign) as lacking:
        read(said)
    assert lacking.value.args == ("😀漢\ufffe",)
    draft = draft_of(TO_GP, words(said), FACTS, AT)
    assert "[U+1F600], zei Wang [U+6F22], [U+FFFE]" in PdfReader(BytesIO(draft)).pages[0].extract_text()
    sheet = sheets_pdf({"title": "x", "labels": [["Wang 漢"]]}, AT, "sheets/labels-1")
    assert "Wang [U+6F22]" in PdfReader(BytesIO(sheet)).pages[0].extract_text()


def test_a_page_that_cannot_be_set_is_a_fault():
    with pytest.raises(CannotSet):
        set_page(TO_GP, json.dumps({}), AT, format="pdf")
