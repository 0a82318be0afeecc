"""A patient is found by whatever a secretary types: name without accents or prefix, birth date, number, BSN."""

from datetime import date

import pytest
from sqlalchemy import select

from clinic.services import search
from clinic.services.search import births_of, find
from clinic.store.audit import AuditEntry
from tests.factories import make_patient

TODAY = date(2026, 11, 23)


@pytest.fixture
def register(work):
    secretary = work("secretary")
    vries = make_patient(
        secretary, number="4071826", own_name="Jansen", partner_prefix="de", partner_name="Vries",
        name_order="partner_own", bsn="999990019",
    )  # fmt: skip
    yildiz = make_patient(secretary, number="4203391", own_name="Yıldız", birth_date=date(1958, 2, 5))
    make_patient(secretary, number="4218840", own_prefix="van der", own_name="Meulen", birth_date=date(1960, 11, 27))
    return secretary, vries, yildiz


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("vries", ["4071826"]), ("De Vries", ["4071826"]), ("JANSEN", ["4071826"]), ("jan", ["4071826"]),
        ("yildiz", ["4203391"]), ("Yıldız", ["4203391"]), ("meulen", ["4218840"]), ("van der m", ["4218840"]),
        ("4071826", ["4071826"]), ("407 18 26", ["4071826"]), ("999990019", ["4071826"]),
        ("14-03-1953", ["4071826"]), ("14.3.1953", ["4071826"]), ("14031953", ["4071826"]), ("1953-03-14", ["4071826"]),
        ("14-3-53", ["4071826"]), ("140353", ["4071826"]), ("19530314", ["4071826"]), ("14 mrt 1953", ["4071826"]),
        ("14 maart 1953", ["4071826"]), ("14-mar-53", ["4071826"]), ("14 foo 1953", []),
        ("Mw. A. de Vries", ["4071826"]), ("Vries, de", ["4071826"]), ("Jansen, A.J.", ["4071826"]),
        ("mevrouw Jansen", ["4071826"]), ("Dhr. Yıldız", ["4203391"]),
        ("5/2/1958", ["4203391"]), ("Pietersen", []), ("", []), ("%", []), ("999990020", []),
    ],
)  # fmt: skip
def test_found(register, typed, numbers):
    secretary, _vries, _yildiz = register
    assert [patient.number for patient in find(secretary, typed).patients] == numbers


def test_a_bsn_is_never_written_in_the_log(register, session):
    secretary, vries, _yildiz = register
    find(secretary, "999990019")
    secretary.commit()
    entries = session.scalars(select(AuditEntry)).all()
    assert [entry.action for entry in entries] == ["patient.searched", "patient.listed"]
    assert "999990019" not in str([entry.details for entry in entries])
    assert entries[1].shown == [vries.id]


def test_a_list_stops_at_fifty_and_says_so(work):
    secretary = work("secretary")
    for _number in range(51):
        make_patient(secretary)
    found = find(secretary, "jansen")
    assert (len(found.patients), found.more) == (50, True)


@pytest.mark.parametrize(
    "typed",
    [
        "31-02-1953",
        "14-13-1953",
        "abc",
        "14-03-2053",
        "14-03-1853",
        "14-3-195",
        "１４-03-1953",
        "1853",
        "13-1953",
        "195",
        "jansen 1953",
        "foo 1953",
        "mrt 195",
        "mrt 1853",
    ],
)
def test_what_is_no_birth_date(typed):
    assert births_of(typed, TODAY) == []


def test_a_year_of_two_digits_is_looked_for_in_each_century_that_is_not_ahead():
    assert births_of("1-2-26", TODAY) == [(date(1926, 2, 1), "day"), (date(2026, 2, 1), "day")]
    assert births_of("1-2-53", TODAY) == [(date(1953, 2, 1), "day")]
    assert births_of("29-02-00", TODAY) == [(date(2000, 2, 29), "day")]


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("14-03-1953", ["4071826", "5000001", "5000002"]), ("15-03-1953", ["5000001", "5000002"]),
        ("02-04-1953", ["5000001", "5000003"]), ("01-01-1953", ["5000001"]), ("01-01-1954", []),
        ("1953", ["4071826", "5000001", "5000002", "5000003"]),
        ("03-1953", ["4071826", "5000001", "5000002"]), ("1953-3", ["4071826", "5000001", "5000002"]),
        ("5-1953", ["5000001"]), ("02-1958", ["4203391"]), ("feb 1958", ["4203391"]), ("mei-1953", ["5000001"]),
        *((typed, ["4071826", "5000001", "5000002"]) for typed in ("mrt 1953", "Maart 1953", "mrt. 1953")),
    ],
)  # fmt: skip
def test_who_was_born_on_a_day_that_nobody_knows_is_found_by_each_that_it_may_be(register, typed, numbers):
    secretary, *_people = register
    for number, on, precision in (
        ("5000001", date(1953, 1, 1), "year"), ("5000002", date(1953, 3, 1), "month"),
        ("5000003", date(1953, 4, 2), "day"),
    ):  # fmt: skip
        make_patient(secretary, number=number, own_name="Zijlstra", birth_date=on, birth_precision=precision)
    found = find(secretary, typed)
    assert (found.how, sorted(patient.number for patient in found.patients)) == ("birth_date", numbers)


