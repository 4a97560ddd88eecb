"""A model of another provider. Keys are references to secrets, `{{secrets/scope/key}}`, and nothing else."""

from typing import NotRequired, TypedDict


class OpenAiArgs(TypedDict):
    """OpenAI, or Azure OpenAI with `api_type`."""

    api_key: NotRequired[str]
    """A reference to a secret. Of `azuread`, leave it out."""
    api_type: NotRequired[str]
    """openai (default), azure or azuread."""
    api_base: NotRequired[str]
    """The address of the API; of Azure OpenAI, the resource's."""
    api_version: NotRequired[str]
    """The API's version, of Azure OpenAI."""
    deployment: NotRequired[str]
    """The deployment's name, of Azure OpenAI."""
    organization: NotRequired[str]
    """The organization's ID, of OpenAI."""
    entra_tenant_id: NotRequired[str]
    """The tenant, of `azuread`."""
    entra_client_id: NotRequired[str]
    """The application, of `azuread`."""
    entra_client_secret: NotRequired[str]
    """A reference to the application's secret, of `azuread`."""


class KeyArgs(TypedDict):
    """A provider that takes one key."""

    api_key: str
    """A reference to a secret."""


class CohereArgs(TypedDict):
    """Cohere."""

    api_key: str
    """A reference to a secret."""
    api_base: NotRequired[str]
    """The address of the API."""


class BedrockArgs(TypedDict):
    """Amazon Bedrock: with keys, or with an instance profile."""

    region: str
    """The AWS region."""
    bedrock_provider: str
    """anthropic, cohere, ai21labs or amazon."""
    access_key_id: NotRequired[str]
    """A reference to a secret."""
    secret_access_key: NotRequired[str]
    """A reference to a secret."""
    instance_profile_arn: NotRequired[str]
    """The instance profile, in place of keys."""


class VertexArgs(TypedDict):
    """Google Cloud Vertex AI."""

    project: str
    """The project's ID."""
    region: str
    """The region."""
    private_key: str
    """A reference to a secret: the JSON key of a service account."""


class OtherWorkspaceArgs(TypedDict):
    """An endpoint of another Databricks workspace."""

    workspace_url: str
    """The other workspace's address."""
    api_token: str
    """A reference to a secret."""


class CustomProviderArgs(TypedDict):
    """Any API that answers as OpenAI's does: with a bearer token, or with a key in a header."""

    url: str
    """The address of the API."""
    bearer_token: NotRequired[str]
    """A reference to a secret."""
    header: NotRequired[str]
    """The header that holds the key."""
    api_key: NotRequired[str]
    """A reference to a secret, for the header."""


class ExternalModelArgs(TypedDict):
    """A model of another provider: exactly one of the providers."""

    name: str
    """What the provider calls the model: `gpt-4o` for example."""
    task: str
    """llm/v1/chat, llm/v1/completions or llm/v1/embeddings."""
    openai: NotRequired[OpenAiArgs]
    """OpenAI, or Azure OpenAI."""
    anthropic: NotRequired[KeyArgs]
    """Anthropic."""
    cohere: NotRequired[CohereArgs]
    """Cohere."""
    amazon_bedrock: NotRequired[BedrockArgs]
    """Amazon Bedrock."""
    google_cloud_vertex_ai: NotRequired[VertexArgs]
    """Google Cloud Vertex AI."""
    databricks: NotRequired[OtherWorkspaceArgs]
    """An endpoint of another Databricks workspace."""
    ai21labs: NotRequired[KeyArgs]
    """AI21 Labs."""
    palm: NotRequired[KeyArgs]
    """Google PaLM."""
    custom: NotRequired[CustomProviderArgs]
    """Any API that answers as OpenAI's does."""
