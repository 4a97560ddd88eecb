"""What only a whole project shows: names that nothing has, circles, files that are not there."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from pulumi_databricks_mlops import task_graph
from pulumi_databricks_mlops.code_files import read_files
from pulumi_databricks_mlops.monitor_checks import unknown_columns
from pulumi_databricks_mlops.problems import Problems, suggest
from pulumi_databricks_mlops.tables import check_table

from settings.jobs import Job
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
            near = suggest(wanted, names)
            found.append(((*at, kind), f'"{wanted}" is not a {kind} file of the code{near}.'))
    return found


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


def _tables(project: ProjectSettings) -> Found:
    found: Found = []
    for name, table in project.tables.items():
        collected = Problems("tables")
        check_table(collected, name, {"columns": table.columns})
        found += [(("tables", name), sentence) for sentence in collected.sentences]
    return found


def _search(project: ProjectSettings) -> Found:
    indexes = (project.search.indexes if project.search else None) or {}
    known = {*project.tables, *((project.features.tables if project.features else None) or {})}
    found: Found = []
    for name, index in indexes.items():
        at: Path = ("search", "indexes", name)
        if index.table and index.table not in known:
            text = f'"{index.table}" is not a table of the project{suggest(index.table, known)}.'
            found.append(((*at, "table"), text))
        elif index.table in project.tables:
            columns = project.tables[index.table].columns
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
