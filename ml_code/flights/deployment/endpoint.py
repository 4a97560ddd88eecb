"""A serving endpoint's version, through the workspace's own API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound, OperationFailed
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
            workspace.serving_endpoints.wait_get_serving_endpoint_not_updating(endpoint, timeout)
        if served_version(workspace, endpoint) == version:
            return
        workspace.serving_endpoints.update_config(
            endpoint, served_entities=[entity], traffic_config=routes
        ).result(timeout)
    except NotFound as error:
        raise FlightsError(f"There is no serving endpoint {endpoint}: run `pulumi up` first. ({error})") from error
    except (DatabricksError, OperationFailed, TimeoutError) as error:
        raise FlightsError(f"Endpoint {endpoint} did not take version {version} of {model}: {error}") from error
    if served_version(workspace, endpoint) != version:
        raise FlightsError(f"Endpoint {endpoint} still does not serve version {version} of {model}: see its events.")


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
