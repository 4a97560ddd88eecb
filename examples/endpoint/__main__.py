"""One endpoint in an existing workspace."""

import pulumi
import pulumi_databricks_mlops as mlops

endpoint = mlops.ServingEndpoint(
    "delay",
    {
        "endpoint_name": "example-delay",
        "description": "How late a flight will be.",
        "roles": {"readers": ["users"]},
        "rate_limits": [{"calls": 600, "key": "user"}],
        "tags": {"team": "flights"},
    },
)
pulumi.export("url", endpoint.url)
