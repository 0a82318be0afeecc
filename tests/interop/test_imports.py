"""Files as clinics have them: partly known dates, brands, decimal commas, Excel, and what is refused in words."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook

from clinic.domain.vocabulary import Drug, StartPrecision, StopReason
from clinic.interop import imports, mapping, tables, values
from clinic.interop.agenda_rows import minutes
from clinic.wording.complaints import SAY, say


@pytest.mark.parametrize(
    ("typed", "day", "precision"),
    [
        ("najaar 2020", date(2020, 9, 1), "month"),
        ("Voorjaar 2021", date(2021, 3, 1), "month"),
        ("2019", date(2019, 1, 1), "year"),
        ("nov 2020", date(2020, 11, 1), "month"),
        ("november 2020", date(2020, 11, 1), "month"),
        ("11-2020", date(2020, 11, 1), "month"),
        ("2020-11", date(2020, 11, 1), "month"),
        ("12-3-2020", date(2020, 3, 12), "day"),
        ("2020-03-12", date(2020, 3, 12), "day"),
        ("3 mei 2021", date(2021, 5, 3), "day"),
        (date(2021, 5, 3), date(2021, 5, 3), "day"),
    ],
)
def test_a_start_is_as_precise_as_it_was_written(typed: tables.Cell, day: date, precision: str) -> None:
    assert values.partly_known(typed) == (day, StartPrecision(precision))


@pytest.mark.parametrize("typed", ["31-02-2020", "lang geleden", "12-3-20", "0019", "13-2020", "xyz 2020"])
def test_what_is_no_date_is_not_guessed(typed: str) -> None:
    with pytest.raises(values.Unreadable):
        values.partly_known(typed)


@pytest.mark.parametrize(
    ("typed", "drug"),
    [
        ("Fosamax 70 mg", "alendronic_acid"), ("Actonel", "risedronic_acid"), ("ACLASTA", "zoledronic_acid"),
        ("Prolia 60mg", "denosumab"), ("Bonviva", "ibandronic_acid_oral"), ("Bonviva i.v.", "ibandronic_acid_iv"),
        ("Ibandroninezuur infuus", "ibandronic_acid_iv"), ("Forsteo", "teriparatide"), ("Evenity", "romosozumab"),
        ("zoledronic acid", "zoledronic_acid"), ("alendronic_acid", "alendronic_acid"),
    ],
)  # fmt: skip
def test_brands_and_names_are_understood(typed: str, drug: str) -> None:
    assert values.drug(typed) is Drug(drug)


@pytest.mark.parametrize(
    ("typed", "code"), [("Paracetamol", "drug_unknown"), ("Fosamax, later Aclasta", "drug_several")]
)
def test_an_unknown_drug_and_one_of_two_are_not_guessed(typed: str, code: str) -> None:
    with pytest.raises(values.Unreadable) as problem:
        values.drug(typed)
    assert problem.value.code == code


def test_a_day_that_excel_wrote_as_a_number_is_refused_with_the_day_that_it_means() -> None:
    with pytest.raises(values.Unreadable) as problem:
        values.partly_known("18334")
    assert (problem.value.code, problem.value.params["meant"]) == ("date_as_number", "12-03-1950")


@pytest.mark.parametrize("typed", ["<70", "165 of 167", "70-75", "ca 70", ""])
def test_what_is_no_one_number_is_refused(typed: str) -> None:
    with pytest.raises(values.Unreadable, match="number_unreadable"):
        values.number(typed)


PATIENTS = mapping.Mapping(
    "patients",
    {"key": "x-{nr}", "number": "{nr}", "own_name": "{naam}", "birth_date": "{geboren}", "sex": "{mv}",
     "control_on": "{op}", "height_cm": "{lengte}", "weight_kg": "{gewicht}", "registered_on": "{sinds}"},
)  # fmt: skip
HEADER = "nr;naam;geboren;mv;op;lengte;gewicht;sinds\n"


def patients(*lines: str) -> imports.Parsed:
    """These lines, by the mapping above."""
    return imports.parse(tables.read((HEADER + "\n".join(lines)).encode(), "p.csv"), PATIENTS)


def test_a_decimal_comma_is_a_decimal_comma() -> None:
    (row,) = patients("1;Jansen;17-4-1952;v;1-2-2026;164,2;62,4 kg;").rows
    assert isinstance(row, imports.PatientRow)
    assert (row.height_mm, row.weight_g, row.birth_date) == (1642, 62400, date(1952, 4, 17))


def test_hard_limits_refuse_and_soft_limits_ask() -> None:
    told = patients("1;A;1952;v;1-2-2026;99;60;", "2;B;1952;v;1-2-2026;134;60;", "3;C;;q;x;y;;2020")
    assert [row.key for row in told.rows if isinstance(row, imports.PatientRow)] == ["x-2"]
    assert told.refused == 2
    assert {(c.row, c.column, c.code) for c in told.complaints} == {
        (2, "lengte", "measurement_impossible"), (3, "lengte", "measurement_unusual"),
        (4, "geboren", "empty"), (4, "mv", "sex_unknown"), (4, "op", "date_unreadable"),
        (4, "lengte", "number_unreadable"), (4, "sinds", "day_missing"),
    }  # fmt: skip


def test_a_number_that_comes_twice_is_refused_the_second_time() -> None:
    told = patients("1;A;1952;m;;;;", "1;B;1953;v;;;;")
    assert [(c.row, c.code) for c in told.complaints] == [(3, "key_twice")]


def test_a_prefix_of_a_partner_without_her_name_is_refused_at_its_column() -> None:
    partner = replace(PATIENTS, fields=PATIENTS.fields | {"partner_prefix": "{tv}", "partner_name": "{partner}"})
    content = HEADER.strip() + ";tv;partner\n1;A;1952;v;;;;;de;\n2;B;1952;v;;;;;de;Wit\n3;C;1952;v;;;;;;Wit\n"
    told = imports.parse(tables.read(content.encode(), "p.csv"), partner)
    assert [(c.row, c.column, c.code) for c in told.complaints] == [(2, "tv", "prefix_without_name")]
    assert len(told.rows) == 2


def test_two_rows_of_one_patient_go_together_and_what_differs_is_said() -> None:
    told = patients("1;Aa;1-3-1952;v;;;;", "1;AA;1-3-1952;v;;;;", "1;Aa;1-3-1952;m;2-2-2026;164;;")
    assert len(told.rows) == 1
    assert told.refused == 0
    assert [(c.row, c.level, c.code) for c in told.complaints] == [
        (3, "check", "row_again_differs"), (4, "check", "row_again_differs"),
    ]  # fmt: skip
    assert [c.params["columns"] for c in told.complaints] == ["naam", "mv, op, lengte"]


COURSES = mapping.Mapping(
    "courses",
    {"patient_key": "x-{nr}", "drug": "{middel}", "started_on": "{start}", "planned_years": "{jaren}",
     "stopped_on": "{stop}", "stop_reason": "{reden}", "pause_from": "{van}", "pause_until": "{tot}"},
)  # fmt: skip


def courses(*rows: tuple[object, ...]) -> imports.Parsed:
    """An Excel sheet of courses."""
    book = Workbook()
    assert book.active is not None
    book.active.append(("nr", "middel", "start", "jaren", "stop", "reden", "van", "tot"))
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return imports.parse(tables.read(file.getvalue(), "c.xlsx"), COURSES)


def test_excel_dates_and_numbers_are_read_as_such() -> None:
    (row,) = courses((1, "Fosamax", datetime(2020, 11, 3), 5.0, None, None, None, None)).rows  # noqa: DTZ001 - Excel has no zone
    assert row == imports.CourseRow(2, "x-1", Drug.ALENDRONIC_ACID, date(2020, 11, 3), StartPrecision.DAY, Decimal(5))


def test_a_course_that_cannot_be_is_refused_at_its_column() -> None:
    told = courses(
        (1, "Fosamax", "najaar 2020", 11, None, None, None, None),
        (2, "aspirine", "2020", 5, None, None, None, None),
        (3, "Prolia", "3-3-2021", 3, "1-1-2021", "moe", "1-1-2022", "1-12-2021"),
        (4, "Prolia", "3-3-2021", 2.5, "1-1-2022", None, None, None),
        (5, "Prolia", "3-3-2021", 3, "1-1-2024", "planned_break", None, None),
        (6, "Fosamax", "3-3-2021", 5, "1-1-2024", "planned_break", "2-1-2024", None),
    )
    assert sorted((c.row, c.column, c.code) for c in told.complaints) == [
        (2, "jaren", "years_not_offered"), (3, "middel", "drug_unknown"), (4, "reden", "stop_reason_unknown"),
        (4, "stop", "before_start"), (4, "tot", "pause_ends_before"), (4, "van", "pause_after_stop"),
        (5, "reden", "stop_without_reason"), (6, "reden", "no_treatment_break"), (7, "van", "pause_after_stop"),
    ]  # fmt: skip
    (row,) = told.rows
    assert isinstance(row, imports.CourseRow)
    assert (row.patient_key, row.stop_reason) == ("x-4", StopReason.OTHER)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "file_empty"), (b"a\0b", "file_no_table"), (b"PK\x03\x04", "file_no_table"), (b"a,a\n1,2", "column_twice"),
     (b"a,b\n1,2", "column_missing"), (b'a,b\n1,"2\n3,4\n', "quote_open")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(content: bytes, code: str) -> None:
    with pytest.raises(tables.UnreadableFile) as problem:
        imports.parse(tables.read(content, "x"), PATIENTS)
    assert problem.value.code == code


def test_what_the_file_lacks_is_said_whole_beside_the_columns_that_it_has() -> None:
    with pytest.raises(tables.UnreadableFile) as problem:
        imports.parse(tables.read(b"nr;geboren;Naam", "x"), PATIENTS)
    assert problem.value.params == {"missing": "gewicht, lengte, mv, naam, op, sinds", "columns": "nr, geboren, Naam"}


@pytest.mark.parametrize(
    ("cell", "length"),
    [("15", 15), ("20 min", 20), ("00:15", 15), ("0:30", 30), ("1:30", 90), ("00:45:00", 45), ("8:00", 480)],
)
def test_a_length_is_read_in_minutes_or_as_hours_and_minutes(cell: str, length: int) -> None:
    assert minutes(cell) == length


@pytest.mark.parametrize(
    ("cell", "code"),
    [("0:04", "appointment_length"), ("8:01", "appointment_length"), ("1:60", "number_unreadable"),
     ("0:30:30", "number_unreadable"), ("15.5", "appointment_length"), ("13:20-13:40", "number_unreadable")],
)  # fmt: skip
def test_a_length_that_cannot_be_is_not_guessed(cell: str, code: str) -> None:
    with pytest.raises(values.Unreadable, match=code):
        minutes(cell)


@pytest.mark.parametrize(
    ("told", "code"),
    [(b"kind = ", "mapping_unreadable"), (b'kind = "cats"', "mapping_kind"),
     (b'kind = "courses"\n[fields]\nshoe_size = "{A}"', "mapping_field")],
)  # fmt: skip
def test_a_mapping_that_cannot_be_read_says_why(told: bytes, code: str) -> None:
    with pytest.raises(tables.UnreadableFile) as problem:
        mapping.parse(told, imports.FIELDS)
    assert problem.value.code == code
    assert say(code, problem.value.params, "nl") != say(code, problem.value.params, "en")


def test_every_sentence_names_the_same_in_both_languages() -> None:
    for dutch, english in SAY.values():
        assert {part.split("}")[0] for part in dutch.split("{")[1:]} == {
            part.split("}")[0] for part in english.split("{")[1:]
        }


def test_an_age_becomes_a_birth_year() -> None:
    aged = mapping.Mapping(
        "patients", {"key": "{n}", "number": "{n}", "own_name": "{n}", "birth_date": "{age}", "sex": "v"},
        age_on=date(2016, 1, 1),
    )  # fmt: skip
    told = imports.parse(tables.read(b"n,age\n1,62\n2,140\n3,", "x"), aged)
    (row,) = told.rows
    assert isinstance(row, imports.PatientRow)
    assert (row.birth_date, row.birth_precision, row.by_age) == (date(1954, 1, 1), StartPrecision.YEAR, True)
    assert [c.code for c in told.complaints] == ["age_impossible", "empty"]


def test_a_practice_with_a_wrong_code_or_channel_is_refused() -> None:
    told = imports.parse(
        tables.read(b"k,agb,ch,signs\n1,123,duif,utf8\n", "x"),
        mapping.Mapping(
            "practices", {"key": "{k}", "name": "P", "family_name": "G", "agb": "{agb}", "channel": "{ch}",
                          "charset": "{signs}"}
        ),
    )  # fmt: skip
    assert [c.code for c in told.complaints] == ["channel_unknown", "charset_unknown", "agb_form", "no_address"]


def test_what_dutch_excel_writes_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tables.read("naam\nYıldız".encode(), "x.csv").rows[0][1] == {"naam": "Yıldız"}
    assert tables.read("naam\nCoöperatie".encode("cp1252"), "x.csv").rows[0][1] == {"naam": "Coöperatie"}
    assert tables.read("nr\tnaam\n1\tYıldız".encode("utf-16"), "x.txt").rows[0][1] == {"nr": "1", "naam": "Yıldız"}
    assert tables.read(b"sep=;\nnr;naam\n1;Jansen", "x.csv").rows == ((3, {"nr": "1", "naam": "Jansen"}),)
    monkeypatch.setattr(tables, "MOST_ROWS", 1)
    with pytest.raises(tables.UnreadableFile, match="too_many_rows"):
        tables.read(b"a\n1\n2\n", "x.csv")


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (62.4, "62.4"), (5.0, "5"), (date(2026, 1, 1), date(2026, 1, 1))]
)
def test_an_excel_cell_is_text_or_a_date(value: object, text: tables.Cell) -> None:
    assert tables.cell(value) == text


def test_a_column_around_which_words_stand_leaves_the_field_empty_when_it_is_empty() -> None:
    told = mapping.Mapping("patients", {"key": "x-{n}"})
    assert told.cell("key", {"n": ""}) == ""
    assert told.cell("key", {"n": "1"}) == "x-1"
    assert told.cell("town", {"n": "1"}) == ""


def test_what_is_known_again_by_its_key_keeps_its_blanks_and_a_name_does_not() -> None:
    told = {"key": "{a} {b} {c}", "number": "{a} {b} {c}", "own_name": "{a} {b} {c}", "gp_key": "{a} {b} {c}",
            "birth_date": "1950", "sex": "v"}  # fmt: skip
    table = tables.read(b"a;b;c\n1;;3", "x.csv")
    (row,) = imports.parse(table, mapping.Mapping("patients", told)).rows
    assert isinstance(row, imports.PatientRow)
    assert (row.key, row.number, row.gp_key, row.own_name) == ("1  3", "1  3", "1  3", "1 3")
    told = {"patient_key": "{a} {b} {c}", "drug": "Prolia", "started_on": "2020"}
    (course,) = imports.parse(table, mapping.Mapping("courses", told)).rows
    assert isinstance(course, imports.CourseRow)
    assert course.patient_key == "1  3"


def test_a_number_in_a_dutch_sentence_has_a_comma() -> None:
    params = {"bmi": "14.9", "low": 16, "high": 45}
    assert say("bmi_unusual", params, "nl").startswith("BMI 14,9 valt")
    assert say("bmi_unusual", params, "en").startswith("BMI 14.9 lies")


def test_how_she_is_reached_is_flagged_when_it_cannot_be_and_a_name_of_two_lines_is_one() -> None:
    fields = {"key": "{nr}", "number": "{nr}", "own_name": "{naam}", "birth_date": "1-2-1950", "sex": "v"}
    told = mapping.Mapping("patients", fields | {"phone": "{tel}", "postcode": "{pc}", "email": "{mail}"})
    lines = b'nr;naam;tel;pc;mail\n1;"van\nDijk";abc;99999;jan\n2;Smit;06 12345678;8598ab;a@b.nl\n3;Groen;+;;\n'
    parsed = imports.parse(tables.read(lines, "p.csv"), told)
    assert [(c.row, c.column, c.code, c.level) for c in parsed.complaints] == [
        (2, "tel", "phone_form", "check"), (2, "pc", "postcode_form", "check"), (2, "mail", "email_form", "check"),
        (4, "tel", "phone_form", "check"),
    ]  # fmt: skip
    assert isinstance(parsed.rows[0], imports.PatientRow)
    assert parsed.rows[0].own_name == "van Dijk"
