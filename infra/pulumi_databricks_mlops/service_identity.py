"""ServiceIdentity: who works in an environment. Service principals, groups, and how the first sign in.

Owns, in the account: service principals for deploying, for running jobs and for asking the endpoint, groups
for readers, developers and owners, who is in the workspace, who may use the runner, and either federation
policies (pipelines need no stored secret) or a client secret that rotates. Does not own people, nor what
any of them may do with data and jobs: that is decided by roles.

It is given the account's provider. Every resource takes options that have no argument here through
`transforms` of the component's options.
"""

from typing import Any, cast

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.provided import after, handed_down
from pulumi_databricks_mlops.roles import RolesArgs
from pulumi_databricks_mlops.secret_rotation import check_rotation, make_secret
from pulumi_databricks_mlops.service_identity_args import ServiceIdentityArgs
from pulumi_databricks_mlops.trust import check_trust, trust

ROLE_OF = {
    "deployer": "deployers",
    "previewer": "readers",
    "integration": "testers",
    "runner": "runner",
    "caller": "callers",
}
"""Each service principal that there may be, and its role."""
PIPELINES = ("deployer", "previewer", "integration")
"""Those that pipelines sign in as."""
GROUPS = ("readers", "developers", "owners")
ENTITLEMENTS = (
    "workspace_access",
    "databricks_sql_access",
    "allow_cluster_create",
    "allow_instance_pool_create",
)
_PRINCIPALS = ["deployer", "runner"]


