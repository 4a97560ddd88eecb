"""Point-in-time aggregates: what was known about a group strictly before a moment.

Plain arrays, no Spark: events are sorted once by group and second, summed up, and every question is
two binary searches. The cost is that of the sort, whatever the window's length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HOUR = 3600
DAY = 24 * HOUR
#: Longer than any time span in the data, in seconds: keeps groups apart on one axis.
_APART = np.int64(10**11)


def groups(frame: pd.DataFrame, by: Mapping[str, Sequence[str]]) -> dict[str, Integers]:
    """For each grouping, a number for each row: the same where the grouping's columns are."""
    codes = {
        name: pd.factorize(frame[name], use_na_sentinel=False)
        for name in {c for cs in by.values() for c in cs}
    }
    numbers = {}
    for grouping, columns in by.items():
        number = np.zeros(len(frame), np.int64)
        for column in columns:
            code, values = codes[column]
            number = number * len(values) + code
        numbers[grouping] = pd.factorize(number)[0].astype(np.int64)
    return numbers


@dataclass(frozen=True)
class Events:
    """Values of groups, each known from a second on."""

    axis: Integers
    values: Floats
    sums: Floats

    @classmethod
    def of(cls, group: Integers, known_at: Integers, value: Floats) -> Events:
        """Events from columns of one length; rows without a value are no events.

        Args:
            group: the group's number.
            known_at: seconds since 1970 from which on the value is known.
            value: the value, NaN for none.
        """
        there = ~np.isnan(value)
        axis = group[there] * _APART + known_at[there]
        # of one moment's values the largest is the last one, whatever the rows' order
        order = np.lexsort((value[there], axis))
        values = value[there][order]
        return cls(axis[order], values, np.concatenate([[0.0], np.cumsum(values)]))

    def before(self, group: Integers, moment: Integers, seconds: int) -> tuple[Floats, Floats]:
        """Sum and number of the group's events in the `seconds` before each moment, itself excluded."""
        end = np.searchsorted(self.axis, group * _APART + moment, side="left")
        start = np.searchsorted(self.axis, group * _APART + moment - seconds, side="left")
        return self.sums[end] - self.sums[start], (end - start).astype(np.float64)

    def mean(self, group: Integers, moment: Integers, seconds: int) -> Floats:
        """Mean of the same events, NaN where there are none."""
        total, count = self.before(group, moment, seconds)
        means: Floats = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
        return means

    def last(self, group: Integers, moment: Integers, seconds: int) -> Floats:
        """The group's latest value in the `seconds` before each moment, NaN where there is none."""
        end = np.searchsorted(self.axis, group * _APART + moment, side="left")
        start = np.searchsorted(self.axis, group * _APART + moment - seconds, side="left")
        values: Floats = np.append(self.values, np.nan)[np.where(end > start, end - 1, len(self.values))]
        return values
