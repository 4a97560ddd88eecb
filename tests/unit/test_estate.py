"""What a whole environment declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest
from estate import environment_args
from pulumi_databricks_mlops import Environment, roles
from settings import load
from unit_declared import ENVIRONMENT, Estate, declare

RUNNER = "11111111-2222-3333-4444-555555555555"
ROLES = {
    "readers": ["analysts"],
    "developers": ["ada@example.com"],
    "owners": ["ml-owners"],
    "runner": RUNNER,
}


def estate_of(folder: Path, **environment: Any) -> Estate:
    settings = load({**ENVIRONMENT, **environment}, "dev", folder.parent)

    def program() -> None:
        secrets = {"flights": {"token": pulumi.Output.secret("s3cret")}}
        Environment("dev", environment_args(settings, secrets, "https://dev.example.com"))

    return declare(program)


def test_every_resource_has_its_component_above_it(project_folder: Path) -> None:
    for declared in estate_of(project_folder).values():
        if declared.kind not in ("Stack", "Environment"):
            assert "databricks-mlops:index:" in declared.request.parent, declared.name


def test_names_carry_project_and_environment(project_folder: Path) -> None:
    estate = estate_of(project_folder)
    assert [job.inputs["name"] for job in estate.of("Job")] == [
        "dev-flights-retraining",
        "dev-flights-training",
    ]
    assert estate.one("ModelServing").inputs["name"] == "dev-flights-delay"
    assert estate.one("MlflowExperiment").inputs["name"] == "/Shared/mlops/dev/flights/experiment"
    assert estate.one("SecretScope").inputs["name"] == "dev-flights"


def test_each_object_has_one_writer_of_its_permissions_and_grants(project_folder: Path) -> None:
    estate = estate_of(project_folder, roles=ROLES)
    written = [
        tuple(
            sorted(
                (key, str(value))
                for key, value in each.inputs.items()
                if key not in ("grants", "accessControls")
            )
        )
        for each in [*estate.of("Grants"), *estate.of("Permissions")]
    ]
    assert written
    assert len(written) == len(set(written))


def test_nobody_gets_all_privileges(project_folder: Path) -> None:
    estate = estate_of(project_folder, roles=ROLES)
    held = {
        privilege
        for each in estate.of("Grants")
        for grant in each.inputs["grants"]
        for privilege in grant["privileges"]
    }
    assert "ALL_PRIVILEGES" not in held
    assert {"USE_CATALOG", "SELECT", "MODIFY"} <= held


def test_readers_can_write_nothing(project_folder: Path) -> None:
    reads = {"USE_CATALOG", "USE_SCHEMA", "SELECT", "EXECUTE", "READ_VOLUME"}
    for each in estate_of(project_folder, roles=ROLES).of("Grants"):
        for grant in each.inputs["grants"]:
            if grant["principal"] == "analysts":
                assert set(grant["privileges"]) <= reads
    assert "readers" not in roles.SCOPE


def test_jobs_run_as_the_runner(project_folder: Path) -> None:
    for job in estate_of(project_folder, roles=ROLES).of("Job"):
        assert job.inputs["runAs"] == {"servicePrincipalName": RUNNER}


def test_a_protected_environment_keeps_what_holds_data(project_folder: Path) -> None:
    estate = estate_of(project_folder, protect=True)
    for kind in ("Catalog", "Schema", "RegisteredModel", "SqlTable", "SecretScope", "ModelServing"):
        for declared in estate.of(kind):
            assert declared.request.protect, kind
            assert declared.request.retainOnDelete, kind
    assert estate.one("Schema").inputs["forceDestroy"] is False


def test_an_unprotected_environment_can_be_destroyed(project_folder: Path) -> None:
    estate = estate_of(project_folder)
    assert not any(declared.request.protect for declared in estate.values())
    assert estate.one("Catalog").inputs["forceDestroy"] is True


def test_secrets_are_secret_and_deleted_before_they_are_replaced(project_folder: Path) -> None:
    estate = estate_of(project_folder, roles=ROLES)
    for declared in [estate.one("Secret"), *estate.of("SecretAcl")]:
        assert declared.request.deleteBeforeReplace
    assert pulumi.runtime.rpc.is_rpc_secret(estate.one("Secret").inputs["stringValue"])


def test_the_endpoint_has_no_config_of_ours(project_folder: Path) -> None:
    endpoint = estate_of(project_folder).one("ModelServing").inputs
    assert "config" not in endpoint
    assert endpoint["aiGateway"]["inferenceTableConfig"]["schemaName"] == "flights"


def test_the_monitored_table_comes_before_its_monitor(project_folder: Path) -> None:
    estate = estate_of(project_folder)
    table = next(key for key in estate if key.startswith("SqlTable"))
    monitor = estate.one("QualityMonitor")
    assert monitor.inputs["tableName"] == "dev.flights.predictions"
    assert any(urn.endswith(table.split()[1]) for urn in monitor.request.dependencies)


def test_a_job_that_runs_another_knows_its_id(project_folder: Path) -> None:
    estate = estate_of(project_folder)
    task = estate["Job dev-flights-retraining-job"].inputs["tasks"][0]
    assert isinstance(task["runJobTask"]["jobId"], int | float)


def test_paused_schedules_pause_every_job(project_folder: Path) -> None:
    schedule = {"cron": "0 0 9 * * ?"}
    overrides = {"jobs": {"training": {"schedule": schedule}}, "monitor": {"schedule": schedule}}
    estate = estate_of(
        project_folder, pause_schedules=True, projects=[{"path": "ml_code", "overrides": overrides}]
    )
    assert estate["Job dev-flights-training-job"].inputs["schedule"]["pauseStatus"] == "PAUSED"
    assert "schedule" not in estate.one("QualityMonitor").inputs


def test_tasks_are_sorted_whatever_their_order(project_folder: Path) -> None:
    tasks = estate_of(project_folder)["Job dev-flights-training-job"].inputs["tasks"]
    assert [task["taskKey"] for task in tasks] == ["deploy", "train"]


@pytest.mark.parametrize("role", ["developers", "owners"])
def test_account_users_never_write(role: str) -> None:
    from pulumi_databricks_mlops.problems import Problems

    problems = Problems("test")
    roles.check(problems, {role: ["account users"]})  # type: ignore[misc]
    assert "everyone" in problems.sentences[0]


def test_everyone_has_one_name_in_unity_catalog_and_another_in_a_workspace() -> None:
    readers: roles.RolesArgs = {"readers": ["account users"]}
    (((_, granted), _),) = roles.privileges(roles.SCHEMA, readers)
    (((_, permitted), _),) = roles.levels(roles.JOB, readers)
    assert (granted, permitted) == ("account users", "users")


@pytest.mark.parametrize("role", ["readers", "owners"])
def test_a_workspaces_own_group_is_no_grantee(role: str) -> None:
    from pulumi_databricks_mlops.problems import Problems

    problems = Problems("test")
    roles.check_grantees(problems, {role: ["users"], "callers": ["users"]})  # type: ignore[misc]
    assert len(problems.sentences) == 1
    assert "a group of the account" in problems.sentences[0]
