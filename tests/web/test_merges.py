"""Two numbers of one patient, as a secretary meets them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import Form

from clinic.services import items
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.merges import Merge
from clinic.store.patients import Patient
from clinic.web.keys import KeyField
from tests.factories import make_control, make_course, make_patient
from tests.web.test_patient_forms import TYPED

SignIn = Callable[[str], FlaskClient]
MERGE = "/patients/1/merge"
BOTH = "/patients/1/merge?other=2"
BSN = "999900006"


@pytest.fixture
def both(work: Callable[..., Work]) -> list[Patient]:
    """111 with a control; 222, of the same name and day, with a course, a control of that day and a BSN."""
    started = work("secretary")
    kept, losing = make_patient(started, number="111"), make_patient(started, number="222", bsn=BSN)
    make_control(started, kept, date(2026, 9, 12))
    make_control(started, losing, date(2026, 9, 12))
    make_course(started, losing)
    started.session.flush()
    items.refresh_all(started, [kept, losing])
    started.session.commit()
    return [kept, losing]


def typed(secretary: FlaskClient, **given: str) -> dict[str, str]:
    """The form as a secretary fills it in after a look at both."""
    shown = re.search(r'name="seen"[^>]*value="([^"]+)"', secretary.get(BOTH).text)
    assert shown
    return {"other": "2", "seen": shown[1], "birth_date": "14-03-1953", "reason": "Na verhuizing", **given}


def test_both_are_side_by_side_before_anything_happens_and_the_bsn_stays_shielded(
    both: list[Patient], sign_in: SignIn
) -> None:
    page = sign_in("secretary").get(BOTH).text
    assert "111 blijft" in page
    assert "222 gaat daarin op" in page
    assert "alendroninezuur vanaf 10-03-2025" in page
    assert "misschien dubbel: controle of contact 12-09-2026" in page
    assert ("••••••006" in page, BSN in page) == (True, False)


def test_the_other_is_found_by_number_and_the_number_stands_in_no_address(both: list[Patient], sign_in: SignIn) -> None:
    answer = sign_in("secretary").post(f"{MERGE}/find", data={"number": " 222 "})
    assert (answer.status_code, answer.location) == (303, BOTH)


@pytest.mark.parametrize(
    ("number", "why"),
    [("", "Vul een nummer in"), ("999", "Geen patiënt heeft dit nummer"), ("111", "nummer van de patiënt op deze")],
)
def test_a_number_that_is_not_another_patient_is_refused_at_the_field(
    both: list[Patient], sign_in: SignIn, number: str, why: str
) -> None:
    answer = sign_in("secretary").post(f"{MERGE}/find", data={"number": number})
    assert (answer.status_code, why in answer.text) == (422, True)
    assert 'href="/patients/1/merge?other=2"' in answer.text, "who looks the same is offered"


def test_after_the_merge_the_record_says_it_and_every_page_of_the_old_number_leads_to_it(
    both: list[Patient], sign_in: SignIn, database: Engine
) -> None:
    secretary = sign_in("secretary")
    answer = secretary.post(MERGE, data=typed(secretary))
    assert (answer.status_code, answer.location) == (303, "/patients/1")
    assert "Nummer 222 is op 23-11-2026 door" in secretary.get("/patients/1").text
    assert secretary.get("/patients/2").location == "/patients/2/merged"
    assert secretary.get("/patients/2/status").location == "/patients/2/merged"
    merged = secretary.get("/patients/2/merged").text
    assert "Nummer 222 is samengevoegd met 111" in merged
    assert "Na verhuizing" in merged
    with Session(database) as session:
        assert set(session.scalars(select(Control.patient_id))) == {1}


def test_the_old_number_finds_the_one_that_stays_and_says_so(both: list[Patient], sign_in: SignIn) -> None:
    secretary = sign_in("secretary")
    secretary.post(MERGE, data=typed(secretary))
    for path in ("/patients/search", "/patients/found"):
        page = secretary.post(path, data={"q": "222"}).text
        assert 'href="/patients/1"' in page
        assert "voorheen 222" in page


def test_pressing_twice_merges_once(both: list[Patient], sign_in: SignIn, database: Engine) -> None:
    secretary = sign_in("secretary")
    form = typed(secretary)
    assert [secretary.post(MERGE, data=form).status_code for _ in range(2)] == [303, 303]
    with Session(database) as session:
        assert len(session.scalars(select(Merge)).all()) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"birth_date": "15-03-1953"}, "Dit is niet de geboortedatum van deze patiënt"),
        ({"birth_date": "15-03"}, "dag-maand-jaar"),
        ({"reason": ""}, "Geef een reden"),
    ],
)
def test_what_is_typed_wrong_is_said_at_the_field_and_kept(
    both: list[Patient], sign_in: SignIn, given: dict[str, str], why: str
) -> None:
    secretary = sign_in("secretary")
    answer = secretary.post(MERGE, data=typed(secretary, **given))
    assert (answer.status_code, why in answer.text) == (422, True)
    assert given.get("birth_date", "14-03-1953") in answer.text
    assert "111 blijft" in answer.text


def test_of_whom_only_the_year_of_birth_is_known_the_year_is_typed(
    both: list[Patient], sign_in: SignIn, database: Engine
) -> None:
    with Session(database) as session:
        session.execute(update(Patient).values(birth_date=date(1953, 1, 1), birth_precision="year"))
        session.commit()
    secretary = sign_in("secretary")
    assert "1953 (alleen het jaar is bekend)" in secretary.get(BOTH).text
    assert "01-01-1953" not in secretary.get(BOTH).text
    for guess in ("01-01-1953", "1954", "najaar"):
        assert secretary.post(MERGE, data=typed(secretary, birth_date=guess)).status_code == 422
    assert secretary.post(MERGE, data=typed(secretary, birth_date="1953")).status_code == 303


def test_a_page_from_before_a_control_says_so_and_keeps_what_was_typed(
    both: list[Patient], sign_in: SignIn, work: Callable[..., Work]
) -> None:
    secretary = sign_in("secretary")
    form = typed(secretary)
    nurse = work("nurse")
    items.refresh(nurse, nurse.session.get_one(Patient, 2))
    nurse.session.commit()
    answer = secretary.post(MERGE, data=form)
    assert (answer.status_code, "Intussen is er iets vastgelegd" in answer.text) == (422, True)
    assert 'value="Na verhuizing"' in answer.text
    assert secretary.post(MERGE, data=typed(secretary)).status_code == 303


def test_what_stands_in_the_way_is_said_before_anything_can_be_typed(
    both: list[Patient], sign_in: SignIn, work: Callable[..., Work]
) -> None:
    nurse = work("nurse")
    make_course(nurse, nurse.session.get_one(Patient, 1), started_on=date(2024, 1, 8))
    nurse.session.commit()
    page = sign_in("secretary").get(BOTH).text
    assert "Behandelingen overlappen: vanaf 08-01-2024" in page
    assert 'name="birth_date"' not in page


def test_what_was_typed_for_a_number_that_was_merged_meanwhile_is_shown_and_not_saved(
    both: list[Patient], sign_in: SignIn
) -> None:
    secretary = sign_in("secretary")
    secretary.post(MERGE, data=typed(secretary))
    answer = secretary.post("/patients/2/status", data={"status": "moved", "source": "dochter, per telefoon"})
    assert (answer.status_code, "dochter, per telefoon" in answer.text) == (409, True)
    assert "Niet opgeslagen" in answer.text


@pytest.mark.parametrize("role", ["nurse", "doctor", "manager", "privacy_officer"])
def test_other_roles_merge_nobody(both: list[Patient], sign_in: SignIn, role: str) -> None:
    assert sign_in(role).get(BOTH).status_code == 403
    assert sign_in(role).post(MERGE, data={"other": "2"}).status_code == 403


def test_a_number_that_does_not_exist_is_not_found(both: list[Patient], sign_in: SignIn) -> None:
    secretary = sign_in("secretary")
    assert secretary.get("/patients/1/merge?other=9").status_code == 404
    assert secretary.post(MERGE, data=typed(secretary, other="9")).status_code == 404
    assert secretary.get("/patients/1/merged").location == "/patients/1"


def test_who_looked_at_the_old_number_stays_readable_there(both: list[Patient], sign_in: SignIn) -> None:
    secretary = sign_in("secretary")
    secretary.post(MERGE, data=typed(secretary))
    assert "Patiëntnummers samengevoegd" in sign_in("privacy_officer").get("/patients/2/looks").text


def test_two_numbers_that_look_like_one_patient_are_listed_until_they_are_merged(
    both: list[Patient], sign_in: SignIn
) -> None:
    secretary = sign_in("secretary")
    assert 'href="/patients/two-numbers"' in secretary.get("/patients").text
    assert 'href="/patients/1/merge?other=2"' in secretary.get("/patients/two-numbers").text
    secretary.post(MERGE, data=typed(secretary))
    assert "Er zijn geen twee nummers" in secretary.get("/patients/two-numbers").text
    assert sign_in("nurse").get("/patients/two-numbers").status_code == 403


def test_of_who_may_have_two_numbers_each_birth_is_told_as_it_is_known(
    both: list[Patient], sign_in: SignIn, database: Engine
) -> None:
    with Session(database) as session:
        year = {"birth_date": date(1953, 1, 1), "birth_precision": "year"}
        session.execute(update(Patient).where(Patient.number == "222").values(**year))
        session.commit()
    secretary = sign_in("secretary")
    page = secretary.get("/patients/two-numbers").text
    assert "14-03-1953" in page
    assert "1953 (alleen het jaar is bekend)" in page
    (row,) = csv.reader(secretary.get("/patients/two-numbers/export/csv").text.splitlines()[1:], delimiter=";")
    assert (row[0], row[-1]) == ("14-03-1953", "1953")


def test_who_may_have_two_numbers_goes_out_without_bsn_and_is_written_down(
    both: list[Patient], sign_in: SignIn, database: Engine
) -> None:
    with Session(database) as session:
        session.execute(update(Patient).where(Patient.number == "222").values(number="=2+2"))
        session.commit()
    secretary = sign_in("secretary")
    assert "/patients/two-numbers/export/xlsx" in secretary.get("/patients/two-numbers").text
    answer = secretary.get("/patients/two-numbers/export/csv")
    (row,) = csv.reader(answer.text.splitlines()[1:], delimiter=";")
    assert (row[0], row[1], row[4]) == ("14-03-1953", "111", "'=2+2")
    assert BSN not in answer.text
    with Session(database) as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.subject == "list:twins").order_by(AuditEntry.id))
        told = [(line.action, line.shown, line.details) for line in found]
    assert told[-2:] == [("patient.listed", [1, 2], None), ("list.exported", None, {"pairs": 1})]
    assert sign_in("nurse").get("/patients/two-numbers/export/csv").status_code == 403


def test_the_warning_at_registration_says_what_to_do_with_two_numbers(both: list[Patient], sign_in: SignIn) -> None:
    form = TYPED | {"number": "333"}
    page = sign_in("secretary").post("/patients", data=form).text
    assert 'href="/patients/two-numbers"' in page
    assert 'href="/patients/two-numbers"' not in sign_in("nurse").post("/patients", data=form).text


@pytest.mark.parametrize("other", ["9" * 30, "-" + "9" * 12, "x", ""])
def test_a_form_that_names_no_number_merges_nobody(both: list[Patient], sign_in: SignIn, other: str) -> None:
    secretary = sign_in("secretary")
    answer = secretary.post(f"/patients/{both[0].id}/merge", data=typed(secretary, other=other))
    assert answer.status_code == 404


def test_a_key_longer_than_any_row_has_is_none() -> None:
    class Page(Form):
        version = KeyField()

    found = [
        Page(MultiDict({"version": text})).version.data for text in ("7", "999999999", "1000000000", "-" + "9" * 30)
    ]
    assert found == [7, 999_999_999, None, None]
