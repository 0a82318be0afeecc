"""The database or the disk fails: nothing is saved, a page says so and offers again what was typed; no restart."""

from __future__ import annotations

import errno
from collections.abc import Callable

from flask import Flask, current_app, g
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree

READ_ONLY = "25006"  # PostgreSQL's own code: a standby, or a database that was made read only
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}


def of_the_database(error: DBAPIError) -> bool:
    """Whether the database could not do its work; else the program asked something wrong of it."""
    # sqlite3 says that a file is damaged or no database by the plain class
    away = isinstance(error, OperationalError) or type(error) is DatabaseError or error.connection_invalidated
    return away or getattr(error.orig, "sqlstate", None) == READ_ONLY


def register(app: Flask, page: Callable[[], ResponseReturnValue]) -> None:
    """Answer these faults with a page; whatever else went wrong stays what it is."""

    def told(error: Exception) -> ResponseReturnValue:
        # the class alone: what a driver says may hold values, and where the database is
        app.logger.error("nothing can be saved: %s", type(getattr(error, "orig", None) or error).__name__)
        forget_who()
        return page()

    @app.errorhandler(DBAPIError)
    def database(error: DBAPIError) -> ResponseReturnValue:
        if not of_the_database(error):
            raise error
        return told(error)

    @app.errorhandler(OSError)
    def disk(error: OSError) -> ResponseReturnValue:
        if error.errno not in DISK:
            raise error
        return told(error)

    app.register_error_handler(NoneFree, told)


def forget_who() -> None:
    """The page asks the database nothing; who is signed in is left out when that could not be asked before."""
    if "_login_user" not in g:
        current_app.login_manager._update_request_context_with_user()  # type: ignore[attr-defined]
