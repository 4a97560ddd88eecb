"""SQL warehouses: their shape is kept, their state follows start and stop."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound
from databricks.sdk.service.sql import State


def test_a_warehouse_lives_through_its_states(client: WorkspaceClient) -> None:
    made = client.warehouses.create(
        name="wh", cluster_size="2X-Small", max_num_clusters=1, enable_serverless_compute=True
    ).result()
    identity = str(made.id)
    assert (made.state, made.auto_stop_mins) == (State.RUNNING, 120)
    client.warehouses.stop(identity).result()
    client.warehouses.edit(identity, cluster_size="Small")
    found = client.warehouses.get(identity)
    assert (found.state, found.cluster_size, found.name) == (State.STOPPED, "Small", "wh")
    client.warehouses.start(identity).result()
    assert identity in {source.warehouse_id for source in client.data_sources.list()}
    client.warehouses.delete(identity)
    with pytest.raises(NotFound):
        client.warehouses.get(identity)


def test_a_new_workspace_has_one_and_a_name_is_had_once(client: WorkspaceClient) -> None:
    names = [each.name for each in client.warehouses.list()]
    assert "Serverless Starter Warehouse" in names
    with pytest.raises(InvalidParameterValue, match="already exists"):
        client.warehouses.create(name="Serverless Starter Warehouse", cluster_size="Small")
    with pytest.raises(InvalidParameterValue, match="Cluster size"):
        client.warehouses.create(name="huge", cluster_size="Huge")
