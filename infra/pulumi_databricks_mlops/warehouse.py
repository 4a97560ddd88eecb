"""The SQL warehouse of an environment: an existing one by its ID, or a new one."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import access_controls
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


def make_warehouse(
    name: str,
    warehouse_name: str,
    wanted: WarehouseArgs,
    tags: dict[str, str],
    roles: RolesArgs,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """The warehouse's ID.

    Args:
        name: prefix of the resources' names.
        warehouse_name: what a new one is called.
        wanted: what it is.
        tags: of its machines.
        roles: who may use it.
        opts: of each resource.
    """
    if "warehouse_id" in wanted:
        return pulumi.Output.from_input(wanted["warehouse_id"])
    warehouse = databricks.SqlEndpoint(
        f"{name}-warehouse",
        name=warehouse_name,
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
        opts=opts,
    )
    rules = access_controls(role.WAREHOUSE, roles)
    if rules:
        databricks.Permissions(
            f"{name}-warehouse-permissions",
            sql_endpoint_id=warehouse.id,
            access_controls=rules,
            opts=opts,
        )
    return warehouse.id
