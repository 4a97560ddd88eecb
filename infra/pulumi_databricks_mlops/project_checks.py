"""A project's names, and what can be wrong with its arguments."""

from typing import Any

import pulumi

from pulumi_databricks_mlops import task_graph
from pulumi_databricks_mlops.problems import UC_NAME, UC_RIGHT, Problems
from pulumi_databricks_mlops.project_args import MlProjectArgs, ProjectJobArgs
from pulumi_databricks_mlops.tables import check_table, same_name
from pulumi_databricks_mlops.task_args import TaskArgs


def schema_name(args: MlProjectArgs) -> str:
    """The name of the project's schema."""
    return args.get("schema", args["project"].replace("-", "_"))


def endpoint_name(args: MlProjectArgs) -> str:
    """The name of the project's endpoint."""
    parts = [args["environment"], args["project"], *([args["model"]["name"]] if "model" in args else [])]
    return args.get("serving", {}).get("endpoint_name", "-".join(parts))


def job_graph(jobs: dict[str, ProjectJobArgs]) -> dict[str, list[str]]:
    """By job, the jobs of the project that its tasks run; a job given by its ID is not one."""
    return {
        job: [
            run
            for task in wanted["tasks"].values()
            if isinstance(run := _runs(task), str) and not run.isdigit()
        ]
        for job, wanted in jobs.items()
    }


def _runs(task: TaskArgs) -> pulumi.Input[str] | None:
    return task["for_each"]["task"].get("run_job") if "for_each" in task else task.get("run_job")


def check(name: str, args: MlProjectArgs) -> list[str]:
    """Find every mistake that the project's parts would not find themselves.

    Returns:
        Its jobs, each after those that it runs.

    Raises:
        InputError: there is one or more.
    """
    problems = Problems(f"MlProject {name}")
    for what in ("project", "environment"):
        problems.require_name(
            f"The {what}", args.get(what), r"[a-z][a-z0-9-]{0,39}", "a-z, 0-9 and `-`, at most 40"
        )
    problems.require_name("The schema", schema_name(args), UC_NAME, UC_RIGHT)
    for table, wanted in args.get("tables", {}).items():
        check_table(problems, table, wanted)
    for names in same_name(args.get("tables", {})):
        problems.add(f"The tables {' and '.join(names)} are one: case does not tell them apart.")
    if args.get("tables") and "warehouse_id" not in args:
        problems.add("It declares tables, but no warehouse makes them: give warehouse_id.")
    if "python" in args and "cluster" in args:
        problems.add("It has a serverless environment and a cluster: give one of them.")
    jobs, search = job_graph(args.get("jobs", {})), args.get("search", {})
    if args.get("features", {}).get("tables"):
        if "feature-tables" in jobs:
            problems.add("A job is called 'feature-tables', as the one that makes feature tables: rename it.")
        jobs = {job: [run for run in runs if run != "feature-tables"] for job, runs in jobs.items()}
    for index, follows in sorted(search.get("indexes", {}).items()):
        followed = follows.get("table")
        key = follows["primary_key"]
        tables: dict[str, Any] = {**args.get("features", {}).get("tables", {}), **args.get("tables", {})}
        if followed in tables and key not in tables[followed]["columns"]:
            problems.add(f"The index {index!r} has the primary key {key!r}, which {followed} does not have.")
    ordered, wrong = task_graph.order(jobs, "job")
    problems.add(*wrong)
    problems.raise_any()
    return ordered
