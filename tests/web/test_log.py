"""The privacy officer's log, who looked in a record, and refusals that are written down."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services.operators import by_command, by_program, operator
from clinic.services.work import Work
from clinic.store.audit import SOURCE, AuditEntry
from clinic.store.patients import Patient
from clinic.store.settings import ClinicSettings
from clinic.web import log_file
from clinic.web.language import spoken
from tests.conftest import MONDAY_MORNING, account
from tests.factories import make_patient
from tests.laws.house import ROOT

SignIn = Callable[[str], FlaskClient]
BSN = "999990019"


@pytest.fixture
def patient(work: Callable[..., Work]) -> Patient:
    """Mw. A. Jansen, whose BSN must appear nowhere."""
    nurse = work("nurse")
    patient = make_patient(nurse, bsn=BSN)
    nurse.session.commit()
    return patient


def logged(database: Engine, **given: Any) -> None:
    """A line that a nurse left."""
    with Session(database) as session:
        nurse = account(session, Role.NURSE)
        line = {"at": MONDAY_MORNING, "actor_id": nurse.id, "role": "nurse", "outcome": "done"} | given
        session.add(AuditEntry(**line))
        session.commit()


def lines(database: Engine, action: Action) -> list[AuditEntry]:
    with Session(database) as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


def test_the_log_says_in_words_who_did_what(sign_in: SignIn, database: Engine, patient: Patient) -> None:
    logged(database, action="patient.opened", patient_id=patient.id)
    logged(database, action="control.saved", patient_id=patient.id, subject="control:12")
    logged(database, action="patient.listed", subject="list:late", shown=[1, 2, 3])
    page = sign_in("privacy_officer").get("/log").text
    for said in ("23-11-2026 10:00:00", "Test nurse", "Dossier geopend", patient.number, "controle 12",
                 "Op een lijst getoond", "3 patiënten"):  # fmt: skip
        assert said in page
    for kept_out in ("Jansen", BSN, "14-03-1953"):
        assert kept_out not in page


def test_reasons_and_what_was_typed_stay_out(sign_in: SignIn, database: Engine, patient: Patient) -> None:
    logged(database, action="fact.voided", patient_id=patient.id, subject="labs:3", details={"reason": "kaakklachten"})
    logged(database, action="patient.searched", details={"how": "name", "text": "zonderling"})
    officer = sign_in("privacy_officer")
    for address in ("/log", "/log/export/csv"):
        said = officer.get(address).text
        assert "laboratoriumuitslag 3" in said
        assert "kaakklachten" not in said
        assert "zonderling" not in said


def test_a_number_is_typed_and_does_not_stand_in_the_address(
    sign_in: SignIn, database: Engine, patient: Patient
) -> None:
    logged(database, action="patient.opened", patient_id=patient.id)
    logged(database, action="session.signed_out")
    officer = sign_in("privacy_officer")
    form = {"number": patient.number, "user": "0", "action": "", "first": "1-11-2026", "last": "23-11-2026"}
    answer = officer.post("/log", data=form)
    assert answer.status_code == 303
    assert patient.number not in answer.location
    page = officer.get(answer.location).text
    assert "Dossier geopend</b>" in page
    assert "Uitgelogd</b>" not in page
    assert f'value="{patient.number}"' in page
    assert 'value="01-11-2026"' in page
    assert lines(database, Action.LOG_READ)[-1].patient_id == patient.id


@pytest.mark.parametrize(("given", "said"), [
    ({"number": "0"}, "Er is geen patiënt met dit nummer."),
    ({"first": "23-11-2026", "last": "22-11-2026"}, "De periode eindigt voordat hij begint."),
    ({"first": "gisteren"}, "Typ de datum als dag-maand-jaar"),
])  # fmt: skip
def test_what_cannot_be_looked_up_is_said_and_stays(sign_in: SignIn, given: dict[str, str], said: str) -> None:
    form = {"number": "", "user": "0", "action": "", "first": "", "last": ""} | given
    answer = sign_in("privacy_officer").post("/log", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert all(f'value="{typed}"' in answer.text for typed in given.values())


@pytest.mark.parametrize("address", [
    "/log?user=x&patient=y&first=0001-01-01&last=9999-12-31&action=nonsense&after=z",
    f"/log?after={10**30}&patient={10**30}&user={2**31}",
    "/log?after=999999&patient=999999&last=2026-13-40",
])  # fmt: skip
def test_an_address_that_makes_no_sense_is_the_whole_log(sign_in: SignIn, address: str) -> None:
    assert sign_in("privacy_officer").get(address).status_code == 200


def test_refusals_are_on_one_tab(sign_in: SignIn, database: Engine, patient: Patient) -> None:
    assert sign_in("manager").get(f"/patients/{patient.id}").status_code == 403
    assert sign_in("nurse").post("/accounts", data={}).status_code == 403
    refused = lines(database, Action.REFUSED)
    assert [(entry.role, entry.patient_id, entry.subject, entry.outcome) for entry in refused] == [
        ("manager", patient.id, "page:patients.record", "refused"), ("nurse", None, "page:accounts.save", "refused"),
    ]  # fmt: skip
    page = sign_in("privacy_officer").get("/log?action=refused").text
    assert "Toegang geweigerd" in page
    assert "pagina patients.record" in page
    assert "Dossier geopend</b>" not in page


def test_old_and_new_of_accounts_and_settings(sign_in: SignIn, database: Engine) -> None:
    with Session(database) as session:
        doctor = account(session, Role.DOCTOR).id
    changes = {"role": ["nurse", "doctor"], "may_authorise": [False, True]}
    logged(database, action="account.changed", subject=f"user:{doctor}", details={"changes": changes})
    changes = {"phone": ["", "0513 200 000"], "responsible_doctor_id": [None, doctor]}
    logged(database, action="settings.changed", subject="settings:1", details={"changes": changes})
    page = sign_in("privacy_officer").get("/log?action=accounts").text
    for said in ("account Test doctor · rol: verpleegkundige → arts · autoriseert brieven: nee → ja",
                 "instellingen · telefoon: – → 0513 200 000 · verantwoordelijk arts: – → Test doctor"):  # fmt: skip
        assert said in page


def test_the_log_in_english(sign_in: SignIn, database: Engine) -> None:
    logged(database, action="patient.bsn_shown")
    officer = sign_in("privacy_officer")
    officer.post("/account/language", data={"language": "en"})
    page = officer.get("/log").text
    assert "BSN shown" in page
    assert "nurse" in page


def test_older_lines_are_on_the_next_page(sign_in: SignIn, database: Engine) -> None:
    logged(database, action="import.run")
    for _ in range(60):
        logged(database, action="session.signed_in")
    officer = sign_in("privacy_officer")
    first = officer.get("/log").text
    assert "Bestand geïmporteerd</b>" not in first
    last = next(part.split('"')[0] for part in first.split('href="') if 'rel="next"' in part.split(">")[0])
    assert "Bestand geïmporteerd</b>" in officer.get(last.replace("&amp;", "&")).text


def test_the_file_runs_nothing_and_is_written_down(sign_in: SignIn, database: Engine, patient: Patient) -> None:
    with Session(database) as session:
        account(session, Role.NURSE).name = "=HYPERLINK(1)"
        session.commit()
    logged(database, action="patient.opened", patient_id=patient.id)
    answer = sign_in("privacy_officer").get("/log/export/csv")
    assert answer.mimetype == "text/csv"
    rows = answer.text.lstrip("\ufeff").splitlines()
    assert rows[0].startswith("Wanneer;Wie;Functie;Wat;Waarover;Patiëntnummer;")
    assert rows[1].startswith("23-11-2026 10:00:00;'=HYPERLINK(1);")
    assert patient.number in rows[1]
    assert BSN not in answer.text
    assert lines(database, Action.LIST_EXPORTED)[-1].details == {"lines": 1}
    assert "lijst logboek" in sign_in("privacy_officer").get("/log?action=exports").text


def columns_of(answer: TestResponse) -> dict[str, list[str]]:
    """What stands in the file under each head, the newest line first."""
    heads, *rows = csv.reader(answer.text.lstrip("\ufeff").splitlines(), delimiter=";")
    return dict(zip(heads, map(list, zip(*rows, strict=True)), strict=True))


def test_who_it_was_is_told_as_it_was_that_day(sign_in: SignIn, database: Engine, patient: Patient) -> None:
    then = {"actor_name": "A. Bakker", "actor_function": "regieverpleegkundige", "role": "nurse"}
    logged(database, action="patient.opened", patient_id=patient.id, **then)
    logged(database, action="patient.listed", shown=[patient.id], **then)
    logged(
        database, action="patient.bsn_shown", patient_id=patient.id, at=MONDAY_MORNING - timedelta(1)
    )  # of before that
    with Session(database) as session:
        nurse = account(session, Role.NURSE)
        nurse.name, nurse.function, nurse.role = "A. de Vries", "verpleegkundig specialist", "doctor"
        session.commit()
    officer = sign_in("privacy_officer")
    for address in ("/log", f"/patients/{patient.id}/looks?shown=1", f"/patients/{patient.id}/looks/overview"):
        page = re.sub(r"(?s)<select.*?</select>", "", officer.get(address).text)
        assert ("A. Bakker" in page, "regieverpleegkundige" in page, "specialist" in page) == (True, True, False)
    file = columns_of(officer.get("/log/export/csv?user=1"))
    assert (file["Wie"], file["Functie"]) == (
        ["A. Bakker", "A. Bakker", "A. de Vries"], ["regieverpleegkundige", "regieverpleegkundige", "verpleegkundige"],
    )  # fmt: skip


def test_the_file_holds_what_nen_7513_asks(sign_in: SignIn, database: Engine, patient: Patient) -> None:
    with Session(database) as session:
        doctor = account(session, Role.DOCTOR).id
        session.commit()
    whole = {"actor_name": "A. Bakker", "actor_function": "verpleegkundige", "address": "10.0.0.7", "trace": "00ff",
             "purpose": "TREAT", "source": "botwacht 0.1.0", "on_behalf_of": doctor}  # fmt: skip
    changes = {"phone": ["0513 200 000", ""], "street": ["x", "y"]}
    logged(database, action="course.saved", patient_id=patient.id, subject="courses:12", on_behalf_name="dr. A. Arts",
           details={"changes": changes}, **whole)  # fmt: skip
    logged(database, action="emergency.opened", at=datetime(2026, 7, 1, 8, 0, 0, 4000), **whole)  # noqa: DTZ001
    logged(database, action="access.refused", at=datetime(2026, 6, 1), outcome="refused")  # noqa: DTZ001
    with Session(database) as session:
        session.add(by_command(datetime(2026, 5, 1), Action.BACKED_UP))  # noqa: DTZ001
        session.add(by_program(datetime(2026, 4, 1), Action.LOG_MERGED))  # noqa: DTZ001
        session.add(AuditEntry(at=datetime(2026, 3, 1), action=Action.SIGN_IN_FAILED))  # noqa: DTZ001
        session.add(ClinicSettings(id=1, hospital="Ziekenhuis De Terp"))
        session.commit()
    file = columns_of(sign_in("privacy_officer").get("/log/export/csv"))
    said = {head: file[head][:3] for head in (
        "Namens", "Doel", "Tijd in UTC", "Klok van de polikliniek", "Gebeurtenis", "Soort gebeurtenis", "Actiecode",
        "Uitkomstcode", "Accountnummer", "Gebruikersnaam", "Rol", "Soort adres", "Object", "Gewijzigde velden", "Bron",
        "Ziekenhuis", "Verzoekkenmerk",
    )}  # fmt: skip
    assert said == {
        "Namens": ["dr. A. Arts", "Test doctor", ""],
        "Doel": ["TREAT", "TREAT", ""],
        "Tijd in UTC": ["2026-11-23T09:00:00.000Z", "2026-07-01T08:00:00.004Z", "2026-06-01T00:00:00.000Z"],
        "Klok van de polikliniek": ["UTC+01:00", "UTC+02:00", "UTC+02:00"],
        "Gebeurtenis": ["course.saved", "emergency.opened", "access.refused"],
        "Soort gebeurtenis": ["screen", "breakglass", "refusal"],
        "Actiecode": ["U", "R", "E"],
        "Uitkomstcode": ["0", "0", "8"],
        "Accountnummer": ["1", "1", "1"],
        "Gebruikersnaam": ["nurse", "nurse", "nurse"],
        "Rol": ["nurse", "nurse", "nurse"],
        "Soort adres": ["2", "2", ""],
        "Object": ["courses:12", "", ""],
        "Gewijzigde velden": ["phone, street", "", ""],
        "Bron": ["botwacht 0.1.0", "botwacht 0.1.0", SOURCE],
        "Ziekenhuis": ["Ziekenhuis De Terp"] * 3,
        "Verzoekkenmerk": ["00ff", "00ff", ""],
    }
    assert (file["Wie"][3:], file["Functie"][3:]) == (
        [operator(), "het programma", "niemand bekend"], ["opdrachtregel", "", ""],
    )  # fmt: skip
    assert len(set(file["Regel van het logboek"])) == 6
    assert "0513" not in str(file["Gewijzigde velden"])


def test_each_column_of_the_file_and_of_the_log_has_its_place_in_the_table_of_the_norm(app: Flask) -> None:
    told = (ROOT / "docs" / "nen-7513.md").read_text(encoding="utf-8")
    with app.test_request_context(), spoken("en"):
        heads = log_file.heads()
    stored = [column.name for column in AuditEntry.__table__.columns]
    assert [name for name in [*heads, *stored] if f"`{name}`" not in told] == []


def test_who_looked_from_the_record(sign_in: SignIn, database: Engine, patient: Patient) -> None:
    nurse = sign_in("nurse")
    assert f"/patients/{patient.id}/looks" in nurse.get(f"/patients/{patient.id}").text
    sign_in("doctor").get(f"/patients/{patient.id}")
    logged(database, action="patient.listed", subject="list:late", shown=[patient.id])
    page = nurse.get(f"/patients/{patient.id}/looks").text
    assert "Test doctor" in page
    assert "Dossier geopend" in page
    assert "Jansen" in page
    assert "Op een lijst getoond" not in page
    assert "Op een lijst getoond" in nurse.get(f"/patients/{patient.id}/looks?shown=1").text


def test_the_privacy_officer_sees_a_record_by_its_number_alone(sign_in: SignIn, patient: Patient) -> None:
    page = sign_in("privacy_officer").get(f"/patients/{patient.id}/looks").text
    assert patient.number in page
    beside_the_number = page.replace(patient.number, "")  # which may end as a BSN does
    for kept_out in ("Jansen", "14-03-1953", BSN[-3:]):
        assert kept_out not in beside_the_number


def test_the_log_of_one_patient_leads_to_who_looked_for_her(sign_in: SignIn, patient: Patient) -> None:
    officer = sign_in("privacy_officer")
    found = re.search(r'href="([^"]*/looks/overview[^"]*)"', officer.get("/log?patient=1&first=2026-11-01").text)
    assert found is not None
    page = officer.get(found[1]).text
    for said in ("Wie heeft gekeken, voor de patiënt", 'value="01-11-2026"'):
        assert said in page
    for nobody in ("/log", "/log?patient=99"):
        assert "/looks/overview" not in officer.get(nobody).text
