"""MlJob: a job with its task graph, and who may see and run it.

Owns the job and all its permissions. Does not own the code that the tasks run (CodeBundle), nor runs.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import job_checks
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import access_controls
from pulumi_databricks_mlops.job_args import ClusterArgs, MlJobArgs, NotificationArgs
from pulumi_databricks_mlops.job_tasks import KEY, job_tasks


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
        super().__init__("databricks-mlops:index:MlJob", name, {}, opts)
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
            environments=_environments(args),
            job_clusters=_clusters(args),
            schedule=_schedule(args),
            run_as=_run_as(args),
            queue=databricks.JobQueueArgs(enabled=args.get("queue", True)),
            max_concurrent_runs=args.get("max_concurrent_runs", 1),
            timeout_seconds=args.get("timeout_seconds"),
            health=_health(args),
            email_notifications=_emails(args.get("notifications")),
            webhook_notifications=_webhooks(args.get("notifications")),
            tags=args.get("tags"),
            git_source=_git_source(args),
            budget_policy_id=args.get("budget_policy_id"),
            performance_target=args.get("performance_target"),
            opts=children,
        )
        rules = access_controls(role.JOB, args.get("roles"), args.get("owner"))
        if rules:
            databricks.Permissions(f"{name}-permissions", job_id=job.id, access_controls=rules, opts=children)
        self.job_id, self.url = job.id, job.url
        self.job_name = pulumi.Output.from_input(args["job_name"])
        self.register_outputs({"job_id": self.job_id, "job_name": self.job_name, "url": self.url})


def _environments(args: MlJobArgs) -> list[databricks.JobEnvironmentArgs] | None:
    if "environment" not in args:
        return None
    spec = databricks.JobEnvironmentSpecArgs(
        environment_version=args["environment"]["version"],
        dependencies=args["environment"].get("dependencies"),
    )
    return [databricks.JobEnvironmentArgs(environment_key=KEY, spec=spec)]


def _clusters(args: MlJobArgs) -> list[databricks.JobJobClusterArgs] | None:
    if "cluster" not in args:
        return None
    return [databricks.JobJobClusterArgs(job_cluster_key=KEY, new_cluster=_new_cluster(args["cluster"]))]


def _new_cluster(cluster: ClusterArgs) -> databricks.JobJobClusterNewClusterArgs:
    low, high = cluster.get("num_workers", 0), cluster.get("max_workers", 0)
    grows = databricks.JobJobClusterNewClusterAutoscaleArgs(min_workers=low, max_workers=high)
    single = {"spark.databricks.cluster.profile": "singleNode", "spark.master": "local[*]"}
    alone = low == 0 and high == 0
    return databricks.JobJobClusterNewClusterArgs(
        spark_version=cluster["spark_version"],
        node_type_id=cluster.get("node_type_id"),
        num_workers=None if high > low else low,
        autoscale=grows if high > low else None,
        policy_id=cluster.get("policy_id"),
        instance_pool_id=cluster.get("instance_pool_id"),
        data_security_mode=cluster.get("data_security_mode", "SINGLE_USER"),
        spark_conf={**(single if alone else {}), **cluster.get("spark_conf", {})} or None,
        custom_tags={**({"ResourceClass": "SingleNode"} if alone else {}), **cluster.get("custom_tags", {})}
        or None,
    )


def _schedule(args: MlJobArgs) -> databricks.JobScheduleArgs | None:
    if "schedule" not in args:
        return None
    schedule = args["schedule"]
    return databricks.JobScheduleArgs(
        quartz_cron_expression=schedule["cron"],
        timezone_id=schedule.get("timezone", "UTC"),
        pause_status="PAUSED" if schedule.get("paused", False) else "UNPAUSED",
    )


def _run_as(args: MlJobArgs) -> databricks.JobRunAsArgs | None:
    if "run_as" not in args:
        return None
    return databricks.JobRunAsArgs(
        user_name=role.named(args["run_as"], "user_name"),
        service_principal_name=role.named(args["run_as"], "service_principal_name"),
        group_name=role.named(args["run_as"], "group_name"),
    )


def _health(args: MlJobArgs) -> databricks.JobHealthArgs | None:
    rules = [
        databricks.JobHealthRuleArgs(metric=rule["metric"], op="GREATER_THAN", value=rule["value"])
        for rule in sorted(args.get("health", []), key=lambda rule: rule["metric"])
    ]
    return databricks.JobHealthArgs(rules=rules) if rules else None


def _emails(wanted: NotificationArgs | None) -> databricks.JobEmailNotificationsArgs | None:
    if not wanted or not set(wanted) - {"failure_destinations"}:
        return None
    return databricks.JobEmailNotificationsArgs(
        on_starts=wanted.get("on_start"),
        on_successes=wanted.get("on_success"),
        on_failures=wanted.get("on_failure"),
        on_duration_warning_threshold_exceededs=wanted.get("on_duration_warning"),
        no_alert_for_skipped_runs=True,
    )


def _webhooks(wanted: NotificationArgs | None) -> databricks.JobWebhookNotificationsArgs | None:
    destinations = sorted((wanted or {}).get("failure_destinations", []))
    if not destinations:
        return None
    return databricks.JobWebhookNotificationsArgs(
        on_failures=[databricks.JobWebhookNotificationsOnFailureArgs(id=each) for each in destinations]
    )


def _git_source(args: MlJobArgs) -> databricks.JobGitSourceArgs | None:
    if "git_source" not in args:
        return None
    source = args["git_source"]
    return databricks.JobGitSourceArgs(
        url=source["url"],
        provider=source["provider"],
        branch=source.get("branch"),
        tag=source.get("tag"),
        commit=source.get("commit"),
    )
