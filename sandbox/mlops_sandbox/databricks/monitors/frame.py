"""A monitored table in memory: its columns, who made each prediction, and the slices that rows are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mlops_sandbox.databricks.monitors.columns import Column, prepare

Json = dict[str, Any]

_MOST_SLICES = 100
#: Metric tables name all models together so.
ALL_MODELS = "*"


@dataclass(frozen=True)
class Slice:
    """One slicing expression's value in each row."""

    key: str
    codes: np.ndarray
    """Each row's position in `values`, -1 where it is null or too rare."""
    values: Sequence[str]


@dataclass(frozen=True)
class Part:
    """A model's rows, or a slice of them."""

    model: str | None
    """The model's id; `*` for all models; None where the monitor has no models."""
    slice_key: str | None
    slice_value: str | None
    rows: np.ndarray = field(compare=False)


def text_of(values: pa.ChunkedArray) -> pd.Series:
    """Values as text, whole numbers without a fraction, so that 1 and 1.0 are the same class."""
    if pa.types.is_floating(values.type):
        told = values.to_pandas()
        whole = told.dropna() % 1 == 0
        if whole.all():
            whole_numbers = told.astype("Int64").astype("string").astype(object)
            return pd.Series(whole_numbers.where(told.notna(), None))
    if pa.types.is_nested(values.type):
        return pd.Series([None if one is None else str(one) for one in values.to_pylist()], dtype=object)
    return pd.Series(values.cast(pa.string()).to_pandas())


def _slice(key: str, values: pa.ChunkedArray) -> Slice:
    codes, names = pd.factorize(text_of(values))
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    most = np.argsort(-counts, kind="stable")[:_MOST_SLICES]
    place = np.full(len(names) + 1, -1)
    place[most] = np.arange(len(most))
    return Slice(key, place[codes], [str(names[one]) for one in most])


class Frame:
    """The rows of a table as a monitor looks at them."""

    def __init__(self, table: pa.Table, monitor: Json, slices: Sequence[tuple[str, pa.ChunkedArray]]) -> None:
        """Prepare the table.

        Args:
            table: the rows.
            monitor: the monitor's definition, as the API has it.
            slices: each slicing expression with its values.
        """
        self.table = table
        self.log: Json = monitor.get("inference_log") or {}
        self.columns: list[Column] = [prepare(name, table[name]) for name in table.column_names]
        self.by_name = {column.name: column for column in self.columns}
        self.slices = [_slice(key, values) for key, values in slices]
        self._models: Slice | None = None
        if self.log:
            name = self.log["model_id_col"]
            self._models = _slice(name, table[name])

    @property
    def rows(self) -> np.ndarray:
        """The positions of all rows."""
        return np.arange(self.table.num_rows)

    def parts(self, rows: np.ndarray) -> Iterator[Part]:
        """These rows by model and slice, the whole first; parts without rows are left out."""
        for model, of_model in self._by_model(rows):
            yield Part(model, None, None, of_model)
            for one in self.slices:
                codes = one.codes[of_model]
                for number in np.unique(codes[codes >= 0]):
                    yield Part(model, one.key, one.values[number], of_model[codes == number])

    def _by_model(self, rows: np.ndarray) -> Iterator[tuple[str | None, np.ndarray]]:
        if self._models is None:
            yield None, rows
            return
        yield ALL_MODELS, rows
        codes = self._models.codes[rows]
        for number in np.unique(codes[codes >= 0]):
            yield self._models.values[number], rows[codes == number]
