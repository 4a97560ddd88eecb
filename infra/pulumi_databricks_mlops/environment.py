"""Environment: what a stack is. A workspace, who works in it, a catalog, a warehouse and ML projects.

Composes Workspace, ServiceIdentity, ModelCatalog and MlProject; all but the catalog are optional. Owns the
SQL warehouse, unless it is handed one, and a folder in the workspace. With `account` it makes its own
providers of account and workspace; otherwise everything goes to the provider that it is given.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Any, cast

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import environment_args
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.catalog_args import ModelCatalogArgs
from pulumi_databricks_mlops.cluster_policies import fixed_values
from pulumi_databricks_mlops.environment_args import EnvironmentArgs
from pulumi_databricks_mlops.environment_projects import WorkspaceNames, resolved
from pulumi_databricks_mlops.ml_project import MlProject
from pulumi_databricks_mlops.model_catalog import ModelCatalog
from pulumi_databricks_mlops.project_args import MlProjectArgs
from pulumi_databricks_mlops.protection import Protection
from pulumi_databricks_mlops.provided import after, handed_down
from pulumi_databricks_mlops.roles import RolesArgs
from pulumi_databricks_mlops.service_identity import ServiceIdentity
from pulumi_databricks_mlops.service_identity_args import ServiceIdentityArgs
from pulumi_databricks_mlops.warehouse import make_warehouse
from pulumi_databricks_mlops.workspace import Workspace, sign_in
from pulumi_databricks_mlops.workspace_args import WorkspaceArgs


class Environment(pulumi.ComponentResource):
    """An environment with its projects."""

    catalog: pulumi.Output[str]
    """The catalog's name."""
    warehouse_id: pulumi.Output[str]
    """The SQL warehouse's ID."""
    projects: pulumi.Output[dict[str, Any]]
    """Each project's summary, by name."""
    workspace_url: pulumi.Output[str] | None
    """The workspace's address; None when only the given provider knows it."""

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        environment_args.check(name, args)
        super().__init__("databricks-mlops:index:Environment", name, {}, handed_down(opts))
        self._name, self._args = name, args
        self._account = pulumi.ResourceOptions(parent=self, provider=self._sign_in())
        self.workspace = self._make_workspace()
        """The workspace; None when it is the given provider's."""
        provider, self.workspace_url = None, None
        if self.workspace is not None:
            provider, self.workspace_url = self.workspace.provider, self.workspace.url
        self.identity = self._make_identity(provider)
        """Service principals and groups; None when none were asked for."""
        self.roles = roles = role.united(args.get("roles"), self.identity.roles if self.identity else None)
        """Everyone with a role: those named, and those made."""
        self.names = self._named(roles)
        """What projects may name of the workspace."""
        children = pulumi.ResourceOptions(parent=self, provider=provider)
        shared: dict[str, Any] = {"roles": roles, "protect": args.get("protect", False)}
        catalog: ModelCatalogArgs = {**args["catalog"], **shared}  # type: ignore[typeddict-item]
        self.catalog = ModelCatalog(f"{name}-catalog", catalog, children).catalog
        self.warehouse_id = make_warehouse(
            name,
            f"{args['environment']}-mlops",
            args.get("warehouse", {}),
            {"environment": args["environment"], **args.get("tags", {})},
            roles,
            children,
        )
        self.projects = self._make_projects(children)
        Protection(self, name, protect=args.get("protect", False))
        self.register_outputs(
            {"catalog": self.catalog, "warehouse_id": self.warehouse_id, "projects": self.projects}
        )

    def _sign_in(self) -> pulumi.ProviderResource | None:
        """The account's provider."""
        account = self._args.get("account")
        if account is None:
            return None
        return sign_in(
            f"{self._name}-account",
            account.get("sign_in"),
            pulumi.ResourceOptions(parent=self),
            host=account.get("host", "https://accounts.cloud.databricks.com"),
            account_id=account["account_id"],
        )

    def _make_workspace(self) -> Workspace | None:
        args, wanted = self._args, self._args.get("workspace")
        if wanted is None:
            return None
        made: dict[str, Any] = {
            **wanted,
            "environment": args["environment"],
            "tags": args.get("tags", {}),
            "protect": args.get("protect", False),
        }
        if "account" in args:
            made.setdefault("sign_in", args["account"].get("sign_in", {}))
            if "create" in wanted:
                made["create"] = {"account_id": args["account"]["account_id"], **wanted["create"]}
        return Workspace(f"{self._name}-workspace", cast(WorkspaceArgs, made), self._account)

    def _make_identity(self, workspace: pulumi.ProviderResource | None) -> ServiceIdentity | None:
        args = self._args
        if "identities" not in args:
            return None
        made: dict[str, Any] = {
            **args["identities"],
            "environment": args["environment"],
            "account_id": args["account"]["account_id"],
            "protect": args.get("protect", False),
        }
        if self.workspace and self.workspace.workspace_id is not None:
            made["workspace_id"] = self.workspace.workspace_id
        return ServiceIdentity(
            f"{self._name}-identity", cast(ServiceIdentityArgs, made), self._account, workspace
        )

    def _named(self, roles: RolesArgs) -> WorkspaceNames:
        if self.workspace is None:
            return WorkspaceNames()
        self.workspace.let_use_policies(roles)
        policies = self._args.get("workspace", {}).get("cluster_policies", {})
        return WorkspaceNames(
            cluster_policies=self.workspace.cluster_policies,
            fixed_by_policies={key: fixed_values(policy) for key, policy in policies.items()},
            destinations=self.workspace.destinations,
            budget_policy=self._budget_policy(roles),
        )

    def _budget_policy(self, roles: RolesArgs) -> pulumi.Output[str] | None:
        """The budget policy's ID, known when those who may let it pay are told."""
        policy = self.workspace.budget_policy if self.workspace else None
        allowed = role.rule_principals(role.BUDGET, roles)
        if policy is None or not allowed:
            return policy
        rules = databricks.AccessControlRuleSet(
            f"{self._name}-budget-rules",
            name=pulumi.Output.concat(
                "accounts/",
                self._args["account"]["account_id"],
                "/budgetPolicies/",
                policy,
                "/ruleSets/default",
            ),
            grant_rules=[
                databricks.AccessControlRuleSetGrantRuleArgs(role=rule, principals=principals)
                for rule, principals in allowed
            ],
            opts=self._account,
        )
        return after(policy, rules)

    def _make_projects(self, children: pulumi.ResourceOptions) -> pulumi.Output[dict[str, Any]]:
        args, protect = self._args, self._args.get("protect", False)
        kept = pulumi.ResourceOptions(protect=protect, retain_on_delete=protect)
        folder = databricks.Directory(
            f"{self._name}-folder",
            path=args.get("workspace_folder", f"/Shared/mlops/{args['environment']}"),
            delete_recursive=True,
            opts=pulumi.ResourceOptions.merge(children, kept),
        )
        shared: dict[str, Any] = {
            "catalog": self.catalog,
            "warehouse_id": self.warehouse_id,
            "workspace_folder": folder.path,
        }
        if self.workspace_url is not None:
            shared["workspace_url"] = self.workspace_url
        made = {}
        for project, wanted in sorted(args.get("projects", {}).items()):
            complete = resolved({**wanted, **shared}, self.names)
            if self.identity is not None:
                complete["roles"] = role.united(wanted.get("roles"), self.identity.roles)
            made[project] = MlProject(
                f"{self._name}-{project}", cast(MlProjectArgs, complete), children
            ).summary
        return pulumi.Output.all(**made).apply(dict)
