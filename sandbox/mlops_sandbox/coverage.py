"""What the sandbox answers, as a page: `python -m mlops_sandbox.coverage > docs/sandbox-apis.md`."""

from __future__ import annotations

import sys

from mlops_sandbox.registry import APIS

_HEAD = """# The sandbox's APIs

Every route that the sandbox answers; any other gets a 501 that names it. Made from the code:
`python -m mlops_sandbox.coverage`.
"""


def page() -> str:
    """The page: one section for each API, its first sentence and its routes."""
    lines = [_HEAD]
    for api in APIS:
        title = api.__name__.removeprefix("mlops_sandbox.")
        summary = (api.__doc__ or "").strip().splitlines()[0]
        lines += [f"## {title}\n", f"{summary}\n", "| method | path |", "| --- | --- |"]
        lines += [f"| {route.method} | `{route.path}` |" for route in api.routes.table]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
