"""The forecast page: numbers that lead to their lists, the same in chart, table and file."""

import re
from datetime import date

import pytest
from sqlalchemy import event

from clinic.services import items
from tests.factories import make_course, make_patient


@pytest.fixture
def register(work, clock):
    """Ann's first control was due in May; Bea's is due in February, and her first injection has no date before."""
    nurse = work("nurse")
    ann, bea = (make_patient(nurse, own_name=name) for name in ("Ann", "Bea"))
    make_course(nurse, ann, started_on=date(2026, 2, 10))
    make_course(nurse, bea, drug="denosumab", planned_years=3, started_on=date(2026, 11, 20))
    for patient in (ann, bea):
        items.refresh(nurse, patient)
    nurse.session.commit()


def cells(page, month):
    row = re.search(rf'<th scope="row"[^>]*>{month}</th>(.*?)</tr>', page, re.S)[1]
    return [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in re.findall(r"<td.*?</td>", row)]


def test_each_month_says_what_is_due_and_what_comes_again(sign_in, register):
    page = sign_in("secretary").get("/forecast").text
    assert cells(page, "streefdatum vóór deze maand")[0] == "1"
    assert cells(page, "02-2027")[0] == "1"
    assert cells(page, "11-2027")[0] == "0 + 1"
    assert cells(page, "02-2028")[0] == "0 + 1"
    assert page.count('<svg class="plot"') == 4


@pytest.mark.parametrize("where", ["streefdatum vóór deze maand", "02-2027"])
def test_a_number_leads_to_just_those_patients(sign_in, register, where):
    client = sign_in("nurse")
    page = client.get("/forecast").text
    row = re.search(rf'<th scope="row"[^>]*>{where}</th>(.*?)</tr>', page, re.S)[1]
    href = re.search(r'href="([^"]+)"', row)[1].replace("&amp;", "&")
    listed = client.get(href).text
    expected = "Ann" if "list=month-control&month=earlier" in href else "Bea"
    assert re.findall("Ann|Bea", listed) == [expected] or set(re.findall("Ann|Bea", listed)) == {expected}
    assert "1 pati" in listed or "Patiënten: 1" in listed
    exported = client.get(href.replace("/worklist?", "/worklist/export/csv?")).text
    assert expected in exported


def test_a_bar_leads_where_its_number_in_the_table_does(sign_in, register):
    page = sign_in("nurse").get("/forecast").text
    charts, _found, table = page.partition("<table")
    bars = re.findall(r'<a href="([^"]+)" tabindex="-1" aria-hidden="true"><rect class="b-done"', charts)
    assert bars
    assert sorted(bars) == sorted(set(re.findall(r'href="(/worklist[^"]+)"', table)) - earlier(table))
    assert "dat staat nog op geen lijst" in page


def earlier(table):
    return set(re.findall(r'href="([^"]+month=earlier)"', table))


def test_a_month_that_is_none_is_not_found(sign_in):
    client = sign_in("nurse")
    assert client.get("/worklist?list=month-dxa&month=2027-13").status_code == 404
    assert client.get("/worklist?list=month-dxa&month=2027-03&drug=denosumab").status_code == 200


def test_a_manager_sees_numbers_and_no_way_to_a_list(sign_in, register):
    page = sign_in("manager").get("/forecast").text
    assert cells(page, "02-2027")[0] == "1"
    assert "/worklist" not in page
    assert sign_in("privacy_officer").get("/forecast").status_code == 403


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_table_is_a_file(sign_in, register, kind):
    answer = sign_in("manager").get(f"/forecast/export/{kind}")
    assert answer.status_code == 200
    assert kind == "xlsx" or "02-2027;1;0" in answer.text


def test_it_asks_little_whatever_is_in_the_register(app, sign_in, register):
    client, asked = sign_in("nurse"), []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: asked.append(call[2]))
    client.get("/forecast")
    assert len(asked) <= 9  # one of them is the version in force
