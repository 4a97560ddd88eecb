"""`mlops ci apply`: update a stack, by the reviewed plan where one is given."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from pulumi_databricks_mlops.cli.ci import engine, markdown, plans, unlock, variables
from pulumi_databricks_mlops.cli.ci.platforms import note, platform


def _update(stack: str, plan: Path | None) -> engine.Outcome:
    arguments = ["up", "--stack", stack, "--yes", "--skip-preview", "--diff"]
    # Applying a plan is one of the engine's experimental features.
    more = {} if plan is None else {"PULUMI_EXPERIMENTAL": "true"}
    arguments += [] if plan is None else ["--plan", str(plan)]
    updating = unlock.mark(stack)
    updating.touch()
    try:
        return engine.run(arguments, more)
    finally:
        updating.unlink(missing_ok=True)


def _call(options: argparse.Namespace) -> int:
    stack: str = options.stack
    variables.check(stack)
    if not options.plan:
        engine.ensure_stack(stack)
        outcome = _update(stack, None)
    else:
        plan = plans.load(Path(options.plan))
        plans.check_source(plan, stack, plans.source())
        engine.ensure_stack(stack)
        plans.check_state(plan, stack)
        with tempfile.TemporaryDirectory(prefix="mlops-ci-") as folder:
            raw = Path(folder) / "plan.json"
            raw.touch(0o600)
            raw.write_text(json.dumps(plan.engine), encoding="utf-8")
            outcome = _update(stack, raw)
    if outcome.code:
        raise outcome.failed(stack)
    here = platform()
    here.summary(markdown.applied(stack, outcome.changes, here.about()))
    note(f"{stack}: {markdown.headline(outcome.changes, done=True)}")
    return 0


def add_command(actions: Any) -> None:
    """Add `apply` to the sub-parsers of `mlops ci`."""
    text = "update a stack; with a plan, exactly what was reviewed or nothing"
    parser = actions.add_parser("apply", help=text, description=__doc__)
    parser.add_argument("-s", "--stack", required=True, help="the stack")
    parser.add_argument("--plan", metavar="FILE", help="the plan of `mlops ci preview --plan`")
    parser.set_defaults(call=_call, stack=os.environ.get("PULUMI_STACK"))
