"""Profile metrics: the statistics of one column, or of the whole table, in one group of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mlops_sandbox.databricks.monitors.columns import Column

#: Databricks keeps 1000 quantiles; a hundred draw the same picture in a tenth of the space.
QUANTILES = np.linspace(0.0, 1.0, 100)
_MOST_ITEMS = 100
#: The name of the row that describes the table.
TABLE = ":table"


def _percent(part: float, whole: int) -> float | None:
    return 100.0 * part / whole if whole else None


def _numbers(column: Column, rows: np.ndarray, count: int) -> dict[str, Any]:
    values = column.numbers_of(rows)
    distinct = int(np.count_nonzero(np.diff(values)) + 1) if len(values) else 0
    told: dict[str, Any] = {"distinct_count": distinct, "percent_distinct": _percent(distinct, count)}
    if len(values):
        told |= {"min": float(values[0]), "max": float(values[-1]), "median": float(np.median(values))}
    if column.kind == "time":
        return told
    zeros, nans = int(np.count_nonzero(values == 0)), count - len(values)
    told |= {
        "num_zeros": zeros,
        "num_nan": nans,
        "percent_zeros": _percent(zeros, count),
        "percent_nan": _percent(nans, count),
    }
    if len(values):
        told |= {
            "avg": float(values.mean()),
            "stddev": float(values.std(ddof=1)) if len(values) > 1 else None,
            "quantiles": np.quantile(values, QUANTILES).tolist(),
        }
    return told


def _categories(column: Column, rows: np.ndarray, count: int) -> dict[str, Any]:
    counts = column.counts_of(rows)
    there = np.flatnonzero(counts)
    most = there[np.argsort(-counts[there], kind="stable")][:_MOST_ITEMS]
    told: dict[str, Any] = {
        "distinct_count": len(there),
        "percent_distinct": _percent(len(there), count),
        "frequent_items": [{"item": column.categories[one], "count": int(counts[one])} for one in most],
    }
    if column.lengths is not None and count:
        lengths = column.lengths[there]
        told |= {
            "min_length": float(lengths.min()),
            "max_length": float(lengths.max()),
            "avg_length": float(lengths @ counts[there] / count),
        }
    return told


def profile(column: Column, rows: np.ndarray) -> dict[str, Any]:
    """The statistics of a column in these rows.

    Args:
        column: the column.
        rows: positions of rows.

    Returns:
        Columns of the profile metrics table: `count` has no nulls, percentages are 0 to 100.
    """
    count = int(np.count_nonzero(column.present[rows]))
    nulls = len(rows) - count
    told: dict[str, Any] = {
        "column_name": column.name,
        "data_type": column.data_type,
        "count": count,
        "num_nulls": nulls,
        "percent_null": _percent(nulls, len(rows)),
    }
    if column.kind in {"number", "time"}:
        return told | _numbers(column, rows, count)
    if column.kind == "category":
        return told | _categories(column, rows, count)
    return told


def table_profile(columns: Sequence[Column], rows: np.ndarray) -> dict[str, Any]:
    """The row of the whole table: how many rows, and which columns have any value."""
    filled = [column.name for column in columns if column.present[rows].any()]
    return {"column_name": TABLE, "count": len(rows), "non_null_columns": filled}
