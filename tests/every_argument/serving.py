"""Every argument of an endpoint: served models, external ones, its gateway."""

from __future__ import annotations

from typing import Any

from every_argument.shared import KEY, ROLES, RUNNER

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
