"""A clinic served by gunicorn as it is in use, in a group of processes that is killed and started again."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import time
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from gunicorn.app.base import BaseApplication

from clinic import sealer
from clinic.app import configure, create_app
from config import Settings

SEAL_EVERY = 0.3  # seconds; in use it is slower, and then seldom meets a kill
PATIENCE = 60.0


class Gunicorn(BaseApplication):  # type: ignore[misc]
    """Two workers of four threads on a socket that outlives them."""

    def __init__(self, app: Flask, settings: Settings, listening: int) -> None:
        self.clinic, self.settings, self.listening = app, settings, listening
        super().__init__()

    def load_config(self) -> None:
        """As `clinic serve` asks for it."""
        told = {"bind": f"fd://{self.listening}", "workers": 2, "threads": 4, "loglevel": "critical",
                "control_socket_disable": True}  # fmt: skip
        for name, value in told.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """In each worker: an engine of its own, and the sealer beside it."""
        configure(self.clinic, self.settings)
        self.clinic.config["WTF_CSRF_ENABLED"] = False
        sealer.start(self.clinic.extensions["engine"], self.settings, SEAL_EVERY)
        return self.clinic


@dataclass
class KilledServer:
    """The app is made once; each start is a fork."""

    settings: Settings
    app: Flask = field(init=False)
    listening: socket.socket = field(init=False)
    process: BaseProcess | None = None

    def __post_init__(self) -> None:
        self.app = create_app(replace(self.settings, database_url="sqlite://"))
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        os.set_inheritable(self.listening.fileno(), True)

    @property
    def port(self) -> int:
        """Where it listens, also while nobody answers."""
        return int(self.listening.getsockname()[1])

    def start(self) -> None:
        """In a group of its own."""
        self.process = get_context("fork").Process(target=self.run)
        self.process.start()

    def run(self) -> None:
        """The process that is killed."""
        os.setpgid(0, 0)
        Gunicorn(self.app, self.settings, self.listening.fileno()).run()

    def kill(self) -> None:
        """All of it at once, without a word."""
        assert self.process is not None
        assert self.process.pid is not None
        while os.getpgid(self.process.pid) != self.process.pid:
            time.sleep(0.001)  # it was forked and did not come to its group yet
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()

    def cookie(self, token: str) -> str:
        """The cookie of a session."""
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        value = serializer.dumps({"_user_id": token, "_fresh": True, "_id": secrets.token_hex(8)})
        return f"{self.app.config['SESSION_COOKIE_NAME']}={value}"

    def post(self, path: str, cookie: str, form: dict[str, Any]) -> int | None:
        """The status of the answer; None when there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request("POST", path, urlencode(form), headers)
            return connection.getresponse().status
        except (http.client.HTTPException, OSError):
            return None
        finally:
            connection.close()


def settings_for(url: str, folder: Path) -> Settings:
    """As a clinic behind plain http would have them."""
    return Settings(url, secrets.token_hex(32), folder, audit_key=secrets.token_hex(32), secure_cookies=False)
