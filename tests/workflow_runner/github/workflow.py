"""A workflow file, read strictly: a key that this runner does not know is an error."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml


class WorkflowError(Exception):
    """A file that GitHub would refuse, or that this runner can't run."""


_WORKFLOW = {"name", "run-name", "on", "permissions", "env", "concurrency", "jobs", "defaults"}
_JOB = {
    "name",
    "needs",
    "if",
    "runs-on",
    "environment",
    "permissions",
    "env",
    "concurrency",
    "outputs",
    "strategy",
    "steps",
    "timeout-minutes",
}
_STEP = {
    "id",
    "name",
    "if",
    "uses",
    "with",
    "run",
    "shell",
    "env",
    "working-directory",
    "timeout-minutes",
    "continue-on-error",
}
_EVENTS = {"pull_request", "push", "schedule", "workflow_dispatch"}


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: `on` is a key."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:bool"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def _known(document: Mapping[str, Any], keys: set[str], where: str) -> None:
    unknown = sorted(set(document) - keys)
    if unknown:
        raise WorkflowError(f"{where}: {', '.join(unknown)} is not known to the runner")


@dataclass(frozen=True)
class Event:
    """Something that starts workflows."""

    name: str
    payload: dict[str, Any]
    ref: str
    sha: str
    actor: str
    inputs: Mapping[str, Any] | None = None
    workflow: str = ""
    """The one workflow that is dispatched, or whose schedule it is, by its file's name."""

    @property
    def branch(self) -> str:
        return self.ref.removeprefix("refs/heads/")

    @property
    def from_fork(self) -> bool:
        pull = self.payload.get("pull_request")
        return bool(pull) and pull["head"]["repo"]["full_name"] != pull["base"]["repo"]["full_name"]


@dataclass(frozen=True)
class Workflow:
    """One workflow file."""

    path: str
    document: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.document.get("name", self.path))

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        return dict(self.document["jobs"])

    def triggers(self) -> dict[str, dict[str, Any]]:
        on = self.document["on"]
        if isinstance(on, str):
            on = [on]
        found = {name: {} for name in on} if isinstance(on, list) else on
        _known(found, _EVENTS, f"{self.path}: on")
        return {name: settings or {} for name, settings in found.items()}

    def starts(self, event: Event) -> bool:
        """Whether the event starts it."""
        triggers = self.triggers()
        if event.name not in triggers:
            return False
        if event.name in ("schedule", "workflow_dispatch"):
            return event.workflow == Path(self.path).name
        wanted = triggers[event.name]
        branch = (
            event.payload["pull_request"]["base"]["ref"] if event.name == "pull_request" else event.branch
        )
        patterns = wanted.get("branches") if isinstance(wanted, dict) else None
        return not patterns or any(fnmatch.fnmatchcase(branch, pattern) for pattern in patterns)

    def inputs(self, event: Event) -> dict[str, Any]:
        """The inputs of a dispatch with their defaults, checked."""
        declared = self.triggers().get("workflow_dispatch", {}).get("inputs") or {}
        given = dict(event.inputs or {})
        _known(given, set(declared), f"{self.path}: inputs")
        found = {}
        for name, about in declared.items():
            value = given.get(name, about.get("default", ""))
            if about.get("required") and value == "":
                raise WorkflowError(f"{self.path}: the input {name} is required")
            if about.get("type") == "choice" and value not in about["options"]:
                raise WorkflowError(f"{self.path}: the input {name} may be {', '.join(about['options'])}")
            found[name] = value
        return found


def parse(path: str, content: str) -> Workflow:
    """Read a workflow file."""
    document = yaml.load(content, Loader=_Loader)
    _known(document, _WORKFLOW, path)
    for job_id, job in document["jobs"].items():
        where = f"{path}: jobs.{job_id}"
        _known(job, _JOB, where)
        if "runs-on" not in job:
            raise WorkflowError(f"{where}: runs-on is missing")
        for number, step in enumerate(job["steps"]):
            _known(step, _STEP, f"{where}.steps[{number}]")
            if ("uses" in step) == ("run" in step):
                raise WorkflowError(f"{where}.steps[{number}]: either `uses` or `run`")
    return Workflow(path, document)


def load_all(folder: Path) -> list[Workflow]:
    """Every workflow of a checkout."""
    root = folder / ".github" / "workflows"
    return [
        parse(file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8"))
        for file in sorted(root.glob("*.yml"))
    ]


def combinations(matrix: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every combination of a matrix, `include` and `exclude` observed."""
    axes = {key: list(values) for key, values in matrix.items() if key not in ("include", "exclude")}
    found = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())] if axes else []
    for gone in matrix.get("exclude") or []:
        found = [each for each in found if any(each.get(key) != value for key, value in gone.items())]
    for more in matrix.get("include") or []:
        fitting = [
            each
            for each in found
            if all(each.get(key, more[key]) == more[key] for key in more if key in axes)
        ]
        if axes and fitting:
            for each in fitting:
                each.update({key: value for key, value in more.items() if key not in axes})
        else:
            found.append(dict(more))
    return found or [{}]
