"""Which provider plugins an engine gets: the real ones where they are, stand-ins where they can't be had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mlops_sandbox.errors import SandboxError

#: The providers that there is a stand-in for.
STAND_INS = ("databricks", "github", "azuredevops")

#: An engine first downloads the plugins that a program names, attached or not: 100 MB, or 2.5 s of tries
#: without a network. So it waits until a resource needs one that is not there.
DEFER_INSTALLS = {"PULUMI_OPTION_SKIP_PLUGIN_PRE_INSTALL": "true"}


def _has_plugin(name: str, env: Mapping[str, str]) -> bool:
    """Whether the real plugin is installed, where the engine looks for it."""
    home = Path(env.get("PULUMI_HOME") or Path.home() / ".pulumi")
    installed = [folder for folder in home.glob(f"plugins/resource-{name}-v*") if folder.is_dir()]
    return bool(installed) or shutil.which(f"pulumi-resource-{name}", path=env.get("PATH")) is not None


def wanted(env: Mapping[str, str]) -> list[str]:
    """The providers that need a stand-in (`MLOPS_PROVIDERS`: `auto`, `real` or `stand-in`)."""
    choice = env.get("MLOPS_PROVIDERS", "auto")
    if choice not in ("auto", "real", "stand-in"):
        raise SandboxError(f"MLOPS_PROVIDERS is {choice!r}; it may be auto, real or stand-in.")
    if choice == "real":
        return []
    return [name for name in STAND_INS if choice == "stand-in" or not _has_plugin(name, env)]


def _serve(names: Sequence[str], env: Mapping[str, str]) -> tuple[subprocess.Popen[str], str]:
    """Start them in one process; returns it and `name:port,name:port`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mlops_sandbox.providers.serve", *names],
        env=dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C goes to the engine, which then tells its providers itself.
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        process.kill()
        process.wait()
        raise SandboxError(f"The stand-in providers ({', '.join(names)}) did not start.")
    return process, line


def _end(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def attached_providers(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start the stand-ins; yields the variables that attach them to an engine."""
    already = os.environ.get("PULUMI_DEBUG_PROVIDERS", "")
    names = [name for name in wanted(env) if f"{name}:" not in already]
    if not names:
        yield {}
        return
    process, ports = _serve(names, env)
    try:
        yield {
            "PULUMI_DEBUG_PROVIDERS": ",".join(part for part in (already, ports) if part),
            **DEFER_INSTALLS,
        }
    finally:
        _end(process)
