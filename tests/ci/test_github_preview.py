"""A pull request on GitHub: its previews, as comments that are updated in place."""

from __future__ import annotations

import pytest
from workflow_runner.github.run import GitHubActions
from workflow_runner.github.setting_up import Estate


@pytest.mark.slow
def test_a_pull_request_gets_one_comment_for_each_stack(estate: Estate, actions: GitHubActions) -> None:
    changed = estate.clone.text("ml_code/project.yaml").replace(
        "timeout_seconds: 3600", "timeout_seconds: 1800"
    )
    estate.clone.push("shorter", {"ml_code/project.yaml": changed})
    number = estate.open_pull("shorter")
    actions.machine_variables = {"CHECK_LINT": "no", "CHECK_TESTS": "tests/unit/test_docs.py"}
    for _ in range(2):
        (run,) = actions.run(estate.host.pull_request_event(number))
        assert run.result == "success", run.log
    comments = estate.comments(number)
    assert [comment.splitlines()[0] for comment in comments] == [
        "<!-- mlops preview staging -->",
        "<!-- mlops preview prod -->",
    ]
    assert estate.passphrase not in run.log
