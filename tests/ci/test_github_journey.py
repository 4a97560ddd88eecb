"""From a pull request to production on GitHub, by the workflow files as they are."""

from __future__ import annotations

import pytest
from databricks.sdk.service.jobs import JobSettings
from workflow_runner.github.run import GitHubActions
from workflow_runner.github.setting_up import Estate

FEW_CHECKS = {"CHECK_LINT": "no", "CHECK_TESTS": "tests/unit/test_docs.py"}
TIMEOUT = "timeout_seconds: 3600"


def timeouts(estate: Estate, stack: str) -> int | None:
    """The deployed timeout of the job that the change is about, in seconds."""
    jobs = estate.host.sandbox.workspace().jobs
    found = next(iter(jobs.list(name=f"{stack}-small-report")))
    return jobs.get(found.job_id or 0).settings.timeout_seconds  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_change_travels_from_a_pull_request_to_production(
    small_estate: Estate, small_actions: GitHubActions
) -> None:
    estate, actions = small_estate, small_actions
    actions.machine_variables = FEW_CHECKS
    (deployed,) = actions.run(estate.host.push_event("main"))
    assert deployed.result == "success", deployed.log
    assert timeouts(estate, "staging") == 3600

    estate.clone.push(
        "faster",
        {
            "ml_code/project.yaml": estate.clone.text("ml_code/project.yaml").replace(
                TIMEOUT, "timeout_seconds: 1800"
            )
        },
    )
    number = estate.open_pull("faster")
    (checked,) = actions.run(estate.host.pull_request_event(number))
    assert checked.result == "success", checked.log
    assert "gone" in checked["integration"].log
    by_stack = {comment.splitlines()[0]: comment for comment in estate.comments(number)}
    assert len(by_stack) == len(estate.comments(number)) == 2
    assert "~ timeoutSeconds: 3600 → 1800" in by_stack["<!-- mlops preview staging -->"]
    assert timeouts(estate, "staging") == 3600

    estate.approve(number)
    estate.merge(number)
    (updated,) = actions.run(estate.host.push_event("main"))
    assert updated.result == "success", updated.log
    assert timeouts(estate, "staging") == 1800

    released = estate.open_pull("main", "Release", "release")
    estate.approve(released)
    estate.merge(released)
    (release,) = actions.run(estate.host.push_event("release"))
    assert (release["plan"].result, release.waiting) == ("success", ["prod"])
    assert "to create" in release["plan"].summary
    with pytest.raises(PermissionError):
        release.approve("prod", "developer")
    release.approve("prod", "carol")
    assert release.result == "success", release.log
    assert timeouts(estate, "prod") == 1800

    (quiet,) = actions.run(estate.host.scheduled_event("drift.yml"))
    assert quiet.result == "success", quiet.log
    jobs = estate.host.sandbox.workspace().jobs
    job = next(iter(jobs.list(name="staging-small-report")))
    jobs.update(job.job_id or 0, new_settings=JobSettings(timeout_seconds=60))
    (drifted,) = actions.run(estate.host.scheduled_event("drift.yml"))
    assert (drifted["drift staging"].result, drifted["drift prod"].result) == ("failure", "success")
    (issue,) = estate.host.get("/issues?labels=drift")
    assert issue["title"] == "Drift in staging"
    assert "~ timeoutSeconds: 60 → 1800" in issue["body"]
    logs = "\n".join(run.log for run in actions.runs)
    assert estate.passphrase not in logs
