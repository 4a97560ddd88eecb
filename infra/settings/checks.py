"""What only a whole project shows: names that nothing has, circles, files that are not there."""

from __future__ import annotations

import re
from pathlib import Path as FilePath
from typing import Any

from pulumi_databricks_mlops import task_graph, task_references
from pulumi_databricks_mlops.code_files import read_files
from pulumi_databricks_mlops.monitor_checks import unknown_columns
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.serving_checks import NAME
from pulumi_databricks_mlops.spelling import suggest
from pulumi_databricks_mlops.tables import check_table, same_name

from settings.jobs import Job
from settings.names import ProjectNames
from settings.problems import Path
from settings.project import ProjectSettings
from settings.tasks import Iteration, Task

Found = list[tuple[Path, str]]

FEATURE_JOB = "feature-tables"
"""The job that makes feature tables, as other jobs name it."""


def check_project(project: ProjectSettings, folder: FilePath) -> Found:
    """Every mistake, each with its path in project.yaml."""
    return [
        *_code(project, folder),
        *_graphs(project),
        *_tables(project),
        *_monitor(project),
        *_search(project),
        *_integration(project),
    ]


def check_names(project: ProjectSettings, names: ProjectNames) -> Found:
    """Names that are made of others and that Databricks does not take."""
    if project.serving is None or re.fullmatch(NAME, names.endpoint):
        return []
    return [(("serving", "endpoint"), f'"{names.endpoint}" is its name unless you give one: at most 63.')]


def _integration(project: ProjectSettings) -> Found:
    """Jobs and parameters that the integration test names and the project does not have."""
    found: Found = []
    for name, given in project.integration.items():
        job = project.jobs.get(name)
        if job is None:
            found.append((("integration", name), f'"{name}" is not a job{suggest(name, project.jobs)}.'))
            continue
        found += [
            (("integration", name, key), f"is not a parameter of {name}{suggest(key, job.parameters or {})}.")
            for key in given
            if key not in (job.parameters or {})
        ]
    return found


def _code(project: ProjectSettings, folder: FilePath) -> Found:
    collected = Problems("code")
    files = read_files(folder, project.code.include, collected)
    found: Found = [(("code", "include"), sentence) for sentence in collected.sentences]
    if found:
        # Every task would say again that its file is not there.
        return found
    known = {
        "notebook": {file.target for file in files if file.language},
        "file": {file.name for file in files if not file.language},
    }
    for name, job in sorted(project.jobs.items()):
        for key, task in sorted(job.tasks.items()) if job.git_source is None else ():
            at: Path = ("jobs", name, "tasks", key)
            found += _sources(at, task, known)
            if task.for_each:
                found += _sources((*at, "for_each", "task"), task.for_each.task, known)
    return found


def _sources(at: Path, work: Iteration, known: dict[str, set[str]]) -> Found:
    found: Found = []
    sql = work.sql.file if work.sql else None
    for kind, wanted, names in (
        ("notebook", work.notebook, known["notebook"]),
        ("python", work.python, known["file"]),
        ("sql", sql, known["file"]),
    ):
        if wanted is not None and not wanted.startswith("/") and wanted not in names:
            told = _why_not(kind, wanted, known)
            found.append(((*at, kind), f'"{wanted}" is not a {kind} file of the code{told}.'))
    return found


def _why_not(kind: str, wanted: str, known: dict[str, set[str]]) -> str:
    """What a path names, where that is near."""
    bare = wanted.removesuffix(".py")
    if kind == "notebook" and f"{bare}.py" in known["file"]:
        return f": {bare}.py does not begin with `# Databricks notebook source`"
    if kind == "python" and bare in known["notebook"]:
        return f", it is a notebook: write `notebook: {bare}`"
    return suggest(wanted, known["notebook" if kind == "notebook" else "file"])


def _after(task: Task) -> list[str]:
    return [dependency.task for dependency in task.depends_on]


def _runs(task: Task) -> str | None:
    return task.for_each.task.run_job if task.for_each else task.run_job


