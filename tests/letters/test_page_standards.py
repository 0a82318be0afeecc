"""The page as PDF/A-2a and PDF/UA-1 ask, read from the PDF; and the window of the envelope, measured in its pixels.

No checker of the whole standards comes as a package: what they ask of a file like ours is looked up in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pypdfium2
import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from clinic.letters.print_file import Sheet, cover_of
from clinic.letters.render import TO_GP, TO_PATIENT, pdf_of
from clinic.letters.sentences import Section
from tests.letters.test_page import ADDRESS, AT, FACTS, words

SCALE = 2  # pixels a point: a fifth of a millimetre
DOTS = SCALE * 72 / 25.4  # pixels a millimetre
WINDOW = FACTS["clinic"]["window"]
WINDOWS = (WINDOW, [105, 60, 85, 35], [50, 50, 100, 40], [10, 65, 70, 34], [120, 40, 80, 20])
"""The usual one, one on the right, one that leaves no room beside it, two at the limits."""
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><path d="M0 0h90v30z"/></svg>'
AROUND = 5  # mm about the window that stay empty, for a sheet that slides in its envelope
LONG = ["Een lange alinea over van alles en nog wat. " * 12] * 9


def a_letter(*paragraphs: str, logo: bytes | None = None, recipient=ADDRESS, template=TO_GP, window=WINDOW) -> bytes:
    """A letter with these paragraphs."""
    said = words(*(paragraphs or ("Alles goed.",)))._replace(recipient=recipient)
    return pdf_of(template, said, {"clinic": {"window": window}}, AT, logo)


BARE = words("Alles goed.")._replace(rest=(), core=(Section("", ("Ja.",)),))
PAGES = {
    "a short letter": a_letter,
    "two pages": lambda: a_letter(*LONG),
    "with a logo": lambda: a_letter(logo=LOGO),
    "one that was replaced": lambda: pdf_of(TO_GP, words(*LONG), FACTS | {"lapsed": "VERVALLEN – vervangen"}, AT),
    "without headings": lambda: pdf_of(TO_GP, BARE, FACTS, AT),
    "a cover sheet": lambda: cover_of([Sheet("B2026-000001", "mw. A. Jansen", "De Terp", (b"",))], 1, AT),
}  # fmt: skip


@pytest.fixture(params=PAGES)
def reader(request) -> PdfReader:
    """Each kind of page, read back."""
    return PdfReader(BytesIO(PAGES[request.param]()))


def parts(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file."""
    for number in range(1, reader.trailer["/Size"]):
        part = reader.get_object(IndirectObject(number, 0, reader))
        if isinstance(part, DictionaryObject):
            yield part


def tags(node: DictionaryObject) -> Iterator[DictionaryObject]:
    """The tags below one, in reading order."""
    below = node.get("/K", [])
    for one in below if isinstance(below, ArrayObject) else [below]:
        tag = one.get_object()
        if isinstance(tag, DictionaryObject) and "/S" in tag:
            yield tag
            yield from tags(tag)


def test_it_names_title_language_and_both_standards(reader):
    root = reader.trailer["/Root"]
    meta = root["/Metadata"].get_data().decode()
    for told in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<", "<dc:title>", "<dc:language>"):
        assert told in meta
    assert str(root["/Lang"]).startswith("nl")
    assert reader.metadata.title
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True


def test_it_needs_nothing_from_outside_and_runs_nothing(reader):
    """PDF/A-2: no encryption, scripts, attachments or outside content; colours by a profile that lies within."""
    assert not reader.is_encrypted
    assert "/ID" in reader.trailer
    [intent] = reader.trailer["/Root"]["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"].get_data()
    for part in parts(reader):
        assert not {"/JS", "/JavaScript", "/AA", "/OpenAction", "/EmbeddedFiles", "/XFA", "/Launch"} & part.keys()
        assert part.get("/S") not in ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Movie", "/Sound")
        assert "/LZWDecode" not in str(part.get("/Filter", ""))


