"""`mlops ci` with the real engine, in a project without resources."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from running import RunningSandbox, mlops

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A committed project whose one output tells of a file."""
    folder = tmp_path / "project"
    (folder / "infra").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: planned\nruntime: python\nmain: infra/\n")
    (folder / "Pulumi.prod.yaml").write_text("config:\n  planned:a: b\n")
    (folder / "infra" / "__main__.py").write_text(
        "import pulumi\nfrom pathlib import Path\n"
        "pulumi.ComponentResource('t:i:Thing', Path('value').read_text().strip())\n"
    )
    (folder / "infra" / "value").write_text("one")
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *who, "commit", "-qam", "Change"], cwd=folder, check=True)


def ci(sandbox: RunningSandbox, folder: Path, *arguments: str) -> Done:
    return mlops(sandbox, folder, "sandbox", "exec", "--", "mlops", "ci", *arguments)


def test_a_reviewed_plan_is_applied_or_refused_with_the_reason(
    sandbox: RunningSandbox, project: Path
) -> None:
    plan = str(project.parent / "prod.plan")
    planned = ci(sandbox, project, "preview", "--stack", "prod", "--plan", plan)
    assert planned.returncode == 0, planned.stderr
    assert json.loads(Path(plan).read_text())["stack"] == "prod"
    assert Path(plan).stat().st_mode & 0o777 == 0o600

    (project / "infra" / "value").write_text("two")
    dirty = ci(sandbox, project, "apply", "--stack", "prod", "--plan", plan)
    assert "differ from it" in dirty.stderr
    commit(project)
    other_files = ci(sandbox, project, "apply", "--stack", "prod", "--plan", plan)
    assert other_files.returncode == 1
    assert "no longer holds: it was made of" in other_files.stderr
    assert "Nothing was applied" in other_files.stderr

    subprocess.run(["git", "checkout", "-q", "HEAD~1"], cwd=project, check=True)
    applied = ci(sandbox, project, "apply", "--stack", "prod", "--plan", plan)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "prod: 2 created" in applied.stderr

    again = ci(sandbox, project, "apply", "--stack", "prod", "--plan", plan)
    assert again.returncode == 1
    assert "the stack was updated after" in again.stderr
    assert "Traceback" not in again.stderr


def test_a_locked_stack_says_who_unlocks_it(sandbox: RunningSandbox, project: Path) -> None:
    locks = sandbox.home.path / "stacks" / ".pulumi" / "locks" / "organization" / "planned" / "locked"
    (project / "Pulumi.locked.yaml").write_text("config: {}\n")
    made = mlops(
        sandbox, project, "sandbox", "exec", "--", "pulumi", "stack", "init", "locked", "--no-select"
    )
    assert made.returncode == 0, made.stderr
    locks.mkdir(parents=True, exist_ok=True)
    held = {"pid": 1, "username": "ada", "hostname": "elsewhere", "timestamp": "2026-01-01T00:00:00Z"}
    (locks / "0.json").write_text(json.dumps(held))
    refused = ci(sandbox, project, "apply", "--stack", "locked")
    assert refused.returncode == 1
    assert "The stack locked is locked" in refused.stderr
    assert "pulumi cancel --stack locked --yes" in refused.stderr
