"""OAuth at account and workspace: tokens for client secrets and for other issuers' tokens."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from urllib.parse import parse_qsl, unquote

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from mlops_sandbox.databricks.account.access_tokens import LIFETIME_SECONDS, issue
from mlops_sandbox.databricks.account.login import LoginError, Place, by_secret, by_token
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_ROOTS = ("/oidc", "/oidc/accounts/{account_id}")
_DISCOVERY = ("oauth-authorization-server", "openid-configuration")
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT = "urn:ietf:params:oauth:token-type:jwt"


@routes.get(*(f"{root}/.well-known/{document}" for root in _ROOTS for document in _DISCOVERY))
def discovery(call: Call) -> Json:
    """Where to log in (asked without credentials)."""
    base = f"http://{call.request.headers['host']}{call.request.url.path.partition('/.well-known/')[0]}"
    return {
        "authorization_endpoint": f"{base}/v1/authorize",
        "token_endpoint": f"{base}/v1/token",
        "issuer": base,
        "grant_types_supported": ["client_credentials", _EXCHANGE],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "scopes_supported": ["all-apis"],
    }


def _client(call: Call, form: dict[str, str]) -> tuple[str, str]:
    """The client's id and secret, from the Authorization header or from the form."""
    scheme, _, value = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = b64decode(value).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        raise LoginError("invalid_client", "The Authorization header is not Basic's.") from None
    return unquote(name), unquote(secret)


def _user(call: Call, form: dict[str, str], place: Place) -> str:
    grant = form.get("grant_type")
    application, secret = _client(call, form)
    if grant == "client_credentials":
        return by_secret(place, application, secret)
    if grant == _EXCHANGE:
        if form.get("subject_token_type") != _JWT:
            raise LoginError("invalid_request", f"subject_token_type must be {_JWT}.")
        return by_token(place, application or None, form.get("subject_token", ""))
    raise LoginError("unsupported_grant_type", f"The grant type {grant!r} is not supported.")


def _answer(call: Call, form: dict[str, str]) -> Response:
    place = Place(call.sandbox, call.path.get("account_id"), call.workspace)
    try:
        user = _user(call, form, place)
        token = issue(call.sandbox, user, workspace=place.workspace if place.account is None else None)
    except LoginError as error:
        body = {"error": error.code, "error_description": str(error)}
        return JSONResponse(body, status_code=401 if error.code == "invalid_client" else 400)
    body = {"access_token": token, "token_type": "Bearer", "scope": form.get("scope") or "all-apis"}
    whole = {**body, "expires_in": LIFETIME_SECONDS}
    return JSONResponse(whole, headers={"Cache-Control": "no-store"})


@routes.raw("POST", *(f"{root}/v1/token" for root in _ROOTS))
async def token(call: Call) -> Response:
    """An access token for a service principal's secret, or for a token that a federation policy trusts."""
    form = dict(parse_qsl((await call.request.body()).decode(errors="replace")))
    return await run_in_threadpool(_answer, call, form)
