"""Environment: what a stack is. A catalog, a warehouse and any number of ML projects.

Owns the catalog with its grants, the SQL warehouse, unless it is handed existing ones, and a folder in the
workspace. Does not own the workspace.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import access_controls
from pulumi_databricks_mlops.ml_project import MlProject
from pulumi_databricks_mlops.model_catalog import ModelCatalog, ModelCatalogArgs
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.project_args import MlProjectArgs
from pulumi_databricks_mlops.roles import RolesArgs

SIZES = ("2X-Small", "X-Small", "Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large")


class WarehouseArgs(TypedDict):
    """The SQL warehouse: an existing one by its ID, or a new one."""

    warehouse_id: NotRequired[pulumi.Input[str]]
    """An existing warehouse; nothing is made then."""
    size: NotRequired[str]
    """2X-Small (default) to 4X-Large."""
    auto_stop_minutes: NotRequired[int]
    """Idle minutes before it stops. Default: 10."""
    max_clusters: NotRequired[int]
    """How many clusters it grows to. Default: 1."""


class EnvironmentArgs(TypedDict):
    """What an Environment is made of."""

    environment: str
    """Its name; physical names carry it."""
    catalog: ModelCatalogArgs
    """The catalog; its roles and protection are the environment's."""
    workspace_folder: NotRequired[str]
    """For code and experiments, the environment's alone. Default: `/Shared/mlops/<environment>`."""
    projects: NotRequired[dict[str, MlProjectArgs]]
    """By name; catalog, warehouse and workspace folder are the environment's."""
    warehouse: NotRequired[WarehouseArgs]
    """The SQL warehouse. Default: a new, small one."""
    roles: NotRequired[RolesArgs]
    """Who may use the catalog and the warehouse."""
    tags: NotRequired[dict[str, str]]
    """Tags of the warehouse beside `environment`."""
    protect: NotRequired[bool]
    """True: what holds data can't be destroyed. Default: false."""


class Environment(pulumi.ComponentResource):
    """An environment with its projects."""

    catalog: pulumi.Output[str]
    """The catalog's name."""
    warehouse_id: pulumi.Output[str]
    """The SQL warehouse's ID."""
    projects: pulumi.Output[dict[str, Any]]
    """Each project's summary, by name."""

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("databricks-mlops:index:Environment", name, {}, opts)
        self._name, self._args = name, args
        children = pulumi.ResourceOptions(parent=self)
        shared: dict[str, Any] = {"roles": args.get("roles", {}), "protect": args.get("protect", False)}
        catalog: ModelCatalogArgs = {**args["catalog"], **shared}  # type: ignore[typeddict-item]
        self.catalog = ModelCatalog(f"{name}-catalog", catalog, children).catalog
        self.warehouse_id = self._warehouse(children)
        folder = databricks.Directory(
            f"{name}-folder",
            path=args.get("workspace_folder", f"/Shared/mlops/{args['environment']}"),
            delete_recursive=True,
            opts=children,
        )
        shared = {"catalog": self.catalog, "warehouse_id": self.warehouse_id, "workspace_folder": folder.path}
        made = {}
        for project, wanted in sorted(args.get("projects", {}).items()):
            within: MlProjectArgs = {**wanted, **shared}  # type: ignore[typeddict-item]
            made[project] = MlProject(f"{name}-{project}", within, children).summary
        self.projects = pulumi.Output.all(**made).apply(dict)
        self.register_outputs(
            {"catalog": self.catalog, "warehouse_id": self.warehouse_id, "projects": self.projects}
        )

    def _warehouse(self, children: pulumi.ResourceOptions) -> pulumi.Output[str]:
        args, wanted = self._args, self._args.get("warehouse", {})
        if "warehouse_id" in wanted:
            return pulumi.Output.from_input(wanted["warehouse_id"])
        tags = {"environment": args["environment"], **args.get("tags", {})}
        warehouse = databricks.SqlEndpoint(
            f"{self._name}-warehouse",
            name=f"{args['environment']}-mlops",
            cluster_size=wanted.get("size", SIZES[0]),
            auto_stop_mins=wanted.get("auto_stop_minutes", 10),
            max_num_clusters=wanted.get("max_clusters", 1),
            enable_serverless_compute=True,
            warehouse_type="PRO",
            tags=databricks.SqlEndpointTagsArgs(
                custom_tags=[
                    databricks.SqlEndpointTagsCustomTagArgs(key=key, value=value)
                    for key, value in sorted(tags.items())
                ]
            ),
            opts=children,
        )
        rules = access_controls(role.WAREHOUSE, args.get("roles"))
        if rules:
            databricks.Permissions(
                f"{self._name}-warehouse-permissions",
                sql_endpoint_id=warehouse.id,
                access_controls=rules,
                opts=children,
            )
        return warehouse.id


def _check(name: str, args: EnvironmentArgs) -> None:
    problems = Problems(f"Environment {name}")
    problems.require_name(
        "The environment", args["environment"], r"[a-z][a-z0-9-]{0,19}", "a-z, 0-9 and `-`, at most 20"
    )
    warehouse = args.get("warehouse", {})
    problems.require_one("The warehouse's size", warehouse.get("size"), SIZES)
    if "warehouse_id" in warehouse and len(warehouse) > 1:
        problems.add("The warehouse has an ID and settings: an existing one is not changed, leave them out.")
    role.check(problems, args.get("roles"))
    problems.raise_any()
