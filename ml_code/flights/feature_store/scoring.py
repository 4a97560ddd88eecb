"""A model on the workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame


def scored(rows: DataFrame, model: Any, inputs: Sequence[str]) -> DataFrame:
    """The rows with the model's `prediction` (double).

    Args:
        rows: columns that include `inputs`.
        model: anything with `predict(DataFrame of inputs)`; it travels to the workers.
        inputs: the model's columns, in its order.
    """
    columns = list(inputs)

    def predict(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield batch.assign(prediction=model.predict(batch[columns]))

    fields = [f"`{field.name}` {field.dataType.simpleString()}" for field in rows.schema.fields]
    return rows.mapInPandas(predict, ", ".join([*fields, "prediction double"]))
