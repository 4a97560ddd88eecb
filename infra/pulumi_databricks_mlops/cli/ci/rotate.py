"""`mlops ci rotate`: new client secrets now, before their date; nothing else of the stack is touched."""

from __future__ import annotations

import argparse
import os
from typing import Any

from pulumi_databricks_mlops.cli.ci import engine, markdown, variables
from pulumi_databricks_mlops.cli.ci.platforms import note

_SECRET = "databricks:index/servicePrincipalSecret:ServicePrincipalSecret"  # noqa: S105 - a type


def _call(options: argparse.Namespace) -> int:
    stack: str = options.stack
    variables.check(stack)
    exported = engine.ask_json(["stack", "export", "--stack", stack], stack)
    resources = (exported.get("deployment") or {}).get("resources") or []
    secrets = sorted(each["urn"] for each in resources if each["type"] == _SECRET)
    if not secrets:
        note(f"{stack} has no client secrets: its pipelines sign in by OIDC, and there is nothing to rotate")
        return 0
    replaced = [part for urn in secrets for part in ("--target-replace", urn)]
    arguments = ["up", "--stack", stack, "--yes", "--skip-preview", "--target-dependents", *replaced]
    outcome = engine.run(arguments)
    if outcome.code:
        raise outcome.failed(stack)
    note(f"{stack}: {markdown.headline(outcome.changes, done=True)}")
    return 0


def add_command(actions: Any) -> None:
    """Add `rotate` to the sub-parsers of `mlops ci`."""
    text = "replace the stack's client secrets, and whatever holds them"
    parser = actions.add_parser("rotate", help=text, description=__doc__)
    parser.add_argument("-s", "--stack", required=True, help="the stack")
    parser.set_defaults(call=_call, stack=os.environ.get("PULUMI_STACK"))
