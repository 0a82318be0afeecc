"""What operators see of each request: a line in the technical log and counts for Prometheus, by endpoint and status.

An endpoint is the name of a page, never the address that was asked for: that could hold what somebody typed.
"""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram

from clinic.web.units import trace

log = logging.getLogger("clinic.requests")
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
REQUESTS = Counter("botwacht_requests", "Requests answered.", ("endpoint", "method", "status"))
SECONDS = Histogram("botwacht_request_seconds", "How long a request took.", ("endpoint",), buckets=BOUNDS)
QUIET = frozenset(("health.alive", "health.ready", "static", "bootstrap.static"))
"""Asked by machines all day: counted, and not written down."""
METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))


def register(app: Flask) -> None:
    """Measure every request."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        tell(response.status_code)
        return response


def tell(status: int) -> None:
    """One request that was answered."""
    taken = time.perf_counter() - g.get("began", time.perf_counter())
    endpoint = request.endpoint or "unknown"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(endpoint, method, str(status)).inc()
    SECONDS.labels(endpoint).observe(taken)
    if endpoint not in QUIET:
        who = getattr(g.get("_login_user"), "id", None)  # as Flask-Login left it; asking could meet a database away
        told = {"endpoint": endpoint, "method": method, "status": status, "ms": round(taken * 1000, 1), "user": who,
                "trace": trace()}  # fmt: skip
        log.info("request", extra={"told": told})
