"""Settings of models of other providers. Keys are references to secrets, never values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from settings.model import Model


def _reference(value: str) -> str:
    from pulumi_databricks_mlops.external_models import REFERENCE

    if not REFERENCE.fullmatch(value):
        # The value may be the key itself: it is not told.
        raise ValueError(
            "'…' is not a reference to a secret: declare it under `secrets`, and write "
            "{{secrets/${scope}/NAME}}"
        )
    return value


SecretReference = Annotated[str, AfterValidator(_reference)]
"""`{{secrets/scope/key}}`."""


class OpenAi(Model):
    """OpenAI, or Azure OpenAI with `api_type`."""

    api_key: SecretReference | None = None
    """A reference to a secret. Of `azuread`, leave it out."""
    api_type: Literal["openai", "azure", "azuread"] | None = None
    """Default: openai."""
    api_base: str | None = None
    """The address of the API; of Azure OpenAI, the resource's."""
    api_version: str | None = None
    """The API's version, of Azure OpenAI."""
    deployment: str | None = None
    """The deployment's name, of Azure OpenAI."""
    organization: str | None = None
    """The organization's ID, of OpenAI."""
    entra_tenant_id: str | None = None
    """The tenant, of `azuread`."""
    entra_client_id: str | None = None
    """The application, of `azuread`."""
    entra_client_secret: SecretReference | None = None
    """A reference to the application's secret, of `azuread`."""


class ProviderKey(Model):
    """A provider that takes one key."""

    api_key: SecretReference
    """A reference to a secret."""


class Cohere(Model):
    """Cohere."""

    api_key: SecretReference
    """A reference to a secret."""
    api_base: str | None = None
    """The address of the API."""


class Bedrock(Model):
    """Amazon Bedrock: with keys, or with an instance profile."""

    region: str
    """The AWS region."""
    bedrock_provider: Literal["anthropic", "cohere", "ai21labs", "amazon"]
    """Whose model it is."""
    access_key_id: SecretReference | None = None
    """A reference to a secret."""
    secret_access_key: SecretReference | None = None
    """A reference to a secret."""
    instance_profile_arn: str | None = None
    """The instance profile, in place of keys."""


class Vertex(Model):
    """Google Cloud Vertex AI."""

    project: str
    """The project's ID."""
    region: str
    """The region."""
    private_key: SecretReference
    """A reference to a secret: the JSON key of a service account."""


class OtherWorkspace(Model):
    """An endpoint of another Databricks workspace."""

    workspace_url: str
    """The other workspace's address."""
    api_token: SecretReference
    """A reference to a secret."""


class CustomProvider(Model):
    """Any API that answers as OpenAI's does: with a bearer token, or with a key in a header."""

    url: str
    """The address of the API."""
    bearer_token: SecretReference | None = None
    """A reference to a secret."""
    header: str | None = None
    """The header that holds the key."""
    api_key: SecretReference | None = None
    """A reference to a secret, for the header."""


class ExternalModel(Model):
    """A model of another provider: exactly one of the providers."""

    name: str
    """What the provider calls the model: `gpt-4o` for example."""
    task: Literal["llm/v1/chat", "llm/v1/completions", "llm/v1/embeddings"]
    """What it does."""
    openai: OpenAi | None = None
    """OpenAI, or Azure OpenAI."""
    anthropic: ProviderKey | None = None
    """Anthropic."""
    cohere: Cohere | None = None
    """Cohere."""
    amazon_bedrock: Bedrock | None = None
    """Amazon Bedrock."""
    google_cloud_vertex_ai: Vertex | None = None
    """Google Cloud Vertex AI."""
    databricks: OtherWorkspace | None = None
    """An endpoint of another Databricks workspace."""
    ai21labs: ProviderKey | None = None
    """AI21 Labs."""
    palm: ProviderKey | None = None
    """Google PaLM."""
    custom: CustomProvider | None = None
    """Any API that answers as OpenAI's does."""
