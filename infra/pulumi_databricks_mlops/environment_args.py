"""What an Environment is made of."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.catalog_args import ModelCatalogArgs
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.project_args import MlProjectArgs
from pulumi_databricks_mlops.roles import RolesArgs
from pulumi_databricks_mlops.service_identity_args import SecretRotationArgs, TrustArgs
from pulumi_databricks_mlops.warehouse import SIZES, WarehouseArgs
from pulumi_databricks_mlops.workspace_args import (
    AccountArgs,
    ClusterPolicyArgs,
    DestinationArgs,
    IpAccessListArgs,
    NewWorkspaceArgs,
    SignInArgs,
)


class EnvironmentWorkspaceArgs(TypedDict):
    """Its workspace: see WorkspaceArgs. Name, roles, tags and protection are the environment's."""

    host: NotRequired[pulumi.Input[str]]
    """Address of an existing workspace. Default: the one that the provider is for."""
    workspace_id: NotRequired[pulumi.Input[str]]
    """Number of an existing workspace; identities need it."""
    create: NotRequired[NewWorkspaceArgs]
    """A new workspace; needs `account`, whose ID is its own."""
    sign_in: NotRequired[SignInArgs]
    """How to sign in. Default: as in the account."""
    metastore_id: NotRequired[pulumi.Input[str]]
    """The metastore to assign. Default: the one that the account assigns by region."""
    ip_access_lists: NotRequired[dict[str, IpAccessListArgs]]
    """By name. Default: every address may call."""
    cluster_policies: NotRequired[dict[str, ClusterPolicyArgs]]
    """By name; `policy_id` of a cluster may be one of the names."""
    budget_policy: NotRequired[dict[str, str]]
    """Tags of a budget policy for serverless compute; jobs and endpoints use it. Needs `account`."""
    notification_destinations: NotRequired[dict[str, DestinationArgs]]
    """By name; `failure_destinations` of notifications may be one of the names."""


class EnvironmentIdentitiesArgs(TypedDict):
    """Who works in it: see ServiceIdentityArgs. Names, account and workspace are the environment's."""

    principals: NotRequired[list[str]]
    """Which service principals: `deployer`, `previewer` and `integration` for pipelines, `runner` for jobs,
    `caller` for applications that ask the endpoint. Default: `deployer` and `runner`."""
    groups: NotRequired[list[str]]
    """Which groups: of `readers`, `developers` and `owners`. Default: all."""
    members: NotRequired[dict[str, list[pulumi.Input[str]]]]
    """By group, who else is in it: the account's numbers of users, groups and service principals."""
    entitlements: NotRequired[dict[str, list[str]]]
    """By principal or group, all that it may in the workspace: `workspace_access`, `databricks_sql_access`,
    `allow_cluster_create`, `allow_instance_pool_create`. Default: what the workspace gives its users."""
    trusts: NotRequired[list[TrustArgs]]
    """Whose tokens speak for which principal. Default: nobody's."""
    secret: NotRequired[SecretRotationArgs]
    """Client secrets of the pipelines' principals. Default: none."""


class EnvironmentArgs(TypedDict):
    """What an Environment is made of."""

    environment: str
    """Its name; physical names carry it."""
    catalog: ModelCatalogArgs
    """The catalog; its roles and protection are the environment's."""
    account: NotRequired[AccountArgs]
    """The account; a new workspace, identities and a budget policy need it."""
    workspace: NotRequired[EnvironmentWorkspaceArgs]
    """The workspace. Default: the one that the provider is for."""
    identities: NotRequired[EnvironmentIdentitiesArgs]
    """Service principals and groups to make; they get their roles beside those named in `roles`."""
    workspace_folder: NotRequired[str]
    """For code and experiments, the environment's alone. Default: `/Shared/mlops/<environment>`."""
    projects: NotRequired[dict[str, MlProjectArgs]]
    """By name; catalog, warehouse and workspace folder are the environment's."""
    warehouse: NotRequired[WarehouseArgs]
    """The SQL warehouse. Default: a new, small one."""
    roles: NotRequired[RolesArgs]
    """Who may use the catalog and the warehouse."""
    tags: NotRequired[dict[str, str]]
    """Tags of warehouse and workspace beside `environment`."""
    protect: NotRequired[bool]
    """True: what holds data can't be destroyed. Default: false."""


def check(name: str, args: EnvironmentArgs) -> None:
    """Raise what is wrong.

    Raises:
        InputError: something is.
    """
    problems = Problems(f"Environment {name}")
    problems.require_name(
        "The environment", args["environment"], r"[a-z][a-z0-9-]{0,39}", "a-z, 0-9 and `-`, at most 40"
    )
    warehouse = args.get("warehouse", {})
    problems.require_one("The warehouse's size", warehouse.get("size"), SIZES)
    if "warehouse_id" in warehouse and len(warehouse) > 1:
        problems.add("The warehouse has an ID and settings: an existing one is not changed, leave them out.")
    _check_account(problems, args)
    role.check_grantees(problems, args.get("roles"))
    problems.raise_any()


def _check_account(problems: Problems, args: EnvironmentArgs) -> None:
    workspace = args.get("workspace", {})
    on_azure = workspace.get("create", {}).get("cloud") == "azure"
    needs = [
        what
        for what, wanted in (
            ("a new workspace", "create" in workspace and not on_azure),
            ("identities", "identities" in args),
            ("a budget policy", "budget_policy" in workspace),
            ("a metastore assignment", "metastore_id" in workspace),
        )
        if wanted
    ]
    if needs and "account" not in args:
        problems.add(
            f"There is no account, and {' and '.join(needs)} live there: give account its account_id."
        )
    if "account" in args and needs and "host" not in workspace and "create" not in workspace:
        problems.add("The account has many workspaces: give workspace a host, or `create` one.")
    if "identities" in args and "host" in workspace and "workspace_id" not in workspace:
        problems.add("Identities enter a workspace by its number: give workspace its workspace_id.")
