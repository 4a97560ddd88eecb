"""A project's endpoint, monitor, features and search in their components' terms."""

from typing import Any, NamedTuple, cast

import pulumi

from pulumi_databricks_mlops.feature_store import FeatureStoreArgs
from pulumi_databricks_mlops.monitor_alerts import pause
from pulumi_databricks_mlops.monitor_args import ModelMonitorArgs
from pulumi_databricks_mlops.project_args import MlProjectArgs
from pulumi_databricks_mlops.project_checks import endpoint_name
from pulumi_databricks_mlops.serving_args import ServingEndpointArgs
from pulumi_databricks_mlops.tables import TableArgs
from pulumi_databricks_mlops.vector_search import VectorSearchArgs

FEATURE_JOB = "feature-tables"
"""The job that makes feature tables, as other jobs of the project name it."""
_FEED = "delta.enableChangeDataFeed"


class Home(NamedTuple):
    """Where a project's parts are, and what they are marked with."""

    prefix: str
    folder: pulumi.Input[str]
    catalog: pulumi.Input[str]
    schema: pulumi.Input[str]
    tags: dict[str, str]


def endpoint_args(args: MlProjectArgs, home: Home) -> ServingEndpointArgs:
    """The endpoint's arguments."""
    wanted: dict[str, Any] = dict(args["serving"])
    logged = wanted.pop("inference_table", False)
    made: dict[str, Any] = {
        "endpoint_name": endpoint_name(args),
        "tags": home.tags,
        "roles": args.get("roles", {}),
        "protect": args.get("protect", False),
        **wanted,
    }
    if logged:
        prefix = made["endpoint_name"].replace("-", "_")
        made["inference_table"] = {"catalog": home.catalog, "schema": home.schema, "prefix": prefix}
    if "workspace_url" in args:
        made["workspace_url"] = args["workspace_url"]
    return cast("ServingEndpointArgs", made)


def monitor_args(args: MlProjectArgs, home: Home) -> ModelMonitorArgs:
    """The monitor's arguments."""
    monitor = cast(
        "ModelMonitorArgs",
        {
            **args["monitor"],
            "catalog": home.catalog,
            "schema": home.schema,
            "assets_dir": pulumi.Output.concat("/Workspace", home.folder, "/monitor"),
            "folder": home.folder,
            "protect": args.get("protect", False),
        },
    )
    if args.get("pause_schedules", False):
        pause(monitor)
    runner = args.get("roles", {}).get("runner")
    if runner is not None:
        monitor["run_as"] = runner
    if "warehouse_id" in args:
        monitor["warehouse_id"] = args["warehouse_id"]
    tables = project_tables(args)
    if monitor["table"] in tables:
        monitor["declare"] = tables[monitor["table"]]
    return monitor


def project_tables(args: MlProjectArgs) -> dict[str, TableArgs]:
    """The declared tables; one that an index follows tells of its changes."""
    search = args.get("search", {})
    followed = {index.get("table") for index in search.get("indexes", {}).values()}
    if search.get("endpoint_type", "STANDARD") != "STANDARD":
        followed = set()
    return {
        table: {**wanted, "properties": {_FEED: "true", **wanted.get("properties", {})}}
        if table in followed
        else wanted
        for table, wanted in args.get("tables", {}).items()
    }


def feature_args(args: MlProjectArgs, home: Home) -> FeatureStoreArgs:
    """The feature store's arguments."""
    wanted: dict[str, Any] = dict(args["features"])
    made: dict[str, Any] = {
        **wanted,
        "catalog": home.catalog,
        "schema": home.schema,
        "folder": home.folder,
        "job_name": f"{home.prefix}-{FEATURE_JOB}",
        "roles": args.get("roles", {}),
        "tags": home.tags,
        "protect": args.get("protect", False),
    }
    if "online_store" in wanted:
        made["online_store"] = {"store_name": home.prefix, **wanted["online_store"]}
    if "warehouse_id" in args:
        made["warehouse_id"] = args["warehouse_id"]
    runner = args.get("roles", {}).get("runner")
    if runner is not None:
        made["run_as"] = runner
    return cast("FeatureStoreArgs", made)


def search_args(args: MlProjectArgs, home: Home) -> VectorSearchArgs:
    """The arguments of the vector search."""
    made: dict[str, Any] = {
        "endpoint_name": home.prefix,
        **args["search"],
        "catalog": home.catalog,
        "schema": home.schema,
        "protect": args.get("protect", False),
    }
    return cast("VectorSearchArgs", made)
