"""What the real provider asks and needs told back, read in its source where nothing is recorded.

Each exchange names the file of the vendor's Terraform provider that says so. `$name` in a path, query or
body is what an earlier answer told; `RUN` is unique to the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GONE = "RESOURCE_DOES_NOT_EXIST"
"""The code of what is not there."""
TOLD = object()
"""Something, whatever it is."""
UNTOLD = object()
"""Nothing: a plan would take it for a change."""


@dataclass(frozen=True)
class Ask:
    """One request, and what its answer must have."""

    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    status: int = 200
    told: dict[str, Any] = field(default_factory=dict)
    """By dotted name."""
    keep: dict[str, str] = field(default_factory=dict)
    """Names for later requests, and the dotted names of what they stand for."""


@dataclass(frozen=True)
class Exchange:
    """The life of one resource, as requests."""

    kind: str
    source: str
    asks: tuple[Ask, ...]
    account: bool = False
