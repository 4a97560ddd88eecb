"""The filters of a query, as `{"id <": 5, "carrier": ["AA", "UA"], "origin NOT": "JFK"}`: all must hold."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from typing import Any

from mlops_sandbox.errors import invalid

Json = dict[str, Any]
Test = Callable[[Json], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse(text: str | None) -> Test:
    """The filters as one test of a row.

    Raises:
        ApiError: 400 for what is no filter.
    """
    if not text:
        return lambda _row: True
    try:
        given = json.loads(text)
    except ValueError as error:
        raise invalid(f"filters_json is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise invalid("filters_json must be an object of conditions.")
    tests = [_test(key, value) for key, value in given.items()]
    return lambda row: all(test(row) for test in tests)


def _test(key: str, value: Any) -> Test:
    column, _, how = key.partition(" ")
    if how in _ORDERS:
        order = _ORDERS[how]
        return lambda row: row.get(column) is not None and order(row[column], value)
    if how == "LIKE":
        words = str(value).lower().split()
        return lambda row: all(word in str(row.get(column) or "").lower() for word in words)
    if how in ("", "NOT"):
        values = value if isinstance(value, list) else [value]
        return lambda row: (row.get(column) in values) == (how == "")
    raise invalid(f"The filter {key!r} is none of COLUMN, COLUMN NOT, <, <=, >, >= and LIKE.")
