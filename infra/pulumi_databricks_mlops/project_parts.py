"""A project's endpoint, monitor, features and search in their components' terms."""

from typing import Any, NamedTuple, cast

import pulumi
from pulumi.runtime.rpc import contains_unknowns

from pulumi_databricks_mlops.awaited_tables import once_there, tables_there
from pulumi_databricks_mlops.feature_store import FeatureStoreArgs
from pulumi_databricks_mlops.monitor_alerts import pause
from pulumi_databricks_mlops.monitor_args import ModelMonitorArgs
from pulumi_databricks_mlops.project_args import MlProjectArgs
from pulumi_databricks_mlops.project_checks import endpoint_name, schema_name
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


def found_baseline(args: MlProjectArgs, home: Home, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The full name of the table that drift is measured against; as if not given until a job has made it.

    Until then the monitor compares with the window before, as without one.
    """
    place = pulumi.Output.concat(home.catalog, ".", home.schema)

    def find(names: list[str]) -> Any:
        if contains_unknowns(names[0]):
            return names[0]
        within, _, table = names[0].rpartition(".")
        # Where the workspace is made by this very `up`, a preview does not know the catalog.
        own = f"{within.rpartition('.')[0]}.{schema_name(args)}" if contains_unknowns(names[1]) else names[1]
        # What is in another schema is somebody else's, and there.
        if within.lower() != own.lower() or table in args.get("tables", {}):
            return names[0]
        made = table in args.get("features", {}).get("tables", {})
        return once_there(
            tables_there(home.catalog, home.schema, parent),
            {table: feature_job(home) if made else "a job of the project"},
            lambda: names[0],
            what="The monitor's baseline",
            parent=parent,
        )

    # None is what a property is that was not given.
    told = pulumi.Output.all(args["monitor"]["baseline_table"], place)
    return cast("pulumi.Output[str]", told.apply(find, run_with_unknowns=True))


def project_tables(args: MlProjectArgs) -> dict[str, TableArgs]:
    """The declared tables; one that an index follows tells of its changes."""
    return {table: _fed(table, wanted, args) for table, wanted in args.get("tables", {}).items()}


def _fed(table: str, wanted: Any, args: MlProjectArgs) -> Any:
    """The table, with the change data feed that an index of a standard endpoint follows."""
    if table not in _followed(args) or args["search"].get("endpoint_type", "STANDARD") != "STANDARD":
        return wanted
    return {**wanted, "properties": {_FEED: "true", **wanted.get("properties", {})}}


def _followed(args: MlProjectArgs) -> set[str]:
    """The tables that indexes follow."""
    indexes = args.get("search", {}).get("indexes", {}).values()
    return {index["table"] for index in indexes if "table" in index}


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
    if "tables" in wanted:
        made["tables"] = {table: _fed(table, each, args) for table, each in wanted["tables"].items()}
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
    later = _followed(args) & set(args.get("features", {}).get("tables", {})) - set(args.get("tables", {}))
    if later:
        made["awaited"] = dict.fromkeys(sorted(later), feature_job(home))
    return cast("VectorSearchArgs", made)


def feature_job(home: Home) -> str:
    """What makes feature tables, as warnings call it."""
    return f"the job {home.prefix}-{FEATURE_JOB}"
