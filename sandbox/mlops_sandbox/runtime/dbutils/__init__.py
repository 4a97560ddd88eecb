"""`dbutils` in a task: widgets, task values, secrets, files, notebooks."""

from __future__ import annotations

from mlops_sandbox.runtime.dbutils.files import Files
from mlops_sandbox.runtime.dbutils.library import Library
from mlops_sandbox.runtime.dbutils.notebooks import NotebookExit, Notebooks
from mlops_sandbox.runtime.dbutils.secrets import Secrets
from mlops_sandbox.runtime.dbutils.task_values import Jobs
from mlops_sandbox.runtime.dbutils.widgets import Widgets
from mlops_sandbox.runtime.spec import TaskSpec

__all__ = ["DBUtils", "NotebookExit"]


class DBUtils:
    """The object of that name."""

    def __init__(self, spec: TaskSpec) -> None:
        self.widgets = Widgets(spec.widgets)
        self.jobs = Jobs(spec)
        self.secrets = Secrets()
        self.fs = Files(spec)
        self.notebook = Notebooks(spec)
        self.library = Library()
