"""`mlops ci drift`: whether what is there is still what was deployed; an issue with the diff when not.

What this run's identity may not read back is left out, and said to be: what is in the account to all but its
admins, grants and permissions to all but who manages them.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from dataclasses import replace
from typing import Any

from pulumi_databricks_mlops.cli.ci import engine, markdown, variables
from pulumi_databricks_mlops.cli.ci.changes import Change, Changes
from pulumi_databricks_mlops.cli.ci.engine import Outcome
from pulumi_databricks_mlops.cli.ci.masking import masked
from pulumi_databricks_mlops.cli.ci.platforms import note, platform
from pulumi_databricks_mlops.cli.errors import CliError

_KIND = "drift"
#: What the engine says of a resource that may not be read back.
_REFUSED = re.compile(
    r"reading (urn:\S+): .*(PERMISSION_DENIED|does not have|account admin|not authorized|forbidden)",
    re.IGNORECASE | re.DOTALL,
)


def _compared(stack: str) -> tuple[Outcome, list[str]]:
    """The preview of what may be read, and the URNs that may not."""
    hidden: list[str] = []
    while True:
        left_out = [part for urn in hidden for part in ("--exclude", urn)]
        outcome = engine.run(["preview", "--stack", stack, "--refresh", "--diff", *left_out])
        found = (_REFUSED.search(error) for error in outcome.changes.errors)
        refused = {match[1] for match in found if match} - set(hidden)
        if not refused:
            return outcome, hidden
        hidden += sorted(refused)


def _without_ownership(changes: Changes) -> Changes:
    """The changes but for what whoever deployed may do: the plugin tells of it to everybody else.

    Who is the owner of an object is known by it; on others the same principal manages what it made.
    """
    entries = {
        change.urn: [each.before if each.kind == "delete" else None for each in change.properties]
        for change in changes.changes
        if change.kind == "Permissions"
    }
    seen = [entry for found in entries.values() for entry in found if isinstance(entry, dict)]
    owners = {_principal(entry) for entry in seen if entry.get("permissionLevel") == "IS_OWNER"}

    def is_ownership(change: Change) -> bool:
        found = entries.get(change.urn, [])
        return bool(found) and all(isinstance(each, dict) and _principal(each) in owners for each in found)

    return replace(changes, changes=[each for each in changes.changes if not is_ownership(each)])


def _principal(entry: dict[str, Any]) -> str:
    names = ("userName", "servicePrincipalName", "groupName")
    return next((str(entry[name]) for name in names if entry.get(name)), "")


def _not_compared(hidden: list[str]) -> str:
    """One sentence about what was left out; empty for nothing."""
    if not hidden:
        return ""
    kinds = Counter(Change("same", urn).kind for urn in hidden)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"Not compared, because this run's identity may not read them: {told}."


def _text(stack: str, changes: Changes, about: str, left_out: str) -> str:
    mark, preview = markdown.marker(stack, _KIND), markdown.preview(stack, changes, about)
    body = preview.partition("\n")[2]
    remedy = (
        f"Somebody or something changed `{stack}` past its pipeline; the next update would undo this. "
        "Keep the change by writing it into the settings, or undo it: "
        f"`mlops ci apply --stack {stack}`. This issue is updated every night, and closes itself."
    )
    return masked("\n".join([mark, remedy, *([f"\n{left_out}"] if left_out else []), "", body]))


def _call(options: argparse.Namespace) -> int:
    stack: str = options.stack
    variables.check(stack)
    here, mark = platform(), markdown.marker(stack, _KIND)
    outcome, hidden = _compared(stack)
    if outcome.code:
        raise outcome.failed(stack)
    left_out = _not_compared(hidden)
    drift = _without_ownership(outcome.changes)
    if left_out:
        note(f"{stack}: {left_out}")
    if drift.changes:
        text, title = _text(stack, drift, here.about(), left_out), f"Drift in {stack}"
        here.summary(text)
        address = here.open_issue(mark, title, text)
        where = f": {address}" if address else ""
        raise CliError(f"{stack} has drifted ({markdown.headline(drift)}){where}")
    closed = here.close_issue(mark, f"`{stack}` is what was deployed again ({here.about()}).")
    note(f"{stack}: no drift{f', closed {closed}' if closed else ''}")
    return 0


def add_command(actions: Any) -> None:
    """Add `drift` to the sub-parsers of `mlops ci`."""
    text = "compare what is there with what was deployed; opens, updates or closes an issue"
    parser = actions.add_parser("drift", help=text, description=__doc__)
    parser.add_argument("-s", "--stack", required=True, help="the stack")
    parser.set_defaults(call=_call, stack=os.environ.get("PULUMI_STACK"))
