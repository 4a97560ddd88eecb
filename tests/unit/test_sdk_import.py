"""The lazy import of provider SDKs: the same classes, in a fraction of the time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlops_sandbox.engine.find import cache_folder
from pulumi_databricks_mlops.sdk_import.source import SdkSource

TYPES = [
    "Job",
    "ModelServing",
    "QualityMonitor",
    "Permissions",
    "SqlTable",
    "Grants",
    "Provider",
    "get_current_user",
]

#: Imports an SDK lazily or whole, and prints a digest of every nested class that the given resources need.
DIGEST = """
import hashlib, inspect, json, sys
mode, wanted, names = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
if mode == "lazy":
    from pulumi_databricks_mlops.sdk_import import install
    install("pulumi_databricks")
import pulumi_databricks as sdk
for name in wanted:
    getattr(sdk, name)
names = names or [name for name in vars(sdk._inputs) if inspect.isclass(vars(sdk._inputs)[name])]

def digest(value):
    seen = [value.__module__, value.__qualname__, value.__doc__, [base.__name__ for base in value.__bases__]]
    seen.append(sorted((name, str(kind)) for name, kind in getattr(value, "__annotations__", {}).items()))
    for name, member in sorted(vars(value).items()):
        function = getattr(member, "fget", member)
        code = getattr(function, "__code__", None)
        # Not co_code: calls of an imported module compile differently where the compiler sees the import.
        names = (code.co_names, code.co_varnames) if code else type(member)
        parts = (names, code.co_consts, code.co_firstlineno) if code else names
        seen.append([name, repr(parts), getattr(function, "__doc__", None)])
    return hashlib.sha256(repr(seen).encode()).hexdigest()

ours = {name: getattr(sdk._inputs, name) for name in names}
told = {name: digest(each) for name, each in ours.items() if each.__module__.endswith("._inputs")}
told |= {name: digest(getattr(sdk, name)) for name in wanted if inspect.isclass(getattr(sdk, name))}
told |= {f"outputs.{name}": digest(getattr(sdk.outputs, name)) for name in ["JobTask", "ModelServingConfig"]}
print(json.dumps(told))
"""


def _python(script: str, *arguments: str, **variables: str) -> str:
    env = {**os.environ, **variables}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def cache(tmp_path: Path) -> str:
    return str(tmp_path / "cache")


def test_lazy_classes_are_those_of_the_full_sdk(cache: str) -> None:
    lazy = json.loads(_python(DIGEST, "lazy", json.dumps(TYPES), "[]", MLOPS_CACHE=cache))
    cached = json.loads(_python(DIGEST, "lazy", json.dumps(TYPES), "[]", MLOPS_CACHE=cache))
    names = [name for name in lazy if not name.startswith("outputs.") and name not in TYPES]
    full = json.loads(_python(DIGEST, "full", json.dumps(TYPES), json.dumps(names)))
    assert len(lazy) > 300
    assert lazy == cached == full


def test_what_no_resource_mentioned_is_still_there(cache: str) -> None:
    script = """
from pulumi_databricks_mlops.sdk_import import install
install("pulumi_databricks")
import pulumi_databricks
from pulumi_databricks import PipelineClusterArgs, get_job
assert "PipelineClusterArgs" in dir(pulumi_databricks)
print(pulumi_databricks.outputs.PipelineCluster.__name__, PipelineClusterArgs(label="x").label)
"""
    assert _python(script, MLOPS_CACHE=cache).split() == ["PipelineCluster", "x"]


def test_a_name_that_does_not_exist_is_an_attribute_error(cache: str) -> None:
    script = """
from pulumi_databricks_mlops.sdk_import import install
install("pulumi_databricks")
import pulumi_databricks
print(hasattr(pulumi_databricks, "NoSuchThing"), hasattr(pulumi_databricks.outputs, "NoSuchThing"))
"""
    assert _python(script, MLOPS_CACHE=cache).split() == ["False", "False"]


def test_an_sdk_that_is_imported_already_is_left_alone(cache: str) -> None:
    script = """
import pulumi_github
before = pulumi_github.Repository
from pulumi_databricks_mlops.sdk_import import install
install("pulumi_github")
import pulumi_github
print(pulumi_github.Repository is before)
"""
    assert _python(script, MLOPS_CACHE=cache).split() == ["True"]


def test_files_that_look_different_are_imported_as_usual(cache: str, tmp_path: Path) -> None:
    package = tmp_path / "sdk" / "odd_sdk"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .thing import *\n")
    (package / "thing.py").write_text("__all__ = ['Thing']\nclass Thing: pass\n")
    (package / "outputs.py").write_text("")
    (package / "_inputs.py").write_text("__all__ = [\n    'Declared',\n]\n\nclass Other:\n    pass\n")
    script = """
from pulumi_databricks_mlops.sdk_import import install
install("odd_sdk")
import odd_sdk
print(type(odd_sdk.__loader__).__name__, odd_sdk.Thing.__name__)
"""
    shown = _python(script, MLOPS_CACHE=cache, PYTHONPATH=str(tmp_path / "sdk"))
    assert shown.split() == ["SourceFileLoader", "Thing"]


def test_a_cache_that_is_damaged_or_unwritable_costs_time_only(cache: str, tmp_path: Path) -> None:
    script = """
from pulumi_databricks_mlops.sdk_import import install
install("pulumi_github")
import pulumi_github
print(pulumi_github.Repository.__name__)
"""
    _python(script, MLOPS_CACHE=cache)
    for file in Path(cache).rglob("pulumi_github-*"):
        file.write_bytes(b"damaged")
    assert _python(script, MLOPS_CACHE=cache).split() == ["Repository"]
    (tmp_path / "file").write_text("not a folder")
    assert _python(script, MLOPS_CACHE=str(tmp_path / "file")).split() == ["Repository"]


def test_what_is_cached_is_in_one_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLOPS_CACHE", str(tmp_path))
    source = SdkSource.find("pulumi_databricks")
    assert source is not None
    assert source.cache.parent == tmp_path / "sdk"
    assert cache_folder() == tmp_path
    monkeypatch.delenv("MLOPS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert source.cache.parent == cache_folder() / "sdk" == tmp_path / "pulumi-databricks-mlops" / "sdk"
