"""Settings of an ML project: its project.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.jobs import Cluster, Job, PythonEnvironment
from settings.model import Email, Key, Model, Name
from settings.notices import Schedule
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


class CustomMetric(Model):
    """A metric of one's own."""

    name: Name
    """Its column in the metric tables."""
    kind: Literal["aggregate", "derived", "drift"]
    """What it is made from: rows, other metrics, two windows."""
    definition: str
    """A SQL expression, `avg(prediction)` for example."""
    input_columns: list[str]
    """Columns that it reads; `:table` for the whole table."""
    output_type: str = "double"
    """Its SQL type."""


class Monitor(Model):
    """The project's monitor.

    `problem` makes an inference log, `timestamp` alone a time series, neither a snapshot.
    """

    table: Name
    """The monitored table of the schema."""
    problem: Literal["regression", "classification"] | None = None
    """What the model does."""
    timestamp: str | None = None
    """The column that windows are made from."""
    prediction: str | None = None
    """The column with the prediction."""
    prediction_proba: str | None = None
    """The column with the classes' probabilities."""
    label: str | None = None
    """The column with what came true; null until it is known."""
    model_id: str | None = None
    """The column with the model's version."""
    granularities: list[
        Annotated[str, Field(pattern=r"^((5|30) minutes|1 (hour|day|month|year)|[1-4] weeks?)$")]
    ] = Field(default_factory=lambda: ["1 day"])
    """Window lengths: 5 minutes, 30 minutes, 1 hour, 1 day, 1 to 4 weeks, 1 month, 1 year."""
    slices: list[str] | None = None
    """Columns or SQL expressions that metrics are also taken by."""
    baseline_table: str | None = None
    """Full name of the table that drift is measured against."""
    custom_metrics: list[CustomMetric] | None = None
    """Metrics of one's own."""
    schedule: Schedule | None = None
    """When metrics are taken. Default: when a job asks."""
    notify: list[Email] | None = None
    """E-mail addresses that hear of failures."""
    dashboard: bool = True
    """False: no dashboard is made."""

    @model_validator(mode="after")
    def _complete(self) -> Monitor:
        missing = [key for key in ("timestamp", "prediction", "model_id") if getattr(self, key) is None]
        if self.problem and missing:
            raise ValueError(f"an inference log needs {' and '.join(missing)}: name the columns")
        return self


class Secret(Model):
    """A secret's declaration; its value is the stack's config key `databricks-mlops:<project>.<secret>`."""

    comment: str | None = None
    """What it opens."""


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
    secrets: dict[Annotated[str, Field(pattern=r"^[\w-]{1,128}$")], Secret] = Field(default_factory=dict)
    """Names of secrets, never values."""
    jobs: dict[Key, Job] = Field(default_factory=dict)
    """By name."""
    serving: Serving | None = None
    """The endpoint."""
    monitor: Monitor | None = None
    """The monitor."""

    @model_validator(mode="after")
    def _one_compute(self) -> ProjectSettings:
        if self.environment and self.cluster:
            raise ValueError("has an environment and a cluster: give one of them")
        return self
