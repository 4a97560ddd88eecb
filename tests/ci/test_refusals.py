"""What a run may not do is refused, with one message that names the remedy."""

from __future__ import annotations

import pytest
from workflow_runner.github.run import GitHubActions
from workflow_runner.github.setting_up import Estate
from workflow_runner.github.workflow import WorkflowError, parse

HEAD = """
name: {name}
on: {{push: {{branches: [{name}]}}}}
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: {environment}
    permissions: {{contents: read, id-token: write}}
    env:
      DATABRICKS_ACCOUNT_ID: ${{{{ vars.DATABRICKS_ACCOUNT_ID }}}}
      DATABRICKS_AUTH_TYPE: ${{{{ vars.DATABRICKS_AUTH_TYPE }}}}
      DATABRICKS_CLIENT_ID: {client}
      DATABRICKS_HOST: ${{{{ vars.DATABRICKS_HOST }}}}
      DATABRICKS_TOKEN_AUDIENCE: ${{{{ vars.DATABRICKS_ACCOUNT_ID }}}}
      PULUMI_BACKEND_URL: ${{{{ vars.PULUMI_BACKEND_URL }}}}
      PULUMI_CONFIG_PASSPHRASE: ${{{{ secrets.PULUMI_CONFIG_PASSPHRASE }}}}
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: {{persist-credentials: false}}
      - uses: ./.github/actions/setup
      - run: exec mlops ci apply --stack prod
"""


def last_line(log: str) -> str:
    """The one message of the failed command, in one line."""
    told = log.rpartition("mlops: ")[2].partition("##[error]")[0]
    return " ".join(told.split())


def run_alone(estate: Estate, actions: GitHubActions, name: str, environment: str, client: str) -> str:
    """Push a workflow of an insider's own; returns its message."""
    text = HEAD.format(name=name, environment=environment, client=client)
    estate.clone.push(name, {f".github/workflows/{name}.yml": text})
    (run,) = actions.run(estate.host.push_event(name))
    assert run.result == "failure", run.log
    assert "Traceback" not in run.log
    return last_line(run.log) if "mlops: " in run.log else run.log


def test_a_token_of_the_wrong_environment_is_refused(
    small_estate: Estate, small_actions: GitHubActions
) -> None:
    told = run_alone(small_estate, small_actions, "wrong", "integration", small_estate.deployers["prod"])
    assert "refused this run's identity for prod" in told
    assert "environment:integration" in told


def test_an_environment_admits_its_branches_only(small_estate: Estate, small_actions: GitHubActions) -> None:
    told = run_alone(small_estate, small_actions, "sneaky", "prod", small_estate.deployers["prod"])
    assert 'Branch "sneaky" is not allowed to deploy to prod' in told


@pytest.mark.slow
def test_an_expired_token_says_to_run_again(small_estate: Estate, small_actions: GitHubActions) -> None:
    small_actions.id_token_seconds = -1
    told = run_alone(small_estate, small_actions, "late", "prod-preview", small_estate.deployers["prod"])
    assert "have expired" in told
    assert "run the job again" in told


@pytest.mark.slow
def test_what_is_missing_is_named_all_at_once(small_estate: Estate, small_actions: GitHubActions) -> None:
    told = run_alone(small_estate, small_actions, "empty", "nothing-in-it", "''")
    assert "Not set: PULUMI_BACKEND_URL, DATABRICKS_ACCOUNT_ID" in told
    assert "variables of this job's environment" in told


def test_a_fork_gets_no_credentials_whatever_its_files_say(
    small_estate: Estate, small_actions: GitHubActions
) -> None:
    host = small_estate.host
    auth = ("mallory", host.sandbox.token)
    fork = host.client.post(f"{host.path}/forks", json={}, auth=auth).json()["full_name"]
    path = ".github/workflows/pull-request.yml"
    small_estate.clone.push("theirs", {path: without_guards(small_estate.clone.text(path))})
    small_estate.clone.push_to(f"{host.server}/{fork}.git", "theirs")
    body = {"title": "Fork", "head": "mallory:theirs", "base": "main"}
    number = host.client.post(f"{host.path}/pulls", json=body, auth=auth).json()["number"]
    (run,) = small_actions.start(host.pull_request_event(number, "mallory"))
    log = run.go(only=("preview staging",))["preview staging"].log
    assert "Not set: PULUMI" in log or "can't get an identity token" in log, log
    assert small_estate.passphrase not in log
    assert small_estate.comments(number) == []


def without_guards(workflow: str) -> str:
    """An attacker's version: every job runs, whosever branch it is."""
    guard = "    if: github.event.pull_request.head.repo.full_name == github.repository\n"
    assert guard in workflow
    return (
        workflow.replace(guard, "")
        .replace("run: make check", "run: 'true'")
        .replace("[staging, prod]", "[staging]")
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("jobs: {a: {runs-on: x, steps: [{uses: actions/checkout@v5}]}}", "not pinned"),
        ("jobs: {a: {runs-on: x, steps: [{uses: evil/action@" + "0" * 40 + "}]}}", "no equivalent"),
    ],
)
def test_an_action_that_is_not_known_is_an_error(
    small_estate: Estate, small_actions: GitHubActions, text: str, why: str
) -> None:
    name = why.replace(" ", "-")
    small_estate.clone.push(
        name, {f".github/workflows/{name}.yml": f"on: {{push: {{branches: [{name}]}}}}\n{text}\n"}
    )
    (run,) = small_actions.run(small_estate.host.push_event(name))
    assert (run.result, why in run.log) == ("failure", True)


@pytest.mark.parametrize(
    "text", ["on: push\njobs: {a: {runs-on: x, steps: [], nonsense: 1}}", "on: push\nx: 1\njobs: {}"]
)
def test_a_key_that_is_not_known_is_an_error(text: str) -> None:
    with pytest.raises(WorkflowError):
        parse("x.yml", text)
