"""Letters and accounts as files for a spreadsheet."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, select, update

from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import figures
from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient
from clinic.store.practices import Practice
from clinic.store.users import User
from tests.conftest import MONDAY_MORNING
from tests.factories import make_patient
from tests.letter_makers import drafted

FORMULA = "=HYPERLINK(1)"


def sheet_of(answer):
    """The sheet of a workbook."""
    assert answer.status_code == 200
    return load_workbook(BytesIO(answer.data)).active


def exported(database):
    """What the log says of files that went out."""
    with database.connect() as connection:
        lines = connection.execute(select(AuditEntry.__table__).where(AuditEntry.action == Action.LIST_EXPORTED)).all()
    return [(line.subject, line.details) for line in lines]


@pytest.fixture
def letter(work, database):
    """A letter in draft, of a patient with a BSN whose surname begins a formula."""
    made = drafted(work(Role.NURSE))
    with database.begin() as connection:
        connection.execute(update(Patient.__table__).values(bsn="999990019", own_name=FORMULA, initials=None))
    return made


def test_the_letters_of_a_state_go_out_with_days_as_days_and_without_bsn(sign_in, letter, database):
    secretary = sign_in("secretary")
    assert "/letters/export/csv?state=draft" in secretary.get("/letters?state=draft").text
    sheet = sheet_of(secretary.get("/letters/export/xlsx?state=draft"))
    heads = [cell.value for cell in sheet[1]]
    row = dict(zip(heads, sheet[2], strict=True))
    assert sheet.max_row == 2
    assert row["Streefdatum"].value == datetime.combine(letter.due_on, datetime.min.time())
    assert row["Huisarts"].value == "S. Hoekstra, De Terp, Oudeterp"
    assert all(cell.data_type != "f" for cell in sheet[2])
    assert "999990019" not in [cell.value for cell in sheet[2]]
    assert exported(database) == [("letters:draft", {"patients": 1})]


def test_a_state_without_letters_is_a_file_with_heads_alone_and_no_state_is_none(sign_in, letter):
    secretary = sign_in("secretary")
    assert sheet_of(secretary.get("/letters/export/xlsx?state=sent")).max_row == 1
    assert secretary.get("/letters/export/csv?state=nonsense").status_code == 404
    assert secretary.get("/letters/export/csv").status_code == 404


def test_the_accounts_go_out_with_their_state_and_nothing_that_opens_one(sign_in, database):
    manager = sign_in("manager")
    with database.begin() as connection:
        secret = {"password_hash": "argon-of-the-manager", "name": FORMULA}
        connection.execute(update(User.__table__).values(secret))
    assert "/accounts/export/xlsx" in manager.get("/accounts").text
    text = manager.get("/accounts/export/csv").get_data(as_text=True)
    assert f"'{FORMULA};manager;beheerder;manager;nee;actief;" in text
    assert "argon-of-the-manager" not in text
    assert all(cell.data_type != "f" for cell in sheet_of(manager.get("/accounts/export/xlsx"))[2])
    assert exported(database) == [("list:accounts", {"accounts": 1})] * 2


def test_the_practices_go_out_with_their_gps_as_they_were_searched_for(sign_in, letter, database):
    secretary = sign_in("secretary")
    with database.begin() as connection:
        connection.execute(insert(Practice.__table__).values(name=FORMULA, channel="none"))
    assert "/practices/export/xlsx?q=terp" in secretary.get("/practices?q=terp").text
    whole = secretary.get("/practices/export/csv").get_data(as_text=True)
    assert f"'{FORMULA};" in whole
    assert "De Terp;01951000;Terpwei 7;8598 AB;Oudeterp;;Post;500000201;S. Hoekstra;;Huisarts;" in whole
    assert sheet_of(secretary.get("/practices/export/xlsx?q=terp")).max_row == 2
    assert exported(database) == [("list:practices", {"rows": rows}) for rows in (2, 1)]


def test_who_is_away_goes_out_with_her_deputy(sign_in, work, database):
    doctor = work(Role.DOCTOR)
    doctor.session.commit()
    secretary = sign_in("secretary")
    assert "/absences/export/csv" not in secretary.get("/absences").text
    days = {"from_on": "24-11-2026", "until_on": "29-11-2026"}
    secretary.post("/absences", data={"user_id": str(doctor.actor.id), "deputy_id": "0", **days})
    with database.begin() as connection:
        connection.execute(update(User.__table__).where(User.id == doctor.actor.id).values(name=FORMULA))
    assert "/absences/export/csv" in secretary.get("/absences").text
    answer = secretary.get("/absences/export/csv")
    assert answer.text.splitlines()[1:] == [f"'{FORMULA};24-11-2026;29-11-2026;"]
    assert 'filename="afwezigheden-23-11-2026.csv"' in answer.headers["Content-Disposition"]
    sheet = sheet_of(secretary.get("/absences/export/xlsx"))
    assert sheet["B2"].value.isoformat() == "2026-11-24T00:00:00"
    assert sheet["A2"].data_type != "f"
    assert exported(database) == [("list:absences", {"rows": 1})] * 2


def test_duties_closing_days_and_mandates_go_out_as_the_settings_show_them(sign_in, work, database):
    doctor = work(Role.DOCTOR)
    doctor.session.commit()
    manager, who = sign_in("manager"), {"doctor_id": str(doctor.actor.id)}
    days = {"from_on": "24-12-2026", "until_on": "31-12-2026"}
    manager.post("/settings/duties", data={**who, **days, "phone": "0612345678"})
    manager.post("/settings/closures", data={**days, "reason": FORMULA})
    manager.post("/settings/mandates", data={**who, "about": "control", "from_on": "24-12-2026"})
    rows = {
        "duties": ["Test doctor;06 12345678;24-12-2026;31-12-2026"],
        "closures": [f"24-12-2026;31-12-2026;'{FORMULA}"],
        "mandates": ["Controle;Test doctor;24-12-2026;", "Uitslag DXA;;;", "Einde van de controles;;;",
                     "Behandelblad voor de patiënt;;;"],
    }  # fmt: skip
    for name, lines in rows.items():
        assert f"/settings/{name}/export/xlsx" in manager.get(f"/settings/{name}").text
        assert manager.get(f"/settings/{name}/export/csv").text.splitlines()[1:] == lines
        assert sheet_of(manager.get(f"/settings/{name}/export/xlsx")).max_row == len(lines) + 1
        assert sign_in("nurse").get(f"/settings/{name}/export/csv").status_code == 403
    assert exported(database) == [(f"list:{name}", {"rows": len(rows[name])}) for name in rows for _ in range(2)]


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("/figures/export/csv", "cijfers-23-11-2026"),
        ("/figures/patients/export/csv?figure=lost&state=met", "uit-beeld-ja-23-11-2026"),
        ("/reported/export/csv", "gemeld-23-11-2026"),
        ("/forecast/export/csv", "vooruitblik-23-11-2026"),
        ("/worklist/export/csv?list=mine", "mijn-patienten-23-11-2026"),
    ],
)
def test_a_file_is_named_in_the_language_of_its_page(sign_in, work, database, address, named):
    doctor = work(Role.DOCTOR)
    for _ in range(10):
        make_patient(doctor)
    doctor.session.commit()
    figures.run(database, lambda: MONDAY_MORNING)
    answer = sign_in("doctor").get(address)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{named}.csv"'


def test_who_may_not_see_a_list_may_not_take_it_along(sign_in):
    assert sign_in("manager").get("/letters/export/csv?state=draft").status_code == 403
    assert sign_in("secretary").get("/accounts/export/csv").status_code == 403
