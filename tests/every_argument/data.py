"""Every argument of monitors, catalogs, feature stores and search."""

from __future__ import annotations

from typing import Any

from every_argument.shared import ROLES, RUNNER, SCHEDULE

METRICS: Any = [
    {
        "name": "bias",
        "kind": "aggregate",
        "definition": "avg(p)",
        "input_columns": [":table"],
        "output_type": "double",
    },
    {"name": "root", "kind": "derived", "definition": "sqrt(bias)", "input_columns": [":table"]},
    {
        "name": "drift",
        "kind": "drift",
        "definition": "{{current_df}}.bias - {{base_df}}.bias",
        "input_columns": [":table"],
    },
]
ALERTS: Any = {
    "error": {
        "metric": "root_mean_squared_error",
        "above": 32,
        "windows": 5,
        "violations": 2,
        "granularity": "1 day",
        "slice_key": "k",
        "slice_value": "v",
        "schedule": SCHEDULE,
        "emails": ["ada@example.com"],
        "destinations": ["d1"],
        "notify_on_ok": True,
        "retrigger_seconds": 60,
    },
    "drift": {"metric": "js_distance", "below": 0.1, "columns": ["k"], "drift_type": "BASELINE"},
}
LOG: Any = {"problem": "classification", "timestamp": "t", "prediction": "p", "label": "l", "model_id": "v"}
MONITOR: Any = {
    "catalog": "c",
    "schema": "s",
    "table": "predictions",
    "warehouse_id": "w1",
    "assets_dir": "/Workspace/Shared/m",
    "granularities": ["1 day", "2 weeks"],
    "slices": ["k"],
    "baseline_table": "c.s.b",
    "custom_metrics": METRICS,
    "schedule": {"cron": "0 0 9 * * ?"},
    "notify": ["ada@example.com"],
    "dashboard": True,
    "alerts": ALERTS,
    "own_dashboard": True,
    "folder": "/Shared/m",
    "run_as": RUNNER,
    "protect": True,
}
DECLARED: Any = {
    "columns": {
        "t": "timestamp",
        "p": "double",
        "l": "double",
        "v": "string",
        "k": "string",
        "q": "map<string,double>",
    },
    "comment": "d",
    "properties": {"delta.enableChangeDataFeed": "true"},
}
IDS = {"table_id": "t1", "schema_id": "s1"}

STORAGE: dict[str, Any] = {
    "aws": {"aws_role_arn": "arn:aws:iam::123456789012:role/x"},
    "azure": {"azure_access_connector_id": "/c", "azure_managed_identity_id": "/m"},
    "gcp": {"gcp_service_account": True},
    "known": {"credential": "x"},
}
CATALOG: Any = {
    "catalog": "c",
    "isolated": True,
    "workspaces": {"prod": {"workspace_id": "4711", "read_only": True}, "dev": {"workspace_id": "4712"}},
    "comment": "d",
    "properties": {"a": "1"},
    "schemas": {
        "s": {
            "comment": "d",
            "storage_root": "s3://x/s",
            "volumes": {"v": {"comment": "d", "storage_location": "s3://x/v"}, "managed": {}},
            "models": {"m": {"comment": "d"}},
        },
        "theirs": {"adopt": True, "models": {"m": {}}},
    },
    "roles": ROLES,
    "protect": True,
}

FEATURES: Any = {
    "catalog": "c",
    "schema": "s",
    "tables": {
        "t": {
            "columns": {"k": "string", "at": "timestamp"},
            "primary_key": ["k"],
            "timeseries_key": "at",
            "comment": "d",
            "properties": {"delta.enableChangeDataFeed": "true"},
        }
    },
    "job_name": "dev-features",
    "folder": "/Shared/f",
    "warehouse_id": "w1",
    "run_as": RUNNER,
    "roles": ROLES,
    "tags": {"team": "ml"},
    "online_store": {"store_name": "s", "capacity": "CU_2", "read_replicas": 1, "usage_policy_id": "u1"},
    "protect": True,
}
INDEXES: Any = {
    "text": {
        "primary_key": "k",
        "table": "t",
        "text": "note",
        "embedding_endpoint": "e",
        "query_endpoint": "q",
        "columns": ["k"],
        "continuous": True,
    },
    "vector": {"primary_key": "k", "table": "t", "vector": "v", "dimension": 3},
    "rows": {"primary_key": "k", "rows": {"k": "string", "v": "array<float>"}, "vector": "v", "dimension": 3},
}
SEARCH: Any = {
    "endpoint_name": "s",
    "endpoint_type": "STORAGE_OPTIMIZED",
    "budget_policy_id": "b1",
    "catalog": "c",
    "schema": "s",
    "indexes": INDEXES,
    "awaited": {"t": "the job that makes it"},
    "protect": True,
}
