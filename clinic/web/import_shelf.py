"""Where tried-out files wait for their commit: of one person, readable by the program alone, for some hours."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from pathlib import Path

from flask import current_app
from flask_login import current_user

from clinic.interop import imports as interop
from clinic.interop import mapping, mended, tables
from clinic.interop.mended import Cells
from clinic.interop.tables import Table
from clinic.services import tried_files
from clinic.services.imports import Import
from clinic.web.units import now

PARTS = ("file", "mapping", "name", "cells")
Read = tuple[Import, Table]


def shelf() -> Path:
    """The shelf of this person."""
    return tried_files.of_person(current_app.config["SETTINGS"].instance_dir, current_user.id)


def read(content: bytes, told: bytes, name: str, cells: Cells) -> Read:
    """The file by its mapping, with the cells that were corrected; raises UnreadableFile."""
    table, changed = mended.mend(tables.read(content, name), cells)
    parsed = interop.parse(table, mapping.parse(told, interop.FIELDS))
    return Import(parsed, Path(name).name, hashlib.sha256(content).hexdigest(), changed), table


def keep(content: bytes, told: bytes, name: str) -> str:
    """Put a tried-out file aside for the commit; what waits too long goes in a round of the workers."""
    token = secrets.token_hex(16)
    folder = shelf() / token
    folder.mkdir(parents=True, mode=0o700)
    (folder / "file").write_bytes(content)
    (folder / "mapping").write_bytes(told)
    (folder / "name").write_text(json.dumps(name), encoding="utf-8")
    (folder / "cells").write_text("{}", encoding="utf-8")
    (folder / tried_files.LAID_DOWN).write_text(now().isoformat(), encoding="ascii")
    return token


def kept(token: str | None) -> Path | None:
    """The place of this token, of this person only."""
    folder = shelf() / token if token and re.fullmatch(r"[0-9a-f]{32}", token) else None
    return folder if folder and (folder / tried_files.LAID_DOWN).exists() else None


def take(folder: Path) -> Read:
    """The file that waits there, as it was corrected."""
    name = json.loads((folder / "name").read_text(encoding="utf-8"))
    return read((folder / "file").read_bytes(), (folder / "mapping").read_bytes(), name, cells_of(folder))


def cells_of(folder: Path) -> Cells:
    """The cells that were corrected."""
    told = json.loads((folder / "cells").read_text(encoding="utf-8"))
    return {int(number): cells for number, cells in told.items()}


def correct(folder: Path, changed: Cells) -> None:
    """Keep these cells besides those that were corrected before."""
    cells = cells_of(folder)
    for number, told in changed.items():
        cells[number] = cells.get(number, {}) | told
    (folder / "cells").write_text(json.dumps(cells), encoding="utf-8")


def finish(folder: Path, receipt_id: int) -> None:
    """The file came in: it is not kept, only which receipt a second press of the button leads to."""
    (folder / "receipt").write_text(str(receipt_id), encoding="ascii")
    for part in PARTS:
        (folder / part).unlink()


def finished(folder: Path) -> int | None:
    """The receipt of a file that came in already."""
    path = folder / "receipt"
    return int(path.read_text(encoding="ascii")) if path.exists() else None
