"""FeatureStore: feature tables with their primary keys, and the online store that serves them.

The provider can't declare a table's primary key, and a feature table is none without. So a SQL file says what
the tables are, and a job makes those that are not there yet: run it once, or let another job run it first.
Owns the file, the job and the online store. Does not own the tables: they belong to the jobs that fill them,
which also publish them to the store.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

import base64
from typing import NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.job_args import MlJobArgs
from pulumi_databricks_mlops.ml_job import MlJob
from pulumi_databricks_mlops.monitor_alerts import quoted, text
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.provided import handed_down
from pulumi_databricks_mlops.roles import RolesArgs
from pulumi_databricks_mlops.spelling import suggest
from pulumi_databricks_mlops.tables import check_table
from pulumi_databricks_mlops.work_args import SqlArgs

CAPACITIES = ("CU_1", "CU_2", "CU_4", "CU_8")


class FeatureTableArgs(TypedDict):
    """A feature table."""

    columns: dict[str, str]
    """SQL type by column name, in order."""
    primary_key: list[str]
    """The columns that say what a row is about."""
    timeseries_key: NotRequired[str]
    """The column with the time from which a row holds; part of the primary key. Default: none."""
    comment: NotRequired[str]
    """What it holds."""
    properties: NotRequired[dict[str, str]]
    """Table properties, `delta.enableChangeDataFeed` for example; a table that is there keeps its own."""


class OnlineStoreArgs(TypedDict):
    """An online store."""

    store_name: str
    """Its name in the workspace."""
    capacity: NotRequired[str]
    """CU_1 (default), CU_2, CU_4 or CU_8."""
    read_replicas: NotRequired[int]
    """Copies that answer too. Default: 0."""
    usage_policy_id: NotRequired[pulumi.Input[str]]
    """The usage policy that tags its cost."""


class FeatureStoreArgs(TypedDict):
    """What a FeatureStore is made of."""

    catalog: pulumi.Input[str]
    """The catalog of the tables."""
    schema: pulumi.Input[str]
    """The schema of the tables."""
    tables: NotRequired[dict[str, FeatureTableArgs]]
    """Feature tables by name. Default: none, jobs make them."""
    job_name: NotRequired[str]
    """The name of the job that makes them."""
    folder: NotRequired[pulumi.Input[str]]
    """The workspace folder of the SQL file."""
    warehouse_id: NotRequired[pulumi.Input[str]]
    """The SQL warehouse that makes them."""
    run_as: NotRequired[pulumi.Input[str]]
    """Who makes them, and owns them. Default: who deploys."""
    roles: NotRequired[RolesArgs]
    """Who may see and run the job."""
    tags: NotRequired[dict[str, str]]
    """Tags of the job."""
    online_store: NotRequired[OnlineStoreArgs]
    """The online store. Default: none."""
    protect: NotRequired[bool]
    """True: `destroy` refuses to take the online store. Default: false."""


class FeatureStore(pulumi.ComponentResource):
    """Feature tables and their online store."""

    tables: pulumi.Output[dict[str, str]]
    """Full name of each feature table."""
    job_id: pulumi.Output[str]
    """The job that makes the tables; empty without tables."""
    online_store: pulumi.Output[str]
    """The online store's name; empty without one."""

    def __init__(self, name: str, args: FeatureStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("databricks-mlops:index:FeatureStore", name, {}, handed_down(opts))
        self._name, self._args = name, args
        place = pulumi.Output.concat(args["catalog"], ".", args["schema"])
        names = sorted(args.get("tables", {}))
        self.tables = place.apply(lambda full: {table: f"{full}.{table}" for table in names})
        self.job_id = self._make_job(place) if names else pulumi.Output.from_input("")
        self.online_store = self._make_store()
        self.register_outputs(
            {"tables": self.tables, "job_id": self.job_id, "online_store": self.online_store}
        )

    def _make_job(self, place: pulumi.Output[str]) -> pulumi.Output[str]:
        args, children = self._args, pulumi.ResourceOptions(parent=self)
        script = place.apply(lambda full: definitions(full, args.get("tables", {})))
        file = databricks.WorkspaceFile(
            f"{self._name}-definitions",
            path=pulumi.Output.concat(args["folder"], "/feature_tables.sql"),
            content_base64=script.apply(lambda told: base64.b64encode(told.encode()).decode()),
            opts=children,
        )
        sql: SqlArgs = {"file": "feature_tables.sql", "warehouse_id": args["warehouse_id"]}
        job: MlJobArgs = {
            "job_name": args["job_name"],
            "description": "Feature tables that are not there yet, with their primary keys.",
            "root": file.path.apply(lambda path: path.rpartition("/")[0]),
            "tasks": {"tables": {"sql": sql}},
            "roles": args.get("roles", {}),
            "tags": args.get("tags", {}),
        }
        if "run_as" in args:
            job["run_as"] = args["run_as"]
        return MlJob(f"{self._name}-tables", job, children).job_id

    def _make_store(self) -> pulumi.Output[str]:
        args, protect = self._args, self._args.get("protect", False)
        if "online_store" not in args:
            return pulumi.Output.from_input("")
        wanted = args["online_store"]
        return databricks.OnlineStore(
            f"{self._name}-online",
            name=wanted["store_name"],
            capacity=wanted.get("capacity", CAPACITIES[0]),
            read_replica_count=wanted.get("read_replicas"),
            usage_policy_id=wanted.get("usage_policy_id"),
            # Another name is another store: the provider would rename, and find nothing.
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=protect,
                retain_on_delete=protect,
                replace_on_changes=["name"],
                delete_before_replace=True,
            ),
        ).name


