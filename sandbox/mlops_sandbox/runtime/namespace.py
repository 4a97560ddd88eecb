"""The names that Databricks gives to every notebook: `spark`, `dbutils`, `display` and their like."""

from __future__ import annotations

import builtins
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from mlops_sandbox.runtime import spark
from mlops_sandbox.runtime.dbutils import DBUtils
from mlops_sandbox.runtime.showing import display, display_html

_RUNTIME_MODULE = "databricks.sdk.runtime"


class _LazyBuiltins(dict[str, Any]):
    """The builtins and, behind them, names that are made when code first asks for them.

    Python looks in a module's globals, then here. So `spark` costs nothing until it is used, and is the real
    session then, no proxy of it.
    """

    def __init__(self, made: dict[str, Callable[[], Any]]) -> None:
        super().__init__(vars(builtins))
        self._made = made

    def __missing__(self, name: str) -> Any:
        if name not in self._made:
            raise KeyError(name)
        value = self[name] = self._made[name]()
        return value


def _sql(query: str) -> Any:
    return spark.session().sql(query)


def _table(name: str) -> Any:
    return spark.session().table(name)


class _RuntimeModule(ModuleType):
    """`databricks.sdk.runtime` with this task's objects; whoever imports it starts no Spark session."""

    def __getattr__(self, name: str) -> Any:
        if name == "spark":
            return spark.session()
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} in the sandbox")


class _RuntimeFinder(MetaPathFinder, Loader):
    """Imports our module in place of the SDK's, which would look for a notebook server."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Ours, for that one name."""
        if fullname != _RUNTIME_MODULE:
            return None
        spec = importlib.util.spec_from_loader(fullname, self, is_package=True)
        if spec is not None:
            spec.submodule_search_locations = [str(Path(part) / "runtime") for part in path or []]
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The empty module."""
        return _RuntimeModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Fill it."""
        vars(module).update(self._given, __all__=[*self._given, "spark"], is_local_implementation=False)


def main_module(dbutils: DBUtils) -> ModuleType:
    """A fresh `__main__` in which a task's code runs, with Databricks' names within its reach."""
    given = {
        "dbutils": dbutils,
        "display": display,
        "displayHTML": display_html,
        "sql": _sql,
        "table": _table,
        "getArgument": dbutils.widgets.getArgument,
    }
    sys.meta_path.insert(0, _RuntimeFinder(given))
    # Imported ahead of the task it would be the SDK's own.
    sys.modules.pop(_RUNTIME_MODULE, None)
    module = ModuleType("__main__")
    # PySpark takes a main module without a spec for a doctest's.
    module.__spec__ = ModuleSpec("__main__", None)
    lazy: dict[str, Callable[[], Any]] = {"spark": spark.session}
    names = _LazyBuiltins(lazy)
    names.update(given)
    vars(module)["__builtins__"] = names
    sys.modules["__main__"] = module
    return module
