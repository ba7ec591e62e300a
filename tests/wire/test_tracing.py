"""Tracing is off unless an endpoint is set; then a request's span reaches the collector with the caller's trace."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from kit.settings import get_settings
from tests.api_client import served

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A collector that speaks OTLP over HTTP on loopback, and what it received."""
    received: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join(5)


def test_a_request_becomes_a_span_of_the_callers_trace(world: Any, collector: Any) -> None:
    from api.app import make_app

    endpoint, received = collector
    os.environ["HT_OTEL_ENDPOINT"] = endpoint
    get_settings.cache_clear()
    try:
        app = make_app()
    finally:
        del os.environ["HT_OTEL_ENDPOINT"]
        get_settings.cache_clear()
    with served(app) as address:
        headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        assert httpx.get(f"{address}/v1/categories", headers=headers, trust_env=False).status_code == 200
    app.state.tracer_provider.shutdown()
    spans = [s for r in received for rs in r.resource_spans for ss in rs.scope_spans for s in ss.spans]
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    assert any(span.name == "GET /v1/categories" for span in spans)
