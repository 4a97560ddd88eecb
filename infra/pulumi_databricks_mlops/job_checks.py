"""What can be wrong with a job's arguments."""

from pulumi_databricks_mlops import quartz, task_graph
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.job_args import IterationArgs, MlJobArgs, TaskArgs
from pulumi_databricks_mlops.problems import Problems

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
_WORK = ("notebook", "python", "wheel")
_KINDS = (*_WORK, "condition", "for_each", "run_job")
_KEY = r"[\w-]{1,100}"


def check(name: str, args: MlJobArgs) -> None:
    """Find every mistake.

    Raises:
        InputError: there is one or more.
    """
    problems = Problems(f"MlJob {name}")
    tasks = args["tasks"]
    if not tasks:
        problems.add("It has no tasks: give it one or more.")
    for key, task in sorted(tasks.items()):
        problems.require_name("The task", key, _KEY, "letters, digits, `_` and `-`, at most 100")
        _check_task(key, task, args, problems)
    graph = {key: [after["task"] for after in task.get("depends_on", [])] for key, task in tasks.items()}
    problems.add(*task_graph.order(graph)[1])
    _check_outcomes(tasks, problems)
    _check_job(args, problems)
    role.check(problems, args.get("roles"))
    problems.raise_any()


def _one_of(what: str, given: "TaskArgs | IterationArgs", kinds: tuple[str, ...], problems: Problems) -> None:
    used = [kind for kind in kinds if kind in given]
    if len(used) != 1:
        has = " and ".join(used) or "none of them"
        problems.add(f"{what} has {has}: give exactly one of {', '.join(kinds)}.")


def _check_path(what: str, given: "TaskArgs | IterationArgs", args: MlJobArgs, problems: Problems) -> None:
    for path in (given.get("notebook"), given.get("python")):
        if path is None or path.startswith("/"):
            continue
        if "root" not in args and "git_source" not in args:
            problems.add(f"{what} has the relative path {path!r}, but the job has no root: give it one.")
        if ".." in path.split("/"):
            problems.add(f"{what} has the path {path!r}, which leaves the root: write it from the root.")
    if given.get("notebook", "").endswith(".py"):
        problems.add(f"{what} names the notebook {given.get('notebook')!r}: leave out `.py`.")


def _check_task(key: str, task: TaskArgs, args: MlJobArgs, problems: Problems) -> None:
    what = f"The task {key!r}"
    _one_of(what, task, _KINDS, problems)
    _check_path(what, task, args, problems)
    if "for_each" in task:
        _one_of(f"{what}, for each input,", task["for_each"]["task"], _WORK, problems)
        _check_path(what, task["for_each"]["task"], args, problems)
        if task["for_each"].get("concurrency", 1) < 1:
            problems.add(f"{what} has a concurrency below 1: give 1 or more.")
    if "condition" in task:
        problems.require_one(f"The operator of {key!r}", task["condition"]["op"], OPERATORS)
    problems.require_one(f"run_if of {key!r}", task.get("run_if"), RUN_IF)
    if task.get("retries", 0) < -1:
        problems.add(f"{what} has {task.get('retries')} retries: give 0 or more, or -1 for ever.")


def _check_outcomes(tasks: dict[str, TaskArgs], problems: Problems) -> None:
    for key, task in sorted(tasks.items()):
        for after in task.get("depends_on", []):
            outcome, other = after.get("outcome"), tasks.get(after["task"])
            problems.require_one(f"The outcome that {key!r} depends on", outcome, ("true", "false"))
            if outcome is not None and other is not None and "condition" not in other:
                problems.add(
                    f"The task {key!r} depends on an outcome of {after['task']!r}, "
                    "which is not a condition: leave the outcome out."
                )


def _check_job(args: MlJobArgs, problems: Problems) -> None:
    if "environment" in args and "cluster" in args:
        problems.add("It has an environment and a cluster: give one of them.")
    if "root" in args and "git_source" in args:
        problems.add("It has a root and a git_source: give one of them.")
    if args.get("max_concurrent_runs", 1) < 1:
        problems.add("max_concurrent_runs is below 1: give 1 or more.")
    if args.get("timeout_seconds", 0) < 0:
        problems.add("timeout_seconds is negative: give seconds, or 0 for never.")
    if "schedule" in args:
        wrong = quartz.problem(args["schedule"]["cron"])
        problems.add(*([f"The schedule {wrong}"] if wrong else []))
    if "git_source" in args:
        used = [kind for kind in ("branch", "tag", "commit") if args["git_source"].get(kind)]
        if len(used) != 1:
            problems.add("git_source needs exactly one of branch, tag and commit.")
