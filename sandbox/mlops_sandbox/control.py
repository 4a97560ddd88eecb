"""Start, stop and ask a sandbox from outside its process."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from mlops_sandbox.errors import SandboxError
from mlops_sandbox.folder_lock import not_writable, one_at_a_time
from mlops_sandbox.home import DEFAULT_PORT, Address, Home
from mlops_sandbox.inherited import inherited
from mlops_sandbox.processes import Processes, end_group

_GRACE_SECONDS = 20.0
#: So long even a busy sandbox needs at most for its simplest answer.
_HANGS_SECONDS = 10.0
_PORT_TAKEN = 98
_PORT_REFUSED = 97
_direct = build_opener(ProxyHandler({}))
#: Sandboxes outlive whoever starts them; holding them here keeps Python from warning about that.
_started: list[subprocess.Popen[bytes]] = []


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) or "(nothing)"
    except FileNotFoundError:
        return "(no log)"


def _clear(home: Home) -> None:
    """End what a server has left running, and remove its sockets."""
    if (home.path / "processes").exists():
        Processes(home.path / "processes").end_leftovers()
    shutil.rmtree(home.runtime, ignore_errors=True)


def _answers(address: Address) -> bool:
    try:
        with _direct.open(f"{address.url}/.well-known/databricks-config", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def start(home: Home, port: int | None = None, timeout: float = 30.0) -> tuple[Address, bool]:
    """Start the sandbox unless it runs.

    Args:
        home: its folder.
        port: the port to take; None takes the one that this folder had before, else 8675; 0 any free one.
        timeout: seconds until it must answer.

    Returns:
        Its address, and whether this call started it.

    Raises:
        SandboxError: it did not come up, and nothing of it runs any more; or one runs that does not answer.
    """
    with one_at_a_time(home):
        running = home.address()
        if running is not None:
            _check_answers(running)
            return running, False
        _end_forgotten(home)
        chosen = port if port is not None else home.last_port() or DEFAULT_PORT
        process = _launch(home, chosen)
        try:
            address = _await_answer(home, process, chosen, timeout)
        except BaseException:
            # Ctrl-C too: nobody has use for half a sandbox.
            process.kill()
            process.wait()
            _clear(home)
            raise
        _started.append(process)
        return address, True


def _launch(home: Home, port: int) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "mlops_sandbox.serve", "--home", str(home.path), "--port", str(port)]
    try:
        home.logs.mkdir(parents=True, exist_ok=True)
        output = home.log.open("ab")
    except OSError as error:
        raise not_writable(home, error) from None
    with output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Spark would ask the workspace that DATABRICKS_HOST names for its tables.
            env=inherited(os.environ),
            start_new_session=True,
        )


def _await_answer(home: Home, process: subprocess.Popen[bytes], port: int, timeout: float) -> Address:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SandboxError(_why_it_ended(process.returncode, port, home))
        address = home.address()
        if address is not None and address.pid == process.pid and _answers(address):
            return address
        time.sleep(0.05)
    told = f"The sandbox did not answer within {timeout:.0f} s, and was ended."
    raise SandboxError(f"{told} The end of {home.log}:\n{_tail(home.log)}")


def _check_answers(running: Address) -> None:
    deadline = time.monotonic() + _HANGS_SECONDS
    while not _answers(running):
        if time.monotonic() > deadline:
            told = f"The sandbox at {running.url} runs (pid {running.pid}) and does not answer."
            raise SandboxError(f"{told} `mlops sandbox stop` ends it; then start it again.")
        time.sleep(0.05)


def _end_forgotten(home: Home) -> None:
    """End a sandbox whose folder was deleted while it ran: it holds the port, and nobody can use it."""
    forgotten = home.forgotten()
    if forgotten is not None:
        end_group(forgotten.pid, forgotten.mark, _GRACE_SECONDS)


def _why_it_ended(code: int, port: int, home: Home) -> str:
    if code == _PORT_TAKEN:
        return (
            f"Port {port} is taken by another program. Stop that program, or choose another port: "
            "`mlops sandbox start --port 0` takes any free one, and keeps it."
        )
    if code == _PORT_REFUSED:
        return f"Port {port} can't be had by this user: `mlops sandbox start --port 0` takes one that can."
    usage = shutil.disk_usage(home.path)
    if usage.free < 64 << 20:
        full = f"{os.strerror(errno.ENOSPC)}: {home.path} has {usage.free >> 20} MB left."
        return f"{full} Free some space and start again."
    return f"The sandbox ended at once (exit code {code}). The end of {home.log}:\n{_tail(home.log)}"


def stop(home: Home, grace: float = _GRACE_SECONDS) -> bool:
    """Stop the sandbox and all its processes; False when it did not run."""
    if not home.path.exists() and home.forgotten() is None:
        return False
    with one_at_a_time(home):
        return _stop(home, grace)


def _stop(home: Home, grace: float) -> bool:
    running = home.address() or home.forgotten()
    if running is not None:
        end_group(running.pid, running.mark, grace)
        for process in _started:
            # Its last threads may outlive its main one by a moment.
            if process.pid == running.pid:
                process.wait()
    _started[:] = [process for process in _started if process.poll() is None]
    _clear(home)
    return running is not None


def reset(home: Home) -> None:
    """Stop the sandbox and delete everything in it, the stacks' state included.

    Raises:
        SandboxError: something in it can't be deleted.
    """
    if not home.path.exists() and home.forgotten() is None:
        return
    with one_at_a_time(home):
        _stop(home, _GRACE_SECONDS)
        try:
            shutil.rmtree(home.path)
        except OSError as error:
            told = f"{error.filename or home.path} can't be deleted ({error.strerror})"
            raise SandboxError(
                f"{told}: whatever else of the sandbox is left, goes with the next reset."
            ) from None


def status(home: Home) -> dict[str, object]:
    """What runs and how it does, as `mlops sandbox status --json` prints it."""
    running = home.address()
    if running is None:
        return {"running": False, "home": str(home.path)}
    request = Request(f"{running.url}/sandbox/status", headers={"Authorization": f"Bearer {home.token()}"})  # noqa: S310
    try:
        with _direct.open(request, timeout=10) as answer:
            told = json.load(answer)
    except (URLError, OSError, ValueError) as error:
        return {
            "running": True,
            "answers": False,
            "url": running.url,
            "pid": running.pid,
            "error": str(error),
        }
    return {"running": True, "answers": True, "home": str(home.path), "pid": running.pid, **told}


def wait_ready(home: Home, timeout: float = 60.0) -> dict[str, object]:
    """Wait until every subsystem is ready; returns the status."""
    deadline = time.monotonic() + timeout
    while True:
        told = status(home)
        parts = told.get("subsystems", {})
        assert isinstance(parts, dict)
        states = {name: part.get("state") for name, part in parts.items()}
        if told.get("answers") and all(state == "ready" for state in states.values()):
            return told
        failed = [name for name, state in states.items() if state == "failed"]
        if failed or time.monotonic() > deadline:
            late = (
                failed
                or [name for name, state in states.items() if state != "ready"]
                or ["the control plane"]
            )
            raise SandboxError(f"Not ready: {', '.join(late)}. Logs are in {home.logs}.")
        time.sleep(0.1)
