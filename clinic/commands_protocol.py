"""`clinic protocol`: the rules in force, tried against the named cases, written out, and a file checked."""

from __future__ import annotations

from pathlib import Path

import click

from clinic import commands_trial
from clinic.commands_admin import register
from clinic.commands_plan import read_protocol
from clinic.domain.protocol import DEFAULT, Protocol
from clinic.domain.settings import SETTINGS
from clinic.interop import protocols, selftest
from clinic.services import in_force

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("protocol")
def group() -> None:
    """The clinic's protocol: every number the rules rest on."""


def active() -> Protocol:
    """The version by which the clinic works."""
    with register() as session:
        return in_force.rules(session)


@group.command("show")
def show() -> None:
    """Each setting with its rule, unit, bounds and source."""
    rules = active()
    click.echo(rules.name)
    for setting in SETTINGS:
        value = protocols.said(getattr(rules, setting.name)).strip('"')
        bounds = f"{setting.low}-{setting.high}"
        click.echo(f"{setting.rule:4} {setting.name:30} {value:>5} {setting.unit:12} {bounds:10} {setting.source}")


@group.command("export")
def export() -> None:
    """The protocol in force as TOML, whole."""
    click.echo(protocols.dump(active()), nl=False)


@group.command("check")
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Whether FILE (TOML) is a protocol; says the line and the reason when it is not, else what differs."""
    found = read_protocol(file)
    here, there = (protocols.dump(one).splitlines() for one in (active(), found))
    for line in there:
        if line not in here:
            click.echo(line)
    click.echo(f"{file.name}: a protocol, named {found.name}")


@group.command("test")
@click.option("--protocol", "file", type=FILE, help="Another protocol version (TOML): which cases it changes.")
def test(file: Path | None) -> None:
    """Run the named cases; what is not as expected is shown, expected (-) beside computed (+)."""
    results = list(selftest.run(read_protocol(file) if file else DEFAULT))
    wrong = [result for result in results if not result.right]
    for result in wrong:
        click.echo(f"{result.name} ({result.on})")
        for sign, some, others in (("-", result.expected, result.computed), ("+", result.computed, result.expected)):
            for line in some:
                if line not in others:
                    click.echo(f"  {sign} {line}")
    click.echo(f"{len(results)} cases, {len(wrong)} differ")
    if wrong:
        raise SystemExit(1)


group.add_command(commands_trial.what_if)
group.add_command(commands_trial.run_trial)
group.add_command(commands_trial.activate)
