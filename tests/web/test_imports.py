"""The manager's import page: first what would change, then the receipt."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.practices import Gp
from tests.factories import make_patient

ROOT = Path(__file__).parents[2]
CSV = (ROOT / "tests" / "data" / "glow-practices.csv").read_bytes()
TOML = (ROOT / "docs" / "mappings" / "glow-practices.toml").read_bytes()
SignIn = Callable[[Role], FlaskClient]


def files(csv: bytes = CSV, toml: bytes = TOML) -> dict[str, tuple[io.BytesIO, str]]:
    """The form with both files chosen."""
    return {"file": (io.BytesIO(csv), "praktijken.csv"), "mapping": (io.BytesIO(toml), "mapping.toml")}


def gps(database: Engine) -> int:
    """How many GPs the register holds."""
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(Gp)) or 0


def test_the_manager_sees_what_would_change_before_anything_is_written(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in(Role.MANAGER)
    assert manager.get("/imports/").status_code == 200
    page = manager.post("/imports/preview", data=files()).text
    assert "127" in page
    assert "geen adres" in page
    assert gps(database) == 0
    token = re.search(r'name="token"[^>]*value="([0-9a-f]{32})"', page)
    assert token
    done = manager.post("/imports/commit", data={"token": token[1]})
    assert done.status_code == 303
    assert gps(database) == 127
    receipt = manager.get(done.location).text
    assert "praktijken.csv" in receipt
    assert "geen adres" in receipt
    assert manager.post("/imports/commit", data={"token": token[1]}).location == done.location
    assert manager.get(f"/imports/tried?token={token[1]}").status_code == 422
    assert manager.post("/imports/mend", data={"token": token[1]}).status_code == 422


def test_the_preview_of_the_agenda_says_what_happens_to_each_patient(
    sign_in: SignIn, database: Engine, work: Callable[..., Work]
) -> None:
    with_session = work("secretary")
    make_patient(with_session, number="4071826")
    with_session.session.commit()
    told = (ROOT / "docs" / "mappings" / "agenda.toml").read_bytes()
    agenda = (ROOT / "docs" / "examples" / "agenda.csv").read_bytes()
    page = sign_in(Role.MANAGER).post("/imports/preview", data=files(agenda, told)).text
    assert "nieuwe afspraak op 30-11-2026 09:20, voor niets dat aan de beurt is" in page
    assert "patiëntnummer 9999999 staat niet in het register" in page
    assert "Jansen" not in page
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == 0


def test_a_file_that_is_no_table_is_refused_in_words(sign_in: SignIn) -> None:
    manager = sign_in(Role.MANAGER)
    assert "Dit is geen tabel" in manager.post("/imports/preview", data=files(b"PK\x03\x04nothing")).text
    answer = manager.post("/imports/preview", data=files(b"A,B\n1,2\n"))
    assert answer.status_code == 422
    assert "het bestand heeft die niet. Bovenaan staat: A, B." in answer.text
    assert manager.post("/imports/preview", data={}).status_code == 422


def test_a_file_of_a_header_alone_has_nothing_to_bring_in(sign_in: SignIn, database: Engine) -> None:
    header = CSV.splitlines(keepends=True)[0]
    page = sign_in(Role.MANAGER).post("/imports/preview", data=files(header)).text
    assert "Dit bestand bevat niets om in te voeren." in page
    assert "/imports/commit" not in page


def test_another_person_cannot_bring_in_a_file_that_waits(sign_in: SignIn) -> None:
    assert sign_in(Role.MANAGER).post("/imports/commit", data={"token": "0" * 32}).status_code == 422
    assert sign_in(Role.MANAGER).post("/imports/commit", data={"token": "../../x"}).status_code == 422
    assert sign_in(Role.NURSE).get("/imports/").status_code == 403


def test_a_file_that_is_too_large_is_refused_on_a_page_that_says_so(sign_in: SignIn) -> None:
    manager = sign_in(Role.MANAGER)
    manager.application.config["MAX_CONTENT_LENGTH"] = 1000
    answer = manager.post("/imports/preview", data=files(b"A,B\n" + b"1,2\n" * 1000))
    assert answer.status_code == 413
    assert "Dit bestand is te groot" in answer.text
    assert "20 MB" in answer.text
