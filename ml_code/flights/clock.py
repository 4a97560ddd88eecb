"""Dates and moments of the jobs' parameters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from flights.errors import FlightsError


def parse_day(name: str, text: str) -> date:
    """The parameter's date.

    Raises:
        FlightsError: it is no ISO date.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise FlightsError(f"Parameter {name} is {text!r}: give a date such as 2013-10-01.") from None


@dataclass(frozen=True)
class Window:
    """Days from `start` (included) to `end` (excluded), in UTC."""

    start: date
    end: date

    @classmethod
    def parse(cls, start: tuple[str, str], end: tuple[str, str]) -> Window:
        """The window of two parameters, each its name and text.

        Raises:
            FlightsError: no date, or the end is not after the start.
        """
        window = cls(parse_day(*start), parse_day(*end))
        if window.end <= window.start:
            raise FlightsError(
                f"The range is empty: {start[0]} {window.start} to {end[0]} {window.end}. "
                "The end is excluded and must be later."
            )
        return window

    @classmethod
    def of(cls, text: str) -> Window:
        """The window that `str` made this text of."""
        start, _, end = text.partition("..")
        return cls.parse(("start", start), ("end", end))

    @classmethod
    def around(cls, first: int, last: int) -> Window:
        """The days that two moments lie in, and those between, in UTC.

        Args:
            first: seconds since 1970.
            last: seconds since 1970.
        """
        start, end = (datetime.fromtimestamp(second, UTC).date() for second in (first, last))
        return cls(start, end + timedelta(days=1))

    @property
    def first(self) -> datetime:
        """Midnight UTC of the first day."""
        return datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC)

    @property
    def last(self) -> datetime:
        """Midnight UTC after the last day."""
        return datetime(self.end.year, self.end.month, self.end.day, tzinfo=UTC)

    def back(self, days: int) -> Window:
        """The same window with more days in front."""
        return Window(self.start - timedelta(days=days), self.end)

    def parts(self, count: int) -> list[Window]:
        """The same days in at most so many windows, one after the other, as equal as days allow."""
        days = (self.end - self.start).days
        cuts = sorted({days * number // count for number in range(count + 1)})
        return [
            Window(self.start + timedelta(days=first), self.start + timedelta(days=last))
            for first, last in pairwise(cuts)
        ]

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"
