"""What every task does about failures that are not its own: one clear error in place of a long trace."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flights.errors import DataError, FlightsError

P = ParamSpec("P")
R = TypeVar("R")

#: What the client says of a server that does not answer, after it tried for a while.
_DOWN = re.compile(r"API request to \S+ failed with (exception|timeout)|TEMPORARILY_UNAVAILABLE|Max retries")
_LOST = re.compile(
    r"(?:TABLE_OR_VIEW|DELTA_TABLE)_NOT_FOUND\][^`'\w]*"
    r"(?:Table or view not found:?|The table or view|Delta table)? *([^\s;]+)"
)


def clear_errors(task: Callable[P, R]) -> Callable[P, R]:
    """The task, with a table that vanished and a registry that is down told as such."""

    @functools.wraps(task)
    def told(*arguments: P.args, **named: P.kwargs) -> R:
        from mlflow.exceptions import MlflowException
        from pyspark.errors import PySparkException

        try:
            return task(*arguments, **named)
        except MlflowException as error:
            if not _DOWN.search(f"{error.error_code} {error}"):
                raise
            raise FlightsError(_registry_down(error)) from error
        except PySparkException as error:
            lost = _LOST.search(str(error))
            if lost is None:
                raise
            raise DataError(
                lost.group(1), "(all)", "the table was there when the task began and has vanished.",
                "Run the features job again, then this task.",
            ) from error  # fmt: skip

    return told


def _registry_down(error: Exception) -> str:
    import mlflow

    reason = str(error).strip().splitlines()[0][:300]
    return (
        f"The model registry at {mlflow.get_registry_uri()} does not answer ({reason}). The champion is as "
        "it was: run the task again when the registry is there."
    )
