"""`mlops ci comment`: write or update a stack's one comment on the pull request, from a file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from pulumi_databricks_mlops.cli.ci.markdown import LONGEST, marker
from pulumi_databricks_mlops.cli.ci.platforms import note, platform
from pulumi_databricks_mlops.cli.errors import CliError


def _call(options: argparse.Namespace) -> int:
    try:
        text = Path(options.file).read_text(encoding="utf-8")
    except OSError as error:
        raise CliError(f"{options.file} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise CliError(f"{options.file} is not UTF-8 at byte {error.start}: save it as UTF-8.") from None
    mark = marker(options.stack)
    whole = text if mark in text else f"{mark}\n{text}"
    address = platform().comment(mark, whole[: LONGEST + 4000])
    note(f"commented: {address}" if address else "no pull request to comment on")
    return 0


def add_command(actions: Any) -> None:
    """Add `comment` to the sub-parsers of `mlops ci`."""
    text = "write a stack's one comment on the pull request, or update it in place"
    parser = actions.add_parser("comment", help=text, description=__doc__)
    parser.add_argument("-s", "--stack", required=True, help="the stack that it is about")
    parser.add_argument("file", help="Markdown, as `mlops ci preview --markdown` writes it")
    parser.set_defaults(call=_call, stack=os.environ.get("PULUMI_STACK"))
