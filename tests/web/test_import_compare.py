"""A list of numbers is held beside the register."""

import io

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient
from tests.factories import make_patient


@pytest.fixture
def manager(work, sign_in):
    """Three patients, of whom one moved."""
    secretary = work("secretary")
    for number in ("1001", "1002"):
        make_patient(secretary, number=number)
    make_patient(secretary, number="1003", status="moved", status_on=secretary.today)
    secretary.session.commit()
    return sign_in("manager")


def send(client, content, column=""):
    told = {"file": (io.BytesIO(content), "lijst.csv"), "column": column}
    return client.post("/imports/compare", data=told)


def test_who_is_only_there_only_here_and_no_longer_followed(manager):
    page = send(manager, b"NAAM;NR\nA;1001\nB;1003\nC;9009\nD;\n", "NR").text
    assert [text.split("<p>")[1].split("</p>")[0] for text in page.split("<h2")[1:4]] == ["9009", "1002", "1003"]
    assert "1 patiënten staan op de lijst" in page


def test_whose_numbers_stand_in_the_answer_is_written_down(manager, session):
    send(manager, b"NR\n1001\n1003\n9009\n")
    line = session.scalars(select(AuditEntry).where(AuditEntry.subject == "list:compare")).one()
    shown = session.scalars(select(Patient.number).where(Patient.id.in_(line.shown)).order_by(Patient.number))
    assert (line.action, shown.all()) == ("patient.listed", ["1002", "1003"])


def test_the_log_names_the_list(manager, sign_in, session):
    send(manager, b"NR\n1001\n")
    key = session.scalars(select(Patient.id).where(Patient.number == "1002")).one()
    session.rollback()
    page = sign_in("privacy_officer").get(f"/patients/{key}/looks?shown=1").text
    assert "Vergelijken met een lijst" in page


def test_the_first_column_is_taken_when_none_is_named(manager):
    assert "9009" in send(manager, b"NR\n9009\n").text


@pytest.mark.parametrize(("content", "column", "says"), [
    (b"NR\n1\n", "PATNR", "heeft de kolommen NR"), (b"", "", "Het bestand is leeg."),
])  # fmt: skip
def test_what_cannot_be_read_is_said_at_the_field(manager, content, column, says):
    answer = send(manager, content, column)
    assert answer.status_code == 422
    assert says in answer.text


def test_a_number_without_an_outcome_is_named_and_in_another_column_it_does_not_matter(manager):
    book = Workbook()
    for line in (["NR", "OPZOEK"], ["1001", "#N/A"], ["#N/A", ""]):
        book.active.append(line)
    book.save(file := io.BytesIO())
    answer = send(manager, file.getvalue(), "NR")
    assert (answer.status_code, "In rij 3 is NR een formule zonder uitkomst" in answer.text) == (422, True)
    book.active.delete_rows(3)
    book.save(file := io.BytesIO())
    assert send(manager, file.getvalue(), "NR").status_code == 200


def test_without_a_file_nothing_is_compared(manager):
    assert manager.post("/imports/compare").status_code == 422


def test_a_nurse_compares_no_lists(sign_in):
    assert sign_in("nurse").get("/imports/compare").status_code == 403
