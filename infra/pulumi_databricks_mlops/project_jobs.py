"""A project's job in MlJob's terms: what the job does not say, the project does."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import pulumi

from pulumi_databricks_mlops.job_args import MlJobArgs
from pulumi_databricks_mlops.project_args import MlProjectArgs, ProjectJobArgs

_STARTS = ("schedule", "trigger", "continuous")
_ON_WAREHOUSE = ("sql", "dbt", "alert")


class Place(NamedTuple):
    """Where a project's jobs are, and what they are marked with."""

    prefix: str
    root: pulumi.Input[str]
    catalog: pulumi.Input[str]
    schema: pulumi.Input[str]
    tags: dict[str, str]


def job_args(
    job: str,
    wanted: ProjectJobArgs,
    args: MlProjectArgs,
    place: Place,
    jobs: Mapping[str, pulumi.Input[str]],
) -> MlJobArgs:
    """The job's arguments.

    Args:
        job: its name in the project.
        wanted: what it says itself.
        args: the project's.
        place: where it is.
        jobs: IDs of the project's jobs that tasks may run, by name.
    """
    made: dict[str, Any] = {
        **wanted,
        "job_name": f"{place.prefix}-{job}",
        "tags": {**place.tags, **wanted.get("tags", {})},
        "roles": args.get("roles", {}),
        "tasks": {key: _task(task, args, place, jobs) for key, task in wanted["tasks"].items()},
    }
    if "git_source" not in wanted:
        made["root"] = place.root
    if "cluster" not in wanted and "environment" not in wanted:
        if "cluster" in args:
            made["cluster"] = args["cluster"]
        elif "python" in args:
            made["environment"] = args["python"]
    if "notifications" in args:
        made["notifications"] = wanted.get("notifications", args["notifications"])
    runner = args.get("roles", {}).get("runner")
    if runner is not None:
        made["run_as"] = runner
    if args.get("pause_schedules", False):
        for start in _STARTS:
            if start in made:
                made[start] = {**made[start], "paused": True}
    return cast("MlJobArgs", made)


def _task(task: Any, args: MlProjectArgs, place: Place, jobs: Mapping[str, pulumi.Input[str]]) -> Any:
    """The task, with the ID of the project's job that it runs, and the environment's warehouse."""
    made = dict(task)
    if "for_each" in made:
        made["for_each"] = {
            **made["for_each"],
            "task": _task(made["for_each"]["task"], args, place, jobs),
        }
    wanted = made.get("run_job")
    if isinstance(wanted, str) and wanted in jobs:
        made["run_job"] = jobs[wanted]
    if "dbt" in made:
        made["dbt"] = {"catalog": place.catalog, "schema": place.schema, **made["dbt"]}
    for kind in _ON_WAREHOUSE:
        if kind in made and "warehouse_id" in args:
            made[kind] = {"warehouse_id": args["warehouse_id"], **made[kind]}
    return made
