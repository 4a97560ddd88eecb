"""The page's own files: one HTML document, one style sheet, a few ES modules; no build, no other host."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from mlops_sandbox.errors import not_found
from mlops_sandbox.server.routing import Call, Routes

routes = Routes()

_STATIC = Path(__file__).parent / "static"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # A sandbox of another version may be at this address tomorrow.
    "Cache-Control": "no-cache",
}


def _file(name: str) -> Response:
    file = _STATIC / name
    return Response(file.read_bytes(), media_type=_MEDIA_TYPES[file.suffix], headers=_HEADERS)


@routes.get("/")
def page(_call: Call) -> Response:
    """The page."""
    return _file("index.html")


@routes.get("/sandbox/page/static/{name}")
def asset(call: Call) -> Response:
    """A file that the page consists of."""
    name = call.path["name"]
    if name not in {file.name for file in _STATIC.iterdir()}:
        raise not_found(f"The page has no file {name}.")
    return _file(name)
