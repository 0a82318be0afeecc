"""A protocol version as TOML: written whole, read with a reason and a line for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from clinic.domain.numbers import whole as is_whole
from clinic.domain.protocol import DEFAULT, Protocol, Window
from clinic.domain.settings import BY_NAME, ORDERED, SETTINGS
from clinic.domain.vocabulary import Drug, ScanSite
from clinic.interop import toml
from clinic.wording.protocol_files import told

WINDOW_LIMIT = 1000  # days or months of a window; more is a typing error
TABLES = ("windows", "durations", "break_months", "renal", "lsc_percent", "device_lsc_percent", "dose_months")
Value = Any


class BadProtocol(Exception):
    """A TOML file that is no protocol: which name in it, why, and on which line when that is known."""

    def __init__(self, where: str, code: str, **params: object) -> None:
        super().__init__(where, code)
        self.where, self.code, self.params = where, code, params
        self.line: int | None = None

    def in_words(self, lang: str) -> str:
        """What is wrong, in a reader's language."""
        return told(self.line, self.where, self.code, self.params, lang)

    def __str__(self) -> str:
        return self.in_words("en")


def load(text: str) -> Protocol:
    """The default with the file's numbers in place."""
    try:
        given = toml.read(text)
    except toml.NoToml as problem:
        raise BadProtocol("", "no_toml", problem=problem) from None
    found: dict[str, Value] = {}
    try:
        for name, value in given.items():
            found[name] = read(name, value)
        protocol = replace(DEFAULT, **found)
        in_order(protocol)
    except BadProtocol as problem:
        problem.line = line_of(text, problem.where.partition(".")[0])
        raise
    return protocol


def in_order(protocol: Protocol) -> None:
    """Refuse pairs of numbers that turned round."""
    for less, more in ORDERED:
        if getattr(protocol, less) >= getattr(protocol, more):
            raise BadProtocol(less, "below", more=more, limit=getattr(protocol, more))


def line_of(text: str, name: str) -> int | None:
    """The line a setting or table stands on; None when it is the default's."""
    pattern = re.compile(rf'\s*(\[\s*)?"?{re.escape(name)}"?\s*[.=\]]')
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), None)


def read(name: str, value: Value) -> Value:
    """One setting or table of the file."""
    if name == "name":
        if isinstance(value, str) and re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,39}", value):
            return value
        raise BadProtocol("name", "name")
    if name in BY_NAME:
        return number(name, value)
    if name == "extra_holidays" and isinstance(value, list) and all(type(one) is date for one in value):
        return frozenset(value)
    if name in TABLES and isinstance(value, dict):
        return table(name, value)
    known = name in {field.name for field in fields(Protocol)}
    raise BadProtocol(name, "table_or_days" if known else "no_setting")


def number(name: str, value: Value) -> int | Decimal | None:
    """A number within its bounds; "off" where a setting may be off."""
    setting = BY_NAME[name]
    if setting.optional and value == "off":
        return None
    found = whole(name, value) if is_whole(setting) else decimal(name, value)
    if not setting.fits(found):
        raise BadProtocol(name, "bounds", low=setting.low, high=setting.high, found=found)
    return found


def whole(name: str, value: Value) -> int:
    """A whole number of zero or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadProtocol(name, "whole")
    return value


def decimal(name: str, value: Value) -> Decimal:
    """A number; as text too, so that 5.3 is 5.3."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise BadProtocol(name, "number") from None


def table(name: str, value: Mapping[str, Value]) -> Mapping[Any, Value]:
    """The default's table with the rows of the file in place; a row that the rules do not know is refused."""
    if name == "device_lsc_percent":
        return {device: rows(f"{name}.{device}", DEFAULT.lsc_percent, told, percent) for device, told in value.items()}
    reader: Callable[[str, Value], Value] = {
        "windows": window, "durations": durations, "renal": limits, "lsc_percent": percent,
    }.get(name, whole)  # fmt: skip
    return rows(name, getattr(DEFAULT, name), value, reader)


def rows(
    name: str, default: Mapping[Any, Value], given: Value, reader: Callable[[str, Value], Value]
) -> Mapping[Any, Value]:
    """Rows by their key."""
    if not isinstance(given, dict):
        raise BadProtocol(name, "table")
    keys = {str(key): key for key in default}
    for key in given:
        if key not in keys:
            raise BadProtocol(f"{name}.{key}", "no_row")
    return {**default, **{keys[key]: reader(f"{name}.{key}", value) for key, value in given.items()}}


def window(name: str, value: Value) -> Window:
    """When an item opens, is late and very late."""
    if not isinstance(value, dict) or set(value) - set(Window._fields):
        raise BadProtocol(name, "fields", names=", ".join(Window._fields))
    for field, days in value.items():
        if whole(f"{name}.{field}", days) > WINDOW_LIMIT:
            raise BadProtocol(f"{name}.{field}", "most", most=WINDOW_LIMIT, found=days)
    return Window(**value)


def durations(name: str, value: Value) -> tuple[Decimal, ...]:
    """The years offered, the usual first: 0.5 to 10, whole or half."""
    found = tuple(decimal(name, one) for one in value) if isinstance(value, list) else ()
    if not found or any(not Decimal("0.5") <= one <= 10 or one * 2 % 1 for one in found):
        raise BadProtocol(name, "years")
    return found


def limits(name: str, value: Value) -> tuple[int | None, int | None]:
    """Clearance below which amber and red are raised; "off" where there is none."""
    if not isinstance(value, list) or len(value) != 2:
        raise BadProtocol(name, "limits")
    amber, red = (None if one == "off" else whole(name, one) for one in value)
    return amber, red


def percent(name: str, value: Value) -> Decimal:
    """A least significant change."""
    found = decimal(name, value)
    if not 1 <= found <= 20:
        raise BadProtocol(name, "bounds", low=1, high=20, found=found)
    return found


def dump(protocol: Protocol) -> str:
    """The whole protocol; `load` gives the same back."""
    lines = [f'name = "{protocol.name}"']
    for setting in SETTINGS:
        lines.append(f"{setting.name} = {said(getattr(protocol, setting.name))}  # {setting.rule}, {setting.unit}")
    lines.append(f"extra_holidays = [{', '.join(day.isoformat() for day in sorted(protocol.extra_holidays))}]")
    for name in TABLES:
        whole_table = getattr(protocol, name)
        for key, value in whole_table.items():
            inner = value._asdict() if isinstance(value, Window) else value
            if isinstance(inner, Mapping):
                told = [f"{quoted(field)} = {said(one)}" for field, one in inner.items() if one is not None]
                lines += ["", f"[{name}.{quoted(key)}]", *told]
        plain = [
            (key, value) for key, value in getattr(protocol, name).items() if not isinstance(value, Mapping | Window)
        ]
        if plain:
            lines += ["", f"[{name}]", *(f"{quoted(key)} = {said(value)}" for key, value in plain)]
    return "\n".join(lines) + "\n"


def quoted(key: str | Drug | ScanSite) -> str:
    """A key as TOML writes it."""
    text = str(key).replace("\\", "\\\\").replace('"', '\\"')
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else f'"{text}"'


def said(value: Value) -> str:
    """A value as TOML writes it."""
    if value is None:
        return '"off"'
    return f"[{', '.join(said(one) for one in value)}]" if isinstance(value, tuple) else str(value)