def definitions(place: str, tables: dict[str, FeatureTableArgs]) -> str:
    """The SQL that makes the tables which are not there yet.

    Args:
        place: catalog and schema, by a dot.
        tables: by name.
    """
    return "\n".join(_definition(f"{place}.{table}", wanted) for table, wanted in sorted(tables.items()))


def _definition(full_name: str, wanted: FeatureTableArgs) -> str:
    keys, time = wanted["primary_key"], wanted.get("timeseries_key")
    whole = [*keys, *([time] if time and time not in keys else [])]
    columns = [
        f"  `{column}` {kind}{' NOT NULL' if column in whole else ''}"
        for column, kind in wanted["columns"].items()
    ]
    key = ", ".join(f"`{column}`{' TIMESERIES' if column == time else ''}" for column in whole)
    name = f"{full_name.rpartition('.')[2]}_pk"
    comment = f"\nCOMMENT {text(wanted['comment'])}" if "comment" in wanted else ""
    pairs = ", ".join(
        f"{text(key)} = {text(value)}" for key, value in sorted(wanted.get("properties", {}).items())
    )
    properties = f"\nTBLPROPERTIES ({pairs})" if pairs else ""
    inner = ",\n".join([*columns, f"  CONSTRAINT `{name}` PRIMARY KEY ({key})"])
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted(full_name)} (\n{inner}\n)\nUSING DELTA{comment}{properties};\n"
    )


def check_features(problems: Problems, tables: dict[str, FeatureTableArgs]) -> None:
    """Add what is wrong with feature tables."""
    for table, wanted in sorted(tables.items()):
        check_table(problems, table, {"columns": wanted["columns"]})
        if not wanted["primary_key"]:
            problems.add(f"The feature table {table!r} has no primary key: name one column or more.")
        time = wanted.get("timeseries_key")
        for column in [*wanted["primary_key"], *([time] if time else [])]:
            if column not in wanted["columns"]:
                problems.add(
                    f"The primary key of {table} names {column!r}, which it does not have"
                    f"{suggest(column, wanted['columns'])}: it has {', '.join(wanted['columns'])}."
                )


def _check(name: str, args: FeatureStoreArgs) -> None:
    problems = Problems(f"FeatureStore {name}")
    check_features(problems, args.get("tables", {}))
    if args.get("tables"):
        missing = [key for key in ("job_name", "folder", "warehouse_id") if key not in args]
        problems.add(*(f"It has feature tables, and nothing makes them: give {key}." for key in missing))
    store = args.get("online_store")
    if store is not None:
        problems.require_name(
            "The online store", store["store_name"], r"[a-z][a-z0-9-]{0,62}", "a-z, 0-9 and `-`, at most 63"
        )
        problems.require_one("Its capacity", store.get("capacity"), CAPACITIES)
        if store.get("read_replicas", 0) < 0:
            problems.add("The online store has read_replicas below 0: give 0 or more.")
    role.check(problems, args.get("roles"))
    problems.raise_any()
