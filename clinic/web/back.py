"""Back to the page a job was begun from, with its filters; never to another site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request, url_for

LONGEST = 2000


def is_local(path: str) -> bool:
    """Whether a browser stays here: one slash first, and nothing it would read as a host or strip on the way."""
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST:
        return False
    if "\\" in path or any(ord(sign) < 33 or ord(sign) == 127 for sign in path):
        return False
    try:
        parts = urlsplit(path)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def back_path() -> str:
    """The local path that `?back=`, or the form's hidden field, asks for; empty when there is none."""
    path = request.form.get("back") or request.args.get("back") or ""
    return path if is_local(path) else ""


def back_or(default: str) -> str:
    """Where to go when the job is done."""
    return back_path() or default


def to_record(patient_id: int) -> str | None:
    """Her record with the list that it was opened from, for a job that is begun there; None without such a list."""
    back = back_path()
    return url_for("patients.record", patient_id=patient_id, back=back) if back else None
