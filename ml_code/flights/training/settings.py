"""What a training run depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flights.clock import Window


@dataclass(frozen=True)
class Settings:
    """What a training run depends on, besides code and data."""

    experiment: str
    """Workspace path of the experiment."""
    model: str
    """Three-level name of the registered model."""
    train: Window
    """Scheduled departures to learn from."""
    holdout: Window
    """Later departures to report the error on; nothing is chosen by them."""
    validation: Window | None
    """Still later ones, which the version will be judged on; None: someone else decides."""
    sample: float
    """Share of the training flights to learn from."""
    seed: int
    booster: dict[str, Any]
    """LightGBM's parameters."""
    trials: int = 0
    """Other hyperparameters to try; 0: take the given ones."""
    lookups: bool = False
    """Package the feature lookups with the model."""
