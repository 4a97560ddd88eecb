"""What a job's tasks run on, in the provider's terms."""

from typing import Any

from pulumi_databricks_mlops import cluster_policies
from pulumi_databricks_mlops.job_args import ClusterArgs, EnvironmentSpecArgs, MlJobArgs
from pulumi_databricks_mlops.provided import Provided, present

KEY = "default"
"""The key of the job's one environment, or cluster."""

_SCRIPTS = (("/Volumes/", "volumes"), ("abfss://", "abfss"), ("gs://", "gcs"), ("s3://", "s3"))


def environments(args: MlJobArgs) -> list[Provided] | None:
    """Serverless environments, the job's one first."""
    named = sorted(args.get("environments", {}).items())
    if "environment" in args:
        named = [(KEY, args["environment"]), *named]
    return [{"environment_key": key, "spec": _environment(wanted)} for key, wanted in named] or None


def _environment(wanted: EnvironmentSpecArgs) -> Provided:
    return present(
        environment_version=wanted["version"],
        dependencies=wanted.get("dependencies"),
        java_dependencies=wanted.get("java_dependencies"),
    )


def clusters(args: MlJobArgs) -> list[Provided] | None:
    """Job clusters, the job's one first."""
    named = sorted(args.get("clusters", {}).items())
    if "cluster" in args:
        named = [(KEY, args["cluster"]), *named]
    return [{"job_cluster_key": key, "new_cluster": _cluster(wanted)} for key, wanted in named] or None


def _script(path: str) -> Provided:
    kind = next((kind for start, kind in _SCRIPTS if path.startswith(start)), "workspace")
    return {kind: {"destination": path}}


def _cluster(cluster: ClusterArgs) -> Provided:
    # A job's settings have what its policy fixes, and what they have beside the program looks like a change.
    fixed = cluster_policies.nested(cluster.get("fixed_by_policy", {}))
    low = cluster.get("num_workers", fixed.get("num_workers", 0))
    high = cluster.get("max_workers", 0)
    grows = high > low or "autoscale" in fixed
    single = {"spark.databricks.cluster.profile": "singleNode", "spark.master": "local[*]"}
    alone = low == 0 and not grows
    tags: dict[str, Any] = {"ResourceClass": "SingleNode"} if alone else {}
    given = present(
        spark_version=cluster["spark_version"],
        node_type_id=cluster.get("node_type_id"),
        driver_node_type_id=cluster.get("driver_node_type_id"),
        num_workers=None if grows else low,
        autoscale={"min_workers": low, "max_workers": high} if high > low else None,
        policy_id=cluster.get("policy_id"),
        instance_pool_id=cluster.get("instance_pool_id"),
        data_security_mode=cluster.get("data_security_mode", fixed.get("data_security_mode", "SINGLE_USER")),
        single_user_name=cluster.get("single_user_name"),
        spark_conf={**(single if alone else {}), **cluster.get("spark_conf", {})} or None,
        spark_env_vars=cluster.get("spark_env_vars"),
        init_scripts=[_script(path) for path in cluster.get("init_scripts", [])] or None,
        custom_tags={**tags, **cluster.get("custom_tags", {})} or None,
    )
    return cluster_policies.over(fixed, given)
