"""A form or question that was refused is shown again with whose it is: a look like any other, and kept as one."""

from __future__ import annotations

from flask import Flask, Response, g, request

from clinic.security.audit import Action
from clinic.web.units import reading


def register(app: Flask) -> None:
    """Before such a page leaves: no look was kept, and an identity band stands on it."""

    @app.after_request
    def write_down(response: Response) -> Response:
        shown = set(g.get("banded", ()))
        if shown and not g.get("kept") and not 300 <= response.status_code < 400:
            with reading() as work:
                for patient_id in sorted(shown):
                    work.note(Action.PATIENT_OPENED, patient_id, f"page:{request.endpoint}")
        return response
