"""Small JSON requests to a code host."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from pulumi_databricks_mlops.cli.errors import CliError

_SECONDS = 30


def call(method: str, url: str, token: str, body: Any = None, accept: str = "application/json") -> Any:
    """One request with a bearer token.

    Returns:
        The parsed answer, None for an empty one.

    Raises:
        CliError: with the status and what the host said.
    """
    request = Request(url, method=method)  # noqa: S310 - the code host's own address
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Accept", accept)
    data = None
    if body is not None:
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode()
    try:
        with urlopen(request, data, timeout=_SECONDS) as answer:  # noqa: S310
            raw = answer.read()
    except HTTPError as error:
        raise CliError(f"{method} {url}: {error.code} {_reason(error)}{_hint(error.code)}") from None
    except (URLError, OSError) as error:
        raise CliError(f"{method} {url}: no answer ({getattr(error, 'reason', error)})") from None
    return json.loads(raw) if raw.strip() else None


def _reason(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read()).get("message") or error.reason)
    except (ValueError, AttributeError, OSError):
        return str(error.reason)


def _hint(status: int) -> str:
    if status in (401, 403):
        return (
            ". The job's token may not do that: on GitHub give the job `pull-requests: write` (comments) or "
            "`issues: write` (drift); on Azure DevOps pass SYSTEM_ACCESSTOKEN and let the build service "
            "contribute to pull requests."
        )
    return ""
