"""What a refresh's process is told; light, because the control plane writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Spec:
    """What a refresh is told."""

    monitor: Json
    """The definition, as the API has it."""
    table: str
    """The folder of the monitored table."""
    baseline: str | None
    profile: str
    drift: str
    now: float
    """Seconds since 1970."""
    previous: Json | None
    """Of a snapshot: `version` and `now` of the one before."""
    spark: str | None
    """A Spark Connect address, needed for custom metrics, and slices that are more than a column."""
