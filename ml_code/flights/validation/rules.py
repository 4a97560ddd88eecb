"""What a version must hold. Pure: predictions in, a verdict out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flights.features.columns import LABEL
from flights.training.baselines import rmse

Floats = NDArray[np.float64]
#: Two-sided 95 %.
_Z = 1.96


@dataclass(frozen=True)
class Limits:
    """The thresholds, from the job's parameters."""

    max_rmse: float
    """Minutes, on the whole data."""
    min_gain: float
    """How much lower than the best baseline's RMSE it must be, as a share (0.05: 5 %)."""
    champion_tolerance: float
    """How much worse than the champion it may surely be, in minutes of RMSE."""
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
        frame: the flights, with `arr_delay` and the slices' columns.
        candidate: the version's predictions, minutes; `baselines` and `champion` for the same flights.
        baselines: name → predictions, at least one.
        champion: the current champion's predictions; None if there is none.
        limits: the thresholds.
    """
    actual = frame[LABEL].to_numpy(np.float64)
    if not np.isfinite(candidate).all():
        bad = int((~np.isfinite(candidate)).sum())
        return Verdict((Check("finite", bad, 0, False, f"{bad} predictions are not numbers"),))
    value = rmse(candidate, actual)
    best = min(baselines, key=lambda name: rmse(baselines[name], actual))
    bar = rmse(baselines[best], actual) * (1 - limits.min_gain)
    checks = [
        _at_most("rmse", value, limits.max_rmse, "RMSE"),
        _at_most(f"rmse against {best}", value, bar, f"RMSE against baseline {best}"),
    ]
    if champion is not None:
        low, high = worse_by(candidate, champion, actual)
        text = f"RMSE worse than the champion's by {low:.3f} to {high:.3f} minutes (95 %)"
        checks.append(_at_most("champion", low, limits.champion_tolerance, text))
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
    return Verdict(tuple(checks))


def worse_by(candidate: Floats, champion: Floats, actual: Floats) -> tuple[float, float]:
    """95 % confidence interval of RMSE(candidate) - RMSE(champion), from the paired squared errors."""
    paired = (candidate - actual) ** 2 - (champion - actual) ** 2
    total = rmse(candidate, actual) + rmse(champion, actual)
    if total == 0:
        return 0.0, 0.0
    middle, spread = float(paired.mean()), float(paired.std() / np.sqrt(len(paired)))
    return (middle - _Z * spread) / total, (middle + _Z * spread) / total


def _at_most(name: str, value: float, limit: float, what: str) -> Check:
    return Check(name, value, limit, value <= limit, f"{what} {value:.3f}, allowed {limit:.3f}")


def _slices(frame: pd.DataFrame, column: str, least: int) -> list[tuple[str, NDArray[np.bool_]]]:
    counts = frame[column].value_counts()
    return [(str(name), (frame[column] == name).to_numpy()) for name in sorted(counts[counts >= least].index)]
