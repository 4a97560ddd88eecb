"""The vendor's own dataclasses, loaded when a call first needs them: they are a second of a start."""

from __future__ import annotations

import threading
from importlib import import_module
from types import ModuleType

_loading = threading.Lock()


def service(name: str) -> ModuleType:
    """A module of `databricks.sdk.service`, `jobs` for example.

    The SDK's modules import each other in circles: two threads that load them at once lock each other out.
    """
    with _loading:
        return import_module(f"databricks.sdk.service.{name}")
