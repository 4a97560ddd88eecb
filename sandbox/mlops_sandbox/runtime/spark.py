"""The task's Spark session, made when it is first asked for."""

from __future__ import annotations

import os
from functools import cache
from typing import Any


@cache
def session() -> Any:
    """The Spark Connect session (`pyspark.sql.connect.session.SparkSession`) of this process.

    Raises:
        RuntimeError: no Spark server runs beside this sandbox.
    """
    remote = os.environ.get("SPARK_REMOTE")
    if not remote:
        raise RuntimeError("Spark does not run beside this sandbox: `mlops sandbox status` says why.")
    from pyspark.sql import SparkSession

    # On Databricks a table is Delta's unless something else is said.
    return SparkSession.builder.remote(remote).config("spark.sql.sources.default", "delta").getOrCreate()
