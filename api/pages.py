"""Pages for people: what a problem means; the panel's files."""

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.problems import details, status_of
from api.words import WORDS
from kit.problems import NotFound, every_problem
from kit.words import best_locale

router = APIRouter(include_in_schema=False)
DIST = Path(__file__).resolve().parents[1] / "admin" / "console" / "dist"
PANEL_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_PAGE = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title><body><main><h1>{title}</h1><p>{detail}</p><p>HTTP {status} · {slug}</p></main></body>"
    "</html>"
)


@router.get("/problems/{slug}")
async def problem_page(slug: str, request: Request) -> Response:
    """What this error means, in the reader's language."""
    locale = best_locale(request.headers.get("accept-language"))
    kind = every_problem().get(slug)
    if kind is None and slug != "internal-error":
        raise NotFound()
    if kind is None:
        title, detail, status = (
            WORDS.say("internal-error-title", locale),
            WORDS.say("internal-error-detail", locale),
            500,
        )
    else:
        said = details(kind(), locale)
        title, detail, status = said["title"], said["detail"], status_of(kind)
    page = _PAGE.format(lang=locale, title=title, detail=detail, status=status, slug=slug)
    return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"})


@router.get("/")
async def front_door() -> Response:
    return RedirectResponse("/panel/", 307)


@router.get("/panel")
async def panel_door(request: Request) -> Response:
    """The page lies in its folder; period and language in the query come along."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/panel/{query}", 307)


@router.get("/panel/{path:path}")
async def panel_file(path: str) -> Response:
    """The built panel; its assets carry a hash in their name and may be kept for ever, the page itself never."""
    root = DIST.resolve()
    wanted = (root / (path or "index.html")).resolve()
    if not wanted.is_relative_to(root):
        raise NotFound()
    if not wanted.is_file():
        wanted = root / "index.html"
        if "." in path.rpartition("/")[2] or not wanted.is_file():
            raise NotFound()
    kept = "public, max-age=31536000, immutable" if "/assets/" in str(wanted) else "no-cache"
    return FileResponse(wanted, headers={"Cache-Control": kept, "Content-Security-Policy": PANEL_CSP})


def install(app: FastAPI) -> None:
    app.include_router(router)
