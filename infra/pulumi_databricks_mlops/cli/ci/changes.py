"""What an engine's run changes, or would change: read from its event log."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_COLOR = re.compile(r"<\{%.*?%\}>")
#: Steps that are parts of a replacement are told as one.
_TOLD_AS = {
    "create-replacement": "replace",
    "delete-replaced": None,
    "discard-replaced": None,
    "remove-pending-replace": None,
    "import-replacement": "replace",
    "read-replacement": None,
    "same": None,
    "read": None,
    "refresh": None,
    "discard": None,
}
#: What is lost with the resource.
_HOLDS_DATA = {
    "Catalog",
    "Schema",
    "SqlTable",
    "Volume",
    "RegisteredModel",
    "MlflowExperiment",
    "MwsWorkspaces",
    "OnlineStore",
    "VectorSearchIndex",
    "SecretScope",
}


@dataclass(frozen=True)
class Property:
    """One property that differs."""

    path: str
    """`tasks[0].timeoutSeconds`."""
    kind: str
    """add, delete or update; with `-replace` where it is why the resource is replaced."""
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class Change:
    """One resource that is created, updated, replaced or deleted."""

    op: str
    urn: str
    properties: tuple[Property, ...] = ()

    @property
    def kind(self) -> str:
        """`Job`."""
        return self.urn.split("::")[-2].rpartition("$")[2].rpartition(":")[2]

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.split("::")[-1]

    @property
    def holds_data(self) -> bool:
        """Whether something is lost when it goes."""
        return self.kind in _HOLDS_DATA


@dataclass
class Changes:
    """Everything that a run changes."""

    changes: list[Change] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """The engine's and the program's errors."""
    finished: bool = False
    """Whether the engine came to its end."""

    def of(self, *ops: str) -> list[Change]:
        """The changes of these kinds."""
        return [change for change in self.changes if change.op in ops]

    def counts(self) -> dict[str, int]:
        """How many of each kind, the most dangerous first."""
        found = Counter(change.op for change in self.changes)
        order = ("delete", "replace", "update", "create", "import")
        return {op: found[op] for op in (*order, *sorted(set(found) - set(order))) if found[op]}


def _steps(path: str) -> Iterator[str | int]:
    """The steps of `a.b[0]["c.d"]`."""
    at = 0
    while at < len(path):
        if path.startswith('["', at):
            end = path.index('"]', at)
            yield path[at + 2 : end]
            at = end + 2
        elif path[at] == "[":
            end = path.index("]", at)
            inside = path[at + 1 : end]
            yield int(inside) if inside.isdigit() else inside
            at = end + 1
        elif path[at] == ".":
            at += 1
        else:
            ends = [found for mark in ".[" if (found := path.find(mark, at)) >= 0]
            end = min(ends, default=len(path))
            yield path[at:end]
            at = end


def value_at(document: Any, path: str) -> Any:
    """What stands at a property path; None when nothing does."""
    for step in _steps(path):
        if isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        elif isinstance(document, dict):
            document = document.get(str(step))
        else:
            return None
    return document


def _properties(step: dict[str, Any]) -> tuple[Property, ...]:
    old, new = step.get("old") or {}, step.get("new") or {}
    detailed = step.get("detailedDiff") or {
        key: {"diffKind": "update", "inputDiff": True} for key in step.get("diffs") or []
    }
    found = []
    for path, difference in sorted(detailed.items()):
        before = old.get("inputs" if difference.get("inputDiff") else "outputs") or {}
        found.append(
            Property(
                path,
                difference["diffKind"],
                value_at(before, path),
                value_at(new.get("inputs") or {}, path),
            )
        )
    return tuple(found)


def _documents(log: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = log.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return  # the engine was stopped in the middle of a line


def read(log: Path) -> Changes:
    """The changes that an event log (JSON, one event a line) tells of."""
    told = Changes()
    by_urn: dict[str, Change] = {}
    for event in _documents(log):
        if "resourcePreEvent" in event:
            step = event["resourcePreEvent"]["metadata"]
            op = _TOLD_AS.get(step["op"], step["op"])
            if op is None:
                continue
            change = Change(op, step["urn"], _properties(step))
            known = by_urn.get(change.urn)
            if known is None or (known.op, len(known.properties)) != ("replace", len(change.properties)):
                by_urn[change.urn] = change
        elif "diagnosticEvent" in event:
            told_by = event["diagnosticEvent"]
            text = _COLOR.sub("", told_by["message"]).strip()
            if told_by.get("severity") == "error" and text:
                told.errors.append(text)
        elif "summaryEvent" in event:
            told.finished = event["summaryEvent"].get("result", "succeeded") == "succeeded"
    told.changes = sorted(by_urn.values(), key=lambda change: (change.kind, change.name))
    return told
