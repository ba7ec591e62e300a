"""Alive, able to serve, and the figures of the process for Prometheus (never public)."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.db import reading
from kit.jobs import stats
from kit.problems import NotFound, Unavailable

router = APIRouter(include_in_schema=False)
_OF_PROXIES = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")
REQUESTS = Counter("ht_requests_total", "Answers by method, route and status", ["method", "route", "status"])
SECONDS = Histogram("ht_request_seconds", "Time to the answer's first byte", ["method", "route"])
JOBS = Gauge("ht_jobs", "Jobs by state", ["state"])
OLDEST = Gauge("ht_job_oldest_seconds", "Age of the oldest job that waits")
OUTBOX = Gauge("ht_outbox_waiting", "Events the relay has not taken yet")


@router.get("/healthz")
async def alive() -> Response:
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz")
def ready() -> Response:
    """200 when the database answers and knows our tables."""
    try:
        with reading() as session:
            session.execute(text("SELECT 1 FROM directory_version")).one()
    except Exception as error:
        raise Unavailable() from error
    return Response("ready\n", media_type="text/plain")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """For a scraper on this machine; through a proxy or from elsewhere there is nothing here."""
    peer = request.client.host if request.client else ""
    if peer not in {"127.0.0.1", "::1"} or any(name in request.headers for name in _OF_PROXIES):
        raise NotFound()
    with reading() as session:
        counted = stats(session)
        waiting = session.execute(text("SELECT count(*) FROM outbox WHERE stream_no IS NULL")).scalar_one()
    for state in ("queued", "running", "dead"):
        JOBS.labels(state).set(counted[state])
    OLDEST.set(counted["oldest_s"])
    OUTBOX.set(waiting)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """ASGI middleware: counts and times answers by route template, so that ids do not become labels."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                route: Any = scope.get("route")
                name = getattr(route, "path", "unknown")
                REQUESTS.labels(scope["method"], name, str(message["status"])).inc()
                SECONDS.labels(scope["method"], name).observe(time.perf_counter() - began)
            await send(message)

        await self.app(scope, receive, watched)
