"""From a pull request to production on GitHub, by the workflow files as they are."""

from __future__ import annotations

import pytest
from workflow_runner.github.run import GitHubActions
from workflow_runner.github.setting_up import Estate

FEW_CHECKS = {"CHECK_LINT": "no", "CHECK_TESTS": "tests/unit/test_docs.py"}


@pytest.mark.slow
def test_a_change_travels_from_a_pull_request_to_production(estate: Estate, actions: GitHubActions) -> None:
    actions.machine_variables = FEW_CHECKS
    (first,) = actions.run(estate.host.push_event("main"))
    assert first.result == "success", first.log
    changed = estate.text("ml_code/project.yaml").replace("timeout_seconds: 3600", "timeout_seconds: 1800")
    estate.push("shorter", {"ml_code/project.yaml": changed})
    number = estate.open_pull("shorter")
    (checked,) = actions.run(estate.host.pull_request_event(number))
    print(checked.log)
    for job in first.jobs + checked.jobs:
        print(job.name, job.result, job.seconds)
    assert checked.result == "success", checked.log
    for c in estate.comments(number):
        print(c)