class ServiceIdentity(pulumi.ComponentResource):
    """Service principals, groups, and their way in."""

    roles: RolesArgs
    """What was made, in its roles: known once it is in the workspace."""
    client_ids: dict[str, pulumi.Output[str]]
    """Application ID of each service principal; what DATABRICKS_CLIENT_ID of a pipeline is."""
    client_secrets: dict[str, pulumi.Output[str]]
    """The current client secret of each of the pipelines' principals; empty where tokens are trusted."""

    def __init__(
        self,
        name: str,
        args: ServiceIdentityArgs,
        opts: pulumi.ResourceOptions | None = None,
        workspace: pulumi.ProviderResource | None = None,
    ) -> None:
        """Make them.

        Args:
            name: the component's name.
            args: what it is made of.
            opts: with the account's provider.
            workspace: the workspace's provider, which entitlements need.
        """
        _check(name, args, workspace)
        super().__init__("databricks-mlops:index:ServiceIdentity", name, {}, handed_down(opts))
        self._name, self._args, self._workspace = name, args, workspace
        self._children, kept = pulumi.ResourceOptions(parent=self), args.get("protect", False)
        self._kept = pulumi.ResourceOptions(parent=self, protect=kept, retain_on_delete=kept)
        principals = {each: self._principal(each) for each in args.get("principals", _PRINCIPALS)}
        groups = {each: self._group(each) for each in args.get("groups", GROUPS)}
        self._join(groups)
        ready = {
            **{each: self._enter(each, made, spn=True) for each, made in principals.items()},
            **{each: self._enter(each, made, spn=False) for each, made in groups.items()},
        }
        if "runner" in principals:
            ready["runner"].append(self._let_use(principals, groups))
        self.client_ids = {each: made.application_id for each, made in principals.items()}
        self.roles = _roles(principals, groups, ready)
        self._trust(principals)
        self.client_secrets = {}
        if "secret" in args:
            self.client_secrets = {
                each: make_secret(f"{name}-{each}", args["secret"], principals[each].id, self._children)
                for each in PIPELINES
                if each in principals
            }
        self.register_outputs({"clientIds": self.client_ids, "clientSecrets": self.client_secrets})

    def _principal(self, key: str) -> databricks.ServicePrincipal:
        return databricks.ServicePrincipal(
            f"{self._name}-{key}",
            display_name=f"{self._args['environment']}-{key}",
            # Otherwise the account keeps what was deleted, switched off.
            disable_as_user_deletion=False,
            opts=self._kept,
        )

    def _group(self, key: str) -> databricks.Group:
        return databricks.Group(
            f"{self._name}-{key}", display_name=f"{self._args['environment']}-{key}", opts=self._kept
        )

    def _join(self, groups: dict[str, databricks.Group]) -> None:
        for key, members in sorted(self._args.get("members", {}).items()):
            for number, member in enumerate(members):
                known = member if isinstance(member, str) else number
                databricks.GroupMember(
                    f"{self._name}-{key}-{known}",
                    group_id=groups[key].id,
                    member_id=member,
                    opts=self._children,
                )

    def _enter(
        self, key: str, made: databricks.ServicePrincipal | databricks.Group, *, spn: bool
    ) -> list[pulumi.Resource]:
        """Put it into the workspace, as the user or admin that its role is there."""
        if "workspace_id" not in self._args:
            return [made]
        assigned = databricks.MwsPermissionAssignment(
            f"{self._name}-{key}-in-workspace",
            workspace_id=self._args["workspace_id"],
            principal_id=made.id,
            permissions=[role.WORKSPACE[ROLE_OF.get(key, key)]],
            # The other order takes the new assignment away again.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        if key not in self._args.get("entitlements", {}):
            return [assigned]
        # The one place that entitles: the account's own resources would clear these, and so carry none.
        owner = {"service_principal_id": made.id} if spn else {"group_id": made.id}
        entitled = databricks.Entitlements(
            f"{self._name}-{key}-entitlements",
            opts=pulumi.ResourceOptions(parent=self, provider=self._workspace, depends_on=[assigned]),
            **cast(Any, {**owner, **dict.fromkeys(self._args["entitlements"][key], True)}),
        )
        return [assigned, entitled]

    def _let_use(
        self, principals: dict[str, databricks.ServicePrincipal], groups: dict[str, databricks.Group]
    ) -> pulumi.Resource:
        """Who may make jobs run as the runner."""
        made: dict[str, Any] = {**principals, **groups}
        rules: dict[str, list[pulumi.Input[str]]] = {}
        for key, one in made.items():
            rule = role.RUNNER.get(ROLE_OF.get(key, key))
            if rule:
                rules.setdefault(rule, []).append(one.acl_principal_id)
        return databricks.AccessControlRuleSet(
            f"{self._name}-runner-rules",
            name=pulumi.Output.concat(
                "accounts/",
                self._args["account_id"],
                "/servicePrincipals/",
                principals["runner"].application_id,
                "/ruleSets/default",
            ),
            grant_rules=[
                databricks.AccessControlRuleSetGrantRuleArgs(role=rule, principals=allowed)
                for rule, allowed in sorted(rules.items())
            ],
            opts=self._children,
        )

    def _trust(self, principals: dict[str, databricks.ServicePrincipal]) -> None:
        """Let pipelines in by their platform's tokens."""
        for wanted in self._args.get("trusts", []):
            trusted = trust(wanted)
            databricks.ServicePrincipalFederationPolicy(
                f"{self._name}-{trusted.principal}-{trusted.key}",
                service_principal_id=principals[trusted.principal].id.apply(int),
                description=f"{self._args['environment']}: {trusted.subject}",
                oidc_policy=databricks.ServicePrincipalFederationPolicyOidcPolicyArgs(
                    issuer=trusted.issuer,
                    subject=trusted.subject,
                    audiences=trusted.audiences or [self._args["account_id"]],
                ),
                opts=self._children,
            )


def _roles(
    principals: dict[str, databricks.ServicePrincipal],
    groups: dict[str, databricks.Group],
    ready: dict[str, list[pulumi.Resource]],
) -> RolesArgs:
    """Each by its name, which waits until it is in the workspace."""

    found: dict[str, Any] = {each: [after(made.display_name, *ready[each])] for each, made in groups.items()}
    for each, made in principals.items():
        name = after(made.application_id, *ready[each])
        if each == "runner":
            found["runner"] = name
        else:
            found.setdefault(ROLE_OF[each], []).append(name)
    return cast(RolesArgs, found)


def _check(name: str, args: ServiceIdentityArgs, workspace: pulumi.ProviderResource | None) -> None:
    problems = Problems(f"ServiceIdentity {name}")
    principals, groups = args.get("principals", _PRINCIPALS), args.get("groups", GROUPS)
    for each in principals:
        problems.require_one("A principal", each, ROLE_OF)
    for each in (*groups, *args.get("members", {})):
        problems.require_one("A group", each, GROUPS)
    for each in set(args.get("members", {})) - set(groups):
        problems.add(f"members has {each}, which is not one of the groups: add it to them, or take it out.")
    _check_entitlements(problems, args, workspace)
    for wanted in args.get("trusts", []):
        if wanted.get("principal", "deployer") not in principals:
            problems.add(
                f"A trust is for {wanted.get('principal', 'deployer')}, which is not one of the principals: "
                "add it to them, or take the trust out."
            )
        check_trust(problems, wanted)
    if args.get("trusts") and "secret" in args:
        problems.add("There are trusts and secrets: tokens need no stored secret, take one of the two out.")
    if "secret" in args:
        if not set(PIPELINES) & set(principals):
            problems.add("There is nobody to have a secret: add deployer to principals, or take it out.")
        check_rotation(problems, args["secret"])
    problems.raise_any()


def _check_entitlements(
    problems: Problems, args: ServiceIdentityArgs, workspace: pulumi.ProviderResource | None
) -> None:
    wanted = args.get("entitlements", {})
    known = (*args.get("principals", _PRINCIPALS), *args.get("groups", GROUPS))
    for key, held in wanted.items():
        problems.require_one("Who has entitlements", key, known)
        for each in held:
            problems.require_one(f"An entitlement of {key}", each, ENTITLEMENTS)
    if wanted and (workspace is None or "workspace_id" not in args):
        problems.add("Entitlements are the workspace's: give workspace_id, and the workspace's provider.")
