"""Is the champion still good enough, and if not, has it been tried to do better? Pure but for the reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from flights.clock import Window
from flights.entry import clear_errors
from flights.errors import DataError, FlightsError
from flights.registry import CHAMPION, alias_version, versions
from flights.tables import Place, read
from flights.training.record import VALIDATION_WINDOW_TAG

#: The monitored table's column that the metrics are split by.
_MODEL = "model_version"
#: Versions that are asked when the model was last trained, newest first: one may be a repeated old run.
_ASKED = 20


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


@dataclass(frozen=True)
class Measured:
    """A window's metric."""

    start: date
    value: float


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    retrain: bool
    reason: str
    """A sentence."""


def violated(windows: Sequence[Measured], rule: Rule) -> bool:
    """Whether the metric is bad in the latest window and in enough of the last ones.

    Args:
        windows: oldest first.
        rule: when it is.
    """
    latest = [window.value for window in windows[-rule.windows :]]
    return (
        bool(latest)
        and latest[-1] > rule.threshold
        and sum(value > rule.threshold for value in latest) >= rule.violations
    )


def judged(windows: Sequence[Measured], rule: Rule, version: str, trained_until: date | None) -> Finding:
    """Whether the champion has to be replaced.

    A violation is answered once: what was trained after its latest window had begun has met what is in it.
    If that became champion, its own windows count from then on; if it failed validation, training on the
    same days again would fail again, and the next bad window is the next reason.

    Args:
        windows: the metric in the champion's own windows, oldest first.
        rule: when it violates.
        version: the champion.
        trained_until: the day before which the last training knew labels; None: nobody knows.
    """
    shown = (
        ", ".join(f"{window.start} {window.value:.2f}" for window in windows[-rule.windows :]) or "none yet"
    )
    about = f"{rule.metric} of champion {version} (threshold {rule.threshold:g}) by window: {shown}."
    if not violated(windows, rule):
        return Finding(False, f"{about} No violation.")
    if trained_until is not None and windows[-1].start < trained_until:
        return Finding(
            False, f"{about} Violated, and answered: a training has known the labels until {trained_until}."
        )
    return Finding(True, f"{about} Violated: train again.")


def last_trained_until(tags: Iterable[Mapping[str, str]]) -> date | None:
    """The latest end of the days that versions were trained and judged on, from their tags."""
    kept = (each.get(VALIDATION_WINDOW_TAG) for each in tags)
    return max((Window.of(window).end for window in kept if window), default=None)


@clear_errors
def check(spark: SparkSession, place: Place, table: str, model: str, rule: Rule, granularity: str) -> Finding:
    """Whether the model has to be trained again.

    Raises:
        DataError: the monitor has not written its metrics, or they lack the metric.
        FlightsError: the model has no champion, or the registry does not answer.
    """
    champion = alias_version(model, CHAMPION)
    if champion is None:
        raise FlightsError(f"{model} has no version with the alias {CHAMPION}: run the training job first.")
    windows = window_metrics(spark, place, table, rule, granularity, champion)
    if not violated(windows, rule):
        return judged(windows, rule, champion, None)
    tags = (version.tags for version in islice(versions(model), _ASKED))
    return judged(windows, rule, champion, last_trained_until(tags))


def window_metrics(
    spark: SparkSession, place: Place, table: str, rule: Rule, granularity: str, version: str
) -> list[Measured]:
    """The metric of the version's own predictions in each window of the whole table, oldest first.

    Windows without labels are left out, and what other versions predicted in the same window does not count.

    Raises:
        DataError: the monitor has not written its metrics, or they lack the metric.
    """
    name = place.table(f"{table}_profile_metrics")
    profile = read(spark, name, "Refresh the table's monitor first.")
    for column in (rule.metric, _MODEL):
        if column not in profile.columns:
            raise DataError(
                name, column, "the column is missing.",
                "Name a metric that the monitor computes, and model_version as the monitor's model_id.",
            )  # fmt: skip
    whole = profile.filter((F.col("column_name") == ":table") & F.col("slice_key").isNull())
    whole = whole.filter((F.col("granularity") == granularity) & (F.col("log_type") == "INPUT"))
    whole = whole.filter((F.col(_MODEL) == version) & F.col(rule.metric).isNotNull())
    # Seconds, because a collected timestamp has no zone and is in this process' own.
    start = F.unix_seconds(F.col("window.start")).alias("start")
    rows = whole.select(start, F.col(rule.metric).alias("metric")).collect()
    return sorted(
        (Measured(datetime.fromtimestamp(row.start, UTC).date(), float(row.metric)) for row in rows),
        key=lambda window: window.start,
    )
