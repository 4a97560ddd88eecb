"""Whether a query's result triggers an alert."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_sandbox.databricks.statements.query import Rows

Json = dict[str, Any]
#: One value of a result: a number, a text, a truth value, or nothing.
Value = float | str | bool | None

_NUMBERS = {"BYTE", "SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "DECIMAL"}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL": operator.eq,
    "NOT_EQUAL": operator.ne,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL": operator.le,
}
_AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "AVG": statistics.fmean,
    "MAX": max,
    "MEDIAN": statistics.median,
    "MIN": min,
    "STDDEV": statistics.stdev,
    "SUM": sum,
}


class ConditionError(Exception):
    """The result can't be held against the condition."""


@dataclass(frozen=True)
class Verdict:
    """What an evaluation found."""

    state: str
    """OK, TRIGGERED, UNKNOWN or ERROR."""
    value: Value = None
    threshold: Value = None


def judge(evaluation: Json, rows: Rows) -> Verdict:
    """Hold a result against an alert's `evaluation`.

    Raises:
        ConditionError: a column that is not there, or values that can't be compared.
    """
    if not rows.rows:
        return Verdict(evaluation.get("empty_result_state", "UNKNOWN"))
    value = _operand(evaluation["source"], rows)
    threshold = _threshold(evaluation.get("threshold") or {}, rows)
    return Verdict(
        "TRIGGERED" if _holds(evaluation["comparison_operator"], value, threshold) else "OK", value, threshold
    )


def _operand(column: Json, rows: Rows) -> Value:
    name, aggregation = str(column["name"]), column.get("aggregation")
    found = [number for number, each in enumerate(rows.columns) if each["name"].lower() == name.lower()]
    if not found:
        known = ", ".join(each["name"] for each in rows.columns)
        raise ConditionError(f"the query has no column {name}; it has {known}")
    number = found[0]
    numeric = rows.columns[number]["type_name"] in _NUMBERS
    values = [_value(row[number], numeric, rows.columns[number]["type_name"]) for row in rows.rows]
    return values[0] if aggregation is None else _aggregated(aggregation, values, name)


def _value(text: str | None, numeric: bool, kind: str) -> Value:
    if text is None:
        return None
    if kind == "BOOLEAN":
        return text == "true"
    return float(text) if numeric else text


def _aggregated(aggregation: str, values: list[Value], name: str) -> Value:
    there = [value for value in values if value is not None]
    if aggregation == "COUNT":
        return float(len(there))
    if aggregation == "COUNT_DISTINCT":
        return float(len(set(there)))
    numbers = [float(value) for value in there if not isinstance(value, str)]
    if len(numbers) != len(there):
        raise ConditionError(f"{aggregation} needs numbers, and the column {name} has texts")
    # As in SQL: nothing is known of no rows, and one row has no deviation.
    if len(numbers) < (2 if aggregation == "STDDEV" else 1):
        return None
    return float(_AGGREGATIONS[aggregation](numbers))


def _threshold(threshold: Json, rows: Rows) -> Value:
    if threshold.get("column"):
        return _operand(threshold["column"], rows)
    given = threshold.get("value") or {}
    for name in ("double_value", "string_value", "bool_value"):
        if name in given:
            found: Value = given[name]
            return found
    return None


def _holds(comparison: str, value: Value, threshold: Value) -> bool:
    if comparison in ("IS_NULL", "IS_NOT_NULL"):
        return (value is None) == (comparison == "IS_NULL")
    if value is None or threshold is None:
        return False
    if isinstance(value, str) != isinstance(threshold, str):
        value, threshold = _alike(value, threshold)
    return _COMPARISONS[comparison](value, threshold)


def _alike(value: Value, threshold: Value) -> tuple[Value, Value]:
    try:
        return float(value or 0), float(threshold or 0)
    except ValueError:
        raise ConditionError(f"{value!r} can't be compared with {threshold!r}") from None
