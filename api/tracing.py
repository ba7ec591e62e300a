"""OpenTelemetry, optional: with HT_OTEL_ENDPOINT set, each request becomes a span sent by OTLP over HTTP.

Spans carry route templates and status codes, never bodies, tokens or personal data. A caller's `traceparent` (W3C
Trace Context) is continued.
"""

from fastapi import FastAPI

from kit.settings import get_settings

_QUIET = "healthz,readyz,metrics,v1/stream"


def trace(app: FastAPI) -> None:
    """Instrument the application where an endpoint is set; costs nothing where none is."""
    endpoint = get_settings().otel_endpoint
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "hien-truong-web"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=5)))
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, excluded_urls=_QUIET)
    app.state.tracer_provider = provider
