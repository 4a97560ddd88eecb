"""How much worse one model is than another, with what is not known about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Fewer days say too little about other days.
MIN_DAYS = 5
_RESAMPLES = 2000
_SEED = 7


@dataclass(frozen=True)
class Difference:
    """RMSE of a candidate minus that of the champion, minutes; above 0 the candidate is worse."""

    value: float
    low: float
    high: float
    """The ends of the 95 % confidence interval."""


def difference(candidate: Floats, champion: Floats, actual: Floats, day: NDArray[np.int64]) -> Difference:
    """The difference on the same flights, its interval by a paired bootstrap over days.

    Flights of a day share weather and congestion, so their errors are not independent: days are drawn, with
    both models' errors on all of a day's flights. An interval from single flights would be several times
    too narrow, and call equal models different.

    Args:
        candidate: predictions, minutes; `champion` and `actual` for the same flights.
        champion: the other model's.
        actual: true delays.
        day: a number for each flight, the same for flights of one day; at least `MIN_DAYS` different ones.
    """
    _, block = np.unique(day, return_inverse=True)
    days = int(block.max()) + 1
    sums = np.stack(
        [
            np.bincount(block, weights, days)
            for weights in ((candidate - actual) ** 2, (champion - actual) ** 2, np.ones(len(actual)))
        ],
        axis=1,
    )
    times = np.random.default_rng(_SEED).multinomial(days, np.full(days, 1 / days), _RESAMPLES)
    low, high = np.quantile(_difference(times.astype(np.float64) @ sums), [0.025, 0.975])
    return Difference(float(_difference(sums.sum(axis=0, keepdims=True))[0]), float(low), float(high))


def _difference(sums: Floats) -> Floats:
    """Of rows of both sums of squared errors and the number of flights."""
    both: Floats = np.sqrt(sums[:, :2] / sums[:, 2:])
    return both[:, 0] - both[:, 1]
