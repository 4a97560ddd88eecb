"""What a repository for pipelines declares and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from every_argument.code_hosts import CODE_HOSTS
from pulumi_databricks_mlops import CiRepository
from unit_declared import Estate, declare, refused

PROD = {"reviewers": ["octocat", "team:platform"], "branches": ["release"]}


def github(**more: Any) -> Any:
    args = {"platform": "github", "repository": "models", "environments": {"prod": PROD}, **more}
    return lambda: CiRepository("ci", args)  # type: ignore[arg-type]


def azure(**more: Any) -> Any:
    prod = {"reviewers": ["group:Platform", "ann@example.com"], "branches": ["release"]}
    args = {
        "platform": "azure-devops",
        "project": "mlops",
        "repository": "models",
        "environments": {"prod": prod},
        **more,
    }
    return lambda: CiRepository("ci", args)  # type: ignore[arg-type]


def declared(build: Any) -> Estate:
    return declare(build, answers=CODE_HOSTS)


def test_a_stack_that_does_not_govern_owns_its_environment_alone() -> None:
    kinds = {each.kind for each in declared(github()).values()}
    assert kinds == {
        "Stack",
        "CiRepository",
        "Protection",
        "RepositoryEnvironment",
        "RepositoryEnvironmentDeploymentPolicy",
    }


def test_a_deployment_waits_for_its_reviewers_on_its_branch() -> None:
    estate = declared(github())
    inputs = estate.one("RepositoryEnvironment").inputs
    assert inputs["reviewers"] == [{"users": [1001], "teams": [77]}]
    assert inputs["preventSelfReview"]
    assert not inputs["canAdminsBypass"]
    assert estate.one("RepositoryEnvironmentDeploymentPolicy").inputs["branchPattern"] == "release"


def test_both_branches_need_a_review_and_the_checks_and_keep_their_history() -> None:
    rules = declared(github(governs=True)).of("RepositoryRuleset")
    assert [rule.inputs["conditions"]["refName"]["includes"] for rule in rules] == [
        ["refs/heads/main"],
        ["refs/heads/release"],
    ]
    for rule in rules:
        wanted = rule.inputs["rules"]
        assert wanted["deletion"]
        assert wanted["nonFastForward"]
        assert wanted["pullRequest"]["requiredApprovingReviewCount"] == 1
        contexts = [each["context"] for each in wanted["requiredStatusChecks"]["requiredChecks"]]
        assert contexts == ["checks", "integration"]


def test_a_new_repository_is_private_and_of_a_protected_environment_can_not_be_destroyed() -> None:
    made = declared(github(governs=True, create=True, protect=True)).one("Repository")
    assert made.inputs["visibility"] == "private"
    assert made.request.protect
    assert made.request.retainOnDelete


def test_workflow_files_come_by_pull_request_from_a_branch_of_their_content() -> None:
    def build(text: str) -> Estate:
        return declared(github(governs=True, files={".github/workflows/a.yml": text}))

    first, second = build("on: push\n"), build("on: pull_request\n")
    request = first.one("RepositoryPullRequest").inputs
    assert request["baseRef"] == "main"
    assert request["headRef"] == first.one("RepositoryFile").inputs["branch"]
    assert request["headRef"] != second.one("RepositoryPullRequest").inputs["headRef"]


def test_secrets_of_an_environment_are_pulumi_secrets() -> None:
    environments = {"dev": {"secrets": {"PULUMI_CONFIG_PASSPHRASE": "canary"}}}
    secret = declared(github(environments=environments)).one("ActionsEnvironmentSecret")
    assert "canary" not in str({**secret.inputs, "value": None})
    signature = secret.request.object["value"]["4dabf18193072939515e22adb298388d"]
    assert signature == "1b47061264138c4ac30d75fd1eb44270"


def test_azure_approvals_branches_and_one_run_at_a_time_guard_the_environment() -> None:
    estate = declared(azure())
    approval = estate.one("CheckApproval").inputs
    assert approval["approvers"] == ["u1", "g1"]
    assert not approval["requesterCanApprove"]
    assert estate.one("CheckBranchControl").inputs["allowedBranches"] == "refs/heads/release"
    assert estate.of("CheckExclusiveLock")


def test_azure_secrets_are_open_to_named_pipelines_alone() -> None:
    environments = {"prod": {"secrets": {"PASSPHRASE": "canary"}, "pipelines": ["mlops-release"]}}
    estate = declared(azure(environments=environments))
    assert not estate.one("VariableGroup").inputs["allowAccess"]
    authorized = {
        each.inputs["type"]: each.inputs["pipelineId"] for each in estate.of("PipelineAuthorization")
    }
    assert authorized == {"variablegroup": 7, "environment": 7}


def test_the_governing_azure_stack_makes_pipelines_and_a_pull_request_must_pass_its_own() -> None:
    pipelines = {
        "mlops-pull-request": {"path": ".azure/pull-request.yml", "validates": True},
        "mlops-release": {"path": ".azure/release.yml"},
    }
    estate = declared(azure(governs=True, pipelines=pipelines))
    assert [each.inputs["name"] for each in estate.of("BuildDefinition")] == sorted(pipelines)
    settings = estate.one("BranchPolicyBuildValidation").inputs["settings"]
    assert [scope["repositoryRef"] for scope in settings["scopes"]] == [
        "refs/heads/main",
        "refs/heads/release",
    ]


@pytest.mark.parametrize(
    ("build", "part"),
    [
        (github(platform="githab"), "did you mean 'github'"),
        (github(files={"a": "b"}), "files is for the stack that governs"),
        (github(release_branch="main"), "are the same"),
        (github(project="x"), "project is for Azure DevOps"),
        (github(environments={"p": {"reviewers": [str(n) for n in range(7)]}}), "GitHub takes 6"),
        (github(environments={"p": {"variables": {"A": "1"}, "secrets": {"A": "2"}}}), "as secret: keep one"),
        (github(environments={"p": {"variables": {"GITHUB_X": "1"}}}), "GITHUB_X"),
        (azure(project=""), "name the Azure DevOps project"),
        (azure(environments={"p": {"secrets": {"A": "1"}}}), "name the pipelines that may read them"),
    ],
)
def test_what_the_platform_would_refuse_or_ignore_is_refused_first(build: Any, part: str) -> None:
    assert part in refused(build)
