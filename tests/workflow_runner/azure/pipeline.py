"""A pipeline file with its templates expanded, read strictly: an unknown key is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from workflow_runner.expressions import evaluate, filled, text, truthy

_PIPELINE = {
    "trigger",
    "pr",
    "schedules",
    "parameters",
    "pool",
    "lockBehavior",
    "jobs",
    "stages",
    "variables",
}
_STAGE = {"stage", "displayName", "dependsOn", "condition", "jobs"}
_JOB = {"job", "displayName", "dependsOn", "condition", "timeoutInMinutes", "variables", "steps", "pool"}
_DEPLOYMENT = (_JOB - {"job", "pool"}) | {"deployment", "environment", "strategy"}
_STEP_KINDS = {
    "bash": {"displayName", "condition", "env", "workingDirectory", "continueOnError", "timeoutInMinutes"},
    "checkout": {"persistCredentials", "fetchDepth"},
    "task": {"displayName", "inputs", "condition"},
    "publish": {"artifact", "displayName", "condition"},
    "download": {"artifact", "displayName", "condition"},
}
_IF = re.compile(r"^\$\{\{\s*if\s+(.*?)\s*\}\}$", re.DOTALL)


class PipelineError(Exception):
    """A file that Azure DevOps would refuse, or that this runner can't run."""


def functions() -> dict[str, Any]:
    """Functions of conditions and template expressions that need no run."""

    def equal(left: Any, right: Any) -> bool:
        return text(left).lower() == text(right).lower()

    return {
        "eq": equal,
        "ne": lambda left, right: not equal(left, right),
        "and": lambda *values: all(truthy(value) for value in values),
        "or": lambda *values: any(truthy(value) for value in values),
        "not": lambda value: not truthy(value),
        "in": lambda value, *known: any(equal(value, each) for each in known),
        "notIn": lambda value, *known: not any(equal(value, each) for each in known),
        "coalesce": lambda *values: next((value for value in values if value not in (None, "")), None),
    }


@dataclass(frozen=True)
class PipelineJob:
    """A job, or a deployment job."""

    name: str
    title: str
    stage: str
    depends_on: tuple[str, ...]
    condition: str
    environment: str | None
    groups: tuple[str, ...]
    variables: Mapping[str, str]
    minutes: float
    steps: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Stage:
    """A stage with its jobs."""

    name: str
    depends_on: tuple[str, ...]
    condition: str
    jobs: tuple[PipelineJob, ...]


@dataclass
class Pipeline:
    """One pipeline file of a checkout."""

    path: str
    document: dict[str, Any]
    stages: list[Stage] = field(default_factory=list)

    def starts_on_push(self, branch: str) -> bool:
        """Whether a push to a branch starts it."""
        trigger = self.document.get("trigger")
        if not isinstance(trigger, dict):
            return trigger != "none"
        return branch in trigger["branches"]["include"]

    def is_scheduled(self, branch: str) -> bool:
        """Whether it has a schedule on a branch."""
        return any(branch in each["branches"]["include"] for each in self.document.get("schedules") or [])


def _known(document: Mapping[str, Any], keys: set[str], where: str) -> None:
    unknown = sorted(set(map(str, document)) - keys)
    if unknown:
        raise PipelineError(f"{where}: {', '.join(unknown)} is not known to the runner")


