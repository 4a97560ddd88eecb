"""Find the Pulumi engine, or get it: on PATH, cached, the official release, or built from its Go module."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlops_sandbox.engine import build, download
from mlops_sandbox.engine.errors import EngineError, WayClosedError

__all__ = ["VERSION", "Engine", "EngineError", "engine", "engine_path"]

#: The engine that matches the Pulumi SDK in the lock file.
VERSION = "3.256.0"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Engine:
    """An engine that can be run."""

    path: Path
    """The `pulumi` executable."""
    version: str
    way: str
    """How it was come by, for the one line that says so."""


def cache_folder() -> Path:
    """Where engines are kept: outside the checkout, so that every clone shares them."""
    chosen = os.environ.get("MLOPS_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pulumi-databricks-mlops"


def _version(executable: Path) -> str | None:
    """The version that an executable says it is; None when it does not run."""
    try:
        shown = subprocess.run(
            [executable, "version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v?(\d+\.\d+\.\d+)", shown.stdout.strip())
    return found.group(1) if found and shown.returncode == 0 else None


def _ran_before(cached: Path) -> bool:
    """Whether a cached engine is the file that ran here before, or runs now: asking it takes 0.2 s."""
    file = cached.stat()
    this, noted = f"{file.st_size} {file.st_mtime_ns}", cached.with_name("ran")
    if noted.exists() and noted.read_text() == this:
        return True
    if _version(cached) != VERSION:
        return False
    noted.write_text(this)
    return True


def _fits(version: str) -> bool:
    """An engine serves every SDK of its major version that is not newer than itself."""
    wanted, had = (tuple(int(part) for part in text.split(".")) for text in (VERSION, version))
    return had[0] == wanted[0] and had >= wanted


def _on_path() -> Engine | str:
    """The engine on PATH, or why it does not do."""
    found = shutil.which("pulumi")
    if found is None:
        return "PATH: no `pulumi`"
    path = Path(found).resolve()
    version = _version(path)
    if version is None:
        return f"PATH: {found} does not run"
    if not _fits(version):
        return f"PATH: {found} is v{version}, older than the SDK's v{VERSION}"
    return Engine(path, version, f"from PATH ({found})")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"{folder} can't be made ({error.strerror}): set MLOPS_CACHE to a folder that can."
        raise EngineError(text) from None
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _nothing(_line: str) -> None:
    return None


def engine(say: Say = _nothing) -> Engine:
    """The engine, by the first way that is open.

    Args:
        say: called with a line before anything that takes long.

    Raises:
        EngineError: no way is open; the message says what was tried and what helps.
    """
    from_path = _on_path()
    if isinstance(from_path, Engine):
        return from_path
    tried = [from_path]
    folder = cache_folder() / "engine" / VERSION
    with _locked(folder):
        cached = folder / "pulumi"
        recorded = folder / "how"
        if cached.exists() and recorded.exists() and _ran_before(cached):
            return Engine(cached, VERSION, f"{recorded.read_text()}, cached in {folder}")
        for way in (download.get, build.get):
            try:
                how = way(VERSION, folder, say)
            except WayClosedError as closed:
                tried.append(str(closed))
                continue
            recorded.write_text(how)
            return Engine(cached, VERSION, f"{how}, cached in {folder}")
    raise EngineError(
        "no Pulumi engine could be had. Tried:\n"
        + "\n".join(f"  - {attempt}" for attempt in tried)
        + f"\nInstall Pulumi v{VERSION} or newer (https://www.pulumi.com/docs/install) so that `pulumi` is\n"
        "on PATH, or Go (https://go.dev/dl) with access to a module proxy, and run the command again."
    )


def engine_path() -> Path:
    """The `pulumi` executable; see :func:`engine`."""
    return engine().path