def test_every_font_lies_within_and_its_letters_can_be_read(reader):
    """PDF/A-2a: fonts embedded, with the characters that their glyphs stand for."""
    fonts = [part for part in parts(reader) if part.get("/Type") == "/Font" and part.get("/Subtype") == "/Type0"]
    drawn = [part for part in parts(reader) if part.get("/Type") == "/FontDescriptor"]
    assert fonts
    assert len(drawn) >= len(fonts)
    assert all(font["/ToUnicode"].get_data() for font in fonts)
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & descriptor.keys() for descriptor in drawn)


def test_every_word_is_tagged_in_reading_order(reader):
    """PDF/UA-1: marked, tabs follow the tags, no level of heading left out, each picture says what it shows."""
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert all(page["/Tabs"] == "/S" and "/StructParents" in page for page in reader.pages)
    found = list(tags(root["/StructTreeRoot"]))
    levels = [int(tag["/S"][2:]) for tag in found if tag["/S"][:2] == "/H" and tag["/S"][2:].isdigit()]
    assert all(level - before <= 1 for before, level in zip([0, *levels], levels, strict=False))
    assert all(tag.get("/Alt") for tag in found if tag["/S"] == "/Figure")
    assert {"/P"} <= {tag["/S"] for tag in found} or {"/TD"} <= {tag["/S"] for tag in found}


def test_the_words_come_out_in_the_order_in_which_a_gp_reads_them():
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(a_letter())).pages).split())
    order = ("Ziekenhuis Oudeterp", "De Terp", "8598 AB OUDETERP", "23 november 2026", "Betreft: Controle osteoporose",
             "BSN 999994128", "Geachte collega", "Alles goed.", "Wij vragen u", "Blijven voorschrijven", "Bevindingen",
             "T-score −2,4", "Met vriendelijke groet", "dr. M. Bakker")  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def ink(content: bytes) -> list[tuple[float, float]]:
    """Where something is printed on the first page, in mm from its left and upper edge."""
    page = pypdfium2.PdfDocument(content)[0]
    bitmap = page.render(scale=SCALE, grayscale=True)
    dots, stride = bytes(bitmap.buffer), bitmap.stride
    return [((place % stride) / DOTS, place // stride / DOTS) for place, dot in enumerate(dots)
            if dot < 200 and place % stride < bitmap.width]  # fmt: skip


def in_window(content: bytes, window=WINDOW, about: float = AROUND) -> list[tuple[float, float]]:
    """What is printed in the window of the envelope and so far around it."""
    x, y, w, h = window
    return [(across, down) for across, down in ink(content)
            if x - about <= across <= x + w + about and y - about <= down <= y + h + about]  # fmt: skip


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("template", [TO_GP, TO_PATIENT])
def test_without_an_address_nothing_at_all_is_printed_in_the_window_or_within_5_mm_of_it(template, window):
    for content in (a_letter(recipient=("",), template=template, window=window),
                    a_letter(*LONG, recipient=("",), logo=LOGO, template=template, window=window)):  # fmt: skip
        assert in_window(content, window) == []
        assert max(across for across, _down in ink(content)) < 200


@pytest.mark.parametrize("window", WINDOWS)
def test_date_reference_and_telephone_stand_on_the_sheet_wherever_the_window_is(window):
    made = PdfReader(BytesIO(a_letter(window=window)))
    assert [len(made.pages), "0513 200000" in made.pages[0].extract_text()] == [1, True]


def test_a_long_address_lies_whole_within_the_window():
    lines = ("Gezondheidscentrum De Nieuwe Hoven-Oost", *ADDRESS[1:3], "Postbus 12345", "1e verdieping", ADDRESS[3])
    x, y, w, h = WINDOW
    found = in_window(a_letter(recipient=lines))
    assert found
    edge = 2 / DOTS  # what a pixel can hide
    assert all(x - edge <= across <= x + w and y - edge <= down <= y + h for across, down in found)
