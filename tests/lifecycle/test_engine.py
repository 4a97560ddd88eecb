"""The engine, its language host and `mlops sandbox exec`."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from running import ELSEWHERE, Run, RunningSandbox, mlops

PROGRAM = """
import pulumi
config = pulumi.Config()
print("said by the program")
pulumi.export("greeting", config.require("greeting"))
pulumi.export("hidden", config.get_secret("hidden"))
if config.get("fault") == "message":
    raise pulumi.RunError("one sentence for a person")
if config.get("fault") == "bug":
    raise ValueError("a mistake in the program")
"""


def test_a_stack_is_made_when_it_is_first_used_and_its_file_stays_as_it_was(run: Run, project: Path) -> None:
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    before = (project / "Pulumi.local.yaml").read_text()
    up = run("pulumi", "up", "-s", "local", "--yes")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "said by the program" in up.stdout
    again = run("pulumi", "preview", "-s", "local", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads(run("pulumi", "stack", "output", "--json", "-s", "local").stdout)["greeting"] == "hello"
    assert (project / "Pulumi.local.yaml").read_text() == before
    assert run("pulumi", "destroy", "-s", "local", "--yes").returncode == 0


def test_another_account_and_a_proxy_in_the_environment_change_nothing(run: Run, project: Path) -> None:
    (project / "infra" / "__main__.py").write_text(
        "from pulumi import CustomResource\n"
        'CustomResource("databricks:index/directory:Directory", "folder", {"path": "/Shared/elsewhere"})\n'
    )
    up = run("pulumi", "up", "-s", "local", "--yes", "--skip-preview", **ELSEWHERE)
    assert up.returncode == 0, up.stdout + up.stderr
    assert run("pulumi", "preview", "-s", "local", "--expect-no-changes").returncode == 0


def test_the_plan_of_a_new_stack_is_what_its_first_update_applies(
    run: Run, project: Path, tmp_path: Path
) -> None:
    (project / "infra" / "__main__.py").write_text(
        "import pulumi\n"
        'path = pulumi.Output.secret("/Shared/planned")\n'
        'pulumi.CustomResource("databricks:index/directory:Directory", "folder", {"path": path})\n'
    )
    # Not `local`, which other tests may have made.
    (project / "Pulumi.planned.yaml").write_text("config: {}\n")
    plan = str(tmp_path / "plan.json")
    for command in (("preview", "--save-plan", plan), ("up", "--yes", "--skip-preview", "--plan", plan)):
        done = run("pulumi", *command, "-s", "planned")
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_engine_downloads_no_plugin_that_a_stand_in_stands_for(run: Run, project: Path) -> None:
    (project / "infra" / "__main__.py").write_text(
        'import pulumi_databricks\npulumi_databricks.Directory("folder", path="/Shared/attached")\n'
    )
    for command in (("up", "--yes", "--skip-preview"), ("preview", "--expect-no-changes")):
        done = run("pulumi", *command, "-s", "local", "--logtostderr", "-v=1")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "download" not in done.stderr


def test_a_secret_is_encrypted_in_the_state_and_its_passphrase_is_private(
    run: Run, project: Path, sandbox: RunningSandbox
) -> None:
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    assert run("pulumi", "config", "set", "--secret", "hidden", "canary-4711", "-s", "local").returncode == 0
    up = run("pulumi", "up", "-s", "local", "--yes")
    assert up.returncode == 0, up.stdout + up.stderr
    states = [file.read_text() for file in (sandbox.home.path / "stacks").rglob("*.json*") if file.is_file()]
    assert states
    assert not any("canary-4711" in text for text in [*states, up.stdout, up.stderr])
    shown = run("pulumi", "stack", "output", "hidden", "--show-secrets", "-s", "local")
    assert shown.stdout.strip() == "canary-4711"
    assert stat.S_IMODE(sandbox.home.passphrase_file().stat().st_mode) == 0o600
    assert stat.S_IMODE((sandbox.home.path / "token").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("fault", "shown", "hidden"),
    [("message", "one sentence for a person", "Traceback"), ("bug", "ValueError: a mistake", "_host.py")],
)
def test_a_programs_error_is_its_own(run: Run, project: Path, fault: str, shown: str, hidden: str) -> None:
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    preview = run("pulumi", "preview", "-s", "local", "-c", f"tested:fault={fault}")
    assert preview.returncode != 0
    assert shown in preview.stdout
    assert hidden not in preview.stdout


def test_the_lock_of_a_killed_update_does_not_stop_the_next_one(
    run: Run, project: Path, sandbox: RunningSandbox
) -> None:
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    assert run("pulumi", "up", "-s", "local", "--yes").returncode == 0
    held = {"pid": 2**22 + 1, "username": "x", "hostname": socket.gethostname()}
    folder = sandbox.home.path / "stacks" / ".pulumi" / "locks" / "organization" / "tested" / "local"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "left.json").write_text(json.dumps(held))
    again = run("pulumi", "up", "-s", "local", "--yes")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "removed the lock" in again.stderr


def test_no_way_to_an_engine_is_one_message_that_says_what_helps(run: Run, tmp_path: Path) -> None:
    empty = str(tmp_path / "empty")
    refused = "http://127.0.0.1:9"
    done = run(
        "true",
        MLOPS_CACHE=empty,
        PATH="/nowhere",
        HTTPS_PROXY=refused,
        https_proxy=refused,
        UV_DEFAULT_INDEX=refused,
        UV_HTTP_RETRIES="0",
    )
    assert done.returncode == 1
    for tried in ("PATH:", "official release:", "Go build:", "Install Pulumi"):
        assert tried in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_sandbox_a_command_says_how_to_start_one(tmp_path: Path, sandbox: RunningSandbox) -> None:
    env = {"MLOPS_SANDBOX_HOME": str(tmp_path / "none")}
    done = mlops(sandbox, tmp_path, "sandbox", "exec", "--", "true", **env)
    assert done.returncode == 1
    assert "mlops sandbox start" in done.stderr


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path, sandbox: RunningSandbox) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        env = {"MLOPS_SANDBOX_HOME": str(tmp_path / "home")}
        done = mlops(sandbox, tmp_path, "sandbox", "start", "--port", port, **env)
    assert done.returncode == 1
    assert port in done.stderr
    assert "--port 0" in done.stderr


def test_a_folder_that_cant_be_written_to_is_named_with_the_variable_for_another(
    tmp_path: Path, sandbox: RunningSandbox
) -> None:
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "x")
    told = mlops(sandbox, tmp_path, "sandbox", "start", MLOPS_SANDBOX_HOME=nowhere).stderr
    assert nowhere in told
    assert "MLOPS_SANDBOX_HOME" in told
    told = mlops(sandbox, tmp_path, "sandbox", "exec", "--", "true", MLOPS_CACHE=nowhere, PATH="").stderr
    assert nowhere in told
    assert "MLOPS_CACHE" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("port", ["99999", "-5", "x"])
def test_a_port_that_is_none_is_told_by_its_number(
    tmp_path: Path, sandbox: RunningSandbox, port: str
) -> None:
    env = {"MLOPS_SANDBOX_HOME": str(tmp_path / "home")}
    done = mlops(sandbox, tmp_path, "sandbox", "start", "--port", port, **env)
    assert done.returncode == 2
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_the_token_is_not_among_any_process_arguments(sandbox: RunningSandbox) -> None:
    shown = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "mlops_sandbox.serve" in shown
    assert sandbox.token not in shown
