"""How the gate says no: to a program in the vendor's JSON, to a person's browser with a short page."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from mlops_sandbox.errors import ApiError

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; min-height: 90vh; margin: 0 1.5rem; }
body { display: grid; place-items: center; }
main { max-width: 34rem; }
h1 { font-size: 1.5rem; margin: 0 0 0.5rem; }
p { margin: 0 0 0.75rem; }
code { font: 0.9em ui-monospace, monospace; padding: 0.1em 0.45em; }
code { border: 1px solid GrayText; border-radius: 6px; }
small { color: GrayText; }
"""
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def refusal(request: Request, error: ApiError) -> Response:
    """The answer to a request that the gate does not let through."""
    wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if not wants_page:
        return JSONResponse(error.body(), status_code=error.status)
    page = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>mlops sandbox</title><style>{_STYLE}</style></head>
<body><main>
<h1>This sandbox needs its link</h1>
<p><code>mlops sandbox status</code> prints it: the address of this page with the token that opens it.</p>
<p><small>{escape(error.message)}</small></p>
</main></body>
</html>
"""
    return HTMLResponse(page, status_code=error.status, headers=_HEADERS)
