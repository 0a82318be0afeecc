"""`clinic serve`: see that the clinic can open, bring its database up to date, hand over to gunicorn."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from clinic.store.base import make_engine
from clinic.store.dumps import Unusable
from clinic.store.schema import NewerSchema, migrate
from clinic.store.users import User
from config import HALF_RESTORED, OWNER_URL, RESTORING, Settings, SettingsError, hand_down, withhold

HIGHEST_PORT = 65535


class CannotServe(Exception):
    """The clinic cannot open; the message is one sentence for whoever started it."""


def serve() -> None:
    """Open the clinic; does not return unless it cannot, and then says why in one sentence."""
    try:
        settings = Settings.from_env()
        prepare(settings)
    except (CannotServe, SettingsError) as problem:
        raise SystemExit(f"{problem}") from None
    withhold(OWNER_URL)  # whoever takes over a worker finds no way in as the owner
    sys.stdout.flush()
    os.execv(sys.executable, gunicorn_command(settings))  # noqa: S606 - our own words, no shell wanted


def prepare(settings: Settings) -> None:
    """Everything before the first request: folder, port, schema, and the demo clinic in an empty register."""
    check_folder(settings.instance_dir)
    if (settings.instance_dir / RESTORING).exists():
        raise CannotServe(HALF_RESTORED)
    if not settings.audit_key:
        raise CannotServe(
            "CLINIC_AUDIT_KEY must hold at least 32 characters, or the file audit-key in the instance folder; "
            "the log is sealed with it."
        )
    check_port(settings.host, settings.port)
    bring_up_to_date(settings.database_url, settings.owner_url)
    count_anew(settings)
    if settings.demo:
        open_demo(settings)
    print(f"Botwacht: http://{settings.host}:{settings.port}", flush=True)


def check_folder(folder: Path) -> None:
    """The folder of the database can be made and written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise CannotServe(f"The folder {folder} cannot be written: {problem.strerror}.") from problem


def check_port(host: str, port: int) -> None:
    """Nobody else listens there, and this user may."""
    if port > HIGHEST_PORT:
        raise CannotServe(f"PORT must be at most {HIGHEST_PORT}, not {port}.")
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as problem:
        raise CannotServe(
            f"Botwacht cannot listen on {host} port {port} ({problem.strerror}); choose another with PORT=."
        ) from problem


def bring_up_to_date(url: str, owner: str = "") -> None:
    """Migrate, or say what is wrong with the database without its password."""
    shown = make_url(url).render_as_string(hide_password=True)
    try:
        migrate(url, owner)
    except NewerSchema as newer:
        raise CannotServe(
            f"The database {shown} was written by a newer Botwacht (version {newer}); start that one."
        ) from newer
    except Unusable as problem:
        raise CannotServe(f"{problem}") from problem
    except DatabaseError as problem:
        reason = str(problem.orig).splitlines()[0].rstrip(".")
        raise CannotServe(f"The database {shown} cannot be used: {reason}.") from problem


def count_anew(settings: Settings) -> None:
    """The folder in which the workers of this start count their requests together; what others counted is not ours."""
    shutil.rmtree(settings.metrics_dir, ignore_errors=True)
    settings.metrics_dir.mkdir(parents=True)
    hand_down("PROMETHEUS_MULTIPROC_DIR", str(settings.metrics_dir))


def open_demo(settings: Settings) -> None:
    """Load the demo clinic when nobody has an account yet, and say how to sign in."""
    from clinic import demo  # its patients are not needed to serve a real clinic

    engine = make_engine(settings.database_url)
    try:
        with Session(engine) as session:
            empty = not session.scalar(select(func.count()).select_from(User))
        if empty:
            print("Loading the demo clinic ...", flush=True)
            demo.load(engine)
    finally:
        engine.dispose()
    print(demo.sign_ins(), flush=True)


def gunicorn_command(settings: Settings) -> list[str]:
    """The words that start gunicorn; settings reach it by the environment it inherits."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return [
        sys.executable, "-m", "gunicorn", "clinic.wsgi:application()",
        "--config", "python:clinic.workers",
        "--bind", f"{host}:{settings.port}",
        "--log-level", "warning", "--no-control-socket",
    ]  # fmt: skip
