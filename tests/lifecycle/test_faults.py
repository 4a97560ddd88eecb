"""What fails in the middle of a deployment: a clear message, nothing lost, and the next one completes it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from job_tasks import until
from mlops_sandbox.processes import started_at
from running import MLOPS, Run, RunningSandbox, mlops

ROOT = Path(__file__).parent.parent.parent
JOBS = 10
CREATE = "/api/2.*/jobs/create"
UP = ("pulumi", "up", "-s", "local", "--yes", "--skip-preview")
#: Without the provider's SDK, whose import would take most of the time.
PROGRAM = f"""
from pulumi import CustomResource
for number in range({JOBS}):
    path = f"/Shared/faults/{{number}}"
    folder = CustomResource("databricks:index/directory:Directory", f"folder-{{number}}", {{"path": path}})
    task = {{"taskKey": "only", "notebookTask": {{"notebookPath": folder.id}}}}
    settings = {{"name": f"fault-{{number}}", "tasks": [task]}}
    CustomResource("databricks:index/job:Job", f"job-{{number}}", settings)
"""


@pytest.fixture
def sandbox(new_sandbox: RunningSandbox) -> RunningSandbox:
    """One for each test: some don't survive it."""
    return new_sandbox


@pytest.fixture
def project(project: Path) -> Path:
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    return project


def _names(sandbox: RunningSandbox) -> Counter[str]:
    return Counter(str(job.settings.name) for job in sandbox.workspace().jobs.list() if job.settings)


def _begin(sandbox: RunningSandbox, project: Path) -> subprocess.Popen[str]:
    """An `up` in the background, as the foreground job of a terminal of its own."""
    return subprocess.Popen(
        [MLOPS, "sandbox", "exec", "--", *UP],
        cwd=project,
        env={**os.environ, "MLOPS_SANDBOX_HOME": str(sandbox.home.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _converges(run: Run, sandbox: RunningSandbox) -> None:
    """The next `up` makes what is missing and nothing twice."""
    up = run(*UP)
    assert up.returncode == 0, up.stdout + up.stderr
    assert _names(sandbox) == Counter({f"fault-{number}": 1 for number in range(JOBS)})
    assert len(list(sandbox.workspace().workspace.list("/Shared/faults"))) == JOBS
    preview = run("pulumi", "preview", "-s", "local", "--expect-no-changes")
    assert preview.returncode == 0, preview.stdout


def test_a_sandbox_killed_during_an_up_is_named_and_the_next_up_completes_it(
    sandbox: RunningSandbox, project: Path, run: Run
) -> None:
    sandbox.faults({"path": CREATE, "after": 4, "latency": 60, "drop": True, "times": 100})
    with _begin(sandbox, project) as up:
        until(lambda: sandbox.faults_left()[0]["times"] < 100 and len(_names(sandbox)) == 4, "creates hang")
        sandbox.kill()
        told, _ = up.communicate(timeout=60)
    assert up.returncode != 0
    assert sandbox.url in told
    assert "Traceback" not in told
    sandbox.start_again()
    _converges(run, sandbox)


def test_ctrl_c_ends_an_up_within_seconds_and_leaves_no_lock_and_no_process(
    sandbox: RunningSandbox, project: Path, run: Run
) -> None:
    sandbox.faults({"path": CREATE, "after": 4, "latency": 60, "drop": True, "times": 100})
    with _begin(sandbox, project) as up:
        until(lambda: sandbox.faults_left()[0]["times"] < 100 and len(_names(sandbox)) == 4, "creates hang")
        providers = _serving(up.pid)
        assert providers
        os.killpg(up.pid, signal.SIGINT)
        told, _ = up.communicate(timeout=20)
    assert up.returncode != 0
    assert "cancelled before there was an answer" in told
    assert not any(started_at(pid) for pid in providers)
    assert not list((sandbox.home.path / "stacks").glob(".pulumi/locks/**/*.json"))
    sandbox.faults({"path": "/none"})
    _converges(run, sandbox)


def test_cancel_ends_the_living_update_before_it_frees_the_stack(
    sandbox: RunningSandbox, project: Path, run: Run
) -> None:
    sandbox.faults({"path": CREATE, "after": 4, "latency": 60, "drop": True, "times": 100})
    with _begin(sandbox, project) as up:
        until(lambda: sandbox.faults_left()[0]["times"] < 100 and len(_names(sandbox)) == 4, "creates hang")
        [engine] = _children(up.pid, "pulumi up")
        for action in ("stop", "reset"):
            refused = mlops(sandbox, project, "sandbox", action)
            assert refused.returncode == 1
            assert f"The stack local is being deployed (pid {engine})" in refused.stderr
        second = run(*UP)
        assert second.returncode != 0
        assert "the stack is currently locked by 1 lock(s)" in second.stderr
        unsure = run("pulumi", "cancel", "local")
        assert "`pulumi cancel local --yes` ends that" in unsure.stderr
        assert up.poll() is None
        cancelled = run("pulumi", "cancel", "--yes", "-s", "local")
        assert f"the update of local (pid {engine}) has ended" in cancelled.stderr, cancelled.stderr
        told, _ = up.communicate(timeout=20)
    assert up.returncode != 0
    assert "cancelled before there was an answer" in told
    sandbox.faults({"path": "/none"})
    _converges(run, sandbox)


def _children(parent: int, of: str) -> list[int]:
    shown = subprocess.run(["ps", "-eww", "-o", "pid,ppid,args"], capture_output=True, text=True, check=True)
    return [int(pid) for pid in re.findall(rf"^ *(\d+) +{parent} .*{of}", shown.stdout, re.MULTILINE)]


def _serving(parent: int) -> list[int]:
    """The stand-in providers of a command."""
    return _children(parent, r"mlops_sandbox\.providers\.serve")


def test_a_creation_whose_answer_was_lost_is_not_sent_again(
    sandbox: RunningSandbox, project: Path, run: Run
) -> None:
    sandbox.faults({"path": CREATE, "lose_answer": True, "latency": 60})
    with _begin(sandbox, project) as up:
        until(
            lambda: sandbox.faults_left()[0]["times"] == 0 and len(_names(sandbox)) == JOBS,
            "all jobs are made",
        )
        sandbox.kill()
        sandbox.start_again()
        told, _ = up.communicate(timeout=60)
    assert up.returncode != 0
    assert re.search(rf"{sandbox.url} closed the connection before it answered POST \S+/jobs/create", told)
    assert "it may have been done: look before you try again" in told
    assert len(_names(sandbox)) == _names(sandbox).total() == JOBS


def test_the_second_of_two_commands_waits_and_says_so(tmp_path: Path) -> None:
    lock, order = tmp_path / "lock", tmp_path / "order"
    exclusive = [sys.executable, str(ROOT / "sandbox" / "exclusive.py"), str(lock), "`make up`", "--"]
    first = subprocess.Popen(
        [*exclusive, "sh", "-c", f"echo held; read line; echo first >> {order}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        second = subprocess.Popen(
            [*exclusive, "sh", "-c", f"echo second >> {order}"], stdout=subprocess.PIPE, text=True
        )
        with second:
            assert second.stdout is not None
            assert "`make up` is running already" in second.stdout.readline()
            first.stdin.write("go\n")
            first.stdin.flush()
    assert order.read_text().split() == ["first", "second"]
