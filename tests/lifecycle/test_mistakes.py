"""Mistakes in the settings, as `pulumi preview` prints them: place, value and remedy, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import RunningSandbox, mlops

STACK = """\
config:
  databricks-mlops:environment:
    name: local
    catalog: local
    projects: [{path: ml_code}]
"""
PROJECT = """\
project: small
jobs:
  work:
    parameters: {days: "3"}
    schedule: {cron: "0 0 9 * * ?"}
    tasks:
      one: {notebook: notebooks/one}
      two: {notebook: notebooks/one, depends_on: [one]}
"""
PREVIEW = ("sandbox", "exec", "--", "pulumi", "preview", "-s", "local")
JOB = "ml_code/project.yaml: jobs.work."
ENVIRONMENT = "Pulumi.local.yaml: config.databricks-mlops:environment"
#: What stands in the files, what is written in its place, and what is told.
MISTAKES = {
    "unknown key": ("schedule:", "shedule:", [f"{JOB}shedule", "did you mean 'schedule'?"]),
    "bad host": (
        "    catalog: local\n",
        "    catalog: local\n    workspace: {host: ftp://x}\n",
        [f"{ENVIRONMENT}.workspace.host", "ftp://x"],
    ),
    "cycle": ("{notebook: notebooks/one}", "{notebook: notebooks/one, depends_on: [two]}", [JOB, "circle"]),
}


@pytest.mark.parametrize(("right", "wrong", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_by_its_place_and_value_before_any_resource(
    sandbox: RunningSandbox, checkout: Path, right: str, wrong: str, told: list[str]
) -> None:
    assert (STACK + PROJECT).count(right) == 1
    (checkout / "Pulumi.local.yaml").write_text(STACK.replace(right, wrong))
    (checkout / "ml_code" / "project.yaml").write_text(PROJECT.replace(right, wrong))
    (checkout / "ml_code" / "notebooks" / "one.py").write_text("# Databricks notebook source\nprint(1)\n")
    done = mlops(sandbox, checkout, *PREVIEW)
    assert done.returncode != 0
    assert "1 mistake in the settings; nothing was changed:" in done.stdout
    for part in told:
        assert part in done.stdout
    assert "databricks" not in done.stdout.replace("databricks-mlops", "")
    assert "Traceback" not in done.stdout + done.stderr
