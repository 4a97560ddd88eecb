"""The work of tasks in the provider's terms: the same for a task and for the iterations of one.

A kind of work is a dictionary under the provider's names, because a task and an iteration take the same
fields as two different classes.
"""

from typing import Any

import pulumi

from pulumi_databricks_mlops.job_args import MlJobArgs
from pulumi_databricks_mlops.provided import Provided, present
from pulumi_databricks_mlops.task_args import IterationArgs, TaskArgs
from pulumi_databricks_mlops.work_args import (
    AlertTaskArgs,
    DashboardTaskArgs,
    DbtArgs,
    LibraryArgs,
    PipelineArgs,
    SqlArgs,
    SubscriptionArgs,
)

Work = TaskArgs | IterationArgs


def work_of(work: Work, args: MlJobArgs) -> Provided:
    """The one kind of work, by the provider's name of it."""
    for kind, build in _KINDS.items():
        if kind in work:
            name, made = build(work, args)
            return {name: made}
    return {}


def libraries_of(work: Work) -> list[Provided] | None:
    """The libraries of a task."""
    return [_library(library) for library in work.get("libraries", [])] or None


def _library(library: LibraryArgs) -> Provided:
    made = present(whl=library.get("whl"), requirements=library.get("requirements"), jar=library.get("jar"))
    for kind, field in (("pypi", "package"), ("cran", "package"), ("maven", "coordinates")):
        if kind in library:
            made[kind] = {field: library[kind]}  # type: ignore[literal-required]
    return made


def _path(path: str, args: MlJobArgs) -> pulumi.Input[str]:
    if path.startswith("/") or "git_source" in args:
        return path
    return pulumi.Output.concat(args["root"], "/", path)


def _source(path: str, args: MlJobArgs) -> str:
    return "GIT" if "git_source" in args and not path.startswith("/") else "WORKSPACE"


def _notebook(work: Work, args: MlJobArgs) -> tuple[str, Provided]:
    path = work["notebook"]
    return "notebook_task", present(
        notebook_path=_path(path, args),
        source=_source(path, args),
        base_parameters=work.get("base_parameters"),
    )


def _python(work: Work, args: MlJobArgs) -> tuple[str, Provided]:
    path = work["python"]
    return "spark_python_task", present(
        python_file=_path(path, args),
        source="GIT" if _source(path, args) == "GIT" else None,
        parameters=work.get("parameters"),
    )


def _wheel(work: Work, _: MlJobArgs) -> tuple[str, Provided]:
    wheel = work["wheel"]
    return "python_wheel_task", present(
        package_name=wheel["package"],
        entry_point=wheel["entry_point"],
        parameters=wheel.get("parameters"),
        named_parameters=wheel.get("named_parameters"),
    )


def _sql(work: Work, args: MlJobArgs) -> tuple[str, Provided]:
    sql: SqlArgs = work["sql"]
    made = present(warehouse_id=sql.get("warehouse_id"), parameters=sql.get("parameters"))
    if "file" in sql:
        made["file"] = {"path": _path(sql["file"], args), "source": _source(sql["file"], args)}
    for kind in ("query", "alert", "dashboard"):
        if kind in sql:
            made[kind] = {f"{kind}_id": sql[kind]}
    return "sql_task", made


def _dbt(work: Work, args: MlJobArgs) -> tuple[str, Provided]:
    dbt: DbtArgs = work["dbt"]
    folder, profiles = dbt.get("project_directory", ""), dbt.get("profiles_directory")
    git = "git_source" in args
    return "dbt_task", present(
        commands=dbt["commands"],
        project_directory=(folder or None) if git else _path(folder, args) if folder else args.get("root"),
        profiles_directory=None if profiles is None else _path(profiles, args),
        source="GIT" if git else "WORKSPACE",
        warehouse_id=dbt.get("warehouse_id"),
        catalog=dbt.get("catalog"),
        schema=dbt.get("schema"),
    )


def _pipeline(work: Work, _: MlJobArgs) -> tuple[str, Provided]:
    pipeline: PipelineArgs = work["pipeline"]
    return "pipeline_task", present(
        pipeline_id=pipeline["pipeline_id"],
        full_refresh=pipeline.get("full_refresh"),
        refresh_selections=pipeline.get("refresh"),
        full_refresh_selections=pipeline.get("full_refresh_of"),
    )


def _jar(work: Work, _: MlJobArgs) -> tuple[str, Provided]:
    return "spark_jar_task", present(
        main_class_name=work["jar"]["main_class"], parameters=work.get("parameters")
    )


def _spark_submit(work: Work, _: MlJobArgs) -> tuple[str, Provided]:
    return "spark_submit_task", {"parameters": work["spark_submit"]}


def _run_job(work: Work, _: MlJobArgs) -> tuple[str, Provided]:
    return "run_job_task", present(
        job_id=pulumi.Output.from_input(work["run_job"]).apply(int),
        job_parameters=work.get("job_parameters"),
    )


def _subscribers(wanted: SubscriptionArgs | None) -> list[Provided] | None:
    people = [{"user_name": user} for user in sorted((wanted or {}).get("users", []))]
    return [*people, *({"destination_id": each} for each in (wanted or {}).get("destinations", []))] or None


def _alert(work: Any, _: MlJobArgs) -> tuple[str, Provided]:
    alert: AlertTaskArgs = work["alert"]
    return "alert_task", present(
        alert_id=alert["alert_id"],
        warehouse_id=alert.get("warehouse_id"),
        subscribers=_subscribers(alert.get("subscribers")),
    )


def _dashboard(work: Any, _: MlJobArgs) -> tuple[str, Provided]:
    dashboard: DashboardTaskArgs = work["dashboard"]
    heard = _subscribers(dashboard.get("subscribers"))
    return "dashboard_task", present(
        dashboard_id=dashboard["dashboard_id"],
        warehouse_id=dashboard.get("warehouse_id"),
        subscription=None if heard is None else {"subscribers": heard},
    )


def _condition(work: Any, _: MlJobArgs) -> tuple[str, Provided]:
    return "condition_task", dict(work["condition"])


_KINDS = {
    "notebook": _notebook,
    "python": _python,
    "wheel": _wheel,
    "sql": _sql,
    "dbt": _dbt,
    "pipeline": _pipeline,
    "jar": _jar,
    "spark_submit": _spark_submit,
    "run_job": _run_job,
    "alert": _alert,
    "dashboard": _dashboard,
    "condition": _condition,
}
