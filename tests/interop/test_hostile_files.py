"""Files that somebody sends: whatever is in them they are read, or refused in words, soon and with little memory."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from clinic.interop import imports, mapping, protocols, tables, toml, workbook
from clinic.wording.complaints import SAY, say


def book(*rows, **parts):
    """A workbook of these rows, with parts in the place of its own."""
    made = Workbook()
    for row in rows:
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    if not parts:
        return file.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.pop(name) if name in parts else old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return changed.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ENTITY = '<!DOCTYPE x [<!ENTITY a "{}"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
CELL = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">%s</row></sheetData></worksheet>'
SAYS = '<c r="A1" t="inlineStr"><is><t>%s</t></is></c>'
EVERY = '<dimension ref="A1:XFD1048576"/><sheetData>'
LAST = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
BOMB = b"<x>" + b" " * 250_000_000
PLAIN = book(["nr", "naam"], [1, "Jansen"], [2, "De Vries"])
HOSTILE = {
    "entities that swell": (book(**{SHEET: ENTITY.format("z" * 1000) + CELL % (SAYS % "&b;")}), "file_no_table"),
    "an entity of a file": (
        book(**{SHEET: '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + CELL % (SAYS % "&a;")}),
        "file_no_table",
    ),
    "a document type in UTF-16": (
        book(**{"xl/sharedStrings.xml": ('<?xml version="1.0"?>' + ENTITY.format("z") + "<sst/>").encode("utf-16")}),
        "file_no_table",
    ),
    "a quarter of a gigabyte": (book(**{"xl/sharedStrings.xml": BOMB}), "file_swells"),
    "a thousand parts": (book(**{f"xl/media/{number}.png": b"" for number in range(1001)}), "file_swells"),
    "a cell without end": (book(**{SHEET: CELL % (SAYS % ("z" * 40_000))}), "file_swells"),
    "an error without end": (book(**{SHEET: CELL % f'<c r="A1" t="e"><v>{"z" * 40_000}</v></c>'}), "file_swells"),
    "no workbook": (b"PK\x03\x04" + b"x" * 500, "file_no_table"),
    "half a workbook": (PLAIN[: len(PLAIN) // 2], "file_no_table"),
    "no sheet": (book(**{SHEET: "<nothing"}), "file_no_table"),
    "a page": (b"<html><script>alert(1)</script>", "file_no_table"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "file_no_table"),
    "nothing": (b"", "file_empty"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_workbook_is_refused_in_words_in_a_second_and_fifty_megabytes(kind):
    content, code = HOSTILE[kind]
    name = "lijst.csv" if kind in ("a picture", "nothing") else "lijst.xlsx"
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(tables.UnreadableFile) as refused:
        tables.read(content, name)
    took, (_now, most) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == code
    assert say(refused.value.code, refused.value.params, "nl")
    assert (took < 5, most < 50_000_000) == (True, True)


def test_a_sheet_that_claims_every_column_is_given_those_it_has():
    wide = (CELL % (SAYS % "nr")).replace("<sheetData>", EVERY)
    assert tables.read(book(**{SHEET: wide.replace("</sheetData>", LAST)}), "x.xlsx").columns == ("nr",)


def test_a_name_inside_a_workbook_leads_nowhere():
    """Nothing is unpacked onto the disk, so a path that climbs out has nowhere to go."""
    assert tables.read(book(["nr"], [1], **{"../../../../tmp/x": b"x"}), "../../x.xlsx").rows == ((2, {"nr": "1"}),)


def told(content, name):
    """That it was read, or which sentence refused it."""
    try:
        tables.read(content, name)
    except tables.UnreadableFile as refused:
        return refused.code
    return "read"


@settings(max_examples=60)
@given(st.integers(0, len(PLAIN) - 1), st.binary(min_size=1, max_size=40))
def test_a_workbook_damaged_anywhere_is_read_or_refused(place, bytes_there):
    assert told(PLAIN[:place] + bytes_there + PLAIN[place + len(bytes_there) :], "x.xlsx") in {"read", *SAY}


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_a_table_or_are_refused(content):
    assert told(content, "x.csv") in {"read", *SAY}


@pytest.mark.parametrize(
    "content",
    [
        b"a = " + b"[" * 50_000, b"\xff\xfe", b"kind = 'patients'\nfields = 3",
        b"kind = 'patients'\nvalues = {sex = 3}",
        b"kind = 'history'\nfacts = 'x'", b"kind = 'history'\nfacts = [3]", b"kind = ['patients']",
        b"kind = 'patients'\n#" + b"x" * toml.MOST_BYTES,
    ],
)  # fmt: skip
def test_a_hostile_mapping_is_refused_in_words(content):
    with pytest.raises(tables.UnreadableFile) as refused:
        mapping.parse(content, imports.FIELDS)
    assert refused.value.code.startswith("mapping_")


@pytest.mark.parametrize("text", ["a = " + "[" * 50_000, "name = 3", "drugs = 3", "x" * 300_000])
def test_a_hostile_protocol_is_refused_in_words(text):
    with pytest.raises(protocols.BadProtocol):
        protocols.load(text)


def test_what_is_small_and_plain_is_read():
    assert [row["naam"] for _number, row in tables.read(PLAIN, "x.xlsx").rows] == ["Jansen", "De Vries"]
    assert next(workbook.lines(PLAIN)) == ["nr", "naam"]
