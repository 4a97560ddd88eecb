"""What a version must hold. Pure: predictions in, a verdict out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flights.features.columns import LABEL, TIME
from flights.training.baselines import rmse
from flights.validation.interval import MIN_DAYS, difference

Floats = NDArray[np.float64]

#: A flight is late from here on, in minutes.
LATE = 30.0
#: A prediction from here on says that it will be.
WARNED = 15.0


@dataclass(frozen=True)
class Limits:
    """The thresholds, from the job's parameters."""

    max_rmse: float
    """Minutes, on the whole data."""
    min_gain: float
    """How much lower than the best baseline's RMSE it must be, as a share (0.05: 5 %)."""
    champion_tolerance: float
    """How much worse than the champion it may surely be, in minutes of RMSE: the interval's lower end."""
    champion_max_loss: float = 1.5
    """How much worse than the champion it may possibly be: the upper end. More days make it narrower."""
    max_bias: float = 5.0
    """Minutes that the mean prediction may be off."""
    min_late_found: float = 0.0
    """Share of the flights that come more than `LATE` minutes late which must be predicted as late."""
    slices: tuple[str, ...] = ("carrier", "origin")
    """Columns whose every value with enough flights must beat the best baseline too."""
    min_slice_rows: int = 500


@dataclass(frozen=True)
class Check:
    """One rule's outcome."""

    name: str
    value: float
    limit: float
    passed: bool
    explanation: str


@dataclass(frozen=True)
class Verdict:
    """All rules' outcomes."""

    checks: tuple[Check, ...]
    metrics: dict[str, float]
    """RMSE of the version, the champion and every baseline, the difference from the champion with its
    interval, and the custom metrics."""

    @property
    def passed(self) -> bool:
        """Whether every rule holds."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def failures(self) -> str:
        """The broken rules, for a message."""
        return "; ".join(check.explanation for check in self.checks if not check.passed)


def judge(
    frame: pd.DataFrame,
    candidate: Floats,
    baselines: dict[str, Floats],
    champion: Floats | None,
    limits: Limits,
) -> Verdict:
    """Hold a version's predictions against the limits.

    Args:
        frame: the flights, with `arr_delay`, `scheduled_departure` and the slices' columns.
        candidate: the version's predictions, minutes; `baselines` and `champion` for the same flights.
        baselines: name → predictions, at least one.
        champion: the current champion's predictions; None if there is none.
        limits: the thresholds.
    """
    actual = frame[LABEL].to_numpy(np.float64)
    if not np.isfinite(candidate).all():
        bad = int((~np.isfinite(candidate)).sum())
        return Verdict((Check("finite", bad, 0, False, f"{bad} predictions are not numbers"),), {})
    value = rmse(candidate, actual)
    metrics = {"rmse": value, **{name: metric(candidate, actual) for name, metric in CUSTOM_METRICS.items()}}
    metrics |= {f"rmse_{name}": rmse(values, actual) for name, values in baselines.items()}
    best = min(baselines, key=lambda name: metrics[f"rmse_{name}"])
    bar = metrics[f"rmse_{best}"] * (1 - limits.min_gain)
    checks = [
        _at_most("rmse", value, limits.max_rmse, "RMSE"),
        _at_most(f"rmse against {best}", value, bar, f"RMSE against baseline {best}"),
        _at_most("bias", abs(metrics["bias"]), limits.max_bias, "Mean prediction off by"),
        _at_least("late_found", metrics["late_found"], limits.min_late_found, "Share of late flights found"),
    ]
    if champion is not None:
        metrics["rmse_champion"] = rmse(champion, actual)
        checks += _against(frame, candidate, champion, metrics, limits)
    checks += [
        _at_most(
            f"{column}={name}",
            rmse(candidate[rows], actual[rows]),
            rmse(baselines[best][rows], actual[rows]),
            f"RMSE of {column} {name}",
        )
        for column in limits.slices
        for name, rows in _slices(frame, column, limits.min_slice_rows)
    ]
    return Verdict(tuple(checks), metrics)


def bias(predicted: Floats, actual: Floats) -> float:
    """Minutes that predictions are too high in the mean; negative: too low."""
    return float(np.mean(predicted - actual))


def late_found(predicted: Floats, actual: Floats) -> float:
    """Share of the late flights that were predicted as late; 1 when none was late."""
    late = actual > LATE
    return float(np.mean(predicted[late] > WARNED)) if late.any() else 1.0


#: Metrics of one's own: predictions and true delays in, a number out.
CUSTOM_METRICS: dict[str, Callable[[Floats, Floats], float]] = {"bias": bias, "late_found": late_found}


def _against(
    frame: pd.DataFrame, candidate: Floats, champion: Floats, metrics: dict[str, float], limits: Limits
) -> list[Check]:
    """The rules about the champion; adds the difference and its interval to the metrics."""
    day = pd.to_datetime(frame[TIME]).to_numpy("datetime64[D]").astype(np.int64)
    days = len(np.unique(day))
    if days < MIN_DAYS:
        text = f"The comparison with the champion has {days} days, at least {MIN_DAYS} are needed"
        return [Check("champion: days", days, MIN_DAYS, False, text)]
    found = difference(candidate, champion, frame[LABEL].to_numpy(np.float64), day)
    metrics |= {
        "rmse_worse_than_champion": found.value,
        "rmse_worse_at_least": found.low,
        "rmse_worse_at_most": found.high,
    }
    text = (
        f"RMSE worse than the champion's by {found.low:.3f} to {found.high:.3f} minutes (95 %, {days} days)"
    )
    return [
        _at_most("champion: surely worse", found.low, limits.champion_tolerance, f"{text}: at least"),
        _at_most("champion: possibly worse", found.high, limits.champion_max_loss, f"{text}: at most"),
    ]


def _at_most(name: str, value: float, limit: float, what: str) -> Check:
    return Check(name, value, limit, value <= limit, f"{what} {value:.3f}, allowed {limit:.3f}")


def _at_least(name: str, value: float, limit: float, what: str) -> Check:
    return Check(name, value, limit, value >= limit, f"{what} {value:.3f}, at least {limit:.3f} wanted")


def _slices(frame: pd.DataFrame, column: str, least: int) -> list[tuple[str, NDArray[np.bool_]]]:
    counts = frame[column].value_counts()
    return [(str(name), (frame[column] == name).to_numpy()) for name in sorted(counts[counts >= least].index)]
