"""A newcomer starts the demo clinic, stops it and starts it again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 120  # seconds; loading the demo takes a fraction of it


@contextmanager
def running(folder: Path, port: int) -> Iterator[str]:
    """The clinic as `make run` starts it; gives the address when it answers, or fails with what it said."""
    environ = {"PATH": os.environ["PATH"], "CLINIC_DEMO": "1", "CLINIC_INSTANCE": str(folder), "PORT": str(port)}
    command = [str(Path(sys.executable).parent / "clinic"), "serve"]
    with (folder / "said").open("w") as said:
        server = subprocess.Popen(command, env=environ, stdout=said, stderr=said)
    try:
        wait_for(f"http://127.0.0.1:{port}/sign-in", server, folder / "said")
        yield (folder / "said").read_text()
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(url: str, server: subprocess.Popen[bytes], said: Path) -> None:
    """Until the page is there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert server.poll() is None, said.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5) as page:
                assert page.status == 200
                return
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"no answer within {PATIENCE} s: {said.read_text()}")


def test_the_demo_opens_says_how_to_sign_in_and_keeps_its_patients(tmp_path: Path) -> None:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    with running(tmp_path, port) as said:
        assert "Loading the demo clinic" in said
        for role in ("nurse", "doctor", "secretary", "manager", "privacy"):
            assert role in said
        assert "for the demo alone" in said
    first = (tmp_path / "demo-secret").read_text()
    with running(tmp_path, port) as said:
        assert "Loading" not in said
        assert "for the demo alone" in said
    assert (tmp_path / "demo-secret").read_text() == first
