"""`dbutils.jobs.taskValues`: small values that a task leaves for the tasks after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlops_sandbox.runtime.spec import VALUES_FILE, TaskSpec, read_values

#: The vendor's limit for one value, in bytes of JSON.
_LIMIT = 48 * 1024


class TaskValues:
    """The values of this run's tasks."""

    def __init__(self, spec: TaskSpec) -> None:
        self._spec = spec

    def set(self, key: str, value: Any) -> None:
        """Leave a value; ``TypeError`` when JSON can't hold it, ``ValueError`` above 48 KiB."""
        if not isinstance(key, str) or not key:
            raise ValueError("A task value's key must be a non-empty string.")
        size = len(json.dumps(value).encode())
        if size > _LIMIT:
            raise ValueError(f"Task value {key}: {size} bytes of JSON are more than {_LIMIT}.")
        folder = Path(self._spec.folder)
        values = read_values(folder) | {key: value}
        draft = folder / f"{VALUES_FILE}.draft"
        draft.write_text(json.dumps(values))
        draft.replace(folder / VALUES_FILE)

    def get(
        self,
        taskKey: str,  # noqa: N803
        key: str,
        default: Any = None,
        debugValue: Any = None,  # noqa: ARG002, N803 (for runs outside of a job)
    ) -> Any:
        """A value that an earlier task left; ``ValueError`` when it did not and there is no default."""
        values = self._spec.task_values.get(taskKey, {})
        if key in values:
            return values[key]
        if default is not None:
            return default
        known = ", ".join(sorted(values)) or "none"
        raise ValueError(f"Task {taskKey} has set no value {key} (it has set: {known}).")


class Jobs:
    """`dbutils.jobs`."""

    def __init__(self, spec: TaskSpec) -> None:
        self.taskValues = TaskValues(spec)
