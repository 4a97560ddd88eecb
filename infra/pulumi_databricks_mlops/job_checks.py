"""What can be wrong with a job's arguments."""

from pulumi_databricks_mlops import quartz, task_checks, task_graph, task_references
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.job_args import MlJobArgs
from pulumi_databricks_mlops.notice_args import TriggerArgs
from pulumi_databricks_mlops.problems import Problems

PERIODS = ("MINUTES", "HOURS", "DAYS", "WEEKS")
TABLE_CONDITIONS = ("ANY_UPDATED", "ALL_UPDATED")
MODEL_CONDITIONS = ("MODEL_CREATED", "MODEL_VERSION_READY", "MODEL_ALIAS_SET")
RETRY_MODES = ("NEVER", "ON_FAILURE")
TARGETS = ("STANDARD", "PERFORMANCE_OPTIMIZED")
METRICS = (
    "RUN_DURATION_SECONDS",
    "STREAMING_BACKLOG_BYTES",
    "STREAMING_BACKLOG_FILES",
    "STREAMING_BACKLOG_RECORDS",
    "STREAMING_BACKLOG_SECONDS",
)
_TRIGGERS = ("periodic", "file_arrival", "table_update", "model_update")


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
        task_checks.check(key, task, args, problems)
    graph = {key: [after["task"] for after in task.get("depends_on", [])] for key, task in tasks.items()}
    problems.add(*task_graph.order(graph)[1])
    task_checks.check_outcomes(tasks, problems)
    found = task_references.problems_of(tasks, graph, args.get("parameters", {}))
    problems.add(*[f"The task {key!r}: {sentence}" for key, sentence in found])
    _check_job(args, problems)
    _check_starts(args, problems)
    role.check(problems, args.get("roles"))
    problems.raise_any()


def _check_job(args: MlJobArgs, problems: Problems) -> None:
    if "environment" in args and "cluster" in args:
        problems.add("It has an environment and a cluster: give one of them.")
    for kind in ("environments", "clusters"):
        if "default" in args.get(kind, {}):  # type: ignore[operator]
            problems.add(f"{kind} has the key 'default', which is the job's one {kind[:-1]}: rename it.")
    _check_clusters(args, problems)
    role.check_runs(problems, "run_as", args.get("run_as"))
    if "root" in args and "git_source" in args:
        problems.add("It has a root and a git_source: give one of them.")
    if args.get("max_concurrent_runs", 1) < 1:
        problems.add("max_concurrent_runs is below 1: give 1 or more.")
    if args.get("timeout_seconds", 0) < 0:
        problems.add("timeout_seconds is negative: give seconds, or 0 for never.")
    for rule in args.get("health", []):
        problems.require_one("The metric of a health rule", rule["metric"], METRICS)
    problems.require_one("performance_target", args.get("performance_target"), TARGETS)
    if "git_source" in args:
        used = [kind for kind in ("branch", "tag", "commit") if args["git_source"].get(kind)]
        if len(used) != 1:
            problems.add("git_source needs exactly one of branch, tag and commit.")


def _check_clusters(args: MlJobArgs, problems: Problems) -> None:
    for cluster in [*([args["cluster"]] if "cluster" in args else []), *args.get("clusters", {}).values()]:
        if "instance_pool_id" in cluster and {"node_type_id", "driver_node_type_id"} & set(cluster):
            problems.add("A cluster has a pool and machine types, which the pool gives: leave them out.")


def _check_starts(args: MlJobArgs, problems: Problems) -> None:
    ways = [way for way in ("schedule", "trigger", "continuous") if way in args]
    if len(ways) > 1:
        problems.add(f"It has {' and '.join(ways)}: a job starts in one way, give one of them.")
    if "schedule" in args:
        wrong = quartz.problem(args["schedule"]["cron"])
        problems.add(*([f"The schedule {wrong}"] if wrong else []))
    if "continuous" in args:
        problems.require_one("task_retry_mode", args["continuous"].get("task_retry_mode"), RETRY_MODES)
        if args.get("queue", False) or args.get("max_concurrent_runs", 1) > 1:
            problems.add(
                "It is continuous, which is always one run: leave out queue and max_concurrent_runs."
            )
    if "trigger" in args:
        _check_trigger(args["trigger"], problems)


def _check_trigger(trigger: TriggerArgs, problems: Problems) -> None:
    used = [kind for kind in _TRIGGERS if kind in trigger]
    if len(used) != 1:
        has = " and ".join(used) or "none of them"
        problems.add(f"The trigger has {has}: give exactly one of {', '.join(_TRIGGERS)}.")
    if "periodic" in trigger:
        problems.require_one("The unit of the trigger", trigger["periodic"]["unit"], PERIODS)
        if trigger["periodic"]["interval"] < 1:
            problems.add("The trigger has an interval below 1: give 1 or more.")
    if "file_arrival" in trigger:
        url = trigger["file_arrival"]["url"]
        if isinstance(url, str) and not (url.endswith("/") and (url.startswith("/Volumes/") or "://" in url)):
            problems.add(
                f"The trigger watches {url!r}, which is not a folder of a volume or a cloud URL: "
                "write /Volumes/catalog/schema/volume/folder/, with `/` at its end."
            )
    if "table_update" in trigger:
        table = trigger["table_update"]
        problems.require_one("The condition of the trigger", table.get("condition"), TABLE_CONDITIONS)
        if not table["tables"]:
            problems.add("The trigger watches no tables: give one or more.")
    if "model_update" in trigger:
        problems.require_one(
            "The condition of the trigger", trigger["model_update"]["condition"], MODEL_CONDITIONS
        )
