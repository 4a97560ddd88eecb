"""The Databricks SDK without its services: importing all takes a second, its client a fifth of that."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec, module_from_spec
from typing import Any

_PACKAGE = "databricks.sdk"


def install() -> None:
    """Import the package by its parts from now on; asked for anything else of it, it is imported whole."""
    if _PACKAGE in sys.modules:
        return
    spec = find_spec(_PACKAGE)
    if spec is None or spec.loader is None:
        return
    package, whole = module_from_spec(spec), spec.loader

    def load(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if find_spec(f"{_PACKAGE}.{name}") is not None:
            return importlib.import_module(f"{_PACKAGE}.{name}")
        vars(package).pop("__getattr__", None)
        whole.exec_module(package)
        return getattr(package, name)

    vars(package)["__getattr__"] = load
    sys.modules[_PACKAGE] = package
    sys.modules[_PACKAGE.rpartition(".")[0]].sdk = package  # type: ignore[attr-defined]
