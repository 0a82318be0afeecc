"""Addresses and GPs come in with their history; a death is reported and changes nothing until somebody records it."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus
from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.services import appointments, imports, leaving, patient_status, reported
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Of
from clinic.services.imports import Import
from clinic.services.leaving import CHOICES
from clinic.services.patient_status import SetStatus
from clinic.services.work import NotAllowed, Stale
from clinic.store.patients import PatientChange
from clinic.store.practices import Gp, Practice
from clinic.store.reported_deaths import ReportedDeath
from tests.factories import make_patient

MAPPING = mapping.parse(Path("docs/mappings/changes.toml").read_bytes(), interop.FIELDS)
COLUMNS = (
    "PATIENTNR", "DATUM_GEBOORTE", "STRAAT", "HUISNR", "POSTCODE", "PLAATS", "HUISARTS_AGB", "HUISARTS",
    "HUISARTS_PLAATS", "OVERLEDEN_OP",
)  # fmt: skip
NEW_HOME = {"STRAAT": "Nieuwstraat", "HUISNR": "2", "POSTCODE": "8598ab", "PLAATS": "Oudeterp"}


@pytest.fixture
def patient(work):
    secretary = work("secretary")
    found = make_patient(
        secretary, number="1001", street="Oudeweg", house_number="1 bis", postcode="1234 AB", town="Verweg"
    )
    practice = Practice(name="De Linde", town="Oudeterp", channel="post")
    secretary.session.add(Gp(kind="gp", prefix="de", family_name="Vries", agb="01951000", practice=practice))
    secretary.session.commit()
    return found


@pytest.fixture
def bring(work):
    def start(*rows, tried=False):
        cells = [{"PATIENTNR": "1001", **row} for row in rows]
        lines = [";".join(COLUMNS), *(";".join(row.get(name, "") for name in COLUMNS) for row in cells)]
        parsed = interop.parse(tables.read("\n".join(lines).encode(), "changes.csv"), MAPPING)
        return (imports.try_out if tried else imports.commit)(work("manager"), Import(parsed, "changes.csv", "0" * 64))

    return start


def codes(outcome):
    return [complaint.code for complaint in outcome.complaints]


def changes(outcome):
    return [told.code for told in outcome.told]


def reports(session):
    return session.scalars(select(ReportedDeath)).all()


def test_a_new_address_is_written_whole_with_what_was_there_and_the_status_stays(bring, patient, session):
    outcome = bring(NEW_HOME)
    [change] = session.scalars(select(PatientChange))
    assert (patient.street, patient.house_number, patient.postcode) == ("Nieuwstraat", "2", "8598 AB")
    assert change.changes["town"] == ["Verweg", "Oudeterp"]
    assert (patient.status, changes(outcome)) == ("active", ["address_becomes"])


def test_the_addition_of_the_old_house_does_not_stay_with_the_new_street(bring, patient):
    bring({**NEW_HOME, "HUISNR": "", "STRAAT": "Nieuwstraat 2"})
    assert (patient.street, patient.house_number) == ("Nieuwstraat 2", None)


def test_the_same_file_again_changes_nothing(bring, patient, session):
    bring(NEW_HOME, {"OVERLEDEN_OP": "12-11-2026"})
    again = bring(NEW_HOME, {"OVERLEDEN_OP": "12-11-2026"})
    assert (again.changed, again.unchanged, again.told) == (0, 2, ())
    assert len(session.scalars(select(PatientChange)).all()) == len(reports(session)) == 1


@pytest.mark.parametrize(
    "row", [{"HUISARTS_AGB": "01951000"}, {"HUISARTS": "de vries", "HUISARTS_PLAATS": "Oudeterp"},
            {"HUISARTS": "Vries", "HUISARTS_PLAATS": "OUDETERP"}],
)  # fmt: skip
def test_a_gp_is_known_by_code_or_by_name_and_place(bring, patient, row):
    outcome = bring(row)
    assert (patient.gp.family_name, changes(outcome)) == ("Vries", ["gp_becomes"])
    assert bring(row).changed == 0


def test_a_gp_who_is_unknown_stopped_or_one_of_several_is_reported_and_the_gp_stays(bring, patient, session):
    practice = Practice(name="Twee", town="Dubbel", channel="post")
    session.add_all(Gp(kind="gp", family_name="Smit", practice=practice) for _ in range(2))
    session.add(Gp(kind="gp", family_name="Oud", agb="01951009", practice=practice, stopped_on=date(2026, 1, 1)))
    session.commit()
    several = {"HUISARTS": "Smit", "HUISARTS_PLAATS": "Dubbel"}
    for row, complaint in (
        ({"HUISARTS_AGB": "09999999"}, "gp_not_here"), ({"HUISARTS_AGB": "01951009"}, "gp_stopped"),
        (several, "gp_several"), ({"HUISARTS": "Vries", "HUISARTS_PLAATS": "Elders"}, "gp_not_here"),
    ):  # fmt: skip
        assert codes(bring(row)) == [complaint]
    assert patient.gp is None


def test_a_birth_known_to_the_year_alone_is_another_only_when_the_year_is(bring, patient, work):
    patient.birth_date, patient.birth_precision = date(1953, 1, 1), "year"
    work("nurse").session.commit()
    assert codes(bring({"DATUM_GEBOORTE": "14-03-1954", **NEW_HOME}, tried=True)) == ["birth_differs"]
    assert codes(bring({"DATUM_GEBOORTE": "14-03-1953", **NEW_HOME})) == []


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"PATIENTNR": "4444", **NEW_HOME}, "number_unknown"),
        ({"DATUM_GEBOORTE": "15-03-1953", **NEW_HOME}, "birth_differs"),
        ({"STRAAT": "Nieuwstraat"}, "address_incomplete"),
        ({**NEW_HOME, "POSTCODE": "12"}, "postcode_unreadable"),
        ({"OVERLEDEN_OP": "24-11-2026"}, "death_impossible"),
        ({"OVERLEDEN_OP": "12-11-1950"}, "death_impossible"),
    ],
)
def test_what_is_not_about_her_or_cannot_be_stays_out(bring, patient, session, row, complaint):
    outcome = bring(row, tried=True)
    assert (outcome.refused, outcome.changed, codes(outcome)) == (1, 0, [complaint])
    assert (patient.street, reports(session)) == ("Oudeweg", [])


def test_a_death_is_reported_once_and_she_stays_followed_until_somebody_records_it(bring, patient, work, session):
    outcome = bring({"OVERLEDEN_OP": "12-11-2026"})
    assert (patient.status, changes(outcome)) == ("active", ["death_proposed"])
    nurse = work("nurse")
    assert [found.id for _report, found in reported.waiting(nurse).deaths] == [patient.id]
    patient_status.set_status(nurse, SetStatus(
        patient_id=patient.id, status=PatientStatus.DECEASED, seen=patient_status.fingerprint(patient),
        on=date(2026, 11, 12), source="gegevens van het ziekenhuis", birth_date=patient.birth_date,
        chosen={one.key: CHOICES[one.kind][0] for one in leaving.hanging(nurse, patient)},
    ))  # fmt: skip
    assert reported.waiting(work("nurse")).deaths == []
    assert bring({"OVERLEDEN_OP": "12-11-2026"}).unchanged == 1
    assert codes(bring({"OVERLEDEN_OP": "13-11-2026"})) == ["death_differs"]


def test_that_she_moved_settles_no_report_of_her_death(bring, patient, work):
    bring({"OVERLEDEN_OP": "12-11-2026"})
    nurse = work("nurse")
    patient_status.set_status(nurse, SetStatus(
        patient_id=patient.id, status=PatientStatus.MOVED, seen=patient_status.fingerprint(patient),
        on=date(2026, 11, 12), source="zelf", birth_date=patient.birth_date,
        chosen={one.key: CHOICES[one.kind][0] for one in leaving.hanging(nurse, patient)},
    ))  # fmt: skip
    assert len(reported.waiting(work("nurse")).deaths) == 1


def test_a_report_that_is_not_so_is_rejected_with_a_reason_and_does_not_come_back(bring, patient, work, session):
    bring({"OVERLEDEN_OP": "12-11-2026"})
    [report] = reports(session)
    with pytest.raises(RuleBroken, match="rejection_reason_missing"):
        reported.reject(work("secretary"), patient.id, report.id, " ")
    for _ in range(2):
        reported.reject(work("secretary"), patient.id, report.id, "zelf gesproken")
    again = bring({"OVERLEDEN_OP": "12-11-2026"})
    assert (codes(again), again.changed) == (["death_rejected"], 0)
    assert reported.waiting(work("nurse")).deaths == []


def test_another_patients_report_is_not_found_and_a_manager_decides_nothing(bring, patient, work, session):
    bring({"OVERLEDEN_OP": "12-11-2026"})
    other = make_patient(work("secretary"))
    session.commit()
    [report] = reports(session)
    with pytest.raises(LookupError):
        reported.reject(work("nurse"), other.id, report.id, "x")
    with pytest.raises(NotAllowed):
        reported.reject(work("manager"), patient.id, report.id, "x")


def test_a_booking_that_the_agenda_dropped_can_stand_as_the_clinics_own(patient, work, session):
    slot = Slot("control", date(2026, 11, 30), place="poli")
    row = appointments.keep(work("secretary"), patient.id, slot, None, "token")
    row.external_number, row.missing_since = "agenda-1", row.booked_at
    session.commit()
    assert len(reported.waiting(work("nurse")).missing) == 1
    with pytest.raises(Stale):
        reported.keep(work("nurse"), Of(patient.id, row.id, row.version + 1))
    for _ in range(2):
        reported.keep(work("nurse"), Of(patient.id, row.id, row.version))
    assert (row.state, row.external_number, reported.waiting(work("nurse")).missing) == ("booked", None, [])
