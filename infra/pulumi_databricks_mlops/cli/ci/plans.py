"""A plan that was reviewed: tied to the stack, the commit's files and the state that it was made for."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pulumi_databricks_mlops.cli.ci import engine
from pulumi_databricks_mlops.cli.errors import CliError

_FORMAT = 1
_AGAIN = "Run the release again, so that a new plan is made and reviewed."
#: What an update without changes writes anew.
_VOLATILE = ("created", "modified", "ciphertext")


@dataclass(frozen=True)
class Plan:
    """A reviewed plan, read from its file."""

    stack: str
    commit: str
    tree: str
    state: str
    made_at: float
    """Seconds since 1970."""
    engine: Any
    """The engine's own plan."""


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CliError(f"A plan belongs to a commit, and this is no checkout: {done.stderr.strip()}")
    return done.stdout.strip()


@dataclass(frozen=True)
class Source:
    """What the program is made of."""

    commit: str
    tree: str
    """The identity of the committed files, whatever commit they are in."""


def source() -> Source:
    """The checkout; the salt that the engine writes into a stack file is no change.

    Raises:
        CliError: tracked files were changed since the commit.
    """
    changed = _git("diff", "HEAD", "--numstat", "--ignore-matching-lines=^encryptionsalt:")
    if changed:
        raise CliError(f"A plan belongs to a commit, and these files differ from it:\n{changed}")
    return Source(_git("rev-parse", "HEAD"), _git("rev-parse", "HEAD^{tree}"))


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stable(each) for key, each in value.items() if key not in _VOLATILE}
    return [_stable(each) for each in value] if isinstance(value, list) else value


def _state(stack: str) -> str:
    """The identity of the stack's state: which resources there are, with which properties."""
    deployment = engine.ask_json(["stack", "export", "--stack", stack], stack).get("deployment") or {}
    resources = [_stable(each) for each in deployment.get("resources") or []]
    return sha256(json.dumps(resources, sort_keys=True).encode()).hexdigest()


def save(file: Path, stack: str, raw: Path, made_of: Source) -> None:
    """Write the engine's plan with what it belongs to."""
    document = {
        "format": _FORMAT,
        "stack": stack,
        "commit": made_of.commit,
        "tree": made_of.tree,
        "state": _state(stack),
        "made_at": time.time(),
        "engine": json.loads(raw.read_text(encoding="utf-8")),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        json.dump(document, output)


def load(file: Path) -> Plan:
    """Read a plan.

    Raises:
        CliError: the file is not there or is not a plan.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        fields = {name: document[name] for name in Plan.__dataclass_fields__}
        known = document["format"] == _FORMAT
    except FileNotFoundError:
        raise CliError(f"{file} is not there: `mlops ci preview --plan {file}` makes it.") from None
    except (ValueError, KeyError, TypeError):
        known, fields = False, {}
    if not known:
        raise CliError(f"{file} is not a plan of this version of `mlops ci preview --plan`. {_AGAIN}")
    return Plan(**fields)


def check_source(plan: Plan, stack: str, here: Source) -> None:
    """Refuse a plan of another stack or of other files.

    Raises:
        CliError: with what differs.
    """
    if plan.stack != stack:
        raise CliError(f"The plan is for the stack {plan.stack}, not for {stack}.")
    if plan.tree != here.tree:
        raise CliError(
            f"The reviewed plan of {stack} no longer holds: it was made of {plan.commit[:12]}, and this is "
            f"{here.commit[:12]} with other files. Nothing was applied. {_AGAIN}"
        )


def check_state(plan: Plan, stack: str) -> None:
    """Refuse a plan whose stack was updated since.

    Raises:
        CliError: with when the plan was made.
    """
    if plan.state != _state(stack):
        when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(plan.made_at))
        raise CliError(
            f"The reviewed plan of {stack} no longer holds: the stack was updated after {when}, when it "
            f"was made. Nothing was applied. {_AGAIN}"
        )
