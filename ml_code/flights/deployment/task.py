"""The deploy task: a challenger that passed becomes champion; roll back is one parameter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import mlflow
from databricks.sdk import WorkspaceClient

from flights.deployment import endpoint as serving
from flights.deployment.endpoint import Shape
from flights.entry import clear_errors
from flights.errors import FlightsError
from flights.registry import CHALLENGER, CHAMPION, PASSED, alias_version, drop_alias, model_version, status

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


@clear_errors
def deploy(target: Target, version: str, workspace: WorkspaceClient | None = None) -> str:
    """Make the version champion, if it is the challenger and passed validation.

    The endpoint serves it before the alias moves: on a failure the old champion keeps serving, and its
    alias.

    Returns:
        A sentence that says what happened.

    Raises:
        FlightsError: the endpoint did not take the version.
    """
    judged = status(target.model, version)
    if alias_version(target.model, CHAMPION) == version:
        _serve(target, version, workspace)
        drop_alias(target.model, CHALLENGER, version)
        return f"Version {version} of {target.model} is the champion already."
    if alias_version(target.model, CHALLENGER) != version or judged != PASSED:
        return f"Version {version} of {target.model} is not deployed: no challenger, validation {judged}."
    _move(target, version, workspace)
    return f"Version {version} of {target.model} is the champion now."


@clear_errors
def roll_back(target: Target, to: str, workspace: WorkspaceClient | None = None) -> str:
    """Make an earlier champion the champion again.

    Args:
        target: what to deploy to.
        to: a version number, or `previous` for the champion before the current one.
        workspace: the client; None: from the environment.

    Raises:
        FlightsError: there is no such version, or it never passed validation.
    """
    current = alias_version(target.model, CHAMPION)
    if to == "previous":
        tags = model_version(target.model, current).tags if current else {}
        if not tags.get(PREVIOUS_TAG):
            raise FlightsError(
                f"{target.model} has no champion before version {current}: name a version to roll back to."
            )
        to = tags[PREVIOUS_TAG]
    judged = status(target.model, to)
    if judged != PASSED:
        raise FlightsError(f"Version {to} of {target.model} can't be rolled back to: validation {judged}.")
    _move(target, to, workspace)
    return f"Rolled back: version {to} of {target.model} is the champion, in place of {current}."


def _move(target: Target, version: str, workspace: WorkspaceClient | None) -> None:
    """The endpoint first, then the alias, which is one call; when that fails the endpoint goes back."""
    client = mlflow.MlflowClient()
    before = alias_version(target.model, CHAMPION)
    _serve(target, version, workspace)
    try:
        if before and before != version:
            client.set_model_version_tag(target.model, version, PREVIOUS_TAG, before)
        client.set_registered_model_alias(target.model, CHAMPION, version)
    except mlflow.MlflowException:
        if before:
            _serve(target, before, workspace)
        raise
    drop_alias(target.model, CHALLENGER, version)


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
    """The flight that the version carries as an example: `inputs`, `arr_delay` and its key."""
    metadata = mlflow.models.get_model_info(f"models:/{model}/{version}").metadata or {}
    found: dict[str, Any] | None = metadata.get("example")
    return found
