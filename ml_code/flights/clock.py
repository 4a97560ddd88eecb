"""Days of the jobs' parameters: dates, or days relative to the data and to the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from flights.errors import FlightsError

_FORMS = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})|(?P<anchor>latest|today)((?P<by>[+-][0-9]{1,4})d)?"
)
_WANTED = "a date such as 2013-10-01, or latest or today, with days added or taken off: latest-28d, today+1d"


@dataclass(frozen=True)
class Window:
    """Days from `start` (included) to `end` (excluded), in UTC."""

    start: date
    end: date

    @classmethod
    def of(cls, text: str) -> Window:
        """The window that `str` made this text of.

        Raises:
            FlightsError: it is no such text.
        """
        start, _, end = text.partition("..")
        return cls(parse_date("window", start), parse_date("window", end))

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
        return midnight(self.start)

    @property
    def last(self) -> datetime:
        """Midnight UTC after the last day."""
        return midnight(self.end)

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


@dataclass(frozen=True)
class Days:
    """A run's days, by the names of their parameters: resolved once, the same for all of the run."""

    given: Mapping[str, str]
    """The parameters' texts."""
    dates: Mapping[str, date]

    def window(self, start: str, end: str) -> Window:
        """The window from one parameter's day to another's.

        Raises:
            FlightsError: the end is not after the start.
        """
        window = Window(self.dates[start], self.dates[end])
        if window.end <= window.start:
            raise FlightsError(
                f"The range is empty: {self._told(start)} to {self._told(end)}. The end is excluded and must "
                "be later; days relative to latest reach back to the first flight that has a label."
            )
        return window

    def _told(self, name: str) -> str:
        day, text = str(self.dates[name]), self.given[name].strip()
        return f"{name} {day}" if day == text else f"{name} {day} ({text})"


def resolved(given: Mapping[str, str], today: date, labelled: Callable[[], Window]) -> Days:
    """The dates that parameters stand for.

    | form | day |
    | --- | --- |
    | `2013-10-01` | that one |
    | `today`, `today-7d`, `today+1d` | the run's, and days before or after it |
    | `latest`, `latest-28d`, `latest+1d` | the end of `labelled`, and days around it; not before its start |

    Args:
        given: name → text.
        today: the run's day.
        labelled: asked when a form needs it: days whose labels are known.

    Raises:
        FlightsError: a text has none of these forms, or names no day that there is.
    """
    return Days(dict(given), {name: _day(name, text, today, labelled) for name, text in given.items()})


def _day(name: str, text: str, today: date, labelled: Callable[[], Window]) -> date:
    found = _FORMS.fullmatch(text.strip())
    if found is None:
        raise FlightsError(f"Parameter {name} is {text!r}: give {_WANTED}.")
    if found["date"]:
        return parse_date(name, found["date"])
    try:
        days = timedelta(days=int(found["by"] or 0))
        if found["anchor"] == "today":
            return today + days
        known = labelled()
        return max(known.end + days, known.start)
    except OverflowError:
        raise FlightsError(f"Parameter {name} is {text!r}, beyond the calendar: give {_WANTED}.") from None


def parse_date(name: str, text: str) -> date:
    """The parameter's date.

    Raises:
        FlightsError: it is no date of the form 2013-10-01.
    """
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise FlightsError(f"Parameter {name} is {text!r}: give a date such as 2013-10-01.") from None


def midnight(day: date) -> datetime:
    """The day's first moment, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
