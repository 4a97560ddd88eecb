"""What the third-party actions of the workflows do, by name; another action is an error."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflow_runner.github.workflow import WorkflowError
from workflow_runner.machine import CHECKOUT

if TYPE_CHECKING:
    from workflow_runner.github.job import RunningJob

Outputs = dict[str, str]


def _only(given: Mapping[str, Any], *known: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise WorkflowError(f"with: {', '.join(unknown)} is not known to the runner")


def checkout(job: RunningJob, given: Mapping[str, Any]) -> Outputs:
    """The commit of the event, or `ref`."""
    _only(given, "persist-credentials", "ref", "fetch-depth")
    if str(given.get("persist-credentials", "true")).lower() != "false":
        raise WorkflowError("actions/checkout: persist-credentials must be false")
    job.host.clone(job.machine.work, str(given.get("ref") or job.event.sha), job.given["token"])
    return {}


def setup_python(job: RunningJob, given: Mapping[str, Any]) -> Outputs:
    """The machine has one Python, the one that the tests run on."""
    _only(given, "python-version")
    return {"python-version": ".".join(map(str, sys.version_info[:3]))}


def cache(job: RunningJob, given: Mapping[str, Any]) -> Outputs:
    """An earlier run left the virtual environment of the same lock file: it is the tests' own."""
    _only(given, "path", "key", "restore-keys")
    if not given["key"]:
        raise WorkflowError("actions/cache: no key")
    same = (job.machine.work / "requirements.lock").read_bytes() == (
        CHECKOUT / "requirements.lock"
    ).read_bytes()
    if not same or ".venv" not in str(given["path"]).split():
        return {"cache-hit": "false"}
    restore_venv(job.machine.work / ".venv")
    return {"cache-hit": "true"}


def restore_venv(target: Path) -> None:
    """The tests' virtual environment at another place: packages are links, what a setup writes is copied."""
    source = Path(sys.prefix)
    for file in (item for item in source.iterdir() if item.is_file()):
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    shutil.copytree(source / "bin", target / "bin", symlinks=True)
    for script in (target / "bin").iterdir():
        if script.is_file() and not script.is_symlink():
            raw = script.read_bytes()
            if raw.startswith(b"#!") or script.name.startswith("activate"):
                script.write_bytes(raw.replace(str(source).encode(), str(target).encode()))
    packages = next((source / "lib").glob("python*/site-packages"))
    place = target / packages.relative_to(source)
    place.mkdir(parents=True)
    for each in packages.iterdir():
        if "mlops" not in each.name:
            (place / each.name).symlink_to(each)
        elif each.is_dir():
            shutil.copytree(each, place / each.name)
        else:
            shutil.copy2(each, place)


def _artifact(job: RunningJob, given: Mapping[str, Any]) -> Path:
    return job.artifacts / str(given.get("name", "artifact"))


def upload_artifact(job: RunningJob, given: Mapping[str, Any]) -> Outputs:
    """Files that later jobs of the run download."""
    _only(given, "name", "path", "if-no-files-found", "retention-days")
    target = _artifact(job, given)
    target.mkdir(parents=True)
    found = 0
    for line in str(given["path"]).split():
        source = job.machine.work / line
        if source.is_file():
            shutil.copy2(source, target / source.name)
            found += 1
    if not found and given.get("if-no-files-found") == "error":
        raise WorkflowError(f"actions/upload-artifact: nothing at {given['path']}")
    return {}


def download_artifact(job: RunningJob, given: Mapping[str, Any]) -> Outputs:
    """What an earlier job of the run uploaded."""
    _only(given, "name", "path")
    source = _artifact(job, given)
    if not source.is_dir():
        raise WorkflowError(f"actions/download-artifact: no artifact {source.name}")
    shutil.copytree(source, job.machine.work / str(given.get("path", ".")), dirs_exist_ok=True)
    return {}


KNOWN: dict[str, Callable[[RunningJob, Mapping[str, Any]], Outputs]] = {
    "actions/checkout": checkout,
    "actions/setup-python": setup_python,
    "actions/cache": cache,
    "actions/upload-artifact": upload_artifact,
    "actions/download-artifact": download_artifact,
}
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def equivalent(uses: str) -> Callable[[RunningJob, Mapping[str, Any]], Outputs]:
    """What stands for an action.

    Raises:
        WorkflowError: it is not pinned to a commit, or nothing stands for it.
    """
    name = uses.partition("@")[0]
    if not _PINNED.fullmatch(uses):
        raise WorkflowError(f"{uses} is not pinned to a commit")
    if name not in KNOWN:
        raise WorkflowError(f"{name}: the runner has no equivalent of this action")
    return KNOWN[name]
