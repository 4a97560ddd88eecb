"""The account is its administrators': others are refused, but for what rules give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from account_workspaces import ACCOUNT, MadePrincipal, account_of, new_principal, new_workspace
from databricks.sdk import AccountClient
from databricks.sdk.errors import DatabricksError, PermissionDenied
from databricks.sdk.service import billing, iam, oauth2, provisioning, settings
from running import RunningSandbox

NOT_AN_ADMIN = "This API is disabled for users without account admin status"


@pytest.fixture
def robot(sandbox: RunningSandbox) -> Iterator[MadePrincipal]:
    """A service principal that holds nothing."""
    made = new_principal(sandbox, "robot")
    yield made
    made.delete()


def grant(account: AccountClient, resource: str, role: str, principal: str) -> None:
    """Replace a rule set by one rule."""
    name = f"accounts/{ACCOUNT}/{resource}ruleSets/default"
    etag = account.access_control.get_rule_set(name, "").etag
    rule = iam.GrantRule(role=role, principals=[principal])
    account.access_control.update_rule_set(name, iam.RuleSetUpdateRequest(name, etag, grant_rules=[rule]))


def calls(it: AccountClient, principal: int) -> dict[str, Callable[[], object]]:
    """One call to each API of the account."""
    policy = oauth2.FederationPolicy(
        oidc_policy=oauth2.OidcFederationPolicy(issuer="https://ci.example.com", subject="mallory")
    )
    bucket = provisioning.RootBucketInfo(bucket_name="b")
    admin = [iam.WorkspacePermission.ADMIN]
    rules = f"accounts/{ACCOUNT}/ruleSets/default"
    serverless = provisioning.CustomerFacingComputeMode.SERVERLESS
    return {
        "workspaces": lambda: it.workspaces.create(workspace_name="w", compute_mode=serverless),
        "their list": lambda: list(it.workspaces.list()),
        "credentials": lambda: list(it.credentials.list()),
        "storage": lambda: it.storage.create("s", root_bucket_info=bucket),
        "networks": lambda: list(it.networks.list()),
        "connectivity": lambda: list(it.network_connectivity.list_network_connectivity_configurations()),
        "principals": lambda: it.service_principals_v2.create(display_name="another"),
        "themselves": lambda: it.service_principals_v2.get(str(principal)),
        "users": lambda: it.users_v2.create(user_name="eve@example.com"),
        "groups": lambda: list(it.groups_v2.list()),
        "assignments": lambda: it.workspace_assignment.update(1000000000000001, principal, permissions=admin),
        "metastores": lambda: it.metastore_assignments.get(1000000000000001),
        "secrets": lambda: it.service_principal_secrets.create(str(principal)),
        "federation": lambda: it.service_principal_federation_policy.create(principal, policy),
        "account federation": lambda: list(it.federation_policy.list()),
        "rules": lambda: it.access_control.get_rule_set(rules, ""),
        "addresses": lambda: it.ip_access_lists.create(
            "l", settings.ListType.BLOCK, ip_addresses=["1.1.1.1"]
        ),
    }


def test_who_is_no_account_admin_is_refused_everywhere(sandbox: RunningSandbox, robot: MadePrincipal) -> None:
    for name, call in calls(robot.account(), robot.id).items():
        with pytest.raises(DatabricksError) as refused:
            call()
        assert isinstance(refused.value, PermissionDenied), name
        assert NOT_AN_ADMIN in str(refused.value), name


@pytest.mark.parametrize("in_a_group", [False, True])
def test_the_role_opens_the_account_and_its_loss_closes_it(
    sandbox: RunningSandbox, robot: MadePrincipal, in_a_group: bool
) -> None:
    account, its = account_of(sandbox), robot.account()
    role = [iam.ComplexValue(value="account_admin")]
    if in_a_group:
        member = [iam.ComplexValue(value=str(robot.id))]
        group = account.groups_v2.create(display_name="account admins", members=member, roles=role)
    else:
        account.service_principals_v2.update(str(robot.id), application_id=robot.application, roles=role)
    made = its.service_principals_v2.create(display_name="made by robot")
    its.service_principals_v2.delete(str(made.id))
    if in_a_group:
        account.groups_v2.delete(str(group.id))
    else:
        account.service_principals_v2.update(str(robot.id), application_id=robot.application)
    with pytest.raises(PermissionDenied, match=NOT_AN_ADMIN):
        its.service_principals_v2.create(display_name="made by robot")


def test_a_manager_of_a_principal_sets_its_rules_and_nothing_else(
    sandbox: RunningSandbox, robot: MadePrincipal
) -> None:
    account, its, other = account_of(sandbox), robot.account(), new_principal(sandbox, "other")
    resource = f"servicePrincipals/{other.application}/"
    manager, user = "roles/servicePrincipal.manager", "roles/servicePrincipal.user"
    with pytest.raises(PermissionDenied):
        grant(its, resource, user, f"servicePrincipals/{robot.application}")
    grant(account, resource, manager, f"servicePrincipals/{robot.application}")
    # A manager may hand out roles, even give its own away; secrets and federation stay the admins'.
    for name in ("secrets", "federation", "themselves", "rules"):
        with pytest.raises(PermissionDenied, match=NOT_AN_ADMIN):
            calls(its, other.id)[name]()
    grant(its, resource, user, f"servicePrincipals/{robot.application}")
    with pytest.raises(PermissionDenied):
        grant(its, resource, manager, f"servicePrincipals/{robot.application}")
    other.delete()


def test_a_workspace_admin_makes_budget_policies_and_sees_its_own(
    sandbox: RunningSandbox, robot: MadePrincipal
) -> None:
    account, its = account_of(sandbox), robot.account()
    with pytest.raises(PermissionDenied):
        its.budget_policy.create(policy=billing.BudgetPolicy(policy_name="mine"))
    workspace = new_workspace(sandbox, "budgets")
    robot.is_in(workspace.id, iam.WorkspacePermission.ADMIN)
    admins = account.budget_policy.create(policy=billing.BudgetPolicy(policy_name="admins"))
    mine = its.budget_policy.create(policy=billing.BudgetPolicy(policy_name="mine"))
    assert [each.policy_name for each in its.budget_policy.list()] == ["mine"]
    with pytest.raises(PermissionDenied):
        its.budget_policy.get(str(admins.policy_id))
    grant(
        account,
        f"budgetPolicies/{admins.policy_id}/",
        "roles/budgetPolicy.user",
        f"servicePrincipals/{robot.application}",
    )
    assert its.budget_policy.get(str(admins.policy_id)).policy_name == "admins"
    with pytest.raises(PermissionDenied):
        its.budget_policy.delete(str(admins.policy_id))
    its.budget_policy.delete(str(mine.policy_id))
    account.budget_policy.delete(str(admins.policy_id))
    workspace.delete()


def test_rules_of_another_account_are_out_of_reach(sandbox: RunningSandbox, robot: MadePrincipal) -> None:
    account = account_of(sandbox)
    foreign = "accounts/a0000000-9999-2222-3333-444444444444/ruleSets/default"
    with pytest.raises(DatabricksError, match="is not a rule set of account"):
        account.access_control.get_rule_set(foreign, "")
    workspace = new_workspace(sandbox, "foreign")
    robot.is_in(workspace.id, iam.WorkspacePermission.ADMIN)
    client = workspace.client(**robot.login)
    for name in (foreign, f"accounts/{ACCOUNT}/ruleSets/default"):
        with pytest.raises(PermissionDenied, match="is not authorized to access the rule set"):
            client.account_access_control_proxy.get_rule_set(name, "")
    workspace.delete()
