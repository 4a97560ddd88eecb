"""Spark Connect over the sandbox's Unity Catalog: what the ML code does on Databricks works here as it is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pandas as pd
import pytest
from databricks.sdk import WorkspaceClient
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812
from running import RunningSandbox

Connect = Callable[[], SparkSession]
TABLE = "lake.flights.delays"


@pytest.fixture(scope="module")
def connect(sandbox: RunningSandbox) -> Iterator[Connect]:
    """Makes sessions that know nothing of each other, as those of task processes."""
    made: list[SparkSession] = []

    def session() -> SparkSession:
        made.append(SparkSession.builder.remote(sandbox.spark_remote()).create())
        return made[-1]

    yield session
    for each in made:
        each.stop()


@pytest.fixture(scope="module")
def spark(sandbox: RunningSandbox, connect: Connect) -> SparkSession:
    """A session that was there before its catalog."""
    session = connect()
    client = sandbox.workspace()
    client.catalogs.create("lake")
    client.schemas.create("flights", "lake")
    return session


def test_a_table_made_by_sql_is_shared_and_written_in_every_way(
    spark: SparkSession, connect: Connect
) -> None:
    columns = "id BIGINT, carrier STRING COMMENT 'c', delay DOUBLE"
    create = f"CREATE TABLE IF NOT EXISTS {TABLE} ({columns}) USING delta"
    spark.sql(create)
    spark.sql(create)
    rows = "id long, carrier string, delay double"
    spark.createDataFrame([(1, "UA", 1.0)], rows).write.mode("append").saveAsTable(TABLE)
    spark.createDataFrame([(2, "AA", None)], rows).writeTo(TABLE).append()
    other = connect()
    other.createDataFrame([(3, "B6", 3.0)], rows).write.insertInto(TABLE)
    other.sql(f"INSERT INTO {TABLE} VALUES (4, 'DL', 4.0)")
    other.createDataFrame([(1, "UA", 10.0), (5, "WN", 5.0)], rows).createOrReplaceTempView("changes")
    other.sql(
        f"MERGE INTO {TABLE} t USING changes s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    found = spark.table(TABLE).orderBy("id").collect()
    assert [(row.id, row.delay) for row in found] == [(1, 10.0), (2, None), (3, 3.0), (4, 4.0), (5, 5.0)]
    spark.createDataFrame([(9, "UA", 9.0)], rows).write.insertInto(TABLE, overwrite=True)
    assert [row.id for row in other.table(TABLE).collect()] == [9]


def test_unity_catalog_knows_what_spark_made(spark: SparkSession, client: WorkspaceClient) -> None:
    spark.range(3).write.format("delta").saveAsTable("lake.flights.ids")
    more = spark.createDataFrame([(7, "new")], "id long, note string")
    more.write.format("delta").option("mergeSchema", "true").mode("append").saveAsTable("lake.flights.ids")
    table = client.tables.get("lake.flights.ids")
    assert table.table_type is not None
    assert table.table_type.value == "MANAGED"
    assert [(column.name, column.type_text) for column in table.columns or []] == [
        ("id", "bigint"),
        ("note", "string"),
    ]
    spark.sql("DROP TABLE lake.flights.ids")
    assert not client.tables.exists("lake.flights.ids").table_exists


def test_partitioned_tables_and_unsupported_features_are_written(spark: SparkSession) -> None:
    properties = "'delta.enableChangeDataFeed' = 'true'"
    spark.sql(
        "CREATE TABLE lake.flights.days (id BIGINT, day DATE, origin STRING) USING delta "
        f"PARTITIONED BY (day, origin) TBLPROPERTIES ({properties})"
    )
    row = spark.sql("SELECT 1L AS id, date'2013-01-01' AS day, 'JFK' AS origin")
    row.write.mode("append").saveAsTable("lake.flights.days")
    row.write.format("delta").partitionBy("origin").saveAsTable("lake.flights.origins")
    for name in ("days", "origins"):
        assert [
            found.id for found in spark.table(f"lake.flights.{name}").where("origin = 'JFK'").collect()
        ] == [1]


def test_a_failed_first_write_leaves_its_name_free(spark: SparkSession) -> None:
    with pytest.raises(PySparkException):
        spark.sql("SELECT raise_error('x') AS a").write.format("delta").saveAsTable("lake.flights.broken")
    spark.sql("DROP TABLE IF EXISTS lake.flights.broken")
    spark.range(1).write.format("delta").saveAsTable("lake.flights.broken")
    assert spark.table("lake.flights.broken").count() == 1


def test_the_sessions_time_zone_is_utc(spark: SparkSession) -> None:
    zoned = pd.DataFrame({"at": pd.date_range("2013-06-01 08:00", periods=1, tz="America/New_York")})
    assert spark.createDataFrame(zoned).first() == (datetime(2013, 6, 1, 12, 0),)  # noqa: DTZ001
    seconds = spark.sql("SELECT unix_timestamp(timestamp'2013-06-01 12:00:00') AS s").first()
    assert seconds is not None
    assert seconds.s == 1370088000


def test_python_functions_run_in_the_engine(spark: SparkSession) -> None:
    frame = spark.createDataFrame(pd.DataFrame({"k": ["a", "a", "b"], "v": [1.0, 2.0, 4.0]}))

    @F.pandas_udf("double")  # type: ignore[call-overload, untyped-decorator]
    def doubled(values: pd.Series) -> pd.Series:  # type: ignore[type-arg]
        return values * 2

    def halves(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield batch.assign(v=batch["v"] / 2)

    total = frame.select(doubled("v").alias("v")).agg(F.sum("v")).first()
    assert total == (14.0,)
    assert frame.mapInPandas(halves, "k string, v double").agg(F.sum("v")).first() == (3.5,)


def test_a_new_catalog_can_be_used_by_short_names(new_sandbox: RunningSandbox) -> None:
    before = new_sandbox.spark_remote()
    client = new_sandbox.workspace()
    client.catalogs.create("local")
    client.schemas.create("flights", "local")
    session = SparkSession.builder.remote(new_sandbox.spark_remote()).create()
    assert new_sandbox.spark_remote() == before
    session.sql("USE CATALOG local")
    session.sql("USE SCHEMA flights")
    session.sql("CREATE TABLE delays (id BIGINT) USING delta")
    client.catalogs.create("later")
    assert new_sandbox.spark_remote() == before
    assert session.table("delays").count() == 0
    assert client.tables.exists("local.flights.delays").table_exists
    session.stop()


def test_a_killed_server_comes_back_at_its_address(new_sandbox: RunningSandbox) -> None:
    remote = new_sandbox.spark_remote()
    session = SparkSession.builder.remote(remote).create()
    session.sql("CREATE TABLE workspace.default.kept (a INT) USING delta")
    session.sql("INSERT INTO workspace.default.kept VALUES (1)")
    session.client.close()
    pid = new_sandbox.spark()["pid"]
    os.kill(int(str(pid)), 9)
    deadline = time.monotonic() + 60
    while new_sandbox.spark().get("pid") in {pid, None}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert new_sandbox.spark_remote() == remote
    new_sandbox.kill()
    new_sandbox.start_again()
    again = SparkSession.builder.remote(new_sandbox.spark_remote()).create()
    assert [row.a for row in again.table("workspace.default.kept").collect()] == [1]
    again.stop()
