"""The errors that a person who runs a job reads."""

from __future__ import annotations


class FlightsError(Exception):
    """A task can't go on; the message says what is wrong and what would be right."""


class DataError(FlightsError):
    """A table's content can't be used. Nothing was written."""

    def __init__(self, table: str, column: str, problem: str, remedy: str) -> None:
        super().__init__(f"Table {table}, column {column}: {problem} {remedy}")
        self.table = table
        self.column = column
