"""Every argument of a job: tasks of each kind, compute, starts, sources."""

from __future__ import annotations

from typing import Any

from every_argument.shared import HEALTH, HEARD, KEY, ROLES, RUNNER, SCHEDULE

CLUSTER: Any = {
    "spark_version": "16.4.x-cpu-ml-scala2.12",
    "node_type_id": "m5.xlarge",
    "driver_node_type_id": "m5.2xlarge",
    "num_workers": 1,
    "max_workers": 4,
    "policy_id": "p1",
    "fixed_by_policy": {"runtime_engine": "STANDARD", "aws_attributes.ebs_volume_count": "1"},
    "data_security_mode": "SINGLE_USER",
    "single_user_name": "ada@example.com",
    "spark_conf": {"spark.x": "1"},
    "spark_env_vars": {"KEY": KEY},
    "init_scripts": [
        "/Volumes/a/b/c/x.sh",
        "/Workspace/x.sh",
        "s3://b/x.sh",
        "abfss://b/x.sh",
        "gs://b/x.sh",
    ],
    "custom_tags": {"team": "ml"},
}
LIBRARIES: Any = [
    {"pypi": "lightgbm"},
    {"whl": "/Volumes/a/b/c/x.whl"},
    {"requirements": "/Workspace/requirements.txt"},
    {"jar": "/Volumes/a/b/c/x.jar"},
    {"maven": "a:b:1"},
    {"cran": "ada"},
]
SUBSCRIBERS: Any = {"users": ["ada@example.com"], "destinations": ["d1"]}
WORK: dict[str, Any] = {
    "notebook": {"notebook": "notebooks/a", "base_parameters": {"day": "1"}},
    "python": {"python": "flights/a.py", "parameters": ["--day", "1"]},
    "wheel": {"wheel": {"package": "p", "entry_point": "e", "parameters": ["1"]}},
    "named": {"wheel": {"package": "p", "entry_point": "e", "named_parameters": {"a": "1"}}},
    "file": {"sql": {"file": "a.sql", "warehouse_id": "w1", "parameters": {"a": "1"}}},
    "query": {"sql": {"query": "q1", "warehouse_id": "w1"}},
    "legacy-alert": {"sql": {"alert": "a1", "warehouse_id": "w1"}},
    "legacy-dashboard": {"sql": {"dashboard": "d1", "warehouse_id": "w1"}},
    "dbt": {
        "dbt": {
            "commands": ["dbt deps", "dbt run"],
            "project_directory": "dbt",
            "profiles_directory": "dbt/profiles",
            "warehouse_id": "w1",
            "catalog": "c",
            "schema": "s",
        }
    },
    "pipeline": {
        "pipeline": {"pipeline_id": "p1", "full_refresh": False, "refresh": ["a"], "full_refresh_of": ["b"]}
    },
    "jar": {"jar": {"main_class": "a.B"}, "parameters": ["1"], "libraries": LIBRARIES},
    "submit": {"spark_submit": ["--class", "a.B"]},
    "job": {"run_job": "7", "job_parameters": {"a": "1"}},
}
TASKS: dict[str, Any] = {
    **WORK,
    **{
        f"each-{key}": {"for_each": {"inputs": "[1]", "concurrency": 2, "task": work}}
        for key, work in WORK.items()
    },
    "alert": {"alert": {"alert_id": "a1", "warehouse_id": "w1", "subscribers": SUBSCRIBERS}},
    "dashboard": {"dashboard": {"dashboard_id": "d1", "warehouse_id": "w1", "subscribers": SUBSCRIBERS}},
    "when": {"condition": {"left": "1", "op": "EQUAL_TO", "right": "1"}},
    "then": {
        "notebook": "/Shared/a",
        "depends_on": [{"task": "when", "outcome": "true"}],
        "run_if": "ALL_SUCCESS",
        "description": "then",
        "retries": 1,
        "min_retry_interval_seconds": 60,
        "retry_on_timeout": True,
        "disable_auto_optimization": True,
        "timeout_seconds": 60,
        "disabled": True,
        "environment": "old",
        "accelerator": "GPU_1xA10",
        "health": HEALTH,
        "notifications": {**HEARD, "only_last_attempt": True},
    },
    "big": {"notebook": "a", "cluster": "pool"},
    "running": {"notebook": "a", "existing_cluster_id": "c1", "libraries": LIBRARIES},
}
JOB: Any = {
    "job_name": "dev-train",
    "root": "/Shared/code",
    "description": "all",
    "parameters": {"day": "1"},
    "cluster": CLUSTER,
    "clusters": {"pool": {"spark_version": "16.4.x-scala2.12", "instance_pool_id": "i1"}},
    "environments": {"old": {"version": "3", "dependencies": ["a"], "java_dependencies": ["/Volumes/a.jar"]}},
    "schedule": SCHEDULE,
    "run_as": RUNNER,
    "queue": True,
    "max_concurrent_runs": 2,
    "timeout_seconds": 60,
    "health": HEALTH,
    "notifications": HEARD,
    "tags": {"team": "ml"},
    "budget_policy_id": "b1",
    "usage_policy_id": "u1",
    "parent_path": "/Workspace/Shared",
    "performance_target": "STANDARD",
    "owner": "ada@example.com",
    "roles": ROLES,
    "tasks": TASKS,
}
WAITS: Any = {"min_seconds_between": 60, "wait_seconds": 60}
STARTS: dict[str, Any] = {
    "periodic": {"trigger": {"periodic": {"interval": 1, "unit": "DAYS"}, "paused": True}},
    "file_arrival": {"trigger": {"file_arrival": {"url": "/Volumes/a/b/c/", **WAITS}}},
    "table_update": {"trigger": {"table_update": {"tables": ["a.b.c"], "condition": "ALL_UPDATED", **WAITS}}},
    "model_update": {
        "trigger": {
            "model_update": {
                "condition": "MODEL_ALIAS_SET",
                "securable": "a.b.c",
                "aliases": ["champion"],
                **WAITS,
            }
        }
    },
    "continuous": {"continuous": {"paused": True, "task_retry_mode": "ON_FAILURE"}},
}
GIT: Any = {"url": "https://github.com/acme/ml", "provider": "gitHub"}
SMALL: Any = {
    "job_name": "dev-small",
    "tasks": {"a": {"notebook": "a"}, "dbt": {"dbt": {"commands": ["dbt run"]}}},
}
