"""From a pull request to production on Azure DevOps, by the pipeline files as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from databricks.sdk.service.jobs import JobSettings
from running import RunningSandbox
from workflow_runner.azure.run import AzurePipelines
from workflow_runner.azure.setting_up import APPROVER, new_estate

TIMEOUT = "timeout_seconds: 3600"
FEW_CHECKS = {"CHECK_LINT": "no", "CHECK_TESTS": "tests/unit/test_docs.py"}


@pytest.mark.slow
def test_a_change_travels_from_a_pull_request_to_production(
    new_sandbox: RunningSandbox, tmp_path: Path
) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "clone").mkdir()
    estate = new_estate(new_sandbox, tmp_path / "backend", tmp_path / "clone", small=True)
    pipelines = AzurePipelines(estate.host, tmp_path / "runs", estate.definitions)
    pipelines.machine_variables = FEW_CHECKS
    jobs = new_sandbox.workspace().jobs

    def timeout(stack: str) -> int | None:
        (job,) = jobs.list(name=f"{stack}-small-report")
        return jobs.get(job.job_id or 0).settings.timeout_seconds  # type: ignore[union-attr]

    (deployed,) = pipelines.push("main")
    assert deployed.result == "succeeded", deployed.log
    assert timeout("staging") == 3600

    changed = estate.clone.text("ml_code/project.yaml").replace(TIMEOUT, "timeout_seconds: 1800")
    estate.clone.push("faster", {"ml_code/project.yaml": changed})
    number = estate.open_pull("faster")
    checked = pipelines.pull_request(number)
    assert checked.result == "succeeded", checked.log
    assert "gone" in checked["integration"].log
    by_stack = {comment.splitlines()[0]: comment for comment in estate.comments(number)}
    assert len(by_stack) == len(estate.comments(number)) == 2
    assert "~ timeoutSeconds: 3600 → 1800" in by_stack["<!-- mlops preview staging -->"]

    estate.approve(number)
    estate.merge(number)
    (updated,) = pipelines.push("main")
    assert updated.result == "succeeded", updated.log
    assert timeout("staging") == 1800

    released = estate.open_pull("main", "Release", "release")
    estate.approve(released)
    estate.merge(released)
    (release,) = pipelines.push("release")
    assert (release["plan.plan"].result, release.waiting) == ("Succeeded", ["prod"])
    assert "to create" in release["plan.plan"].summary
    with pytest.raises(PermissionError):
        release.approve("prod", "developer@example.com")
    release.approve("prod", APPROVER)
    assert release.result == "succeeded", release.log
    assert timeout("prod") == 1800

    (quiet,) = pipelines.nightly()
    assert quiet.result == "succeeded", quiet.log
    (job,) = jobs.list(name="staging-small-report")
    jobs.update(job.job_id or 0, new_settings=JobSettings(timeout_seconds=60))
    (drifted,) = pipelines.nightly()
    assert (drifted["drift_staging"].result, drifted["drift_prod"].result) == ("Failed", "Succeeded")
    assert "~ timeoutSeconds: 60 → 1800" in drifted["drift_staging"].summary
    assert estate.passphrase not in "\n".join(run.log for run in pipelines.runs)
    estate.host.close()
