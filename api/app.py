"""The web application: routers, refusals, the gate. `api.app:app` is what a web process serves."""

import importlib
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api import health, pages, problems
from api.auth import ENDED
from api.body import BODY_MODELS
from api.edge import Edge
from api.gate import Gate, Marked
from api.query import StrictParameters
from api.tracing import trace
from api.v1 import auth, demo, directory, reports, steps, stream
from kit.db import forget_engine
from kit.settings import get_settings

VERSION = "1.0.0"
PARTS = ("api.v1.administration", "api.v1.photos", "api.v1.messages", "api.v1.indicators", "api.tiles")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    ENDED.start()
    yield
    forget_engine()


def make_app(*, with_demo: bool | None = None) -> FastAPI:
    """The application for the settings of this process; the demo's own doors only outside production."""
    settings = get_settings()
    with_demo = settings.profile != "prod" if with_demo is None else with_demo
    app = FastAPI(
        title="Hiện Trường",
        version=VERSION,
        description="Citizen reports and field dispatch for provincial operations centres.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    problems.install(app)
    for router in (auth.router, reports.router, steps.router, steps.audit, directory.router, stream.router):
        app.include_router(router, dependencies=[StrictParameters])
    for name in PARTS:
        if importlib.util.find_spec(name):
            part = importlib.import_module(name)
            reads_alone = getattr(part, "READS_QUERY_ALONE", False)
            app.include_router(part.router, dependencies=[] if reads_alone else [StrictParameters])
    if with_demo:
        app.include_router(demo.router, dependencies=[StrictParameters])
    app.include_router(health.router)
    pages.install(app)
    app.add_middleware(Gate, slots=settings.db_slots, waiting=settings.db_queue)
    app.add_middleware(health.Measured)
    app.add_middleware(Edge)
    app.add_middleware(Marked)
    trace(app)
    app.openapi = lambda: described(app)  # type: ignore[method-assign]
    return app


def described(app: FastAPI) -> dict[str, Any]:
    """OpenAPI with the schemas of the bodies that endpoints parse themselves, and problem+json for refusals."""
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    parts = schema.setdefault("components", {}).setdefault("schemas", {})
    models = [(model, "validation") for model in BODY_MODELS.values()]
    _, defined = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    parts.update(defined.get("$defs", {}))
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {
                "description": "A refusal (RFC 9457)",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
    parts["Problem"] = {
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object"}},
        },
    }
    app.openapi_schema = schema
    return schema


app = make_app()
