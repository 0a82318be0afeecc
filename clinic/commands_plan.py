"""`clinic plan`: the protocol on the command line, for facts in a file or for a patient of the register."""

from __future__ import annotations

import json
import locale
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
from sqlalchemy import select

from clinic.commands_admin import note, register
from clinic.domain.protocol import DEFAULT, Protocol
from clinic.domain.record import Record
from clinic.interop import facts, plan, protocols
from clinic.security.audit import Action
from clinic.services import in_force
from clinic.store import records
from clinic.store.patients import Patient

Read = tuple[str, Record | facts.Unreadable, Protocol]
"""Where a patient stands, her facts or what is wrong with them, and the rules that hold there."""


@click.command("plan")
@click.argument("file", required=False)
@click.option("--patient", "number", help="A patient of the register, by number, instead of FILE; reading is logged.")
@click.option("--on", "on_text", required=True, help="The day of the answer, YYYY-MM-DD.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a patient.")
@click.option("--lang", type=click.Choice(["nl", "en"]), help="Dutch or English; else the terminal's.")
@click.option("--protocol", "protocol_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(
    file: str | None, number: str | None, on_text: str, as_json: bool, lang: str | None, protocol_file: Path | None
) -> None:
    """What is due for the facts in FILE (JSON, or NDJSON with a patient a line; - is standard input)."""
    if (file is None) == (number is None):
        raise click.UsageError("Name a FILE, or a patient with --patient.")
    on = read_day(on_text)
    given = read_protocol(protocol_file) if protocol_file else None
    lang = lang or terminal_language()
    failed = False
    for place, found, rules in from_file(file) if file is not None else from_register(number or ""):
        if isinstance(found, Record):
            told = plan.answer(found, on, lang, given or rules)
            click.echo(json.dumps(told, ensure_ascii=False) if as_json else plan.table(told, lang))
            continue
        failed = True
        if as_json:
            click.echo(json.dumps({"error": f"{place}: {found}"}, ensure_ascii=False))
        click.echo(f"{place}: {found}", err=True)
    if failed:
        sys.exit(2)


def from_file(file: str) -> Iterator[Read]:
    """Where each patient stands in a file, and her facts or what is wrong with them."""
    for number, line in lines(file, read_text(file)):
        try:
            yield f"line {number}", facts.record(parsed(line)), DEFAULT
        except facts.Unreadable as problem:
            yield f"line {number}", problem, DEFAULT


def from_register(number: str) -> Iterator[Read]:
    """The facts of the patient with this number and the rules in force; that she was looked at is written down."""
    with register() as session:
        patient = session.scalar(select(Patient).where(Patient.number == number))
        if patient is None:
            yield "--patient", facts.Unreadable(number, "the number of a patient of the register"), DEFAULT
            return
        stays = patient.merged_into_id or patient.id
        found, rules = records.load(session, stays), in_force.rules(session)
        note(session, Action.PATIENT_OPENED, None, stays)
    yield "--patient", found, rules


def read_text(file: str) -> str:
    """The file or standard input; one sentence when it cannot be read."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        click.echo(f"{file}: {problem}", err=True)
        sys.exit(2)


def lines(file: str, text: str) -> list[tuple[int, str]]:
    """One patient a line, or the whole text when it is one JSON object."""
    if not file.endswith(".ndjson"):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            return [(1, text)]
    # by line feeds alone: JSON lets U+2028, U+2029 and U+0085 stand in a text, and splitlines() would cut there
    found = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    first = found[0][1] if found else ""
    whole = not file.endswith(".ndjson") and not first.rstrip().endswith("}")
    return [(1, text)] if whole else found


def parsed(line: str) -> object:
    """The JSON of a line, all of which can be written again in an answer: half a character cannot."""
    try:
        found = json.loads(line)
        if "\\u" in line:
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as problem:
        raise facts.Unreadable("facts", f"JSON ({problem.msg} at character {problem.pos})") from None
    except (ValueError, RecursionError):
        raise facts.Unreadable("facts", "JSON (a number too long, too many layers or half a character)") from None
    return found


def read_day(text: str) -> date:
    """The day asked for."""
    try:
        return facts.day(text, "--on")
    except facts.Unreadable as problem:
        click.echo(str(problem), err=True)
        sys.exit(2)


def read_protocol(file: Path) -> Protocol:
    """The protocol of a file."""
    try:
        return protocols.load(file.read_text(encoding="utf-8"))
    except (protocols.BadProtocol, UnicodeDecodeError) as problem:
        click.echo(f"{file}: {problem}", err=True)
        sys.exit(2)


def terminal_language() -> str:
    """Dutch when the terminal is."""
    return "nl" if (locale.getlocale()[0] or "").lower().startswith(("nl", "dutch")) else "en"
