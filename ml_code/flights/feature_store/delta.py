"""The side without the feature engineering client: Delta tables and Spark SQL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from flights.errors import DataError, FlightsError
from flights.feature_store import DELTA, FeatureTable, TrainingSet
from flights.feature_store.scoring import scored
from flights.tables import Within, at_version, create, merge, quoted, read, require_columns

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

_REMEDY = "Run the features job first."


class DeltaFeatureStore:
    """Feature tables as plain Delta tables; their keys are declared in Unity Catalog where there is one."""

    kind = DELTA

    def __init__(self, spark: SparkSession, inputs: tuple[str, ...]) -> None:
        self._spark = spark
        self._inputs = inputs

    def create(self, table: FeatureTable) -> None:
        """Make the table with its keys, unless it is there."""
        name = quoted(table.name)
        create(self._spark, name, table.schema, table.comment, never_null=table.primary_key)
        require_columns(self._spark.table(name), name, table.schema)
        # without a workspace there is no catalog to tell: Spark's own tables know no keys
        if "DATABRICKS_HOST" in os.environ:
            from databricks.sdk import WorkspaceClient

            declare_primary_key(WorkspaceClient(), table)

    def write(self, table: FeatureTable, rows: DataFrame, within: Within | None = None) -> None:
        """Bring rows in by key; the same rows again change nothing."""
        merge(self._spark, rows, quoted(table.name), table.primary_key, within)

    def training_set(
        self, table: FeatureTable, spine: DataFrame, label: str, version: int | None = None
    ) -> TrainingSet:
        """The features of each row of the spine, as they were known at its time."""
        del label
        name = quoted(table.name)
        require_columns(read(self._spark, name, _REMEDY), name, table.schema)
        return TrainingSet(known_at(spine, at_version(self._spark, name, version), table))

    def log(self, pipeline: Any, learned: TrainingSet, model: str, *, lookups: bool, **more: Any) -> str:
        """Log the fitted pipeline into the active run and register it."""
        del learned, lookups
        import mlflow

        logged = mlflow.sklearn.log_model(pipeline, name="model", registered_model_name=model, **more)
        return str(logged.registered_model_version)

    def predict(self, table: FeatureTable, model: str, version: str, rows: pd.DataFrame) -> Any:
        """The version's predictions for rows of keys, time and features, in their order."""
        del table
        loaded = raw_model(model, version, self._inputs)
        return np.asarray(loaded.predict(rows[list(self._inputs)]), dtype=np.float64)

    def score(self, table: FeatureTable, model: str, version: str, spine: DataFrame) -> DataFrame:
        """The spine with its features and the version's `prediction`, on the workers."""
        known = self.training_set(table, spine, "").rows
        return scored(known, raw_model(model, version, self._inputs), self._inputs)

    def publish(self, table: FeatureTable, online_store: str) -> None:
        """Refused: only the side `unity` publishes.

        Raises:
            FlightsError: always.
        """
        raise FlightsError(
            f"Parameter online_store is {online_store!r} and {table.name} is no Unity Catalog feature table: "
            "give feature_store unity, or leave online_store empty."
        )


def known_at(spine: DataFrame, features: DataFrame, table: FeatureTable) -> DataFrame:
    """Each row of the spine with the features of its keys that were the latest at its time.

    A feature row of the spine's very moment counts: its values were known by then. One without any has
    nulls, as under a FeatureLookup with `timestamp_lookup_key`.
    """
    features = _recent(spine, features, table)
    asked = spine.select(*table.primary_key).distinct()
    moments = features.select(*table.keys, F.col(table.time).alias("_known"))
    latest = (
        asked.join(moments, list(table.keys))
        .filter(F.col("_known") <= F.col(table.time))
        .filter(_not_older(table))
        .groupBy(*table.primary_key)
        .agg(F.max("_known").alias("_known"))
    )
    values = features.withColumnRenamed(table.time, "_known")
    found = latest.join(values, [*table.keys, "_known"]).drop("_known")
    return spine.join(found, list(table.primary_key), "left")


def _not_older(table: FeatureTable) -> Column:
    if table.lookback is None:
        return F.lit(True)
    age = F.unix_seconds(table.time) - F.unix_seconds("_known")
    return age <= F.lit(int(table.lookback.total_seconds()))


def _recent(spine: DataFrame, features: DataFrame, table: FeatureTable) -> DataFrame:
    """The feature rows that are not too old for any row of the spine."""
    if table.lookback is None:
        return features
    # Seconds, because a collected timestamp has no zone and is in this process' own.
    span = spine.agg(F.unix_seconds(F.min(table.time)), F.unix_seconds(F.max(table.time)))
    first, last = span.collect()[0]
    if first is None:
        return features.limit(0)
    moment, age = F.col(table.time), int(table.lookback.total_seconds())
    bounds = (F.timestamp_seconds(F.lit(second)) for second in (first - age, last + 1))
    return features.filter((moment >= next(bounds)) & (moment < next(bounds)))


def raw_model(model: str, version: str, inputs: tuple[str, ...]) -> Any:
    """The version's pipeline.

    Raises:
        FlightsError: it takes other columns than `inputs`.
    """
    import mlflow

    loaded = mlflow.pyfunc.load_model(f"models:/{model}/{version}")
    schema = loaded.metadata.get_input_schema()
    other = sorted(set(schema.input_names() if schema else inputs) ^ set(inputs))
    if other:
        raise FlightsError(
            f"Version {version} of {model} was trained on other columns ({', '.join(other)}): "
            "run the training job."
        )
    return loaded.get_raw_model()


def declare_primary_key(workspace: WorkspaceClient, table: FeatureTable) -> None:
    """Tell Unity Catalog the table's primary key with its time-series column, unless it knows one.

    Raises:
        DataError: the catalog refuses the key.
    """
    from databricks.sdk.errors.base import DatabricksError
    from databricks.sdk.service.catalog import PrimaryKeyConstraint, TableConstraint

    known = workspace.tables.get(table.name).table_constraints or []
    if any(each.primary_key_constraint for each in known):
        return
    name = f"{table.name.rpartition('.')[2]}_pk"
    key = PrimaryKeyConstraint(name, list(table.primary_key), timeseries_columns=[table.time])
    try:
        workspace.table_constraints.create(table.name, TableConstraint(primary_key_constraint=key))
    except DatabricksError as error:
        raise DataError(
            table.name, ", ".join(table.primary_key), f"no primary key: {error}.",
            "Drop the table and run the features job again.",
        ) from error  # fmt: skip
