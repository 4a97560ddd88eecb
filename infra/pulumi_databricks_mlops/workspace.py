"""Workspace: an existing workspace, or a new one made through the account, and its rules.

Owns the workspace that it makes with the network, storage and credentials of a classic one, its metastore
assignment, IP access lists, cluster policies, notification destinations, and a budget policy. Does not own
an existing workspace, who is in it (ServiceIdentity), and what is in it.

It is given the account's provider (or that of an existing workspace), and offers the workspace's own.
Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Any

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops import workspace_checks
from pulumi_databricks_mlops.access import access_controls
from pulumi_databricks_mlops.provided import after, handed_down
from pulumi_databricks_mlops.roles import RolesArgs
from pulumi_databricks_mlops.workspace_account import Made, make_workspace
from pulumi_databricks_mlops.workspace_args import DestinationArgs, SignInArgs, WorkspaceArgs
from pulumi_databricks_mlops.workspace_azure import make_azure_workspace


class Workspace(pulumi.ComponentResource):
    """A workspace and its rules."""

    _provider: pulumi.ProviderResource | None
    url: pulumi.Output[str] | None
    """Its address; None when only the given provider knows it."""
    workspace_id: pulumi.Output[str] | None
    """Its number; None when it was not given."""
    cluster_policies: dict[str, pulumi.Output[str]]
    """ID by name."""
    destinations: dict[str, pulumi.Output[str]]
    """ID of the notification destination by name."""
    budget_policy: pulumi.Output[str] | None
    """The budget policy's ID."""

    def __init__(self, name: str, args: WorkspaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        workspace_checks.check(name, args)
        super().__init__("databricks-mlops:index:Workspace", name, {}, handed_down(opts))
        self._name, self._args = name, args
        self._in_account = pulumi.ResourceOptions(parent=self)
        self._locate()
        self._within = pulumi.ResourceOptions(parent=self, provider=self.provider)
        self._close()
        self._policies = self._make_policies()
        self.cluster_policies = {key: policy.policy_id for key, policy in self._policies.items()}
        self.let_use_policies(args.get("roles"))
        self.destinations = {
            key: self._make_destination(key, wanted)
            for key, wanted in sorted(args.get("notification_destinations", {}).items())
        }
        self.budget_policy = self._make_budget_policy()
        self.register_outputs(
            {
                "url": self.url,
                "workspaceId": self.workspace_id,
                "clusterPolicies": self.cluster_policies,
                "destinations": self.destinations,
                "budgetPolicy": self.budget_policy,
            }
        )

    @property
    def provider(self) -> pulumi.ProviderResource | None:
        """The workspace's own provider; None when it is the one that the component was given."""
        return self._provider

    def _locate(self) -> None:
        """Where the workspace is, and its provider."""
        args = self._args
        self._provider = self.url = self.workspace_id = None
        if "create" in args:
            made = self._make()
            self.url, self.workspace_id = made.url, made.workspace_id
        if "host" in args:
            self.url = pulumi.Output.from_input(args["host"])
        if "workspace_id" in args:
            self.workspace_id = pulumi.Output.from_input(args["workspace_id"])
        assigned = self._assign_metastore()
        if self.url is not None:
            # What is in a workspace, and who, needs its metastore: the provider and the number wait for it.
            options = pulumi.ResourceOptions.merge(
                self._in_account, pulumi.ResourceOptions(depends_on=assigned)
            )
            self._provider = sign_in(f"{self._name}-provider", args.get("sign_in"), options, host=self.url)

    def _make(self) -> Made:
        args = self._args
        wanted = args["create"]
        make = make_azure_workspace if wanted.get("cloud") == "azure" else make_workspace
        tags = {"environment": args["environment"], **args.get("tags", {})}
        return make(self._name, wanted, tags, self._in_account, args.get("protect", False))

    def _assign_metastore(self) -> list[pulumi.Resource]:
        """What the workspace needs before anything is in it; its number is known afterwards."""
        if "metastore_id" not in self._args or self.workspace_id is None:
            return []
        assigned = databricks.MetastoreAssignment(
            f"{self._name}-metastore",
            metastore_id=self._args["metastore_id"],
            workspace_id=self.workspace_id,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.workspace_id = assigned.workspace_id.apply(str)
        return [assigned]

    def _close(self) -> None:
        """Let only the listed addresses in."""
        lists = [
            databricks.IpAccessList(
                f"{self._name}-addresses-{label}",
                label=label,
                list_type="BLOCK" if wanted.get("block", False) else "ALLOW",
                ip_addresses=sorted(wanted["addresses"]),
                opts=self._within,
            )
            for label, wanted in sorted(self._args.get("ip_access_lists", {}).items())
        ]
        if lists:
            databricks.WorkspaceConf(
                f"{self._name}-conf",
                custom_config={"enableIpAccessLists": "true"},
                opts=pulumi.ResourceOptions.merge(
                    self._within,
                    # Switched on after the last list: half of them may lock us out. And never switched off
                    # by deleting it, which would switch other people's lists off too.
                    pulumi.ResourceOptions(depends_on=lists, retain_on_delete=True),
                ),
            )

    def let_use_policies(self, roles: RolesArgs | None) -> None:
        """Who may use the cluster policies, whose IDs are known afterwards; once, of all that have a role."""
        rules = access_controls(role.POLICY, roles)
        for key, policy in self._policies.items() if rules else ():
            allowed = databricks.Permissions(
                f"{self._name}-policy-{key}-permissions",
                cluster_policy_id=policy.id,
                access_controls=rules,
                opts=self._within,
            )
            self.cluster_policies[key] = after(policy.policy_id, allowed)

    def _make_policies(self) -> dict[str, databricks.ClusterPolicy]:
        args = self._args
        return {
            key: databricks.ClusterPolicy(
                f"{self._name}-policy-{key}",
                name=f"{args['environment']}-{key}",
                description=wanted.get("description"),
                definition=wanted.get("definition"),
                policy_family_id=wanted.get("family"),
                policy_family_definition_overrides=wanted.get("overrides"),
                max_clusters_per_user=wanted.get("max_clusters_per_user"),
                opts=self._within,
            )
            for key, wanted in sorted(args.get("cluster_policies", {}).items())
        }

    def _make_destination(self, key: str, wanted: DestinationArgs) -> pulumi.Output[str]:
        made = databricks.NotificationDestination(
            f"{self._name}-destination-{key}",
            display_name=f"{self._args['environment']}-{key}",
            config=_destination(wanted),
            # A changed address replaces it, and two can't have one name.
            opts=pulumi.ResourceOptions.merge(
                self._within, pulumi.ResourceOptions(delete_before_replace=True)
            ),
        )
        return made.id.apply(str)

    def _make_budget_policy(self) -> pulumi.Output[str] | None:
        args, tags = self._args, self._args.get("budget_policy")
        if tags is None:
            return None
        bound = None if self.workspace_id is None else [self.workspace_id.apply(int)]
        made = databricks.BudgetPolicy(
            f"{self._name}-budget",
            policy_name=f"{args['environment']}-mlops",
            custom_tags=[
                databricks.BudgetPolicyCustomTagArgs(key=key, value=value)
                for key, value in sorted({"environment": args["environment"], **tags}.items())
            ],
            binding_workspace_ids=bound,
            opts=self._in_account,
        )
        return made.policy_id


def sign_in(
    name: str, how: SignInArgs | None, opts: pulumi.ResourceOptions, **where: Any
) -> pulumi.ProviderResource:
    """A provider of the account or of a workspace; credentials stay in the environment's variables."""
    return databricks.Provider(
        name,
        auth_type=(how or {}).get("auth_type"),
        audience=(how or {}).get("audience"),
        rate_limit=(how or {}).get("rate_limit"),
        **where,
        opts=opts,
    )


def _destination(wanted: DestinationArgs) -> databricks.NotificationDestinationConfigArgs:
    config = databricks.NotificationDestinationConfigArgs
    if "email" in wanted:
        return config(email=databricks.NotificationDestinationConfigEmailArgs(addresses=wanted["email"]))
    if "slack_url" in wanted:
        url = pulumi.Output.secret(wanted["slack_url"])
        return config(slack=databricks.NotificationDestinationConfigSlackArgs(url=url))
    if "teams_url" in wanted:
        url = pulumi.Output.secret(wanted["teams_url"])
        return config(microsoft_teams=databricks.NotificationDestinationConfigMicrosoftTeamsArgs(url=url))
    if "pagerduty_key" in wanted:
        key = pulumi.Output.secret(wanted["pagerduty_key"])
        return config(pagerduty=databricks.NotificationDestinationConfigPagerdutyArgs(integration_key=key))
    url = pulumi.Output.secret(wanted["webhook_url"])
    return config(generic_webhook=databricks.NotificationDestinationConfigGenericWebhookArgs(url=url))
