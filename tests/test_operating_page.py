"""What docs/operate.md has an operator type is true: the commands, their settings, the folders of the units."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import click
import pyrage
import pytest

from clinic.cli import main
from tests.laws.house import ROOT

PAGE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
TYPED = sorted({*re.findall(r"`(clinic [a-z][^`]*)`", PAGE),
                *re.findall(r"^ {4}[^#\n]*?(?<![\w/])((?:clinic|as_owner) [a-z][^>|)#\n]*)", PAGE, re.MULTILINE),
                *re.findall(r"\.venv/bin/(clinic [a-z][^\n]*)", PAGE)})  # fmt: skip
KEY = pyrage.x25519.Identity.generate()
PATHS = {"/etc/botwacht.env": "settings", "/srv/botwacht/instance": "instance", "/srv/backups": "backups",
         "/srv/anchors": "anchors"}  # fmt: skip


def block(first: str) -> str:
    """The text of the file or script on the page in which this line stands, as an operator copies it."""
    lines = PAGE.splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip() == first)
    start = at - len(list(takewhile(lambda line: line.startswith("    "), lines[at::-1]))) + 1
    return "\n".join(line[4:] for line in takewhile(lambda line: line.startswith("    "), lines[start:])) + "\n"


def told(text: str) -> dict[str, str]:
    """The lines NAME=value of a unit or a file of settings."""
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


@pytest.mark.parametrize("words", TYPED)
def test_every_command_is_one_with_its_options(words: str) -> None:
    found: click.Command = main
    rest = [word for word in shlex.split(words) if word != "…"][1:]
    while isinstance(found, click.Group) and rest:
        assert rest[0] in found.commands, words
        found = found.commands[rest.pop(0)]
    known = {name for parameter in found.params for name in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known, words


def test_every_setting_is_read_by_the_program() -> None:
    read = (ROOT / "config.py").read_text(encoding="utf-8")
    named = set(re.findall(r"\bCLINIC_[A-Z_]+\b", PAGE)) - {"CLINIC_ALSO"}
    assert len(named) > 10
    assert [name for name in sorted(named) if name not in read and name.rpartition("OIDC_")[2] not in read] == []


@pytest.mark.parametrize("unit", ["botwacht", "botwacht-metrics"])
def test_where_a_unit_may_write_are_the_folders_it_is_told_of(unit: str) -> None:
    text = block(f"# /etc/systemd/system/{unit}.service")
    said, settings = told(text), told(block("# /etc/botwacht.env"))
    writes = {settings["CLINIC_INSTANCE"]} | ({settings["CLINIC_ANCHOR_FOLDER"]} if unit == "botwacht" else set())
    assert set(said["ReadWritePaths"].split()) == writes
    assert (said["User"], said["EnvironmentFile"]) == ("botwacht", "/etc/botwacht.env")
    assert ("PartOf=botwacht.service" in text) == (unit != "botwacht")  # so that a restore finds the register alone
    made = next(line for line in PAGE.splitlines() if line.startswith("    install -d -o botwacht "))
    made = made.replace(" instance ", " /srv/botwacht/instance ")
    assert writes | {settings["CLINIC_BACKUP_FOLDER"]} <= set(made.split())


def test_a_command_of_the_page_finds_the_settings_from_anywhere(tmp_path: Path) -> None:
    script, settings = (
        block("# /usr/local/sbin/clinic"),
        block("# /etc/botwacht.env").replace("SECRET_KEY=…", "SECRET_KEY=" + "k" * 32),
    )
    for path, here in PATHS.items():
        script, settings = (text.replace(path, str(tmp_path / here)) for text in (script, settings))
    settings = settings.replace("AUDIT_KEY=…", "AUDIT_KEY=" + "a" * 32).replace("age1…", str(KEY.to_public()))
    program = Path(sys.executable).with_name("clinic")
    script = re.sub(r"setpriv .* /srv\S+", str(program), script).replace("/srv/botwacht", str(tmp_path))
    (tmp_path / "settings").write_text(settings.rstrip(), encoding="utf-8")  # the last line ends without a sign
    (tmp_path / "typed").write_text(script, encoding="utf-8")
    for folder in ("instance", "backups", "anchors"):
        (tmp_path / folder).mkdir(mode=0o700)

    def typed(*words: str) -> str:
        here = {"cwd": "/", "env": {"PATH": os.defpath}}
        done = subprocess.run(["sh", str(tmp_path / "typed"), *words], capture_output=True, text=True, **here)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    assert "one-time code" in typed("user", "add", "p.vandam", "--role", "manager")
    assert "opened and whole" in typed("backup")
    assert {path.name for path in tmp_path.iterdir()} == {"settings", "typed", "instance", "backups", "anchors"}
    assert (tmp_path / "instance" / "clinic.db").stat().st_mode & 0o077 == 0


def test_the_container_is_told_of_no_folder_outside_its_volumes() -> None:
    image = (ROOT / "Containerfile").read_text(encoding="utf-8")
    folders = set(re.findall(r"CLINIC_(?:INSTANCE|\w+_FOLDER)=(\S+)", image))
    assert folders == set(re.findall(r'"(/var/[^"]+)"', image)) == set(re.findall(r"-v \w+:(/var/\S+)", PAGE))
    made = re.search(r"install -d -o botwacht -m 0700 (.*)", image)
    assert made
    assert set(made[1].split()) == folders
    named = {name for name in told(block("# /etc/botwacht.env")) if name.endswith(("INSTANCE", "FOLDER"))}
    assert named == {f"CLINIC_{name}" for name in re.findall(r"CLINIC_(INSTANCE|\w+_FOLDER)=", image)}
