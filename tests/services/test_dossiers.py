"""The complete record: every row that is hers and tells of her, nothing of another, who did it by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import time
from decimal import Decimal

import pytest

from clinic.domain.restricted import EmergencyReason, RestrictionKind
from clinic.security.audit import Action
from clinic.services import dossiers, restrictions
from clinic.services.restrictions import OpenInEmergency, Restrict
from clinic.services.work import NotAllowed, Work
from clinic.store import dossier
from clinic.store.patient_letters import PatientLetter
from clinic.store.scans import Lab
from tests.conftest import MONDAY
from tests.factories import make_control, make_patient
from tests.letter_makers import drafted, seen, sign

Start = Callable[..., Work]


def test_everything_of_hers_is_in_it_and_nothing_of_another(work: Start) -> None:
    doctor = work("doctor")
    letter = sign(doctor, drafted(doctor))
    patient_id = letter.patient_id
    other = make_patient(doctor, own_name="Andere")
    make_control(doctor, other, MONDAY)
    lab = {"pth_pmol_l": Decimal("6.5")}
    doctor.session.add(
        Lab(patient_id=patient_id, on_date=MONDAY, recorded_at=doctor.now, recorded_by=doctor.actor.id, **lab)
    )
    doctor.session.flush()
    doctor.session.add(
        PatientLetter(patient_id=patient_id, kind="dxa", made_at=doctor.now, made_by=doctor.actor.id, form_token="t",
                      template="x", facts={}, text="Beste", text_sha256="x", pdf=b"%PDF own", pdf_sha256="x")
    )  # fmt: skip
    doctor.session.flush()
    found = dossiers.complete(doctor, patient_id)
    assert found is not None
    tables = json.loads(json.dumps(found.data))["tables"]
    assert tables["controls"][0]["recorded_by"] == "Test doctor, doctor"
    assert tables["controls"][0]["on_date"] == "2026-11-23"
    assert tables["labs"][0]["pth_pmol_l"] == "6.5"
    assert [row["id"] for row in tables["patients"]] == [patient_id]
    assert "form_token" not in tables["controls"][0]
    assert not set(tables) & set(dossiers.LEFT_OUT)
    assert "Andere" not in json.dumps(found.data)
    assert [name for name, _page in found.pages] == [f"{letter.reference}.pdf", "P2026-000001.pdf"]
    assert tables["patient_letters"][0]["text"] == "Beste"
    assert found.pages[0][1].startswith(b"%PDF")
    assert doctor.entries[-1].action == Action.RECORD_COPIED


def test_a_draft_has_no_page_and_a_patient_who_is_not_there_no_record(work: Start) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    seen(nurse, patient)
    found = dossiers.complete(nurse, patient.id)
    assert found is not None
    assert found.pages == []
    [letters] = [rows for table, rows in found.tables if table.name == "letters"]
    assert [row["state"] for row in letters] == ["draft"]
    assert dossiers.complete(nurse, 999) is None
    with pytest.raises(NotAllowed):
        dossiers.complete(work("secretary"), patient.id)


def test_who_opened_her_restricted_record_in_an_emergency_and_why_is_in_it(work: Start) -> None:
    nurse, officer = work("nurse"), work("privacy_officer")
    patient = make_patient(nurse)
    nurse.session.commit()
    restrictions.restrict(officer, Restrict(patient.number, RestrictionKind.ASKED, (work("secretary").actor.id,)))
    said = "de huisarts belt over pijn"
    restrictions.open_in_emergency(nurse, OpenInEmergency(patient.id, EmergencyReason.CALLED, said, "t"))
    found = dossiers.complete(nurse, patient.id)
    assert found is not None
    tables = json.loads(json.dumps(found.data))["tables"]
    assert tables["restrictions"][0]["kind"] == "asked"
    assert tables["restriction_admitted"][0]["user_id"] == "Test secretary, secretary"
    [opening] = tables["emergency_openings"]
    assert (opening["user_id"], opening["words"]) == ("Test nurse, nurse", said)


def test_what_is_left_out_is_hers_and_has_a_reason() -> None:
    assert set(dossiers.LEFT_OUT) <= {table.name for table, _rule in dossier.hers([1])}
    assert all(dossiers.LEFT_OUT.values())


def test_a_decimal_stays_the_digits_that_were_written_down() -> None:
    assert [dossiers.plain(value) for value in (Decimal("7.50"), time(9, 30), True, "x")] == [
        "7.50", "09:30:00", True, "x",
    ]  # fmt: skip
