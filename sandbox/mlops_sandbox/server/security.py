"""Who may call: loopback addresses by name, the token, and no page of another origin.

The sandbox runs code for whoever may call it, so a web page that the developer happens to
visit must not: a foreign Host (DNS rebinding) or Origin is refused before anything else is read.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request

from mlops_sandbox.context import Sandbox
from mlops_sandbox.errors import ApiError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
#: Databricks answers these without credentials, and so do clients ask.
_OPEN_PATHS = {
    "/.well-known/databricks-config",
    "/health",
    # An issuer's public keys, for whoever checks its tokens.
    "/github/_oidc/.well-known/openid-configuration",
    "/github/_oidc/jwks",
    "/azuredevops/_oidc/.well-known/openid-configuration",
    "/azuredevops/_oidc/jwks",
}
#: Where credentials are given, and tokens taken.
_LOGIN = "/oidc/"
#: Where a job's own token is good, by how such tokens begin; the code host checks them itself.
_RUN_TOKENS = {"ghs_": ("/github/",), "ado_": ("/azuredevops/",)}
#: What Databricks' own access tokens do not open.
_NOT_DATABRICKS = ("/github/", "/azuredevops/", "/sandbox/")
#: The sandbox's own paths beside those: the page, and what says that it runs.
_OWN = {"/", "/health", "/login", "/.well-known/databricks-config"}
_SAFE = {"GET", "HEAD"}
#: With it, an SDK names the workspace that it means at an address of several.
WORKSPACE_HEADER = "x-databricks-workspace-id"


def cookie_name(port: int) -> str:
    """The page's cookie; browsers share cookies between ports, so the port is part of the name."""
    return f"mlops-sandbox-{port}"


def same_tokens(given: str, token: str) -> bool:
    """Whether two tokens are the same, in a time that says nothing about where they differ."""
    return hmac.compare_digest(given.encode(), token.encode())


def check_origin(request: Request, port: int) -> None:
    """Refuse a foreign Host, and whatever a browser sends for a page of another origin."""
    host = urlsplit(f"//{request.headers.get('host', '')}")
    if host.hostname not in _LOOPBACK or (host.port or 80) != port:
        raise ApiError(
            403, "PERMISSION_DENIED", f"Host {request.headers.get('host', '')!r} is not this sandbox's."
        )
    origin = request.headers.get("origin")
    if origin is not None:
        parts = urlsplit(origin)
        if parts.scheme != "http" or parts.hostname not in _LOOPBACK or parts.port != port:
            raise ApiError(403, "PERMISSION_DENIED", f"Origin {origin!r} may not call the sandbox.")
    site = request.headers.get("sec-fetch-site", "none")
    if site not in {"none", "same-origin"} and request.headers.get("sec-fetch-mode") != "navigate":
        raise ApiError(403, "PERMISSION_DENIED", "A page of another site may not call the sandbox.")


def is_account(request: Request, sandbox: Sandbox) -> bool:
    """Whether the account is called: the sandbox's own port by the name `localhost`."""
    host = urlsplit(f"//{request.headers.get('host', '')}")
    return host.hostname == "localhost" and host.port == urlsplit(sandbox.url).port


def is_databricks(path: str) -> bool:
    """Whether a path is one of Databricks' own, not the sandbox's or another vendor's."""
    return path not in _OWN and not path.startswith(_NOT_DATABRICKS)


def names_account(request: Request, sandbox: Sandbox) -> bool:
    """Whether the account itself is called, and not one of its workspaces by the header that names it."""
    return is_account(request, sandbox) and WORKSPACE_HEADER not in request.headers


def presented_token(request: Request, port: int) -> str | None:
    """The token of the Authorization header (Bearer, `token`, Basic's password), else the page's cookie.

    Requests signed for S3 carry it as their session token.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.startswith("AWS4-"):
        return request.headers.get("x-amz-security-token")
    if scheme.lower() in {"bearer", "token"}:
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return b64decode(value).decode().partition(":")[2]
        except ValueError:
            return None
    return request.cookies.get(cookie_name(port))


def check_token(
    request: Request, port: int, token: str, speaks_for: Callable[[str], str | None]
) -> str | None:
    """Refuse a call without the sandbox's token or an access token that it issued.

    Returns:
        Whom an access token speaks for, None for the sandbox's own user.
    """
    path = request.url.path
    if path in _OPEN_PATHS or path.startswith(_LOGIN):
        return None
    given = presented_token(request, port)
    if given is None:
        raise ApiError(
            401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API."
        )
    if path.startswith(_RUN_TOKENS.get(given[:4], ())):
        return None
    if not same_tokens(given, token):
        user = None if path.startswith(_NOT_DATABRICKS) else speaks_for(given)
        if user is None:
            raise ApiError(403, "PERMISSION_DENIED", "Invalid access token.")
        return user
    # A cookie travels by itself: what changes something must say where it comes from.
    by_cookie = "authorization" not in request.headers
    if by_cookie and request.method not in _SAFE and "origin" not in request.headers:
        raise ApiError(403, "PERMISSION_DENIED", "A call with the page's cookie must name its Origin.")
    return None
