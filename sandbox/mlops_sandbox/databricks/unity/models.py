"""Registered models, their versions and aliases: MLflow's registry is their single truth.

So the MLflow client and Unity Catalog's API (`models_api`) always agree.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.mlflow_server import MlflowServer
from mlops_sandbox.databricks.unity import grants
from mlops_sandbox.databricks.unity.securables import missing, split
from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Json

_KIND = "registered_model"


def ask(sandbox: Sandbox, method: str, path: str, **sent: Any) -> Json:
    """Ask MLflow's registry; its refusals are raised as they are."""
    server = sandbox.get(MlflowServer)
    server.wait()
    with server.client() as mlflow:
        try:
            answer = mlflow.request(method, f"/api/2.0/mlflow/{path}", **sent)
        except httpx.TransportError as error:
            raise ApiError(503, "TEMPORARILY_UNAVAILABLE", f"MLflow does not answer: {error}") from None
    body: Json = answer.json() if answer.content else {}
    if answer.status_code >= 400:
        raise ApiError(
            answer.status_code, body.get("error_code", "INTERNAL_ERROR"), body.get("message", answer.text)
        )
    return body


def require(sandbox: Sandbox, full_name: str) -> Json:
    """The model as MLflow has it; 404 when there is none."""
    split(full_name, 3)
    try:
        found = ask(sandbox, "GET", "registered-models/get", params={"name": full_name.lower()})
    except ApiError as error:
        if error.status == 404:
            raise missing(_KIND, full_name) from None
        raise
    model: Json = found["registered_model"]
    return model


def names(sandbox: Sandbox, prefix: str) -> list[str]:
    """The full names of all models whose name starts with the prefix, in order."""
    found: list[str] = []
    token = ""
    while True:
        asked = {"filter": f"name LIKE '{prefix}%'", "max_results": 500, "page_token": token}
        answer = ask(sandbox, "GET", "registered-models/search", params=asked)
        found += [model["name"] for model in answer.get("registered_models", [])]
        token = answer.get("next_page_token", "")
        if not token:
            # LIKE reads _ as any character.
            return sorted(name for name in found if name.startswith(prefix))


def remove(sandbox: Sandbox, workspace: str, full_name: str) -> None:
    """Delete a model with all its versions."""
    require(sandbox, full_name)
    ask(sandbox, "DELETE", "registered-models/delete", json={"name": full_name.lower()})
    store = sandbox.metastore(workspace)
    store.delete(_KIND, full_name.lower())
    grants.forget(store, "function", full_name.lower())


def version_of(sandbox: Sandbox, full_name: str, version: int | str) -> Json:
    """A version as MLflow has it; 404 when there is none."""
    try:
        asked = {"name": full_name.lower(), "version": str(version)}
        found = ask(sandbox, "GET", "model-versions/get", params=asked)
    except ApiError as error:
        if error.status == 404:
            text = f"Model version '{version}' of '{full_name}' does not exist."
            raise not_found(text, "MODEL_VERSION_DOES_NOT_EXIST") from None
        raise
    known: Json = found["model_version"]
    return known


def alias_version(sandbox: Sandbox, workspace: str, full_name: str, alias: str) -> int:
    """The version that an alias points to; 404 when there is no such alias."""
    del workspace  # one registry serves all
    for known in require(sandbox, full_name).get("aliases", []):
        if known["alias"] == alias:
            return int(known["version"])
    raise not_found(f"Alias '{alias}' of '{full_name}' does not exist.")


def model_version_artifact(sandbox: Sandbox, workspace: str, full_name: str, version: int | str) -> Path:
    """The local folder with a version's model (its `MLmodel` file is in it); 404 when there is none."""
    del workspace  # one registry serves all
    version_of(sandbox, full_name, version)
    asked = {"name": full_name.lower(), "version": str(version)}
    uri = str(ask(sandbox, "GET", "model-versions/get-download-uri", params=asked)["artifact_uri"])
    if uri.startswith("models:/"):
        uri = ask(sandbox, "GET", f"logged-models/{uri.removeprefix('models:/')}")["model"]["info"][
            "artifact_uri"
        ]
    parts = urlsplit(uri)
    if parts.scheme != "mlflow-artifacts":
        raise invalid(f"Version {version} of '{full_name}' is not kept in this workspace, but at {uri}.")
    artifacts = sandbox.get(MlflowServer).artifacts.resolve()
    folder = (artifacts / unquote(parts.path).lstrip("/")).resolve()
    if not folder.is_relative_to(artifacts) or not (folder / "MLmodel").is_file():
        raise not_found(f"Version {version} of '{full_name}' has no model at {uri}.")
    return folder
