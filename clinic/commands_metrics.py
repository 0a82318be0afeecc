"""`clinic metrics`: numbers for Prometheus on a port of their own, which no proxy passes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import click
from prometheus_client import CollectorRegistry, multiprocess, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from clinic.commands_keep import settings
from clinic.services import backups
from clinic.store.base import make_engine
from clinic.store.copies import count_failed
from clinic.store.letters import Letter
from clinic.store.restores import unconfirmed_since
from clinic.store.seals import LINES, newest
from clinic.web.units import now
from config import Settings

Family = GaugeMetricFamily


class State(Collector):
    """How the register stands at the moment of asking: what waits, what is not sealed, how old the backup is."""

    def __init__(self, engine: Engine, told: Settings) -> None:
        self.engine, self.told = engine, told

    def collect(self) -> Iterator[Family]:
        """The numbers; when the database is away that is the only one."""
        try:
            found = list(self.of_database())
        except DBAPIError:
            found = []
        yield Family("botwacht_database_up", "Whether the database answers.", value=1 if found else 0)
        yield from found
        yield from self.of_backups()

    def of_database(self) -> Iterator[Family]:
        """What can be counted in the register, by index."""
        with self.engine.connect() as bare:
            connection = bare.execution_options(writes=False)
            states = Family("botwacht_letters", "Letters by state.", labels=["state"])
            for state, count in connection.execute(select(Letter.state, func.count()).group_by(Letter.state)):
                states.add_metric([state], count)
            copies = count_failed(connection)
            last = newest(connection)
            unsealed = select(func.count()).select_from(LINES).where(LINES.c.id > (last.last_id if last else 0))
            waiting = connection.scalar(unsealed) or 0
            restored = unconfirmed_since(connection)
        yield states
        yield Family("botwacht_copies_failed", "Copies of letters that did not arrive, to a thousand.", value=copies)
        yield Family("botwacht_log_unsealed_lines", "Lines of the log that are not sealed yet.", value=waiting)
        waits = "Whether a restore waits for its confirmation."
        yield Family("botwacht_restore_unconfirmed", waits, value=int(restored is not None))

    def of_backups(self) -> Iterator[Family]:
        """How old the newest backup is; nothing where none is made."""
        folder = self.told.backup_folder
        age: timedelta | None = backups.age_of_newest(folder, now()) if folder and folder.is_dir() else None
        if age is not None:
            yield Family("botwacht_backup_age_seconds", "Age of the newest backup.", value=age.total_seconds())


def registry(engine: Engine, told: Settings) -> CollectorRegistry:
    """What the workers counted, put together, and how the register stands."""
    made = CollectorRegistry()
    told.metrics_dir.mkdir(parents=True, exist_ok=True)
    multiprocess.MultiProcessCollector(made, path=str(told.metrics_dir))  # type: ignore[no-untyped-call]
    made.register(State(engine, told))
    return made


@click.command("metrics")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--port", type=click.IntRange(1, 65535), default=9108, show_default=True, help="On which port.")
def command(host: str, port: int) -> None:
    """Serve /metrics for Prometheus until stopped; run it beside `clinic serve`."""
    told = settings()
    start_http_server(port, addr=host, registry=registry(make_engine(told.database_url), told))
    click.echo(f"metrics: http://{host}:{port}/metrics")
    threading.Event().wait()
