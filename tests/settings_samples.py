"""Right settings that use every section, and ways to change them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

KEY = "{{secrets/dev-flights/key}}"
ACCOUNT = "a0000000-1111-2222-3333-444444444444"
STACK: dict[str, Any] = {
    "name": "dev",
    "stage": "dev",
    "catalog": {
        "name": "dev",
        "isolated": True,
        "storage": {"url": "s3://acme/dev", "aws_role_arn": "arn:aws:iam::123456789012:role/x"},
        "workspaces": {"prod": {"workspace_id": "4711", "read_only": True}},
    },
    "account": {"id": ACCOUNT, "auth_type": "oauth-m2m"},
    "workspace": {
        "create": {
            "region": "us-east-1",
            "aws": {
                "role_arn": "arn:aws:iam::123456789012:role/x",
                "bucket": "b",
                "network": {"vpc_id": "v", "subnet_ids": ["a", "b"], "security_group_ids": ["g"]},
            },
        },
        "metastore_id": ACCOUNT,
        "ip_access_lists": {"office": {"addresses": ["203.0.113.0/24"], "block": False}},
        "cluster_policies": {"small": {"definition": {"num_workers": {"type": "fixed", "value": 0}}}},
        "budget_policy": {"team": "ml"},
        "notification_destinations": {"oncall": {"email": ["a@b.c"]}, "chat": {"kind": "slack"}},
    },
    "identities": {
        "principals": ["deployer", "runner", "caller"],
        "members": {"owners": ["815"]},
        "entitlements": {"runner": ["workspace_access"]},
        "trusts": [{"github": {"repository": "acme/ml", "environment": "dev"}}],
    },
    "ci": {
        "platform": "github",
        "owner": "acme",
        "repository": "ml",
        "reviewers": ["octocat", "team:ml"],
        "variables": {"A": "1"},
    },
    "warehouse": {"size": "Small", "auto_stop_minutes": 5},
    "folder": "/Shared/mlops",
    "roles": {"readers": ["analysts"], "owners": ["ada@example.com"]},
    "notifications": {"on_failure": ["a@b.c"], "failure_destinations": ["oncall"]},
    "tags": {"team": "ml"},
    "protect": False,
    "pause_schedules": True,
    "take_over": {"types": ["Catalog"], "ids": {"dev-flights-training-job": "1"}},
    "projects": [{"path": "ml_code", "overrides": {"serving": {"usage_tracking": True}}}],
}
PROJECT: dict[str, Any] = {
    "project": "flights",
    "code": {"include": ["flights/*.py", "notebooks/*.py"]},
    "environment": {"version": "5", "dependencies": ["mlflow"]},
    "model": {"name": "delay", "comment": "d"},
    "tables": {
        "predictions": {
            "columns": {"at": "timestamp", "guess": "double", "version": "string"},
            "properties": {"a": "1"},
        }
    },
    "volumes": {"inbox": {"comment": "d"}},
    "secrets": {"key": {"comment": "d"}, "other": {"env": "OTHER"}},
    "jobs": {
        "training": {
            "parameters": {"model": "${model}"},
            "schedule": {"cron": "0 0 9 * * ?", "timezone": "UTC"},
            "health": [{"metric": "RUN_DURATION_SECONDS", "value": 60}],
            "notifications": {"on_success": ["a@b.c"]},
            "tasks": {
                "train": {"notebook": "notebooks/train", "retries": 1},
                "deploy": {"notebook": "notebooks/deploy", "depends_on": ["train"], "timeout_seconds": 60},
                "when": {"condition": {"left": "1", "op": "EQUAL_TO", "right": "1"}},
                "each": {
                    "for_each": {"inputs": "[1]", "concurrency": 2, "task": {"run_job": "small"}},
                    "depends_on": [{"task": "when", "outcome": "true"}],
                },
            },
        },
        "small": {
            "trigger": {"periodic": {"interval": 1, "unit": "DAYS"}},
            "cluster": {"spark_version": "16.4.x-scala2.12", "policy_id": "small", "num_workers": 1},
            "tasks": {"sql": {"sql": {"query": "q1", "parameters": {"a": "1"}}, "run_if": "ALL_DONE"}},
        },
    },
    "integration": {"training": {"model": "m"}},
    "serving": {
        "workload_size": "Small",
        "inference_table": True,
        "rate_limits": [{"calls": 10, "key": "user"}],
        "guardrails": {"input": {"pii": "BLOCK", "safety": True}},
        "served_entities": [
            {"external": {"name": "m", "task": "llm/v1/chat", "openai": {"api_key": KEY}}, "traffic": 100}
        ],
    },
    "monitor": {
        "table": "predictions",
        "problem": "regression",
        "timestamp": "at",
        "prediction": "guess",
        "model_id": "version",
        "granularities": ["1 day"],
        "custom_metrics": [
            {"name": "bias", "kind": "aggregate", "definition": "avg(guess)", "input_columns": [":table"]}
        ],
        "alerts": {"error": {"metric": "bias", "above": 1.5, "windows": 2, "violations": 1}},
    },
    "features": {
        "tables": {"t": {"columns": {"k": "string", "at": "timestamp"}, "primary_key": ["k"]}},
        "online_store": {"capacity": "CU_1", "read_replicas": 0},
    },
    "search": {
        "endpoint_type": "STANDARD",
        "indexes": {
            "i": {
                "primary_key": "version",
                "table": "predictions",
                "text": "version",
                "embedding_endpoint": "e",
            }
        },
    },
}
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 10**6)
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | st.text(max_size=6)
    | st.sampled_from(["", "true", "1", "x y", "${model}", "${nobody}", "a@b.c", "0 0 9 * * ?", "é", "١"])
)
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=4,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    if path:
        yield path
    steps: Any = document.items() if isinstance(document, dict) else ()
    for step, inner in enumerate(document) if isinstance(document, list) else steps:
        yield from places(inner, (*path, step))


@st.composite
def mutations(draw: st.DrawFn, document: dict[str, Any]) -> Any:
    """The document with one to three things replaced, taken out or added."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(changed)) or [("x",)]))
        here = changed
        for step in path[:-1]:
            here = here[step]
        what = draw(st.sampled_from(["replace", "replace", "take out", "add", "wrap"]))
        if what == "take out" and path[-1] in (here if isinstance(here, dict) else range(len(here))):
            del here[path[-1]]
        elif what == "wrap" and path != ("x",):
            here[path[-1]] = [here[path[-1]]]
        elif what == "add" and isinstance(here, dict):
            here[draw(st.text(min_size=1, max_size=6))] = draw(JUNK)
        else:
            here[path[-1]] = draw(JUNK)
    return changed
