"""The pages on which a patient is registered and changed, as a secretary meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter
from clinic.store.patients import ContactPerson, Glucocorticoid, Patient, PatientChange
from clinic.store.practices import Gp, Practice
from tests.factories import make_patient
from tests.letter_makers import sent, sign, with_gp

SignIn = Callable[[str], FlaskClient]
TYPED = {
    "number": "4071826", "initials": "A.", "own_name": "Jansen", "partner_prefix": "de", "partner_name": "Vries",
    "name_order": "partner_own", "birth_date": "14-3-1953", "sex": "female", "registered_on": "23-11-2026",
    "bsn": "999990019", "language": "", "regular_nurse_id": "0", "regular_doctor_id": "0", "gp_id": "0",
}  # fmt: skip


@pytest.fixture
def secretary(sign_in: SignIn) -> FlaskClient:
    return sign_in("secretary")


@pytest.fixture
def her(work: Callable[..., Work], sign_in: SignIn) -> int:
    with_session = work("secretary")
    patient = make_patient(with_session, number="4071826", own_name="Jansen", bsn="999990019")
    gp = Gp(kind="gp", family_name="Bakker", practice=Practice(name="De Linde", town="Oudeterp", channel="post"))
    with_session.session.add(gp)
    with_session.session.commit()
    return patient.id


def stored(database: Engine, table: Any = Patient) -> list[Any]:
    with Session(database) as session:
        return list(session.scalars(select(table)).unique())


def form(client: FlaskClient, address: str, **given: str) -> dict[str, str]:
    """The page's form as it stands, with what is given changed."""
    page = client.get(address).text
    fields = dict(re.findall(r'<input(?![^>]*type="(?:radio|checkbox|submit)")[^>]*name="([\w-]+)"[^>]*value="([^"]*)"',
                             page))  # fmt: skip
    fields |= dict(re.findall(r'<input checked[^>]*name="(\w+)"[^>]*value="(\w+)"', page))
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        fields[name] = chosen[1] if chosen else ""
    return fields | given


def test_a_secretary_registers_a_patient_from_the_menu(secretary: FlaskClient, database: Engine) -> None:
    assert "/patients/new" in secretary.get("/patients").text
    assert secretary.get("/patients/new").status_code == 200
    answer = secretary.post("/patients", data=TYPED | {"contacts-0-name": "J. Bos", "contacts-0-phone": "06 12345678"})
    assert answer.status_code == 303
    record = secretary.get(answer.location).text
    assert "Mw. A. de Vries-Jansen" in record
    assert "De patiënt is ingeschreven." in record
    assert "999990019" not in record + answer.location
    assert [(row.name, row.phone) for row in stored(database, ContactPerson)] == [("J. Bos", "+31612345678")]
    assert secretary.post("/patients", data=TYPED).location == answer.location


@pytest.mark.parametrize(
    ("role", "address"),
    [("secretary", "/patients/new"), ("secretary", "/patients/1/edit"), ("secretary", "/practices/1/gps/new"),
     ("manager", "/settings")],
)  # fmt: skip
def test_enter_presses_what_saves(sign_in: SignIn, her: int, role: str, address: str) -> None:
    page = sign_in(role).get(address).text
    (inside,) = [form for form in re.findall(r'<form class="page".*?</form>', page, re.S) if "novalidate" in form]
    pressed = re.findall(r'<button(?![^>]*type="button")[^>]*>|<input[^>]*type="submit"[^>]*>', inside)[0]
    for elsewhere in ("name=", "formaction"):
        assert elsewhere not in pressed


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"number": ""}, "Vul het patiëntnummer in."),
        ({"own_name": ""}, "Vul de achternaam in."),
        ({"birth_date": "14-3-53"}, "dag-maand-jaar"),
        ({"birth_date": "1-1-2030"}, "tussen 1900 en vandaag"),
        ({"sex": ""}, "registratie van het ziekenhuis"),
        ({"bsn": "999990018"}, "cijfers kloppen niet"),
        ({"bsn": "９９９９９００１９"}, "negen cijfers"),
        ({"phone": "12"}, "geen telefoonnummer"),
        ({"postcode": "12"}, "postcode"),
        ({"email": "a at b"}, "geen e-mailadres"),
        ({"partner_name": ""}, "naam van de partner"),
        ({"contacts-0-phone": "06 12345678"}, "van wie dit nummer is"),
        ({"recalled_max_height_mm": "165"}, "waar deze lengte vandaan komt"),
        ({"gp_id": "99"}, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    secretary: FlaskClient, database: Engine, given: dict[str, str], said: str
) -> None:
    answer = secretary.post("/patients", data=TYPED | {"town": "Oudeterp"} | given)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Oudeterp"' in answer.text
    assert stored(database) == []


