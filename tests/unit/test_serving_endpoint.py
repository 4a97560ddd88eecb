"""What an endpoint with entities and a gateway declares and refuses."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi_databricks_mlops import ServingEndpoint
from pulumi_databricks_mlops.external_models import PROVIDERS
from unit_declared import declare, refused

KEY = "{{secrets/dev-llm/key}}"
MODELS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "openai": ({"api_key": KEY}, {"openaiApiKey": KEY}),
    "anthropic": ({"api_key": KEY}, {"anthropicApiKey": KEY}),
    "cohere": ({"api_key": KEY}, {"cohereApiKey": KEY}),
    "amazon_bedrock": (
        {
            "region": "eu-west-1",
            "bedrock_provider": "anthropic",
            "access_key_id": KEY,
            "secret_access_key": KEY,
        },
        {"awsRegion": "eu-west-1", "bedrockProvider": "anthropic", "awsAccessKeyId": KEY},
    ),
    "google_cloud_vertex_ai": (
        {"project": "p", "region": "europe-west1", "private_key": KEY},
        {"projectId": "p", "privateKey": KEY},
    ),
    "databricks": (
        {"workspace_url": "https://other.example.com", "api_token": KEY},
        {"databricksWorkspaceUrl": "https://other.example.com", "databricksApiToken": KEY},
    ),
    "ai21labs": ({"api_key": KEY}, {"ai21labsApiKey": KEY}),
    "palm": ({"api_key": KEY}, {"palmApiKey": KEY}),
    "custom": (
        {"url": "https://llm.example.com/v1", "header": "x-key", "api_key": KEY},
        {"customProviderUrl": "https://llm.example.com/v1", "apiKeyAuth": {"key": "x-key", "value": KEY}},
    ),
}


def endpoint(*entities: dict[str, Any], **more: Any) -> Any:
    given: Any = {
        "endpoint_name": "dev-llm",
        **more,
        **({"served_entities": list(entities)} if entities else {}),
    }
    return lambda: ServingEndpoint("e", given)


def external(provider: str, config: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"external": {"name": "m", "task": "llm/v1/chat", provider: config}, **more}


def served(build: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = declare(build).one("ModelServing").inputs["config"]["servedEntities"]
    return found


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_every_provider_reaches_the_endpoint(provider: str) -> None:
    given, made = MODELS[provider]
    (entity,) = served(endpoint(external(provider, given)))
    model = entity["externalModel"]
    assert model["provider"] == PROVIDERS[provider]
    (config,) = (value for key, value in model.items() if key.endswith("Config"))
    assert made.items() <= config.items()
    assert "scaleToZeroEnabled" not in entity


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_a_key_in_plain_text_is_refused_and_not_told(provider: str) -> None:
    plain = {
        field: "sk-canary-4711" if value == KEY else value for field, value in MODELS[provider][0].items()
    }
    error = refused(endpoint(external(provider, plain)))
    assert "write {{secrets/SCOPE/KEY}}" in error
    assert "4711" not in error


def test_azure_openai_takes_a_deployment_and_an_application() -> None:
    given = {
        "api_type": "azuread",
        "api_base": "https://x.openai.azure.com",
        "api_version": "2024-06-01",
        "deployment": "d",
        "entra_tenant_id": "t",
        "entra_client_id": "c",
        "entra_client_secret": KEY,
    }
    (entity,) = served(endpoint(external("openai", given)))
    config = entity["externalModel"]["openaiConfig"]
    assert (config["microsoftEntraClientSecret"], config["openaiDeploymentName"]) == (KEY, "d")
    del given["deployment"]
    assert "needs deployment" in refused(endpoint(external("openai", given)))


def test_a_foundation_model_has_provisioned_throughput_and_no_size() -> None:
    wanted = {"entity_name": "system.ai.llama", "entity_version": "1", "max_tokens_per_second": 9500}
    (entity,) = served(endpoint(wanted))
    assert (entity["minProvisionedThroughput"], entity["maxProvisionedThroughput"]) == (0, 9500)
    assert "workloadSize" not in entity
    assert entity["scaleToZeroEnabled"] is False


def test_a_pulumi_secret_is_no_reference_to_one() -> None:
    def program() -> None:
        key = pulumi.Output.secret("sk-4711")
        given = {"name": "m", "task": "llm/v1/chat", "openai": {"api_key": key}}
        endpoint({"external": given, "traffic": 100})()

    told = refused(program)
    assert "is not a reference to a secret" in told
    assert "4711" not in told


def test_the_whole_gateway_reaches_the_endpoint() -> None:
    guard = {
        "safety": True,
        "pii": "MASK",
    }
    made = declare(
        endpoint(
            external("openai", {"api_key": KEY}, traffic=100, name="first"),
            external("anthropic", {"api_key": KEY}, traffic=0),
            guardrails={"input": guard, "output": {"pii": "BLOCK"}},
            fallback=True,
            usage_tracking=True,
            inference_table={"catalog": "c", "schema": "s", "prefix": "p"},
            rate_limits=[
                {"calls": 0},
                {"tokens": 1000, "key": "user"},
                {"calls": 5, "tokens": 9, "key": "user_group", "principal": "analysts"},
            ],
            notifications={"on_update_failure": ["ada@example.com"]},
            route_optimized=True,
        )
    ).one("ModelServing")
    gateway = made.inputs["aiGateway"]
    assert gateway["guardrails"]["input"] == {
        "safety": True,
        "pii": {"behavior": "MASK"},
    }
    assert gateway["guardrails"]["output"] == {"pii": {"behavior": "BLOCK"}}
    assert gateway["fallbackConfig"] == {"enabled": True}
    assert gateway["rateLimits"] == [
        {"calls": 0, "key": "endpoint", "renewalPeriod": "minute"},
        {"tokens": 1000, "key": "user", "renewalPeriod": "minute"},
        {"calls": 5, "tokens": 9, "key": "user_group", "principal": "analysts", "renewalPeriod": "minute"},
    ]
    assert made.inputs["emailNotifications"] == {"onUpdateFailures": ["ada@example.com"]}
    assert made.inputs["routeOptimized"] is True
    assert [each["name"] for each in made.inputs["config"]["servedEntities"]] == ["first", "dev-llm-2"]


def test_what_does_not_go_together_is_told_at_once() -> None:
    error = refused(
        endpoint(
            {"entity_name": "a.b.c", "traffic": 50},
            {"entity_name": "a.b.c", "entity_version": "1", "max_concurrency": 6, "workload_size": "Small"},
            {**external("openai", {"api_key": KEY}), "workload_size": "Small", "traffic": 50},
            {"name": "x", "environment_vars": {"A": "{{secrets/x}}"}},
            fallback=True,
            rate_limits=[{"key": "user_group"}, {"calls": 1, "principal": "x"}],
            guardrails={"input": {"pii": "HIDE"}},
        )
    )
    for part in (
        "no entity_version",
        "workload_size and max_concurrency",
        "multiple of 4",
        "is external, and has workload_size",
        "neither entity_name nor external",
        "A of the served entity x is no reference",
        "fallback goes from one",
        "neither calls nor tokens",
        "does not say which",
        "has a principal",
        "'HIDE'",
    ):
        assert part in error, part
