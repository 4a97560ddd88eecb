"""Credentials, locations and tags: what hangs together stays together."""

from __future__ import annotations

import uuid

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service import catalog, dataquality
from running import RunningSandbox


def test_a_location_needs_its_credential_and_overlaps_no_other(client: WorkspaceClient) -> None:
    run = uuid.uuid4().hex[:8]
    role = catalog.AwsIamRoleRequest(role_arn="arn:aws:iam::1:role/uc")
    made = client.storage_credentials.create(f"sc-{run}", aws_iam_role=role, comment="ours")
    assert made.aws_iam_role
    assert made.aws_iam_role.external_id
    changed = client.storage_credentials.update(f"sc-{run}", aws_iam_role=role)
    assert changed.aws_iam_role == made.aws_iam_role
    with pytest.raises(NotFound, match="does not exist"):
        client.external_locations.create("lake", f"s3://{run}", "nobody")
    client.external_locations.create(f"lake-{run}", f"s3://{run}/lake", f"sc-{run}")
    for url in (f"s3://{run}", f"s3://{run}/lake/", f"s3://{run}/lake/inner"):
        with pytest.raises(BadRequest, match="overlaps"):
            client.external_locations.create(f"other-{run}", url, f"sc-{run}")
    client.external_locations.create(f"beside-{run}", f"s3://{run}/lakeside", f"sc-{run}")
    with pytest.raises(BadRequest, match="is used by external location"):
        client.storage_credentials.delete(f"sc-{run}")
    for name in ("lake", "beside"):
        client.external_locations.delete(f"{name}-{run}")
    client.storage_credentials.delete(f"sc-{run}")


def test_a_tag_is_of_something_that_is_there(client: WorkspaceClient) -> None:
    name = f"s{uuid.uuid4().hex[:8]}"
    client.schemas.create(name, "workspace")
    tag = catalog.EntityTagAssignment(
        entity_name=f"workspace.{name}", entity_type="schemas", tag_key="tier", tag_value="gold"
    )
    client.entity_tag_assignments.create(tag)
    found = client.entity_tag_assignments.get("schemas", f"workspace.{name}", "tier")
    assert found.tag_value == "gold"
    assert len(list(client.entity_tag_assignments.list("schemas", f"workspace.{name}"))) == 1
    client.entity_tag_assignments.delete("schemas", f"workspace.{name}", "tier")
    with pytest.raises(NotFound):
        client.entity_tag_assignments.get("schemas", f"workspace.{name}", "tier")
    with pytest.raises(NotFound):
        client.entity_tag_assignments.list("schemas", "workspace.nowhere").__next__()
    client.schemas.delete(f"workspace.{name}")


def test_both_apis_tell_of_the_same_monitor(client: WorkspaceClient, sandbox: RunningSandbox) -> None:
    name = f"s{uuid.uuid4().hex[:8]}"
    sandbox.wait_ready()
    schema = client.schemas.create(name, "workspace")
    table = f"workspace.{name}.rows"
    warehouse = str(next(iter(client.warehouses.list())).id)
    statement = f"CREATE TABLE {table} (at TIMESTAMP, delay DOUBLE) USING DELTA"
    client.statement_execution.execute_statement(statement, warehouse, wait_timeout="50s")
    identity = str(client.tables.get(table).table_id)
    config = dataquality.DataProfilingConfig(
        output_schema_id=str(schema.schema_id),
        assets_dir="/Shared/monitor",
        time_series=dataquality.TimeSeriesConfig(
            timestamp_column="at",
            granularities=[dataquality.AggregationGranularity.AGGREGATION_GRANULARITY_2_WEEKS],
        ),
    )
    made = client.data_quality.create_monitor(
        dataquality.Monitor(object_type="table", object_id=identity, data_profiling_config=config)
    )
    assert made.data_profiling_config
    assert made.data_profiling_config.status is dataquality.DataProfilingStatus.DATA_PROFILING_STATUS_ACTIVE
    series = client.quality_monitors.get(table).time_series
    assert series
    assert (series.timestamp_col, series.granularities) == ("at", ["2 weeks"])
    refresh = client.data_quality.create_refresh(
        "table", identity, dataquality.Refresh(object_type="table", object_id=identity)
    )
    assert refresh.trigger is dataquality.RefreshTrigger.MONITOR_REFRESH_TRIGGER_MANUAL
    client.data_quality.delete_monitor("table", identity)
    with pytest.raises(NotFound):
        client.quality_monitors.get(table)