def test_the_name_is_shown_as_it_will_be_written_before_anything_is_saved(
    secretary: FlaskClient, database: Engine
) -> None:
    answer = secretary.post("/patients", data=TYPED | {"look": "1", "birth_date": ""})
    assert answer.status_code == 200
    assert "Mw. A. de Vries-Jansen" in answer.text
    assert stored(database) == []


def test_a_patient_who_looks_the_same_is_shown_beside_and_a_tick_is_asked(
    secretary: FlaskClient, database: Engine, her: int
) -> None:
    typed = TYPED | {"number": "4999999", "bsn": ""}
    answer = secretary.post("/patients", data=typed)
    assert answer.status_code == 422
    assert "Al ingeschreven?" in answer.text
    assert f'href="/patients/{her}"' in answer.text
    assert "4071826" in answer.text
    assert "••••••019" in answer.text
    assert any(her in (row.shown or []) for row in stored(database, AuditEntry))
    assert secretary.post("/patients", data=typed | {"anyway": "y"}).status_code == 303
    assert len(stored(database)) == 2


def test_a_known_bsn_is_refused_without_a_tick_to_pass(secretary: FlaskClient, database: Engine, her: int) -> None:
    typed = TYPED | {"number": "4999999", "own_name": "Anders", "birth_date": "1-1-1960", "anyway": "y"}
    answer = secretary.post("/patients", data=typed)
    assert answer.status_code == 422
    assert "staat al bij iemand anders" in answer.text
    assert 'name="anyway"' not in answer.text


def test_the_form_never_shows_the_bsn_and_keeps_it(secretary: FlaskClient, database: Engine, her: int) -> None:
    page = secretary.get(f"/patients/{her}/edit").text
    assert "999990019" not in page
    assert "••••••019" in page
    assert secretary.post(f"/patients/{her}/edit", data=form(secretary, f"/patients/{her}/edit")).status_code == 303
    assert stored(database, PatientChange) == []
    assert stored(database)[0].bsn == "999990019"


def test_a_wrong_bsn_that_is_removed_and_typed_anew_is_the_new_one(
    secretary: FlaskClient, database: Engine, her: int
) -> None:
    address = f"/patients/{her}/edit"
    typed = form(secretary, address, bsn="999900006", drop_bsn="y")
    told = secretary.post(address, data=typed | {"seen": "before"}).text
    assert "…006" in told  # overtaken: what was typed stands beside what a colleague saved
    assert secretary.post(address, data=typed).status_code == 303
    assert stored(database)[0].bsn == "999900006"


def test_a_change_stands_in_the_history_with_who_and_what_was_there(
    secretary: FlaskClient, database: Engine, her: int
) -> None:
    typed = form(secretary, f"/patients/{her}/edit", town="Sneek", needs_wheelchair="y")
    assert secretary.post(f"/patients/{her}/edit", data=typed).status_code == 303
    history = secretary.get(f"/patients/{her}/changes").text
    assert "Test secretary" in history
    assert "Plaats: <del>–</del> → Sneek" in history
    assert "Komt in een rolstoel: <del>nee</del> → ja" in history
    assert "Plaats" in secretary.get(f"/patients/{her}").text


def test_a_page_that_was_overtaken_shows_both_and_keeps_what_was_typed(
    secretary: FlaskClient, sign_in: SignIn, database: Engine, her: int
) -> None:
    mine = form(secretary, f"/patients/{her}/edit", town="Sneek")
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{her}/edit", data=form(nurse, f"/patients/{her}/edit", town="Joure"))
    answer = secretary.post(f"/patients/{her}/edit", data=mine)
    assert answer.status_code == 422
    assert "Test nurse heeft deze gegevens intussen gewijzigd" in answer.text
    assert "<td>Joure</td><td>Sneek</td>" in answer.text
    again = re.search(r'name="seen"[^>]*value="(\w+)"', answer.text)
    assert again
    assert secretary.post(f"/patients/{her}/edit", data=mine | {"seen": again[1]}).status_code == 303
    assert stored(database)[0].town == "Sneek"