def _names(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


class _Expansion:
    """Templates, parameters and `${{ if }}` of one pipeline."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def parameters(self, document: Mapping[str, Any], given: Mapping[str, Any], where: str) -> dict[str, Any]:
        declared = {each["name"]: each for each in document.get("parameters") or []}
        _known(given, set(declared), f"{where}: parameters")
        found = {}
        for name, about in declared.items():
            if name not in given and "default" not in about:
                raise PipelineError(f"{where}: the parameter {name} is required")
            found[name] = given.get(name, about.get("default"))
            if "values" in about and found[name] not in about["values"]:
                raise PipelineError(f"{where}: {name} may be {', '.join(about['values'])}")
        return found

    def mapping(self, value: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """A mapping whose conditional entries are in or out."""
        found: dict[str, Any] = {}
        for key, each in value.items():
            asked = _IF.match(str(key))
            if asked is None:
                found[key] = each
            elif truthy(evaluate(asked.group(1), {"parameters": given}, functions())):
                found.update(each)
        return found

    def items(
        self, items: list[Any], kind: str, file: Path, given: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Jobs or steps with templates and conditional ones in place."""
        found: list[dict[str, Any]] = []
        for item in items:
            (key, inside), *_ = item.items()
            asked = _IF.match(str(key))
            if asked:
                if truthy(evaluate(asked.group(1), {"parameters": given}, functions())):
                    found += self.items(inside, kind, file, given)
            elif key == "template":
                target = file.parent / inside
                document = yaml.safe_load(target.read_text())
                _known(document, {"parameters", kind}, str(target))
                passed = filled(
                    self.mapping(item.get("parameters") or {}, given), {"parameters": given}, functions()
                )
                below = self.parameters(document, passed, str(target.relative_to(self._root)))
                found += self.items(document[kind], kind, target, below)
            else:
                found.append(self._item(item, kind, file, given))
        return found

    def _item(self, item: dict[str, Any], kind: str, file: Path, given: Mapping[str, Any]) -> dict[str, Any]:
        steps: list[dict[str, Any]] | None = None
        if kind == "jobs":
            item = dict(item)
            where = item["strategy"]["runOnce"]["deploy"] if "deployment" in item else item
            steps = self.items(where["steps"], "steps", file, given)
            item.pop("strategy", None)
        whole: dict[str, Any] = filled(
            {**item, "steps": []} if steps is not None else item, {"parameters": given}, functions()
        )
        if steps is not None:
            whole["steps"] = steps
        return whole


def _job(document: dict[str, Any], stage: str, path: str) -> PipelineJob:
    deploys = "deployment" in document
    name = document["deployment"] if deploys else document["job"]
    _known(document, (_DEPLOYMENT if deploys else _JOB) | {"steps"}, f"{path}: {name}")
    for step in document["steps"]:
        kind = next((each for each in _STEP_KINDS if each in step), None)
        if kind is None:
            raise PipelineError(f"{path}: {name}: no known step in {sorted(step)}")
        _known(step, _STEP_KINDS[kind] | {kind}, f"{path}: {name}: {kind}")
    listed = document.get("variables") or []
    return PipelineJob(
        name=name,
        title=document.get("displayName", name),
        stage=stage,
        depends_on=_names(document.get("dependsOn")),
        condition=document.get("condition", "succeeded()"),
        environment=document.get("environment"),
        groups=tuple(each["group"] for each in listed if "group" in each),
        variables={each["name"]: text(each["value"]) for each in listed if "name" in each},
        minutes=float(document.get("timeoutInMinutes", 60)),
        steps=tuple(document["steps"]),
    )


def load(folder: Path, path: str, given: Mapping[str, Any] | None = None) -> Pipeline:
    """Read a pipeline of a checkout with values of its parameters."""
    file = folder / path
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    _known(document, _PIPELINE, path)
    expansion = _Expansion(folder)
    parameters = expansion.parameters(document, given or {}, path)
    pipeline = Pipeline(path, document)
    stages = document.get("stages") or [{"stage": "", "jobs": document["jobs"]}]
    before: tuple[str, ...] = ()
    for stage in stages:
        _known(stage, _STAGE, path)
        jobs = expansion.items(stage["jobs"], "jobs", file, parameters)
        depends = _names(stage["dependsOn"]) if "dependsOn" in stage else before
        read = tuple(_job(job, stage["stage"], path) for job in jobs)
        pipeline.stages.append(Stage(stage["stage"], depends, stage.get("condition", "succeeded()"), read))
        before = (stage["stage"],)
    return pipeline
