"""MlJob: a job with its task graph, and who may see and run it.

Owns the job and all its permissions. Does not own the code that the tasks run (CodeBundle), nor runs.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Any

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import job_checks, job_compute, job_notices
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import access_controls
from pulumi_databricks_mlops.job_args import MlJobArgs
from pulumi_databricks_mlops.job_tasks import job_tasks
from pulumi_databricks_mlops.provided import handed_down, present


class MlJob(pulumi.ComponentResource):
    """The job."""

    job_id: pulumi.Output[str]
    """The job's ID."""
    job_name: pulumi.Output[str]
    """The job's name in the workspace."""
    url: pulumi.Output[str]
    """Its page in the workspace."""

    def __init__(self, name: str, args: MlJobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        job_checks.check(name, args)
        super().__init__("databricks-mlops:index:MlJob", name, {}, handed_down(opts))
        children = pulumi.ResourceOptions(parent=self)
        job = databricks.Job(
            f"{name}-job",
            name=args["job_name"],
            description=args.get("description"),
            tasks=job_tasks(args),
            parameters=[
                databricks.JobParameterArgs(name=parameter, default=value)
                for parameter, value in sorted(args.get("parameters", {}).items())
            ]
            or None,
            run_as=_run_as(args),
            max_concurrent_runs=args.get("max_concurrent_runs", 1),
            timeout_seconds=args.get("timeout_seconds"),
            tags=args.get("tags"),
            budget_policy_id=args.get("budget_policy_id"),
            usage_policy_id=args.get("usage_policy_id"),
            performance_target=args.get("performance_target"),
            parent_path=args.get("parent_path"),
            **_parts(args),
            opts=children,
        )
        rules = access_controls(role.JOB, args.get("roles"), args.get("owner"))
        if rules:
            databricks.Permissions(f"{name}-permissions", job_id=job.id, access_controls=rules, opts=children)
        self.job_id, self.url = job.id, job.url
        self.job_name = pulumi.Output.from_input(args["job_name"])
        self.register_outputs({"job_id": self.job_id, "job_name": self.job_name, "url": self.url})


def _parts(args: MlJobArgs) -> dict[str, Any]:
    """What the job consists of, under the provider's names."""
    heard = args.get("notifications")
    return present(
        environments=job_compute.environments(args),
        job_clusters=job_compute.clusters(args),
        schedule=job_notices.schedule(args),
        trigger=job_notices.trigger(args),
        triggers=job_notices.triggers(args),
        continuous=job_notices.continuous(args),
        health=job_notices.health(args.get("health")),
        email_notifications=job_notices.emails(heard),
        webhook_notifications=job_notices.webhooks(heard),
        notification_settings=job_notices.settings(heard, of_task=False),
        # A continuous job has always one run, and so no queue.
        queue={"enabled": args.get("queue", "continuous" not in args)},
        git_source=_git_source(args),
    )


def _run_as(args: MlJobArgs) -> databricks.JobRunAsArgs | None:
    if "run_as" not in args:
        return None
    return databricks.JobRunAsArgs(
        user_name=role.named(args["run_as"], "user_name"),
        service_principal_name=role.named(args["run_as"], "service_principal_name"),
    )


def _git_source(args: MlJobArgs) -> dict[str, Any] | None:
    if "git_source" not in args:
        return None
    source = args["git_source"]
    return present(
        url=source["url"],
        provider=source["provider"],
        branch=source.get("branch"),
        tag=source.get("tag"),
        commit=source.get("commit"),
        sparse_checkout={"patterns": source["sparse_checkout"]} if "sparse_checkout" in source else None,
    )
