"""A patient is found by whatever a secretary types: name without accents or prefix, birth date, number, BSN."""

from datetime import date

import pytest
from sqlalchemy import select

from clinic.services import search
from clinic.services.search import birth_dates, find
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
    "typed", ["31-02-1953", "14-13-1953", "abc", "1953", "14-03-2053", "14-03-1853", "14-3-195", "１４-03-1953"]
)
def test_what_is_no_birth_date(typed):
    assert birth_dates(typed, TODAY) == []


def test_a_year_of_two_digits_is_looked_for_in_each_century_that_is_not_ahead():
    assert birth_dates("1-2-26", TODAY) == [date(1926, 2, 1), date(2026, 2, 1)]
    assert birth_dates("1-2-53", TODAY) == [date(1953, 2, 1)]
    assert birth_dates("29-02-00", TODAY) == [date(2000, 2, 29)]


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
