"""Job parameters are texts: read them, or say which one is wrong."""

from __future__ import annotations

from typing import TypeVar

from flights.errors import FlightsError

Number = TypeVar("Number", int, float)


def number(kind: type[Number], name: str, text: str) -> Number:
    """The parameter's number.

    Raises:
        FlightsError: it is none.
    """
    try:
        return kind(text.strip())
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise FlightsError(f"Parameter {name} is {text!r}: give {wanted}.") from None


def optional_number(name: str, text: str) -> int | None:
    """The parameter's whole number, None when it is empty."""
    return number(int, name, text) if text.strip() else None
