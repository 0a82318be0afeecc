"""A TOML file from outside as a table: small, not nested without end, and every fault told with its line."""

from __future__ import annotations

import tomllib
from typing import Any

MOST_BYTES = 200_000


class NoToml(Exception):
    """It cannot be read; the message says where."""


def read(content: bytes | str) -> dict[str, Any]:
    """The table; NoToml when it is none."""
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
        if len(text) > MOST_BYTES:
            raise NoToml(f"> {MOST_BYTES // 1000} kB")
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise NoToml(str(problem)) from None
    except RecursionError:
        raise NoToml("[[[[") from None
