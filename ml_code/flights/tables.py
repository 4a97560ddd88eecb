"""Reading and writing tables: checked keys and columns, writes that are one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from flights.errors import DataError, FlightsError


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
        return f"`{self.catalog}`.`{self.schema}`.`{name}`"


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
            raise DataError(table, field.name, f"the type is {found}, not {wanted}.", f"Cast it to {wanted}.")


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


def create(spark: SparkSession, table: str, schema: StructType, comment: str) -> None:
    """Make an empty Delta table, unless it is there."""
    columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in schema.fields)
    text = comment.replace("'", "''")
    spark.sql(f"CREATE TABLE IF NOT EXISTS {table} ({columns}) USING delta COMMENT '{text}'")


def merge(spark: SparkSession, frame: DataFrame, table: str, keys: Sequence[str]) -> None:
    """Bring the rows in by key, in one commit: new ones are inserted, changed ones updated.

    The table keeps the columns that it has; a frame with other columns is refused by the engine.
    """
    if spark.table(table).isEmpty():
        frame.select(*spark.table(table).columns).write.mode("append").saveAsTable(table)
        return
    frame.createOrReplaceTempView("_arriving")
    on = " AND ".join(f"kept.`{key}` = arriving.`{key}`" for key in keys)
    values = [name for name in frame.columns if name not in keys]
    same = " AND ".join(f"kept.`{name}` <=> arriving.`{name}`" for name in values)
    update = f"WHEN MATCHED AND NOT ({same}) THEN UPDATE SET *" if values else ""
    spark.sql(
        f"MERGE INTO {table} AS kept USING _arriving AS arriving ON {on} {update} "
        "WHEN NOT MATCHED THEN INSERT *"
    ).collect()
