"""Why there is no engine."""

from __future__ import annotations


class EngineError(Exception):
    """No way to an engine is open; the message is for a person."""


class WayClosedError(Exception):
    """One way is closed; the message says which and why, and the next one is tried."""
