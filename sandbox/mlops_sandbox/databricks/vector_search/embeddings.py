"""Texts as vectors, by a model that an endpoint of this sandbox serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from mlops_sandbox.context import Sandbox
from mlops_sandbox.errors import ApiError, invalid

_SECONDS = 60.0


def embed(
    sandbox: Sandbox, workspace: str, endpoint: str, texts: Sequence[str], token: str
) -> list[list[float]]:
    """Ask the endpoint.

    Args:
        sandbox: the running sandbox.
        workspace: the workspace that has the endpoint.
        endpoint: its name.
        texts: what to embed.
        token: the caller's own: who may not ask the model gets no vectors of it.

    Raises:
        ApiError: 400 with the endpoint and why it can't be done.
    """
    url = f"{sandbox.workspaces.url(workspace)}/serving-endpoints/{endpoint}/invocations"
    headers = {"Authorization": f"Bearer {token}"}
    reason = ""
    # Embedding tasks take `input`; a plain model of MLflow's takes `inputs`.
    for field in ("input", "inputs"):
        try:
            answer = httpx.post(
                url, json={field: list(texts)}, headers=headers, timeout=_SECONDS, trust_env=False
            )
        except httpx.HTTPError as error:
            raise _refused(endpoint, type(error).__name__) from None
        if answer.is_success:
            return _vectors(endpoint, answer.json(), len(texts))
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        reason = str(told.get("message") or f"it answered {answer.status_code}")
        if answer.status_code != 400:
            break
    raise _refused(endpoint, reason)


def _refused(endpoint: str, reason: str) -> ApiError:
    return invalid(f"Embeddings by the endpoint {endpoint} can't be computed in the sandbox: {reason}")


def _vectors(endpoint: str, told: Any, count: int) -> list[list[float]]:
    found: Any = None
    if isinstance(told, dict):
        data = told.get("data")
        found = (
            [each.get("embedding") for each in data] if isinstance(data, list) else told.get("predictions")
        )
    fits = isinstance(found, list) and len(found) == count
    if not fits or not all(isinstance(each, list) and each for each in found):
        raise _refused(endpoint, "its answer is not one vector for each text")
    return [[float(number) for number in each] for each in found]
