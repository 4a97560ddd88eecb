"""What fails in the middle of a deployment: a clear message, nothing lost, and the next one completes it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from job_tasks import until
from mlops_sandbox.processes import started_at
from running import MLOPS, Run, RunningSandbox

JOBS = 10
CREATE = "/api/2.*/jobs/create"
UP = ("pulumi", "up", "-s", "local", "--yes", "--skip-preview")
PROGRAM = f"""
import pulumi
import pulumi_databricks as databricks
for number in range({JOBS}):
    folder = databricks.Directory(f"folder-{{number}}", path=f"/Shared/faults/{{number}}")
    task = {{"task_key": "only", "notebook_task": {{"notebook_path": folder.path}}}}
    databricks.Job(f"job-{{number}}", name=f"fault-{{number}}", tasks=[task])
"""


@pytest.fixture
def sandbox(new_sandbox: RunningSandbox) -> RunningSandbox:
    """One for each test: some don't survive it."""
    return new_sandbox


@pytest.fixture
def project(project: Path) -> Path:
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    return project


def _faults(sandbox: RunningSandbox, *wanted: dict[str, object]) -> list[dict[str, int]]:
    """Set faults; with none given, what is left of the ones that were set."""
    body = json.dumps({"faults": wanted}).encode() if wanted else None
    request = Request(f"{sandbox.url}/sandbox/faults", body, {"Authorization": f"Bearer {sandbox.token}"})
    if body:
        request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=10) as answer:
        told: list[dict[str, int]] = json.load(answer)["faults"]
    return told


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
    _faults(sandbox, {"path": CREATE, "after": 4, "latency": 60, "times": 100})
    with _begin(sandbox, project) as up:
        until(lambda: _faults(sandbox)[0]["times"] < 100 and len(_names(sandbox)) == 4, "creates hang")
        sandbox.kill()
        told, _ = up.communicate(timeout=60)
    assert up.returncode != 0
    assert sandbox.url in told
    assert "Traceback" not in told
    print(told)
    sandbox.start_again()
    _converges(run, sandbox)


def test_ctrl_c_ends_an_up_within_seconds_and_leaves_no_lock_and_no_process(
    sandbox: RunningSandbox, project: Path, run: Run
) -> None:
    _faults(sandbox, {"path": CREATE, "after": 4, "latency": 60, "times": 100})
    with _begin(sandbox, project) as up:
        until(lambda: _faults(sandbox)[0]["times"] < 100 and len(_names(sandbox)) == 4, "creates hang")
        providers = _serving(up.pid)
        assert providers
        os.killpg(up.pid, signal.SIGINT)
        began = time.monotonic()
        told, _ = up.communicate(timeout=90)
    print(told, time.monotonic() - began)
    assert up.returncode != 0
    assert not any(started_at(pid) for pid in providers)
    assert not list((sandbox.home.path / "stacks").glob(".pulumi/locks/**/*.json"))
    _faults(sandbox, {"path": "/none"})
    _converges(run, sandbox)


def _serving(parent: int) -> list[int]:
    """The stand-in providers of a command."""
    shown = subprocess.run(["ps", "-eww", "-o", "pid,ppid,args"], capture_output=True, text=True, check=True)
    found = re.findall(rf"^ *(\d+) +{parent} .*mlops_sandbox\.providers\.serve", shown.stdout, re.MULTILINE)
    return [int(pid) for pid in found]
