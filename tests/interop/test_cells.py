"""Cells that a file cannot say: formulas without an outcome, and what makes the rows of a CSV run together."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import Workbook

from clinic.interop import imports, mapping, tables
from clinic.interop.mended import mend
from clinic.wording.complaints import say

WEIGHED = mapping.Mapping(
    "patients",
    {"key": "{nr}", "number": "{nr}", "own_name": "{naam}", "birth_date": "{geboren}", "sex": "v",
     "weight_kg": "{gewicht}"},
)  # fmt: skip
WEIGHTS = [["nr", "naam", "geboren", "gewicht", "opzoek"], [1, "Aa", "1-2-1950", "=50+20.2"], [2, "Bb", "1-2-1951", 61]]
COUNTED = b"<f>50+20.2</f><v>"


def sheet(rows: list[list[object]], was: bytes = b"", becomes: bytes = b"") -> tables.Table:
    """An Excel sheet of these rows, with one thing of its XML as another program writes it."""
    book, file, changed = Workbook(), io.BytesIO(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name).replace(b"<v />", b"<v></v>")
            assert not (was and name == "xl/worksheets/sheet1.xml") or was in part
            new.writestr(name, part.replace(was, becomes))
    return tables.read(changed.getvalue(), "x.xlsx")


def said(told: imports.Parsed) -> list[tuple[int, str, str, str]]:
    """Each complaint by place, level and code."""
    return [(c.row, c.column, c.level, c.code) for c in told.complaints]


@pytest.mark.parametrize("value", ["=50+20.2", "#N/A"])
def test_a_cell_without_an_outcome_keeps_its_row_out_and_no_other(value: str) -> None:
    table = sheet([WEIGHTS[0], [1, "Aa", "1-2-1950", value], WEIGHTS[2]])
    told = imports.parse(table, WEIGHED)
    assert said(told) == [(2, "gewicht", "refused", "cell_without_outcome")]
    assert [row.row for row in told.rows] == [3]
    mended, _changed = mend(table, {2: {"gewicht": "70,2"}})
    assert [row.weight_g for row in imports.parse(mended, WEIGHED).rows if isinstance(row, imports.PatientRow)] == [
        70_200, 61_000,
    ]  # fmt: skip


def test_an_error_that_excel_has_since_is_an_error_as_well() -> None:
    table = sheet(WEIGHTS, b'<c r="D2"><f>50+20.2</f><v>', b'<c r="D2" t="e"><f>50+20.2</f><v>#SPILL!')
    assert said(imports.parse(table, WEIGHED)) == [(2, "gewicht", "refused", "cell_without_outcome")]
    assert table.rows[0][1]["gewicht"] == "#SPILL!"


def test_a_cell_without_an_outcome_matters_in_no_column_that_the_mapping_does_not_name() -> None:
    below: list[list[object]] = [[None] * 4 + ["#N/A"]] * 3
    told = imports.parse(sheet([[*WEIGHTS[0][:4], "#REF!"], [*WEIGHTS[2], "=A1"], *below]), WEIGHED)
    assert (said(told), [row.row for row in told.rows]) == ([], [2])
    told = imports.parse(sheet([WEIGHTS[0], [*WEIGHTS[2], "=A1"], *below]), WEIGHED)
    assert (said(told), [row.row for row in told.rows]) == ([], [2])


def test_what_else_is_wrong_in_a_row_is_told_with_it() -> None:
    told = imports.parse(sheet([WEIGHTS[0], ["#N/A", "Aa", "ooit", "#N/A"]]), WEIGHED)
    assert said(told) == [
        (2, "nr", "refused", "cell_without_outcome"), (2, "gewicht", "refused", "cell_without_outcome"),
        (2, "geboren", "refused", "date_unreadable"),
    ]  # fmt: skip
    assert (told.refused, told.key_lost) == (1, True)


def test_a_formula_is_read_by_its_outcome() -> None:
    table = sheet(WEIGHTS, COUNTED, COUNTED + b"70.2")
    assert table.rows[0][1] == {"nr": "1", "naam": "Aa", "geboren": "1-2-1950", "gewicht": "70.2"}


def test_a_formula_that_yields_an_empty_text_is_an_empty_cell_and_below_the_list_no_row() -> None:
    rows = [*WEIGHTS, [None, None, None, "=50+20.2"], [None, None, None, "=50+20.2"]]
    table = sheet(rows, b"><f>50+20.2</f>", b' t="str"><f>50+20.2</f>')
    assert [(number, row["gewicht"]) for number, row in table.rows] == [(2, ""), (3, "61")]
    told = imports.parse(table, WEIGHED)
    assert (said(told), len(told.rows)) == ([], 2)


def test_a_quote_that_stays_open_is_told_at_the_row_where_it_opens() -> None:
    with pytest.raises(tables.UnreadableFile) as problem:
        tables.read(b'nr;naam\n1;Jansen\n2;"t Hart\n3;De Vries\n', "x.csv")
    assert problem.value.params == {"row": 3}


@pytest.mark.parametrize(
    ("content", "code"),
    [(b'nr;naam\n1;Aa\n2;"Bb\n', "quote_open"), (b'nr;naam\n1;Aa\n2;"Bb" Cc\n', "quote_within"),
     (b'nr;naam\n1;Aa\n2;"t Hart\n3;"t Hart\n', "quote_within"),
     (b"nr;naam\n1;Aa\n2;Bb\rCc\n", "return_within"), (b"nr;naam\n1;Aa\n2;" + b"b" * 131_073, "cell_endless"),
     (b'nr;naam\n1;Aa\n2;"' + b"b\n" * 70_000, "cell_endless")],
    ids=["open", "within", "twice open", "return", "endless", "open in a long file"],
)  # fmt: skip
def test_what_makes_rows_run_together_is_told_by_its_name_and_row(content: bytes, code: str) -> None:
    with pytest.raises(tables.UnreadableFile) as problem:
        tables.read(content, "x.csv")
    assert problem.value.code == code
    for language, row in (("nl", "In rij 3 "), ("en", "In row 3 ")):
        assert say(code, problem.value.params, language).startswith(row)


def test_what_the_reader_of_csv_says_otherwise_is_no_open_quote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FAULTS", {})
    with pytest.raises(tables.UnreadableFile, match="file_no_table"):
        tables.read(b'nr\n"1', "x.csv")


MEASURED = mapping.Mapping("patients", {**WEIGHED.fields, "height_cm": "{lengte}"})
PAST = mapping.Mapping("history", {"number": "{nr}"}, facts=(
    mapping.Mapping("history.scan", {"made_on": "{op}", "total_hip_bmd": "{bmd}"}),
    mapping.Mapping("history.lab", {"on": "{op}", "creatinine": "{kreat}"}),
))  # fmt: skip


def test_a_measure_that_excel_computed_is_the_one_that_it_shows() -> None:
    head, typed = ["nr", "naam", "geboren", "lengte", "gewicht"], [1, "Aa", "1-2-1950"]
    rows = [[*typed, 1.378 * 100, 70.19999], [2, *typed[1:], 162.25, 61.0005]]
    told = imports.parse(sheet([head, *rows]), MEASURED)
    assert [(row.height_mm, row.weight_g) for row in told.rows if isinstance(row, imports.PatientRow)] == [
        (1378, 70_200), (1623, 61_001),
    ]  # fmt: skip
    past = imports.parse(sheet([["nr", "op", "bmd", "kreat"], [1, "1-2-2020", 0.84199999, 70.5]]), PAST)
    [row] = past.rows
    assert isinstance(row, imports.HistoryRow)
    scan, lab = row.facts
    assert (scan.told["sites"], lab.told["creatinine_umol_l"]) == ({"total_hip": {"bmd_mg_cm2": 842}}, 71)
    assert [(c.code, c.params["kept"]) for c in past.complaints] == [("rounded", "71")]
