"""Every argument of a project and of an environment."""

from __future__ import annotations

from typing import Any

from every_argument.data import CATALOG, DECLARED, FEATURES, LOG, MONITOR, SEARCH
from every_argument.jobs import CLUSTER, GIT, JOB, SMALL, STARTS, TASKS
from every_argument.places import IDENTITIES, RULES, SIGN_IN
from every_argument.serving import ENDPOINT, SERVED
from every_argument.shared import ACCOUNT, ML_CODE, ROLES

SERVING: Any = {
    key: value
    for key, value in ENDPOINT.items()
    if key not in ("inference_table", "tags", "workspace_url", "roles", "protect", "endpoint_name")
}
PROJECT_JOB: Any = {
    key: value
    for key, value in JOB.items()
    if key not in ("job_name", "root", "run_as", "owner", "roles", "parent_path")
}
PROJECT_JOB["tasks"] = {key: task for key, task in TASKS.items() if "run_job" not in str(task)}
OWN_MONITOR: Any = {
    key: value
    for key, value in {**MONITOR, **LOG, "prediction_proba": "q"}.items()
    if key not in ("catalog", "schema", "warehouse_id", "assets_dir", "folder", "run_as", "protect")
}
PROJECT: Any = {
    "project": "flights",
    "environment": "dev",
    "catalog": "c",
    "folder": ML_CODE,
    "workspace_folder": "/Shared/mlops/dev",
    "include": ["flights/**/*.py", "notebooks/*.py"],
    "schema": "s",
    "adopt_schema": False,
    "model": {"name": "delay", "comment": "d"},
    "volumes": {"v": {}},
    "tables": {"predictions": DECLARED, "t": {"columns": {"k": "string", "note": "string"}}},
    "secrets": {"key": "value"},
    "jobs": {
        "all": PROJECT_JOB,
        "retrain": {"tasks": {"a": {"run_job": "all"}}, "environment": {"version": "5"}},
        "git": {"git_source": {**GIT, "tag": "v1"}, **SMALL, "tasks": {"a": {"notebook": "a"}}},
        **{
            name.replace("_", "-"): {"tasks": {"a": {"notebook": "a"}}, **start}
            for name, start in STARTS.items()
        },
    },
    "serving": {
        **SERVING,
        "endpoint_name": "dev-own",
        "inference_table": True,
        "served_entities": SERVED["sized"],
    },
    "monitor": {**OWN_MONITOR, "api": "quality"},
    "features": {
        "tables": FEATURES["tables"],
        "online_store": {"store_name": "s", "capacity": "CU_1", "read_replicas": 1, "usage_policy_id": "u1"},
    },
    "search": {key: SEARCH[key] for key in ("endpoint_name", "endpoint_type", "budget_policy_id", "indexes")},
    "warehouse_id": "w1",
    "workspace_url": "https://x",
    "roles": ROLES,
    "notifications": {"on_failure": ["ada@example.com"]},
    "tags": {"team": "ml"},
    "pause_schedules": True,
    "protect": True,
}
PROJECT["jobs"]["git"].pop("job_name")
ENVIRONMENT: Any = {
    "environment": "dev",
    "catalog": CATALOG,
    "account": {"account_id": ACCOUNT, "host": "https://x", "sign_in": SIGN_IN},
    "workspace": {**RULES, "create": {"name": "mlops-dev", "region": "us-east-1"}, "sign_in": SIGN_IN},
    "identities": IDENTITIES,
    "workspace_folder": "/Shared/mlops/dev",
    "warehouse": {"size": "Small", "auto_stop_minutes": 5, "max_clusters": 2},
    "roles": ROLES,
    "tags": {"team": "ml"},
    "protect": True,
    "projects": {"flights": PROJECT, "other": {**PROJECT, "project": "other", "cluster": CLUSTER}},
}
