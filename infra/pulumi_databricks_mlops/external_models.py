"""External models: what can be wrong with one, and what it is in the provider's terms."""

import re
from collections.abc import Mapping
from typing import Any

from pulumi_databricks_mlops.external_args import ExternalModelArgs
from pulumi_databricks_mlops.problems import Problems

REFERENCE = re.compile(r"\{\{secrets/[\w.@-]{1,128}/[\w.@-]{1,128}\}\}")
TASKS = ("llm/v1/chat", "llm/v1/completions", "llm/v1/embeddings")
API_TYPES = ("openai", "azure", "azuread")
PROVIDERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "cohere": "cohere",
    "amazon_bedrock": "amazon-bedrock",
    "google_cloud_vertex_ai": "google-cloud-vertex-ai",
    "databricks": "databricks-model-serving",
    "ai21labs": "ai21labs",
    "palm": "palm",
    "custom": "custom",
}
"""Our name of a provider, and the API's."""

_SECRET = {
    "api_key",
    "entra_client_secret",
    "access_key_id",
    "secret_access_key",
    "private_key",
    "api_token",
    "bearer_token",
}
_FIELDS: dict[str, dict[str, str]] = {
    "openai": {
        "api_key": "openai_api_key",
        "api_type": "openai_api_type",
        "api_base": "openai_api_base",
        "api_version": "openai_api_version",
        "deployment": "openai_deployment_name",
        "organization": "openai_organization",
        "entra_tenant_id": "microsoft_entra_tenant_id",
        "entra_client_id": "microsoft_entra_client_id",
        "entra_client_secret": "microsoft_entra_client_secret",
    },
    "anthropic": {"api_key": "anthropic_api_key"},
    "cohere": {"api_key": "cohere_api_key", "api_base": "cohere_api_base"},
    "amazon_bedrock": {
        "region": "aws_region",
        "bedrock_provider": "bedrock_provider",
        "access_key_id": "aws_access_key_id",
        "secret_access_key": "aws_secret_access_key",
        "instance_profile_arn": "instance_profile_arn",
    },
    "google_cloud_vertex_ai": {"project": "project_id", "region": "region", "private_key": "private_key"},
    "databricks": {"workspace_url": "databricks_workspace_url", "api_token": "databricks_api_token"},
    "ai21labs": {"api_key": "ai21labs_api_key"},
    "palm": {"api_key": "palm_api_key"},
}
_CONFIGS = {"databricks": "databricks_model_serving_config", "custom": "custom_provider_config"}


def external_model(wanted: ExternalModelArgs) -> dict[str, Any]:
    """The model under the provider's names."""
    made: dict[str, Any] = {"name": wanted["name"], "task": wanted["task"]}
    for kind, provider in PROVIDERS.items():
        if kind in wanted:
            given: Mapping[str, str] = wanted[kind]  # type: ignore[literal-required]
            made["provider"] = provider
            made[_CONFIGS.get(kind, f"{kind}_config")] = _config(kind, given)
    return made


def _config(kind: str, given: Mapping[str, str]) -> dict[str, Any]:
    if kind != "custom":
        return {_FIELDS[kind][field]: value for field, value in given.items()}
    made: dict[str, Any] = {"custom_provider_url": given["url"]}
    if "bearer_token" in given:
        made["bearer_token_auth"] = {"token": given["bearer_token"]}
    if "header" in given:
        made["api_key_auth"] = {"key": given["header"], "value": given["api_key"]}
    return made


def check(problems: Problems, what: str, wanted: ExternalModelArgs) -> None:
    """Add every mistake of an external model; values of keys are never told."""
    problems.require_one(f"The task of the {what}", wanted["task"], TASKS)
    used = [kind for kind in PROVIDERS if kind in wanted]
    if len(used) != 1:
        has = " and ".join(used) or "none of them"
        problems.add(f"The {what} has {has}: give exactly one of {', '.join(PROVIDERS)}.")
    for kind in used:
        given: Mapping[str, str] = wanted[kind]  # type: ignore[literal-required]
        for field in sorted(_SECRET & set(given)):
            if not (isinstance(given[field], str) and REFERENCE.fullmatch(given[field])):
                problems.add(
                    f"{field} of the {what} is not a reference to a secret, and would be in the state: "
                    "put it into a secret scope, and write {{secrets/SCOPE/KEY}}."
                )
        problems.add(*_incomplete(kind, what, given))


def _incomplete(kind: str, what: str, given: Mapping[str, str]) -> list[str]:
    """What a provider needs beside what its type requires."""
    if kind == "openai":
        return _openai_incomplete(what, given)
    if kind == "amazon_bedrock":
        keys = {"access_key_id", "secret_access_key"} & set(given)
        if len(keys) == 1 or bool(keys) == ("instance_profile_arn" in given):
            return [f"The {what} needs access_key_id and secret_access_key, or instance_profile_arn."]
    if kind == "custom":
        header = {"header", "api_key"} & set(given)
        if len(header) == 1 or bool(header) == ("bearer_token" in given):
            return [f"The {what} needs bearer_token, or header and api_key."]
    return []


def _openai_incomplete(what: str, given: Mapping[str, str]) -> list[str]:
    kind = given.get("api_type", "openai")
    if kind not in API_TYPES:
        return [f"api_type of the {what} is {kind!r}; it is one of {', '.join(API_TYPES)}."]
    azure = ("api_base", "api_version", "deployment")
    needed = {
        "openai": ("api_key",),
        "azure": ("api_key", *azure),
        "azuread": ("entra_tenant_id", "entra_client_id", "entra_client_secret", *azure),
    }[kind]
    missing = [field for field in needed if field not in given]
    return [f"The {what} is of the api_type {kind}, and needs {', '.join(missing)}."] if missing else []
