"""Settings of an environment: `databricks-mlops:environment` in a Pulumi.<stack>.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pulumi_databricks_mlops.adoption import TYPES
from pulumi_databricks_mlops.spelling import suggest
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from settings.ci import Ci
from settings.identities import Identities
from settings.model import Model, Name
from settings.notices import Notifications
from settings.roles import Roles
from settings.workspace import Account, Workspace


class Storage(Model):
    """Where the catalog's managed data is: a folder of the cloud, and what opens it; one way to open it."""

    url: Annotated[str, Field(pattern=r"^(s3|abfss|gs|r2)://")]
    """The folder."""
    credential: str | None = None
    """An existing storage credential's name."""
    aws_role_arn: str | None = None
    """AWS: the IAM role of a credential that is made."""
    azure_access_connector_id: str | None = None
    """Azure: the access connector of a credential that is made."""
    azure_managed_identity_id: str | None = None
    """Azure: a user-assigned identity of the connector. Default: its own."""
    gcp_service_account: bool | None = None
    """GCP, true: a credential with a service account that Databricks makes."""
    skip_validation: bool | None = None
    """True: the folder need not be reachable yet."""


class Binding(Model):
    """A workspace that sees the catalog."""

    workspace_id: Annotated[str, Field(pattern=r"^[0-9]+$")]
    """Its ID, in quotes."""
    read_only: bool = False
    """True: it reads only."""


class Catalog(Model):
    """The environment's catalog; a name alone means the same as `{name: …}`."""

    name: Name
    """Its name."""
    adopt: bool = False
    """True: it exists already, and stays; its grants are not ours."""
    isolated: bool | None = None
    """True: only workspaces that it is bound to see it; its own is."""
    storage_root: str | None = None
    """Cloud URL for managed data; default: the metastore's."""
    storage: Storage | None = None
    """Make the storage too: an external location, and a credential where that is needed."""
    workspaces: dict[str, Binding] | None = None
    """Other workspaces that see an isolated catalog, by a name of ours; the environment's own does."""
    comment: str | None = None
    """What it holds."""


class Warehouse(Model):
    """The SQL warehouse: an existing one by its ID, or a new one."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")] | None = None
    """An existing warehouse."""
    size: (
        Literal[
            "2X-Small", "X-Small", "Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large"
        ]
        | None
    ) = None
    """Default: 2X-Small."""
    auto_stop_minutes: Annotated[int, Field(ge=1)] | None = None
    """Idle minutes before it stops. Default: 10."""
    max_clusters: Annotated[int, Field(ge=1)] | None = None
    """How many clusters it grows to. Default: 1."""

    @model_validator(mode="after")
    def _one_way(self) -> Warehouse:
        if self.id and (self.size or self.auto_stop_minutes or self.max_clusters):
            raise ValueError("has an ID and settings: an existing warehouse is not changed, leave them out")
        return self


def _folder(value: str) -> str:
    if {".", "..", ""} & set(value.split("/")[1:]):
        raise ValueError("is not a folder's own path: write it without `.`, `..` and `//`")
    return value


Folder = Annotated[str, Field(pattern=r"^/[^/].*[^/]$"), AfterValidator(_folder)]
"""An absolute path in the workspace."""
Tags = dict[Annotated[str, Field(min_length=1, max_length=127)], Annotated[str, Field(max_length=255)]]
"""Values by name."""


class ProjectReference(Model):
    """A project of the environment."""

    path: str
    """Its folder with a project.yaml, from the folder of the stack file."""
    overrides: dict[str, Any] = Field(default_factory=dict)
    """What differs from project.yaml here; merged into it, lists replace."""


def _type(value: str) -> str:
    if value[:1].isupper() and value not in TYPES:
        near = suggest(value, TYPES)
        raise ValueError(
            f"is not a type whose IDs are made of names{near}: give the resource's own under `ids`"
        )
    return value


class TakeOver(Model):
    """What exists already and becomes the program's: imported by the next `up`; take it out afterwards."""

    types: list[Annotated[str, AfterValidator(_type)]] = Field(default_factory=list)
    """Types (`Catalog`) or names of resources (`dev-flights-data-flights`) whose IDs are made of names."""
    ids: dict[str, str] = Field(default_factory=dict)
    """IDs of other resources, by the resource's name: `{dev-flights-training-job: "123"}`."""


class EnvironmentSettings(Model):
    """An environment."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
    """Its name; physical names carry it."""
    catalog: Annotated[
        Catalog, BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value)
    ]
    """Its catalog."""
    stage: Literal["dev", "staging", "prod"] | None = None
    """Which rules it keeps; prod's are the strictest. Default: by the name, `prod-eu` is prod; else dev."""
    developer: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")] | None = None
    """Makes it one developer's copy, `${user}` for example, in a shared catalog: every name carries it."""
    account: Account = Account()
    """The account that a new workspace and identities are made in."""
    workspace: Workspace = Workspace()
    """Where it lives."""
    identities: Identities | None = None
    """Service principals and groups to make. Default: none, `roles` names existing ones."""
    ci: Ci | None = None
    """The repository whose pipelines deploy it. Default: none is managed."""
    warehouse: Warehouse = Warehouse()
    """The SQL warehouse that makes declared tables."""
    folder: Folder = "/Shared/mlops"
    """The workspace folder for code and experiments; the environment has a folder of its name in it."""
    roles: Roles = Roles()
    """Who may do what."""
    notifications: Notifications | None = None
    """Who hears of the jobs that have none of their own."""
    tags: Tags = Field(default_factory=dict)
    """Tags of jobs, endpoints and the warehouse."""
    protect: bool = False
    """True: what holds data can't be destroyed."""
    pause_schedules: bool = False
    """True: nothing starts by itself."""
    projects: list[ProjectReference] = Field(default_factory=list)
    """Its ML projects."""
    take_over: TakeOver | None = None
    """What is imported. Default: nothing."""

    @property
    def effective_stage(self) -> str:
        """Which rules it keeps: dev, staging or prod."""
        first = self.name.partition("-")[0]
        return self.stage or (first if first in ("staging", "prod") else "dev")

    @property
    def in_account(self) -> bool:
        """Whether anything of it is made in the account."""
        wanted = self.workspace
        return bool(
            wanted.create or self.identities or wanted.metastore_id or wanted.budget_policy is not None
        )

    @property
    def prefix(self) -> str:
        """What physical names begin with: the name, and the developer's."""
        return "-".join([self.name, *([self.developer.replace("_", "-")] if self.developer else [])])