def _graphs(project: ProjectSettings) -> Found:
    found: Found = []
    for name, job in sorted(project.jobs.items()):
        sentences = task_graph.order({key: _after(task) for key, task in job.tasks.items()})[1]
        found += [(("jobs", name, "tasks"), sentence) for sentence in sentences]
        found += _outcomes(name, job)
        found += _twice(name, job)
        found += _references(name, job)
        found += _job_parameters(name, job, project)
    graph = {
        name: [run for task in job.tasks.values() if (run := _runs(task))]
        for name, job in project.jobs.items()
    }
    if project.features and project.features.tables:
        if FEATURE_JOB in graph:
            found.append(
                (("jobs", FEATURE_JOB), "is the name of the job that makes feature tables: rename it.")
            )
        graph = {name: [run for run in runs if run != FEATURE_JOB] for name, runs in graph.items()}
    found += [(("jobs",), sentence) for sentence in task_graph.order(graph, "job")[1]]
    return found


def _outcomes(name: str, job: Job) -> Found:
    return [
        (
            ("jobs", name, "tasks", key, "depends_on"),
            f"{dependency.task} is not a condition task and has no outcome: leave the outcome out.",
        )
        for key, task in sorted(job.tasks.items())
        for dependency in task.depends_on
        if dependency.outcome and dependency.task in job.tasks and not job.tasks[dependency.task].condition
    ]


def _twice(name: str, job: Job) -> Found:
    """Tasks that depend on the same one again."""
    found: Found = []
    for key, task in sorted(job.tasks.items()):
        wanted = [(each.task, each.outcome) for each in task.depends_on]
        again = sorted({other for other, outcome in wanted if wanted.count((other, outcome)) > 1})
        found += [
            (("jobs", name, "tasks", key, "depends_on"), f"names {other} twice: once is enough.")
            for other in again
        ]
    return found


def _references(name: str, job: Job) -> Found:
    """What a task refers to and its job does not have."""
    tasks = {key: task.model_dump(exclude_none=True) for key, task in job.tasks.items()}
    after = {key: _after(task) for key, task in job.tasks.items()}
    wrong = task_references.problems_of(tasks, after, job.parameters or {})
    return [(("jobs", name, "tasks", key), sentence) for key, sentence in wrong]


def _job_parameters(name: str, job: Job, project: ProjectSettings) -> Found:
    """Parameters that a task gives to another job, which has none of that name."""
    found: Found = []
    for key, task in sorted(job.tasks.items()):
        work, at = (task.for_each.task, ("for_each", "task")) if task.for_each else (task, ())
        started = project.jobs.get(work.run_job or "")
        known = (started.parameters or {}) if started else {}
        found += [
            (
                ("jobs", name, "tasks", key, *at, "job_parameters", each),
                f"is not a parameter of {work.run_job}{suggest(each, known)}.",
            )
            for each in (work.job_parameters or {})
            if started and each not in known
        ]
    return found


def _tables(project: ProjectSettings) -> Found:
    found: Found = [
        (("tables", names[-1]), f"is the same as {names[0]}: case does not tell tables apart, rename one.")
        for names in same_name(project.tables)
    ]
    for name, table in project.tables.items():
        collected = Problems("tables")
        check_table(collected, name, {"columns": table.columns})
        found += [(("tables", name), sentence) for sentence in collected.sentences]
    return found


def _search(project: ProjectSettings) -> Found:
    indexes = (project.search.indexes if project.search else None) or {}
    features = (project.features.tables if project.features else None) or {}
    known = {name: each.columns for name, each in features.items()}
    known |= {name: each.columns for name, each in project.tables.items()}
    found: Found = []
    for name, index in indexes.items():
        at: Path = ("search", "indexes", name)
        if index.table and index.table not in known:
            text = f'"{index.table}" is not a table of the project{suggest(index.table, known)}.'
            found.append(((*at, "table"), text))
        elif index.table:
            columns = known[index.table]
            wrong = [
                each for each in (index.primary_key, index.text, index.vector) if each not in {None, *columns}
            ]
            found += [
                (at, f"{index.table} has no column {each!r}{suggest(str(each), columns)}.") for each in wrong
            ]
    return found


def _monitor(project: ProjectSettings) -> Found:
    monitor = project.monitor
    if monitor is None:
        return []
    if monitor.table not in project.tables:
        known = ", ".join(project.tables) or "none"
        near = suggest(monitor.table, project.tables)
        return [
            (("monitor", "table"), f'"{monitor.table}" is not a table of the project{near}: it has {known}.')
        ]
    given: Any = {**monitor.model_dump(exclude_none=True), "catalog": "", "schema": "", "assets_dir": ""}
    return [(("monitor",), text) for text in unknown_columns(given, project.tables[monitor.table].columns)]
