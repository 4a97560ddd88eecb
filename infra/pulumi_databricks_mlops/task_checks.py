"""What can be wrong with a task's arguments."""

from typing import Any

from pulumi_databricks_mlops.job_args import MlJobArgs
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.task_args import IterationArgs, TaskArgs

OPERATORS = (
    "EQUAL_TO",
    "NOT_EQUAL",
    "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL",
    "LESS_THAN",
    "LESS_THAN_OR_EQUAL",
)
RUN_IF = (
    "ALL_SUCCESS",
    "ALL_DONE",
    "NONE_FAILED",
    "AT_LEAST_ONE_SUCCESS",
    "ALL_FAILED",
    "AT_LEAST_ONE_FAILED",
)
WORK = ("notebook", "python", "wheel", "sql", "dbt", "pipeline", "jar", "spark_submit", "run_job")
KINDS = (*WORK, "alert", "dashboard", "condition", "for_each")
SQL = ("file", "query", "alert", "dashboard")
LIBRARIES = ("pypi", "whl", "requirements", "jar", "maven", "cran")
_KEY = r"[a-zA-Z0-9_-]{1,100}"

_Work = TaskArgs | IterationArgs


def check(key: str, task: TaskArgs, args: MlJobArgs, problems: Problems) -> None:
    """Add every mistake of one task."""
    what = f"The task {key!r}"
    problems.require_name("The task", key, _KEY, "letters, digits, `_` and `-`, at most 100")
    _one_of(what, task, KINDS, problems)
    _check_work(what, task, args, problems)
    if "for_each" in task:
        inner = f"{what}, for each input,"
        _one_of(inner, task["for_each"]["task"], WORK, problems)
        _check_work(inner, task["for_each"]["task"], args, problems)
        if not 1 <= task["for_each"].get("concurrency", 1) <= 100:
            problems.add(f"{what} has a concurrency of {task['for_each']['concurrency']}: give 1 to 100.")
    if "condition" in task:
        problems.require_one(f"The operator of {key!r}", task["condition"]["op"], OPERATORS)
    problems.require_one(f"run_if of {key!r}", task.get("run_if"), RUN_IF)
    if task.get("retries", 0) < -1:
        problems.add(f"{what} has {task.get('retries')} retries: give 0 or more, or -1 for ever.")
    _check_compute(what, task, args, problems)


def check_outcomes(tasks: dict[str, TaskArgs], problems: Problems) -> None:
    """Add outcomes that are none, and outcomes of tasks that have none."""
    for key, task in sorted(tasks.items()):
        for after in task.get("depends_on", []):
            outcome, other = after.get("outcome"), tasks.get(after["task"])
            problems.require_one(f"The outcome that {key!r} depends on", outcome, ("true", "false"))
            if outcome is not None and other is not None and "condition" not in other:
                problems.add(
                    f"The task {key!r} depends on an outcome of {after['task']!r}, "
                    "which is not a condition: leave the outcome out."
                )


def _one_of(what: str, given: Any, kinds: tuple[str, ...], problems: Problems) -> None:
    used = [kind for kind in kinds if kind in given]
    if len(used) != 1:
        has = " and ".join(used) or "none of them"
        problems.add(f"{what} has {has}: give exactly one of {', '.join(kinds)}.")


def _check_work(what: str, given: _Work, args: MlJobArgs, problems: Problems) -> None:
    sql = given.get("sql")
    paths = [given.get("notebook"), given.get("python"), (sql or {}).get("file")]
    for path in paths:
        if isinstance(path, str) and not path.startswith("/"):
            _check_path(what, path, args, problems)
    if given.get("notebook", "").endswith(".py"):
        problems.add(f"{what} names the notebook {given.get('notebook')!r}: leave out `.py`.")
    if sql is not None:
        _one_of(f"The SQL of {what[4:]}", sql, SQL, problems)
        if "warehouse_id" not in sql:
            problems.add(f"{what} runs SQL, but on no warehouse: give warehouse_id.")
    if "dbt" in given and not given["dbt"]["commands"]:
        problems.add(f"{what} has no dbt commands: give one or more, `dbt run` for example.")
    if "wheel" in given and {"parameters", "named_parameters"} <= set(given["wheel"]):
        problems.add(f"{what} has parameters and named_parameters of a wheel: give one of them.")
    for library in given.get("libraries", []):
        _one_of(f"A library of {what[4:]}", library, LIBRARIES, problems)


def _check_path(what: str, path: str, args: MlJobArgs, problems: Problems) -> None:
    if "root" not in args and "git_source" not in args:
        problems.add(f"{what} has the relative path {path!r}, but the job has no root: give it one.")
    if ".." in path.split("/"):
        problems.add(f"{what} has the path {path!r}, which leaves the root: write it from the root.")


def _check_compute(what: str, task: TaskArgs, args: MlJobArgs, problems: Problems) -> None:
    ways = [way for way in ("environment", "cluster", "existing_cluster_id") if way in task]
    if len(ways) > 1:
        problems.add(f"{what} has {' and '.join(ways)}: give one of them.")
    problems.require_one(
        f"The environment of {what[4:]}", task.get("environment"), ["default", *args.get("environments", {})]
    )
    problems.require_one(
        f"The cluster of {what[4:]}", task.get("cluster"), ["default", *args.get("clusters", {})]
    )
    work: _Work = task["for_each"]["task"] if "for_each" in task else task
    on_cluster = "cluster" in args or bool({"cluster", "existing_cluster_id"} & set(task))
    if "spark_submit" in work and not on_cluster:
        problems.add(f"{what} runs spark-submit, but on no cluster: give the job or the task one.")
    if "libraries" in work and not on_cluster:
        problems.add(
            f"{what} has libraries, but no cluster: name them as dependencies of its serverless environment."
        )
