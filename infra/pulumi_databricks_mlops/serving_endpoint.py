"""ServingEndpoint: an endpoint, its AI gateway with the inference table, and who may query it.

Owns the endpoint's existence and shape. Without `served_entities` it does not own what is served: the
endpoint comes up empty, the deployment job gives it the champion, and a later `up` leaves that alone.
With them it owns versions and traffic too.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import access_controls
from pulumi_databricks_mlops.problems import UC_NAME, UC_RIGHT, Problems
from pulumi_databricks_mlops.roles import RolesArgs

WORKLOAD_SIZES = ("Small", "Medium", "Large")


class ServedEntityArgs(TypedDict):
    """A pinned model version and its share of the traffic."""

    entity_name: pulumi.Input[str]
    """The model's full name."""
    entity_version: pulumi.Input[str]
    """Its version."""
    workload_size: NotRequired[str]
    """Small (default), Medium or Large."""
    workload_type: NotRequired[str]
    """CPU (default) or a GPU type."""
    scale_to_zero: NotRequired[bool]
    """Default: true."""
    traffic: NotRequired[int]
    """Percent of the requests; all entities' together are 100. Default: 100 for one entity."""
    environment_vars: NotRequired[dict[str, str]]
    """Variables of the scoring process; `{{secrets/scope/key}}` for secrets."""


class InferenceTableArgs(TypedDict):
    """Where requests and answers are logged."""

    catalog: pulumi.Input[str]
    """The catalog."""
    schema: pulumi.Input[str]
    """The schema."""
    prefix: str
    """The table is `<prefix>_payload`."""


class RateLimitArgs(TypedDict):
    """How often the endpoint may be called."""

    calls: int
    """Calls a minute."""
    key: NotRequired[str]
    """`endpoint` (default, all together) or `user` (each)."""


class ServingEndpointArgs(TypedDict):
    """What a ServingEndpoint is made of."""

    endpoint_name: str
    """The endpoint's name."""
    served_entities: NotRequired[list[ServedEntityArgs]]
    """Pinned versions. Default: none, the deployment job decides."""
    inference_table: NotRequired[InferenceTableArgs]
    """Log requests and answers there. Default: nowhere."""
    usage_tracking: NotRequired[bool]
    """True: usage is in the system tables. Default: false."""
    rate_limits: NotRequired[list[RateLimitArgs]]
    """Default: none."""
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


