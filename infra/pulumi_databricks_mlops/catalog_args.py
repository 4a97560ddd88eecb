"""What a ModelCatalog is made of."""

from typing import NotRequired, TypedDict

import pulumi

from pulumi_databricks_mlops.roles import RolesArgs


class StorageArgs(TypedDict):
    """Where managed data is: a folder of the cloud, and one way to open it."""

    url: pulumi.Input[str]
    """The folder: an `s3://`, `abfss://` or `gs://` URL."""
    name: NotRequired[str]
    """The name of the external location, and of a credential that is made. Default: `<catalog>_storage`."""
    credential: NotRequired[pulumi.Input[str]]
    """An existing storage credential's name."""
    aws_role_arn: NotRequired[pulumi.Input[str]]
    """AWS: the IAM role of a credential that is made."""
    azure_access_connector_id: NotRequired[pulumi.Input[str]]
    """Azure: the access connector of a credential that is made."""
    azure_managed_identity_id: NotRequired[pulumi.Input[str]]
    """Azure: a user-assigned identity of the connector. Default: its own."""
    gcp_service_account: NotRequired[bool]
    """GCP, true: a credential with a service account that Databricks makes."""
    skip_validation: NotRequired[bool]
    """True: the folder need not be reachable yet. Default: false."""


class BindingArgs(TypedDict):
    """A workspace that sees the catalog."""

    workspace_id: pulumi.Input[str]
    """Its ID."""
    read_only: NotRequired[bool]
    """True: it reads only. Default: false."""


class VolumeArgs(TypedDict):
    """A volume of a schema."""

    comment: NotRequired[str]
    """What it holds."""
    storage_location: NotRequired[pulumi.Input[str]]
    """Cloud URL of an external volume; without it the volume is managed."""


class RegisteredModelArgs(TypedDict):
    """A registered model of a schema."""

    comment: NotRequired[str]
    """What it predicts."""


class SchemaArgs(TypedDict):
    """A schema of the catalog."""

    comment: NotRequired[str]
    """What it holds."""
    adopt: NotRequired[bool]
    """True: the schema exists already; its grants and its deletion are not ours. Default: false."""
    storage_root: NotRequired[pulumi.Input[str]]
    """Cloud URL for its managed tables; default: the catalog's."""
    volumes: NotRequired[dict[str, VolumeArgs]]
    """By name."""
    models: NotRequired[dict[str, RegisteredModelArgs]]
    """By name."""


class ModelCatalogArgs(TypedDict):
    """What a ModelCatalog is made of."""

    catalog: pulumi.Input[str]
    """The catalog's name."""
    adopt: NotRequired[bool]
    """True: the catalog exists already; its grants and its deletion are not ours. Default: false."""
    isolated: NotRequired[bool]
    """True: only workspaces that it is bound to see the catalog. Default: false."""
    storage_root: NotRequired[pulumi.Input[str]]
    """Cloud URL for managed data; default: the metastore's."""
    storage: NotRequired[StorageArgs]
    """Make the storage of managed data too. Not beside `storage_root`."""
    workspaces: NotRequired[dict[str, BindingArgs]]
    """Other workspaces that see an isolated catalog, by a name of ours; the provider's own does."""
    comment: NotRequired[str]
    """What the catalog holds."""
    properties: NotRequired[dict[str, str]]
    """Key-value properties of the catalog."""
    schemas: NotRequired[dict[str, SchemaArgs]]
    """By name."""
    roles: NotRequired[RolesArgs]
    """Who may use what is made here."""
    protect: NotRequired[bool]
    """True: `destroy` refuses, and what leaves the program stays in the workspace. Default: false."""
