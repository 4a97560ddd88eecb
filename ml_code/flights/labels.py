"""Which days have labels, and so what a run's relative days are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from flights.clock import Days, Window, midnight, parse_date, resolved
from flights.entry import clear_errors
from flights.errors import DataError
from flights.features.columns import LABEL, TIME
from flights.ingest.raw import FLIGHTS
from flights.tables import Place, at_version, read, require_columns

_REMEDY = "Run the features job first, or give dates."


def as_of_day(text: str) -> date | None:
    """The parameter `as_of`: the day at whose first moment the run pretends to be; None when empty: now.

    Raises:
        FlightsError: it is no date.
    """
    return parse_date("as_of", text) if text.strip() else None


@clear_errors
def run_days(
    spark: SparkSession,
    place: Place,
    given: Mapping[str, str],
    as_of: date | None = None,
    version: int | None = None,
) -> Days:
    """The dates of a run's parameters. A run asks once and hands the dates on.

    Args:
        spark: the session.
        place: where the flights are, read when a parameter is relative to `latest`.
        given: name → text, see `clock.resolved`.
        as_of: the run's day, and what is known: labels of flights that arrived before its midnight, UTC.
            None: today, and every label that the table has.
        version: the flights' Delta version; None: the latest.

    Raises:
        FlightsError: a text is wrong.
        DataError: there is no table, or no label in it.
    """
    today = as_of or datetime.now(UTC).date()
    return resolved(given, today, lambda: labelled_days(spark, place, as_of, version))


def labelled_days(
    spark: SparkSession, place: Place, as_of: date | None = None, version: int | None = None
) -> Window:
    """From the day of the first flight whose delay is known to that of the last one, which is excluded.

    On the last one's day others may still be under way: it is not over.
    """
    name = place.table("flights")
    require_columns(read(spark, name, _REMEDY), name, FLIGHTS)
    known = known_by(at_version(spark, name, version), as_of)
    # Seconds, because a collected timestamp has no zone and is in this process' own.
    span = known.agg(F.unix_seconds(F.min(TIME)), F.unix_seconds(F.max(TIME))).collect()[0]
    if span[0] is None:
        by = f" by {as_of}" if as_of else ""
        raise DataError(name, LABEL, f"no flight has a label{by}.", _REMEDY)
    first, last = (datetime.fromtimestamp(second, UTC).date() for second in span)
    return Window(first, last)


def known_by(flights: DataFrame, as_of: date | None) -> DataFrame:
    """The flights whose delay was known at the day's first moment; None: is known."""
    known = flights.filter(F.col(LABEL).isNotNull())
    return known if as_of is None else known.filter(F.col("actual_arrival") < F.lit(midnight(as_of)))