class ServingEndpoint(pulumi.ComponentResource):
    """The endpoint."""

    endpoint_name: pulumi.Output[str]
    """The endpoint's name."""
    endpoint_id: pulumi.Output[str]
    """The endpoint's ID, for permissions."""
    url: pulumi.Output[str]
    """Where to POST requests; only the path when the workspace's address is not given."""
    inference_table: pulumi.Output[str]
    """Full name of the inference table; empty without one."""

    def __init__(
        self, name: str, args: ServingEndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _check(name, args)
        super().__init__("databricks-mlops:index:ServingEndpoint", name, {}, opts)
        protect = args.get("protect", False)
        endpoint = databricks.ModelServing(
            f"{name}-endpoint",
            name=args["endpoint_name"],
            description=args.get("description"),
            config=_config(args),
            ai_gateway=_gateway(args),
            tags=[
                databricks.ModelServingTagArgs(key=key, value=value)
                for key, value in sorted(args.get("tags", {}).items())
            ]
            or None,
            budget_policy_id=args.get("budget_policy_id"),
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )
        rules = access_controls(role.ENDPOINT, args.get("roles"))
        if rules:
            databricks.Permissions(
                f"{name}-permissions",
                serving_endpoint_id=endpoint.serving_endpoint_id,
                access_controls=rules,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.endpoint_name, self.endpoint_id = endpoint.name, endpoint.serving_endpoint_id
        host = pulumi.Output.from_input(args.get("workspace_url", "")).apply(lambda url: url.rstrip("/"))
        self.url = pulumi.Output.concat(host, "/serving-endpoints/", endpoint.name, "/invocations")
        self.inference_table = _table(args)
        self.register_outputs(
            {
                "endpoint_name": self.endpoint_name,
                "endpoint_id": self.endpoint_id,
                "url": self.url,
                "inference_table": self.inference_table,
            }
        )


def _table(args: ServingEndpointArgs) -> pulumi.Output[str]:
    if "inference_table" not in args:
        return pulumi.Output.from_input("")
    table = args["inference_table"]
    return pulumi.Output.concat(table["catalog"], ".", table["schema"], ".", table["prefix"], "_payload")


def _config(args: ServingEndpointArgs) -> databricks.ModelServingConfigArgs | None:
    entities = args.get("served_entities", [])
    if not entities:
        return None
    names = [f"{args['endpoint_name']}-{number}" for number in range(1, len(entities) + 1)]
    return databricks.ModelServingConfigArgs(
        served_entities=[
            databricks.ModelServingConfigServedEntityArgs(
                name=name,
                entity_name=entity["entity_name"],
                entity_version=entity["entity_version"],
                workload_size=entity.get("workload_size", "Small"),
                workload_type=entity.get("workload_type"),
                scale_to_zero_enabled=entity.get("scale_to_zero", True),
                environment_vars=entity.get("environment_vars"),
            )
            for name, entity in zip(names, entities, strict=True)
        ],
        traffic_config=databricks.ModelServingConfigTrafficConfigArgs(
            routes=[
                databricks.ModelServingConfigTrafficConfigRouteArgs(
                    served_entity_name=name, traffic_percentage=entity.get("traffic", 100)
                )
                for name, entity in zip(names, entities, strict=True)
            ]
        ),
    )


def _gateway(args: ServingEndpointArgs) -> databricks.ModelServingAiGatewayArgs | None:
    limits = [
        databricks.ModelServingAiGatewayRateLimitArgs(
            calls=limit["calls"], key=limit.get("key", "endpoint"), renewal_period="minute"
        )
        for limit in args.get("rate_limits", [])
    ]
    table = args.get("inference_table")
    if table is None and not limits and "usage_tracking" not in args:
        return None
    return databricks.ModelServingAiGatewayArgs(
        inference_table_config=None
        if table is None
        else databricks.ModelServingAiGatewayInferenceTableConfigArgs(
            enabled=True,
            catalog_name=table["catalog"],
            schema_name=table["schema"],
            table_name_prefix=table["prefix"],
        ),
        usage_tracking_config=databricks.ModelServingAiGatewayUsageTrackingConfigArgs(
            enabled=args["usage_tracking"]
        )
        if "usage_tracking" in args
        else None,
        rate_limits=limits or None,
    )


def _check(name: str, args: ServingEndpointArgs) -> None:
    problems = Problems(f"ServingEndpoint {name}")
    problems.require_name(
        "The endpoint",
        args["endpoint_name"],
        r"[a-zA-Z0-9]([\w-]{0,61}[a-zA-Z0-9])?",
        "letters, digits, `_` and `-`, at most 63, a letter or digit first and last",
    )
    entities = args.get("served_entities", [])
    for entity in entities:
        problems.require_one("workload_size", entity.get("workload_size"), WORKLOAD_SIZES)
    shares = [entity.get("traffic", 100 if len(entities) == 1 else 0) for entity in entities]
    if entities and sum(shares) != 100:
        problems.add(f"The served entities get {sum(shares)} percent of the traffic: make it 100.")
    if "inference_table" in args:
        problems.require_name(
            "The inference table's prefix", args["inference_table"]["prefix"], UC_NAME, UC_RIGHT
        )
    for limit in args.get("rate_limits", []):
        problems.require_one("The key of a rate limit", limit.get("key"), ("endpoint", "user"))
        if limit["calls"] < 0:
            problems.add(f"A rate limit has {limit['calls']} calls: give 0 or more.")
    role.check(problems, args.get("roles"))
    problems.raise_any()
