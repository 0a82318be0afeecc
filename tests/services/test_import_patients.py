"""A later list of patients: what belongs together changes together, and a decision hears of what it rested on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from clinic.domain.vocabulary import CriterionCode, Sex
from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.services import decision_changes, imports, items, patients, reviews
from clinic.services.imports import Import
from clinic.services.patients import Change, PatientDetails
from clinic.store.patients import Patient, PatientChange
from clinic.wording.complaints import tell
from tests.factories import make_patient
from tests.services.test_reviews import command, doctor, patient  # noqa: F401  fixtures

COLUMNS = {
    "NR": "number", "NAAM": "own_name", "VV": "own_prefix", "PARTNER": "partner_name", "PVV": "partner_prefix",
    "GEBDAT": "birth_date", "MV": "sex", "STRAAT": "street", "HUISNR": "house_number", "POSTCODE": "postcode",
    "PLAATS": "town",
}  # fmt: skip
HER = {
    "NR": "1001", "NAAM": "Berg", "VV": "van den", "GEBDAT": "14-03-1953", "MV": "v", "STRAAT": "Kerkstraat",
    "HUISNR": "12", "POSTCODE": "7601 AB", "PLAATS": "Almelo",
}  # fmt: skip
BOX = {"STRAAT": "Postbus 55", "HUISNR": "", "POSTCODE": "7600 AA"}


@pytest.fixture
def bring(work):
    """The manager brings in a list with her row changed like this, without the columns that are left out."""

    def start(*rows, without=()):
        columns = [name for name in COLUMNS if name not in without]
        fields = "\n".join(f'{COLUMNS[name]} = "{{{name}}}"' for name in columns)
        told = mapping.parse(f'kind = "patients"\n[fields]\nkey = "{{NR}}"\n{fields}'.encode(), interop.FIELDS)
        cells = [";".join((HER | row).get(name, "") for name in columns) for row in rows]
        parsed = interop.parse(tables.read("\n".join((";".join(columns), *cells)).encode(), "list.csv"), told)
        return imports.commit(work("manager"), Import(parsed, "list.csv", "0" * 64))

    return start


def corrected(work, **told):
    """The secretary changes what is written of her."""
    secretary = work("secretary")
    her = secretary.session.scalars(select(Patient)).one()
    details = PatientDetails(**patients.values_of(her) | {"sex": Sex(her.sex)} | told)
    patients.change(secretary, Change(her.id, details, patients.fingerprint(secretary, her)))


def names_of(session):
    """How she is called."""
    her = session.scalars(select(Patient)).one()
    return her.own_prefix, her.own_name, her.partner_prefix, her.partner_name, her.name_order


def test_no_part_of_the_old_address_stays_with_a_new_one(bring, session):
    bring({})
    told = bring(BOX).told
    her = session.scalars(select(Patient)).one()
    assert (her.street, her.house_number, her.postcode, her.town) == ("Postbus 55", None, "7600 AA", "Almelo")
    assert session.scalars(select(PatientChange)).one().changes["house_number"] == ["12", None]
    assert {tell(line.code, line.params, "nl") for line in told} == {
        "Straat wordt Postbus 55", "Postcode wordt 7600 AA", "Huisnummer wordt leeggemaakt",
    }  # fmt: skip
    assert bring(BOX).changed == 0


def test_a_list_without_the_column_says_nothing_of_the_house_number(bring, session):
    bring({})
    bring(BOX, without=("HUISNR",))
    assert session.scalars(select(Patient.house_number)).one() == "12"


def test_an_address_that_a_person_wrote_stays_whole(bring, work, session):
    bring({})
    corrected(work, town="Borne")
    told = bring(BOX)
    assert session.scalars(select(Patient.house_number)).one() == "12"
    assert [(one.column, one.code) for one in told.complaints] == [
        ("STRAAT", "person_wrote"), ("POSTCODE", "person_wrote"), ("PLAATS", "person_wrote"),
    ]  # fmt: skip
    assert told.told == ()


def test_the_prefix_of_another_name_does_not_stay(bring, session):
    bring({})
    bring({"NAAM": "Jansen", "VV": ""})
    assert names_of(session) == (None, "Jansen", None, None, "own")


def test_a_partners_name_of_a_later_list_shows_as_of_a_first_one(bring, session):
    bring({})
    bring({"PARTNER": "Boer", "PVV": "de"})
    assert names_of(session) == ("van den", "Berg", "de", "Boer", "partner_own")
    assert session.scalars(select(PatientChange)).one().changes["name_order"] == ["own", "partner_own"]
    bring({"PARTNER": "Smit"})
    assert names_of(session) == ("van den", "Berg", None, "Smit", "partner_own")


def test_how_a_person_said_she_is_called_stays(bring, work, session):
    bring({"PARTNER": "Boer"})
    corrected(work, name_order="own")
    bring({"PARTNER": "Smit"})
    assert names_of(session)[3:] == ("Smit", "own")


@pytest.fixture
def earlier(doctor):  # noqa: F811
    """Somebody whose items are built before hers."""
    return make_patient(doctor, import_key="1000", number="1000")


@pytest.mark.parametrize("batch", [imports.BATCH, 1])
def test_another_birth_date_brings_the_decision_back_to_its_doctor(
    bring, work, doctor, earlier, patient, command, monkeypatch, batch  # noqa: F811
):  # fmt: skip
    monkeypatch.setattr(imports, "BATCH", batch)
    patient.import_key = patient.number = "1001"
    items.refresh(doctor, patient)
    doctor.session.flush()
    reviews.sign(doctor, replace(command, version=patient.facts_version))
    her = {"NAAM": "Jansen", "VV": ""}
    bring({**her, "NR": earlier.number, "STRAAT": "Weg"}, {**her, "GEBDAT": "14-03-1950"})
    [row] = decision_changes.waiting(work("doctor"))
    assert row.Patient.birth_date == date(1950, 3, 14)
    assert row.DecisionChange.what.keys() == {CriterionCode.AGE_75}
