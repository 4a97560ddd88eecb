"""Is the model still good enough? Pure but for one read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from flights.errors import DataError, FlightsError
from flights.tables import Place, read

#: The monitored table's column that the metrics are split by; `*` stands for all versions.
_MODEL = "model_version"


@dataclass(frozen=True)
class Rule:
    """When a metric violates."""

    metric: str
    """A column of the profile metrics, such as root_mean_squared_error."""
    threshold: float
    """A window above it is bad."""
    windows: int
    """How many of the latest windows count."""
    violations: int
    """How many of them must be bad, the latest one included."""

    def __post_init__(self) -> None:
        if not 1 <= self.violations <= self.windows:
            raise FlightsError(
                f"Parameters violations {self.violations} and windows {self.windows}: "
                "give 1 <= violations <= windows."
            )


def violated(values: Sequence[float], rule: Rule) -> bool:
    """Whether the metric is bad in the latest window and in enough of the last ones.

    Args:
        values: the metric of each window, oldest first.
        rule: when it is.
    """
    latest = values[-rule.windows :]
    return (
        bool(latest)
        and latest[-1] > rule.threshold
        and sum(v > rule.threshold for v in latest) >= rule.violations
    )


def window_metrics(
    spark: SparkSession, place: Place, table: str, rule: Rule, granularity: str
) -> list[float]:
    """The metric of each window of the whole table, oldest first; windows without labels are left out.

    Raises:
        DataError: the monitor has not written its metrics, or they lack the metric.
    """
    name = place.table(f"{table}_profile_metrics")
    profile = read(spark, name, "Refresh the table's monitor first.")
    if rule.metric not in profile.columns:
        raise DataError(
            name, rule.metric, "the column is missing.", "Name a metric that the monitor computes."
        )
    whole = profile.filter((F.col("column_name") == ":table") & F.col("slice_key").isNull())
    whole = whole.filter((F.col("granularity") == granularity) & (F.col("log_type") == "INPUT"))
    # one row for each model version and one for all of them: the latter says how the served predictions did
    whole = whole.filter((F.col(_MODEL) == "*") & F.col(rule.metric).isNotNull())
    rows = whole.select(F.col("window.start").alias("start"), F.col(rule.metric).alias("metric")).collect()
    return [float(row.metric) for row in sorted(rows, key=lambda row: row.start)]
