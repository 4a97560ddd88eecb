"""Feature tables, one seam with two sides.

| | `unity` | `delta` |
| --- | --- | --- |
| tables | Unity Catalog feature tables | the same Delta tables with the same keys |
| training set | FeatureLookup, `create_training_set` | the same join in Spark SQL |
| model | packaged with its lookups | plain |
| batch scoring | `score_batch` | the same join, then the model |

Both give the same rows. `unity` goes through databricks-feature-engineering, which runs on Databricks only,
so `delta` is what the sandbox and the tests use.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from flights.errors import FlightsError

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from flights.tables import Within

AUTO, UNITY, DELTA = "auto", "unity", "delta"
KINDS = (AUTO, UNITY, DELTA)


@dataclass(frozen=True)
class FeatureTable:
    """A feature table: a row for each key and moment from which on its values are known."""

    name: str
    """catalog.schema.table"""
    keys: tuple[str, ...]
    time: str
    """The time-series key, a timestamp; with `keys` it identifies a row."""
    schema: StructType
    comment: str
    lookback: timedelta | None = None
    """How old a value may be when it is looked up; None: any age. Bounds what a lookup reads."""

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The keys and the time-series key."""
        return (*self.keys, self.time)

    @property
    def features(self) -> list[str]:
        """The columns that are no key."""
        return [name for name in self.schema.names if name not in self.primary_key]


@dataclass(frozen=True)
class TrainingSet:
    """Labels with the features that were known at their time."""

    rows: DataFrame
    """The spine's columns and the features."""
    source: Any = None
    """The feature engineering client's own training set, on that side."""


class FeatureStore(Protocol):
    """What a stage asks of either side."""

    kind: str

    def create(self, table: FeatureTable) -> None:
        """Make the table with its keys, unless it is there."""

    def write(self, table: FeatureTable, rows: DataFrame, within: Within | None = None) -> None:
        """Bring rows in by key; the same rows again change nothing.

        Args:
            table: the feature table.
            rows: its columns.
            within: a range of the table's time column that all the rows lie in.
        """

    def training_set(
        self, table: FeatureTable, spine: DataFrame, label: str, version: int | None = None
    ) -> TrainingSet:
        """The features of each row of the spine, as they were known at its time.

        Args:
            table: the feature table.
            spine: rows with the table's keys, its time column and the label.
            label: the spine's label column.
            version: the table's Delta version to read; None: the latest. The side `unity` reads the latest.
        """

    def log(self, pipeline: Any, learned: TrainingSet, model: str, *, lookups: bool, **more: Any) -> str:
        """Log the fitted pipeline into the active run and register it.

        Args:
            pipeline: a scikit-learn pipeline.
            learned: what it learned from.
            model: three-level name of the registered model.
            lookups: package the lookups with the model, so that scoring takes keys only. The side `delta`
                has no such package.
            more: arguments of `mlflow.sklearn.log_model`.

        Returns:
            The version's number.
        """

    def predict(self, table: FeatureTable, model: str, version: str, rows: pd.DataFrame) -> Any:
        """The version's predictions for rows of keys, time and features, in their order: a float array."""

    def score(self, table: FeatureTable, model: str, version: str, spine: DataFrame) -> DataFrame:
        """The spine with its features and the version's `prediction`, on the workers."""

    def publish(self, table: FeatureTable, online_store: str) -> None:
        """Publish the table to an online store, for endpoints whose model looks its features up."""


def feature_store(
    spark: SparkSession,
    kind: str = AUTO,
    inputs: Sequence[str] = (),
) -> FeatureStore:
    """The side to work with.

    Args:
        spark: the session.
        kind: `unity`, `delta`, or `auto`: `unity` on Databricks, `delta` elsewhere.
        inputs: the model's columns, in its order.

    Raises:
        FlightsError: no such kind, or the client is not installed.
    """
    if kind not in KINDS:
        raise FlightsError(f"Parameter feature_store is {kind!r}: give one of {', '.join(KINDS)}.")
    if kind == UNITY or (kind == AUTO and "DATABRICKS_RUNTIME_VERSION" in os.environ):
        from flights.feature_store.unity import UnityFeatureStore

        return UnityFeatureStore(spark, tuple(inputs))
    from flights.feature_store.delta import DeltaFeatureStore

    return DeltaFeatureStore(spark, tuple(inputs))
