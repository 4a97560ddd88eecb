"""What each kind of environment must have, what all stacks share, and a developer's own copy."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pulumi
import pytest
from estate import environment_args
from providers import check_credentials, workspace_host
from pulumi_databricks_mlops import Environment
from settings import Settings, SettingsError, load
from settings.workspace import Workspace
from unit_declared import Estate, declare

ACCOUNT = "a0000000-1111-2222-3333-444444444444"
PROJECTS: list[Any] = [{"path": "ml_code"}]
PROD: dict[str, Any] = {
    "name": "prod",
    "catalog": {"name": "prod", "isolated": True},
    "protect": True,
    "account": {"id": ACCOUNT},
    "workspace": {"create": {"region": "us-east-1"}},
    "identities": {},
    "notifications": {"on_failure": ["oncall@example.com"]},
    "projects": PROJECTS,
}
DEVELOPER: dict[str, Any] = {
    "name": "dev",
    "developer": "ada",
    "catalog": {"name": "dev", "adopt": True},
    "workspace": {"host": "https://dev.example.com"},
    "projects": PROJECTS,
}
CI = {"platform": "github", "owner": "acme", "repository": "flights"}


def told(folder: Path, document: Any, stack: str = "prod") -> str:
    with pytest.raises(SettingsError) as caught:
        load(document, stack, folder.parent)
    return str(caught.value)


def declared(settings: Settings) -> Estate:
    def program() -> None:
        secrets = {"flights": {"token": pulumi.Output.secret("s3cret")}}
        Environment(settings.environment.name, environment_args(settings, secrets, None))

    return declare(program)


RULES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "unprotected": (PROD, {"protect": False}, "environment.protect: false: what prod holds must survive"),
    "nobody hears": (PROD, {"notifications": None}, "environment.notifications: nobody hears"),
    "no runner": (PROD, {"identities": None}, "environment.roles.runner: nobody: jobs of prod run as a"),
    "one reviewer": (
        PROD,
        {"ci": {**CI, "reviewers": ["ada"]}},
        "environment.ci.reviewers: 1 of them: a deployment to prod needs at least 2",
    ),
    "staging's runner": (PROD, {"name": "staging", "identities": None}, "jobs of staging run as"),
    "a region's prod": (PROD, {"name": "prod-eu", "protect": False}, "what prod holds must survive"),
    "staged by hand": (PROD, {"name": "main", "stage": "prod", "protect": False}, "what prod holds"),
    "identities without a number": (
        PROD,
        {"workspace": {"host": "https://prod.example.com"}},
        "environment.workspace: identities enter a workspace by its host and its number: add id",
    ),
    "both workspaces": (
        PROD,
        {"workspace": {"host": "https://prod.example.com", "create": {"region": "us-east-1"}}},
        "choose one",
    ),
    "two clouds": (
        PROD,
        {"workspace": {"create": {"region": "us-east-1", "gcp": {"project_id": "p"}}}},
        "is on aws and has settings of gcp",
    ),
    "address": (
        PROD,
        {
            "workspace": {
                "create": {"region": "us-east-1"},
                "ip_access_lists": {"a": {"addresses": ["office"]}},
            }
        },
        'addresses[0]: "office" is not an IPv4 address or range',
    ),
    "region": (
        PROD,
        {"workspace": {"create": {"region": "us-esat-1"}}},
        "workspace.create: has the region 'us-esat-1', which aws lacks: write us-east-1",
    ),
    "another cloud's region": (
        PROD,
        {"workspace": {"create": {"cloud": "gcp", "region": "us-east-1"}}},
        "which gcp lacks: write europe-west3",
    ),
    "unknown destination": (
        PROD,
        {
            "workspace": {
                "create": {"region": "us-east-1"},
                "notification_destinations": {"oncall": {"email": ["a@example.com"]}},
            },
            "notifications": {"failure_destinations": ["oncal"]},
        },
        '"oncal" is no ID, and none of `workspace.notification_destinations` (did you mean',
    ),
    "destination": (
        PROD,
        {"workspace": {"create": {"region": "us-east-1"}, "notification_destinations": {"a": {}}}},
        "needs e-mail addresses or a kind",
    ),
    "developer in prod": (DEVELOPER, {"name": "prod"}, "environment.developer: prod is everybody's"),
    "developer's catalog": (DEVELOPER, {"catalog": "dev"}, "environment.catalog.adopt: true is missing"),
    "developer's workspace": (
        DEVELOPER,
        {"workspace": {"create": {"region": "us-east-1"}}},
        "environment.workspace.create: developers share a workspace",
    ),
    "developer's identities": (DEVELOPER, {"identities": {}}, "environment.identities: these are the shared"),
}


@pytest.mark.parametrize(("right", "change", "says"), RULES.values(), ids=RULES)
def test_a_broken_rule_names_path_value_and_remedy(
    project_folder: Path, right: dict[str, Any], change: dict[str, Any], says: str
) -> None:
    document = {**copy.deepcopy(right), **change}
    found = told(project_folder, {key: value for key, value in document.items() if value is not None})
    assert says in found
    assert "Pulumi.prod.yaml: config.databricks-mlops:environment" in found


def test_the_rules_let_a_complete_prod_through(project_folder: Path) -> None:
    two = {**CI, "reviewers": ["ada", "team:ml"]}
    assert load({**PROD, "ci": two}, "prod", project_folder.parent).environment.effective_stage == "prod"


def test_a_stack_file_holds_only_what_differs(project_folder: Path) -> None:
    (project_folder.parent / "defaults.yaml").write_text(
        "projects: [{path: ml_code}]\ntags: {team: ml, cost: research}\ncatalog: {isolated: true}\n"
    )
    found = load({"name": "dev", "catalog": "dev", "tags": {"cost": "dev"}}, "dev", project_folder.parent)
    assert found.environment.tags == {"team": "ml", "cost": "dev"}
    assert found.environment.catalog.isolated
    assert [project.settings.project for project in found.projects] == ["flights"]


@pytest.mark.parametrize(
    ("defaults", "says"),
    [
        ("folder: x\n", 'defaults.yaml: folder: "x" does not have the form'),
        ("protected: true\n", "defaults.yaml: protected: is not a setting (did you mean 'protect'?)"),
        ("projects: [{path: nowhere}]\n", "defaults.yaml: projects[0].path: "),
        ("- a\n", "defaults.yaml: (top): is not a mapping"),
    ],
)
def test_a_mistake_in_the_defaults_is_told_of_them(project_folder: Path, defaults: str, says: str) -> None:
    (project_folder.parent / "defaults.yaml").write_text(defaults)
    assert says in told(project_folder, {"name": "dev", "catalog": "dev"}, "dev")


def test_ten_developers_share_a_workspace(project_folder: Path) -> None:
    names: list[set[str]] = []
    for developer in ("ada", "grace"):
        settings = load({**DEVELOPER, "developer": developer}, developer, project_folder.parent)
        estate = declared(settings)
        assert not estate.of("Catalog")
        assert estate.one("Schema").inputs["name"] == f"{developer}_flights"
        names.append(
            {
                str(each.inputs.get("path") or each.inputs.get("name"))
                for kind in (
                    "Job",
                    "ModelServing",
                    "SqlEndpoint",
                    "SecretScope",
                    "MlflowExperiment",
                    "Directory",
                )
                for each in estate.of(kind)
            }
        )
        assert all(developer in name for name in names[-1])
    assert not names[0] & names[1]


def test_single_workspace_mode_keeps_environments_apart_by_name(project_folder: Path) -> None:
    shared = {"host": "https://one.example.com"}
    for name in ("dev", "test"):
        settings = load(
            {"name": name, "catalog": name, "workspace": shared, "projects": PROJECTS},
            name,
            project_folder.parent,
        )
        estate = declared(settings)
        assert estate.one("Catalog").inputs["name"] == name
        assert all(name in job.inputs["name"] for job in estate.of("Job"))
        assert not estate.of("MwsWorkspaces")


def test_prod_declares_what_its_rules_promise(project_folder: Path) -> None:
    estate = declared(load(PROD, "prod", project_folder.parent))
    for kind in ("MwsWorkspaces", "Catalog", "Schema", "RegisteredModel", "SecretScope", "ModelServing"):
        assert all(each.request.protect and each.request.retainOnDelete for each in estate.of(kind)), kind
    for job in estate.of("Job"):
        assert job.inputs["runAs"]["servicePrincipalName"]
        assert job.inputs["emailNotifications"]["onFailures"] == ["oncall@example.com"]


def test_an_account_that_nobody_names_is_one_sentence(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABRICKS_ACCOUNT_ID", raising=False)
    settings = load({**PROD, "account": {}}, "prod", project_folder.parent)
    with pytest.raises(pulumi.RunError, match=r"account\.id: is missing"):
        environment_args(settings, {}, None)


def test_who_has_no_credentials_is_told_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {"HOME": str(tmp_path), "PATH": str(tmp_path), "DATABRICKS_HOST": "x"})
    with pytest.raises(pulumi.RunError, match=r"Nothing here signs in .* mlops sandbox exec"):
        check_credentials()
    profiles = tmp_path / ".databrickscfg"
    profiles.touch()
    check_credentials()
    profiles.unlink()
    monkeypatch.setenv("ARM_CLIENT_ID", "x")
    check_credentials()


def test_the_sandbox_stands_in_for_every_workspace_but_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_SANDBOX_URL", "http://127.0.0.1:1")
    assert workspace_host(Workspace(host="https://dev.example.com")) == "http://127.0.0.1:1"
    assert workspace_host(Workspace()) == "http://127.0.0.1:1"
    assert workspace_host(Workspace(host="http://127.0.0.1:2")) == "http://127.0.0.1:2"
