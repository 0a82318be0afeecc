"""A patient's rights in a browser: a request and its answer, her statement, destruction by two, what typed stays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import RequestKind
from clinic.services import destruction, facts, rights
from clinic.services.destruction import Destroy
from clinic.services.rights import RecordRequest
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.base import PATIENCE_MS
from clinic.store.patients import ContactPerson, Patient
from clinic.store.rights import RightsRequest, Statement
from clinic.store.scans import Scan, ScanValue
from tests.conftest import MONDAY
from tests.factories import make_control, make_patient
from tests.letter_makers import drafted, sign
from tests.web.test_patient_forms import TYPED

SignIn = Callable[[str], FlaskClient]
Start = Callable[..., Work]


@pytest.fixture
def patient(work: Start) -> Patient:
    patient = make_patient(work("nurse"))
    patient_id = patient.id
    work("nurse").session.commit()
    assert patient_id
    return patient


def asked(work: Start, patient: Patient, kind: RequestKind = RequestKind.ACCESS, days: int = 0) -> int:
    """A request of some days ago."""
    on = MONDAY - timedelta(days)
    return rights.record(work("nurse"), RecordRequest(patient.id, kind, on, "per brief", f"t{kind}{days}")).id


def row(database: Engine, request_id: int) -> RightsRequest:
    with Session(database) as session:
        return session.get_one(RightsRequest, request_id)


def test_a_request_is_recorded_with_its_date_and_what_was_typed_wrong_stays(
    sign_in: SignIn, work: Start, patient: Patient
) -> None:
    secretary, here = sign_in("secretary"), f"/patients/{patient.id}/rights"
    wrong = secretary.post(here, data={"kind": "other", "received_on": "24-11-2026", "note": "Iets"})
    assert wrong.status_code == 422
    assert "24-11-2026" in wrong.text
    assert "Iets" in wrong.text
    assert secretary.post(here, data={"kind": "", "received_on": "x"}).status_code == 422
    token = re.search(r'name="form_token"[^>]*value="(\w+)"', secretary.get(here).text)
    assert token
    sent = {"kind": "access", "received_on": "20-11-2026", "note": "per brief", "form_token": token[1]}
    for _ in range(2):
        assert secretary.post(here, data=sent).status_code == 303
    page = secretary.get(here).text
    assert page.count("Inzage of een kopie</a>") == 1
    assert "antwoord vóór 20-12-2026" in page
    again = secretary.post(here, data=sent | {"note": "aan de balie"})
    assert (again.status_code, "dit formulier is al eerder opgeslagen" in again.text) == (409, True)
    assert ('value="aan de balie"' in again.text, token[1] in again.text) == (True, False)
    other = make_patient(work("nurse")).id
    work("nurse").session.commit()
    assert secretary.post(f"/patients/{other}/rights", data=sent).status_code == 404


def test_every_request_stands_on_one_page_by_number_with_what_is_left(
    sign_in: SignIn, work: Start, patient: Patient
) -> None:
    asked(work, patient, days=40)
    asked(work, patient, days=25)
    asked(work, patient)
    page = sign_in("privacy_officer").get("/requests").text
    for said in ("de termijn is voorbij", "nog 6 dagen", "nog 30 dagen", patient.number, "per brief"):
        assert said in page
    assert "Jansen" not in page


def test_the_privacy_officer_answers_and_moves_a_date(
    sign_in: SignIn, work: Start, database: Engine, patient: Patient
) -> None:
    key = asked(work, patient)
    officer, here = sign_in("privacy_officer"), f"/requests/{key}"
    wrong = officer.post(f"{here}/extend", data={"extend-because": " ", "extend-seen": "1"})
    assert (wrong.status_code, "Geef de reden" in wrong.text) == (422, True)
    assert (
        officer.post(f"{here}/extend", data={"extend-because": "drie dossiers", "extend-seen": "1"}).status_code == 303
    )
    stale = officer.post(
        f"{here}/settle", data={"settle-state": "granted", "settle-answer": "Gegeven", "settle-seen": "1"}
    )
    assert stale.status_code == 422
    assert "Iemand anders deed intussen iets" in stale.text
    assert "Gegeven" in stale.text
    assert officer.post(f"{here}/settle", data={"settle-answer": "Gegeven", "settle-seen": "x"}).status_code == 422
    seen = re.search(r'name="settle-seen"[^>]*value="(\d+)"', stale.text)
    assert seen
    done = {"settle-state": "granted", "settle-answer": "Gegeven", "settle-seen": seen[1]}
    assert officer.post(f"{here}/settle", data=done).status_code == 303
    page = officer.get(here).text
    for said in ("ingewilligd", "Gegeven", "drie dossiers"):
        assert said in page
    assert row(database, key).due_on.isoformat() == "2027-02-23"
    assert officer.get("/requests/999").status_code == 404
    assert officer.post("/requests/999/settle", data=done).status_code == 404


def test_a_doctor_weighs_and_the_privacy_officer_destroys(
    sign_in: SignIn, work: Start, database: Engine, doctor: FlaskClient, patient: Patient
) -> None:
    key, number, patient_id = asked(work, patient, RequestKind.DESTRUCTION), patient.number, patient.id
    officer, here = sign_in("privacy_officer"), f"/requests/{key}"
    assert "Eerst weegt een arts" in officer.get(here).text
    assert "Dossier van deze patiënt vernietigen" not in doctor.get(here).text
    decided = doctor.post(f"{here}/decide", data={"decide-ground": "Geen belang van een ander", "decide-seen": "1"})
    assert decided.status_code == 303
    page = officer.get(here).text
    assert "Geen belang van een ander" in page
    told = {"destroy-number": "1", "destroy-answer": "Verteld", "destroy-seen": "2"}
    wrong = officer.post(f"{here}/destroy", data=told)
    assert wrong.status_code == 422
    for kept in ('value="1"', "Verteld", "niet het nummer"):
        assert kept in wrong.text
    told["destroy-number"] = number
    for _ in range(2):
        assert officer.post(f"{here}/destroy", data=told).status_code == 303
    page = officer.get(here).text
    assert "ingewilligd" in page
    assert number in page
    assert doctor.get(f"/patients/{patient_id}").status_code == 404
    assert officer.post(f"/requests/{asked_again(work)}/destroy", data=told).status_code == 404
    assert number in officer.get(f"/log?patient={patient_id}").text
    with Session(database) as session:
        assert session.scalar(select(Patient.id).where(Patient.number == number)) is None
    her = TYPED | {"number": number, "own_name": "Zeldzaam"}
    met = doctor.post("/patients", data=her)
    assert met.status_code == 422
    assert "Het dossier met dit nummer is vernietigd." in met.text
    assert "Zeldzaam" in met.text
    refused = officer.post(f"{here}/release", data={"release-because": " "})
    assert refused.status_code == 422
    assert doctor.post(f"{here}/release", data={"release-because": "x"}).status_code == 403
    for _ in range(2):
        assert officer.post(f"{here}/release", data={"release-because": "zij is terug"}).status_code == 303
    assert "23-11-2026: zij is terug" in officer.get(here).text
    assert doctor.post("/patients", data=her).status_code == 303


def asked_again(work: Start) -> int:
    """A request of another kind."""
    other = make_patient(work("nurse"))
    return asked(work, other)


def test_records_of_twenty_years_ago_are_a_list(sign_in: SignIn, work: Start, patient: Patient) -> None:
    officer = sign_in("privacy_officer")
    assert "Van geen dossier" in officer.get("/requests/past-term").text
    nurse = work("nurse")
    nurse.session.get_one(Patient, patient.id).registered_on = MONDAY.replace(year=2001)
    nurse.session.commit()
    page = officer.get("/requests/past-term").text
    assert "23-11-2001" in page
    assert patient.number in page


def test_a_statement_stands_in_the_record_and_its_earlier_words_stay_readable(
    sign_in: SignIn, database: Engine, patient: Patient
) -> None:
    nurse, here = sign_in("nurse"), f"/patients/{patient.id}/rights"
    empty = nurse.post(f"{here}/statements", data={"on_date": "23-11-2026", "text": ""})
    assert empty.status_code == 422
    said = {"on_date": "23-11-2026", "text": "Ik ben nooit gevallen."}
    assert nurse.post(f"{here}/statements", data=said).status_code == 303
    assert "Ik ben nooit gevallen." in nurse.get(f"/patients/{patient.id}").text
    with Session(database) as session:
        first = session.scalars(select(Statement.id)).one()
    assert "Ik ben nooit gevallen." in nurse.get(f"{here}/statements/{first}").text
    changed = {"on_date": "23-11-2026", "text": "Eén keer."}
    wrong = nurse.post(f"{here}/statements/{first}", data=changed)
    assert (wrong.status_code, "Eén keer." in wrong.text) == (422, True)
    assert nurse.post(f"{here}/statements/{first}", data=changed | {"reason": "zij verbetert"}).status_code == 303
    assert nurse.post(f"{here}/statements/{first + 1}/void").status_code == 422
    assert nurse.post(f"{here}/statements/{first + 1}/void", data={"reason": "teruggenomen"}).status_code == 303
    page = nurse.get(here).text
    for kept in ("Er staat geen verklaring", "Ik ben nooit gevallen.", "Eén keer.", "teruggenomen"):
        assert kept in page
    assert "Eén keer." not in nurse.get(f"/patients/{patient.id}").text


@pytest.mark.parametrize(("language", "said"), [(None, "Uw gegevens"), ("en", "Your data")])
def test_the_whole_record_leaves_in_one_act_in_her_language(
    sign_in: SignIn, work: Start, language: str | None, said: str
) -> None:
    doctor = work("doctor")
    letter = sign(doctor, drafted(doctor))
    patient = doctor.session.get_one(Patient, letter.patient_id)
    patient.language = language
    doctor.session.add(ContactPerson(patient_id=patient.id, name="Zus", relation="zus"))
    control = make_control(doctor, patient, MONDAY - timedelta(400), weight_g=58300)
    doctor.session.flush()
    facts.void(doctor, control, "andere patiënt")
    doctor.session.add(
        Appointment(patient_id=patient.id, kind="control", on_date=MONDAY, form_token="t", booked_at=doctor.now,
                    booked_by=doctor.actor.id)
    )  # fmt: skip
    scan = Scan(patient_id=patient.id, made_on=MONDAY, device="Hologic", recorded_at=doctor.now,
                recorded_by=doctor.actor.id, sites=[ScanValue(site="total_hip", bmd_mg_cm2=558)])  # fmt: skip
    doctor.session.add(scan)
    work("doctor").session.commit()
    rights.save_statement(work("nurse"), rights.SaveStatement(patient.id, MONDAY, "Ik ben nooit gevallen."))
    taken_back = rights.save_statement(work("nurse"), rights.SaveStatement(patient.id, MONDAY, "Dit toch niet."))
    rights.void_statement(work("nurse"), patient.id, taken_back, "zij neemt dit terug")
    asked(work, patient)
    answer = sign_in("nurse").post(f"/patients/{patient.id}/rights/copy")
    with ZipFile(BytesIO(answer.data)) as zipped:
        assert zipped.namelist() == ["record.pdf", "record.json", f"letters/{letter.reference}.pdf"]
        pages = PdfReader(BytesIO(zipped.read("record.pdf"))).pages
        assert json.loads(zipped.read("record.json"))["tables"]["statements"][0]["text"] == "Ik ben nooit gevallen."
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for part in (said, "Jansen", "Zus", "Ik ben nooit gevallen.", "andere patiënt", str(letter.reference), "Hologic",
                 "Dit toch niet.", "zij neemt dit terug", "per brief"):  # fmt: skip
        assert part in text
    for number in ("58,3", "0,558"):
        assert (number.replace(",", ".") if language == "en" else number) in text
    assert sign_in("nurse").post("/patients/999/rights/copy").status_code == 404


def test_no_byte_of_what_she_told_stays_in_the_file_of_the_register(
    database: Engine, work: Start, patient: Patient, tmp_path: Path
) -> None:
    """Her record, what stood there before it was changed, and the journal of SQLite that held both (secure_delete)."""
    nurse, officer = work("nurse"), work("privacy_officer")
    patient.own_name, patient.phone = "Zwaluwenberg", "+31101234567"
    controls = [
        make_control(nurse, patient, MONDAY - timedelta(days=day), note=f"Kwartelkamp {day}") for day in range(60)
    ]
    nurse.session.commit()
    patient.own_name = "Roodborst"
    controls[0].note = "kort"
    nurse.session.commit()
    here = Path(database.url.database or "")

    def told() -> set[bytes]:
        files = b"".join(path.read_bytes() for path in (here, here.with_name(f"{here.name}-wal")) if path.exists())
        words = (b"Zwaluwenberg", b"Roodborst", b"31101234567", *(b"Kwartelkamp %d" % day for day in range(60)))
        return {word for word in words if word in files}

    assert len(told()) > 60
    request = rights.record(nurse, RecordRequest(patient.id, RequestKind.DESTRUCTION, MONDAY, "", "t"))
    destruction.decide(work("doctor"), request.id, "no interest of another", request.version)
    destruction.destroy(officer, Destroy(request.id, request.number, "destroyed", request.version), tmp_path)
    assert told() == set()
    with database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == PATIENCE_MS
