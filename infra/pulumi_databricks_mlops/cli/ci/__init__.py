"""`mlops ci …`: what a pipeline does that a plain `pulumi` command does not."""

from __future__ import annotations

from typing import Any


def add_command(commands: Any) -> None:
    """Add `ci` and its own commands to the `mlops` command's sub-parsers."""
    from pulumi_databricks_mlops.cli.ci import apply, comment, drift, integration, preview, rotate, unlock

    parser = commands.add_parser("ci", help="what pipelines do", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for module in (preview, comment, apply, integration, drift, rotate, unlock):
        module.add_command(actions)
