"""`mlops ci drift`: whether what is there is still what was deployed; an issue with the diff when not."""

from __future__ import annotations

import argparse
import os
from typing import Any

from pulumi_databricks_mlops.cli.ci import engine, markdown, variables
from pulumi_databricks_mlops.cli.ci.changes import Changes
from pulumi_databricks_mlops.cli.ci.masking import masked
from pulumi_databricks_mlops.cli.ci.platforms import note, platform
from pulumi_databricks_mlops.cli.errors import CliError

_KIND = "drift"


def _text(stack: str, changes: Changes, about: str) -> str:
    mark, preview = markdown.marker(stack, _KIND), markdown.preview(stack, changes, about)
    body = preview.partition("\n")[2]
    remedy = (
        f"Somebody or something changed `{stack}` past its pipeline; the next update would undo this. "
        "Keep the change by writing it into the settings, or undo it: "
        f"`mlops ci apply --stack {stack}`. This issue is updated every night, and closes itself."
    )
    return masked(f"{mark}\n{remedy}\n\n{body}")


def _call(options: argparse.Namespace) -> int:
    stack: str = options.stack
    variables.check(stack)
    here, mark = platform(), markdown.marker(stack, _KIND)
    arguments = ["preview", "--stack", stack, "--refresh", "--diff", "--expect-no-changes"]
    outcome = engine.run(arguments)
    if outcome.changes.changes and outcome.changes.finished:
        text, title = _text(stack, outcome.changes, here.about()), f"Drift in {stack}"
        here.summary(text)
        address = here.open_issue(mark, title, text)
        where = f": {address}" if address else ""
        raise CliError(f"{stack} has drifted ({markdown.headline(outcome.changes)}){where}")
    if outcome.code:
        raise outcome.failed(stack)
    closed = here.close_issue(mark, f"`{stack}` is what was deployed again ({here.about()}).")
    note(f"{stack}: no drift{f', closed {closed}' if closed else ''}")
    return 0


def add_command(actions: Any) -> None:
    """Add `drift` to the sub-parsers of `mlops ci`."""
    text = "compare what is there with what was deployed; opens, updates or closes an issue"
    parser = actions.add_parser("drift", help=text, description=__doc__)
    parser.add_argument("-s", "--stack", required=True, help="the stack")
    parser.set_defaults(call=_call, stack=os.environ.get("PULUMI_STACK"))
