"""Waiting for a task with its libraries imported ahead."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from mlops_sandbox.runtime.spec import LOG_FILE, TaskSpec

#: What takes long to import, and does nothing but define things when it is.
_SLOW = (
    "pyspark.sql.connect.session",
    "pyspark.sql.functions",
    "pandas",
    "databricks.sdk",
    "mlflow",
    "mlflow.pyfunc",
    "mlflow.sklearn",
    "mlflow.lightgbm",
    "sklearn.pipeline",
    "lightgbm",
)


def used() -> list[str]:
    """What this process has imported that another one had better import ahead."""
    return [name for name in _SLOW if name in sys.modules]


def wait(pipe: str, modules: Iterable[str]) -> TaskSpec:
    """Import modules, wait for a task, and let this process's output go to that task's log.

    Args:
        pipe: the named pipe that says, in one line, where the task's spec is.
        modules: what to import before.
    """
    # Opened for both, the pipe has a reader from now on and never ends.
    with os.fdopen(os.open(pipe, os.O_RDWR), "r") as told:
        for name in modules:
            # A module that can't be imported is the task's to complain about, if it wants it at all.
            with suppress(Exception):
                import_module(name)
        spec = TaskSpec.read(Path(told.readline().rstrip("\n")))
    log = os.open(Path(spec.folder) / LOG_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    os.chdir(spec.folder)
    return spec
