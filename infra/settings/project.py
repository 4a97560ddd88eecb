"""Settings of an ML project: its project.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from settings.features import Features, Search
from settings.jobs import Cluster, Job, PythonEnvironment
from settings.model import Key, Model, Name
from settings.monitor import Monitor
from settings.serving import Serving


class Code(Model):
    """Which files are the project's code."""

    include: Annotated[list[str], Field(min_length=1)] = Field(default_factory=lambda: ["**/*.py"])
    """Patterns from the project's folder; `**` for any depth."""


class RegisteredModel(Model):
    """The project's registered model."""

    name: Name
    """Its name in the schema."""
    comment: str | None = None
    """What it predicts."""


class Table(Model):
    """A table that is declared before its first row; jobs make the others."""

    columns: Annotated[dict[Name, str], Field(min_length=1)]
    """SQL type by column name, in order."""
    comment: str | None = None
    """What it holds."""
    properties: dict[str, str] | None = None
    """Table properties, `delta.enableChangeDataFeed` for example."""


class Volume(Model):
    """A volume of the schema."""

    comment: str | None = None
    """What it holds."""
    storage_location: str | None = None
    """Cloud URL of an external volume; without it the volume is managed."""


class Secret(Model):
    """A secret's declaration: where its value comes from, never the value.

    A Pulumi ESC environment that the stack imports gives it either way: under `pulumiConfig`, or under
    `environmentVariables`.
    """

    comment: str | None = None
    """What it opens."""
    config: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+:[A-Za-z0-9_.-]+$")] | None = None
    """The key of the stack's configuration. Default: `databricks-mlops:<project>.<secret>`."""
    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """The environment variable, in place of `config`."""

    @model_validator(mode="after")
    def _one_source(self) -> Secret:
        if self.config and self.env:
            raise ValueError("has config and env: its value comes from one of them")
        return self


class ProjectSettings(Model):
    """An ML project.

    Texts may use ${env}, ${project}, ${catalog}, ${schema}, ${model}, ${experiment}, ${endpoint}, ${scope},
    ${folder}, ${workload_size}, ${scale_to_zero} and ${user}.
    """

    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    """Its name; physical names carry it."""
    code: Code = Code()
    """Which files are its code."""
    schema_: Annotated[Name | None, Field(alias="schema")] = None
    """Its schema. Default: its name with `_` for `-`."""
    adopt_schema: bool = False
    """True: the schema exists already, and stays."""
    environment: PythonEnvironment | None = None
    """The serverless environment of the jobs."""
    cluster: Cluster | None = None
    """The job cluster of the jobs, in place of `environment`."""
    model: RegisteredModel | None = None
    """The registered model."""
    tables: dict[Name, Table] = Field(default_factory=dict)
    """Tables that are declared before their first row."""
    volumes: dict[Name, Volume] = Field(default_factory=dict)
    """Volumes of the schema."""
    secrets: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")], Secret] = Field(
        default_factory=dict
    )
    """Names of secrets, never values."""
    jobs: dict[Key, Job] = Field(default_factory=dict)
    """By name."""
    integration: dict[Key, dict[str, str]] = Field(default_factory=dict)
    """What `mlops ci integration` runs in a copy: jobs in order, each with parameters for little data."""
    serving: Serving | None = None
    """The endpoint."""
    monitor: Monitor | None = None
    """The monitor."""
    features: Features | None = None
    """Feature tables and the online store."""
    search: Search | None = None
    """Vector search."""

    @model_validator(mode="after")
    def _one_compute(self) -> ProjectSettings:
        if self.environment and self.cluster:
            raise ValueError("has an environment and a cluster: give one of them")
        return self
