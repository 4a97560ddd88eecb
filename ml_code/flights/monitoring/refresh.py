"""A monitor's refresh, through the workspace's own API."""

from __future__ import annotations

import time
from datetime import timedelta

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import MonitorRefreshInfoState

from flights.errors import FlightsError

_RUNNING = (MonitorRefreshInfoState.PENDING, MonitorRefreshInfoState.RUNNING)


def refresh(workspace: WorkspaceClient, table: str, timeout: timedelta, poll_seconds: float = 0.5) -> int:
    """Compute the monitor's metrics now, and wait for them.

    Returns:
        The refresh's id.

    Raises:
        FlightsError: the table has no monitor, the refresh failed, or it took longer than `timeout`.
    """
    try:
        current = workspace.quality_monitors.run_refresh(table)
    except NotFound as error:
        raise FlightsError(
            f"Table {table} has no quality monitor: run `pulumi up` first. ({error})"
        ) from error
    deadline = time.monotonic() + timeout.total_seconds()
    while current.state in _RUNNING:
        if time.monotonic() > deadline:
            raise FlightsError(f"The refresh of {table}'s monitor still runs after {timeout}.")
        time.sleep(poll_seconds)
        poll_seconds = min(poll_seconds * 1.5, 15.0)
        current = workspace.quality_monitors.get_refresh(table, current.refresh_id)
    if current.state != MonitorRefreshInfoState.SUCCESS:
        raise FlightsError(
            f"The refresh of {table}'s monitor ended as {current.state}: {current.message or 'no message'}."
        )
    return current.refresh_id
