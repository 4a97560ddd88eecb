"""The machine that a job gets: a home of its own, Python, git, and the engine with its provider plugins."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mlops_sandbox.engine import engine_path

TESTS = Path(__file__).parent.parent
CHECKOUT = TESTS.parent
#: What of this process a job must not see.
_FOREIGN = (
    "DATABRICKS_",
    "PULUMI_",
    "MLOPS_",
    "MLFLOW_",
    "GITHUB_",
    "ACTIONS_",
    "SYSTEM_",
    "BUILD_",
    "PYTEST_",
    "PYTHON",
)
#: Seconds that a cancelled step has after each signal, before it is killed; GitHub's own times.
_CANCELLING = ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5))
_ASK_EVERY_SECONDS = 0.3


class Machine:
    """One job's machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.work = root / "work"
        self.home = root / "home"
        self.temp = root / "temp"
        for folder in (self.work, self.home, self.temp, root / "bin"):
            folder.mkdir(parents=True)
        self._install_pulumi()
        self._step: subprocess.Popen[str] | None = None
        self.cancelled = threading.Event()

    def _install_pulumi(self) -> None:
        """`pulumi` with provider plugins: the real ones where they are installed, else the stand-ins."""
        installed = self.root / "bin" / "pulumi"
        installed.write_text(
            f"#!{sys.executable}\n"
            "import sys\n"
            f"sys.path[:0] = [{str(TESTS)!r}]\n"
            "from workflow_runner.pulumi_with_plugins import main\n"
            f"sys.exit(main({str(engine_path())!r}))\n"
        )
        installed.chmod(0o755)

    def environment(self) -> dict[str, str]:
        """What every process on the machine sees."""
        venv = str(Path(sys.prefix).resolve())
        path = [each for each in os.environ["PATH"].split(os.pathsep) if not each.startswith(venv)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {
            **kept,
            "CI": "true",
            "HOME": str(self.home),
            "PATH": os.pathsep.join([str(self.root / "bin"), str(Path(sys.base_prefix) / "bin"), *path]),
            "TMPDIR": str(self.temp),
            "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip")),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
            "PULUMI_HOME": str(self.home / ".pulumi"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The vendor's SDK asks 15 times a second otherwise, as at a real workspace.
            "DATABRICKS_RATE_LIMIT": "1000",
        }

    def bash(
        self,
        script: str,
        env: Mapping[str, str],
        folder: Path,
        say: Callable[[str], None],
        strict: bool = False,
        timeout: float = 900,
    ) -> int:
        """Run a script as a step does; returns its exit code, 130 when it was cancelled.

        Args:
            script: the step's `run`.
            env: its whole environment.
            folder: where it runs.
            say: called with each line that it prints.
            strict: `bash -eo pipefail`, else `bash -e`.
            timeout: seconds until it is cancelled.
        """
        file = self.temp / f"step-{time.monotonic_ns()}.sh"
        file.write_text(script)
        options = ["--noprofile", "--norc", "-eo", "pipefail"] if strict else ["-e"]
        self._step = process = subprocess.Popen(
            ["bash", *options, str(file)],
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        ender = threading.Timer(timeout, self.cancel)
        ender.daemon = True
        ender.start()
        try:
            assert process.stdout is not None
            with process.stdout as output:
                for line in output:
                    say(line.rstrip("\n"))
            return process.wait()
        finally:
            ender.cancel()
            self._step = None
            self._end_tree(process.pid)

    def cancel(self) -> None:
        """Cancel as GitHub does: interrupt the step's own process, terminate it, kill what is left."""
        self.cancelled.set()
        process = self._step
        if process is None:
            return
        for number, seconds in _CANCELLING:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                return
        self._end_tree(process.pid)

    @contextlib.contextmanager
    def cancelled_when(self, asked: Callable[[], bool]) -> Iterator[None]:
        """Cancel when the platform says so, which is asked all the time inside."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_ASK_EVERY_SECONDS):
                if asked():
                    self.cancel()
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def kill(self) -> None:
        """As when its power goes: everything on it ends at once."""
        if self._step is not None:
            self._end_tree(self._step.pid)

    @staticmethod
    def _end_tree(pid: int) -> None:
        """Kill a step's process with all that it has started, in whatever session."""
        below = descendants(pid)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        for each in below:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)

    def delete(self) -> None:
        """The machine is gone with everything on it."""
        shutil.rmtree(self.root, ignore_errors=True)


def descendants(pid: int) -> list[int]:
    """Processes that a process has started, and those that they have."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found
