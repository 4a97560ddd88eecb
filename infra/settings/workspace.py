"""Settings of the account and of the workspace that an environment lives in."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pulumi_databricks_mlops.workspace_checks import address_problem
from pydantic import AfterValidator, Field, model_validator

from settings.clouds import Aws, Azure, Gcp
from settings.model import Email, Key, Model

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _host(value: str) -> str:
    parts = urlsplit(value)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    named = re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc)
    if not secure or not parts.hostname or not named or parts.path.strip("/") or parts.query:
        raise ValueError("is not an address of Databricks: write https://HOST and nothing after it")
    return f"{parts.scheme}://{parts.netloc}"


Host = Annotated[str, AfterValidator(_host)]
"""A workspace's address; https unless it is this machine."""

_WINDS = "(central|(north|south)?(east|west)?)"
#: The form of a region's name; which of them Databricks is in, the account knows.
_REGIONS = {
    "aws": rf"[a-z]{{2}}(-gov|-iso[a-z]?)?-(?!-){_WINDS}-\d",
    "gcp": rf"[a-z]+-(?!\d){_WINDS}\d{{1,2}}",
    "azure": r"[a-z]+\d?[a-z]*",
}
_REGION = {"aws": "us-east-1", "gcp": "europe-west3", "azure": "westeurope"}

AuthType = Literal["pat", "oauth-m2m", "github-oidc", "azure-devops-oidc", "azure-cli", "databricks-cli"]
"""How to sign in."""

AccountId = Annotated[
    str, Field(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$")
]
"""A UUID."""


def _address(value: str) -> str:
    wrong = address_problem(value)
    if wrong:
        raise ValueError(wrong)
    return value


class Account(Model):
    """The Databricks account: new workspaces, service principals and groups are made in it."""

    id: AccountId | None = None
    """Its ID. Default: DATABRICKS_ACCOUNT_ID."""
    host: Host | None = None
    """Its address. Default: DATABRICKS_ACCOUNT_HOST, or that of the workspace's cloud."""
    auth_type: AuthType | None = None
    """How to sign in, to a workspace that it makes too. Default: what the environment offers."""


class NewWorkspace(Model):
    """A new workspace: serverless, unless the cloud's part says what a classic one needs."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]{2,63}$")] | None = None
    """Its name, unique in the account. Default: `mlops-<environment>`."""
    cloud: Literal["aws", "gcp", "azure"] = "aws"
    """The cloud that it is in."""
    region: str
    """The cloud's region: `us-east-1` (AWS), `europe-west3` (GCP), `westeurope` (Azure)."""
    pricing_tier: Literal["PREMIUM", "ENTERPRISE"] | None = None
    """Default: the account's."""
    aws: Aws | None = None
    """Makes it classic on AWS."""
    gcp: Gcp | None = None
    """Makes it classic on GCP."""
    azure: Azure | None = None
    """Where on Azure."""

    @model_validator(mode="after")
    def _one_cloud(self) -> NewWorkspace:
        for other in ("aws", "gcp", "azure"):
            if other != self.cloud and getattr(self, other) is not None:
                raise ValueError(
                    f"is on {self.cloud} and has settings of {other}: leave them out, or set cloud"
                )
        if not re.fullmatch(_REGIONS[self.cloud], self.region):
            raise ValueError(
                f"has the region {self.region!r}, which {self.cloud} lacks: write {_REGION[self.cloud]}"
            )
        if self.cloud == "azure" and self.azure is None:
            raise ValueError("is on azure and has no resource group: add azure: {resource_group: NAME}")
        return self


class IpAccessList(Model):
    """Addresses that may call the workspace, or may not."""

    addresses: Annotated[list[Annotated[str, AfterValidator(_address)]], Field(min_length=1)]
    """IPv4 addresses or ranges."""
    block: bool = False
    """True: they may not. Default: only they may."""


class ClusterPolicy(Model):
    """What clusters may be: a definition of one's own, or a family with overrides."""

    definition: dict[str, Any] | None = None
    """Databricks' policy language, as YAML."""
    family: str | None = None
    """ID of a policy family, `job-cluster` for example."""
    overrides: dict[str, Any] | None = None
    """What differs from the family."""
    max_clusters_per_user: Annotated[int, Field(ge=1)] | None = None
    """Default: no limit."""
    description: str | None = None
    """What it is for."""

    @model_validator(mode="after")
    def _one_way(self) -> ClusterPolicy:
        if (self.definition is None) == (self.family is None):
            raise ValueError("needs a definition or a family: give one of them")
        return self

    def args(self) -> dict[str, Any]:
        """The policy in the component's terms."""
        found = self.model_dump(exclude_none=True)
        for part in ("definition", "overrides"):
            if part in found:
                found[part] = json.dumps(found[part], sort_keys=True)
        return found


class NotificationDestination(Model):
    """Who is told when something goes wrong; `failure_destinations` may name it.

    A webhook's URL or a key is a secret: the config key `databricks-mlops:destinations.<name>`.
    """

    email: list[Email] | None = None
    """E-mail addresses."""
    kind: Literal["slack", "teams", "pagerduty", "webhook"] | None = None
    """What its secret opens, where it is no e-mail."""

    @model_validator(mode="after")
    def _one_way(self) -> NotificationDestination:
        if (self.email is None) == (self.kind is None):
            raise ValueError("needs e-mail addresses or a kind: give one of them")
        return self

    @property
    def secret(self) -> str:
        """The component's argument that its secret is."""
        return "pagerduty_key" if self.kind == "pagerduty" else f"{self.kind}_url"


class Workspace(Model):
    """The workspace that the environment lives in: an existing one, or a new one."""

    host: Host | None = None
    """Address of an existing one. Default: DATABRICKS_HOST; the sandbox's where that is used."""
    id: Annotated[str, Field(pattern=r"^[0-9]+$")] | None = None
    """Number of an existing one, in quotes; identities enter it by that."""
    create: NewWorkspace | None = None
    """A new one, made through the account."""
    auth_type: AuthType | None = None
    """How to sign in. Default: as in the account, or what the environment offers."""
    metastore_id: AccountId | None = None
    """The metastore to assign. Default: the one that the account assigns by region."""
    ip_access_lists: dict[Key, IpAccessList] = Field(default_factory=dict)
    """By name. Default: every address may call."""
    cluster_policies: dict[Key, ClusterPolicy] = Field(default_factory=dict)
    """By name; `policy_id` of a cluster may be one of the names."""
    budget_policy: dict[str, str] | None = None
    """Tags of a budget policy that pays for serverless jobs and endpoints. Default: no policy."""
    notification_destinations: dict[Key, NotificationDestination] = Field(default_factory=dict)
    """By name."""

    @model_validator(mode="after")
    def _one_way(self) -> Workspace:
        if self.create is not None and (self.host or self.id):
            raise ValueError(
                "has `create` and a host or an ID: an existing workspace is not made, choose one "
                "(`create: null` takes away one that defaults.yaml has)"
            )
        return self

    @property
    def has_rules(self) -> bool:
        """Whether anything of an existing workspace is ours."""
        return bool(
            self.ip_access_lists
            or self.cluster_policies
            or self.budget_policy is not None
            or self.notification_destinations
            or self.metastore_id
        )
