"""`mlops sandbox …`: start, stop, status, reset, exec."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any

from mlops_sandbox import control, updates
from mlops_sandbox.context import DEFAULT_ACCOUNT
from mlops_sandbox.errors import SandboxError
from mlops_sandbox.folder_lock import is_unwritable, not_writable
from mlops_sandbox.home import Home
from mlops_sandbox.inherited import past_proxies

_LAST_PORT = 65535


def _link(home: Home, url: str) -> str:
    """The address that a person opens; it carries the token, so it goes to a terminal and nowhere else."""
    return f"{url}/login?token={home.token()}"


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{port} is no port: write 0 to {_LAST_PORT}")
    return port


def _start(options: argparse.Namespace) -> int:
    home = Home()
    began = time.monotonic()
    address, started = control.start(home, options.port)
    if options.wait:
        control.wait_ready(home)
    took = f"started in {time.monotonic() - began:.1f} s" if started else "was running"
    print(f"sandbox: {address.url} ({took})")
    return 0


def _stop(options: argparse.Namespace) -> int:
    home = Home()
    if not options.force:
        updates.refuse_while_deploying(home, "stop")
    print("sandbox: stopped" if control.stop(home) else "sandbox: was not running")
    return 0


def _status(options: argparse.Namespace) -> int:
    home = Home()
    told = control.status(home)
    if options.json:
        print(json.dumps(told, indent=2))
    elif not told["running"]:
        print(f"sandbox: not running (its folder is {home.path})")
    else:
        print(f"sandbox: {told['url']} (pid {told['pid']}, folder {home.path})")
        if not told["answers"]:
            print(f"  does not answer ({told['error']}); `mlops sandbox stop` ends it")
            return 1
        parts: Any = told.get("subsystems", {})
        for name, part in parts.items():
            print(f"  {name:<10} {part.get('state')}")
        spaces: Any = told.get("workspaces", {})
        for workspace, url in spaces.items():
            print(f"  workspace  {workspace} at {url}")
        print(f"  account    {DEFAULT_ACCOUNT} at {told.get('account_url')}")
        print(f"  page       {_link(home, str(told['url']))}")
    return 0 if told["running"] else 3


def _reset(options: argparse.Namespace) -> int:
    home = Home()
    if not options.force:
        updates.refuse_while_deploying(home, "reset")
    control.reset(home)
    print(f"sandbox: {home.path} is gone, and everything in it")
    return 0


def _exec(options: argparse.Namespace) -> int:
    from mlops_sandbox.execute import execute

    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise SandboxError("Nothing to run: `mlops sandbox exec -- pulumi preview -s local`.")
    return execute(Home(), command)


def _run(action: Any, options: argparse.Namespace) -> int:
    os.environ.update(past_proxies(os.environ))
    try:
        code: int = action(options)
    except SandboxError as error:
        print(f"mlops sandbox: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if not is_unwritable(error):
            raise
        print(f"mlops sandbox: {not_writable(Home(), error)}", file=sys.stderr)
        return 1
    return code


def add_commands(commands: Any) -> None:
    """Add `sandbox` to the `mlops` command's subcommands (an `argparse` sub-parsers object)."""
    parser = commands.add_parser("sandbox", help="the local workspace", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, action: Any, text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
        added.set_defaults(call=lambda options: _run(action, options))
        return added

    start = add("start", _start, "start the sandbox, unless it runs")
    start.add_argument(
        "--port", type=_port, help="the port to take (0: any free one; default: the last one, else 8675)"
    )
    start.add_argument("--wait", action="store_true", help="return when MLflow and Spark are ready too")
    stop = add("stop", _stop, "stop the sandbox; everything in it is kept")
    status = add("status", _status, "what runs, and the link to the page (exit code 3: not running)")
    status.add_argument("--json", action="store_true", help="for programs")
    reset = add("reset", _reset, "stop the sandbox and delete everything in it")
    for each in (stop, reset):
        each.add_argument("--force", action="store_true", help="also while a stack is being deployed")
    execute = add("exec", _exec, "run a command with everything pointed at the sandbox")
    execute.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND…", help="the command")


def environment_of_stack(stack: str) -> dict[str, str] | None:
    """The environment for a stack that lives in the running sandbox; None when it does not."""
    from mlops_sandbox.execute import environment

    home = Home()
    if os.environ.get("MLOPS_SANDBOX_URL") or home.address() is None:
        return None
    known = list((home.path / "stacks").glob(f".pulumi/stacks/*/{stack}.json"))
    return environment(home) if known else None
