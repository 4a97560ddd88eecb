"""The deploy task: a challenger that passed becomes champion; roll back is one parameter."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import mlflow
from databricks.sdk import WorkspaceClient

from flights.deployment import endpoint as serving
from flights.deployment.endpoint import Shape
from flights.errors import FlightsError
from flights.training.task import EXAMPLE_TAG
from flights.validation.task import CHALLENGER, CHAMPION, PASSED, STATUS_TAG, alias_version

#: The version tag that names the champion before it.
PREVIOUS_TAG = "previous_champion"


@dataclass(frozen=True)
class Target:
    """What to deploy to."""

    model: str
    endpoint: str
    """Empty: no endpoint, only the alias moves."""
    shape: Shape
    timeout: timedelta = timedelta(minutes=45)


def deploy(target: Target, version: str, workspace: WorkspaceClient | None = None) -> str:
    """Make the version champion, if it is the challenger and passed validation.

    The endpoint serves it before the alias moves: on a failure the old champion keeps serving, and its
    alias.

    Returns:
        A sentence that says what happened.

    Raises:
        FlightsError: the endpoint did not take the version.
    """
    client = mlflow.MlflowClient()
    status = client.get_model_version(target.model, version).tags.get(STATUS_TAG, "not judged")
    if alias_version(target.model, CHAMPION) == version:
        _serve(target, version, workspace)
        _drop_challenger(target.model, version)
        return f"Version {version} of {target.model} is the champion already."
    if alias_version(target.model, CHALLENGER) != version or status != PASSED:
        return f"Version {version} of {target.model} is not deployed: no challenger, validation {status}."
    _move(target, version, workspace)
    return f"Version {version} of {target.model} is the champion now."


def roll_back(target: Target, to: str, workspace: WorkspaceClient | None = None) -> str:
    """Make an earlier champion the champion again.

    Args:
        target: what to deploy to.
        to: a version number, or `previous` for the champion before the current one.
        workspace: the client; None: from the environment.

    Raises:
        FlightsError: there is no such version, or it never passed validation.
    """
    client = mlflow.MlflowClient()
    current = alias_version(target.model, CHAMPION)
    if to == "previous":
        tags = client.get_model_version(target.model, current).tags if current else {}
        if not tags.get(PREVIOUS_TAG):
            raise FlightsError(
                f"{target.model} has no champion before version {current}: name a version to roll back to."
            )
        to = tags[PREVIOUS_TAG]
    try:
        status = client.get_model_version(target.model, to).tags.get(STATUS_TAG, "not judged")
    except mlflow.MlflowException as error:
        raise FlightsError(f"{target.model} has no version {to} to roll back to: {error.message}") from error
    if status != PASSED:
        raise FlightsError(f"Version {to} of {target.model} can't be rolled back to: validation {status}.")
    _move(target, to, workspace)
    return f"Rolled back: version {to} of {target.model} is the champion, in place of {current}."


def _move(target: Target, version: str, workspace: WorkspaceClient | None) -> None:
    client = mlflow.MlflowClient()
    before = alias_version(target.model, CHAMPION)
    _serve(target, version, workspace)
    if before and before != version:
        client.set_model_version_tag(target.model, version, PREVIOUS_TAG, before)
    client.set_registered_model_alias(target.model, CHAMPION, version)
    _drop_challenger(target.model, version)


def _serve(target: Target, version: str, workspace: WorkspaceClient | None) -> None:
    """Serve the version and try one flight; a version that can't answer makes place for the one before it."""
    if not target.endpoint:
        return
    workspace = workspace or WorkspaceClient()
    before = serving.served_version(workspace, target.endpoint)
    serving.serve(workspace, target.endpoint, target.model, version, target.shape, target.timeout)
    flight = example(target.model, version)
    if flight is None:
        return
    try:
        serving.ask(workspace, target.endpoint, flight["inputs"])
    except FlightsError:
        if before and before != version:
            serving.serve(workspace, target.endpoint, target.model, before, target.shape, target.timeout)
        raise


def example(model: str, version: str) -> dict[str, Any] | None:
    """The flight that the version's training run kept as an example: `inputs`, `arr_delay` and its key."""
    client = mlflow.MlflowClient()
    run = client.get_model_version(model, version).run_id
    text = client.get_run(run).data.tags.get(EXAMPLE_TAG) if run else None
    return json.loads(text) if text else None


def _drop_challenger(model: str, version: str) -> None:
    if alias_version(model, CHALLENGER) == version:
        mlflow.MlflowClient().delete_registered_model_alias(model, CHALLENGER)
