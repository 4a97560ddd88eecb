"""A change from a pull request to staging, on both platforms, with a project of one short job."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import RunningSandbox
from workflow_runner.azure import setting_up as azure
from workflow_runner.azure.run import AzurePipelines
from workflow_runner.github.run import GitHubActions
from workflow_runner.github.setting_up import Estate

PROJECT = "ml_code/project.yaml"
PREVIEW = "<!-- mlops preview staging -->"
WAITS = """
name: waits
on: {push: {branches: [release]}}
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: prod
    concurrency: {group: stack-prod, cancel-in-progress: false}
    steps: [{run: echo "$SECRET", env: {SECRET: "${{ secrets.PULUMI_CONFIG_PASSPHRASE }}"}}]
  nothing: {runs-on: ubuntu-latest, if: false, steps: [{run: exit 1}]}
"""


def timeout(sandbox: RunningSandbox, job: str) -> int | None:
    """The deployed timeout of a job, in seconds; None when it is not there."""
    jobs = sandbox.workspace().jobs
    for found in jobs.list(name=job):
        return jobs.get(found.job_id or 0).settings.timeout_seconds  # type: ignore[union-attr]
    return None


def test_on_github(small_estate: Estate, small_actions: GitHubActions) -> None:
    estate, sandbox = small_estate, small_estate.host.sandbox
    changed = estate.clone.text(PROJECT).replace("timeout_seconds: 3600", "timeout_seconds: 1800")
    estate.clone.push("faster", {PROJECT: changed})
    number = estate.open_pull("faster")
    (checked,) = small_actions.start(estate.host.pull_request_event(number))
    checked.go(only=("preview staging",))
    assert checked["preview staging"].result == "success", checked.log
    (comment,) = estate.comments(number)
    assert comment.startswith(PREVIEW)
    assert "Job staging-small-report-job (create)" in comment
    assert timeout(sandbox, "staging-small-report") is None

    estate.merge(number)
    (updated,) = small_actions.run(estate.host.push_event("main"))
    assert updated.result == "success", updated.log
    assert timeout(sandbox, "staging-small-report") == 1800
    assert estate.passphrase not in checked.log + updated.log


def test_a_deployment_waits_for_its_reviewer_on_github(
    small_estate: Estate, small_actions: GitHubActions
) -> None:
    small_estate.clone.push("release", {".github/workflows/waits.yml": WAITS}, "release")
    started = small_actions.start(small_estate.host.push_event("release"))
    (run,) = [each.go() for each in started if each.workflow.name == "waits"]
    assert (run.result, run.waiting) == ("", ["prod"])
    with pytest.raises(PermissionError):
        run.approve("prod", "developer")
    run.approve("prod", "carol")
    assert (run.result, run["nothing"].result) == ("success", "skipped"), run.log
    assert "***" in run["deploy"].log


def test_on_azure_devops(estate_sandbox: RunningSandbox, tmp_path: Path) -> None:
    for folder in ("backend", "clone"):
        (tmp_path / folder).mkdir()
    estate = azure.new_estate(estate_sandbox, tmp_path / "backend", tmp_path / "clone", small=True)
    pipelines = AzurePipelines(estate.host, tmp_path / "runs", estate.definitions)
    changed = estate.clone.text(PROJECT).replace("project: small", "project: other")
    estate.clone.push("other", {PROJECT: changed})
    number = estate.open_pull("other")
    checked = pipelines.pull_request(number, only=("preview_staging",))
    assert checked["preview_staging"].result == "Succeeded", checked.log
    (comment,) = estate.comments(number)
    assert comment.startswith(PREVIEW)
    estate.host.close()
