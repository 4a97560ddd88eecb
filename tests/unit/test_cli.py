"""`mlops run` and `mlops status`: what is near is named, and nothing runs that was not meant."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import pytest
from databricks.sdk.errors import NotFound
from pulumi_databricks_mlops.cli import main, run, stacks
from pulumi_databricks_mlops.cli.errors import CliError
from pulumi_databricks_mlops.cli.stacks import Stack


def test_an_unknown_job_names_the_one_that_is_near() -> None:
    stack = Stack("dev", {"flights": {"jobs": {"training": "1", "features": "2"}}})
    with pytest.raises(CliError, match=r"No job 'trainin' .*\(did you mean 'training'\?\)"):
        stack.job("trainin")
    with pytest.raises(CliError, match=r"\(did you mean 'flights/training'\?\)"):
        stack.job("flights/trainng")


def test_a_parameter_that_the_job_does_not_have_starts_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = [SimpleNamespace(name="seed"), SimpleNamespace(name="sample")]
    jobs: Any = SimpleNamespace(
        get=lambda _id: SimpleNamespace(settings=SimpleNamespace(parameters=parameters))
    )
    stack = Stack("dev", {"flights": {"jobs": {"training": "1"}}})
    monkeypatch.setattr(run, "enter", lambda _stack: None)
    monkeypatch.setattr(run, "open_stack", lambda _name: stack)
    monkeypatch.setattr(run, "workspace_client", lambda _stack: cast("Any", SimpleNamespace(jobs=jobs)))
    assert main(["run", "training", "-s", "dev", "-p", "sead=8"]) == 1


def test_what_a_workspace_refuses_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(_id: int, **_: Any) -> None:
        raise NotFound("Job 1 does not exist.")

    monkeypatch.setattr(run, "enter", lambda _stack: None)
    monkeypatch.setattr(run, "open_stack", lambda _name: Stack("dev", {"flights": {"jobs": {"a": "1"}}}))
    client = SimpleNamespace(jobs=SimpleNamespace(run_now=gone))
    monkeypatch.setattr(run, "workspace_client", lambda _stack: cast("Any", client))
    assert main(["run", "a", "-s", "dev"]) == 1
    assert "The workspace refused: Job 1 does not exist." in capsys.readouterr().err


def test_a_stack_that_nobody_has_says_how_to_come_by_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(stacks, "entry_points", lambda **_: [])
    assert main(["status", "-s", "nope"]) == 1
    assert "mlops sandbox exec -- pulumi up -s nope" in capsys.readouterr().err


def test_a_command_starts_without_pulumi_and_vendors_sdks() -> None:
    # They take from 0.3 s to seconds, of every `mlops sandbox exec`.
    asked = (
        "import sys; from pulumi_databricks_mlops import cli; cli._parser(); "
        "print(sorted({'pulumi', 'databricks.sdk', 'mlflow', 'grpc'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
