"""Time windows: granularities such as `1 day`, and the window that each row is in.

Windows of a fixed length are aligned to 1970-01-01T00:00 UTC, as Spark's `window` function does it;
months and years to the calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_FIXED = {
    "5 minutes": timedelta(minutes=5),
    "30 minutes": timedelta(minutes=30),
    "1 hour": timedelta(hours=1),
    "1 day": timedelta(days=1),
}
_CALENDAR = {"1 month": "M", "1 year": "Y"}
_WEEKS = re.compile(r"([1-9][0-9]*) weeks?")
SUPPORTED = "5 minutes, 30 minutes, 1 hour, 1 day, <n> week(s), 1 month, 1 year"


@dataclass(frozen=True, order=True)
class Window:
    """A half-open interval of time, in UTC."""

    start: datetime
    end: datetime

    def as_struct(self) -> dict[str, datetime]:
        """The value of a metric table's `window` column."""
        return {"start": self.start, "end": self.end}


def is_granularity(text: str) -> bool:
    """Whether Databricks knows that granularity."""
    return text in _FIXED or text in _CALENDAR or _WEEKS.fullmatch(text) is not None


def _length(granularity: str) -> timedelta:
    weeks = _WEEKS.fullmatch(granularity)
    return timedelta(weeks=int(weeks[1])) if weeks else _FIXED[granularity]


def _edge(number: int, granularity: str) -> datetime:
    """When the window of that number since 1970 starts."""
    if granularity == "1 month":
        return datetime(1970 + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    if granularity == "1 year":
        return datetime(1970 + number, 1, 1, tzinfo=UTC)
    return datetime(1970, 1, 1, tzinfo=UTC) + number * _length(granularity)


def windows(times: pd.Series, granularity: str) -> tuple[np.ndarray, list[Window]]:
    """The rows' windows.

    Args:
        times: the rows' times; rows without one are in no window.
        granularity: one of :data:`SUPPORTED`.

    Returns:
        Each row's position in the list of windows (-1: none), and the windows with rows, in order.
    """
    import pandas as pd

    utc = pd.to_datetime(times, utc=True).dt.tz_localize(None)
    known = utc.notna().to_numpy()
    moments = utc.to_numpy().astype("datetime64[us]")
    if granularity in _CALENDAR:
        unit = _CALENDAR[granularity]
        numbers = moments.astype(f"datetime64[{unit}]").astype(np.int64)
    else:
        length = int(_length(granularity) / timedelta(microseconds=1))
        numbers = moments.astype(np.int64) // length
    found, positions = np.unique(numbers[known], return_inverse=True)
    rows = np.full(len(times), -1)
    rows[known] = positions
    edges = [(_edge(int(one), granularity), _edge(int(one) + 1, granularity)) for one in found]
    return rows, [Window(start, end) for start, end in edges]
