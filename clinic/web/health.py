"""For the machines around the clinic: whether this process lives, and whether it can serve."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from clinic.security.guard import public
from clinic.store import schema
from clinic.web.units import engine

bp = Blueprint("health", __name__)
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """The process answers; nothing else is asked, so that a database that is away restarts nobody."""
    return "alive\n", 200, PLAIN


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """The database answers and has this program's version; why not is for the log of the clinic, not for outside."""
    return ("ready\n", 200, PLAIN) if answers() else ("not ready\n", 503, PLAIN)


def answers() -> bool:
    """Whether a page could be made now."""
    try:
        with engine().connect() as bare:
            return schema.version(bare.execution_options(writes=False)) == schema.newest()
    except DBAPIError:
        return False
