"""A restore that is stopped half way: no register is open that does not know it was restored, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.letters.outbox import JOURNAL, write_down
from clinic.security.audit import Action
from clinic.serve import CannotServe, prepare
from clinic.services import backups, restores
from clinic.services.work import Work
from clinic.store import dumps, schema
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from clinic.store.dumps import Unusable
from clinic.store.patients import Patient
from clinic.store.restores import Restore
from clinic.wsgi import hold
from config import HALF_RESTORED, RESTORING, Settings
from tests.conftest import MONDAY_MORNING
from tests.factories import make_patient

KEY = pyrage.x25519.Identity.generate()
LATER = MONDAY_MORNING + timedelta(hours=3)


class Kill(BaseException):
    """What no program catches."""


@pytest.fixture
def url(database: Engine) -> str:
    return database.url.render_as_string(hide_password=False)


@pytest.fixture
def backup(work: Callable[..., Work], database: Engine, url: str, tmp_path: Path) -> Path:
    """A backup with one patient, of a register that has two by now and is at rest."""
    nurse = work("nurse")
    make_patient(nurse)
    nurse.session.commit()
    path, _manifest = backups.take(url, tmp_path / "backups", (str(KEY.to_public()),), MONDAY_MORNING, tmp_path)
    make_patient(nurse)
    nurse.session.commit()
    nurse.session.close()
    database.dispose()
    return path


def restore(url: str, backup: Path, tmp_path: Path) -> restores.Restored:
    return restores.restore(url, backup, KEY, LATER, tmp_path)


def stands(url: str) -> tuple[int, int]:
    """How many patients the register has, and how often it was restored."""
    engine = make_engine(url)
    with Session(engine) as session:
        counted = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Patient, Restore)]
        told = session.scalar(select(func.count()).where(AuditEntry.action == Action.RESTORED))
    engine.dispose()
    assert told == counted[1]
    return counted[0], counted[1]


def keeps_out(told: Settings) -> bool:
    """Whether a worker that starts is told that a restore is half done."""
    try:
        hold(told).close()
    except SystemExit as ended:
        return str(ended) == HALF_RESTORED
    return False


def opens(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a worker, `clinic serve` and the commands open the register; they all say the same."""
    told = Settings(url, "k" * 32, tmp_path, audit_key="")
    monkeypatch.setenv("CLINIC_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("DATABASE_URL", url)
    refused = [HALF_RESTORED in CliRunner().invoke(main, words).output for words in (["due"], ["restore", "--confirm"])]
    with pytest.raises(CannotServe) as said:
        prepare(told)  # which else wants a key of the log
    refused.append(str(said.value) == HALF_RESTORED)
    refused.append(keeps_out(told))
    assert len(set(refused)) == 1
    return not refused[0]


STEPS: list[tuple[Any, str]] = [(schema, "migrate"), (restores, "begin_again"), (dumps, "rows_of")]


@pytest.mark.parametrize(("where", "step"), STEPS, ids=[step for _where, step in STEPS])
def test_stopped_before_the_register_knows_of_it_nothing_opens_but_the_old_one(
    url: str, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, step: str
) -> None:
    def stopped(*_: Any) -> None:
        raise Kill

    with monkeypatch.context() as patch:
        patch.setattr(where, step, stopped)
        with pytest.raises(Kill):
            restore(url, backup, tmp_path)
    on_sqlite = url.startswith("sqlite")
    assert stands(url) == ((2, 0) if on_sqlite else (1, 0))
    assert (tmp_path / RESTORING).exists() != on_sqlite
    assert "plan" in CliRunner().invoke(main, ["--help"]).output
    if on_sqlite:
        assert not list(dumps.database_file(url).parent.glob("*.restoring*"))
    else:
        assert not opens(url, tmp_path, monkeypatch)
    assert restore(url, backup, tmp_path).manifest.rows["patients"] == 1
    assert stands(url) == (1, 1)
    assert opens(url, tmp_path, monkeypatch)


@pytest.mark.parametrize("renamed", [False, True])
def test_stopped_around_the_rename_a_register_stands_there_and_the_old_one_is_kept(
    url: str, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renamed: bool
) -> None:
    if not url.startswith("sqlite"):
        return
    replace = Path.replace

    def stopped(path: Path, target: Path) -> Path:
        if path.suffix != ".restoring":
            return replace(path, target)
        if renamed:
            replace(path, target)
        raise Kill

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopped)
        with pytest.raises(Kill):
            restore(url, backup, tmp_path)
    assert stands(url) == ((1, 1) if renamed else (2, 0))
    assert not opens(url, tmp_path, monkeypatch)
    live = dumps.database_file(url)
    first = live.with_name(f"{live.name}.before-restore")
    again = restore(url, backup, tmp_path)
    assert again.old != first
    assert stands(f"sqlite:///{first}") == (2, 0)
    assert stands(url) == (1, 1)
    assert opens(url, tmp_path, monkeypatch)


def test_a_dump_that_the_server_refuses_leaves_the_register_open(
    url: str, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if url.startswith("sqlite"):
        return
    with monkeypatch.context() as patch:
        patch.setattr(dumps, "EMPTY", f"{dumps.EMPTY}; SELECT nonsense")
        with pytest.raises(Unusable, match="nonsense"):
            restore(url, backup, tmp_path)
        assert stands(url) == (2, 0)
        assert opens(url, tmp_path, monkeypatch)
        (tmp_path / RESTORING).touch()
        with pytest.raises(Unusable, match="nonsense"):
            restore(url, backup, tmp_path)
    assert not opens(url, tmp_path, monkeypatch)  # an earlier one is still half done
    assert dumps.Failed("x", 2).status == 2


def test_who_could_not_replace_it_leaves_the_register_open_unless_an_earlier_restore_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = backups.Manifest("postgresql", "1", MONDAY_MORNING, "x", {})
    back = restores.Return(manifest, LATER, tmp_path, restores.nowhere)

    def refused(_url: str, _path: Path) -> None:
        raise dumps.Untouched("no room")

    monkeypatch.setattr(dumps, "load", refused)
    for before in (False, True):
        with pytest.raises(Unusable, match="no room"):
            restores.by_a_dump("", tmp_path, back)
        assert (tmp_path / RESTORING).exists() == before
        (tmp_path / RESTORING).touch()
    monkeypatch.setattr(dumps, "load", lambda _url, _path: None)
    monkeypatch.setattr(restores, "made_ready", lambda *_: restores.Restored(manifest, [], [], []))
    assert restores.by_a_dump("", tmp_path, back).manifest == manifest
    assert not (tmp_path / RESTORING).exists()


def test_a_line_torn_off_swallows_no_letter_that_leaves_after_it(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes('{"reference": "café'.encode()[:-1])
    write_down(tmp_path, {"reference": "B-1", "sent_at": LATER.isoformat(), "text_sha256": "x"})
    assert [told["reference"] for told in restores.journal(tmp_path)] == ["line 1", "B-1"]