def test_a_gp_is_found_and_chosen_and_what_was_typed_stays(secretary: FlaskClient, database: Engine, her: int) -> None:
    typed = form(secretary, f"/patients/{her}/edit", gp_q="linde", look="1", town="Sneek")
    answer = secretary.post(f"/patients/{her}/edit", data=typed)
    assert "Bakker, De Linde, Oudeterp" in answer.text
    assert 'value="Sneek"' in answer.text
    gp = stored(database, Gp)[0]
    typed = form(secretary, f"/patients/{her}/edit", gp_id=str(gp.id))
    assert secretary.post(f"/patients/{her}/edit", data=typed).status_code == 303
    assert stored(database)[0].gp_id == gp.id
    assert "Geen huisarts gevonden." in secretary.post(
        f"/patients/{her}/edit", data=typed | {"gp_q": "onbekend", "look": "1"}
    ).text  # fmt: skip


def test_while_typing_a_fragment_names_who_fits_and_the_log_keeps_who_was_shown(
    secretary: FlaskClient, database: Engine, her: int
) -> None:
    answer = secretary.post("/patients/found", data={"q": "jans"})
    assert 'role="option"' in answer.text
    assert f"/patients/{her}" in answer.text
    assert "<html" not in answer.text
    assert "999990019" not in answer.text
    assert [row.shown for row in stored(database, AuditEntry) if row.action == "patient.listed"] == [[her]]
    assert "/patients/new" in secretary.post("/patients/found", data={"q": "niemand"}).text


def test_who_moved_gets_her_status_with_its_day(secretary: FlaskClient, database: Engine, her: int) -> None:
    address = f"/patients/{her}/status"
    assert "checked" not in secretary.get(address).text
    assert "Kies een status." in secretary.post(address, data=form(secretary, address)).text
    typed = form(secretary, address, status="moved", source="dochter", birth_date="1-1-1950")
    refused = secretary.post(address, data=typed)
    assert refused.status_code == 422
    assert 'value="dochter"' in refused.text
    assert "Is het de juiste patiënt?" in secretary.post(address, data=typed | {"on": "20-11-2026"}).text
    typed |= {"birth_date": "14-3-1953"}
    assert secretary.post(address, data=typed | {"on": "20-11-2026"}).status_code == 303
    assert "Verhuisd, controle elders 20-11-2026" in secretary.get(f"/patients/{her}").text
    assert "Sinds: <del>–</del> → 20-11-2026" in secretary.get(f"/patients/{her}/changes").text
    stale = secretary.post(address, data=typed | {"status": "deceased", "on": "20-11-2026"})
    assert stale.status_code == 422
    assert "Test secretary heeft deze gegevens intussen gewijzigd" in stale.text


def test_who_takes_a_patient_back_reads_that_the_gp_was_told_of_the_end(
    secretary: FlaskClient, work: Callable[..., Work], outbox: Path
) -> None:
    doctor = work("doctor")
    patient = with_gp(doctor)
    doctor.session.commit()
    address, told = f"/patients/{patient.id}/status", "De huisarts heeft een brief over deze status gekregen."
    typed = form(secretary, address, status="moved", on="20-11-2026", source="dochter", birth_date="14-3-1953")
    assert secretary.post(address, data=typed).status_code == 303
    assert told not in secretary.get(address).text
    doctor.session.expire_all()
    assert sent(work("secretary"), sign(doctor, doctor.session.scalars(select(Letter)).one()), outbox.parent).sent
    assert told in secretary.get(address).text


