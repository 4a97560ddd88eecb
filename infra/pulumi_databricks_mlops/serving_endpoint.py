"""ServingEndpoint: an endpoint, its AI gateway with the inference table, and who may query it.

Owns the endpoint's existence and shape. Without `served_entities` it does not own what is served: the
endpoint comes up empty, the deployment job gives it the champion, and a later `up` leaves that alone.
With them it owns versions and traffic too.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from typing import Any

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import external_models, serving_checks
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.access import access_controls
from pulumi_databricks_mlops.gateway_args import GuardrailArgs, RateLimitArgs
from pulumi_databricks_mlops.provided import handed_down, present
from pulumi_databricks_mlops.serving_args import ServedEntityArgs, ServingEndpointArgs


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
        serving_checks.check(name, args)
        super().__init__("databricks-mlops:index:ServingEndpoint", name, {}, handed_down(opts))
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
            route_optimized=args.get("route_optimized"),
            email_notifications=_emails(args),
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


def _config(args: ServingEndpointArgs) -> Any:
    """Entities and traffic under the provider's names; None where the deployment job decides."""
    entities = args.get("served_entities", [])
    if not entities:
        return None
    names = [
        entity.get("name", f"{args['endpoint_name']}-{number}") for number, entity in enumerate(entities, 1)
    ]
    return {
        "served_entities": [
            {"name": name, **_entity(entity)} for name, entity in zip(names, entities, strict=True)
        ],
        "traffic_config": {
            "routes": [
                {"served_entity_name": name, "traffic_percentage": entity.get("traffic", 100)}
                for name, entity in zip(names, entities, strict=True)
            ]
        },
    }


def _entity(entity: ServedEntityArgs) -> dict[str, Any]:
    if "external" in entity:
        return {"external_model": external_models.external_model(entity["external"])}
    provisioned = {"max_concurrency", "max_tokens_per_second", "model_units"} & set(entity)
    throughput = {"max_tokens_per_second", "model_units"} & set(entity)
    return present(
        entity_name=entity["entity_name"],
        entity_version=entity["entity_version"],
        workload_size=None if provisioned else entity.get("workload_size", "Small"),
        workload_type=entity.get("workload_type"),
        # Left out, the provider sends false.
        scale_to_zero_enabled=entity.get("scale_to_zero", not throughput),
        min_provisioned_concurrency=entity.get("min_concurrency"),
        max_provisioned_concurrency=entity.get("max_concurrency"),
        min_provisioned_throughput=entity.get(
            "min_tokens_per_second", 0 if "max_tokens_per_second" in entity else None
        ),
        max_provisioned_throughput=entity.get("max_tokens_per_second"),
        provisioned_model_units=entity.get("model_units"),
        burst_scaling_enabled=entity.get("burst_scaling"),
        environment_vars=entity.get("environment_vars"),
        instance_profile_arn=entity.get("instance_profile_arn"),
    )


def _limit(limit: RateLimitArgs) -> dict[str, Any]:
    return present(
        calls=limit.get("calls"),
        tokens=limit.get("tokens"),
        key=limit.get("key", "endpoint"),
        principal=limit.get("principal"),
        renewal_period="minute",
    )


def _guardrail(guard: GuardrailArgs) -> dict[str, Any]:
    return present(
        safety=guard.get("safety"),
        pii={"behavior": guard["pii"]} if "pii" in guard else None,
    )


def _gateway(args: ServingEndpointArgs) -> Any:
    table, guards = args.get("inference_table"), args.get("guardrails", {})
    return (
        present(
            inference_table_config=None
            if table is None
            else {
                "enabled": True,
                "catalog_name": table["catalog"],
                "schema_name": table["schema"],
                "table_name_prefix": table["prefix"],
            },
            usage_tracking_config={"enabled": args["usage_tracking"]} if "usage_tracking" in args else None,
            rate_limits=[_limit(limit) for limit in args.get("rate_limits", [])] or None,
            guardrails=present(
                input=_guardrail(guards["input"]) if "input" in guards else None,
                output=_guardrail(guards["output"]) if "output" in guards else None,
            )
            or None,
            fallback_config={"enabled": args["fallback"]} if "fallback" in args else None,
        )
        or None
    )


def _emails(args: ServingEndpointArgs) -> Any:
    heard = args.get("notifications", {})
    return (
        present(
            on_update_failures=heard.get("on_update_failure"),
            on_update_successes=heard.get("on_update_success"),
        )
        or None
    )
