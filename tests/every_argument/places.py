"""Every argument of workspaces and identities."""

from __future__ import annotations

import json
from typing import Any

from every_argument.shared import ACCOUNT, ORGANIZATION

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
