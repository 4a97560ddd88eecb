"""`mlops ci preview`: what an update would change: a comment on the pull request, and a plan to apply."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from pulumi_databricks_mlops.cli.ci import engine, markdown, plans, variables
from pulumi_databricks_mlops.cli.ci.masking import masked
from pulumi_databricks_mlops.cli.ci.platforms import note, platform


def _call(options: argparse.Namespace) -> int:
    variables.check(options.stack)
    here = platform()
    made_of = plans.source() if options.plan else None
    engine.ensure_stack(options.stack)
    with tempfile.TemporaryDirectory(prefix="mlops-ci-") as folder:
        raw = Path(folder) / "plan.json"
        arguments = ["preview", "--stack", options.stack, "--diff", "--save-plan", str(raw)]
        outcome = engine.run(arguments)
        text = masked(markdown.preview(options.stack, outcome.changes, here.about()))
        if options.markdown:
            Path(options.markdown).write_text(text, encoding="utf-8")
        here.summary(text)
        if options.comment:
            address = here.comment(markdown.marker(options.stack), text)
            note(f"commented: {address}" if address else "no pull request to comment on")
        if outcome.code:
            raise outcome.failed(options.stack)
        if made_of is not None:
            plans.save(Path(options.plan), options.stack, raw, made_of)
            note(f"the plan is in {options.plan}: `mlops ci apply --stack {options.stack} --plan` applies it")
    note(f"{options.stack}: {markdown.headline(outcome.changes)}")
    return 0


def add_command(actions: Any) -> None:
    """Add `preview` to the sub-parsers of `mlops ci`."""
    text = "preview an update: a comment on the pull request, and a plan that can be applied later"
    parser = actions.add_parser("preview", help=text, description=__doc__)
    parser.add_argument("-s", "--stack", required=True, help="the stack")
    parser.add_argument("--comment", action="store_true", help="comment on the pull request of this run")
    parser.add_argument("--markdown", metavar="FILE", help="write the comment's text there too")
    parser.add_argument("--plan", metavar="FILE", help="write the plan that `mlops ci apply` takes")
    parser.set_defaults(call=_call, stack=os.environ.get("PULUMI_STACK"))
