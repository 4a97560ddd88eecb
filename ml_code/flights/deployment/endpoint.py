"""A serving endpoint's version, through the workspace's own API."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.serving import (
    DataframeSplitInput,
    EndpointStateConfigUpdate,
    Route,
    ServedEntityInput,
    TrafficConfig,
)

from flights.errors import FlightsError


@dataclass(frozen=True)
class Shape:
    """How much an endpoint serves with."""

    workload_size: str
    """Small, Medium or Large."""
    scale_to_zero: bool


def serve(
    workspace: WorkspaceClient, endpoint: str, model: str, version: str, shape: Shape, timeout: timedelta
) -> None:
    """Point the endpoint at the version and wait until it serves it; the old version serves until then.

    Raises:
        FlightsError: there is no such endpoint, or it did not take the version in time.
    """
    name = f"delay-{version}"
    entity = ServedEntityInput(
        name=name, entity_name=model, entity_version=version,
        workload_size=shape.workload_size, scale_to_zero_enabled=shape.scale_to_zero,
    )  # fmt: skip
    routes = TrafficConfig(routes=[Route(served_model_name=name, traffic_percentage=100)])
    try:
        current = workspace.serving_endpoints.get(endpoint)
        if current.state and current.state.config_update == EndpointStateConfigUpdate.IN_PROGRESS:
            _wait(workspace, endpoint, timeout)
        if served_version(workspace, endpoint) == version:
            return
        workspace.serving_endpoints.update_config(endpoint, served_entities=[entity], traffic_config=routes)
        _wait(workspace, endpoint, timeout)
    except NotFound as error:
        raise FlightsError(
            f"There is no serving endpoint {endpoint}: run `pulumi up` first. ({error})"
        ) from error
    except DatabricksError as error:
        raise FlightsError(
            f"Endpoint {endpoint} did not take version {version} of {model}: {error}"
        ) from error
    if served_version(workspace, endpoint) != version:
        raise FlightsError(
            f"Endpoint {endpoint} still does not serve version {version} of {model}: see its events."
        )


def _wait(workspace: WorkspaceClient, endpoint: str, timeout: timedelta) -> None:
    """Until no update is in progress; the SDK's own wait sleeps up to ten seconds beyond it."""
    deadline = time.monotonic() + timeout.total_seconds()
    pause = 0.2
    while time.monotonic() < deadline:
        state = workspace.serving_endpoints.get(endpoint).state
        update = state.config_update if state else None
        if update not in (EndpointStateConfigUpdate.IN_PROGRESS, None):
            if update == EndpointStateConfigUpdate.UPDATE_FAILED:
                raise FlightsError(f"Endpoint {endpoint} failed to update: see its events and build logs.")
            return
        time.sleep(pause)
        pause = min(pause * 1.5, 10.0)
    raise FlightsError(f"Endpoint {endpoint} still updates after {timeout}: see its events.")


def served_version(workspace: WorkspaceClient, endpoint: str) -> str | None:
    """The version that the endpoint's active configuration serves, None before its first."""
    config = workspace.serving_endpoints.get(endpoint).config
    entities = (config.served_entities if config else None) or []
    return entities[0].entity_version if entities else None


def ask(workspace: WorkspaceClient, endpoint: str, inputs: dict[str, Any]) -> float:
    """The endpoint's prediction for one flight, in minutes.

    Raises:
        FlightsError: the endpoint does not answer with a number.
    """
    rows = DataframeSplitInput(columns=list(inputs), data=[list(inputs.values())])
    try:
        answer = workspace.serving_endpoints.query(endpoint, dataframe_split=rows)
    except DatabricksError as error:
        raise FlightsError(f"Endpoint {endpoint} refused a flight: {error}") from error
    predictions = answer.predictions or []
    if len(predictions) != 1 or not isinstance(predictions[0], int | float):
        raise FlightsError(f"Endpoint {endpoint} answered {predictions!r} for one flight, not one number.")
    return float(predictions[0])
