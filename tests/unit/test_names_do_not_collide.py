"""One workspace for all environments and ten developers: what each makes has names of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from estate import environment_args
from pulumi_databricks_mlops import Environment
from settings import SettingsError, load
from unit_declared import PROJECT, Declared, declare, write_project

HOST = "https://one.example.com"
FULL: dict[str, Any] = {
    **PROJECT,
    "tables": {**PROJECT["tables"], "notes": {"columns": {"id": "string", "note": "string"}}},
    "volumes": {"inbox": {}},
    "secrets": {"key": {"env": "HOME"}},
    "monitor": {
        **PROJECT["monitor"],
        "own_dashboard": True,
        "alerts": {"error": {"metric": "root_mean_squared_error", "above": 1}},
    },
    "features": {
        "tables": {"t": {"columns": {"k": "string"}, "primary_key": ["k"]}},
        "online_store": {},
    },
    "search": {
        "indexes": {
            "notes_index": {"primary_key": "id", "table": "notes", "text": "note", "embedding_endpoint": "e"}
        }
    },
}
NAMED: dict[str, tuple[str, ...]] = {
    "AlertV2": ("displayName", "parentPath"),
    "BudgetPolicy": ("policyName",),
    "Catalog": ("name",),
    "ClusterPolicy": ("name",),
    "Dashboard": ("displayName", "parentPath"),
    "Directory": ("path",),
    "Group": ("displayName",),
    "Job": ("name",),
    "MlflowExperiment": ("name",),
    "ModelServing": ("name",),
    "NotificationDestination": ("displayName",),
    "Notebook": ("path",),
    "OnlineStore": ("name",),
    "QualityMonitor": ("tableName",),
    "RegisteredModel": ("catalogName", "schemaName", "name"),
    "Schema": ("catalogName", "name"),
    "Secret": ("scope", "key"),
    "SecretScope": ("name",),
    "ServicePrincipal": ("displayName",),
    "SqlEndpoint": ("name",),
    "SqlTable": ("catalogName", "schemaName", "name"),
    "VectorSearchEndpoint": ("name",),
    "VectorSearchIndex": ("name",),
    "Volume": ("catalogName", "schemaName", "name"),
    "WorkspaceFile": ("path",),
}
NAMELESS = {
    "Permissions", "Grants", "SecretAcl", "AccessControlRuleSet", "MwsPermissionAssignment", "WorkspaceConf",
    "Entitlements", "databricks",
}  # fmt: skip
"""What is of another object and has no name of its own."""


def physical(declared: Declared) -> tuple[str, ...]:
    """What the workspace calls it: its type and names, as it compares them."""
    return (declared.kind, *(str(declared.inputs[key]).lower() for key in NAMED[declared.kind]))


def names(root: Path, **environment: Any) -> set[tuple[str, ...]]:
    """The names of whatever an environment makes."""
    settings = load(environment, str(environment["name"]), root)
    secrets = {project.settings.project: {"key": "v"} for project in settings.projects}

    def program() -> None:
        Environment("e", environment_args(settings, secrets, HOST))  # type: ignore[arg-type]

    made = [each for each in declare(program).values() if each.request.custom]
    unnamed = {each.kind for each in made} - set(NAMED) - NAMELESS
    assert not unnamed, "say what they are called, or that they have no name"
    found = [physical(each) for each in made if each.kind in NAMED]
    assert len(found) == len(set(found))
    return set(found)


@pytest.fixture
def root(project_folder: Path) -> Path:
    """A folder with two projects that have everything."""
    write_project(project_folder, FULL)
    second = project_folder.parent / "second"
    second.mkdir()
    (second / "train.py").write_text("x = 1\n")
    job = {"tasks": {"train": {"python": "train.py"}}}
    write_project(
        second, {"project": "returns", "model": {"name": "delay"}, "jobs": {"training": job}, "serving": {}}
    )
    return project_folder.parent


PROJECTS = [{"path": "ml_code"}, {"path": "second"}]
SHARED: dict[str, Any] = {
    "workspace": {
        "host": HOST,
        "id": "4711",
        "cluster_policies": {"small": {"definition": {}}},
        "notification_destinations": {"oncall": {"email": ["a@b.c"]}},
        "budget_policy": {},
    },
    "account": {"id": "a0000000-1111-2222-3333-444444444444"},
    "identities": {},
    "projects": PROJECTS,
    "notifications": {"on_failure": ["a@b.c"]},
}


def test_environments_and_developers_of_one_workspace_share_no_name(root: Path) -> None:
    copies = {
        name: names(root, name=name, catalog=name, protect=name == "prod", **SHARED)
        for name in ("dev", "staging", "prod")
    }
    for developer in ("ada", "ada_l", "bob", "carl", "dora", "emil", "fay", "gus", "hal", "ida"):
        mine = {"host": HOST, "cluster_policies": {"small": {"definition": {}}}}
        copies[developer] = names(
            root,
            name="dev",
            developer=developer,
            catalog={"name": "dev", "adopt": True},
            workspace=mine,
            projects=PROJECTS,
        )
    taken: dict[tuple[str, ...], str] = {}
    for whose, found in copies.items():
        assert len(found) > 20
        for name in found:
            assert taken.setdefault(name, whose) == whose, name


def test_a_copy_is_not_called_as_another_project(root: Path) -> None:
    write_project(root / "second", {"project": "ada-flights"})
    mine: dict[str, Any] = {"catalog": {"name": "dev", "adopt": True}, "workspace": {"host": HOST}}
    with pytest.raises(SettingsError, match="ada's flights would be called as dev's ada-flights"):
        load({"name": "dev", "developer": "ada", "projects": PROJECTS, **mine}, "mine", root)
    with pytest.raises(SettingsError, match="eve-ada's flights would be called as eve's ada-flights"):
        load({"name": "dev", "developer": "eve_ada", "projects": PROJECTS, **mine}, "mine", root)
    assert load({"name": "dev", "developer": "bob", "projects": PROJECTS, **mine}, "mine", root)
