"""A preview as Markdown: what is dangerous first, then what changes, cut where it gets long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pulumi_databricks_mlops.cli.ci.changes import Change, Changes, Property

#: GitHub takes comments of 65,536 characters, Azure DevOps of 150,000.
LONGEST = 60_000
_LONGEST_VALUE = 120
_MOST_PROPERTIES = 25
_SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-", "import": "="}
_WORDS = {
    "create": "to create",
    "update": "to update",
    "replace": "to replace",
    "delete": "to delete",
    "import": "to import",
}
_DONE = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "import": "imported",
}


def marker(stack: str, kind: str = "preview") -> str:
    """An invisible line by which a stack's comment is found again."""
    return f"<!-- mlops {kind} {stack} -->"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text)} characters)"


def _property(found: Property) -> str:
    why = "   ← replaces it" if found.kind.endswith("-replace") else ""
    kind = found.kind.removesuffix("-replace")
    if kind == "add" or (found.before is None and found.after is not None):
        return f"  + {found.path}: {_shown(found.after)}{why}"
    if kind == "delete" or found.after is None:
        return f"  - {found.path}: {_shown(found.before)}{why}"
    return f"  ~ {found.path}: {_shown(found.before)} → {_shown(found.after)}{why}"


def _block(change: Change) -> list[str]:
    lines = [f"{_SIGNS.get(change.op, '~')} {change.kind} {change.name} ({change.op})"]
    if change.op not in ("create", "delete"):
        lines += [_property(found) for found in change.properties[:_MOST_PROPERTIES]]
        left = len(change.properties) - _MOST_PROPERTIES
        lines += [f"    … {left} more properties"] if left > 0 else []
    return lines


def headline(changes: Changes, done: bool = False) -> str:
    """`1 to replace, 2 to update`; `no changes`; when done, `1 replaced, 2 updated`."""
    words = _DONE if done else _WORDS
    return ", ".join(f"{count} {words.get(op, op)}" for op, count in changes.counts().items()) or "no changes"


def _warnings(changes: Changes) -> Iterator[str]:
    for op, word in (("delete", "deleted"), ("replace", "replaced: deleted and made again")):
        found = changes.of(op)
        if not found:
            continue
        yield f"**⚠ {len(found)} {word}**\n"
        for change in sorted(found, key=lambda each: not each.holds_data)[:30]:
            why = ", ".join(f"`{each.path}`" for each in change.properties if each.kind.endswith("-replace"))
            data = " — **holds data**" if change.holds_data else ""
            yield f"- {change.kind} `{change.name}`{f' because of {why}' if why else ''}{data}"
        if len(found) > 30:
            yield f"- … and {len(found) - 30} more"
        yield ""


def _details(changes: Changes, room: int) -> Iterator[str]:
    """The diffs of every resource, until there is no room left."""
    order = {"delete": 0, "replace": 1, "update": 2}
    told = sorted(changes.changes, key=lambda change: order.get(change.op, 3))
    for number, change in enumerate(told):
        lines = _block(change)
        room -= sum(len(line) + 1 for line in lines)
        if room < 0:
            yield f"… {len(told) - number} more resources: the run's log has all of them"
            return
        yield from lines


def preview(stack: str, changes: Changes, about: str = "") -> str:
    """The comment on a preview.

    Args:
        stack: whose preview.
        changes: what it found.
        about: a line at the end: commit and run.
    """
    state = headline(changes) if changes.finished and not changes.errors else "the preview failed"
    parts = [marker(stack), f"### `{stack}`: {state}", ""]
    if changes.errors:
        shown = "\n".join(changes.errors)[:8000].replace("```", "'''")
        parts += ["```text", shown, "```", ""]
    parts += _warnings(changes)
    if changes.changes:
        used = sum(len(part) + 1 for part in parts) + len(about) + 200
        diff = list(_details(changes, LONGEST - used))
        parts += ["<details><summary>Changes</summary>", "", "```diff", *diff, "```", "", "</details>", ""]
    if about:
        parts.append(f"<sub>{about}</sub>")
    return "\n".join(parts).rstrip() + "\n"


def applied(stack: str, changes: Changes, about: str = "") -> str:
    """The summary of an update."""
    parts = [f"### `{stack}`: {headline(changes, done=True)}", ""]
    diff = list(_details(changes, LONGEST))
    parts += ["```diff", *diff, "```", ""] if diff else []
    return "\n".join([*parts, f"<sub>{about}</sub>" if about else ""]).rstrip() + "\n"
