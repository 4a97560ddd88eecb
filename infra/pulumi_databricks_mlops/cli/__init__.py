"""The `mlops` command: what a plain `pulumi` command does not do.

Other distributions add subcommands through the entry point group `mlops.commands`, and say how a stack of
theirs is reached through `mlops.environments`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from pulumi_databricks_mlops.cli.errors import CliError


def _parser() -> argparse.ArgumentParser:
    from pulumi_databricks_mlops.cli import ci, run, status

    parser = argparse.ArgumentParser(prog="mlops", description="Machine learning on Databricks as code.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run.add_command(commands)
    status.add_command(commands)
    ci.add_command(commands)
    for entry in entry_points(group="mlops.commands"):
        entry.load()(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code.

    Args:
        arguments: without the command's own name. Default: those of the process.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.call(options)
    except CliError as error:
        print(f"mlops: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("mlops: interrupted", file=sys.stderr)
        return 130
    return code
