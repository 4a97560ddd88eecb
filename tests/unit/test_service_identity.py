"""Who works in an environment, and how they sign in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pulumi
import pulumi_databricks as databricks
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_databricks_mlops import Environment, ServiceIdentity, roles
from pulumi_databricks_mlops.secret_rotation import rotation
from unit_declared import Estate, declare, refused

ACCOUNT = "a0000000-1111-2222-3333-444444444444"
ORGANIZATION = "00000000-1111-2222-3333-444444444444"
GITHUB: Any = {"github": {"repository": "acme/flights", "environment": "prod"}}
AZURE: Any = {
    "azure_devops": {
        "organization": "acme",
        "organization_id": ORGANIZATION,
        "project": "ml",
        "pipeline": "release",
    }
}
GITLAB: Any = {"gitlab": {"project": "acme/ml/flights", "ref": "main"}}


def identity(**args: Any) -> Estate:
    def program() -> None:
        given: Any = {"environment": "prod", "account_id": ACCOUNT, "workspace_id": "4711", **args}
        ServiceIdentity("i", given, workspace=databricks.Provider("workspace", host="https://w"))

    return declare(program)


def policy(trusted: Any) -> dict[str, Any]:
    return dict(identity(trusts=[trusted]).one("ServicePrincipalFederationPolicy").inputs["oidcPolicy"])


def test_names_carry_the_environment() -> None:
    estate = identity(principals=["deployer", "previewer", "integration", "runner", "caller"])
    names = {each.inputs["displayName"] for each in (*estate.of("ServicePrincipal"), *estate.of("Group"))}
    assert names == {
        f"prod-{each}"
        for each in (
            "deployer", "previewer", "integration", "runner", "caller", "readers", "developers", "owners",
        )
    }  # fmt: skip


def test_only_who_deploys_is_an_admin() -> None:
    estate = identity(principals=["deployer", "previewer", "runner", "caller"])
    admins = {
        each.name for each in estate.of("MwsPermissionAssignment") if each.inputs["permissions"] == ["ADMIN"]
    }
    assert admins == {"i-deployer-in-workspace"}


def test_assignments_are_deleted_before_they_are_replaced() -> None:
    for each in identity().of("MwsPermissionAssignment"):
        assert each.request.deleteBeforeReplace


def test_entitlements_have_one_writer_and_are_the_workspaces() -> None:
    wanted = {"developers": ["workspace_access", "allow_cluster_create"], "runner": ["workspace_access"]}
    estate = identity(entitlements=wanted)
    for each in (*estate.of("ServicePrincipal"), *estate.of("Group")):
        assert not {"workspaceAccess", "databricksSqlAccess", "allowClusterCreate"} & set(each.inputs)
    developers, runner = estate.of("Entitlements")
    assert all("::workspace::" in each.request.provider for each in (developers, runner))
    assert developers.inputs["allowClusterCreate"] is True
    assert set(runner.inputs) == {"servicePrincipalId", "workspaceAccess"}


def test_a_deleted_principal_does_not_linger_in_the_account() -> None:
    assert all(each.inputs["disableAsUserDeletion"] is False for each in identity().of("ServicePrincipal"))


def test_who_deploys_may_make_jobs_run_as_the_runner() -> None:
    rules = identity().one("AccessControlRuleSet").inputs
    application = "99999999-2222-3333-4444-555555555555"
    assert rules["name"] == f"accounts/{ACCOUNT}/servicePrincipals/{application}/ruleSets/default"
    (rule,) = rules["grantRules"]
    assert rule["role"] == "roles/servicePrincipal.user"
    assert f"servicePrincipals/{application}" in rule["principals"]


def test_a_github_job_is_trusted_for_its_repository_and_environment() -> None:
    assert policy(GITHUB) == {
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:acme/flights:environment:prod",
        "audiences": [ACCOUNT],
    }


def test_an_azure_pipeline_is_trusted_by_its_name() -> None:
    assert policy(AZURE) == {
        "issuer": f"https://vstoken.dev.azure.com/{ORGANIZATION}",
        "subject": "p://acme/ml/release",
        "audiences": ["api://AzureADTokenExchange"],
    }


def test_a_gitlab_job_is_trusted_for_its_branch() -> None:
    assert policy(GITLAB)["subject"] == "project_path:acme/ml/flights:ref_type:branch:ref:main"


def test_a_trust_is_for_its_principal_alone() -> None:
    estate = identity(
        principals=["deployer", "previewer"],
        trusts=[GITHUB, {**GITLAB, "principal": "previewer"}],
    )
    policies = estate.of("ServicePrincipalFederationPolicy")
    assert len({each.inputs["servicePrincipalId"] for each in policies}) == 2


def test_tokens_need_no_secret() -> None:
    assert not identity(trusts=[GITHUB]).of("ServicePrincipalSecret")


def test_a_secret_is_replaced_only_after_its_successor_works() -> None:
    estate = identity(secret={"rotate_days": 30, "today": "2026-11-24"})
    assert [each.name for each in estate.of("ServicePrincipalSecret")] == [
        "i-deployer-secret-a",
        "i-deployer-secret-b",
    ]
    assert not any(each.request.deleteBeforeReplace for each in estate.of("ServicePrincipalSecret"))


def test_a_client_secret_is_a_pulumi_secret() -> None:
    found: list[bool] = []

    def program() -> None:
        made = ServiceIdentity("i", {"environment": "prod", "account_id": ACCOUNT, "secret": {}})

        async def ask() -> None:
            found.append(await made.client_secrets["deployer"].is_secret())

        pulumi.Output.from_input(ask())

    declare(program)
    assert found == [True]


@given(st.dates(date(2020, 1, 1), date(2100, 1, 1)), st.integers(1, 350), st.integers(1, 350))
def test_the_current_secret_of_a_day_works_in_the_whole_next_period(
    today: date, days: int, later: int
) -> None:
    now, then = rotation(today, days), rotation(today + timedelta(days=min(later, days)), days)
    # Whatever day of the next period it is, the slot that was current has not been replaced.
    assert then.periods[now.current] == now.periods[now.current]
    assert rotation(today, days) == now
    assert date.fromisoformat(now.periods[now.current]) <= today
    # Databricks refuses a longer life.
    assert int(now.lifetime.removesuffix("s")) <= 730 * 24 * 3600


def test_members_join_their_group() -> None:
    (member,) = identity(members={"owners": ["12345"]}).of("GroupMember")
    assert member.inputs["memberId"] == "12345"


def test_what_is_made_gets_its_role(tmp_path: Any) -> None:
    estate = declare(
        lambda: Environment(
            "prod",
            {
                "environment": "prod",
                "catalog": {"catalog": "prod"},
                "account": {"account_id": ACCOUNT},
                "workspace": {"create": {"name": "mlops-prod", "region": "us-east-1"}},
                "identities": {},
                "roles": {"readers": ["analysts"]},
            },
        )
    )
    held = {each["principal"]: each["privileges"] for each in estate.one("Grants").inputs["grants"]}
    application = "99999999-2222-3333-4444-555555555555"
    assert {"analysts", "prod-readers", "prod-developers", "prod-owners", application} == set(held)
    assert held["analysts"] == ["USE_CATALOG"]
    levels = {
        each.get("groupName") or each.get("servicePrincipalName"): each["permissionLevel"]
        for each in estate["Permissions prod-warehouse-permissions"].inputs["accessControls"]
    }
    assert levels == {"prod-developers": "CAN_USE", "prod-owners": "CAN_MANAGE", application: "CAN_USE"}


def test_no_role_holds_all_privileges() -> None:
    for matrix in (roles.CATALOG, roles.SCHEMA, roles.MODEL):
        for held in matrix.values():
            assert "ALL_PRIVILEGES" not in held


WRONG = {
    "entitlement": ({"entitlements": {"runner": ["everything"]}}, "it is one of workspace_access"),
    "entitled": ({"entitlements": {"runners": []}}, "did you mean 'runner'?"),
    "principal": ({"principals": ["deployr"]}, "did you mean 'deployer'?"),
    "group": ({"groups": ["writers"]}, "it is one of readers"),
    "members": ({"groups": ["readers"], "members": {"owners": ["1"]}}, "not one of the groups"),
    "nobody trusted": ({"trusts": [{}]}, "exactly one of github"),
    "two trusted": ({"trusts": [{**GITHUB, **GITLAB}]}, "exactly one of github"),
    "trust without principal": ({"principals": ["runner"], "trusts": [GITHUB]}, "take the trust out"),
    "any environment": (
        {"trusts": [{"github": {"repository": "acme/flights", "environment": "*"}}]},
        "without `:` and `*`",
    ),
    "organization": (
        {"trusts": [{"azure_devops": {**AZURE["azure_devops"], "organization_id": "acme"}}]},
        "connectionData",
    ),
    "both ways": ({"trusts": [GITHUB], "secret": {}}, "tokens need no stored secret"),
    "rotation": ({"secret": {"rotate_days": 0}}, "1 to 350"),
    "date": ({"secret": {"today": "tomorrow"}}, "2026-11-24"),
}


@pytest.mark.parametrize(("args", "told"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_told_before_anything_is_registered(args: dict[str, Any], told: str) -> None:
    given: Any = {"environment": "prod", "account_id": ACCOUNT, **args}
    assert told in refused(lambda: ServiceIdentity("i", given))
