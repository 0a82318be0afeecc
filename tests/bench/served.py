"""An app under gunicorn with one worker on loopback, and a client that asks it one thing at a time."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.security import accounts
from clinic.security.permissions import Role
from clinic.store.base import make_engine
from clinic.store.users import User
from clinic.web.units import now

HEADERS = {"Accept-Language": "nl", "Host": "127.0.0.1"}


@dataclass
class Answer:
    """Status, body, how long it took and how long the worker's processor was at it, in milliseconds."""

    status: int
    body: str
    ms: float
    cpu_ms: float
    location: str | None


@dataclass
class Served:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    cookie: str = ""

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> Answer:
        """One request on a connection of its own; a cookie that comes back is kept."""
        body = urlencode(form) if form is not None else None
        headers = HEADERS | ({"Cookie": self.cookie} if self.cookie else {})
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        spent, began = self.spent_ms(), time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body=body, headers=headers)
        reply = connection.getresponse()
        text = reply.read().decode()
        ms = (time.perf_counter() - began) * 1000
        connection.close()
        if (set_cookie := reply.getheader("Set-Cookie")) and self.cookie:
            self.cookie = set_cookie.split(";", 1)[0]
        return Answer(reply.status, text, ms, self.spent_ms() - spent, reply.getheader("Location"))

    def worker(self) -> Path:
        """What the system knows of the one worker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return Path("/proc") / children[-1]

    def spent_ms(self) -> float:
        """How long the worker's processor was at its requests so far; a busy machine does not lengthen it."""
        return int((self.worker() / "schedstat").read_text().split()[0]) / 1e6

    def peak_mb(self) -> float:
        """The most memory that the worker ever held."""
        found = re.search(r"^VmHWM:\s+(\d+) kB", (self.worker() / "status").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0

    def beside(self, cookie: str) -> Served:
        """The same server for another person."""
        return Served(self.port, self.process, cookie)


@contextmanager
def serve(target: str, **environment: str) -> Iterator[Served]:
    """Start the app, wait until it listens, stop it by its own id."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    words = [sys.executable, "-m", "gunicorn", target, "--bind", f"127.0.0.1:{port}", "--workers", "1",
             "--log-level", "error"]  # fmt: skip
    process = subprocess.Popen(words, env=os.environ | environment)
    try:
        for _ in range(300):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Served(port, process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def signed_in(app: Flask, url: str, role: Role) -> str:
    """The cookie of somebody with this role who has signed in."""
    engine = make_engine(url)
    with Session(engine) as session:
        user = session.scalars(select(User).where(User.role == role.value).limit(1)).one()
        token = accounts.open_session(session, user, now())
        session.commit()
    engine.dispose()
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = serializer.dumps({"_user_id": token, "_fresh": True, "_id": secrets.token_hex(8)})
    return f"{app.config['SESSION_COOKIE_NAME']}={value}"
