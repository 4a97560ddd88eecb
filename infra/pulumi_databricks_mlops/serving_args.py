"""What a ServingEndpoint is made of."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops.external_args import ExternalModelArgs
from pulumi_databricks_mlops.gateway_args import GuardrailsArgs, RateLimitArgs
from pulumi_databricks_mlops.roles import RolesArgs


class ServedEntityArgs(TypedDict):
    """What answers, and its share of the traffic.

    `entity_name` alone, or with `entity_version`, is a model of Unity Catalog: the workspace's own, or a
    foundation model of `system.ai`. `external` is a model of another provider.
    """

    entity_name: NotRequired[pulumi.Input[str]]
    """The model's full name."""
    entity_version: NotRequired[pulumi.Input[str]]
    """Its version."""
    external: NotRequired[ExternalModelArgs]
    """A model of another provider."""
    name: NotRequired[str]
    """Its name in the endpoint. Default: `<endpoint>-<number>`."""
    traffic: NotRequired[int]
    """Percent of the requests; all entities' together are 100. Default: 100 for one entity."""
    workload_size: NotRequired[str]
    """Small (default) to 4X-Large."""
    workload_type: NotRequired[str]
    """CPU (default) or a GPU type: GPU_SMALL, GPU_MEDIUM, GPU_LARGE, …"""
    scale_to_zero: NotRequired[bool]
    """Default: true."""
    min_concurrency: NotRequired[int]
    """Requests at a time that are always provided for, a multiple of 4; in place of `workload_size`."""
    max_concurrency: NotRequired[int]
    """Requests at a time that it grows to, a multiple of 4."""
    min_tokens_per_second: NotRequired[int]
    """Provisioned throughput of a foundation model: at least. Default: 0 with `max_tokens_per_second`."""
    max_tokens_per_second: NotRequired[int]
    """Provisioned throughput of a foundation model: at most."""
    model_units: NotRequired[int]
    """Provisioned throughput of a foundation model in model units, in place of tokens per second."""
    burst_scaling: NotRequired[bool]
    """True: it grows beyond what is provisioned, for a while. Default: false."""
    environment_vars: NotRequired[dict[str, str]]
    """Variables of the scoring process; `{{secrets/scope/key}}` for secrets."""
    instance_profile_arn: NotRequired[str]
    """AWS: the instance profile that the scoring process reads data with."""


class InferenceTableArgs(TypedDict):
    """Where requests and answers are logged."""

    catalog: pulumi.Input[str]
    """The catalog."""
    schema: pulumi.Input[str]
    """The schema."""
    prefix: str
    """The table is `<prefix>_payload`."""


class EndpointNoticeArgs(TypedDict):
    """Who hears of the endpoint's updates."""

    on_update_failure: NotRequired[list[str]]
    """E-mail addresses when an update fails."""
    on_update_success: NotRequired[list[str]]
    """E-mail addresses when an update succeeds."""


class ServingEndpointArgs(TypedDict):
    """What a ServingEndpoint is made of."""

    endpoint_name: str
    """The endpoint's name."""
    served_entities: NotRequired[list[ServedEntityArgs]]
    """What answers. Default: none, the deployment job decides."""
    inference_table: NotRequired[InferenceTableArgs]
    """Log requests and answers there. Default: nowhere."""
    usage_tracking: NotRequired[bool]
    """True: usage is in the system tables. Default: false."""
    rate_limits: NotRequired[list[RateLimitArgs]]
    """Default: none."""
    guardrails: NotRequired[GuardrailsArgs]
    """What requests and answers may not hold. Default: none."""
    fallback: NotRequired[bool]
    """True: what one external model fails to answer, the next is asked. Default: false."""
    notifications: NotRequired[EndpointNoticeArgs]
    """Who hears of updates. Default: nobody."""
    route_optimized: NotRequired[bool]
    """True: requests take a shorter way, with an address and a token of their own. Can't be changed."""
    description: NotRequired[str]
    """What it answers."""
    tags: NotRequired[dict[str, str]]
    """Tags of the endpoint."""
    budget_policy_id: NotRequired[pulumi.Input[str]]
    """The budget policy that pays."""
    workspace_url: NotRequired[pulumi.Input[str]]
    """The workspace's address, for the `url` output."""
    roles: NotRequired[RolesArgs]
    """Who may query and manage it."""
    protect: NotRequired[bool]
    """True: `destroy` refuses. Default: false."""
