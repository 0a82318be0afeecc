"""A new release is taken into service while people work: no request fails, and what was counted is served apart."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 60.0
RESTARTS, CLIENTS = 2, 3
CLINIC = (sys.executable, "-c", "from clinic.cli import main; main()")


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for it, not for a time."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def status(port: int, path: str) -> int:
    """What an address answers; 0 when nobody does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return int(answer.status)
    except OSError:
        return 0


def children(pid: int) -> set[int]:
    """The workers of a process."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, dict[str, str]]]:
    """A served clinic on a database of its own."""
    port = free_port()
    env = {**os.environ, "CLINIC_SECRET_KEY": "k" * 32, "CLINIC_AUDIT_KEY": "a" * 32, "CLINIC_DEMO": "0",
           "CLINIC_INSTANCE": str(tmp_path), "PORT": str(port), "DATABASE_URL": ""}  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        command = [*CLINIC, "serve"]
        served = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            until(lambda: status(port, "/readyz") == 200, "it serves")
            yield served, port, env
        finally:
            served.terminate()
            served.wait(PATIENCE)


def test_a_restart_fails_no_request_and_numbers_have_a_port_of_their_own(
    clinic: tuple[subprocess.Popen[bytes], int, dict[str, str]], tmp_path: Path
) -> None:
    served, port, env = clinic
    answers: list[int] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            answers.append(status(port, "/sign-in"))

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for _ in range(RESTARTS):
        before = children(served.pid)
        asked = len(answers)
        served.send_signal(signal.SIGHUP)
        until(lambda: not before & children(served.pid), "the old workers are gone")  # noqa: B023
        until(lambda: len(answers) > asked + CLIENTS, "the new ones answer")  # noqa: B023
    ended.set()
    for client in clients:
        client.join()
    assert set(answers) == {200}
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert sum(json.loads(line).get("endpoint") == "auth.sign_in_page" for line in lines) == len(answers)
    assert counted(env) == len(answers)


def counted(env: dict[str, str]) -> int:
    """How many sign-in pages Prometheus hears of, over all workers that there were."""
    port = free_port()
    metrics = subprocess.Popen([*CLINIC, "metrics", "--port", str(port)], env=env)
    try:
        until(lambda: status(port, "/metrics") == 200, "numbers are served")
        said = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20).read().decode()
    finally:
        metrics.terminate()
        metrics.wait(PATIENCE)
    wanted = 'botwacht_requests_total{endpoint="auth.sign_in_page",method="GET",status="200"} '
    return int(float(next(line for line in said.splitlines() if line.startswith(wanted)).rpartition(" ")[2]))
