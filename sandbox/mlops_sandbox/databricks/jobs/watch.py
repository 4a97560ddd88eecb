"""Triggers that watch something: new files, new commits to tables, news of registered models."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.jobs.settings import trigger_of
from mlops_sandbox.databricks.unity import models, tables
from mlops_sandbox.errors import ApiError

Json = dict[str, Any]
Marks = frozenset[tuple[str, ...]]
"""What is there, each with its name first: a change is a mark that was not there before."""


def folder_of(sandbox: Sandbox, url: str) -> Path | None:
    """The local folder behind a URL that a trigger watches; None for storage that is not here."""
    parts = urlsplit(url)
    if parts.scheme in {"", "dbfs"} and parts.path.startswith("/Volumes/"):
        root = (sandbox.home / "volumes").resolve()
        found = root.joinpath(*PurePosixPath(unquote(parts.path)).parts[2:])
        return found if found.resolve().is_relative_to(root) else None
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _files(sandbox: Sandbox, _workspace: str, wanted: Json) -> Marks:
    folder = folder_of(sandbox, wanted["url"])
    if folder is None or not folder.is_dir():
        return frozenset()
    return frozenset(
        (str(Path(where, name).relative_to(folder)),) for where, _, names in os.walk(folder) for name in names
    )


def _commits(sandbox: Sandbox, workspace: str, wanted: Json) -> Marks:
    found: set[tuple[str, ...]] = set()
    for name in wanted.get("table_names") or []:
        try:
            log = tables.table_location(sandbox, workspace, name) / "_delta_log"
        except ApiError:
            continue  # a table may come later
        found |= {(name, commit.stem) for commit in log.glob("*.json")}
    return frozenset(found)


def _news(sandbox: Sandbox, _workspace: str, wanted: Json) -> Marks:
    found: set[tuple[str, ...]] = set()
    scope = str(wanted.get("securable_name") or "").lower()
    for name in models.names(sandbox, scope):
        if scope and name != scope and not name.startswith(f"{scope}."):
            continue
        found |= _news_of(sandbox, name, wanted)
    return frozenset(found)


def _news_of(sandbox: Sandbox, name: str, wanted: Json) -> set[tuple[str, ...]]:
    if wanted["condition"] == "MODEL_CREATED":
        return {(name,)}
    if wanted["condition"] == "MODEL_ALIAS_SET":
        only = wanted.get("aliases") or []
        aliases = models.require(sandbox, name).get("aliases", [])
        return {
            (name, each["alias"], str(each["version"]))
            for each in aliases
            if not only or each["alias"] in only
        }
    asked = {"filter": f"name = '{name}'", "max_results": 1000}
    versions = models.ask(sandbox, "GET", "model-versions/search", params=asked).get("model_versions", [])
    return {(name, str(each["version"])) for each in versions if each.get("status", "READY") == "READY"}


_KINDS: dict[str, tuple[str, Callable[[Sandbox, str, Json], Marks]]] = {
    "file_arrival": ("FILE_ARRIVAL", _files),
    "table_update": ("TABLE", _commits),
    "model": ("MODEL", _news),
}


def watches(job: Json) -> str:
    """The kind of trigger that watches something for a job; empty when it has none, or a paused one."""
    trigger = trigger_of(job["settings"])
    if trigger.get("pause_status") == "PAUSED":
        return ""
    return next((kind for kind in _KINDS if trigger.get(kind)), "")


@dataclass
class _Watch:
    wanted: Json
    seen: Marks
    latest: Marks
    changed: float = 0.0
    fired: float = field(default=float("-inf"))


class Watches:
    """What every trigger has seen. What came while the sandbox did not run starts nothing."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._known: dict[tuple[str, int], _Watch] = {}

    def due(self, workspace: str, job: Json, now: float) -> str:
        """The type of run that is to begin now; empty when nothing new has come, or not for long enough.

        Args:
            workspace: the workspace's id.
            job: the job's document.
            now: seconds of a clock that never goes back.
        """
        kind = watches(job)
        if not kind:
            self._known.pop((workspace, job["job_id"]), None)
            return ""
        wanted: Json = trigger_of(job["settings"])[kind]
        run_type, look = _KINDS[kind]
        marks = look(self._sandbox, workspace, wanted)
        known = self._known.get((workspace, job["job_id"]))
        if known is None or known.wanted != wanted:
            self._known[workspace, job["job_id"]] = _Watch(wanted, marks, marks)
            return ""
        if marks != known.latest:
            known.latest, known.changed = marks, now
        if not _complete(wanted, marks - known.seen):
            return ""
        waited = now - known.changed >= int(wanted.get("wait_after_last_change_seconds") or 0)
        apart = now - known.fired >= int(wanted.get("min_time_between_triggers_seconds") or 0)
        if not waited or not apart:
            return ""
        known.seen, known.fired = marks, now
        return run_type


def _complete(wanted: Json, new: Marks) -> bool:
    if wanted.get("condition") == "ALL_UPDATED":
        return {mark[0] for mark in new} == set(wanted["table_names"])
    return bool(new)