def test_glucocorticoids_are_added_ended_and_voided(secretary: FlaskClient, database: Engine, her: int) -> None:
    address = f"/patients/{her}/glucocorticoids"
    refused = secretary.post(address, data={"mg_per_day": "7,5", "from_on": "1-1-2027"})
    assert refused.status_code == 422
    assert 'value="7,5"' in refused.text
    assert secretary.post(address, data={"mg_per_day": "75", "from_on": "1-1-2026"}).status_code == 422
    assert secretary.post(address, data={"mg_per_day": "7,5", "from_on": "1-1-2026"}).status_code == 303
    row = stored(database, Glucocorticoid)[0]
    ended = {"mg_per_day": "7,5", "from_on": "1-1-2026", "until_on": "1-6-2026"}
    assert secretary.post(f"{address}/{row.id}", data=ended).status_code == 303
    assert "01-06-2026" in secretary.get(address).text
    gone = secretary.post(f"{address}/{row.id}", data=ended | {"mg_per_day": "10"})
    assert gone.status_code == 422
    assert "intussen gewijzigd" in gone.text
    assert "Geef een reden" in secretary.post(f"{address}/{row.id + 1}/void", data={"reason": ""}).text
    assert secretary.post(f"{address}/{row.id + 1}/void", data={"reason": "fout"}).status_code == 303
    assert "geen periode" in secretary.get(address).text


def asked_of(page: str, name: str) -> str:
    """What a page asks about, as its form sends it back."""
    return next(iter(re.findall(rf'name="{name}"[^>]*value="([^"]*)"', page)), "")


def test_that_an_unusual_value_is_right_is_asked_anew_of_another(
    secretary: FlaskClient, database: Engine, her: int
) -> None:
    address, typed = f"/patients/{her}/glucocorticoids", {"mg_per_day": "75", "from_on": "1-1-2026", "sure": "y"}
    for dose in ("75", "150"):  # ticked beside 75, then typed over
        asked = secretary.post(address, data=typed | {"mg_per_day": dose})
        assert (asked.status_code, "Vink aan als" in asked.text) == (422, True)
        assert "checked" not in asked.text
        typed |= {"sure_of": asked_of(asked.text, "sure_of")}
    assert secretary.post(address, data=typed | {"mg_per_day": "150"}).status_code == 303
    assert [row.mg_per_day for row in stored(database, Glucocorticoid)] == [150]
    tall = form(secretary, f"/patients/{her}/edit", recalled_max_height_source="paspoort", height_sure="y")
    for height in ("196", "199"):
        asked = secretary.post(f"/patients/{her}/edit", data=tall | {"recalled_max_height_mm": height})
        assert asked.status_code == 422
        tall |= {"height_sure_of": asked_of(asked.text, "height_sure_of")}
    saved = secretary.post(f"/patients/{her}/edit", data=tall | {"recalled_max_height_mm": "199"})
    assert (saved.status_code, stored(database, Patient)[0].recalled_max_height_mm) == (303, 1990)


@pytest.mark.parametrize("address", ["/patients/new", "/patients/1/edit", "/patients/1/status", "/practices"])
def test_a_privacy_officer_comes_to_none_of_these(sign_in: SignIn, address: str) -> None:
    assert sign_in("privacy_officer").get(address).status_code == 403


def test_a_birth_date_known_to_the_year_stays_so_until_it_is_typed(
    secretary: FlaskClient, database: Engine, her: int
) -> None:
    with Session(database) as session:
        session.get_one(Patient, her).birth_precision = "year"
        session.commit()
    address = f"/patients/{her}/edit"
    secretary.post(address, data=form(secretary, address, town="Sneek"))
    assert stored(database)[0].birth_precision == "year"
    secretary.post(address, data=form(secretary, address, birth_date="15-3-1953"))
    assert (stored(database)[0].birth_date, stored(database)[0].birth_precision) == (date(1953, 3, 15), "day")


@pytest.mark.parametrize("address", ["/patients/found", "/patients/search"])
@pytest.mark.parametrize("digits", ["99999001", "999990018", "9999 9001"])
def test_most_of_a_bsn_is_not_kept_in_the_log(
    secretary: FlaskClient, database: Engine, her: int, address: str, digits: str
) -> None:
    secretary.post(address, data={"q": digits})
    assert [row.details for row in stored(database, AuditEntry)] == [{"how": "number"}]


def test_a_name_with_one_wrong_letter_is_answered_with_whom_it_may_mean(secretary: FlaskClient) -> None:
    record = secretary.post("/patients", data=TYPED).location
    answer = secretary.post("/patients/search", data={"q": "vreis"})
    assert answer.status_code == 200
    assert "Niemand heet “vreis”" in answer.text
    assert f'href="{record.partition("?")[0]}"' in answer.text
