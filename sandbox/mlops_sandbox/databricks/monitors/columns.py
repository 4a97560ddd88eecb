"""Columns of a monitored table, prepared once so that the statistics of any group of rows are quick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

_SPARK_NAMES = {"int64": "bigint", "int32": "int", "int16": "smallint", "int8": "tinyint", "bool": "boolean"}


@dataclass(frozen=True)
class Column:
    """A column: numbers, moments (as numbers), categories, or none of these."""

    name: str
    data_type: str
    """Its type in Spark's words."""
    kind: str
    """`number`, `time`, `category` or `other`."""
    present: np.ndarray
    """Which rows are not null."""
    numbers: np.ndarray
    """Values of `number` and `time` columns as float64 (times: seconds since 1970)."""
    codes: np.ndarray
    """Of `category` columns: each row's position in `categories`, -1 for null."""
    categories: Sequence[str] = ()
    lengths: np.ndarray | None = None
    """The lengths of the categories, where the column is text."""

    def numbers_of(self, rows: np.ndarray) -> np.ndarray:
        """The numbers of these rows, without nulls and NaN, in order of size."""
        values = self.numbers[rows]
        values = values[self.present[rows] & ~np.isnan(values)]
        return np.sort(values)

    def counts_of(self, rows: np.ndarray) -> np.ndarray:
        """How often each category is in these rows."""
        codes = self.codes[rows]
        return np.bincount(codes[codes >= 0], minlength=len(self.categories))


def spark_type(kind: pa.DataType) -> str:
    """An Arrow type in Spark's words."""
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz else "timestamp_ntz"
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "string"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    return _SPARK_NAMES.get(str(kind), str(kind))


_NO_NUMBERS: Any = np.empty(0)


def prepare(name: str, values: pa.ChunkedArray) -> Column:
    """A column of an Arrow table."""
    present = values.is_valid().to_numpy()
    data_type, kind = spark_type(values.type), values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = values.cast(pa.float64()).fill_null(0.0).to_numpy()
        return Column(name, data_type, "number", present, numbers, _NO_NUMBERS)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        numbers = values.cast(pa.timestamp("us")).cast(pa.int64()).fill_null(0).to_numpy() / 1e6
        return Column(name, data_type, "time", present, numbers, _NO_NUMBERS)
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if text or pa.types.is_boolean(kind):
        objects = values.to_pandas() if text else values.cast(pa.string()).to_pandas()
        codes, categories = pd.factorize(objects)
        names = [str(one) for one in categories]
        lengths = np.array([len(one) for one in names], dtype=float) if text else None
        return Column(name, data_type, "category", present, _NO_NUMBERS, codes, names, lengths)
    return Column(name, data_type, "other", present, _NO_NUMBERS, _NO_NUMBERS)
