"""Condition tasks: two operands and an operator."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

_TEXT: dict[str, Callable[[str, str], bool]] = {"EQUAL_TO": operator.eq, "NOT_EQUAL": operator.ne}
_NUMBERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL": operator.le,
}


class ConditionError(Exception):
    """An operand that the operator can't compare."""


def _number(text: str, op: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ConditionError(f"{op} compares numbers, and {text!r} is none.") from None
    if value.is_nan():
        raise ConditionError(f"{op} compares numbers, and {text!r} is none.")
    return value


def evaluate(op: str, left: str, right: str) -> bool:
    """Compare two operands.

    Args:
        op: EQUAL_TO and NOT_EQUAL compare text ("12.0" is not "12"); the others compare numbers.
        left: the left operand, references resolved.
        right: the right operand.

    Raises:
        ConditionError: an operand is no number and must be one.
    """
    if op in _TEXT:
        return _TEXT[op](left, right)
    return _NUMBERS[op](_number(left, op), _number(right, op))
