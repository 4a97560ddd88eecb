"""Settings of a project's monitor: `monitor` in a project.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from settings.model import Email, Model, Name
from settings.notices import Schedule


def _granularity(value: str) -> str:
    from pulumi_databricks_mlops.monitor_checks import GRANULARITY

    if not GRANULARITY.fullmatch(value):
        raise ValueError("is not a window length: write 1 hour, 1 day, 1 week, 1 month, …")
    return value


Granularity = Annotated[str, AfterValidator(_granularity)]


class CustomMetric(Model):
    """A metric of one's own."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Its column in the metric tables."""
    kind: Literal["aggregate", "derived", "drift"]
    """What it is made from: rows, aggregates, two windows."""
    definition: str
    """SQL: `avg({{prediction_col}})`, `sqrt(squared_error)`, `{{current_df}}.bias - {{base_df}}.bias`."""
    input_columns: Annotated[list[str], Field(min_length=1)]
    """Columns that it is taken of; `:table` for the whole table."""
    output_type: str = "double"
    """Its SQL type."""


class MonitorAlert(Model):
    """A limit of a metric: the alert goes off when `violations` of the latest `windows` are beyond it."""

    metric: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$")]
    """A column of the metric tables: `root_mean_squared_error`, `ks_test.statistic`, one's own."""
    above: float | None = None
    """Beyond is above this."""
    below: float | None = None
    """Beyond is below this."""
    columns: list[str] | None = None
    """Of these columns. Default: the whole table; of a drift metric, every column."""
    windows: Annotated[int, Field(ge=1)] | None = None
    """How many of the latest windows are looked at. Default: 1."""
    violations: Annotated[int, Field(ge=1)] | None = None
    """In how many of them it must be beyond. Default: 1."""
    granularity: Granularity | None = None
    """Windows of this length. Default: the monitor's first."""
    drift_type: Literal["CONSECUTIVE", "BASELINE"] | None = None
    """Drift to the window before, or to the baseline table (the default with one)."""
    slice_key: str | None = None
    """In a slice: its expression. Default: all rows."""
    slice_value: str | None = None
    """In a slice: its value."""
    schedule: Schedule | None = None
    """When it is evaluated. Default: every hour."""
    emails: list[Email] | None = None
    """Users who hear of it. Default: those of `notify`."""
    destinations: list[str] | None = None
    """IDs of notification destinations that hear of it."""
    notify_on_ok: bool | None = None
    """True: they also hear when it is over."""
    retrigger_seconds: Annotated[int, Field(ge=1)] | None = None
    """Tell again after so long. Default: once."""


class Monitor(Model):
    """The project's monitor.

    `problem` makes an inference log, `timestamp` alone a time series, neither a snapshot.
    """

    table: Name
    """The monitored table of the schema."""
    api: Literal["quality", "data_quality"] | None = None
    """Quality monitors (default), or data profiling of the data-quality API, their successor."""
    problem: Literal["regression", "classification"] | None = None
    """What the model does."""
    timestamp: str | None = None
    """The column that windows are made from."""
    prediction: str | None = None
    """The column with the prediction."""
    prediction_proba: str | None = None
    """The column with the classes' probabilities; not of `data_quality`."""
    label: str | None = None
    """The column with what came true; null until it is known."""
    model_id: str | None = None
    """The column with the model's version."""
    granularities: Annotated[list[Granularity], Field(min_length=1)] = Field(
        default_factory=lambda: ["1 day"]
    )
    """Window lengths: 5 minutes, 30 minutes, 1 hour, 1 day, 1 to 4 weeks, 1 month, 1 year."""
    slices: list[str] | None = None
    """Columns or SQL expressions that metrics are also taken by."""
    baseline_table: str | None = None
    """Full name of the table that drift is measured against, once it is there."""
    custom_metrics: list[CustomMetric] | None = None
    """Metrics of one's own."""
    schedule: Schedule | None = None
    """When metrics are taken. Default: when a job asks."""
    notify: list[Email] | None = None
    """E-mail addresses that hear of failures."""
    dashboard: bool = True
    """False: Databricks makes no dashboard."""
    alerts: dict[Name, MonitorAlert] | None = None
    """Limits of metrics, by name. Default: none."""
    own_dashboard: bool | None = None
    """True: a dashboard of ours, a resource of the program, on the metric tables."""

    @model_validator(mode="after")
    def _right(self) -> Monitor:
        """What the component would refuse is refused here."""
        from pulumi_databricks_mlops.monitor_checks import check_shape
        from pulumi_databricks_mlops.problems import Problems

        missing = [key for key in ("timestamp", "prediction", "model_id") if getattr(self, key) is None]
        if self.problem and missing:
            raise ValueError(f"an inference log needs {' and '.join(missing)}: name the columns")
        given: Any = self.model_dump(exclude_none=True)
        problems = Problems("")
        check_shape(given, problems)
        if problems.sentences:
            raise ValueError(" ".join(problems.sentences))
        return self
