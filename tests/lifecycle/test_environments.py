"""dev, staging and prod, each in a workspace of its own: the stack files that a real account gets."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.service.jobs import JobSettings
from mlops_sandbox import control
from mlops_sandbox.context import DEFAULT_ACCOUNT
from mlops_sandbox.execute import environment
from mlops_sandbox.home import Home
from mlops_sandbox.providers.launch import attached_providers
from running import RunningSandbox, mlops

ROOT = Path(__file__).parent.parent.parent
STACKS = ("dev", "staging", "prod")
OWN_PARTS = ("infra", "ml_code")
_UP = ("pulumi", "up", "-s", "staging", "--yes", "--skip-preview")
_DRIFT = ("mlops", "ci", "drift", "-s", "staging")


@dataclass
class Estate:
    """A checkout with its three environments, and the account that they are in."""

    sandbox: RunningSandbox
    folder: Path

    def pulumi(self, command: str, stack: str, *options: str, fails: bool = False) -> str:
        done = mlops(
            self.sandbox, self.folder, "sandbox", "exec", "--", "pulumi", command, "-s", stack, *options
        )
        assert (done.returncode != 0) == fails, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def run_as(self, principal: str, *command: str) -> tuple[int, str]:
        """Exit code and output of a command, signed in as a service principal of the environment."""
        account = self.account()
        found = next(each for each in account.service_principals.list() if each.display_name == principal)
        secret = account.service_principal_secrets.create(str(found.id)).secret
        config = Config(
            host=self.sandbox.address.account_url,
            account_id=DEFAULT_ACCOUNT,
            client_id=found.application_id,
            client_secret=secret,
            auth_type="oauth-m2m",
        )
        admins = ("DATABRICKS_HOST", "MLFLOW_TRACKING_TOKEN")
        env = {name: value for name, value in environment(self.sandbox.home).items() if name not in admins}
        env["DATABRICKS_TOKEN"] = config.oauth_token().access_token
        with attached_providers(env) as attached:
            done = subprocess.run(
                command, cwd=self.folder, env=env | attached, capture_output=True, text=True, check=False
            )
        return done.returncode, f"{done.stdout}\n{done.stderr}"

    def account(self) -> AccountClient:
        return AccountClient(config=self._config(self.sandbox.address.account_url, DEFAULT_ACCOUNT))

    def workspace(self, name: str) -> WorkspaceClient:
        url = next(each["workspace_url"] for each in self._workspaces() if each["workspace_name"] == name)
        return WorkspaceClient(config=self._config(str(url)))

    def in_account(self) -> set[str]:
        """The names of whatever an environment makes in the account."""
        account = self.account()
        names = {str(each["workspace_name"]) for each in self._workspaces()} - {"sandbox"}
        names |= {str(each.display_name) for each in account.service_principals.list()}
        names |= {str(each.display_name) for each in account.groups.list()}
        return names | {str(each.policy_name) for each in account.budget_policy.list()}

    def catalogs(self) -> set[str]:
        return {str(each.name) for each in self.sandbox.workspace().catalogs.list(include_unbound=True)}

    def _workspaces(self) -> list[dict[str, object]]:
        path = f"/api/2.0/accounts/{DEFAULT_ACCOUNT}/workspaces"
        found = self.account().api_client.do("GET", path)
        assert isinstance(found, list)
        return found

    def _config(self, host: str, account: str | None = None) -> Config:
        return Config(
            host=host,
            token=self.sandbox.token,
            account_id=account,
            auth_type="pat",
            rate_limit=1000,
            retry_timeout_seconds=20,
        )


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The three environments, one after the other, on an empty account."""
    folder = tmp_path_factory.mktemp("estate")
    checkout, home = folder / "checkout", Home(folder / "home")
    for part in OWN_PARTS:
        shutil.copytree(ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (
        ROOT / "Pulumi.yaml",
        ROOT / "defaults.yaml",
        *(ROOT / f"Pulumi.{each}.yaml" for each in STACKS),
    ):
        shutil.copy(file, checkout)
    address, _ = control.start(home, port=0)
    made = Estate(RunningSandbox(home, address), checkout)
    for stack in STACKS:
        made.pulumi("up", stack, "--yes", "--skip-preview")
    yield made
    control.stop(home)


@pytest.mark.parametrize("stack", STACKS)
def test_a_second_up_changes_nothing(estate: Estate, stack: str) -> None:
    estate.pulumi("preview", stack, "--expect-no-changes")


@pytest.mark.parametrize(
    "stack",
    [pytest.param("dev", marks=pytest.mark.slow), "staging", pytest.param("prod", marks=pytest.mark.slow)],
)
def test_a_refresh_changes_nothing(estate: Estate, stack: str) -> None:
    estate.pulumi("refresh", stack, "--yes", "--skip-preview", "--expect-no-changes")


def test_each_environment_has_a_workspace_and_principals_of_its_own(estate: Estate) -> None:
    for stack in STACKS:
        made = {f"mlops-{stack}", f"{stack}-deployer", f"{stack}-runner", f"{stack}-owners", f"{stack}-mlops"}
        assert made <= estate.in_account()
        client = estate.workspace(f"mlops-{stack}")
        jobs = {str(job.settings.name) for job in client.jobs.list() if job.settings}
        assert f"{stack}-flights-training" in jobs
        assert all(name.startswith(f"{stack}-") for name in jobs)


def test_prods_catalog_is_invisible_from_dev(estate: Estate) -> None:
    assert "prod" in {each.name for each in estate.workspace("mlops-prod").catalogs.list()}
    assert "prod" not in {each.name for each in estate.workspace("mlops-dev").catalogs.list()}


def test_jobs_of_an_environment_run_as_its_runner(estate: Estate) -> None:
    runners = {each.application_id for each in estate.account().service_principals.list()}
    for job in estate.workspace("mlops-prod").jobs.list():
        assert estate.workspace("mlops-prod").jobs.get(job.job_id or 0).run_as_user_name in runners


def test_a_changed_setting_changes_its_resource_alone(estate: Estate) -> None:
    file = estate.folder / "Pulumi.dev.yaml"
    before = file.read_text()
    file.write_text(before.replace("cost_center: ml-development", "cost_center: research"))
    told = estate.pulumi("preview", "dev", "--diff", "--non-interactive")
    file.write_text(before)
    assert "~ 1 to update" in told
    assert "budgetPolicy:BudgetPolicy" in told


def test_a_deployer_changes_what_is_in_the_workspace_and_no_more(estate: Estate) -> None:
    project, stack = estate.folder / "ml_code" / "project.yaml", estate.folder / "Pulumi.staging.yaml"
    before = project.read_text(), stack.read_text()
    project.write_text(before[0].replace("retries: 1", "retries: 3", 1))
    assert project.read_text() != before[0]
    code, told = estate.run_as("staging-deployer", *_UP)
    project.write_text(before[0])
    assert code == 0, told[-3000:]
    assert "updated" in told
    # What is in the account is its administrators': to change, and to read back.
    stack.write_text(before[1].replace("cost_center: ml-staging", "cost_center: research"))
    refused = [estate.run_as("staging-deployer", *_UP)]
    stack.write_text(before[1])
    refused.append(estate.run_as("staging-deployer", "pulumi", "preview", "-s", "staging", "--refresh"))
    for code, told in refused:
        assert code != 0
        assert "users without account admin status" in told
    estate.pulumi("up", "staging", "--yes", "--skip-preview")


def test_drift_is_found_in_what_may_be_read_and_the_rest_is_named(estate: Estate) -> None:
    code, told = estate.run_as("staging-deployer", *_DRIFT)
    assert code == 0, told[-3000:]
    assert "no drift" in told
    assert "1 MwsWorkspaces" in told.partition("may not read them")[2]
    jobs = estate.workspace("mlops-staging").jobs
    job = next(
        each for each in jobs.list() if each.settings and each.settings.name == "staging-flights-training"
    )
    jobs.update(int(job.job_id or 0), new_settings=JobSettings(max_concurrent_runs=5))
    code, told = estate.run_as("staging-deployer", *_DRIFT)
    estate.pulumi("up", "staging", "--yes", "--skip-preview", "--refresh")
    assert code == 1
    assert "staging has drifted (1 to update)" in told


@pytest.mark.parametrize("options", [(), ("--skip-preview",)], ids=["previewed", "unseen"])
def test_prod_refuses_destroy_says_how_and_keeps_everything(estate: Estate, options: tuple[str, ...]) -> None:
    refusal = estate.pulumi("destroy", "prod", "--yes", *options, fails=True)
    assert "protected" in refusal
    assert "remove the `protect` flag" in refusal
    assert "deleted" not in refusal.replace("cannot be deleted", "")
    estate.pulumi("preview", "prod", "--refresh", "--expect-no-changes")


def test_destroyed_environments_leave_nothing_and_touch_no_other(estate: Estate) -> None:
    others = {name for name in estate.in_account() if "prod" in name}
    for stack in ("dev", "staging"):
        estate.pulumi("destroy", stack, "--yes", "--skip-preview")
    assert estate.in_account() == others
    assert estate.catalogs() & set(STACKS) == {"prod"}
