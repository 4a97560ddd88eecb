"""The score task: the next batch of flights into the predictions table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import mlflow
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampType

from flights.clock import Window
from flights.errors import DataError, FlightsError
from flights.features.columns import FEATURES, INPUTS, LABEL, TIME
from flights.features.task import between
from flights.tables import Place, create, read, require_columns, require_keys
from flights.validation.task import CHAMPION, alias_version

#: Numeric features that the monitor watches for drift.
WATCHED = (
    "minute_of_day",
    "distance",
    "temp",
    "wind_speed",
    "visib",
    "origin_departures_1h",
    "origin_waiting",
)

PREDICTIONS = StructType(
    [
        StructField("flight_id", StringType()),
        StructField(TIME, TimestampType()),
        *(StructField(name, StringType()) for name in ("carrier", "origin", "dest")),
        *(StructField(name, DoubleType()) for name in WATCHED),
        StructField("prediction", DoubleType()),
        StructField(LABEL, DoubleType()),
        StructField("model_version", StringType()),
        StructField("scored_at", TimestampType()),
    ]
)
"""`prediction` and `arr_delay` in minutes; `arr_delay` is null until the flight has arrived."""


@dataclass(frozen=True)
class Scored:
    """What a batch did."""

    rows: int
    """Flights scored now."""
    labels: int
    """Flights of the table whose true delay is known."""
    version: str


def score(spark: SparkSession, place: Place, model: str, batch: Window) -> Scored:
    """Score the flights of the batch that have no prediction yet, and fill in the labels known at the
    batch's end.

    Each write is one commit by key: killed anywhere, the next run goes on where this one stopped.

    Raises:
        DataError: a table or column is missing, or the batch has no flight; nothing is written.
        FlightsError: the model has no champion.
    """
    names = {name: place.table(name) for name in ("features", "flights", "predictions")}
    version = alias_version(model, CHAMPION)
    if version is None:
        raise FlightsError(f"{model} has no version with the alias {CHAMPION}: run the training job first.")
    features = read(spark, names["features"], "Run the features job first.")
    require_columns(features, names["features"], FEATURES)
    arriving = between(features, TIME, batch)
    if not require_keys(arriving, names["features"], ("flight_id",)):
        raise DataError(
            names["features"], TIME, f"no flight is scheduled in {batch}.", "Run the features job first."
        )
    create(spark, names["predictions"], PREDICTIONS, "Batch predictions with their labels.")
    table = read(spark, names["predictions"], "Run `pulumi up` first.")
    require_columns(table, names["predictions"], PREDICTIONS)
    new = arriving.join(table.select("flight_id"), "flight_id", "left_anti")
    rows = new.count()
    if rows:
        _insert(spark, predictions(new, _pipeline(model, version), version), names["predictions"])
    return Scored(rows, _label(spark, names["flights"], names["predictions"], batch), version)


def predictions(features: DataFrame, pipeline: Any, version: str) -> DataFrame:
    """Rows of `PREDICTIONS` without labels.

    Args:
        features: rows of `FEATURES`.
        pipeline: anything with `predict(DataFrame of INPUTS)`; it travels to the workers.
        version: the model version that the pipeline is.
    """
    wanted = [name for name in PREDICTIONS.names if name in features.columns]
    columns = list(INPUTS)

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            values = pipeline.predict(batch[columns])
            yield batch[wanted].assign(prediction=values)

    fields = [*(field for field in PREDICTIONS.fields if field.name in (*wanted, "prediction"))]
    schema = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in fields)
    return features.mapInPandas(predict, schema).select(
        *wanted,
        "prediction",
        F.lit(None).cast("double").alias(LABEL),
        F.lit(version).alias("model_version"),
        F.current_timestamp().alias("scored_at"),
    )


def _pipeline(model: str, version: str) -> Any:
    loaded = mlflow.pyfunc.load_model(f"models:/{model}/{version}")
    schema = loaded.metadata.get_input_schema()
    missing = sorted(set(schema.input_names() if schema else []) ^ set(INPUTS))
    if missing:
        raise FlightsError(
            f"Version {version} of {model} was trained on other columns ({', '.join(missing)}): "
            "run the training job."
        )
    return loaded.get_raw_model()


def _insert(spark: SparkSession, made: DataFrame, table: str) -> None:
    made.createOrReplaceTempView("_scored")
    spark.sql(
        f"MERGE INTO {table} AS kept USING _scored AS arriving ON kept.flight_id = arriving.flight_id "
        "WHEN NOT MATCHED THEN INSERT *"
    ).collect()


def _label(spark: SparkSession, flights: str, table: str, batch: Window) -> int:
    arrived = read(spark, flights, "Run the features job first.").filter(
        F.col("actual_arrival") < F.lit(batch.last)
    )
    waiting = spark.table(table).filter(f"{LABEL} IS NULL").select("flight_id")
    arrived.join(waiting, "flight_id", "left_semi").select("flight_id", LABEL).createOrReplaceTempView(
        "_arrived"
    )
    spark.sql(
        f"MERGE INTO {table} AS kept USING _arrived AS arriving ON kept.flight_id = arriving.flight_id "
        f"WHEN MATCHED AND kept.{LABEL} IS NULL THEN UPDATE SET {LABEL} = arriving.{LABEL}"
    ).collect()
    return spark.table(table).filter(f"{LABEL} IS NOT NULL").count()
