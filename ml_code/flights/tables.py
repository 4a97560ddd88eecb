"""Reading and writing tables: checked keys and columns, writes that are one commit."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from flights.errors import DataError, FlightsError

_TRIES = 5
#: What Delta says of a commit that another one came before.
_CONFLICT = re.compile(r"DELTA_CONCURRENT|Concurrent\w*Exception|Failed to commit transaction")


@dataclass(frozen=True)
class Place:
    """The Unity Catalog schema that an environment's tables and model live in."""

    catalog: str
    schema: str

    def __post_init__(self) -> None:
        for name in (self.catalog, self.schema):
            if not name or "`" in name or "." in name:
                raise FlightsError(
                    f"{name!r} names no catalog or schema: give one without dots or backticks."
                )

    def table(self, name: str) -> str:
        """The three-level name, quoted."""
        return quoted(self.full_name(name))

    def full_name(self, name: str) -> str:
        """The three-level name as Unity Catalog's API takes it."""
        return f"{self.catalog}.{self.schema}.{name}"


def quoted(full_name: str) -> str:
    """The three-level name as SQL takes it."""
    return ".".join(f"`{part}`" for part in full_name.split("."))


def read(spark: SparkSession, table: str, remedy: str) -> DataFrame:
    """The table's rows.

    Raises:
        DataError: there is no such table; `remedy` says what makes it.
    """
    if not spark.catalog.tableExists(table.replace("`", "")):
        raise DataError(table, "(all)", "the table does not exist.", remedy)
    return spark.table(table)


def require_columns(frame: DataFrame, table: str, schema: StructType) -> None:
    """Check that every column of `schema` is there with its type.

    Raises:
        DataError: a column is missing or has another type.
    """
    have = {field.name: field.dataType for field in frame.schema.fields}
    for field in schema.fields:
        if field.name not in have:
            raise DataError(
                table, field.name, "the column is missing.", "Write the table again from its source."
            )
        found, wanted = have[field.name].simpleString(), field.dataType.simpleString()
        if found != wanted:
            remedy = (
                "It has no time zone: convert it with to_utc_timestamp from the zone that it was written in."
                if found == "timestamp_ntz"
                else f"Cast it to {wanted}."
            )
            raise DataError(table, field.name, f"the type is {found}, not {wanted}.", remedy)


def require_keys(frame: DataFrame, table: str, keys: Sequence[str]) -> int:
    """Check that the keys identify the rows.

    Returns:
        The number of rows.

    Raises:
        DataError: a key is null, or two rows share one.
    """
    nulls = [F.sum(F.when(F.col(key).isNull(), F.col("_rows"))).alias(key) for key in keys]
    counted = frame.groupBy(*keys).agg(F.count(F.lit(1)).alias("_rows"))
    found = counted.agg(
        F.sum("_rows").alias("_rows"), F.count(F.lit(1)).alias("_distinct"), *nulls
    ).collect()[0]
    for key in keys:
        if found[key]:
            raise DataError(
                table, key, f"{found[key]} rows have no value.", "Drop or repair them at the source."
            )
    rows = int(found["_rows"] or 0)
    twice = rows - found["_distinct"]
    if twice:
        raise DataError(
            table, ", ".join(keys), f"{twice} rows repeat another row's key.", "Keep one row for each key."
        )
    return rows


def create(
    spark: SparkSession, table: str, schema: StructType, comment: str, never_null: Sequence[str] = ()
) -> None:
    """Make an empty Delta table, unless it is there; the columns of a key are never null."""
    columns = ", ".join(
        f"`{field.name}` {field.dataType.simpleString()}{' NOT NULL' if field.name in never_null else ''}"
        for field in schema.fields
    )
    text = comment.replace("\\", "\\\\").replace("'", "\\'")
    spark.sql(f"CREATE TABLE IF NOT EXISTS {table} ({columns}) USING delta COMMENT '{text}'")


@dataclass(frozen=True)
class Within:
    """A range of a timestamp column: what lies outside it need not be read."""

    column: str
    first: datetime
    last: datetime
    """Excluded."""

    def of(self, alias: str = "") -> str:
        """The SQL condition, on that side of a MERGE; literals, by which Delta leaves files out."""
        moments = (int(moment.timestamp()) for moment in (self.first, self.last))
        name = f"{alias}.`{self.column}`" if alias else f"`{self.column}`"
        first, last = (f"timestamp_seconds({second})" for second in moments)
        return f"{name} >= {first} AND {name} < {last}"


def merge(
    spark: SparkSession, frame: DataFrame, table: str, keys: Sequence[str], within: Within | None = None
) -> None:
    """Bring the rows in by key, in one commit: new ones are inserted, changed ones updated.

    The table keeps the columns that it has; a frame with other columns is refused by the engine.

    Args:
        spark: the session.
        frame: rows that come in.
        table: where to.
        keys: what identifies a row.
        within: a range that all the rows lie in, of a column of the key.
    """
    on = " AND ".join(f"kept.`{key}` = arriving.`{key}`" for key in keys)
    if within is not None:
        on = f"{on} AND {within.of('kept')}"
    values = [name for name in frame.columns if name not in keys]
    other = "NOT (" + " AND ".join(f"kept.`{name}` <=> arriving.`{name}`" for name in values) + ")"
    insert = "WHEN NOT MATCHED THEN INSERT *"

    def clauses() -> str:
        # A MERGE that may update reads the whole table on some engines, and its source several times.
        kept = spark.table(table) if within is None else spark.table(table).filter(within.of())
        both = frame.alias("arriving").join(kept.alias("kept"), F.expr(on))
        updates = bool(values) and not kept.isEmpty() and not both.filter(other).isEmpty()
        return f"WHEN MATCHED AND {other} THEN UPDATE SET * {insert}" if updates else insert

    merge_into(spark, frame, table, on, clauses)


def merge_into(
    spark: SparkSession, arriving: DataFrame, table: str, on: str, clauses: Callable[[], str]
) -> None:
    """`MERGE INTO table AS kept USING arriving ON on clauses`, in one commit; each try asks for its clauses.

    A commit that another one came before is tried again on what the other one left: a task that was killed
    may still be writing when its next try begins.
    """
    arriving.createOrReplaceTempView("_arriving")
    for left in reversed(range(_TRIES)):
        try:
            spark.sql(f"MERGE INTO {table} AS kept USING _arriving AS arriving ON {on} {clauses()}").collect()
            return
        except PySparkException as error:
            if not left or not _CONFLICT.search(str(error)):
                raise


def at_version(spark: SparkSession, table: str, version: int | None) -> DataFrame:
    """The table as it was at a Delta version; None: as it is."""
    if version is None:
        return spark.table(table)
    return spark.read.option("versionAsOf", version).table(table)


def delta_version(spark: SparkSession, table: str) -> int:
    """The table's latest Delta version: what a training run notes of its data."""
    try:
        return int(spark.sql(f"DESCRIBE HISTORY {table} LIMIT 1").collect()[0]["version"])
    except PySparkException:
        # not every Spark knows the statement: find the last version that can be read
        return _last(lambda version: _has_version(spark, table, version))


def _last(there: Callable[[int], bool]) -> int:
    """The last of 0, 1, 2, … that is there, in a logarithmic number of questions."""
    end = 1
    while there(end):
        end *= 2
    start = end // 2
    while end - start > 1:
        middle = (start + end) // 2
        start, end = (middle, end) if there(middle) else (start, middle)
    return start


def _has_version(spark: SparkSession, table: str, version: int) -> bool:
    try:
        at_version(spark, table, version).limit(0).collect()
    except PySparkException:
        return False
    return True
