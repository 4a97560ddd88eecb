"""Programs that together give every argument of every component."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NotRequired, get_args, get_origin, is_typeddict

import pulumi
import pulumi_databricks as databricks
import pulumi_databricks_mlops as mlops

ACCOUNT = "a0000000-1111-2222-3333-444444444444"
ML_CODE = str(Path(__file__).parent.parent / "ml_code")
RUNNER = "11111111-2222-3333-4444-555555555555"
ORGANIZATION = "00000000-1111-2222-3333-444444444444"
KEY = "{{secrets/scope/key}}"
ROLES: Any = {
    "callers": ["22222222-2222-3333-4444-555555555555"],
    "readers": ["analysts", "account users"],
    "developers": ["ada@example.com"],
    "owners": ["ml-owners"],
    "runner": RUNNER,
    "importers": ["33333333-2222-3333-4444-555555555555"],
    "deployers": ["44444444-2222-3333-4444-555555555555"],
    "testers": ["55555555-2222-3333-4444-555555555555"],
}

HEARD: Any = {
    **{f"on_{event}": ["ada@example.com"] for event in ("start", "success", "failure", "backlog")},
    "on_duration_warning": ["ada@example.com"],
    **{
        f"{event}_destinations": ["d1", "d0"]
        for event in ("start", "success", "failure", "duration_warning", "backlog")
    },
    "skipped_runs": True,
    "canceled_runs": False,
}
HEALTH: Any = [
    {"metric": "STREAMING_BACKLOG_BYTES", "value": 1},
    {"metric": "RUN_DURATION_SECONDS", "value": 9},
]
SCHEDULE: Any = {"cron": "0 0 9 * * ?", "timezone": "Europe/Zurich", "paused": True}
CLUSTER: Any = {
    "spark_version": "16.4.x-cpu-ml-scala2.12",
    "node_type_id": "m5.xlarge",
    "driver_node_type_id": "m5.2xlarge",
    "num_workers": 1,
    "max_workers": 4,
    "policy_id": "p1",
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

MODEL: Any = {"entity_name": "a.b.c", "entity_version": "1"}
SERVED: dict[str, Any] = {
    "sized": [
        {
            **MODEL,
            "name": "one",
            "traffic": 100,
            "workload_size": "Medium",
            "workload_type": "GPU_SMALL",
            "scale_to_zero": False,
            "environment_vars": {"KEY": KEY},
            "instance_profile_arn": "arn:aws:iam::123456789012:instance-profile/x",
        }
    ],
    "concurrent": [{**MODEL, "min_concurrency": 4, "max_concurrency": 8, "burst_scaling": True}],
    "tokens": [{**MODEL, "min_tokens_per_second": 100, "max_tokens_per_second": 200}],
    "units": [{**MODEL, "model_units": 50}],
}
EXTERNAL: dict[str, Any] = {
    "openai": {"api_key": KEY, "api_type": "openai", "api_base": "https://x", "organization": "o"},
    "azure": {
        "api_type": "azuread",
        "api_base": "https://x",
        "api_version": "1",
        "deployment": "d",
        "entra_tenant_id": "t",
        "entra_client_id": "c",
        "entra_client_secret": KEY,
    },
    "anthropic": {"api_key": KEY},
    "cohere": {"api_key": KEY, "api_base": "https://x"},
    "amazon_bedrock": {
        "region": "us-east-1",
        "bedrock_provider": "anthropic",
        "access_key_id": KEY,
        "secret_access_key": KEY,
    },
    "profile": {"region": "us-east-1", "bedrock_provider": "anthropic", "instance_profile_arn": "arn:x"},
    "google_cloud_vertex_ai": {"project": "p", "region": "r", "private_key": KEY},
    "databricks": {"workspace_url": "https://x", "api_token": KEY},
    "ai21labs": {"api_key": KEY},
    "palm": {"api_key": KEY},
    "custom": {"url": "https://x", "bearer_token": KEY},
    "header": {"url": "https://x", "header": "X-Key", "api_key": KEY},
}
KINDS = {"azure": "openai", "profile": "amazon_bedrock", "header": "custom"}
GUARD: Any = {"safety": True, "pii": "BLOCK"}
ENDPOINT: Any = {
    "endpoint_name": "dev-delay",
    "description": "d",
    "inference_table": {"catalog": "c", "schema": "s", "prefix": "p"},
    "usage_tracking": True,
    "rate_limits": [
        {"calls": 1, "tokens": 2},
        {"calls": 1, "key": "user"},
        {"calls": 1, "key": "user_group", "principal": "analysts"},
        {"tokens": 1, "key": "service_principal", "principal": RUNNER},
    ],
    "notifications": {"on_update_failure": ["ada@example.com"], "on_update_success": ["ada@example.com"]},
    "route_optimized": True,
    "tags": {"team": "ml"},
    "budget_policy_id": "b1",
    "workspace_url": "https://x",
    "roles": ROLES,
    "protect": True,
}

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
    "protect": True,
}

AWS: Any = {
    "role_arn": "arn:aws:iam::123456789012:role/x",
    "bucket": "b",
    "network": {
        "vpc_id": "vpc-1",
        "subnet_ids": ["a", "b"],
        "security_group_ids": ["g"],
        "private_access": {"rest_api_endpoint": "vpce-1", "relay_endpoint": "vpce-2", "public_access": True},
    },
}
AZURE: Any = {
    "resource_group": "ml",
    "managed_resource_group_id": "/g",
    "network": {"virtual_network_id": "/v", "public_subnet": "a", "private_subnet": "b"},
}
GCP: Any = {"project_id": "p", "network": {"project_id": "p", "vpc_id": "v", "subnet_id": "s"}}
NEW: Any = {"name": "mlops-prod", "account_id": ACCOUNT, "region": "us-east-1"}
RULES: Any = {
    "metastore_id": "99999999-2222-3333-4444-555555555555",
    "ip_access_lists": {
        "office": {"addresses": ["203.0.113.0/24"]},
        "bad": {"addresses": ["203.0.113.7"], "block": True},
    },
    "cluster_policies": {
        "small": {
            "definition": json.dumps({"num_workers": {"type": "fixed", "value": 0}}),
            "max_clusters_per_user": 1,
            "description": "d",
        },
        "family": {"family": "job-cluster", "overrides": "{}"},
    },
    "budget_policy": {"team": "ml"},
    "notification_destinations": {
        "mail": {"email": ["ada@example.com"]},
        "slack": {"slack_url": "https://x"},
        "teams": {"teams_url": "https://x"},
        "pager": {"pagerduty_key": "k"},
        "hook": {"webhook_url": "https://x"},
    },
}
SIGN_IN: Any = {"auth_type": "oauth-m2m", "audience": "a", "rate_limit": 10}
WORKSPACES: dict[str, Any] = {
    "serverless": {"create": {**NEW, "pricing_tier": "ENTERPRISE", "cloud": "aws"}},
    "aws": {"create": {**NEW, "aws": AWS}},
    "aws-own-vpc": {"create": {**NEW, "aws": {key: AWS[key] for key in ("role_arn", "bucket")}}},
    "gcp": {"create": {**NEW, "cloud": "gcp", "gcp": GCP}},
    "gcp-serverless": {"create": {**NEW, "cloud": "gcp"}},
    "existing": {"host": "https://x", "workspace_id": "4711"},
    "given": {},
}
TRUSTS: Any = [
    {"github": {"repository": "acme/ml", "environment": "prod", "issuer": "https://x"}},
    {
        "principal": "previewer",
        "azure_devops": {
            "organization": "acme",
            "organization_id": ORGANIZATION,
            "project": "ml",
            "pipeline": "release",
            "issuer": "https://x",
        },
        "audiences": ["a"],
    },
    {"gitlab": {"project": "acme/ml", "ref": "v1", "ref_type": "tag", "issuer": "https://x"}},
    {"issued": {"issuer": "https://x", "subject": "s"}},
]
PRINCIPALS = ["deployer", "previewer", "integration", "runner", "caller"]
IDENTITIES: Any = {
    "principals": PRINCIPALS,
    "groups": ["readers", "developers", "owners"],
    "members": {"owners": ["815"]},
    "entitlements": {
        "runner": ["workspace_access"],
        "developers": ["databricks_sql_access", "allow_cluster_create"],
    },
    "trusts": TRUSTS,
}

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

CI: dict[str, Any] = {
    "github": {
        "platform": "github",
        "repository": "models",
        "create": True,
        "visibility": "internal",
        "description": "d",
        "governs": True,
        "default_branch": "main",
        "release_branch": "release",
        "approvals": 2,
        "required_checks": ["checks"],
        "files": {".github/workflows/a.yml": "on: push"},
        "write_files": "pull-request",
        "protect": True,
        "environments": {
            "prod": {
                "reviewers": ["octocat", "team:platform"],
                "self_review": True,
                "branches": ["release"],
                "wait_minutes": 5,
                "variables": {"A": "1"},
                "secrets": {"B": "2"},
            }
        },
    },
    "azure": {
        "platform": "azure-devops",
        "project": "mlops",
        "repository": "models",
        "governs": True,
        "files": {".azure/a.yml": "trigger: none"},
        "write_files": "direct",
        "pipelines": {
            "checks": {"path": ".azure/a.yml", "validates": True},
            "deploy": {"path": ".azure/b.yml"},
        },
        "environments": {
            "prod": {
                "reviewers": ["group:Platform", "ann@example.com"],
                "approvals": 2,
                "branches": ["release"],
                "variables": {"A": "1"},
                "secrets": {"B": "2"},
                "pipelines": ["deploy"],
            }
        },
    },
    "azure-new": {
        "platform": "azure-devops",
        "project": "mlops",
        "repository": "models",
        "governs": True,
        "create": True,
    },
}
CODE_HOSTS: dict[str, dict[str, Any]] = {
    "github:index/getUser:getUser": {"id": "1001"},
    "github:index/getTeam:getTeam": {"id": "77"},
    "azuredevops:index/getProject:getProject": {"id": "p1"},
    "azuredevops:index/getGitRepository:getGitRepository": {"id": "r1"},
    "azuredevops:index/getGroup:getGroup": {"originId": "g1"},
    "azuredevops:index/getUsers:getUsers": {"users": [{"id": "u1"}]},
    "azuredevops:index/getBuildDefinition:getBuildDefinition": {"id": "7"},
}
LOOKUPS: dict[str, dict[str, Any]] = {
    "databricks:index/getSchema:getSchema": {"schemaInfo": {"schemaId": "s1"}},
    "databricks:index/getTable:getTable": {"tableInfo": {"tableId": "t1"}},
}
ANSWERS = {**CODE_HOSTS, **LOOKUPS}


def _programs() -> Iterator[tuple[str, type[pulumi.ComponentResource], Any]]:
    yield "job", mlops.MlJob, JOB
    for name, start in STARTS.items():
        yield f"job-{name}", mlops.MlJob, {**SMALL, "root": "/f", "environment": {"version": "5"}, **start}
    for kind, value in (("branch", "main"), ("tag", "v1"), ("commit", "c0ffee")):
        source = {**GIT, kind: value, "sparse_checkout": {"patterns": ["a"]}["patterns"]}
        yield f"job-git-{kind}", mlops.MlJob, {**SMALL, "git_source": source}
    for name, served in SERVED.items():
        yield f"endpoint-{name}", mlops.ServingEndpoint, {**ENDPOINT, "served_entities": served}
    for name, config in EXTERNAL.items():
        external = {"name": "m", "task": "llm/v1/chat", KINDS.get(name, name): config}
        two = [{"external": external, "traffic": 60}, {"external": external, "traffic": 40}]
        given = {"endpoint_name": "e", "served_entities": two, "fallback": True}
        yield (
            f"endpoint-{name}",
            mlops.ServingEndpoint,
            {**given, "guardrails": {"input": GUARD, "output": GUARD}},
        )
    yield "endpoint-empty", mlops.ServingEndpoint, {"endpoint_name": "e"}
    for api in ("quality", "data_quality"):
        more = {"prediction_proba": "q"} if api == "quality" else IDS
        yield f"{api}-log", mlops.ModelMonitor, {**MONITOR, **LOG, **more, "api": api, "declare": DECLARED}
        yield f"{api}-series", mlops.ModelMonitor, {**MONITOR, "timestamp": "t", "api": api}
        unwindowed = {key: value for key, value in MONITOR.items() if key not in ("granularities", "alerts")}
        yield f"{api}-snapshot", mlops.ModelMonitor, {**unwindowed, "api": api, "dashboard": False}
    for name, storage in STORAGE.items():
        whole = {**storage, "url": "s3://x/c", "name": "n", "skip_validation": True}
        yield f"catalog-{name}", mlops.ModelCatalog, {**CATALOG, "storage": whole}
    yield "catalog-root", mlops.ModelCatalog, {**CATALOG, "storage_root": "s3://x"}
    yield (
        "catalog-adopted",
        mlops.ModelCatalog,
        {"catalog": "c", "adopt": True, "schemas": CATALOG["schemas"]},
    )
    yield "secrets", mlops.SecretStore, {"scope": "s", "secrets": {"k": "v"}, "roles": ROLES, "protect": True}
    vault = {"resource_id": "/v", "dns_name": "https://v.vault.azure.net/"}
    yield "vault", mlops.SecretStore, {"scope": "s", "key_vault": vault}
    yield "secrets-adopted", mlops.SecretStore, {"scope": "s", "adopt": True, "secrets": {"k": "v"}}
    yield "features", mlops.FeatureStore, FEATURES
    yield "search", mlops.VectorSearch, SEARCH
    yield (
        "search-adopted",
        mlops.VectorSearch,
        {"endpoint_name": "s", "adopt": True, "catalog": "c", "schema": "s", "indexes": INDEXES},
    )
    yield "code", mlops.CodeBundle, {"folder": ML_CODE, "path": "/Shared/c", "include": ["flights/*.py"]}
    for name, where in WORKSPACES.items():
        more = {
            "environment": "prod",
            "sign_in": SIGN_IN,
            "tags": {"team": "ml"},
            "roles": ROLES,
            "protect": True,
        }
        rules = {key: rule for key, rule in RULES.items() if where or key != "metastore_id"}
        yield f"workspace-{name}", mlops.Workspace, {**rules, **more, **where}
    azure = {"cloud": "azure", "azure": AZURE, **{key: NEW[key] for key in ("name", "region")}}
    yield "workspace-azure", mlops.Workspace, {"environment": "prod", "create": azure}
    identity = {"environment": "prod", "account_id": ACCOUNT, "workspace_id": "4711", "protect": True}
    yield "identity-trusts", mlops.ServiceIdentity, {**identity, **IDENTITIES}
    secret = {"rotate_days": 30, "today": "2026-11-24"}
    yield "identity-secret", mlops.ServiceIdentity, {**identity, "principals": PRINCIPALS, "secret": secret}
    yield "project", mlops.MlProject, PROJECT
    yield "environment", mlops.Environment, ENVIRONMENT
    yield (
        "environment-given",
        mlops.Environment,
        {"environment": "dev", "catalog": {"catalog": "c"}, "warehouse": {"warehouse_id": "w1"}},
    )
    host = {"host": "https://x", "workspace_id": "4711"}
    yield (
        "environment-existing",
        mlops.Environment,
        {
            "environment": "dev",
            "catalog": {"catalog": "c", "adopt": True},
            "account": {"account_id": ACCOUNT},
            "workspace": host,
            "identities": {"secret": secret},
            "projects": {
                "flights": {
                    **{
                        key: value
                        for key, value in PROJECT.items()
                        if key not in ("features", "monitor", "jobs")
                    },
                    "python": {"version": "5"},
                    "jobs": {"a": {"tasks": {"a": {"notebook": "a"}}}},
                    "serving": {"served_entities": [], "fallback": False, "guardrails": {"input": GUARD}},
                    "search": {"adopt": True, "endpoint_name": "s", "indexes": INDEXES},
                }
            },
        },
    )
    for name, repository in CI.items():
        yield f"ci-{name}", mlops.CiRepository, repository


PROGRAMS = {name: (component, args) for name, component, args in _programs()}


def build(name: str, depends_on: Callable[[], list[pulumi.Resource]] = list) -> Callable[[], Any]:
    """The program of a name, its component waiting for what is made first."""
    component, args = PROGRAMS[name]

    def program() -> None:
        account = databricks.Provider("account", host="https://accounts.example.com", account_id=ACCOUNT)
        options = pulumi.ResourceOptions(providers=[account], depends_on=depends_on())
        if component is mlops.ServiceIdentity:
            within = databricks.Provider("within", host="https://w")
            component("it", args, options, workspace=within)  # type: ignore[call-arg]
        else:
            component("it", args, options)  # type: ignore[arg-type,call-arg]

    return program


def given(declared: Any, value: Any) -> Iterator[tuple[str, str]]:
    """The class and name of each argument that a program gives, by what the arguments are declared as."""
    if is_typeddict(declared):
        hints = declared.__annotations__
        for key, inner in value.items():
            yield declared.__name__, key
            yield from given(hints[key], inner)
        return
    for part in get_args(declared):
        origin = get_origin(part) or part
        if origin is NotRequired or get_origin(declared) is NotRequired:
            yield from given(part, value)
        elif isinstance(value, list) and get_origin(declared) is list:
            for item in value:
                yield from given(part, item)
        elif isinstance(value, dict) and get_origin(declared) is dict and part is get_args(declared)[1]:
            for item in value.values():
                yield from given(part, item)


def declared_arguments(declared: Any, seen: set[Any] | None = None) -> set[tuple[str, str]]:
    """All arguments that there are below arguments."""
    seen = set() if seen is None else seen
    if declared in seen:
        return set()
    seen.add(declared)
    found: set[tuple[str, str]] = set()
    if is_typeddict(declared):
        for key, inner in declared.__annotations__.items():
            found |= {(declared.__name__, key)} | declared_arguments(inner, seen)
    for part in get_args(declared):
        found |= declared_arguments(part, seen)
    return found
