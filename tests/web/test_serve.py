"""Opening the clinic: what is in the way is said in one sentence, and nothing is started."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from clinic import serve
from config import OWNER_URL, Settings, SettingsError

KEY = "k" * 32


@pytest.fixture
def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def clinic(folder: Path, port: int, **other: str) -> Settings:
    return Settings.from_env(
        {"CLINIC_SECRET_KEY": KEY, "CLINIC_AUDIT_KEY": KEY, "CLINIC_INSTANCE": str(folder), "PORT": str(port)} | other
    )


def why_not(settings: Settings) -> str:
    with pytest.raises(serve.CannotServe) as refused:
        serve.prepare(settings)
    said = str(refused.value)
    assert re.fullmatch(r"[A-Z][^\n]*\.", said)
    return said


def test_a_new_clinic_gets_its_folder_and_its_tables(
    tmp_path: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    serve.prepare(clinic(tmp_path / "new" / "place", free_port))
    engine = create_engine(f"sqlite:///{tmp_path / 'new' / 'place' / 'clinic.db'}")
    assert inspect(engine).has_table("patients")
    engine.dispose()
    assert f"http://127.0.0.1:{free_port}" in capsys.readouterr().out


def test_a_second_start_keeps_what_was_stored(tmp_path: Path, free_port: int) -> None:
    settings = clinic(tmp_path, free_port)
    serve.prepare(settings)
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sign_in_failures (id, key, at) VALUES (1, 'x', '2026-11-23')"))
    serve.prepare(settings)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sign_in_failures")) == 1
    engine.dispose()


def test_a_busy_port_is_named(tmp_path: Path, busy_port: int) -> None:
    assert str(busy_port) in why_not(clinic(tmp_path, busy_port))


def test_a_port_that_cannot_be_is_named(tmp_path: Path) -> None:
    assert "65535" in why_not(clinic(tmp_path, 70000))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "instance"
    assert str(folder) in why_not(clinic(folder, free_port))


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path, free_port: int) -> None:
    settings = clinic(tmp_path, free_port)
    serve.prepare(settings)
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "newer Botwacht (version 9999)" in why_not(settings)


def test_a_file_that_is_no_database_is_named(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "clinic.db").write_bytes(b"not a database at all" * 100)
    assert "clinic.db" in why_not(clinic(tmp_path, free_port))


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path, free_port: int) -> None:
    url = f"postgresql://botwacht:geheim@127.0.0.1:{free_port}/botwacht"
    said = why_not(clinic(tmp_path, free_port, DATABASE_URL=url))
    assert "127.0.0.1" in said
    assert "geheim" not in said


def test_a_clinic_without_a_key_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="CLINIC_SECRET_KEY"):
        Settings.from_env({"CLINIC_INSTANCE": str(tmp_path)})
    monkeypatch.delenv("CLINIC_SECRET_KEY", raising=False)
    monkeypatch.delenv("CLINIC_DEMO", raising=False)
    with pytest.raises(SystemExit, match="CLINIC_SECRET_KEY"):
        serve.serve()


def test_a_clinic_may_say_that_no_proxy_stands_in_front(tmp_path: Path) -> None:
    assert clinic(tmp_path, 8000, CLINIC_PROXIES="0").proxies == 0
    for name, said in (("CLINIC_PROXIES", "-1"), ("CLINIC_IDLE_MINUTES", "0")):
        with pytest.raises(SettingsError, match=name):
            clinic(tmp_path, 8000, **{name: said})


def test_the_server_listens_where_the_settings_say(tmp_path: Path) -> None:
    words = serve.gunicorn_command(clinic(tmp_path, 8123, HOST="::1"))
    assert words[words.index("--bind") + 1] == "[::1]:8123"


def test_who_serves_forgets_the_owners_address_before_a_worker_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "prepare", lambda settings: seen.append(settings.owner_url))
    monkeypatch.setattr(os, "execv", lambda *_: seen.append(os.environ.get(OWNER_URL)))
    seen: list[str | None] = []
    told = {"CLINIC_SECRET_KEY": KEY, "CLINIC_INSTANCE": str(tmp_path), "DATABASE_URL": "postgresql://botwacht@/b"}
    for name, value in (told | {OWNER_URL: "postgresql://owner@/b"}).items():
        monkeypatch.setenv(name, value)
    serve.serve()
    assert seen == ["postgresql://owner@/b", None]


def test_an_owners_address_is_for_postgresql_alone(tmp_path: Path) -> None:
    for here, owner in (("", "postgresql://owner@/b"), ("postgresql://botwacht@/b", "sqlite:///b.db")):
        with pytest.raises(SettingsError, match=OWNER_URL):
            clinic(tmp_path, 8000, DATABASE_URL=here, **{OWNER_URL: owner})
    assert clinic(tmp_path, 8000, DATABASE_URL="postgresql://botwacht@/b").owner_url == ""
