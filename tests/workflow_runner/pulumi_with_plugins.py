"""The engine on a job's machine: with stand-ins attached where the real provider plugins can't be had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

_WITH_PROVIDERS = {"up", "update", "preview", "refresh", "destroy", "import"}


def main(engine: str) -> int:
    """Run the engine with this process' arguments."""
    arguments = sys.argv[1:]
    if not _WITH_PROVIDERS & set(arguments):
        os.execv(engine, [engine, *arguments])
    from mlops_sandbox.providers.launch import attached_providers

    with attached_providers(os.environ) as attached:
        process = subprocess.Popen([engine, *arguments], env={**os.environ, **attached})
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda sign, _frame: process.send_signal(sign))
        return process.wait()
