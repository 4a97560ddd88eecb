"""Estates of any size: many small projects from one code folder, in one stack or in stacks of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
ENVIRONMENT = "scale"
_NOTEBOOK = "# Databricks notebook source\nprint(1)\n"


def _project(jobs: int) -> dict[str, object]:
    tasks = {
        "first": {"notebook": "notebooks/work"},
        "second": {"notebook": "notebooks/work", "depends_on": ["first"]},
    }
    return {
        "project": "template",
        "environment": {"version": "5", "dependencies": ["lightgbm>=4.7,<5"]},
        "model": {"name": "model"},
        "serving": {},
        "jobs": {
            f"job-{number:02}": {"parameters": {"model": "${model}"}, "tasks": tasks}
            for number in range(jobs)
        },
    }


def name(number: int) -> str:
    """A project's name."""
    return f"p{number:03}"


def own_stack(number: int) -> str:
    """The stack of a project that has one."""
    return f"{ENVIRONMENT}.{name(number)}"


def write(folder: Path, projects: int, jobs: int, *, own_stacks: bool = False) -> None:
    """Write the program's checkout with an environment `scale`.

    Args:
        folder: where; it is made.
        projects: how many, all of one code folder.
        jobs: how many each has, with permissions.
        own_stacks: each project has its own stack file; otherwise they are the environment's.
    """
    (folder / "team" / "notebooks").mkdir(parents=True)
    (folder / "infra").symlink_to(ROOT / "infra", target_is_directory=True)
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / "team" / "project.yaml").write_text(yaml.safe_dump(_project(jobs), sort_keys=False))
    (folder / "team" / "notebooks" / "work.py").write_text(_NOTEBOOK)
    references = [{"path": "team", "overrides": {"project": name(number)}} for number in range(projects)]
    environment = {
        "name": ENVIRONMENT,
        "catalog": ENVIRONMENT,
        "roles": {"readers": ["analysts"], "owners": ["ml-platform"]},
        "projects": [] if own_stacks else references,
    }
    _stack(folder, ENVIRONMENT, {"databricks-mlops:environment": environment})
    if own_stacks:
        for number, reference in enumerate(references):
            _stack(folder, own_stack(number), {"databricks-mlops:project": reference})


def change(folder: Path, number: int) -> None:
    """Change one project's job parameter in its stack's file (own stacks) or in the environment's."""
    for file in (folder / f"Pulumi.{own_stack(number)}.yaml", folder / f"Pulumi.{ENVIRONMENT}.yaml"):
        if not file.exists():
            continue
        document = yaml.safe_load(file.read_text())
        config = document["config"]
        reference = config.get("databricks-mlops:project")
        if reference is None:
            reference = config["databricks-mlops:environment"]["projects"][number]
        reference["overrides"]["jobs"] = {"job-00": {"max_concurrent_runs": 2}}
        file.write_text(yaml.safe_dump(document, sort_keys=False))
        return


def _stack(folder: Path, stack: str, config: dict[str, object]) -> None:
    (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": config}, sort_keys=False))