def test_of_many_born_in_a_year_those_of_whom_no_more_is_known_are_shown(work):
    secretary = work("secretary")
    for _number in range(51):
        make_patient(secretary)
    known = make_patient(secretary, own_name="Aaldriks", birth_date=date(1953, 1, 1), birth_precision="year")
    found = find(secretary, "1953")
    assert (found.patients[0].number, len(found.patients), found.more) == (known.number, 50, True)


def test_a_number_that_may_be_read_as_a_year_finds_its_patient(register):
    secretary, *_people = register
    make_patient(secretary, number="1953", birth_date=date(1949, 1, 1))
    assert [patient.number for patient in find(secretary, "1953").patients] == ["1953"]


@pytest.mark.parametrize(
    ("number", "typed"),
    [
        ("P0012345", "P0012345"), ("P0012345", " p0012345"), ("glow1", "GLOW1"), ("Glow1", "glow1"),
        ("12-3456", "12-3456"), ("12.3", "12.3"), ("A 1/2", "a 1/2"),
    ],
)  # fmt: skip
def test_a_number_with_a_letter_or_a_sign_is_found_as_it_is_written_in_capitals_or_not(register, number, typed):
    secretary, *_people = register
    her = make_patient(secretary, number=number)
    found = find(secretary, typed)
    assert (found.how, [patient.id for patient in found.patients]) == ("number", [her.id])


@pytest.mark.parametrize(
    "typed",
    [
        "Mw. Chr. de Vries-van Smit", "de Vries-van Smit", "Vries-van Smit", "Vries - Smit", "van Smit-de Vries",
        "Smit-Vries", "van smit de vri", "Chr. van Smit", "Vries-van Smit, Chr.", "C Smit", "Smit C", "Smit C.",
        "Smit C.J.", "mevr. dr. C. van Smit", "Vries de", "C Smti",
    ],
)  # fmt: skip
def test_a_name_is_found_as_the_program_writes_it_and_by_both_names_in_either_order(register, typed):
    secretary, *_people = register
    her = make_patient(
        secretary, number="5000001", initials="Chr.", own_prefix="van", own_name="Smit", partner_prefix="de",
        partner_name="Vries", name_order="partner_own",
    )  # fmt: skip
    assert her.id in [patient.id for patient in find(secretary, typed).patients]


@pytest.mark.parametrize(("typed", "found"), [("J. C.", []), ("St. Klaver", ["5000001"]), ("Klaver-Vries", [])])
def test_what_is_no_initial_and_no_name_of_hers_is_not_passed_over(register, typed, found):
    secretary, *_people = register
    make_patient(secretary, number="5000001", own_name="St. Klaver")
    assert [patient.number for patient in find(secretary, typed).patients] == found


def test_a_space_in_a_name_counts_also_where_the_server_sorts_without_regard_to_it(register):
    secretary, *_people = register
    make_patient(secretary, number="5000001", own_name="Devos")
    assert [patient.number for patient in find(secretary, "de v").patients] == ["4071826"]


def test_a_number_that_may_be_read_as_a_day_finds_its_patient(register):
    secretary, *_people = register
    make_patient(secretary, number="140353", birth_date=date(1949, 1, 1))
    assert [patient.number for patient in find(secretary, "140353").patients] == ["140353"]
    assert [patient.number for patient in find(secretary, "14-03-53").patients] == ["4071826"]


def test_names_are_walked_on_until_all_who_fit_are_found(work, monkeypatch):
    secretary = work("secretary")
    numbers = [make_patient(secretary, own_name=f"Janszen{letter}").number for letter in "abcde"]
    monkeypatch.setattr(search, "WALKED", 2)
    assert [patient.number for patient in find(secretary, "jans").patients] == numbers


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("vreis", ["4071826"]),  # two letters swapped
        ("vrees", ["4071826"]),  # one wrong
        ("vris", ["4071826"]),  # one left out
        ("vriees", ["4071826"]),  # one too many
        ("fries", ["4071826"]),  # the first one wrong
        ("ries", ["4071826"]),  # the first one left out
        ("meulin", ["4218840"]),
        ("mevlin", []),  # two wrong
        ("vrs", []),  # too short to be wrong
    ],
)
def test_from_four_letters_on_one_may_be_wrong(register, typed, numbers):
    secretary, *_people = register
    found = find(secretary, typed)
    assert [patient.number for patient in found.patients] == numbers
    assert found.how == ("near" if numbers else "name")


def test_who_is_called_so_goes_before_who_is_nearly_called_so(register):
    secretary, *_people = register
    make_patient(secretary, number="5000001", own_name="Vriens")
    found = find(secretary, "vries")
    assert (found.how, [patient.number for patient in found.patients]) == ("name", ["4071826"])


def test_with_nothing_typed_whom_one_opened_last_comes_first(work):
    nurse, other = work("nurse"), work("doctor")
    first, second, third = (make_patient(nurse, own_name=name) for name in ("Aa", "Bb", "Cc"))
    for who, patient in ((nurse, first), (nurse, second), (nurse, first), (other, third)):
        who.note("patient.opened", patient.id)
        who.commit()
    assert [row.id for row in search.recent(nurse).patients] == [first.id, second.id]
    assert nurse.entries[-1].shown == [first.id, second.id]
    assert search.recent(work("secretary")).patients == []
