"""A balancer sends people only to a process that can serve them, and restarts none because the database is away."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from clinic.store.base import make_engine


@pytest.mark.both
def test_a_clinic_at_work_is_alive_and_ready(client: FlaskClient) -> None:
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)


def test_a_database_that_is_away_and_comes_back_is_told_without_a_restart(app: Flask, client: FlaskClient) -> None:
    here = app.extensions["engine"]
    app.extensions["engine"] = away = make_engine("sqlite:////nowhere/at/all.db")
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
    assert client.get("/readyz").text == "not ready\n"
    app.extensions["engine"] = here
    away.dispose()
    assert client.get("/readyz").status_code == 200


def test_a_database_of_another_version_is_not_served(app: Flask, client: FlaskClient) -> None:
    with app.extensions["engine"].begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert client.get("/readyz").status_code == 503
