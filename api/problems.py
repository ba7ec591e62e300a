"""Refusals as RFC 9457 problem details: the only file that knows status codes. Never echoes the input."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError, TimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.words import WORDS, say_problem
from kit import problems as kinds
from kit.logs import request_id
from kit.words import best_locale

log = logging.getLogger("api.problems")


class MethodNotAllowed(kinds.Problem):
    """This address does not take that method; `Allow` lists those it takes."""

    slug, title = "method-not-allowed", "Method not allowed"


class HeadersTooLarge(kinds.Problem):
    """The request carries more or longer headers than we take."""

    slug, title = "headers-too-large", "Headers too large"


STATUS: tuple[tuple[type[kinds.Problem], int], ...] = (
    (MethodNotAllowed, 405),
    (HeadersTooLarge, 431),
    (kinds.Malformed, 400),
    (kinds.Unauthenticated, 401),
    (kinds.Forbidden, 403),
    (kinds.NotFound, 404),
    (kinds.Conflict, 409),
    (kinds.Gone, 410),
    (kinds.Stale, 412),
    (kinds.TooLarge, 413),
    (kinds.Unsupported, 415),
    (kinds.Invalid, 422),
    (kinds.UpgradeRequired, 426),
    (kinds.PreconditionMissing, 428),
    (kinds.TooMany, 429),
    (kinds.Unavailable, 503),
)


def status_of(problem: kinds.Problem | type[kinds.Problem]) -> int:
    kind = problem if isinstance(problem, type) else type(problem)
    return next((status for base, status in STATUS if issubclass(kind, base)), 500)


def details(problem: kinds.Problem, locale: str, instance: str | None = None) -> dict[str, Any]:
    """The members of RFC 9457, then the facts of this refusal."""
    slug = problem.slug
    title = say_problem(f"{slug}-title", locale) or problem.title
    detail = say_problem(f"{slug}-detail", locale) or (type(problem).__doc__ or "")
    body: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": title,
        "status": status_of(problem),
        "detail": detail,
        "instance": instance or f"urn:request:{request_id.get()}",
    }
    if problem.errors:
        body["errors"] = [{"detail": _place(error, locale), "pointer": error.pointer} for error in problem.errors]
    return {**problem.facts, **body}


def _place(error: kinds.FieldError, locale: str) -> str:
    key = f"field-{error.detail}"
    return WORDS.say(key, locale) if WORDS.has(key) else WORDS.say("field-wrong", locale)


def answer(problem: kinds.Problem, locale: str) -> Response:
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, kinds.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, kinds.Unavailable) and problem.retry_after is None:
        headers["Retry-After"] = "2"
    return JSONResponse(
        details(problem, locale), status_of(problem), headers=headers, media_type="application/problem+json"
    )


def install(app: FastAPI) -> None:
    """Handlers for our refusals, FastAPI's own, a database that is away, and what nobody foresaw."""

    def locale(request: Request) -> str:
        return best_locale(request.headers.get("accept-language"))

    @app.exception_handler(kinds.Problem)
    async def ours(request: Request, problem: kinds.Problem) -> Response:
        return answer(problem, locale(request))

    @app.exception_handler(RequestValidationError)
    async def query_wrong(request: Request, error: RequestValidationError) -> Response:
        places = tuple(
            kinds.FieldError("/" + "/".join(str(part)[:64] for part in item["loc"][1:]), item["type"].replace("_", "-"))
            for item in error.errors()[:20]
        )
        return answer(kinds.Invalid(errors=places), locale(request))

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        chosen = {404: kinds.NotFound, 405: MethodNotAllowed, 413: kinds.TooLarge}.get(
            error.status_code, kinds.Malformed
        )
        response = answer(chosen(), locale(request))
        if error.status_code == 405:
            response.headers["Allow"] = ", ".join(sorted(_methods_here(request)))
        return response

    @app.exception_handler(DBAPIError)
    async def database_refused(request: Request, error: DBAPIError) -> Response:
        if error.connection_invalidated or isinstance(error.orig, OperationalError):
            log.warning("database away", extra={"error": type(error.orig).__name__})
            return answer(kinds.Unavailable(), locale(request))
        return unforeseen(error, locale(request))

    @app.exception_handler(OperationalError)
    @app.exception_handler(TimeoutError)
    async def database_away(request: Request, error: Exception) -> Response:
        log.warning("database away", extra={"error": type(error).__name__})
        return answer(kinds.Unavailable(), locale(request))

    @app.exception_handler(Exception)
    async def anything(request: Request, error: Exception) -> Response:
        return unforeseen(error, locale(request))


def _methods_here(request: Request) -> set[str]:
    """Every method that some route takes at this address."""
    found: set[str] = set()
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        asked = {**request.scope, "method": method}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            found.add(method)
    return found


def unforeseen(error: Exception, locale: str) -> Response:
    """A 500 shows an id and nothing else; the log has the rest under the same id."""
    log.error("unforeseen", exc_info=error)
    body = {
        "type": "/problems/internal-error",
        "title": WORDS.say("internal-error-title", locale),
        "status": 500,
        "detail": WORDS.say("internal-error-detail", locale),
        "instance": f"urn:request:{request_id.get()}",
    }
    return JSONResponse(body, 500, {"Cache-Control": "no-store"}, media_type="application/problem+json")
