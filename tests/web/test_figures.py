"""The figures on the first page and on their own: periods, intervals, names for who may see them, files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.domain.protocol import DEFAULT
from clinic.security.audit import Action
from clinic.services import figures, protocols
from clinic.services.protocols import NewVersion
from clinic.store.audit import AuditEntry
from clinic.store.figures import FigureRun
from clinic.web import figures as pages
from tests.conftest import MONDAY_MORNING
from tests.factories import make_control, make_course, make_patient

SignIn = Callable[[str], FlaskClient]
MISSED = "/figures/patients?figure=yearly&state=missed&since=24-11-2025&until=23-11-2026"


@pytest.fixture
def counted(work, database: Engine) -> None:
    """Twelve women with a yearly control due on 10 March 2026, which two of them did not have."""
    nurse = work("nurse")
    for number in range(12):
        patient = make_patient(nurse, own_name=f"=Zonderling{number}", number=f"40{number:02}", bsn=None)
        make_course(nurse, patient)
        make_control(nurse, patient, date(2025, 6, 12))
        if number < 10:
            make_control(nurse, patient, date(2026, 3, 20))
    nurse.note(Action.CONTROL_SAVED)
    nurse.commit()
    figures.run(database, lambda: MONDAY_MORNING)


def last_look(database: Engine) -> AuditEntry:
    with Session(database) as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


@pytest.mark.parametrize("role", ["doctor", "manager"])
def test_the_first_page_shows_four_figures_and_when_they_were_computed(counted, sign_in: SignIn, role: str) -> None:
    page = sign_in(role).get("/").text
    for said in ("Jaarcontrole op tijd", "83,3 %", "10 van 12, 95%-interval 55,2–95,3 %", "Berekend op 23-11-2026"):
        assert said in page
    assert page.count("minder dan 10") == 2, "no decision and no injection"


def test_nobody_else_sees_them(counted, sign_in: SignIn) -> None:
    assert "Jaarcontrole op tijd" not in sign_in("nurse").get("/").text
    assert "Cijfers" not in sign_in("privacy_officer").get("/").text


def test_a_period_stands_in_the_address(counted, sign_in: SignIn) -> None:
    manager = sign_in("manager")
    page = manager.get("/figures").text
    assert re.search(r'name="since"[^>]*value="24-11-2025"', page)
    assert "10 van 12" in page
    assert "/figures/patients" not in page
    assert "apotheek" in page, "what cannot be had is named with why"
    before = manager.get("/figures?since=01-01-2026&until=09-03-2026").text
    assert "10 van 12" not in before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("since=nonsense&until=", "Typ de datum als dag-maand-jaar"),
        ("since=01-02-2026&until=01-01-2026", "De periode eindigt voordat hij begint."),
        ("since=22-11-2023&until=", "De cijfers gaan terug tot 23-11-2023."),
    ],
)
def test_a_period_that_cannot_be_is_said_at_its_field(counted, sign_in: SignIn, asked: str, said: str) -> None:
    answer = sign_in("doctor").get(f"/figures?{asked}")
    assert (answer.status_code, said in answer.text) == (422, True)
    typed = asked.split("&")[0].removeprefix("since=")
    assert f'value="{typed}"' in answer.text


def test_a_doctor_sees_who_and_it_is_written_down(counted, sign_in: SignIn, database: Engine, monkeypatch) -> None:
    doctor = sign_in("doctor")
    assert MISSED.replace("&", "&amp;") in doctor.get("/figures").text
    page = doctor.get(MISSED).text
    assert ("4010" in page, "4011" in page, "4009" in page) == (True, True, False)
    look = last_look(database)
    assert (look.action, look.subject, look.shown) == (Action.PATIENT_LISTED, "list:figure_yearly", [11, 12])
    monkeypatch.setattr(pages, "PAGE", 1)
    first = doctor.get(MISSED).text
    following = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert following is not None
    assert "4011" in doctor.get(following[1].replace("&amp;", "&")).text
    assert sign_in("manager").get(MISSED).status_code == 403
    assert "Op 23-11-2026." in doctor.get("/figures/patients?figure=lost&state=met").text


def test_both_lists_are_files_that_compute_nothing(counted, sign_in: SignIn, database: Engine) -> None:
    doctor = sign_in("doctor")
    table = doctor.get("/figures/export/csv?since=24-11-2025&until=23-11-2026").text
    assert "Jaarcontrole op tijd;24-11-2025;23-11-2026;10;12;83,3;55,2;95,3;" in table
    assert "Injectie op tijd;24-11-2025;23-11-2026;;<10;;;;" in table
    assert "Uit beeld;23-11-2026;23-11-2026;" in table
    people = doctor.get(MISSED.replace("patients?", "patients/export/csv?")).text
    assert "=Zonderling10" in people
    assert not re.search(r"(^|;)=", people, re.MULTILINE)
    look = last_look(database)
    assert (look.action, len(look.shown)) == (Action.LIST_EXPORTED, 2)


@pytest.mark.parametrize("path", ["patients?figure=x&state=met", "patients?figure=yearly&state=x",
                                  "patients?figure=yearly&state=met&since=x", "export/csv?since=x",
                                  "patients?figure=decision&state=open",
                                  "patients/export/csv?figure=injection&state=met",
                                  "patients?figure=yearly&state=missed&since=01-11-2026"])  # fmt: skip
def test_what_is_not_there_is_not_found(counted, sign_in: SignIn, path: str) -> None:
    assert sign_in("doctor").get(f"/figures/{path}").status_code == 404


def test_before_the_first_night_there_is_a_button(sign_in: SignIn, database: Engine, monkeypatch) -> None:
    started: list[bool] = []
    monkeypatch.setattr(pages, "in_background", lambda: started.append(True))
    manager = sign_in("manager")
    assert "nog niet berekend" in manager.get("/").text
    assert "Opnieuw berekenen" in manager.get("/figures").text
    assert manager.get("/figures/export/csv").status_code == 404
    assert manager.post("/figures/compute").status_code == 303
    assert (started, last_look(database).action) == ([True], Action.FIGURES_COMPUTED)
    figures.begin(database, MONDAY_MORNING, DEFAULT)
    busy = manager.get("/figures")
    assert (busy.headers["Refresh"], "0 van 0 patiënten" in busy.text) == ("3", True)
    manager.post("/figures/compute")
    assert started == [True]
    assert "minder dan een uur geleden" in manager.get("/figures").text


def test_it_runs_in_a_process_of_its_own_and_at_night(monkeypatch, database_url: str, clock, capsys) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(pages.subprocess, "Popen", lambda command, **_: started.append(command))
    pages.in_background()
    assert started[0][2:] == [pages.PROGRAM, "figures", "compute"]
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    for said in ("0 patients, 2023-11-23 to 2026-11-23", "less than an hour ago"):
        main(["figures", "compute"], standalone_mode=False)
        assert said in capsys.readouterr().out


def test_how_it_is_counted_says_the_terms_of_the_version_it_was_counted_by(
    counted, work, sign_in: SignIn, database: Engine
) -> None:
    doctor = sign_in("doctor")
    page = doctor.get("/figures").text
    for said in ("binnen 5 werkdagen bericht", "gedaan tot en met 8 weken erna", "gegeven tot en met 28 dagen erna",
                 "zoledroninezuur 28 dagen, ibandroninezuur 14 dagen erna"):  # fmt: skip
        assert said in page
    windows = DEFAULT.windows | {
        "control.yearly": DEFAULT.windows["control.yearly"]._replace(late_days=60),
        "control.break_yearly": DEFAULT.windows["control.break_yearly"]._replace(late_days=7),
        "dose.denosumab": DEFAULT.windows["dose.denosumab"]._replace(very_late_days=21),
        "dose.zoledronic_acid": DEFAULT.windows["dose.zoledronic_acid"]._replace(late_days=35),
        "dose.ibandronic_acid_iv": DEFAULT.windows["dose.ibandronic_acid_iv"]._replace(late_days=10),
    }
    drafted = NewVersion("proef", replace(DEFAULT, name="2027.1", letter_days=1, windows=windows), "version")
    protocols.make(work("manager"), drafted)
    with database.begin() as connection:
        connection.execute(update(FigureRun.__table__).values(protocol="2027.1"))
    page = doctor.get("/figures").text
    for said in ("binnen 1 werkdag bericht", "gedaan tot en met 60 dagen (in een behandelpauze 1 week) erna",
                 "gegeven tot en met 21 dagen erna", "zoledroninezuur 35 dagen, ibandroninezuur 10 dagen"):  # fmt: skip
        assert said in page
    assert "60 dagen (in een" in doctor.get("/figures/export/csv").text
    assert "60 dagen (in een" in doctor.get(MISSED).text
    assert "voordat een patiënt werd ingeschreven" in page
