"""The Spark session of a task: the workspace's own, or the one that SPARK_REMOTE names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import flights
from flights.errors import FlightsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def spark_session() -> SparkSession:
    """A session whose timestamps are UTC.

    Raises:
        FlightsError: outside a Databricks notebook, SPARK_REMOTE is not set.
    """
    from pyspark.sql import SparkSession

    spark = SparkSession.getActiveSession()
    if spark is None:
        remote = os.environ.get("SPARK_REMOTE")
        if not remote:
            raise FlightsError("No Spark session: run in a Databricks notebook, or set SPARK_REMOTE.")
        spark = SparkSession.builder.remote(remote).getOrCreate()
    return prepared(spark)


def prepared(spark: SparkSession) -> SparkSession:
    """The same session: timestamps are read and shown in UTC, functions carry their code to workers."""
    from pyspark import cloudpickle

    spark.conf.set("spark.sql.session.timeZone", "UTC")
    # workers do not have the bundle's folder on their path
    cloudpickle.register_pickle_by_value(flights)  # type: ignore[no-untyped-call]
    return spark


def require_utc(spark: SparkSession) -> None:
    """Check that the session's clock is UTC: in another zone, clock times would be other ones.

    Raises:
        FlightsError: it is not.
    """
    zone = spark.conf.get("spark.sql.session.timeZone")
    if zone != "UTC":
        raise FlightsError(
            f"The session's time zone is {zone}: set spark.sql.session.timeZone to UTC, as "
            "`flights.session.prepared` does."
        )
